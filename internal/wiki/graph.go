package wiki

import (
	"slices"
	"strings"
)

// Graph says which pages of one tree lead to a path. It follows the tree from commit to commit: bringing it up to date
// costs what changed, not what is there.
type Graph struct {
	index *Index
	host  Host
	own   Own

	dirs    map[string]*folder
	sources map[string][]string // target path to the pages that lead there, one entry per page and destination
	names   map[string][]string // base name in lower case to the paths of files
	files   int
}

// folder is one directory as it was when it was last looked at.
type folder struct {
	id      string
	entries map[string]entry
}

type entry struct {
	id   string
	mode uint32
}

// Sources are the pages with a destination that names the path, in the order of their paths.
func (g *Graph) Sources(path string) []string {
	out := slices.Clone(g.sources[path])
	slices.Sort(out)
	return slices.Compact(out)
}

// Named are the paths of the files with a base name, upper and lower case not told apart, in order.
func (g *Graph) Named(base string) []string {
	out := slices.Clone(g.names[strings.ToLower(base)])
	slices.Sort(out)
	return out
}

// Files is the number of files of the tree.
func (g *Graph) Files() int { return g.files }

// Names yields every base name in lower case, in no order.
func (g *Graph) Names(yield func(name string) bool) {
	for name := range g.names {
		if !yield(name) {
			return
		}
	}
}

// maxTreeDepth bounds directories in directories.
const maxTreeDepth = 100

// update brings one directory up to date.
func (g *Graph) update(t Tree, dir, id string, depth int) {
	old := g.dirs[dir]
	if depth > maxTreeDepth || old != nil && old.id == id && id != "" {
		return
	}
	now := &folder{id: id, entries: map[string]entry{}}
	t.List(dir, func(name, id string, mode uint32) bool {
		now.entries[name] = entry{id, mode}
		return true
	})
	if old != nil {
		for name, e := range old.entries {
			if n, ok := now.entries[name]; !ok || n.mode != e.mode || n.id != e.id && e.mode != ModeTree || e.id == "" {
				g.remove(join(dir, name), e)
			}
		}
	}
	for name, e := range now.entries {
		p := join(dir, name)
		if e.mode == ModeTree {
			g.update(t, p, e.id, depth+1)
			continue
		}
		if old != nil {
			if o, ok := old.entries[name]; ok && o == e && e.id != "" {
				continue
			}
		}
		g.add(t, p, e)
	}
	g.dirs[dir] = now
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// remove forgets a file, or a directory and all in it.
func (g *Graph) remove(p string, e entry) {
	if e.mode == ModeTree {
		if f := g.dirs[p]; f != nil {
			for name, child := range f.entries {
				g.remove(join(p, name), child)
			}
			delete(g.dirs, p)
		}
		return
	}
	g.files--
	drop(g.names, baseName(p), p)
	if !isSource(p, e) {
		return
	}
	f, ok := g.index.Facts(e.id, g.host.Dialect())
	if !ok {
		g.forget(p)
		return
	}
	g.targets(p, f, func(target string) { drop(g.sources, target, p) })
}

// drop removes one occurrence of p from the list under a key.
func drop(m map[string][]string, key, p string) {
	list := m[key]
	if i := slices.Index(list, p); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(m, key)
	} else {
		m[key] = list
	}
}

func baseName(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		p = p[i+1:]
	}
	return strings.ToLower(p)
}

// forget removes a page whose facts are not known any more.
func (g *Graph) forget(p string) {
	for target, list := range g.sources {
		list = slices.DeleteFunc(list, func(s string) bool { return s == p })
		if len(list) == 0 {
			delete(g.sources, target)
		} else {
			g.sources[target] = list
		}
	}
}

func (g *Graph) add(t Tree, p string, e entry) {
	g.files++
	g.names[baseName(p)] = append(g.names[baseName(p)], p)
	if !isSource(p, e) {
		return
	}
	f, ok := g.index.Facts(e.id, g.host.Dialect())
	if !ok {
		src, err := t.Read(p)
		if err != nil {
			return
		}
		f = ReadPage(src, g.host).Facts()
		g.index.Put(e.id, g.host.Dialect(), f)
	}
	g.targets(p, f, func(target string) { g.sources[target] = append(g.sources[target], p) })
}

func isSource(p string, e entry) bool { return IsPage(p) && (e.mode == ModeFile || e.mode == ModeExec) }

// targets yields the paths that a page's destinations name, its own excepted.
func (g *Graph) targets(p string, f *Facts, yield func(target string)) {
	for _, d := range f.Dests {
		r := g.host.Locate(p, d, g.own)
		if r.Kind != Internal || r.Path == p {
			continue
		}
		yield(r.Path)
		if r.Fallback != "" {
			yield(r.Fallback)
		}
	}
}
