package review

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"patchbot/internal/checks"
)

func TestExplain(t *testing.T) {
	words := translator(t)
	for _, lang := range []Lang{French, English} {
		text, err := words.Explain(checks.ByID("front-matter"), lang)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "explain."+string(lang), text)
		for _, rule := range checks.All() {
			text, err := words.Explain(rule, lang)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(text) {
				if !strings.HasPrefix(line, " ") && columns(strings.TrimSpace(line)) > proseWidth && strings.Contains(line, " ") {
					t.Errorf("%s in %s: wide line %q", rule.ID, lang, line)
				}
			}
			for _, part := range []string{rule.ID, indent(rule.Bad), indent(rule.Good)} {
				if !strings.Contains(text, part) {
					t.Errorf("%s in %s: %q is not explained", rule.ID, lang, part)
				}
			}
		}
	}
}

func TestWriteRules(t *testing.T) {
	words := translator(t)
	set, err := checks.NewSet(map[string]checks.Severity{"broken-link": checks.Off})
	if err != nil {
		t.Fatal(err)
	}
	var text, data, page bytes.Buffer
	if err := words.WriteRules(&text, set, French); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), "\n"); n != len(checks.All()) {
		t.Errorf("%d lines for %d rules", n, len(checks.All()))
	}
	if !strings.Contains(text.String(), "désactivée") {
		t.Error("the table does not show the configured severity")
	}
	if err := words.WriteRulesJSON(&data, set, English); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Rules []struct{ ID, Severity, Default, Title, Why, Bad, Good string }
	}
	if err := json.Unmarshal(data.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	for i, rule := range checks.All() {
		got := list.Rules[i]
		if got.ID != rule.ID || got.Severity != set.Level(rule.ID).String() || got.Default != rule.Severity.String() || got.Title == "" || got.Why == "" || got.Bad != rule.Bad || got.Good != rule.Good {
			t.Errorf("rule %d: %+v", i, got)
		}
	}
	if err := words.WriteRulesMarkdown(&page, English); err != nil {
		t.Fatal(err)
	}
	for _, rule := range checks.All() {
		if !strings.Contains(page.String(), "\n## "+rule.ID+"\n") || !strings.Contains(page.String(), "(#"+rule.ID+")") {
			t.Errorf("the page of rules lacks %s", rule.ID)
		}
	}
}
