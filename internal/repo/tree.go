package repo

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Tree is the state of the files at one commit, read from the object store as it is asked for; nothing is read ahead. It
// satisfies wiki.Tree. It may be used by one goroutine at a time and stays readable as long as its Repo or Scratch.
type Tree struct {
	src  objects
	root plumbing.Hash
	err  error
}

// ID is the tree's object id, 40 hex digits.
func (t *Tree) ID() string { return t.root.String() }

// Err is the first failure to read a directory or a file that is there. Lookup and List can only show it as something
// missing.
func (t *Tree) Err() error { return t.err }

// Lookup gives the object id and the mode of what stands at path; ok is false when nothing does. The empty path is the root
// directory.
func (t *Tree) Lookup(path string) (id string, mode uint32, ok bool) {
	e, ok := t.find(path)
	if !ok {
		return "", 0, false
	}
	return e.id.String(), e.mode, true
}

func (t *Tree) find(path string) (treeEntry, bool) {
	at := treeEntry{mode: modeTree, id: t.root}
	for path != "" {
		name, rest, deeper := strings.Cut(path, "/")
		if deeper && rest == "" || at.mode != modeTree {
			return treeEntry{}, false
		}
		entries, err := t.src.tree(at.id)
		if err != nil {
			t.fail(err)
			return treeEntry{}, false
		}
		found := false
		for _, e := range entries {
			if e.name == name {
				at, found = e, true
				break
			}
		}
		if !found {
			return treeEntry{}, false
		}
		path = rest
	}
	return at, true
}

func (t *Tree) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// List yields the entries of one directory in git's order until yield returns false. A path that is no directory yields
// nothing.
func (t *Tree) List(dir string, yield func(name, id string, mode uint32) bool) {
	at, ok := t.find(dir)
	if !ok || at.mode != modeTree {
		return
	}
	entries, err := t.src.tree(at.id)
	if err != nil {
		t.fail(err)
		return
	}
	for _, e := range entries {
		if !yield(e.name, e.id.String(), e.mode) {
			return
		}
	}
}

// Read returns the bytes of the blob at path, for the caller to keep but not to change. A symbolic link gives its text; a
// directory or submodule is an error.
func (t *Tree) Read(path string) ([]byte, error) {
	e, ok := t.find(path)
	if !ok {
		if t.err != nil {
			return nil, fmt.Errorf("read %q: %w", path, t.err)
		}
		return nil, fmt.Errorf("read %q: no such file", path)
	}
	if e.mode == modeTree || e.mode == modeGitlink {
		return nil, fmt.Errorf("read %q: not a file", path)
	}
	data, err := t.src.blob(e.id)
	if err != nil {
		t.fail(err)
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	return data, nil
}
