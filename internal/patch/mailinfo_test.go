package patch

import (
	"bytes"
	"crypto/sha1"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the git of this machine says into the golden files")

// TestMailinfo holds the reading of mails in testdata/mailinfo against what git mailsplit and git mailinfo -u say of them,
// which stands in the .want files. The mails are one commit in all the ways that people's and machines' mailers send it.
func TestMailinfo(t *testing.T) {
	mails, err := filepath.Glob("testdata/mailinfo/*.eml")
	if err != nil || len(mails) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	for _, file := range mails {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".eml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(askGit(t, file)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := describeMails(splitMailbox(raw)); got != string(want) {
				t.Errorf("got:\n%s\ngit says:\n%s", got, want)
			}
		})
	}
}

func describeMails(mails [][]byte) string {
	var out strings.Builder
	for _, mail := range mails {
		r := mailReader{rest: mail}
		r.read()
		if r.bad != nil {
			out.WriteString("refused\n")
			continue
		}
		info := r.info()
		out.WriteString(readingText(info.name, info.addr, string(info.subject), info.date, r.message, r.diff))
	}
	return out.String()
}

func readingText(name, addr, subject, date string, message, diff []byte) string {
	return fmt.Sprintf("Author: %s\nEmail: %s\nSubject: %s\nDate: %s\n\n%s<diff of %d bytes, SHA-1 %x>\n",
		name, addr, subject, date, message, len(diff), sha1.Sum(diff))
}

// askGit describes a mail as the git of this machine reads it.
func askGit(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	git := func(in []byte, args ...string) (string, error) {
		c := exec.Command("git", args...)
		c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C")
		c.Stdin = bytes.NewReader(in)
		out, err := c.Output()
		return string(out), err
	}
	if _, err := git(nil, "mailsplit", "-b", "-d4", "-o"+dir, file); err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join(dir, "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, part := range parts {
		mail, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		message, diff := filepath.Join(dir, "message"), filepath.Join(dir, "diff")
		out, err := git(mail, "mailinfo", "-u", message, diff)
		if err != nil {
			all.WriteString("refused\n")
			continue
		}
		field := make(map[string]string)
		for line := range strings.SplitSeq(out, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			field[key] = value
		}
		m, err := os.ReadFile(message)
		if err != nil {
			t.Fatal(err)
		}
		d, err := os.ReadFile(diff)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(readingText(field["Author"], field["Email"], field["Subject"], field["Date"], m, d))
	}
	return all.String()
}

// TestReadCommit covers what git am does around mailinfo: what it refuses and what it records.
func TestReadCommit(t *testing.T) {
	const body = "\nText.\n---\n page.md | 1 +\n\ndiff --git a/page.md b/page.md\n"
	tests := []struct {
		name, mail    string
		class, reason string // of the refusal
		author        string
		message       string
	}{
		{
			name: "plain", mail: "From: Zoé <zoe@example.org>\nSubject: [PATCH wiki] page: Fix\nDate: Mon, 2 Jan 2023 10:00:00 +0100\n" + body,
			author: "Zoé <zoe@example.org> 1672650000 +0100", message: "page: Fix\n\nText.\n",
		},
		{name: "carriage returns", mail: "From: Zoe <zoe@example.org>\r\nSubject: x\r\n\r\nText.\r\n---\r\ndiff -\r\n", author: "Zoe <zoe@example.org>", message: "x\n\nText.\n"},
		{name: "no date", mail: "From: Zoe <zoe@example.org>\nSubject: x\n" + body, author: "Zoe <zoe@example.org>", message: "x\n\nText.\n"},
		{name: "crud in the name", mail: "From: \"Zoe <>\" <zoe@example.org>\nSubject: x\n" + body, author: "zoe@example.org <zoe@example.org>", message: "x\n\nText.\n"},
		{name: "dots around the name", mail: "From: .Zoe, <zoe@example.org>\nSubject: x\n" + body, author: "Zoe <zoe@example.org>", message: "x\n\nText.\n"},
		{name: "message not UTF-8", mail: "From: Zoe <zoe@example.org>\nSubject: caf\xe9\n" + body, author: "Zoe <zoe@example.org>", message: "café\n\nText.\n"},
		{name: "blank lines and blanks", mail: "From: Zoe <zoe@example.org>\nSubject: x\n\nA  \n\n\n\nB\t\n\n---\ndiff -\n", author: "Zoe <zoe@example.org>", message: "x\n\nA\n\nB\n"},
		{name: "empty message", mail: "From: Zoe <zoe@example.org>\nSubject: [PATCH]\n\n---\ndiff -\n", author: "Zoe <zoe@example.org>", message: ""},
		{name: "no author", mail: "Subject: x\n" + body, class: "bad-mail", reason: "no-author"},
		{name: "author of crud", mail: "From: \".,.\" <zoe@example.org>\nSubject: x\n" + body, class: "bad-mail", reason: "no-author"},
		{name: "bad date", mail: "From: Zoe <zoe@example.org>\nDate: hier soir\nSubject: x\n" + body, class: "bad-mail", reason: "bad-date"},
		{name: "no diff", mail: "From: Zoe <zoe@example.org>\nSubject: x\n\nText.\n", class: "empty", reason: "no-diff"},
		{name: "unknown charset", mail: "From: Zoe <zoe@example.org>\nSubject: =?x-klingon?Q?a?=\n" + body, class: "bad-mail", reason: "charset"},
		{name: "NUL in the message", mail: "From: Zoe <zoe@example.org>\nSubject: x\n\na\x00b\n---\ndiff -\n", class: "bad-mail", reason: "nul"},
		{name: "byte order mark", mail: "\ufeffFrom: Zoe <zoe@example.org>\nSubject: x\n" + body, class: "bad-mail", reason: "format"},
		{name: "nothing", mail: "\n\n", class: "bad-mail", reason: "format"},
		{
			name: "mbox of two", mail: "From a Mon Sep 17 00:00:00 2001\nFrom: Zoe <zoe@example.org>\n" + body + "From b Mon Sep 17 00:00:00 2001\nFrom: Zoe <zoe@example.org>\n" + body,
			class: "bad-mail", reason: "several-mails",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, bad := ReadCommit([]byte(tt.mail))
			if tt.class != "" {
				if bad == nil || bad.Class != tt.class || bad.Reason != tt.reason {
					t.Fatalf("got %v, %v, want %s: %s", c, bad, tt.class, tt.reason)
				}
				return
			}
			if bad != nil {
				t.Fatal(bad)
			}
			author := fmt.Sprintf("%s <%s>", c.AuthorName, c.AuthorEmail)
			if !c.When.IsZero() {
				author += fmt.Sprintf(" %d %s", c.When.Unix(), c.When.Format("-0700"))
			}
			if author != tt.author || c.Message != tt.message {
				t.Errorf("got %q by %q, want %q by %q", c.Message, author, tt.message, tt.author)
			}
			if !bytes.Contains(c.Diff, []byte("diff -")) {
				t.Errorf("the diff is %q", c.Diff)
			}
		})
	}
}

func TestSplitMails(t *testing.T) {
	const from = "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
	tests := []struct {
		name, file string
		want       []string
	}{
		{"bare mail with a separator in its text", "From: a\n\n" + from + "b\n", []string{"From: a\n\n" + from + "b\n"}},
		{"mbox", from + "A: b\n\nc\n" + from + "D: e\n", []string{from + "A: b\n\nc\n", from + "D: e\n"}},
		{"mbox with CR LF", from + "A: b\r\n\r\nc\r\r\n", []string{from + "A: b\n\nc\r\n"}},
		{"From without a date", from + "A: b\n\nFrom here on it is text\n", []string{from + "A: b\n\nFrom here on it is text\n"}},
		{"From with a date before 1991", from + "A: b\n\nFrom x Mon Sep 17 00:00:00 0090\n", []string{from + "A: b\n\nFrom x Mon Sep 17 00:00:00 0090\n"}},
		{"quoted From", from + "A: b\n\n>" + from, []string{from + "A: b\n\n>" + from}},
		{"blank lines first", "\n\n" + from + "A: b\n", []string{from + "A: b\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mails, bad := SplitMails([]byte(tt.file))
			if bad != nil {
				t.Fatal(bad)
			}
			var got []string
			for _, m := range mails {
				got = append(got, string(m))
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestParseDate has forms of dates with what git makes of them.
func TestParseDate(t *testing.T) {
	tests := []struct {
		text, want string // seconds and zone, or "refused"
	}{
		{"Mon, 2 Jan 2023 10:00:00 +0100", "1672650000 +0100"},
		{"Tue,  3 Jan 2023 4:05:06 +0530 (IST)", "1672698906 +0530"},
		{"2023-01-02 10:00:00 +0100", "1672650000 +0100"},
		{"2023-01-02T10:00:00.123+02:00", "1672646400 +0200"},
		{"20230102T101112", "1672654272 +0000"},
		{"1600000000 +0200", "1600000000 +0200"},
		{"@1600000000 +0200", "1600000000 +0200"},
		{"2 Jan 2023 10:00 PM EST", "1672714800 -0500"},
		{"13/03/2023 11:12:13", "1678705933 +0000"},
		{"02.03.2023 11:12", "1677755520 +0000"},
		{"Fri, 13 Nov 15 10:00:00 CEST", "refused"},
		{"Mon, 2 Jan 2023 23:00:61 +0000", "refused"},
		{"hier soir", "refused"},
		{"12:00", "refused"},
		{"2 janvier 2023 10:00", "refused"},
		{"Mon, 2 Jan 2100 10:00:00 +0000", "refused"},
	}
	for _, tt := range tests {
		got := "refused"
		if when, ok := parseDate(tt.text); ok {
			got = fmt.Sprintf("%d %s", when.Unix(), when.Format("-0700"))
		}
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

func FuzzReadCommits(f *testing.F) {
	mails, err := filepath.Glob("testdata/mailinfo/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range mails {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole := bytes.Clone(raw)
		for _, r := range ReadCommits(raw) {
			if r.Commit == nil && r.Bad == nil {
				t.Fatal("neither a commit nor a refusal")
			}
			if c := r.Commit; r.Bad == nil {
				if len(c.Diff) == 0 || c.AuthorName == "" || strings.ContainsAny(c.AuthorName+c.AuthorEmail, "<>\n\x00") {
					t.Fatalf("unusable commit %+v", c)
				}
				if c.Message != "" && (!strings.HasSuffix(c.Message, "\n") || c.Message != string(stripSpace([]byte(c.Message)))) {
					t.Fatalf("message not clean: %q", c.Message)
				}
			}
		}
		if !bytes.Equal(raw, whole) {
			t.Fatal("the mail was changed")
		}
	})
}
