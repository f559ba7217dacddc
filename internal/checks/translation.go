package checks

import (
	"path"
	"strings"

	"patchbot/internal/wiki"
)

var translation = &Rule{
	ID:       "translation",
	Severity: Off,
	Scope:    ScopeSeries,
	Title:    "The translations of a page change with it",
	Why:      "A change that only one language gets makes the others wrong in silence. Often that is fine: this is a reminder.",
	Bad:      "faq.md changes, faq.en.md does not\n",
	Good:     "faq.md and faq.en.md change\n",
	Messages: map[string]string{
		"left": "this page has a translation, {{.Page}}, which the series does not change.",
	},
}

// translations notes the pages that changed while a translation of them did not.
func translations(set *Set, s *site, deltas []delta) []Finding {
	if !set.on(translation.ID) {
		return nil
	}
	changed := map[string]bool{}
	for _, d := range deltas {
		changed[d.path] = true
	}
	var out []Finding
	for _, d := range deltas {
		if d.oldMode == 0 || d.mode == 0 || !wiki.IsPage(d.path) {
			continue
		}
		base, _ := language(path.Base(d.path))
		dir := parent(d.path)
		s.tree.List(dir, func(name, _ string, _ uint32) bool {
			other := joinPath(dir, name)
			if b, _ := language(name); b == base && wiki.IsPage(other) && !changed[other] {
				out = append(out, Finding{
					Path: d.path, Rule: translation.ID, Severity: set.Level(translation.ID), Detail: other,
					Message: Message{ID: translation.ID + ".left", Args: map[string]any{"Page": other}},
				})
			}
			return true
		})
	}
	return out
}

// language cuts a page's name into what its translations share and its language, empty for the main one: "faq.en.md" is
// "faq" in "en".
func language(name string) (base, lang string) {
	base = strings.TrimSuffix(name, ".md")
	if i := strings.LastIndexByte(base, '.'); i > 0 && len(base)-i == 3 {
		return base[:i], base[i+1:]
	}
	return base, ""
}
