package checks

import (
	"path"
	"testing"

	"patchbot/internal/wiki"
)

// TestBetterPath: what is proposed for a link to nothing, and what is not.
func TestBetterPath(t *testing.T) {
	tree := treeOf(
		"index.md", "x", "guides.md", "x", "a.md", "x", "faq.md", "x", "glossary.fr.md", "x", "glossary.en.md", "x", "offre-de-services.md", "x",
		"pocos/index.md", "x", "pocos/ouverture.md", "x", "2022/rapport.md", "x", "2022/notes/rapport.md", "x", "docs/plan.pdf", "x",
		"twins/alpha1.md", "x", "twins/alpha2.md", "x", "dir/README.md", "x", "LICENSE.md", "x",
	)
	for _, tt := range []struct{ from, want, better string }{
		{"index.md", "guides", "guides.md"},
		{"index.md", "dir", "dir/README.md"},
		{"index.md", "pocos", "pocos/index.md"},
		{"index.md", "guide.md", "guides.md"},
		{"index.md", "LICENSE", "LICENSE.md"},
		{"index.md", "ofre-de-service.md", "offre-de-services.md"},
		{"index.md", "ouverture.md", "pocos/ouverture.md"},
		{"index.md", "2022/notes/2/rapport.md", "2022/notes/rapport.md"},
		{"index.md", "Guides.md", "guides.md"},
		{"index.md", "plan.pdf", "docs/plan.pdf"},
		{"2022/notes/rapport.md", "2022/notes/index.md", "index.md"},
		// Far-fetched ones.
		{"index.md", "b.md", ""},
		{"index.md", "fap.md", ""},
		{"index.md", "plan.md", ""},
		{"index.md", "guides.pdf", ""},
		{"index.md", "glossary.it.md", ""},
		{"index.md", "pocos2/index.md", ""},
		{"index.md", "twins/alpha3.md", ""},
		{"index.md", "gardens.md", ""},
		{"index.md", "noindex", ""},
		// Never the page itself.
		{"guides.md", "guide.md", ""},
		{"pocos/ouverture.md", "ouverture.md", ""},
		{"pocos/index.md", "pocos/pocos/index.md", ""},
	} {
		s := &site{tree: tree, host: wiki.Hosts()[0], store: newStore(nil)}
		if got := s.betterPath(tt.from, tt.want); got != tt.better {
			t.Errorf("on %s, %s: %q, want %q", tt.from, tt.want, got, tt.better)
		}
	}
}

// TestSelfIsNoTarget: a page whose link to a deleted one breaks is not proposed as what the link means.
func TestSelfIsNoTarget(t *testing.T) {
	base := treeOf("guides.md", "[x](guide.md)\n", "guide.md", "text\n", "pocos/index.md", "[up](../index.md)\n", "index.md", "home\n")
	for _, f := range runOn(t, base, treeOf("guides.md", "[x](guide.md)\n", "pocos/index.md", "[up](../index.md)\n")).Findings {
		if !f.Suggestion.Zero() {
			t.Errorf("%s: %v, %v", f.Path, f.Message, f.Suggestion)
		}
	}
	renamed := treeOf("guides.md", "[x](guide.md)\n", "pocos/index.md", "[up](../index.md)\n", "pocos/guide.md", "text\n", "index.md", "home\n")
	res := runOn(t, base, renamed)
	if len(res.Findings) != 1 || res.Findings[0].Suggestion.Args["Target"] != "pocos/guide.md" {
		t.Errorf("renamed: %+v", res.Findings)
	}
}

// TestSuggestionsOnHistory: for every file that the sample wiki renamed, what would be proposed to a reader of the old
// name who knows nothing of the rename.
func TestSuggestionsOnHistory(t *testing.T) {
	h := sampleHistory(t)
	var sameName, closestOf, similarName, none, wrong [2]int // right, wrong
	renames := 0
	for i := 1; i < len(h.ids); i++ {
		head := h.tree(i)
		for _, f := range h.files[h.ids[i]] {
			if _, _, ok := head.Lookup(f.OldPath); f.Status != "R" || ok {
				continue
			}
			renames++
			s := &site{tree: head, host: wiki.Hosts()[0], store: newStore(nil)}
			got := s.betterPath("", f.OldPath)
			same := s.named(path.Base(f.OldPath))
			count := &similarName
			switch {
			case got == "":
				count = &none
			case path.Base(f.OldPath) == "index.md" && got != f.Path:
				count = &wrong
			case len(same) == 1:
				count = &sameName
			case len(same) > 1:
				count = &closestOf
			}
			if got == f.Path {
				count[0]++
			} else {
				count[1]++
				t.Logf("%s: %s became %s, proposed %q", h.ids[i][:7], f.OldPath, f.Path, got)
			}
		}
	}
	t.Logf("%d renames (right, wrong): only file of that name %v, one of several %v, similar name %v, nothing proposed %v, other %v",
		renames, sameName, closestOf, similarName, none, wrong)
	if sameName[0] == 0 || similarName[0] == 0 || sameName[1]+closestOf[1]+similarName[1]+wrong[1] > 0 {
		t.Error("a proposal was wrong, or there was none at all")
	}
}
