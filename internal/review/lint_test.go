package review

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"patchbot/internal/checks"
)

// lintFindings are places that are hard to point at.
func lintFindings() []checks.Finding {
	at := func(path, source string, line, column, endColumn int) checks.Finding {
		return checks.Finding{
			Path: path, Line: line, Column: column, EndLine: line, EndColumn: endColumn, Rule: "broken-anchor", Severity: checks.Error,
			Message:    checks.Message{ID: "broken-anchor.other-page", Args: map[string]any{"Page": "a.md", "Fragment": "x"}},
			Suggestion: checks.Message{ID: "broken-anchor.did-you-mean", Args: map[string]any{"Fragment": "xx"}}, Source: source,
		}
	}
	long := strings.Repeat("mot ", 60)
	return []checks.Finding{
		at("plain.md", "See [a](a.md#x).", 3, 5, 16),
		at("tabs.md", "\t* see\t[a](a.md#x)", 1, 8, 19),
		at("wide.md", "日本語 [日本](a.md#x) 。", 12, 5, 17),
		at("combining.md", "e\u0301te\u0301 [a](a.md#x)", 2, 7, 18),
		at("a file.md", long+"[a](a.md#x) "+long, 1, 241, 252),
		at("several lines.md", "[a][b", 7, 1, 4),
		{Path: "whole.md", Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Rule: "broken-link", Severity: checks.Note, Message: checks.Message{ID: "broken-link.no-page", Args: map[string]any{"Target": "x"}}},
		at("escape.md", "\x1b[31m [a](a.md#x)", 1, 7, 18),
	}
}

func TestWriteLint(t *testing.T) {
	words := translator(t)
	findings := lintFindings()
	findings[5].EndLine = 8
	for _, lang := range []Lang{French, English} {
		var text, data, sarif, none bytes.Buffer
		if err := words.WriteLint(&text, findings, lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "lint."+string(lang)+".txt", text.String())
		if err := words.WriteLintJSON(&data, findings, &Settings{Relaxed: map[string]string{"orphan": "off"}}, lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "lint."+string(lang)+".json", data.String())
		if err := words.WriteLintSARIF(&sarif, findings[:5], lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "lint."+string(lang)+".sarif", resultsOf(t, sarif.Bytes()))
		if err := words.WriteLint(&none, nil, lang); err != nil || strings.Count(none.String(), "\n") != 1 {
			t.Errorf("%s: nothing found: %q, %v", lang, none.String(), err)
		}
	}
}

// resultsOf checks what SARIF requires around the results and gives the results alone: the rules are those of package
// checks, and their numbers change with every new one.
func resultsOf(t *testing.T, data []byte) string {
	t.Helper()
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			ColumnKind string
			Results    []map[string]any
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-2.1.0") || len(log.Runs) != 1 {
		t.Fatalf("not a SARIF 2.1.0 log of one run: %.200s", data)
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name != "patchbot" || run.ColumnKind != "unicodeCodePoints" || len(run.Tool.Driver.Rules) != len(checks.All()) {
		t.Errorf("driver %q with %d rules, columns in %q", run.Tool.Driver.Name, len(run.Tool.Driver.Rules), run.ColumnKind)
	}
	for _, r := range run.Results {
		if i := int(r["ruleIndex"].(float64)); run.Tool.Driver.Rules[i].ID != r["ruleId"] {
			t.Errorf("result of %v names rule %d, which is %s", r["ruleId"], i, run.Tool.Driver.Rules[i].ID)
		}
		delete(r, "ruleIndex")
	}
	out, err := json.MarshalIndent(run.Results, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

// The caret stands below the first character of the place, counted in columns.
func TestPointAt(t *testing.T) {
	for _, f := range lintFindings() {
		if f.Line == 0 {
			continue
		}
		source, caret := pointAt(f)
		before := strings.TrimRight(caret, "^")
		if strings.Contains(f.Source, "[a]") && !strings.HasPrefix(source[len(prefixOf(source, columns(before), strings.Count(before, "\t"))):], "[") {
			t.Errorf("%s: the caret does not point at the link:\n%s\n%s", f.Path, source, caret)
		}
	}
}

// prefixOf is the start of s that takes n columns and holds the given number of tabs.
func prefixOf(s string, n, tabs int) string {
	for i := range s {
		if columns(s[:i]) == n && strings.Count(s[:i], "\t") == tabs && (i == len(s) || s[i] != '\t' || tabs == 0) {
			return s[:i]
		}
	}
	return s
}
