package repo

import "strings"

// Lengths beyond which no file can be checked out on the platforms that git runs on.
const (
	maxName = 255
	maxPath = 4095
)

// validPath tells whether git lets a file of mode stand at path: no empty, "." or ".." component, and nothing that any
// platform could take for ".git" or, for a symbolic link, for ".gitmodules" (git's verify_path with core.protectNTFS).
func validPath(path string, mode uint32) bool {
	link := mode&modeType == modeSymlink
	for component := range strings.SplitSeq(path, "/") {
		if component == "" || component == "." || component == ".." || strings.EqualFold(component, ".git") {
			return false
		}
		if link && strings.EqualFold(component, ".gitmodules") {
			return false
		}
		// a backslash separates names on some platforms
		for rest := component; ; {
			if isNTFSGit(rest) || link && isNTFSModules(rest) {
				return false
			}
			_, after, ok := strings.Cut(rest, `\`)
			if !ok {
				break
			}
			rest = after
		}
	}
	return true
}

// fitsDisk tells whether path can be checked out at all.
func fitsDisk(path string) bool {
	if len(path) > maxPath {
		return false
	}
	for component := range strings.SplitSeq(path, "/") {
		if len(component) > maxName {
			return false
		}
	}
	return true
}

func foldPrefix(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// isNTFSGit tells whether NTFS would find ".git" under name: trailing dots and spaces do not count there, a colon starts a
// stream, and git~1 is the short name.
func isNTFSGit(name string) bool {
	rest, ok := foldPrefix(name, ".git")
	if !ok {
		if rest, ok = foldPrefix(name, "git~1"); !ok {
			return false
		}
	}
	rest = strings.TrimLeft(rest, ". ")
	return rest == "" || rest[0] == '\\' || rest[0] == ':'
}

// isNTFSModules tells whether NTFS would find ".gitmodules" under name, by its long name or one of its short ones.
func isNTFSModules(name string) bool {
	ends := func(rest string) bool {
		rest = strings.TrimLeft(rest, ". ")
		return rest == "" || rest[0] == ':'
	}
	if rest, ok := foldPrefix(name, ".gitmodules"); ok {
		return ends(rest)
	}
	if rest, ok := foldPrefix(name, "gitmod~"); ok && rest != "" && rest[0] >= '1' && rest[0] <= '4' {
		return ends(rest[1:])
	}
	const short, length = "gi7eba", 8
	if len(name) < length {
		return false
	}
	tilde := false
	for i := 0; i < length; i++ {
		switch c := name[i]; {
		case tilde:
			if c < '0' || c > '9' {
				return false
			}
		case c == '~':
			if i++; i >= length || name[i] < '1' || name[i] > '9' {
				return false
			}
			tilde = true
		case i >= len(short) || c|0x20 != short[i] && c != short[i]:
			return false
		}
	}
	return ends(name[length:])
}
