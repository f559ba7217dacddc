package repo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestLookups asks the history of the sample wiki about its own commits.
func TestLookups(t *testing.T) {
	r, err := repo.OpenBundle(testdata.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	commits := firstParents(t, r, "main")
	tip := commits[299]
	based := 0
	for i := 200; i < 299; i += 3 {
		c := commits[i]
		mails, err := r.FormatPatch(t.Context(), c.Parents[0]+".."+c.ID)
		if err != nil || len(mails) != 1 {
			t.Fatalf("%d mails, %v", len(mails), err)
		}
		commit, bad := patch.ReadCommit(mails[0])
		if bad != nil {
			t.Fatal(bad)
		}
		files, err := patch.ParseDiff(commit.Diff)
		if err != nil {
			t.Fatal(err)
		}
		found, ok := r.FindApplied(t.Context(), tip.ID, patch.PatchID(commit.Diff), files)
		if !ok || found.ID != c.ID {
			t.Errorf("%s (%s) is found at %s (%s), %v", c.ID, c.Title, found.ID, found.Title, ok)
		}
		if found, ok := r.FindApplied(t.Context(), c.Parents[0], patch.PatchID(commit.Diff), files); ok {
			t.Errorf("%s is found before it was made, at %s", c.ID, found.ID)
		}
		byID, ok := r.FindApplied(t.Context(), tip.ID, patch.PatchID(commit.Diff), nil)
		if !ok || byID.ID != c.ID {
			t.Errorf("%s (%s) is found by its patch id alone at %s (%s), %v", c.ID, c.Title, byID.ID, byID.Title, ok)
		}
		if found, ok := r.FindApplied(t.Context(), c.Parents[0], patch.PatchID(commit.Diff), nil); ok {
			t.Errorf("%s is found by its patch id before it was made, at %s", c.ID, found.ID)
		}
		hinted, behind, ok := r.BaseOf(t.Context(), tip.ID, files, c.Parents[0])
		if !ok || hinted.ID != c.Parents[0] || behind != 299-i+1 {
			t.Errorf("%s with a hint: %s, %d behind, %v", c.ID, hinted.ID, behind, ok)
		}
		// without a hint it is the parent, or a later commit whose files are the same again
		base, behind, ok := r.BaseOf(t.Context(), c.ID, files, "")
		if !ok {
			continue // only new files
		}
		based++
		if base.ID != c.Parents[0] || behind != 1 {
			t.Errorf("%s: base %s, %d behind, want %s", c.ID, base.ID, behind, c.Parents[0])
		}
	}
	if based < 20 {
		t.Errorf("only %d commits had a base to be found", based)
	}
	if r.IsAncestor(tip.ID, commits[0].ID) || !r.IsAncestor(commits[0].ID, tip.ID) || !r.IsAncestor(tip.ID, tip.ID) || r.IsAncestor("x", tip.ID) {
		t.Error("ancestors are wrong")
	}
	if n := r.Ahead(commits[250].ID, tip.ID); n != 49 {
		t.Errorf("49 commits ahead, not %d", n)
	}
	if _, err := r.FormatPatch(t.Context(), "main"); err == nil {
		t.Error("a revision is no range")
	}
}

// TestFormatPatch writes commits with everything that a diff can hold, and has the real git am take them.
func TestFormatPatch(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	old := files{
		"page.md": regular(page(40)), "gone.md": regular("x\ny\n"), "move.md": regular(page(5)), "noend.md": regular("a\nb"), "run.sh": regular("#!\n"),
		"bin.dat": regular("a\x00b"), "crlf.ics": regular("a\r\nb\r\nc\n"), "typ": regular("file\n"), "sub": "160000 0123456789012345678901234567890123456789", "leer": regular(""),
		"nom accentué.md": regular("x\n"), "a b/c.md": regular("x\n"), `q"uote\.md`: regular("x\n"),
	}
	now := files{
		"page.md": regular(page(2) + "neu\n" + page(38) + "Ende\n"), "d/moved.md": regular(page(5)), "noend.md": regular("a\nc"), "run.sh": executable("#!\n"),
		"bin.dat": regular("a\x00c" + string(bytes.Repeat([]byte{1, 2, 3}, 100))), "crlf.ics": regular("a\r\nB\r\nc\n"), "typ": symlink("page.md"), "sub": "160000 1111111111111111111111111111111111111111", "leer": regular("voll\n"),
		"nom accentué.md": regular("y\n"), "a b/c.md": regular("y\n"), `q"uote\.md`: regular("y\n"), "neu-leer": regular(""), "lang.md": regular("x" + string(bytes.Repeat([]byte("é"), 600)) + "\n"),
	}
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", old)
	p := imp.commit("refs/heads/main", o, "Ein Titel mit « Umlauten », der so lang ist, dass er nicht in ein kodiertes Wort passt\n\nText.\n.\nFrom here on\n", now)
	p = imp.commit("refs/heads/main", p, "folded\ntitle\n\n\nText\n\n- a\n- b\n", old)
	imp.commit("refs/heads/main", p, "no text", files{})
	ids := imp.run(g)
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	mails, err := r.FormatPatch(t.Context(), ids[1]+"..main")
	if err != nil || len(mails) != 3 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	oracle := newOracle(t, g.dir)
	for i, mail := range mails {
		file := filepath.Join(t.TempDir(), "mail")
		writeFile(t, file, string(mail))
		got := oracle.am(ids[i+1], file, false)
		want := verdict{ok: true, tree: g.must("", "rev-parse", ids[i+2]+"^{tree}"), author: g.must("", "log", "-1", "--format=%an <%ae> %ad%n%B", "--date=raw", ids[i+2])}
		if i == 1 {
			want.author = "Zoé Ménard <zoe@example.org> 1600000180 +0100\nfolded title\n\nText\n\n- a\n- b"
		}
		want.author = string(bytes.TrimRight([]byte(want.author), "\n"))
		if got != want {
			t.Errorf("commit %d:\ngot  %+v\nwant %+v\n%s", i+2, got, want, mail)
		}
	}
}

// TestAsSent: the files of git format-patch, as git send-email sends them, apply where the files themselves lose line ends.
func TestAsSent(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"crlf.ics": regular("a\r\nb\r\nc\r\n"), "page.md": regular(page(5))})
	a := imp.commit("refs/heads/main", o, "Dépôt : retours", files{"crlf.ics": regular("a\r\nB\r\nc\r\n"), "page.md": regular(page(5))})
	imp.commit("refs/heads/main", a, "plain", files{"crlf.ics": regular("a\r\nB\r\nc\r\n"), "page.md": regular(page(6))})
	ids := imp.run(g)
	file := g.must("", "format-patch", "-1", "--stdout", ids[2]) + "\n"
	if got := apply(t, g.dir, ids[1], file, repo.ScratchOptions{}); got.ok {
		t.Error("the file itself applies")
	}
	sent := string(repo.AsSent([]byte(file)))
	if got, want := apply(t, g.dir, ids[1], sent, repo.ScratchOptions{}), g.must("", "rev-parse", ids[2]+"^{tree}"); got.tree != want {
		t.Errorf("as sent: %s %s, want tree %s\n%s", got.status, got.text, want, sent)
	}
	for name, mail := range map[string]string{
		"sent":      sent,
		"plain":     g.must("", "format-patch", "-1", "--stdout", ids[3]) + "\n",
		"multipart": g.must("", "format-patch", "-1", "--stdout", "--attach", ids[2]) + "\n",
		"base64":    "From: x\nContent-Transfer-Encoding: base64\n\nYQ==\r\n",
		"header":    "From: x\n",
	} {
		if got := string(repo.AsSent([]byte(mail))); got != mail {
			t.Errorf("%s: changed to\n%s", name, got)
		}
	}
}
