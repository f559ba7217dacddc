package review

import (
	"strings"
	"testing"
	"unicode/utf8"

	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// poisoned is a report of every kind with s wherever a contributor can put text.
func poisoned(s string) []*Report {
	finding := Finding{Added: true, Finding: checks.Finding{
		Part: 1, Path: s, Line: 1, Column: 1, EndLine: 1, EndColumn: 2, Rule: "broken-link", Severity: checks.Error, Source: s,
		Message:    checks.Message{ID: "broken-link.no-page", Args: map[string]any{"Target": s}},
		Suggestion: checks.Message{ID: "front-matter.write", Args: map[string]any{"Line": s}},
	}}
	commit := &Commit{ID: tip, Title: s, When: sampleDate()}
	fill := func(r *Report) *Report {
		r.Series.Subject, r.Series.RootSubject, r.Series.Prefix, r.Series.Root = s, s, s, s
		r.Series.Author = email.Address{Name: s, Addr: "a@example.org"}
		for i := range r.Series.Parts {
			p := &r.Series.Parts[i]
			p.Subject, p.MessageID = s, s
			p.Files = []File{{Path: s, OldPath: s, Status: patch.StatusRenamed}}
		}
		r.Base.Branch = s
		return judged(r)
	}
	changes := posted(2, "x", s, s)
	changes.Findings = []Finding{finding, finding}
	changes.Unchecked = []Unchecked{{URL: s, Reason: s}}
	conflicts := failed(posted(1, "x", s, s), repo.StatusConflict, Failure{Index: 1, Path: s, Line: 1, Reason: "hunk", Expect: []string{s, s}, Marks: "- ", Found: []string{s}})
	conflicts.Apply.Changed, conflicts.Apply.Worked = commit, commit
	missing := posted(1, "x", s, s, s)
	missing.Series.Missing = []int{2}
	return []*Report{fill(changes), fill(conflicts), fill(missing), fill(posted(1, "x", s)), fill(corrupt())}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "a\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
		"x\r\nBcc: everybody@example.org", "-- ", "From nobody", "'; rm -rf ~; '", "$(reboot)", "\u202Eabc", "\x1b[2J", "\xff\xfe", "\uE000",
		strings.Repeat("long ", 400), strings.Repeat("x", 5000), "日本語のページ 🙂 مرحبا", "{{.Verdict}}", "> quoted", "--- --- diff diff @@ +++",
	} {
		f.Add(s)
	}
	words := translator(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range poisoned(s) {
			for _, lang := range []Lang{French, English} {
				o := withWeb()
				o.Lang, o.Branch, o.FetchRef = lang, "", s
				text, err := words.Render(r, o)
				if err != nil {
					t.Fatal(err)
				}
				checkBody(t, text.Body)
				if strings.ContainsAny(text.Subject, "\r\n") {
					t.Errorf("subject %q", text.Subject)
				}
			}
		}
	})
}

// checkBody holds a body to what every mail must keep.
func checkBody(t *testing.T, body string) {
	t.Helper()
	if !utf8.ValidString(body) || strings.ContainsAny(body, "\r\x00\x1b\uE000\u202E") {
		t.Errorf("characters that do not belong into a mail: %q", body)
	}
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	if len(lines) >= maxLines {
		t.Errorf("%d lines", len(lines))
	}
	signatures := 0
	for _, line := range lines {
		switch {
		case line == "-- ":
			signatures++
		case looksLikePatch(line):
			t.Errorf("line %q could be taken for a part of a patch", line)
		case strings.HasPrefix(line, ">") && columns(strings.ReplaceAll(line, "\t", " ")) > quoteWidth:
			t.Errorf("quoted line of %d columns", columns(line))
		}
	}
	if signatures != 1 {
		t.Errorf("%d signatures in %q", signatures, body)
	}
	if files, err := patch.ParseDiff([]byte(body)); err == nil && len(files) > 0 {
		t.Errorf("the mail is a patch of %s:\n%s", files[0].Path, body)
	}
}

// Commands are copied into a shell: whatever a contributor chose as a prefix, branch or message id stays one word.
func TestQuoteShell(t *testing.T) {
	for in, want := range map[string]string{
		"plain-1.2/x":            "plain-1.2/x",
		"":                       "''",
		"~etalab/x@lists.sr.ht":  "'~etalab/x@lists.sr.ht'",
		"https://a.example/~b/c": "https://a.example/~b/c",
		"PATCH logiciels-libres": "'PATCH logiciels-libres'",
		"it's":                   `'it'\''s'`,
		"$(reboot)":              "'$(reboot)'",
		"a;b":                    "'a;b'",
		"é":                      "'é'",
		"=x":                     "=x",
		"<id@example.org>":       "'<id@example.org>'",
	} {
		if got := quoteShell(in); got != want {
			t.Errorf("quoteShell(%q) = %s, want %s", in, got, want)
		}
	}
}
