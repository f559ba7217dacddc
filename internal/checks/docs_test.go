package checks

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocs: docs/rules.md is what the rules say of themselves; -update writes it.
func TestDocs(t *testing.T) {
	const file = "../../docs/rules.md"
	want := document()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./internal/checks -run TestDocs -update", file)
	}
}

// document is the page of all rules, in Markdown.
func document() string {
	var b strings.Builder
	b.WriteString("# Rules\n\nGenerated from the rules themselves: `go test ./internal/checks -run TestDocs -update`.\n\n" +
		"`[rules]` in the configuration sets each to `error`, `warning`, `note` or `off`, by its name or by the number that " +
		"markdownlint gives to the same rule, or to the one that it replaces. Only what a series introduces is reported.\n\n" +
		"| rule | also | default | what it wants |\n| --- | --- | --- | --- |\n")
	for _, r := range All() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, r.ID, strings.Join(r.Aliases, ", "), r.Severity, r.Title)
	}
	for _, r := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n%s\n", r.ID, r.Title, r.Why)
		example(&b, "Not so", r.Bad)
		example(&b, "But so", r.Good)
	}
	return b.String()
}

// example writes a block of code with a fence longer than any in it.
func example(b *strings.Builder, title, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "\n%s:\n\n%smarkdown\n%s%s\n", title, fence, strings.TrimRight(text, "\n")+"\n", fence)
}
