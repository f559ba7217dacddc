package wiki

import (
	"net/url"
	"path"
	"strings"
)

// dest is a destination cut into its parts (RFC 3986, appendix B), nothing decoded.
type dest struct {
	scheme    string // lower case
	authority string // "" when there is none
	hasHost   bool   // "//" is written
	path      string
	query     string
	fragment  string
	hasFrag   bool
}

func cutDest(s string) dest {
	var d dest
	s, d.fragment, d.hasFrag = strings.Cut(s, "#")
	if i := strings.IndexAny(s, ":/?"); i > 0 && s[i] == ':' && isScheme(s[:i]) {
		d.scheme = strings.ToLower(s[:i])
		s = s[i+1:]
	}
	s, d.query, _ = strings.Cut(s, "?")
	if strings.HasPrefix(s, "//") {
		d.hasHost = true
		d.authority, d.path = s[2:], ""
		if i := strings.IndexByte(s[2:], '/'); i >= 0 {
			d.authority, d.path = s[2:2+i], s[2+i:]
		}
		return d
	}
	d.path = s
	return d
}

func isScheme(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && (i == 0 || !isSchemeByte(s[i])) {
			return false
		}
	}
	return s != ""
}

// decode undoes percent-encoding; a text that is not well encoded stands for itself, as in browsers.
func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// under gives what follows prefix in the URL u, both absolute; http and https are one, and so are "~" and "%7E".
func under(u, prefix string) (rest string, ok bool) {
	a, b := cutDest(u), cutDest(strings.TrimRight(prefix, "/"))
	if !strings.EqualFold(a.authority, b.authority) || a.authority == "" {
		return "", false
	}
	if a.scheme != "" && a.scheme != "http" && a.scheme != "https" {
		return "", false
	}
	return underPath(a.path, b.path)
}

func underPath(p, prefix string) (rest string, ok bool) {
	p = strings.ReplaceAll(strings.ReplaceAll(p, "%7E", "~"), "%7e", "~")
	rest, ok = strings.CutPrefix(p, prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return rest, true
}

// internal builds a reference to a path of the tree, as written, relative to a directory. ok is false when the path climbs
// above the root.
func internal(dir, written string, d dest) (r Ref, ok bool) {
	r = Ref{Kind: Internal, Fragment: decode(d.fragment)}
	p := decode(written)
	r.Slash = strings.HasSuffix(p, "/") || p == "." || p == ".." || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")
	joined := path.Clean(dir + "/" + p)
	if dir == "" || dir == "." {
		joined = path.Clean(p)
	}
	if joined == ".." || strings.HasPrefix(joined, "../") {
		return r, false
	}
	r.Path = strings.TrimPrefix(joined, "/")
	if r.Path == "." {
		r.Path = ""
	}
	if r.Path == "" {
		r.Slash = true
	}
	return r, true
}

// dirOf is the directory of a path, "" for the root.
func dirOf(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

// ownRepo resolves a URL of the own repository's web view: BASE/tree/BRANCH/item/PATH and BASE/blob/BRANCH/PATH of
// git.sr.ht, BASE/blob|tree|raw/BRANCH/PATH of GitHub, the same behind "/-" on GitLab.
func ownRepo(s string, d dest, own Own) (Ref, bool) {
	for _, base := range own.RepoURLs {
		rest, ok := under(s[:len(s)-fragmentLen(s)], base)
		if !ok {
			continue
		}
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "/-"), "/")
		view, rest, ok := strings.Cut(rest, "/")
		if !ok || view != "tree" && view != "blob" && view != "raw" && view != "blame" {
			return Ref{}, false
		}
		for _, branch := range own.Branches {
			tail, ok := strings.CutPrefix(rest, branch)
			if !ok || tail != "" && tail[0] != '/' {
				continue
			}
			if tail == "/item" || strings.HasPrefix(tail, "/item/") && view == "tree" {
				tail = strings.TrimPrefix(tail, "/item")
			}
			r, ok := internal("", strings.Trim(tail, "/"), dest{})
			r.Repo, r.Slash = true, false
			return r, ok
		}
		return Ref{}, false // another branch or a commit: not what is under review
	}
	return Ref{}, false
}

func fragmentLen(s string) int {
	if i := strings.IndexAny(s, "#?"); i >= 0 {
		return len(s) - i
	}
	return 0
}

// lookup finds what a reference names in the tree, the fallback when nothing is at its path.
func lookup(t Tree, r Ref) (p string, mode uint32, ok bool) {
	if r.Path == "" {
		return "", ModeTree, true
	}
	if _, mode, ok = t.Lookup(r.Path); ok {
		return r.Path, mode, true
	}
	if r.Fallback != "" {
		if _, mode, ok = t.Lookup(r.Fallback); ok {
			return r.Fallback, mode, true
		}
	}
	return r.Path, 0, false
}
