package checks

import (
	"path"
	"strings"

	"patchbot/internal/wiki"
)

// betterPath finds the file that a reference to nothing, on the page at from, probably means: where the series moved it; the
// same name with ".md"; the same base name elsewhere, the closest of several; a base name that differs little. It is never
// the page itself.
func (s *site) betterPath(from, want string) string {
	if s.mute {
		return ""
	}
	if now, ok := s.renamed[want]; ok && now != from {
		return now
	}
	for _, p := range []string{want + ".md", joinPath(want, "index.md"), joinPath(want, "README.md")} {
		if _, mode, ok := s.tree.Lookup(p); ok && mode != wiki.ModeTree && p != from {
			return p
		}
	}
	base := path.Base(want)
	if base == "index.md" {
		return s.indexAbove(from, want)
	}
	for _, name := range []string{base, base + ".md"} {
		if same := without(s.named(name), from); len(same) > 0 {
			return closest(want, exactly(name, same))
		}
	}
	best := s.nearestName(from, want)
	if near := without(s.named(best), from); best != "" && len(near) > 0 {
		return closest(want, near)
	}
	return ""
}

// indexAbove is the first page above that of a path, if it was named without a directory: every directory may have an
// index.md, so the name alone says nothing.
func (s *site) indexAbove(from, want string) string {
	dir := parent(from)
	for dir != "" && dir == parent(want) {
		dir = parent(dir)
		if p := joinPath(dir, "index.md"); p != from {
			if _, mode, ok := s.tree.Lookup(p); ok && mode != wiki.ModeTree {
				return p
			}
		}
		want = joinPath(dir, "index.md")
	}
	return ""
}

// nearestName is the one base name that differs from that of a path in at most every third letter, its ending not counted.
// A name of another language is no misspelling of it, nor is one that every directory may have.
func (s *site) nearestName(from, want string) string {
	base := strings.ToLower(path.Base(want))
	ext := path.Ext(base)
	byStem := map[string]string{} // what is compared, to the name
	var stems []string
	for _, name := range s.namesNear(from, want) {
		if e := path.Ext(name); e != ext && ext != "" || sameButLanguage(name, base) || name == "index.md" || name == "readme.md" {
			continue
		}
		stem := strings.TrimSuffix(name, path.Ext(name))
		if _, twice := byStem[stem]; !twice {
			stems = append(stems, stem)
			byStem[stem] = name
		}
	}
	best, unique := nearest(strings.TrimSuffix(base, ext), stems, 1.0/3)
	if !unique {
		return ""
	}
	return byStem[best]
}

// sameButLanguage reports whether two base names are those of one page in two languages: "faq.md", "faq.en.md".
func sameButLanguage(a, b string) bool {
	stemA, langA := language(a)
	stemB, langB := language(b)
	return stemA == stemB && langA != langB
}

// exactly keeps the paths with the very name, if there are any.
func exactly(name string, paths []string) []string {
	var out []string
	for _, p := range paths {
		if path.Base(p) == name {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return paths
	}
	return out
}

// betterAnchor finds the id that a fragment without a target probably means: that of the heading which another host would
// reach by it; the one id that the page gained while it lost this one; an id that differs little or shares most words.
func (s *site) betterAnchor(p, fragment string) string {
	if s.mute {
		return ""
	}
	id, _, ok := s.tree.Lookup(p)
	if !ok {
		return ""
	}
	f, ok := s.facts(p, id)
	if !ok || len(f.Headings)+len(f.IDs) > maxNames {
		return ""
	}
	own := s.host.Anchors(f)
	primary := map[int]string{}
	var ids []string
	for _, a := range own {
		if a.ID == "" || a.Unsure {
			continue
		}
		if _, ok := primary[a.Heading]; !ok && a.Heading >= 0 {
			primary[a.Heading] = a.ID
		}
		if !a.Also {
			ids = append(ids, a.ID)
		}
	}
	for _, h := range wiki.Hosts() {
		for _, a := range h.Anchors(f) {
			if a.Heading >= 0 && strings.EqualFold(a.ID, fragment) && primary[a.Heading] != "" {
				return primary[a.Heading]
			}
		}
	}
	if renamed := s.renamedAnchor(p, fragment, ids); renamed != "" {
		return renamed
	}
	if best, _ := nearest(fragment, ids, 0.4); best != "" {
		return best
	}
	return sharedWords(fragment, ids)
}

// renamedAnchor is the one id that the page gained while it lost no other than this one.
func (s *site) renamedAnchor(p, fragment string, ids []string) string {
	if s.before == nil {
		return ""
	}
	old, ok := s.before(p)
	if !ok {
		return ""
	}
	was, is := map[string]bool{}, map[string]bool{}
	for _, a := range old.list {
		was[a.ID] = was[a.ID] || !a.Also
	}
	gained := ""
	for _, id := range ids {
		is[id] = true
		if !was[id] && id != gained {
			if gained != "" {
				return ""
			}
			gained = id
		}
	}
	for id, primary := range was {
		if primary && !is[id] && id != fragment {
			return ""
		}
	}
	if !was[fragment] {
		return ""
	}
	return gained
}

// sharedWords is the id that shares the most words with a fragment, at least three in ten of all words of both.
func sharedWords(fragment string, ids []string) string {
	words := wordSet(fragment)
	best, score := "", 0.3
	for _, id := range ids {
		other := wordSet(id)
		common := 0
		for w := range words {
			if other[w] {
				common++
			}
		}
		all := len(words) + len(other) - common
		if all > 0 && float64(common)/float64(all) >= score && common > 0 {
			if best != "" && float64(common)/float64(all) == score {
				continue
			}
			best, score = id, float64(common)/float64(all)
		}
	}
	return best
}

func wordSet(id string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.FieldsFunc(id, func(r rune) bool { return r == '-' || r == '_' }) {
		if len(w) > 1 {
			set[w] = true
		}
	}
	return set
}
