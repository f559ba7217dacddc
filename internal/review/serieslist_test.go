package review

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/patch"
)

// archive is what a list's archive may hold: two versions, an incomplete series, and mails that are none.
func archive(t *testing.T) *patch.Assembly {
	t.Helper()
	mail := func(id, subject, more, body string) string {
		return fmt.Sprintf("From: Camille Martin <camille@example.org>\nTo: list@lists.example.org\nDate: Tue, 1 Mar 2022 10:00:00 +0100\nMessage-ID: <%s@example.org>\nSubject: %s\n%s\n%s", id, subject, more, body)
	}
	diff := func(n int) string {
		return fmt.Sprintf("Body %d.\n---\n a.md | 2 +-\n\ndiff --git a/a.md b/a.md\nindex 1234567..89abcde 100644\n--- a/a.md\n+++ b/a.md\n@@ -1 +1 @@\n-old\n+new %d\n-- \n2.39\n", n, n)
	}
	answer := "In-Reply-To: <one-0@example.org>\nReferences: <one-0@example.org>\n"
	var all []*patch.Mail
	for _, raw := range []string{
		mail("one-0", "[PATCH wiki 0/2] Pages", "", "About the pages.\n"),
		mail("one-2", "[PATCH wiki 2/2] b: Change", answer, diff(2)),
		mail("one-1", "[PATCH wiki 1/2] a: Change", answer, diff(1)),
		mail("two", "[PATCH wiki 1/3] c: Change", "", diff(3)),
		mail("talk", "Re: [PATCH wiki 0/2] Pages", answer, "Thank you!\n"),
		mail("news", "News of the week", "", "Nothing new.\n"),
		mail("html", "[PATCH wiki] d: Change", "Content-Type: text/html\n", "<p>diff --git a/a b/a</p>\n"),
	} {
		all = append(all, patch.Classify([]byte(raw), email.Parse([]byte(raw), email.DefaultLimits()), time.Time{}, patch.Options{AnyList: true}))
	}
	return patch.Assemble(all)
}

func TestWriteSeries(t *testing.T) {
	words := translator(t)
	a := archive(t)
	for _, lang := range []Lang{French, English} {
		var text bytes.Buffer
		if err := words.WriteSeries(&text, a, lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "series."+string(lang), text.String())
	}
	var one, two bytes.Buffer
	if err := WriteSeriesJSON(&one, a); err != nil {
		t.Fatal(err)
	}
	golden(t, "series.json", one.String())
	if err := WriteSeriesJSON(&two, archive(t)); err != nil || one.String() != two.String() {
		t.Errorf("two runs differ (%v)", err)
	}
	var none bytes.Buffer
	if err := WriteSeriesJSON(&none, &patch.Assembly{}); err != nil || none.String() != "{\n  \"series\": [],\n  \"ignored\": []\n}\n" {
		t.Errorf("nothing: %q, %v", none.String(), err)
	}
}

func TestWriteSARIF(t *testing.T) {
	words := translator(t)
	var out bytes.Buffer
	if err := words.WriteSARIF(&out, []*Report{changesNeeded()}, French); err != nil {
		t.Fatal(err)
	}
	golden(t, "changes.fr.sarif", resultsOf(t, out.Bytes()))
}

// Every reason of package patch has words in every language.
func TestReasonsHaveWords(t *testing.T) {
	words := translator(t)
	source, err := os.ReadFile("../patch/patch.go")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`\bReason = "([a-z-]+)"`).FindAllSubmatch(source, -1)
	if len(reasons) < 20 {
		t.Fatalf("only %d reasons found", len(reasons))
	}
	for _, r := range reasons {
		for _, lang := range []Lang{French, English} {
			if text, err := words.Reason(patch.Reason(r[1]), lang); err != nil || text == "" || text == string(r[1]) {
				t.Errorf("%s, %s: %q, %v", lang, r[1], text, err)
			}
		}
	}
}
