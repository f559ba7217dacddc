package patch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/email"
)

// FuzzClassify reads any bytes as a mail: it must give a Mail that says why it is not taken, or what it brings.
func FuzzClassify(f *testing.F) {
	mails, err := filepath.Glob("testdata/classify/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range mails {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Classify(raw, email.Parse(raw, email.Limits{}), time.Time{}, testOptions())
		switch {
		case m.Kind == KindPatch && m.Reason == "" && (m.Diff == "" || len(m.Files) == 0 || len(m.PatchID) != 40):
			t.Fatalf("a patch without a patch: %+v", m)
		case m.Kind == KindPatch && m.Reason == "" && m.commit == nil && m.bad == nil:
			t.Fatal("neither a commit nor a reason why not")
		case m.Kind == KindCover && m.Reason != "", m.Kind == KindReply && m.Reason == "", m.Kind == KindIgnored && m.Reason == "":
			t.Fatalf("%s with reason %q", m.Kind, m.Reason)
		case m.Reason == ReasonBrokenByMailer && m.Damage == "":
			t.Fatal("broken by a mailer in no way")
		}
		a := Assemble([]*Mail{m, m})
		if want := 1; m.Taken() && m.Kind == KindPatch && len(a.Series) != want {
			t.Fatalf("%d series of one patch", len(a.Series))
		}
	})
}

// FuzzParseDiff reads any text as a diff: what is found lies in the text, and reading it again finds the same.
func FuzzParseDiff(f *testing.F) {
	f.Add("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
	f.Add("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n \n-a\n\\ No newline at end of file\n-- \n2.39.5\n")
	f.Add("diff --git a/x b/y\nrename from x\nrename to y\ndiff --git a/b b/b\nGIT binary patch\nliteral 3\nKcmYdfNdN!<\n\n")
	f.Add("@@ -1 +1 @@\n> diff --git a/x b/x\n@@ -99999999999999999999 +1 @@\n")
	f.Add("diff --git x y\nrename from x\nrename to y\n--- x\n+++ y\n@@ -1 +1 @@\n-a\n+b\n")
	f.Add("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+a line that is long enough to be broken by many a mailer\nrest\nrest\n-- \n2.39\n")
	f.Fuzz(func(t *testing.T, text string) {
		if joined, cut := JoinCutLines(text); len(joined) > len(text)+1 || cut == (joined == text) || strings.Count(joined, "\n") > strings.Count(text, "\n")+1 {
			t.Fatalf("cut %t, %q", cut, joined)
		}
		if repaired, lacked := WithPrefixes(text); lacked != (repaired != text) {
			t.Fatalf("lacked prefixes: %v\n%q\n%q", lacked, text, repaired)
		}
		if repaired, first := WithCR(text, func(File) bool { return true }); strings.ReplaceAll(repaired, "\r", "") != strings.ReplaceAll(text, "\r", "") {
			t.Fatalf("changed more than line ends, in %q first\n%q\n%q", first, text, repaired)
		}
		o := outlineOf(text)
		end := 0
		for _, s := range o.files {
			if s.start < end || s.body < s.start || s.end < s.body || s.end > len(text) {
				t.Fatalf("spans %+v", o.files)
			}
			end = s.end
		}
		files, _ := ParseDiff([]byte(text))
		if len(files) < len(o.files) {
			t.Fatalf("%d files of %d diffs", len(files), len(o.files))
		}
		if id := PatchID([]byte(text)); (id == "") != (len(o.files) == 0) {
			t.Fatalf("patch id %q of %d diffs", id, len(o.files))
		}
		diff, moved, prose := o.cut(text)
		if len(diff)+len(prose) != len(text) || patchID(diff, moved) != PatchID([]byte(text)) {
			t.Fatalf("cut into %q and %q", diff, prose)
		}
		if joined, ok := unflow(text, false); ok && !outlineOf(joined).whole() {
			t.Fatal("repaired into a broken diff")
		}
		if utf8.ValidString(text) {
			parseTrailers(text)
		}
	})
}

// FuzzAssemble makes a thread of the lines of any text and holds that its order does not matter. A byte stands for each
// choice: which mail is answered, its place, size, version, title and time.
func FuzzAssemble(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x10\x01\x02\x20\x02\x02"))
	f.Add([]byte("abcdefghijklmnopqrstuvwxyz0123456789"))
	f.Fuzz(func(t *testing.T, choices []byte) {
		var mails []*Mail
		for i := 0; i+4 < len(choices) && i < 5*12; i += 5 {
			mails = append(mails, fuzzMail(len(mails), choices[i:i+5]))
		}
		first := describe(Assemble(mails))
		for i, j := 0, len(mails)-1; i < j; i, j = i+1, j-1 {
			mails[i], mails[j] = mails[j], mails[i]
		}
		if diff := cmp.Diff(first, describe(Assemble(mails))); diff != "" {
			t.Fatalf("in reverse order:\n%s", diff)
		}
	})
}

func fuzzMail(n int, c []byte) *Mail {
	id := func(i byte) string { return string(rune('a'+i%14)) + "@example.org" }
	m := &email.Message{
		ID: id(byte(n)), BodyHash: strings.Repeat("0", 64), Date: start.Add(time.Duration(c[0]>>4) * 7 * time.Minute),
		InReplyTo: []string{id(c[0])}, Derived: c[1]&0x80 != 0,
	}
	if c[1]&0x40 != 0 {
		m.InReplyTo = nil
	}
	if c[1]&0x20 != 0 {
		m.References = []string{id(c[1]), id(c[2])}
	}
	mail := &Mail{Message: m, Kind: KindPatch, commit: &Commit{}, Author: email.Address{Addr: id(c[2] >> 7)}, PatchID: id(c[4] >> 4)}
	mail.Subject = Subject{
		Patch: true, Version: 1 + int(c[2]>>5&3), Total: 1 + int(c[3]&3), Title: "t" + id(c[4]&3), Resend: c[4]&0x0c == 0x0c,
	}
	mail.Subject.Index = int(c[3]>>2) % (mail.Subject.Total + 2)
	mail.Subject.Numbered = mail.Subject.Total > 1 || c[3]&0x80 != 0
	if !mail.Subject.Numbered {
		mail.Subject.Index = 1
	}
	if mail.Subject.Index == 0 {
		mail.Kind, mail.PatchID = KindCover, ""
	}
	mail.Files = []File{{Path: id(c[4] & 1), OldBlob: "111111" + id(c[3]&7), NewBlob: "111111" + id(c[3]>>5)}}
	return mail
}
