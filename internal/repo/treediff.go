package repo

import (
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// fileChange is one path that differs between two trees; a zero id means that nothing is there.
type fileChange struct {
	path     string
	old, new treeEntry
}

// diffTrees lists the files that differ between two trees, by path in git's order. Equal directories are not read.
func diffTrees(src objects, old, new plumbing.Hash) ([]fileChange, error) {
	return diffDirs(src, "", old, new, nil)
}

func diffDirs(src objects, prefix string, old, new plumbing.Hash, out []fileChange) ([]fileChange, error) {
	if old == new {
		return out, nil
	}
	var a, b []treeEntry
	var err error
	if !old.IsZero() {
		if a, err = src.tree(old); err != nil {
			return nil, err
		}
	}
	if !new.IsZero() {
		if b, err = src.tree(new); err != nil {
			return nil, err
		}
	}
	for len(a) > 0 || len(b) > 0 {
		var x, y treeEntry
		switch c := compareHeads(a, b); {
		case c < 0:
			x, a = a[0], a[1:]
		case c > 0:
			y, b = b[0], b[1:]
		default:
			x, y, a, b = a[0], b[0], a[1:], b[1:]
		}
		if x.id == y.id && x.mode == y.mode {
			continue
		}
		name := prefix + x.name
		if x.name == "" {
			name = prefix + y.name
		}
		if x.mode == modeTree || y.mode == modeTree {
			var oldDir, newDir plumbing.Hash
			if x.mode == modeTree {
				oldDir, x = x.id, treeEntry{}
			}
			if y.mode == modeTree {
				newDir, y = y.id, treeEntry{}
			}
			if out, err = diffDirs(src, name+"/", oldDir, newDir, out); err != nil {
				return nil, err
			}
		}
		if !x.id.IsZero() || !y.id.IsZero() {
			out = append(out, fileChange{name, x, y})
		}
	}
	return out, nil
}

// compareHeads orders the first entries of two sorted directories. A file and a directory of the same name do not meet.
func compareHeads(a, b []treeEntry) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return strings.Compare(a[0].sortKey(), b[0].sortKey())
}
