package review

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// resent is a mail with another content type and transfer encoding; body gives the new body from the old one.
func resent(mail []byte, contentType, encoding string, body func(string) string) []byte {
	head, text, _ := strings.Cut(string(mail), "\n\n")
	var fields []string
	for line := range strings.SplitSeq(head, "\n") {
		if name := strings.ToLower(line); !strings.HasPrefix(name, "content-") && !strings.HasPrefix(name, "mime-") {
			fields = append(fields, line)
		}
	}
	fields = append(fields, "MIME-Version: 1.0", "Content-Type: "+contentType, "Content-Transfer-Encoding: "+encoding)
	return []byte(strings.Join(fields, "\n") + "\n\n" + body(text))
}

func latin1(text string) string {
	var b bytes.Buffer
	for _, r := range text {
		b.WriteByte(byte(r))
	}
	return b.String()
}

func base64Of(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(base64.StdEncoding.EncodeToString([]byte(text)), "\n") {
		for len(line) > 76 {
			b.WriteString(line[:76] + "\n")
			line = line[76:]
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// stuffed sends lines as format=flowed does: a blank before those that begin with one, and a break after the first blank
// beyond 40 columns.
func stuffed(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, ">") {
			line = " " + line
		}
		if len(line) > 40 {
			if i := strings.IndexByte(line[40:], ' '); i >= 0 {
				lines, line = append(lines, line[:40+i+1]), line[40+i+1:]
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func alternative(text string) string {
	return "--b\nContent-Type: text/plain; charset=UTF-8\n\n" + text + "\n--b\nContent-Type: text/html; charset=UTF-8\n\n<pre>\n" + text + "</pre>\n--b--\n"
}

func identity(text string) string { return text }

// What a person can read in these mails applies; git stumbles on the way they were sent.
func TestMailed(t *testing.T) {
	words := translator(t)
	for _, test := range []struct {
		name, contentType, encoding string
		body                        func(string) string
		fresh                       bool // the patch makes a new page: git applies it, whatever it reads
		kind                        MailedKind
		verdict                     Verdict
	}{
		{"mailed-charset", "text/plain; charset=ISO-8859-1", "8bit", latin1, false, MailedCharset, VerdictDoesNotApply},
		{"mailed-charset-new", "text/plain; charset=ISO-8859-1", "8bit", latin1, true, MailedCharset, VerdictChangesNeeded},
		{"mailed-unknown", "text/plain; charset=x-nonsense", "8bit", identity, false, MailedUnknown, VerdictNotReviewed},
		{"mailed-crlf", "text/plain; charset=UTF-8", "base64", func(s string) string { return base64Of(strings.ReplaceAll(s, "\n", "\r\n")) }, false, MailedCRLF, VerdictDoesNotApply},
		{"mailed-crlf-new", "text/plain; charset=UTF-8", "base64", func(s string) string { return base64Of(strings.ReplaceAll(s, "\n", "\r\n")) }, true, MailedCRLF, VerdictChangesNeeded},
		{"mailed-flowed", "text/plain; charset=UTF-8; format=flowed", "8bit", stuffed, false, MailedFlowed, VerdictNotReviewed},
		{"mailed-parts", `multipart/alternative; boundary="b"`, "8bit", alternative, false, MailedParts, VerdictDoesNotApply},
		{"mailed-base64", "text/plain; charset=UTF-8", "base64", base64Of, false, "", VerdictClean},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWiki(t)
			if test.fresh {
				w.write("faq.en.md", "---\ntitle: Éléments\n---\n\n# Éléments\n\nDéjà là. Voir la [FAQ](faq.md).\n")
			} else {
				w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel libre, déjà publié par une administration ou non.")
			}
			w.commit("guides: Update")
			if !test.fresh { // a context with an accent
				w.edit("guides.md", "Utiliser un logiciel libre, déjà publié", "Utiliser un logiciel libre, déjà distribué")
				w.commit("guides: Other words")
			}
			mail := w.posted("-1")[0]
			r := w.review(resent(mail, test.contentType, test.encoding, test.body))
			if r.Verdict != test.verdict {
				t.Errorf("verdict %s (%s, %+v), want %s", r.Verdict, r.Apply.Status, r.Findings, test.verdict)
			}
			switch {
			case test.kind == "" && r.Mailed != nil:
				t.Errorf("blamed on the mail: %+v", r.Mailed)
			case test.kind != "" && (r.Mailed == nil || r.Mailed.Kind != test.kind || r.Mailed.Altered != test.fresh):
				t.Errorf("mailed %+v, want %s", r.Mailed, test.kind)
			}
			if test.kind != "" {
				goldenReply(t, words, test.name, r)
			}
		})
	}
}

// longLine is a patch that ends in a line which many mailers break.
func longLine(w *wikiRepo) []byte {
	w.write("faq.en.md", "---\ntitle: Questions\n---\n\n# Questions\n\nVoir la [FAQ](faq.md).\n\nCette page traite de la publication des logiciels et de leurs licences, sans oublier leurs auteurs.\n")
	w.commit("faq.en: Add a page")
	return w.posted("-1")[0]
}

// Patches that git reads otherwise than they were meant, from the way they were made.
func TestMadeOddly(t *testing.T) {
	words := translator(t)
	for _, test := range []struct {
		name    string
		mails   func(w *wikiRepo) [][]byte
		mailed  Mailed
		verdict Verdict
	}{
		{"no-prefix", func(w *wikiRepo) [][]byte {
			w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
			w.commit("guides: Update")
			return w.posted("-1", "--no-prefix")
		}, Mailed{Kind: MailedNoPrefix, Part: 1}, VerdictNotReviewed},
		{"no-prefix-new", func(w *wikiRepo) [][]byte {
			w.write("guides/publier.md", "---\ntitle: Publier\n---\n\n# Publier\n")
			w.commit("guides: Add publier.md")
			return w.posted("-1", "--no-prefix")
		}, Mailed{Kind: MailedNoPrefix, Part: 1, Altered: true}, VerdictRemarks},
		{"no-prefix-series", func(w *wikiRepo) [][]byte {
			w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
			w.commit("guides: Update")
			w.edit("faq.md", "# FAQ", "# Questions")
			w.commit("faq: Update")
			mails := w.posted("-2", "--no-prefix")
			w.edit("guides.md", "Utiliser un logiciel libre.", "Choisir un logiciel libre.")
			w.commit("guides: Other words")
			return mails
		}, Mailed{Kind: MailedNoPrefix, Part: 1, Unfit: true}, VerdictNotReviewed},
		{"cut-line", func(w *wikiRepo) [][]byte {
			return [][]byte{bytes.Replace(longLine(w), []byte(" et de leurs"), []byte("\net de leurs"), 1)}
		}, Mailed{Kind: MailedWrapped, Part: 1, Altered: true}, VerdictRemarks},
		{"cr-raw", func(w *wikiRepo) [][]byte { return calendar(w) }, Mailed{Kind: MailedCR, Part: 1, Path: "agenda.ics"}, VerdictDoesNotApply},
		{"cr-lost", func(w *wikiRepo) [][]byte {
			return [][]byte{bytes.ReplaceAll(calendar(w)[0], []byte("\r\n"), []byte("\n"))}
		}, Mailed{Kind: MailedCR, Part: 1, Path: "agenda.ics"}, VerdictDoesNotApply},
		{"cr-new", func(w *wikiRepo) [][]byte {
			w.write("liste.csv", "nom;licence\r\ngit;GPL\r\n")
			w.commit("liste: Add")
			mails := w.mails("-1")
			w.git("reset", "-q", "--hard", "HEAD~")
			return mails
		}, Mailed{Kind: MailedCR, Part: 1, Path: "liste.csv", Altered: true}, VerdictRemarks},
		{"undeclared", func(w *wikiRepo) [][]byte {
			w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel libre, déjà publié.")
			w.commit("guides: Update")
			w.edit("guides.md", "logiciel libre, déjà", "logiciel, déjà")
			w.commit("guides: Other words")
			mail := w.posted("-1")[0]
			head, body, _ := bytes.Cut(mail, []byte("\n\n"))
			var fields [][]byte
			for _, field := range bytes.Split(head, []byte("\n")) {
				if !bytes.HasPrefix(field, []byte("Content-")) && !bytes.HasPrefix(field, []byte("MIME-")) {
					fields = append(fields, field)
				}
			}
			return [][]byte{append(append(bytes.Join(fields, []byte("\n")), "\n\n"...), latin1(string(body))...)}
		}, Mailed{Kind: MailedUndeclared, Part: 1}, VerdictDoesNotApply},
		{"cut", func(w *wikiRepo) [][]byte {
			w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
			w.write("image.png", "\x89PNG\x00\x01")
			w.commit("guides: Add an image")
			return [][]byte{bytes.Replace(w.posted("-1")[0], []byte("literal 6"), []byte("literal 7"), 1)}
		}, Mailed{Kind: MailedCut, Part: 1, Line: 26, Altered: true}, VerdictRemarks},
		{"unknown-header", func(w *wikiRepo) [][]byte {
			w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
			w.commit("guides: Update")
			mail := w.posted("-1")[0]
			return [][]byte{bytes.Replace(mail, []byte("\nFrom: "), []byte("\nFrom: =?x-nonsense?q?L=E9a?= <lea@example.org>\nX-From: "), 1)}
		}, Mailed{Kind: MailedUnknown, Part: 1, Charset: "x-nonsense"}, VerdictNotReviewed},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWiki(t)
			r := w.review(test.mails(w)...)
			if r.Verdict != test.verdict {
				t.Errorf("verdict %s (%s, %+v), want %s", r.Verdict, r.Apply.Status, r.Findings, test.verdict)
			}
			if r.Mailed == nil {
				t.Fatalf("not blamed on the mail: %s, %+v", r.Apply.Status, r.Apply.Failed)
			}
			got := *r.Mailed
			if test.mailed.Charset == "" {
				got.Charset = ""
			}
			if got != test.mailed {
				t.Errorf("mailed %+v, want %+v", got, test.mailed)
			}
			goldenReply(t, words, "made-"+test.name, r)
		})
	}
}

// Words that stand right behind a diff look like the rest of a broken line; the diff's own blob ids tell that they are none.
func TestWordsBehindDiff(t *testing.T) {
	w := newWiki(t)
	mail := bytes.Replace(longLine(w), []byte("\n-- \n"), []byte("\nBonne journée à toutes et à tous !\n-- \n"), 1)
	if _, cut := patch.JoinCutLines(string(mail)); !cut {
		t.Fatal("the words are no suspicion")
	}
	if r := w.review(mail); r.Mailed != nil || r.Verdict != VerdictClean {
		t.Errorf("%s, %+v", r.Verdict, r.Mailed)
	}
}

// A file in another encoding is what its author wants, and git makes it: nothing is to be said about the mail.
func TestOtherEncodingOnPurpose(t *testing.T) {
	w := newWiki(t)
	w.write("noms.txt", "abc\n\xe9l\xe8ve\n")
	w.commit("noms: Add")
	w.edit("noms.txt", "abc", "abd")
	w.commit("noms: Change")
	if r := w.review(w.posted("-2")...); r.Mailed != nil || r.Verdict != VerdictClean {
		t.Errorf("%s, %+v", r.Verdict, r.Mailed)
	}
}

// calendar changes a file whose lines end in CR LF, as git format-patch writes it to a file, and takes the commit back.
func calendar(w *wikiRepo) [][]byte {
	w.write("agenda.ics", "BEGIN\r\nA\r\nB\r\nEND\r\n")
	w.commit("agenda: Add")
	w.edit("agenda.ics", "B\r\n", "C\r\n")
	w.commit("agenda: Change")
	mails := w.mails("-1")
	w.git("reset", "-q", "--hard", "HEAD~")
	return mails
}

// An empty commit in a series is named, and how to leave it out is said.
func TestEmptyCommit(t *testing.T) {
	words := translator(t)
	w := newWiki(t)
	w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
	w.commit("guides: Update")
	w.git("commit", "-q", "--allow-empty", "-m", "guides: Say nothing")
	w.edit("faq.md", "# FAQ", "# Questions")
	w.commit("faq: Update")
	mails := w.mails("-3", "--always")
	w.git("reset", "-q", "--hard", "HEAD~3")
	r := w.review(mails...)
	if r.Verdict != VerdictNotReviewed || r.Series.Damage == nil || r.Series.Damage.Part != 2 {
		t.Fatalf("verdict %s, %+v", r.Verdict, r.Series.Damage)
	}
	if f := r.Apply.Failed; r.Apply.Status != repo.StatusEmpty || f == nil || f.Index != 2 || r.Series.Parts[0].Status != repo.StatusApplied {
		t.Errorf("git would end with %s, %+v", r.Apply.Status, f)
	}
	goldenReply(t, words, "empty-commit", r)
}
