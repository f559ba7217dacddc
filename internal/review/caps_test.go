package review

import (
	"fmt"
	"strings"
	"testing"

	"patchbot/internal/checks"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// many is a series of n parts with the given number of findings of each rule in each part.
func many(n int, perRule map[string]int) *Report {
	titles := make([]string, n)
	for i := range titles {
		titles[i] = fmt.Sprintf("page%d: Write", i+1)
	}
	r := posted(1, "Everything", titles...)
	for part := 1; part <= n; part++ {
		path := fmt.Sprintf("page%d.md", part)
		touch(r, part, path)
		for _, rule := range checks.All() {
			for i := range perRule[rule.ID] {
				r.Findings = append(r.Findings, Finding{Added: true, Finding: checks.Finding{
					Part: part, Path: path, Line: i + 1, Column: 1, Rule: rule.ID, Severity: rule.Severity,
					Message: checks.Message{ID: titleOf(rule.ID)}, Source: fmt.Sprintf("line %d", i+1),
				}})
			}
		}
	}
	return judged(r)
}

func TestCaps(t *testing.T) {
	words := translator(t)
	rules := map[string]int{}
	for _, rule := range checks.All() {
		rules[rule.ID] = 4
	}
	for name, r := range map[string]*Report{
		"one rule": many(1, map[string]int{"broken-link": 40}),
		"many":     many(60, rules),
	} {
		text, err := words.Render(r, RenderOptions{Lang: English, WebURL: "https://patchbot.example.org"})
		if err != nil {
			t.Fatal(err)
		}
		french, err := words.Render(r, RenderOptions{Lang: French, WebURL: "https://patchbot.example.org"})
		if err != nil {
			t.Fatal(err)
		}
		if name == "one rule" { // the other one changes with every rule that is added
			golden(t, "caps.en", text.Body)
			golden(t, "caps.fr", french.Body)
		}
		shown := map[string]int{}
		total := 0
		for _, rule := range checks.All() {
			shown[rule.ID] = strings.Count(text.Body, "  ["+rule.ID+"]\n") + strings.Count(text.Body, "\n["+rule.ID+"]\n")
			total += shown[rule.ID]
			if shown[rule.ID] > maxPerRule {
				t.Errorf("%s: %d findings of %s", name, shown[rule.ID], rule.ID)
			}
		}
		if want := min(maxFindings, len(r.Findings)); name == "many" && total != want || name == "one rule" && total != maxPerRule {
			t.Errorf("%s: %d findings shown of %d", name, total, len(r.Findings))
		}
		if want := fmt.Sprintf("And %d more findings: ", len(r.Findings)-total); !strings.Contains(unfold(text.Body), want) {
			t.Errorf("%s: nothing says %q:\n%s", name, want, text.Body)
		}
		if n := strings.Count(text.Body, "\n"); n >= maxLines {
			t.Errorf("%s: %d lines", name, n)
		}
	}
}

// unfold makes one line of a text.
func unfold(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// Errors are shown before remarks when not all fit, in the order of the report.
func TestChoose(t *testing.T) {
	var all []Finding
	for i := range 30 {
		f := Finding{Finding: checks.Finding{Line: i, Rule: fmt.Sprintf("note-%d", i%6), Severity: checks.Note}}
		if i >= 28 {
			f.Rule, f.Severity = "error", checks.Error
		}
		all = append(all, f)
	}
	shown, left := choose(all, 10)
	if len(shown) != 10 || shown[8].Line != 28 || shown[9].Line != 29 {
		t.Errorf("shown: %v", shown)
	}
	n := 0
	for _, count := range left {
		n += count
	}
	if n != 20 || left["error"] != 0 {
		t.Errorf("left out: %v", left)
	}
}

func TestRenames(t *testing.T) {
	words := translator(t)
	for _, n := range []int{2, 40} {
		r := posted(1, "Move the guides", "Move the guides")
		for i := range n {
			r.Series.Parts[0].Files = append(r.Series.Parts[0].Files, File{
				Path: fmt.Sprintf("guides/%d.md", i), OldPath: fmt.Sprintf("%d.md", i), Status: patch.StatusRenamed,
			})
		}
		text, err := words.Render(judged(r), RenderOptions{Lang: French})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("renames-%d.fr", n), text.Body)
	}
}

func TestLongTable(t *testing.T) {
	words := translator(t)
	r := many(60, nil)
	r = failed(r, repo.StatusConflict, Failure{Index: 58, Path: "page58.md", Line: 3, Reason: "hunk", Expect: []string{"a"}, Marks: " ", Found: []string{"b"}})
	text, err := words.Render(r, RenderOptions{Lang: French})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "long-table.fr", text.Body)
}
