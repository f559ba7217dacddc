package repo

import (
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// draft is a tree being changed: what git keeps in its index. Only the directories on the way to a touched path are read
// and written.
type draft struct {
	src  objects
	root *node
}

// node is a file, or a directory whose entries are read on first use.
type node struct {
	mode    uint32
	id      plumbing.Hash // unknown in a directory that is dirty
	entries map[string]*node
	read    bool
	dirty   bool
}

func newDraft(src objects, root plumbing.Hash) *draft {
	return &draft{src: src, root: &node{mode: modeTree, id: root}}
}

// open reads the entries of a directory.
func (d *draft) open(n *node) error {
	if n.read {
		return nil
	}
	entries, err := d.src.tree(n.id)
	if err != nil {
		return err
	}
	n.entries = make(map[string]*node, len(entries))
	for _, e := range entries {
		n.entries[e.name] = &node{mode: e.mode, id: e.id}
	}
	n.read = true
	return nil
}

// file is the file at path, nil when there is none or a directory stands there.
func (d *draft) file(path string) (*node, error) {
	n := d.root
	for {
		if n.mode != modeTree {
			return nil, nil
		}
		if err := d.open(n); err != nil {
			return nil, err
		}
		name, rest, deeper := strings.Cut(path, "/")
		next := n.entries[name]
		if next == nil {
			return nil, nil
		}
		if !deeper {
			if next.mode == modeTree {
				return nil, nil
			}
			return next, nil
		}
		n, path = next, rest
	}
}

// put sets the file at path. ok is false when a file stands where a directory is needed, or a directory at path.
func (d *draft) put(path string, mode uint32, id plumbing.Hash) (ok bool, err error) {
	n := d.root
	for {
		if n.mode != modeTree {
			return false, nil
		}
		if err := d.open(n); err != nil {
			return false, err
		}
		n.dirty = true
		name, rest, deeper := strings.Cut(path, "/")
		next := n.entries[name]
		if !deeper {
			if next != nil && next.mode == modeTree {
				return false, nil
			}
			n.entries[name] = &node{mode: mode, id: id}
			return true, nil
		}
		if next == nil {
			next = &node{mode: modeTree, read: true, entries: make(map[string]*node)}
			n.entries[name] = next
		}
		n, path = next, rest
	}
}

// remove takes the file at path away, and the directories that become empty.
func (d *draft) remove(path string) error {
	_, err := d.removeIn(d.root, path)
	return err
}

// removeIn reports whether n is empty afterwards.
func (d *draft) removeIn(n *node, path string) (empty bool, err error) {
	if n.mode != modeTree {
		return false, nil
	}
	if err := d.open(n); err != nil {
		return false, err
	}
	name, rest, deeper := strings.Cut(path, "/")
	next := n.entries[name]
	switch {
	case next == nil:
		return len(n.entries) == 0, nil
	case deeper:
		gone, err := d.removeIn(next, rest)
		if err != nil {
			return false, err
		}
		n.dirty = n.dirty || next.dirty
		if gone {
			delete(n.entries, name)
			n.dirty = true
		}
	case next.mode != modeTree:
		delete(n.entries, name)
		n.dirty = true
	}
	return len(n.entries) == 0, nil
}

// write hands every changed directory to keep, deepest first, and returns the id of the root.
func (d *draft) write(keep func(tree []byte) plumbing.Hash) plumbing.Hash {
	return d.writeNode(d.root, keep)
}

func (d *draft) writeNode(n *node, keep func([]byte) plumbing.Hash) plumbing.Hash {
	if !n.dirty {
		return n.id
	}
	entries := make([]treeEntry, 0, len(n.entries))
	for name, child := range n.entries {
		id := child.id
		if child.mode == modeTree {
			id = d.writeNode(child, keep)
		}
		entries = append(entries, treeEntry{name: name, mode: child.mode, id: id})
	}
	n.id, n.dirty = keep(encodeTree(entries)), false
	return n.id
}

// walk calls f for every file below the root in no particular order.
func (d *draft) walk(f func(path string, n *node)) error {
	return d.walkIn(d.root, "", f)
}

func (d *draft) walkIn(n *node, prefix string, f func(string, *node)) error {
	if err := d.open(n); err != nil {
		return err
	}
	for name, child := range n.entries {
		if child.mode != modeTree {
			f(prefix+name, child)
		} else if err := d.walkIn(child, prefix+name+"/", f); err != nil {
			return err
		}
	}
	return nil
}
