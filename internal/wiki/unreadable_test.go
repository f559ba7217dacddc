package wiki

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// sick is a file system in which some paths cannot be read.
type sick struct {
	fstest.MapFS
	bad map[string]bool
}

var errSick = errors.New("input/output error")

func (s sick) Open(name string) (fs.File, error) {
	if s.bad[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errSick}
	}
	return s.MapFS.Open(name)
}

func (s sick) ReadDir(name string) ([]fs.DirEntry, error) {
	if s.bad[name] {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errSick}
	}
	return s.MapFS.ReadDir(name)
}

func (s sick) ReadFile(name string) ([]byte, error) {
	if s.bad[name] {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errSick}
	}
	return s.MapFS.ReadFile(name)
}

// TestUnreadable: what cannot be read is told from what is not there.
func TestUnreadable(t *testing.T) {
	files := fstest.MapFS{"a.md": {Data: []byte("x\n")}, "dir/b.md": {Data: []byte("[a](../a.md)\n")}}
	for _, path := range []string{"none.md", "a.md/b", "dir/none", "../up.md", strings.Repeat("n", 5000), strings.Repeat("n/", 3000) + "n",
		strings.Repeat("n", 256) + ".md", "nul\x00.md", "", "a//b"} {
		tree := DirTree(sick{files, nil})
		_, _, _ = tree.Lookup(path)
		_, _ = tree.Read(path)
		tree.List(path, func(string, string, uint32) bool { return true })
		if err := tree.Err(); err != nil {
			t.Errorf("%.20q: not there, but: %v", path, err)
		}
	}
	for _, path := range []string{"a.md", "dir", "."} {
		tree := DirTree(sick{files, map[string]bool{path: true}})
		_, _ = tree.Read(path)
		tree.List(strings.TrimPrefix(path, "."), func(string, string, uint32) bool { return true })
		if !errors.Is(tree.Err(), errSick) {
			t.Errorf("%s: cannot be read, but: %v", path, tree.Err())
		}
	}
}

// idTree gives a directory's files an object id, so that what is derived from them is kept.
type idTree struct{ Tree }

func (t idTree) Lookup(p string) (string, uint32, bool) {
	_, mode, ok := t.Tree.Lookup(p)
	return strings.Repeat("a", 40), mode, ok
}

func (t idTree) List(dir string, yield func(string, string, uint32) bool) {
	t.Tree.List(dir, func(name, _ string, mode uint32) bool { return yield(name, fmt.Sprintf("%040x", name[0]), mode) })
}

// TestUnreadableGraph: a graph that lacks a page because of a failure is not kept.
func TestUnreadableGraph(t *testing.T) {
	files := fstest.MapFS{"a.md": {Data: []byte("x\n")}, "dir/b.md": {Data: []byte("[a](../a.md)\n")}}
	for _, path := range []string{"dir/b.md", "dir"} {
		index := NewIndex()
		index.Graph(idTree{DirTree(sick{files, map[string]bool{path: true}})}, Hosts()[0], Own{})
		g := index.Graph(idTree{DirTree(sick{files, nil})}, Hosts()[0], Own{})
		if got := g.Sources("a.md"); len(got) != 1 {
			t.Errorf("after a failure to read %s: sources %q", path, got)
		}
	}
}
