package checks

import (
	"sort"

	"patchbot/internal/wiki"
)

// delta is one path that is not the same file in two trees.
type delta struct {
	path     string
	old, now string // blob ids, empty when there is no file
	oldMode  uint32
	mode     uint32
}

// diffTrees lists the files that differ between two trees, by path. Subtrees with equal ids are not entered.
func diffTrees(a, b wiki.Tree) []delta {
	var out []delta
	ida, _, _ := a.Lookup("")
	idb, _, _ := b.Lookup("")
	if ida == "" || ida != idb {
		diffDir(a, b, "", 0, &out)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].path < out[j].path })
	return out
}

type treeEntry struct {
	id   string
	mode uint32
}

func diffDir(a, b wiki.Tree, dir string, depth int, out *[]delta) {
	if depth > maxDepth {
		return
	}
	ea, eb := entries(a, dir), entries(b, dir)
	for name, x := range ea {
		y, ok := eb[name]
		if ok && x == y && x.id != "" {
			continue
		}
		p := joinPath(dir, name)
		switch {
		case x.mode == wiki.ModeTree && ok && y.mode == wiki.ModeTree:
			diffDir(a, b, p, depth+1, out)
			continue
		case x.mode == wiki.ModeTree:
			walk(a, p, depth+1, func(p, id string, mode uint32) { *out = append(*out, delta{path: p, old: id, oldMode: mode}) })
		case ok && y.mode != wiki.ModeTree:
			*out = append(*out, delta{p, x.id, y.id, x.mode, y.mode})
			continue
		default:
			*out = append(*out, delta{path: p, old: x.id, oldMode: x.mode})
		}
		if ok {
			addAll(b, p, y, depth, out)
		}
	}
	for name, y := range eb {
		if _, ok := ea[name]; !ok {
			addAll(b, joinPath(dir, name), y, depth, out)
		}
	}
}

func addAll(b wiki.Tree, p string, y treeEntry, depth int, out *[]delta) {
	if y.mode != wiki.ModeTree {
		*out = append(*out, delta{path: p, now: y.id, mode: y.mode})
		return
	}
	walk(b, p, depth+1, func(p, id string, mode uint32) { *out = append(*out, delta{path: p, now: id, mode: mode}) })
}

func entries(t wiki.Tree, dir string) map[string]treeEntry {
	m := map[string]treeEntry{}
	t.List(dir, func(name, id string, mode uint32) bool {
		m[name] = treeEntry{id, mode}
		return true
	})
	return m
}

func joinPath(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}
