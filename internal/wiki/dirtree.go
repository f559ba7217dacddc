package wiki

import (
	"fmt"
	"io/fs"
	"sort"
)

// DirTree is a plain directory seen as a tree, for checking files that no repository holds. Its files have no object ids,
// so nothing of it is cached. Directories named .git are not seen, symbolic links are not followed.
func DirTree(fsys fs.FS) Tree { return dirTree{fsys} }

type dirTree struct{ fsys fs.FS }

func (t dirTree) Lookup(p string) (id string, mode uint32, ok bool) {
	if p == "" {
		return "", ModeTree, true
	}
	if !fs.ValidPath(p) || hidden(p) {
		return "", 0, false
	}
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		if info, err := fs.Lstat(t.fsys, p[:i]); err != nil || !info.IsDir() {
			return "", 0, false
		}
	}
	info, err := fs.Lstat(t.fsys, p)
	if err != nil {
		return "", 0, false
	}
	mode, ok = gitMode(info.Mode())
	return "", mode, ok
}

func (t dirTree) List(dir string, yield func(name, id string, mode uint32) bool) {
	if dir == "" {
		dir = "."
	}
	if !fs.ValidPath(dir) || hidden(dir) {
		return
	}
	entries, err := fs.ReadDir(t.fsys, dir)
	if err != nil {
		return
	}
	// git sorts a directory as if its name ended in a slash.
	key := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	sort.Slice(entries, func(i, j int) bool { return key(entries[i]) < key(entries[j]) })
	for _, e := range entries {
		mode, ok := gitMode(e.Type())
		if !ok || e.Name() == ".git" {
			continue
		}
		p := e.Name()
		if dir != "." {
			p = dir + "/" + p
		}
		if mode == ModeFile { // the type of an entry does not tell whether it is executable
			_, mode, ok = t.Lookup(p)
		}
		if ok && !yield(e.Name(), "", mode) {
			return
		}
	}
}

func (t dirTree) Read(p string) ([]byte, error) {
	_, mode, ok := t.Lookup(p)
	switch {
	case !ok || mode == ModeTree:
		return nil, fmt.Errorf("read %s: no such file", p)
	case mode == ModeSymlink:
		target, err := fs.ReadLink(t.fsys, p)
		if err != nil {
			return nil, fmt.Errorf("read link: %w", err)
		}
		return []byte(target), nil
	}
	data, err := fs.ReadFile(t.fsys, p)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return data, nil
}

func gitMode(m fs.FileMode) (mode uint32, ok bool) {
	switch {
	case m.IsDir():
		return ModeTree, true
	case m&fs.ModeSymlink != 0:
		return ModeSymlink, true
	case m.IsRegular() && m.Perm()&0o111 != 0:
		return ModeExec, true
	case m.IsRegular():
		return ModeFile, true
	}
	return 0, false
}

func hidden(p string) bool {
	for p != "" {
		var first string
		first, p, _ = cutSlash(p)
		if first == ".git" {
			return true
		}
	}
	return false
}

func cutSlash(p string) (first, rest string, more bool) {
	for i := range len(p) {
		if p[i] == '/' {
			return p[:i], p[i+1:], true
		}
	}
	return p, "", false
}
