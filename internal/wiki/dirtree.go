package wiki

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// DirTree is a plain directory seen as a tree, for checking files that no repository holds. Its files have no object ids,
// so nothing of it is cached. Directories named .git are not seen, symbolic links are not followed.
func DirTree(fsys fs.FS) Tree { return &dirTree{fsys: fsys} }

type dirTree struct {
	fsys fs.FS
	err  error
}

func (t *dirTree) Err() error { return t.err }

// fail keeps a failure, unless it only says that nothing is there.
func (t *dirTree) fail(err error) {
	if t.err == nil && !errors.Is(err, fs.ErrNotExist) {
		t.err = err
	}
}

func (t *dirTree) Lookup(p string) (id string, mode uint32, ok bool) {
	if p == "" {
		return "", ModeTree, true
	}
	if !fs.ValidPath(p) || hidden(p) || !nameable(p) {
		return "", 0, false
	}
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		info, err := fs.Lstat(t.fsys, p[:i])
		if err != nil {
			t.fail(err)
		}
		if err != nil || !info.IsDir() {
			return "", 0, false
		}
	}
	info, err := fs.Lstat(t.fsys, p)
	if err != nil {
		t.fail(err)
		return "", 0, false
	}
	mode, ok = gitMode(info.Mode())
	return "", mode, ok
}

func (t *dirTree) List(dir string, yield func(name, id string, mode uint32) bool) {
	if dir == "" {
		dir = "."
	}
	if !fs.ValidPath(dir) || hidden(dir) {
		return
	}
	if dir != "." {
		if _, mode, ok := t.Lookup(dir); !ok || mode != ModeTree {
			return
		}
	}
	entries, err := fs.ReadDir(t.fsys, dir)
	if err != nil {
		t.fail(err)
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

func (t *dirTree) Read(p string) ([]byte, error) {
	_, mode, ok := t.Lookup(p)
	switch {
	case !ok || mode == ModeTree:
		return nil, fmt.Errorf("read %s: no such file", p)
	case mode == ModeSymlink:
		target, err := fs.ReadLink(t.fsys, p)
		if err != nil {
			t.fail(err)
			return nil, fmt.Errorf("read link: %w", err)
		}
		return []byte(target), nil
	}
	data, err := fs.ReadFile(t.fsys, p)
	if err != nil {
		t.fail(err)
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

// nameable reports whether a file system can have the path at all: what a page writes as a destination may be anything, and
// asking for it is no failure to read.
func nameable(p string) bool {
	const longestName, longestPath = 255, 4000 // bytes; POSIX, limits.h, with room for the directory's own path
	if len(p) > longestPath || strings.IndexByte(p, 0) >= 0 {
		return false
	}
	for name := range strings.SplitSeq(p, "/") {
		if len(name) > longestName {
			return false
		}
	}
	return true
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
