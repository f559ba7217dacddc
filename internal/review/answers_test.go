package review

import (
	"context"
	"strings"
	"testing"

	"patchbot/internal/checks"
)

// Answers become findings where they prove something, and are counted where they do not.
func TestAsk(t *testing.T) {
	w := newWiki(t)
	w.edit("faq.md", "# FAQ", "# FAQ\n\n[a](https://example.org/a) [b](https://example.org/b) [c](https://example.org/c) [d](https://example.org/d)\n\n<https://example.org/e> <https://example.org/f>")
	w.commit("faq: Add links")
	req := w.request(w.series(w.posted("-1")...))
	var asked []string
	req.Ask = func(_ context.Context, links []checks.Link) []checks.Answer {
		for _, l := range links {
			asked = append(asked, l.URL)
		}
		return []checks.Answer{
			{URL: "https://example.org/a", Class: checks.Fine},
			{URL: "https://example.org/b", Class: checks.Broken, Cause: "not-found", Status: 404, Looks: 2},
			{URL: "https://example.org/c", Class: checks.Unknown, Cause: "timeout"},
			{URL: "https://example.org/d", Class: checks.NotAsked, Cause: "too-many"},
			{URL: "https://example.org/f", Class: checks.NotAsked, Cause: "connection"}, // by the guard: nobody shall see a difference
		}
	}
	r, err := Review(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) != 6 || !r.Probed {
		t.Errorf("asked %v, probed %v", asked, r.Probed)
	}
	var said []string
	for _, f := range r.Findings {
		if f.Rule == "dead-link" && f.Added && f.Line > 0 {
			said = append(said, f.Detail)
		}
	}
	if strings.Join(said, " ") != "https://example.org/b" || r.Verdict != VerdictChangesNeeded {
		t.Errorf("said %v, verdict %s", said, r.Verdict)
	}
	want := []Unchecked{{"https://example.org/c", "timeout", true}, {"https://example.org/d", "too-many", false}, {"https://example.org/e", "offline", false}, {"https://example.org/f", "connection", true}}
	for i, u := range r.Unchecked {
		if i >= len(want) || u != want[i] {
			t.Errorf("unchecked %d: %+v", i, u)
		}
	}
	if u := r.Unsettled(); len(r.Unchecked) != len(want) || len(u) != 2 || u[0].URL != "https://example.org/c" || u[1].URL != "https://example.org/f" {
		t.Errorf("unchecked %+v, unsettled %+v", r.Unchecked, u)
	}
	// A rule that is off says nothing, and the link counts as looked at.
	req.Rules, err = checks.NewSet(map[string]checks.Severity{"dead-link": checks.Off})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = Review(context.Background(), req); err != nil || r.Verdict == VerdictChangesNeeded || len(r.Unchecked) != 4 {
		t.Errorf("with the rule off: %v, %s, %+v", err, r.Verdict, r.Unchecked)
	}
}

func TestSettle(t *testing.T) {
	r := clean2()
	for _, u := range []string{"https://example.org/1", "https://example.org/2", "https://example.org/3", "https://example.org/4"} {
		r.Links = append(r.Links, Link{URL: u, Part: 1, Path: "faq.md", Line: 1, Column: 1})
		r.Unchecked = append(r.Unchecked, Unchecked{u, "timeout", true})
	}
	set, err := checks.NewSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	now, news := r.Settle(set, []checks.Answer{
		{URL: "https://example.org/1", Class: checks.Fine}, {URL: "https://example.org/2", Class: checks.Unknown, Cause: "timeout"},
		{URL: "https://example.org/3", Class: checks.LooksBroken, Cause: "root"},
		{URL: "https://example.org/4", Class: checks.NotAsked, Cause: "skipped"}, // which is no proof that it is fine
	}, 1)
	if news != nil || len(now.Unchecked) != 2 || now.Verdict != VerdictClean || len(r.Unchecked) != 4 {
		t.Errorf("nothing dead: %+v, %+v", now.Unchecked, news)
	}
	after, news := now.Settle(set, []checks.Answer{{URL: "https://example.org/2", Class: checks.Broken, Cause: "no-host"}}, 2)
	if news == nil || news.Kind() != "links-2" || len(news.Findings) != 1 || after.Verdict != VerdictChangesNeeded || after.Kind() != "changes-needed" || len(after.Unchecked) != 1 {
		t.Errorf("one dead: %+v, %+v", after, news)
	}
}
