package checks

import (
	"slices"
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

// TestHistoryQuiet: commits with raw ids and a page rewritten from end to end, and the home page that the project started
// from.
func TestHistoryQuiet(t *testing.T) {
	h := sampleHistory(t)
	set := defaults(t)
	for _, commit := range []string{"4dc1fc3", "2f95eea"} {
		if res := h.review(t, set, h.at(t, commit), nil); len(res.Findings) > 0 {
			t.Errorf("%s: false alarms: %v", commit, brief(res.Findings))
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

// TestHistoryFigures: what the rules about the host say of the sample wiki's commits agrees with a count that was made before
// them, by other means: of the first 242 commits 20 introduce something, of the first 300 commits 16 break a header.
func TestHistoryFigures(t *testing.T) {
	h := sampleHistory(t)
	set, err := defaults(t).Only("front-matter", "broken-link", "broken-anchor", "inbound-link", "not-served", "leaves-wiki", "lost-scheme",
		"swallowed-punctuation", "near-link")
	if err != nil {
		t.Fatal(err)
	}
	index := wiki.NewIndex()
	commits := map[string]map[string]bool{} // by kind
	all, early := []string{}, []string{}
	for i := 1; i < len(h.ids); i++ {
		res := h.review(t, set, i, index)
		if len(res.Findings) > 0 {
			all = append(all, h.ids[i][:7])
			if i < 242 {
				early = append(early, h.ids[i][:7])
			}
		}
		for _, f := range res.Findings {
			kind := f.Rule
			switch f.Message.ID {
			case "broken-link.no-extension":
				kind = "no extension"
			case "broken-link.no-page", "broken-link.no-file", "broken-link.no-address", "inbound-link.page":
				kind = "missing page"
			case "broken-anchor.other-page", "broken-anchor.same-page", "inbound-link.anchor":
				kind = "fragment"
			}
			for _, k := range []string{kind, kind + ", first 242"} {
				if k == kind || i < 242 {
					if commits[k] == nil {
						commits[k] = map[string]bool{}
					}
					commits[k][h.ids[i]] = true
				}
			}
		}
	}
	for kind, want := range map[string]int{
		"front-matter": 16, "swallowed-punctuation, first 242": 4, "missing page, first 242": 6, "not-served, first 242": 5,
		"near-link, first 242": 1, "fragment, first 242": 2, "leaves-wiki, first 242": 3, "lost-scheme": 0, "no extension": 1,
	} {
		if got := len(commits[kind]); got != want {
			t.Errorf("%s: %d commits, want %d", kind, got, want)
		}
	}
	want := strings.Fields("e9cad10 2028056 6f827aa 582f16d 4694541 89881c5 64001d3 00932b5 fe9c3e1 4f23f32 4900e00 ca864d7 6e5cb1c 90b21b3 823f38c" +
		" d3aafa1 3b4cb34 d218593 6f63ce6 9e47a7f")
	if !slices.Equal(early, want) {
		t.Errorf("of the first 242 commits\n%v\nwant\n%v", early, want)
	}
	t.Logf("%d of %d commits introduce something", len(all), len(h.ids))
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
