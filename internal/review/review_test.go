package review

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/internal/wiki"
)

// wikiRepo is a small wiki in a real repository, and what git makes of changes to it. Names, dates and so all ids are
// always the same.
type wikiRepo struct {
	t   *testing.T
	dir string
	n   int // commits so far
}

func newWiki(t *testing.T) *wikiRepo {
	t.Helper()
	w := &wikiRepo{t: t, dir: t.TempDir()}
	w.git("init", "-q", "-b", "main")
	w.write("index.md", "---\ntitle: Logiciels libres\n---\n\n# Accueil\n\n* [Guides](guides.md)\n* [Publier](guides.md#publier)\n")
	w.write("guides.md", "---\ntitle: Guides\n---\n\n# Guides\n\nDes guides pour les agents publics.\n\n## Utiliser\n\nUtiliser un logiciel libre.\n\n## Publier\n\nPublier un code source.\n")
	w.write("faq.md", "---\ntitle: FAQ\n---\n\n# FAQ\n\nUn [lien mort](disparu.md) depuis toujours.\n")
	w.commit("Start the wiki")
	return w
}

func (w *wikiRepo) git(args ...string) []byte {
	w.t.Helper()
	day := time.Date(2022, time.January, 30+w.n, 12, 0, 0, 0, time.UTC).Format(time.RFC3339)
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "HOME="+w.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "TZ=UTC",
		"GIT_AUTHOR_NAME=Camille Martin", "GIT_AUTHOR_EMAIL=camille@example.org", "GIT_AUTHOR_DATE="+day,
		"GIT_COMMITTER_NAME=Camille Martin", "GIT_COMMITTER_EMAIL=camille@example.org", "GIT_COMMITTER_DATE="+day)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			w.t.Fatalf("git %v: %v\n%s", args, err, exit.Stderr)
		}
		w.t.Fatalf("git %v: %v", args, err)
	}
	return out
}

func (w *wikiRepo) write(path, text string) {
	w.t.Helper()
	file := filepath.Join(w.dir, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// edit replaces text in a page, which must hold it.
func (w *wikiRepo) edit(path, old, now string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, path))
	if err != nil {
		w.t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		w.t.Fatalf("%s does not hold %q", path, old)
	}
	w.write(path, strings.Replace(string(data), old, now, 1))
}

func (w *wikiRepo) commit(title string) {
	w.t.Helper()
	w.n++
	w.git("add", "-A")
	w.git("commit", "-q", "-m", title)
}

// mails are the commits of a range as git format-patch makes them, with stable message ids.
func (w *wikiRepo) mails(args ...string) [][]byte {
	w.t.Helper()
	out := filepath.Join(w.t.TempDir(), "out")
	base := []string{"format-patch", "-q", "-o", out, "--subject-prefix=PATCH logiciels-libres", "--signature=2.0"}
	w.git(append(base, args...)...)
	files, err := filepath.Glob(filepath.Join(out, "*.patch"))
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(files)
	var mails [][]byte
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			w.t.Fatal(err)
		}
		head, rest, _ := bytes.Cut(data, []byte("\nFrom: "))
		_ = head // the mbox line
		id := fmt.Sprintf("Message-Id: <20220301.%d@example.org>\n", i)
		if i > 0 {
			id += "In-Reply-To: <20220301.0@example.org>\nReferences: <20220301.0@example.org>\n"
		}
		mails = append(mails, append([]byte(id+"From: "), rest...))
	}
	return mails
}

// review puts mails through every station from bytes to report.
func (w *wikiRepo) review(mails ...[]byte) *Report {
	w.t.Helper()
	r, err := Review(context.Background(), w.request(w.series(mails...)))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// series is the one series that mails make.
func (w *wikiRepo) series(mails ...[]byte) *patch.Series {
	w.t.Helper()
	var all []*patch.Mail
	for _, raw := range mails {
		m := email.Parse(raw, email.DefaultLimits())
		all = append(all, patch.Classify(raw, m, time.Time{}, patch.Options{AnyList: true}))
	}
	asm := patch.Assemble(all)
	if len(asm.Series) != 1 {
		w.t.Fatalf("%d series, ignored %d", len(asm.Series), len(asm.Ignored))
	}
	return asm.Series[0]
}

func (w *wikiRepo) request(s *patch.Series) Request {
	w.t.Helper()
	opened, err := repo.Open(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { opened.Close() })
	host, ok := wiki.HostByName("sourcehut")
	if !ok {
		w.t.Fatal("no host sourcehut")
	}
	rules, err := checks.NewSet(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return Request{Series: s, Repo: opened, Branch: "main", Rules: rules, Host: host}
}

// story is a change to the small wiki, from the commits of a contributor to the mail that answers.
type story struct {
	name    string
	verdict Verdict
	mails   func(w *wikiRepo) [][]byte
}

func stories() []story {
	return []story{
		{"real-clean", VerdictClean, func(w *wikiRepo) [][]byte {
			w.write("publier.md", "---\ntitle: Publier\n---\n\n# Publier\n\nVoir les [guides](guides.md#utiliser).\n")
			w.commit("publier: Add page")
			w.edit("index.md", "(guides.md#publier)", "(publier.md)")
			w.commit("index: Link to publier.md")
			return w.posted("-2", "--cover-letter")
		}},
		{"real-changes", VerdictChangesNeeded, func(w *wikiRepo) [][]byte {
			w.write("publier.md", "---\ntitle: Publier : mode d'emploi\n---\n\n# Publier\n\nVoir la [FAQ](faq) avant de publier.\n")
			w.commit("publier: Add page")
			w.edit("guides.md", "## Publier\n", "## Publier un code\n")
			w.edit("faq.md", "depuis toujours", "encore")
			w.commit("guides: Rename heading")
			return w.posted("-2", "--cover-letter")
		}},
		{"real-conflict", VerdictDoesNotApply, func(w *wikiRepo) [][]byte {
			w.edit("guides.md", "Des guides pour les agents publics.", "Des guides pour toutes et tous.")
			w.commit("guides: Widen the introduction")
			mails := w.posted("-1")
			w.edit("guides.md", "Des guides pour les agents publics.", "Des guides pour les administrations.")
			w.commit("guides: New introduction")
			w.edit("faq.md", "# FAQ", "# Foire aux questions")
			w.commit("faq: Spell it out")
			return mails
		}},
		{"real-deleted", VerdictDoesNotApply, func(w *wikiRepo) [][]byte {
			w.edit("faq.md", "depuis toujours", "encore")
			w.commit("faq: Update")
			mails := w.posted("-1")
			w.git("rm", "-q", "faq.md")
			w.commit("faq: Remove the page")
			return mails
		}},
		{"real-already", VerdictDoesNotApply, func(w *wikiRepo) [][]byte {
			w.edit("faq.md", "[lien mort](disparu.md)", "lien")
			w.commit("faq: Remove a dead link")
			mails := w.mails("-1")
			w.edit("guides.md", "Des guides", "Quelques guides")
			w.commit("guides: Count better")
			return mails
		}},
		{"real-fixes", VerdictClean, func(w *wikiRepo) [][]byte {
			w.edit("faq.md", "[lien mort](disparu.md)", "[guide](guides.md)")
			w.commit("faq: Repair a link")
			return w.posted("-1", "-v2")
		}},
		{"real-incomplete", VerdictIncomplete, func(w *wikiRepo) [][]byte {
			for i := range 3 {
				w.edit("faq.md", "# FAQ", fmt.Sprintf("# FAQ\n\nQuestion %d.", i))
				w.commit(fmt.Sprintf("faq: Question %d", i))
			}
			mails := w.posted("-3")
			return [][]byte{mails[0], mails[2]}
		}},
		{"real-corrupt", VerdictNotReviewed, func(w *wikiRepo) [][]byte {
			w.edit("faq.md", "depuis toujours", "encore")
			w.commit("faq: Update")
			mail := w.posted("-1")[0]
			return [][]byte{bytes.Replace(mail, []byte("\n # FAQ\n"), []byte("\n"), 1)}
		}},
	}
}

// posted is mails for commits that then leave the branch again: they exist only in the contributor's clone.
func (w *wikiRepo) posted(args ...string) [][]byte {
	w.t.Helper()
	mails := w.mails(args...)
	n := strings.TrimPrefix(args[0], "-")
	w.git("reset", "-q", "--hard", "HEAD~"+n)
	return mails
}

func TestReview(t *testing.T) {
	words := translator(t)
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			w := newWiki(t)
			r := w.review(s.mails(w)...)
			if r.Verdict != s.verdict {
				t.Errorf("verdict %s, want %s", r.Verdict, s.verdict)
			}
			o := onList()
			for _, lang := range []Lang{French, English} {
				o.Lang = lang
				text, err := words.Render(r, o)
				if err != nil {
					t.Fatal(err)
				}
				checkBody(t, text.Body)
				golden(t, s.name+"."+string(lang), "Subject: "+text.Subject+"\n\n"+text.Body)
			}
			data, err := words.ReportJSON(r, French)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, s.name+".json", string(data))
			stored, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			back := new(Report)
			if err := json.Unmarshal(stored, back); err != nil {
				t.Fatal(err)
			}
			if again, err := words.ReportJSON(back, French); err != nil || !bytes.Equal(again, data) {
				t.Errorf("after the store the JSON differs (%v)", err)
			}
		})
	}
}

// Trouble of the machine is an error, not a verdict.
func TestReviewTrouble(t *testing.T) {
	w := newWiki(t)
	w.edit("faq.md", "depuis toujours", "encore")
	w.commit("faq: Update")
	raw := w.posted("-1")[0]
	m := patch.Classify(raw, email.Parse(raw, email.DefaultLimits()), time.Time{}, patch.Options{AnyList: true})
	series := patch.Assemble([]*patch.Mail{m}).Series[0]
	req := w.request(series)
	req.Base = "no-such-branch"
	if r, err := Review(context.Background(), req); err == nil {
		t.Errorf("a base that does not exist gives verdict %s", r.Verdict)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	req.Base = ""
	if r, err := Review(stopped, req); err == nil {
		t.Errorf("an ended context gives verdict %s", r.Verdict)
	}
	r := Unable(series, errors.New("fetch: connection refused"))
	if r.Verdict != VerdictNotReviewed || !r.Failed() || r.Series.Subject != "faq: Update" {
		t.Errorf("unable: %+v", r)
	}
}

// A second version is compared with the first one, and a second look with the first look.
func TestReviewAgain(t *testing.T) {
	w := newWiki(t)
	w.edit("faq.md", "# FAQ", "# FAQ\n\nVoir [ici](nulle-part.md) et [là](guides.md#rien).")
	w.commit("faq: Add links")
	first := w.series(w.posted("-1")...)
	w.edit("faq.md", "# FAQ", "# FAQ\n\nVoir [ici](nulle-part.md) et [là](guides.md#publier).")
	w.commit("faq: Add links")
	second := w.series(w.posted("-1", "-v2")...)
	review := func(req Request) *Report {
		r, err := Review(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := review(w.request(first))
	req := w.request(second)
	req.Previous = one
	two := review(req)
	if p := two.Progress; p == nil || p.Since != 1 || p.Before <= p.Resolved || p.Resolved == 0 || len(p.Parts) != 1 || p.Parts[0].What != "changed" {
		t.Errorf("progress %+v from %d to %d findings", two.Progress, len(one.Findings), len(two.Findings))
	}
	w.edit("faq.md", "# FAQ\n", "# FAQ\n\nVoir aussi les guides.\n")
	w.commit("faq: Name the guides")
	req = w.request(second)
	req.Earlier = two
	if three := review(req); !three.Moved || three.Verdict != VerdictDoesNotApply {
		t.Errorf("after the branch moved: %s, moved %v", three.Verdict, three.Moved)
	}
}

func TestLanded(t *testing.T) {
	w := newWiki(t)
	w.edit("faq.md", "# FAQ", "# Questions")
	w.commit("faq: Rename")
	w.edit("guides.md", "# Guides", "# Les guides")
	w.commit("guides: Rename")
	s := w.series(w.posted("-2")...)
	req := w.request(s)
	landed := func() *Commit {
		tip := strings.TrimSpace(string(w.git("rev-parse", "HEAD")))
		return Landed(context.Background(), w.request(s).Repo, tip, s)
	}
	if c := landed(); c != nil {
		t.Errorf("landed before it did: %+v", c)
	}
	w.edit("faq.md", "# FAQ", "# Questions")
	w.commit("faq: A new title")
	if c := landed(); c != nil {
		t.Errorf("half of it counts as landed: %+v", c)
	}
	w.edit("guides.md", "# Guides", "# Les guides")
	w.commit("guides: Rename")
	if c := landed(); c == nil || c.Title != "guides: Rename" {
		t.Errorf("not found: %+v", c)
	}
	if r, err := Review(context.Background(), req); err != nil || r.Verdict != VerdictDoesNotApply || r.Apply.Already == nil {
		t.Errorf("a series that landed: %v, %+v", err, r)
	}
}
