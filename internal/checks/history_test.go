package checks

import (
	"strings"
	"testing"

	"patchbot/internal/wiki"
)

// TestHistoryPairs replays what really happened: a commit of the sample wiki breaks something, a later one repairs it.
func TestHistoryPairs(t *testing.T) {
	h := sampleHistory(t)
	set := defaults(t)
	index := wiki.NewIndex()
	for _, tt := range []struct {
		broke  string
		path   string
		rule   string
		detail string // part of the finding's detail
		fixed  string
	}{
		{"e9cad10", "index.md", "broken-link", "LICENSE", "fdf8cd2"},
		{"e9cad10", "index.en.md", "broken-link", "LICENSE", "fdf8cd2"},
		{"2028056", "plan-action-logiciels-libres-communs-numeriques.md", "broken-link", "plan-action-logiciels-libres-et-communs", "6321961"},
		{"2028056", "plan-action-logiciels-libres-communs-numeriques.it.md", "broken-link", "plan-action-logiciels-libres-et-communs", "3d55917"},
		{"64001d3", "index.md", "not-served", "marches-logiciels-libres-liste-logiciels.csv", "e7e2be8"},
		{"4900e00", "conseil-logiciels-libres.md", "not-served", "administrations-1.ics", "067a36c"},
		{"4900e00", "gtt-ll-amdac.md", "not-served", "AMDAC-5-sur-5.ics", "067a36c"},
		{"90b21b3", "gtt-ll-amdac.md", "leaves-wiki", "/evenements/rdv-gtt-ll.ics", "2cf7e73"},
		{"90b21b3", "conseil-logiciels-libres.md", "leaves-wiki", "/evenements/rdv-conseil", "2cf7e73"},
		{"fe9c3e1", "offre-de-services.md", "inbound-link", "#o-changer-avec", "72aa80d"},
		{"d3aafa1", "index.md", "inbound-link", "2022/rapport-janvier.md", "2ca2043"},
		{"9e47a7f", "bsoc2022/semapps.md", "broken-link", "semapps.org", "02e4786"},
		{"00932b5", "index.md", "swallowed-punctuation", "https://tchap.gouv.fr):", "9d8d3b2"},
		{"d218593", "bsoc2022/parsec.md", "front-matter", "colon", "b7b9078"},
		{"6f63ce6", "bsoc2022/tutor.md", "front-matter", "colon", "b7b9078"},
		{"c6e702a", "libreoffice.md", "front-matter", "colon", "a743940"},
		{"89881c5", "guides.md", "front-matter", "colon", ""}, // repaired after the sample ends
	} {
		i := h.at(t, tt.broke)
		res := h.review(t, set, i, index)
		if !has(res.Findings, tt.path, tt.rule, tt.detail) {
			t.Errorf("%s: no %s about %q in %s; findings: %v", tt.broke, tt.rule, tt.detail, tt.path, brief(res.Findings))
		}
		if tt.fixed == "" {
			continue
		}
		j := h.at(t, tt.fixed)
		if res := h.review(t, set, j, index); res.Fixed == 0 {
			t.Errorf("%s: repairs nothing", tt.fixed)
		}
		after, err := Lint(set, LintInput{Tree: h.tree(j), Host: wiki.Hosts()[0], Own: sampleOwn, Index: index})
		if err != nil {
			t.Fatal(err)
		}
		rule := tt.rule
		if rule == "inbound-link" { // a link of a page that nobody touches is a broken one in a tree as it stands
			rule = "broken-link"
			if strings.HasPrefix(tt.detail, "#") {
				rule = "broken-anchor"
			}
		}
		if has(after, tt.path, rule, tt.detail) {
			t.Errorf("%s: %s about %q is still in %s", tt.fixed, rule, tt.detail, tt.path)
		}
	}
}

// TestHistoryQuiet: commits with raw ids, commented-out links and the home page that the project started from.
func TestHistoryQuiet(t *testing.T) {
	h := sampleHistory(t)
	set := defaults(t)
	for _, commit := range []string{"4dc1fc3"} {
		for _, f := range h.review(t, set, h.at(t, commit), nil).Findings {
			if f.Severity >= Warning {
				t.Errorf("%s: false alarm: %v", commit, brief([]Finding{f}))
			}
		}
	}
	tree := h.tree(h.at(t, "1eaac56"))
	fs, err := Lint(set, LintInput{Tree: tree, Paths: []string{"index.md"}, Host: wiki.Hosts()[0], Own: sampleOwn})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fs {
		if f.Severity == Error {
			t.Errorf("index.md at 1eaac56: %v", brief([]Finding{f}))
		}
	}
}

func has(fs []Finding, path, rule, detail string) bool {
	for _, f := range fs {
		if f.Path == path && f.Rule == rule && strings.Contains(f.Detail, detail) {
			return true
		}
	}
	return false
}

func brief(fs []Finding) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Path+" "+f.Message.ID+" "+f.Detail)
	}
	return out
}
