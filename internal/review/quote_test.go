package review

import (
	"strings"
	"testing"

	"patchbot/internal/checks"
)

// TestQuoteAfterFile: a finding about a file as a whole quotes nothing, so the next one in that file names it.
func TestQuoteAfterFile(t *testing.T) {
	r := &Report{Verdict: VerdictRemarks, Findings: []Finding{
		{Added: true, Finding: checks.Finding{Part: 1, Path: "é.md", Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Rule: "file-name",
			Severity: checks.Note, Message: checks.Message{ID: "file-name.decomposed", Args: map[string]any{"Name": "é.md"}}}},
		{Added: true, Finding: checks.Finding{Part: 1, Path: "é.md", Line: 3, Column: 5, EndLine: 3, EndColumn: 6, Rule: "encoding",
			Severity: checks.Warning, Source: "un \u200Bmot", Message: checks.Message{ID: "encoding.invisible", Args: map[string]any{"Code": "U+200B"}}}},
		{Added: true, Finding: checks.Finding{Part: 1, Path: "é.md", Line: 3, Column: 9, EndLine: 3, EndColumn: 10, Rule: "encoding",
			Severity: checks.Warning, Source: "un \u200Bmot", Message: checks.Message{ID: "encoding.invisible", Args: map[string]any{"Code": "U+200B"}}}},
	}}
	v, err := translator(t).voice(English)
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{voice: v, r: r}
	groups, _ := b.groups(maxFindings)
	if b.err != nil {
		t.Fatal(b.err)
	}
	var quotes []string
	for _, item := range groups[0].Items {
		quotes = append(quotes, strings.Join(item.Quote, "|"))
	}
	if len(quotes) != 3 || quotes[0] != "" || !strings.HasPrefix(quotes[1], "> +++ b/é.md|> +un") || quotes[2] != "" {
		t.Errorf("quotes %q", quotes)
	}
}
