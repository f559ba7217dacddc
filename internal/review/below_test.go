package review

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// stacked are two series on top of each other, posted and then taken out of the branch: the upper one edits a page that only
// the lower one adds. Both have a broken link.
func stacked(w *wikiRepo, relation string) (lower, upper *patch.Series) {
	w.write("publier.md", "---\ntitle: Publier\n---\n\n# Publier\n\nVoir la [page perdue](perdue.md).\n")
	w.edit("index.md", "# Accueil\n", "# Accueil\n\nVoir [Publier](publier.md).\n")
	w.commit("publier: Add page")
	below := w.mails("-1")
	w.edit("publier.md", "# Publier\n", "# Publier\n\nVoir aussi la [FAQ](faq).\n")
	w.commit("publier: Name the FAQ")
	above := w.mails("-1")
	w.git("reset", "-q", "--hard", "HEAD~2")
	above[0] = bytes.Replace(above[0], []byte("20220301.0@"), []byte("20220302.0@"), 1)
	above[0] = bytes.Replace(above[0], []byte("\n---\n"), []byte("\n---\n"+relation+"\n\n"), 1)
	return w.series(below...), w.series(above...)
}

func TestBelow(t *testing.T) {
	words := translator(t)
	for _, test := range []struct {
		name    string
		move    func(w *wikiRepo)                     // the branch, after the series were posted
		lower   func(s *patch.Series) []*patch.Series // what lies below
		unknown []string
		verdict Verdict
		states  []UnderState
	}{
		{name: "below-applied", verdict: VerdictChangesNeeded, states: []UnderState{UnderApplied}},
		{name: "below-unknown", verdict: VerdictDoesNotApply, lower: none, unknown: []string{"20220301.0@example.org", "d66e95b4109d584ff49c4fec856c9f8bdd4d58cb"}},
		{name: "below-conflict", verdict: VerdictDoesNotApply, states: []UnderState{UnderConflict}, move: func(w *wikiRepo) {
			w.git("rm", "-q", "index.md")
			w.commit("index: Remove")
		}},
		{name: "below-landed", verdict: VerdictChangesNeeded, states: []UnderState{UnderLanded}, move: func(w *wikiRepo) {
			w.write("publier.md", "---\ntitle: Publier\n---\n\n# Publier\n\nVoir la [page perdue](perdue.md).\n")
			w.edit("index.md", "# Accueil\n", "# Accueil\n\nVoir [Publier](publier.md).\n")
			w.commit("publier: Add page")
			w.edit("index.md", "# Accueil\n", "# Bienvenue\n")
			w.commit("index: Welcome")
		}},
		{name: "below-incomplete", verdict: VerdictDoesNotApply, states: []UnderState{UnderIncomplete}, lower: func(s *patch.Series) []*patch.Series {
			s.Missing = []int{2}
			return []*patch.Series{s}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWiki(t)
			lower, upper := stacked(w, "Depends-on: <20220301.0@example.org>")
			if !slices.Equal(upper.DependsOn, []string{"20220301.0@example.org"}) {
				t.Fatalf("depends on %q", upper.DependsOn)
			}
			if test.move != nil {
				test.move(w)
			}
			req := w.request(upper)
			req.Below, req.Unknown = []*patch.Series{lower}, test.unknown
			if test.lower != nil {
				req.Below = test.lower(lower)
			}
			r, err := Review(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != test.verdict {
				t.Errorf("verdict %s, want %s", r.Verdict, test.verdict)
			}
			var states []UnderState
			for _, u := range r.Below {
				states = append(states, u.State)
			}
			if !slices.Equal(states, test.states) {
				t.Errorf("states %q, want %q", states, test.states)
			}
			if test.verdict == VerdictChangesNeeded && (len(r.Findings) != 1 || r.Findings[0].Detail == "perdue.md") {
				t.Errorf("findings of the series itself: %+v", r.Findings)
			}
			goldenReply(t, words, test.name, r)
		})
	}
}

func none(*patch.Series) []*patch.Series { return nil }

func goldenReply(t *testing.T, words *Translator, name string, r *Report) {
	t.Helper()
	for _, lang := range []Lang{French, English} {
		o := onList()
		o.Lang = lang
		text, err := words.Render(r, o)
		if err != nil {
			t.Fatal(err)
		}
		checkBody(t, text.Body)
		golden(t, name+"."+string(lang), text.Body)
	}
}

// A patch that only its id names is not missed once it is in the branch.
func TestUnlanded(t *testing.T) {
	w := newWiki(t)
	lower, upper := stacked(w, "")
	id := lower.Parts[0].Mail.PatchID
	req := w.request(upper)
	req.Unknown = []string{id, "20220301.0@example.org"}
	r, err := Review(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Unknown, req.Unknown) {
		t.Errorf("unknown before: %q", r.Unknown)
	}
	w.write("publier.md", "---\ntitle: Publier\n---\n\n# Publier\n\nVoir la [page perdue](perdue.md).\n")
	w.edit("index.md", "# Accueil\n", "# Accueil\n\nVoir [Publier](publier.md).\n")
	w.commit("publier: Add page")
	next := w.request(upper)
	next.Unknown = req.Unknown
	if r, err = Review(context.Background(), next); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Unknown, []string{"20220301.0@example.org"}) || !slices.Equal(next.Unknown, req.Unknown) {
		t.Errorf("unknown afterwards: %q", r.Unknown)
	}
}

// A series whose patches are all in those below brings nothing, and its numbers are its own.
func TestPileUp(t *testing.T) {
	w := newWiki(t)
	w.edit("faq.md", "# FAQ", "# Questions")
	w.commit("faq: Rename")
	w.edit("guides.md", "# Guides", "# Les guides")
	w.commit("guides: Rename")
	both := w.series(w.posted("-2")...)
	one := &patch.Series{ID: "one", Version: 1, Total: 1, Parts: []*patch.Part{both.Parts[0]}}
	two := &patch.Series{ID: "two", Version: 1, Total: 1, Parts: []*patch.Part{both.Parts[1]}}
	req := w.request(both)
	pile := func(lower []*patch.Series, s *patch.Series) *pile {
		p, err := pileUp(context.Background(), req.Repo.Scratch(), "main", lower, s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := pile([]*patch.Series{one}, two); p.Status != repo.StatusApplied || p.How != repo.HowExact || len(p.Parts) != 1 || p.Parts[0].Index != 2 {
		t.Errorf("two on one: %+v", p.Applied)
	}
	if p := pile([]*patch.Series{both}, one); p.Status != repo.StatusAlreadyApplied || p.How != "" || p.base != p.Tree {
		t.Errorf("one on both: %+v", p.Applied)
	}
	w.edit("faq.md", "# FAQ", "# Foire")
	w.commit("faq: Other words")
	req = w.request(both)
	if p := pile([]*patch.Series{two}, both); p.failed != nil || p.Failed == nil || p.Failed.Index != 1 {
		t.Errorf("both on two: %+v", p)
	}
	if p := pile([]*patch.Series{two, one}, both); p.failed != one {
		t.Errorf("the series below that fails: %+v", p.failed)
	}
}

// The changes are in the branch, and were changed again since.
func TestAlreadyThenChanged(t *testing.T) {
	w := newWiki(t)
	w.edit("guides.md", "Des guides pour les agents publics.", "Des guides pour toutes et tous.")
	w.commit("guides: Widen the introduction")
	single := w.mails("-1")
	w.edit("faq.md", "depuis toujours", "encore")
	w.commit("faq: Update")
	both := w.mails("-2", "--cover-letter")
	w.edit("guides.md", "Des guides pour toutes et tous.", "Des guides pour les administrations.")
	w.commit("guides: New introduction")
	words := translator(t)
	for name, mails := range map[string][][]byte{"already-changed": single, "already-changed-series": both} {
		r := w.review(mails...)
		if a := r.Apply; r.Verdict != VerdictDoesNotApply || a.Already == nil || a.Already.Title != "guides: Widen the introduction" || a.Changed == nil || a.Changed.Title != "guides: New introduction" {
			t.Errorf("%s: %s %+v", name, r.Verdict, r.Apply)
		}
		goldenReply(t, words, name, r)
	}
}

// The base-commit trailer wins over the newest commit that holds the old blobs, and behind counts from it.
func TestWorked(t *testing.T) {
	w := newWiki(t)
	first := string(bytes.TrimSpace(w.git("rev-parse", "HEAD")))
	w.edit("guides.md", "Des guides pour les agents publics.", "Des guides pour toutes et tous.")
	w.commit("guides: Widen the introduction")
	plain := w.posted("-1")
	based := [][]byte{bytes.Replace(plain[0], []byte("\n-- \n"), []byte("\nbase-commit: "+first+"\n-- \n"), 1)}
	w.edit("faq.md", "depuis toujours", "encore")
	w.commit("faq: Update")
	w.edit("guides.md", "Des guides pour les agents publics.", "Des guides pour les administrations.")
	w.commit("guides: New introduction")
	for _, test := range []struct {
		mails  [][]byte
		title  string
		behind int
	}{{plain, "faq: Update", 1}, {based, "Start the wiki", 2}} {
		r := w.review(test.mails...)
		if a := r.Apply; a.Worked == nil || a.Worked.Title != test.title || a.Behind != test.behind || !a.Fits || a.Changed == nil || a.Changed.Title != "guides: New introduction" {
			t.Errorf("want %s: %+v, worked %+v, changed %+v", test.title, a, a.Worked, a.Changed)
		}
		if r.Base.How != "tip" {
			t.Errorf("the verdict is on %+v", r.Base)
		}
	}
}

// Patches are found by their mails' own words.
func TestFoundation(t *testing.T) {
	w := newWiki(t)
	lower, upper := stacked(w, "prerequisite-patch-id: "+"0000000000000000000000000000000000000000")
	var mails []*patch.Mail
	for _, raw := range [][]byte{lower.Parts[0].Mail.Raw, bytes.Replace(upper.Parts[0].Mail.Raw, []byte("0000000000000000000000000000000000000000"), []byte(lower.Parts[0].Mail.PatchID), 1)} {
		mails = append(mails, patch.Classify(raw, email.Parse(raw, email.DefaultLimits()), time.Time{}, patch.Options{AnyList: true}))
	}
	a := patch.Assemble(mails)
	below, unknown := a.Foundation(a.Of("20220302.0@example.org"))
	if len(below) != 1 || below[0].Root != "20220301.0@example.org" || len(unknown) > 0 {
		t.Fatalf("below %v, unknown %q", below, unknown)
	}
	req := w.request(a.Of("20220302.0@example.org"))
	req.Below = below
	if r, err := Review(context.Background(), req); err != nil || r.Apply.Status != repo.StatusApplied {
		t.Errorf("%v %+v", err, r)
	}
}
