package checks

import (
	"path"
	"strings"

	"patchbot/internal/wiki"
)

// folder is what rules need to know of a directory as a whole.
type folder struct {
	like   map[string][]string // names, by what they have in common with those that are easily taken for them
	pages  int                 // pages that are none of those that every repository has
	titled int                 // of these, the ones with a title in their header
}

// folder looks at a directory once.
func (s *site) folder(dir string) *folder {
	if f, ok := s.folders[dir]; ok {
		return f
	}
	f := &folder{like: map[string][]string{}}
	s.tree.List(dir, func(name, id string, mode uint32) bool {
		k := likeName(name)
		f.like[k] = append(f.like[k], name)
		p := joinPath(dir, name)
		if mode == wiki.ModeTree || !wiki.IsPage(p) || standing(name) {
			return true
		}
		f.pages++
		if facts, ok := s.facts(p, id); ok && facts.HasName {
			f.titled++
		}
		return true
	})
	if s.folders == nil {
		s.folders = map[string]*folder{}
	}
	s.folders[dir] = f
	return f
}

// likeName is the same for names that differ in case or in the encoding of accents only.
func likeName(name string) string { return strings.ToLower(plain(name)) }

// standing reports whether a file is one of those that every repository has, and that need no title.
func standing(name string) bool {
	name = strings.ToUpper(strings.TrimSuffix(name, path.Ext(name)))
	for _, known := range []string{"README", "LICENSE", "LICENCE", "CONTRIBUTING", "CHANGELOG", "CODE_OF_CONDUCT", "SECURITY"} {
		if name == known || strings.HasPrefix(name, known+".") {
			return true
		}
	}
	return false
}
