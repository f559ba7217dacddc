package review

import (
	"bytes"
	"context"
	"regexp"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// Every end that applying can have, with its place and its words.
func TestEnds(t *testing.T) {
	words := translator(t)
	replace := func(mail []byte, old, now string) []byte {
		if !bytes.Contains(mail, []byte(old)) {
			t.Fatalf("no %q in\n%s", old, mail)
		}
		return bytes.Replace(mail, []byte(old), []byte(now), 1)
	}
	index := regexp.MustCompile(`index [0-9a-f]{7}\.\.`)
	from := regexp.MustCompile(`\nFrom: .*\n`)
	date := regexp.MustCompile(`\nDate: .*\n`)
	update := func(w *wikiRepo) []byte {
		w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
		w.commit("guides: Update")
		return w.posted("-1")[0]
	}
	for _, test := range []struct {
		name   string
		status repo.Status
		how    repo.How
		line   int
		mail   func(w *wikiRepo) []byte
		limits patch.Limits
	}{
		{name: "exact", status: repo.StatusApplied, how: repo.HowExact, mail: update},
		{name: "offset", status: repo.StatusApplied, how: repo.HowOffset, mail: func(w *wikiRepo) []byte {
			mail := update(w)
			w.edit("guides.md", "# Guides\n", "# Guides\n\nUne introduction.\n")
			w.commit("guides: Introduce")
			return mail
		}},
		{name: "three-way", status: repo.StatusApplied, how: repo.HowThreeWay, mail: func(w *wikiRepo) []byte {
			mail := update(w)
			w.edit("guides.md", "## Utiliser\n", "## Usages\n")
			w.commit("guides: Rename a heading")
			return mail
		}},
		{name: "already-applied", status: repo.StatusAlreadyApplied, mail: func(w *wikiRepo) []byte {
			mail := update(w)
			w.edit("guides.md", "Utiliser un logiciel libre.", "Utiliser un logiciel.")
			w.commit("guides: Update")
			return mail
		}},
		{name: "conflict", status: repo.StatusConflict, line: 11, mail: func(w *wikiRepo) []byte {
			mail := update(w)
			w.edit("guides.md", "Utiliser un logiciel libre.", "Choisir un logiciel libre.")
			w.commit("guides: Other words")
			return mail
		}},
		{name: "no-base", status: repo.StatusNoBase, line: 11, mail: func(w *wikiRepo) []byte {
			mail := index.ReplaceAll(update(w), []byte("index 1234567.."))
			w.edit("guides.md", "Utiliser un logiciel libre.", "Choisir un logiciel libre.")
			w.commit("guides: Other words")
			return mail
		}},
		{name: "hand-edited", status: repo.StatusHandEdited, line: 11, mail: func(w *wikiRepo) []byte {
			return replace(update(w), "-Utiliser un logiciel libre.", "-Utiliser un logiciel très libre.")
		}},
		{name: "corrupt", status: repo.StatusCorrupt, line: 9, mail: func(w *wikiRepo) []byte {
			return replace(update(w), "@@ -8,7 +8,7 @@", "@@ -8,seven +8,7 @@")
		}},
		{name: "corrupt-short", status: repo.StatusCorrupt, line: 18, mail: func(w *wikiRepo) []byte {
			return replace(update(w), " ## Publier\n", "")
		}},
		{name: "no-author", status: repo.StatusBadMail, mail: func(w *wikiRepo) []byte {
			return from.ReplaceAll(update(w), []byte("\n"))
		}},
		{name: "several-mails", status: repo.StatusBadMail, mail: func(w *wikiRepo) []byte {
			return append([]byte("From x Mon Sep 17 00:00:00 2001\n"), replace(update(w), "\n---\n", "\nFrom x Mon Sep 17 00:00:00 2001\nFrom: x\n---\n")...)
		}},
		{name: "nul", status: repo.StatusBadMail, mail: func(w *wikiRepo) []byte {
			return replace(update(w), "\n---\n", "\nA\x00B\n---\n")
		}},
		{name: "no-base-new-page", status: repo.StatusNoBase, mail: func(w *wikiRepo) []byte {
			mail := index.ReplaceAll(update(w), []byte("index 1234567.."))
			w.git("rm", "-q", "guides.md")
			w.commit("guides: Remove")
			return mail
		}},
		{name: "bad-mail", status: repo.StatusBadMail, mail: func(w *wikiRepo) []byte {
			return date.ReplaceAll(update(w), []byte("\nDate: someday\n"))
		}},
		{name: "too-large", status: repo.StatusTooLarge, mail: update, limits: patch.Limits{Files: 1, Hunks: 1, BlobBytes: 10, AllBytes: 10}},
		{name: "refused", status: repo.StatusRefused, mail: func(w *wikiRepo) []byte {
			w.write("hook.md", "# Hook\n")
			w.commit("hook: Add")
			return bytes.ReplaceAll(w.posted("-1")[0], []byte("hook.md"), []byte(".git/hook.md"))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWiki(t)
			req := w.request(w.series(test.mail(w)))
			req.Scratch.Limits = test.limits
			r, err := Review(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			if r.Series.Defect != "" || r.Apply.Status != test.status || r.Apply.How != test.how {
				t.Errorf("%s %s %s, want %s %s", r.Series.Defect, r.Apply.Status, r.Apply.How, test.status, test.how)
			}
			if f := r.Apply.Failed; f != nil && f.Line != test.line {
				t.Errorf("line %d, want %d: %+v", f.Line, test.line, f)
			}
			goldenReply(t, words, "end-"+test.name, r)
		})
	}
}
