package checks

import (
	"path"
	"slices"
	"strings"

	"patchbot/internal/wiki"
)

// nameIndex finds the files of a tree by their base names. For the tree after a series it reads the graph of the base and
// adds what the series changed, so that its cost does not grow with the wiki.
type nameIndex struct {
	graph  func() *wiki.Graph  // of the base; nil when the tree is to be listed
	listed map[string][]string // base name in lower case to paths, once listed
	files  int                 // listed
	added  []string            // paths that the graph does not have
	gone   []string            // paths that it has and the tree has not
}

// named lists the paths of this tree with a base name, upper and lower case not told apart, in order.
func (s *site) named(base string) []string {
	var list []string
	if s.names.graph != nil {
		list = s.names.graph().Named(base)
	} else {
		list = slices.Clone(s.listNames()[strings.ToLower(base)])
	}
	if len(s.names.gone) > 0 {
		list = slices.DeleteFunc(list, func(p string) bool { _, mode, ok := s.tree.Lookup(p); return !ok || mode == wiki.ModeTree })
	}
	for _, p := range s.names.added {
		if strings.EqualFold(path.Base(p), base) {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// maxNames is the number of files up to which every name is compared with a misspelt one; in larger wikis only those of the
// directories at hand are.
const maxNames = 1000

// namesNear lists the base names, in lower case and in order, that a misspelt path on the page at from may mean.
func (s *site) namesNear(from, want string) []string {
	var out []string
	if all := s.allNames(); all != nil {
		out = all
	} else {
		for _, dir := range []string{parent(want), parent(from), ""} {
			s.tree.List(dir, func(name, _ string, mode uint32) bool {
				if mode != wiki.ModeTree {
					out = append(out, strings.ToLower(name))
				}
				return true
			})
		}
	}
	for _, p := range s.names.added {
		out = append(out, strings.ToLower(path.Base(p)))
	}
	gone := map[string]bool{}
	for _, p := range s.names.gone {
		name := strings.ToLower(path.Base(p))
		gone[name] = len(s.named(name)) == 0
	}
	out = slices.DeleteFunc(out, func(name string) bool { return gone[name] })
	slices.Sort(out)
	return slices.Compact(out)
}

// allNames lists every base name, nil when they are too many.
func (s *site) allNames() []string {
	var out []string
	if s.names.graph != nil {
		g := s.names.graph()
		if g.Files() > maxNames {
			return nil
		}
		g.Names(func(name string) bool {
			out = append(out, name)
			return true
		})
		return out
	}
	listed := s.listNames()
	if s.names.files > maxNames {
		return nil
	}
	for name := range listed {
		out = append(out, name)
	}
	return out
}

// listNames walks the tree once.
func (s *site) listNames() map[string][]string {
	if s.names.listed == nil {
		s.names.listed = map[string][]string{}
		walk(s.tree, "", 0, func(p, _ string, _ uint32) {
			name := strings.ToLower(path.Base(p))
			s.names.listed[name] = append(s.names.listed[name], p)
			s.names.files++
		})
	}
	return s.names.listed
}
