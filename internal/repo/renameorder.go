package repo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// severalAlike tells whether several added files are what one of the gone files was. Which of them is taken for the renamed
// one depends on the order in which a git comes to see them.
func severalAlike(gone, added []*renameFile) bool {
	seen := make(map[plumbing.Hash]int)
	for _, a := range added {
		seen[a.entry.id]++
	}
	return slices.ContainsFunc(gone, func(g *renameFile) bool { return seen[g.entry.id] > 1 })
}

// asVisited sorts files that we added, given in the order of the tree, as git from 2.50 on comes to see them: it puts off the
// directories that only we have, visits them in the order of a hash table of their names, and all files of each in the order
// of the tree.
func (m *treeMerge) asVisited(added []*renameFile) {
	common := make(map[string]bool)
	for _, side := range []map[string]treeEntry{m.base, m.theirs} {
		for path := range side {
			for i := strings.LastIndexByte(path, '/'); i > 0 && !common[path[:i]]; i = strings.LastIndexByte(path[:i], '/') {
				common[path[:i]] = true
			}
		}
	}
	var late []string // directories that are put off, in the order of the tree
	of := make(map[string]int)
	place := make(map[*renameFile]int, len(added)) // number of its directory in late, from 1; 0 for none
	for _, a := range added {
		dir := ownDirectory(a.path, common)
		if dir == "" {
			continue
		}
		if of[dir] == 0 {
			late = append(late, dir)
			of[dir] = len(late)
		}
		place[a] = of[dir]
	}
	buckets := uint32(64)
	const full = 80 // percent
	for len(late)*100 > int(buckets)*full {
		buckets *= 4
	}
	slices.SortStableFunc(added, func(a, b *renameFile) int {
		x, y := place[a], place[b]
		if x == y || x == 0 || y == 0 {
			return cmp.Compare(min(x, 1), min(y, 1))
		}
		// of one bucket, what came last comes first
		return cmp.Or(cmp.Compare(nameHash(late[x-1])%buckets, nameHash(late[y-1])%buckets), cmp.Compare(y, x))
	})
}

// ownDirectory is the topmost directory of path that is not in common, empty when there is none.
func ownDirectory(path string, common map[string]bool) string {
	for i := range len(path) {
		if path[i] == '/' && !common[path[:i]] {
			return path[:i]
		}
	}
	return ""
}

// nameHash is FNV-1 with 32 bits.
func nameHash(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = h*16777619 ^ uint32(name[i])
	}
	return h
}
