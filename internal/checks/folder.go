package checks

import (
	"path"
	"strings"

	"patchbot/internal/wiki"
)

// folder is what rules need to know of a directory as a whole.
type folder struct {
	like   map[string][]string // names, by what they have in common with those that are easily taken for them
	pages  map[string]string   // pages that are none of those that every repository has, to their blob ids
	titled int                 // of these, the ones with a title in their header; -1 when not yet counted
}

// folder looks at a directory once.
func (s *site) folder(dir string) *folder {
	if f, ok := s.folders[dir]; ok {
		return f
	}
	f := &folder{like: map[string][]string{}, pages: map[string]string{}, titled: -1}
	s.tree.List(dir, func(name, id string, mode uint32) bool {
		k := likeName(name)
		f.like[k] = append(f.like[k], name)
		if p := joinPath(dir, name); mode != wiki.ModeTree && wiki.IsPage(p) && !standing(name) {
			f.pages[p] = id
		}
		return true
	})
	if s.folders == nil {
		s.folders = map[string]*folder{}
	}
	s.folders[dir] = f
	return f
}

// titles counts the pages of a directory, and those with a title.
func (s *site) titles(dir string) (pages, titled int) {
	f := s.folder(dir)
	if f.titled < 0 {
		f.titled = 0
		for p, id := range f.pages {
			if s.titled(p, id) {
				f.titled++
			}
		}
	}
	return len(f.pages), f.titled
}

// titled reports whether a page has a title in its header, without reading the rest of it.
func (s *site) titled(p, id string) bool {
	if f, ok := s.store.index.Facts(id, s.host.Dialect()); ok {
		return f.HasName
	}
	src, err := s.tree.Read(p)
	if err != nil {
		return false
	}
	f := wiki.ReadFront(src, s.host)
	return f != nil && f.Err == nil && f.HasTitle
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
