package repo_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// TestHistory mails every commit of the sample wiki and applies the mail, with the line ends that IMAP gives, to the parent:
// the tree, the author and the message must come out again. The mails are those of the real git send-email where the
// machine has it, and those of FormatPatch everywhere.
func TestHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wiki.git")
	r, err := repo.UnpackBundle(testdata.Bundle, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	commits := firstParents(t, r, "main")
	if len(commits) != 300 {
		t.Fatalf("the sample wiki has %d commits, want 300", len(commits))
	}
	root := commits[0].ID

	t.Run("FormatPatch", func(t *testing.T) {
		mails, err := r.FormatPatch(t.Context(), root+"..main")
		if err != nil {
			t.Fatal(err)
		}
		replay(t, r, commits, mails, true)
	})
	t.Run("git send-email", func(t *testing.T) {
		mails, why := sendEmail(t, dir, root+"..main")
		if why != "" {
			if os.Getenv("CI") != "" {
				t.Fatalf("git send-email does not run here: %s", why)
			}
			t.Logf("git send-email does not run here: %s", why) // FormatPatch covers the transfer encodings
			return
		}
		replay(t, r, commits, mails, false)
	})
}

// firstParents lists a linear history, oldest first.
func firstParents(t *testing.T, r *repo.Repo, rev string) []repo.CommitInfo {
	t.Helper()
	id, err := r.Resolve(rev)
	if err != nil {
		t.Fatal(err)
	}
	var out []repo.CommitInfo
	for {
		c, err := r.Commit(id)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
		if len(c.Parents) == 0 {
			break
		}
		id = c.Parents[0]
	}
	slices.Reverse(out)
	return out
}

// replay applies mail i to commit i and expects commit i+1.
func replay(t *testing.T, r *repo.Repo, commits []repo.CommitInfo, mails [][]byte, dated bool) {
	t.Helper()
	if len(mails) != len(commits)-1 {
		t.Fatalf("%d mails for %d commits", len(mails), len(commits))
	}
	for i, mail := range mails {
		want := commits[i+1]
		mail = bytes.ReplaceAll(mail, []byte("\n"), []byte("\r\n"))
		c, bad := patch.ReadCommit(mail)
		if bad != nil {
			t.Errorf("%s: %v", want.ID, bad)
			continue
		}
		got, err := r.Scratch().Apply(t.Context(), want.Parents[0], []repo.Input{{Index: 1, Commit: c}})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case got.Status != repo.StatusApplied || got.How != repo.HowExact:
			t.Errorf("%s: %s %s, %+v", want.ID, got.Status, got.How, got.Failed)
		case got.Tree != want.Tree:
			t.Errorf("%s: tree %s, want %s", want.ID, got.Tree, want.Tree)
		case c.AuthorName != want.Author || c.Subject != want.Title:
			t.Errorf("%s: %q by %q, want %q by %q", want.ID, c.Subject, c.AuthorName, want.Title, want.Author)
		case dated && !c.When.Equal(want.When):
			t.Errorf("%s: dated %s, want %s", want.ID, c.When, want.When)
		}
	}
}

// sendEmail is what git send-email hands to the mail system for a range, in order. why says why it cannot be run.
func sendEmail(t *testing.T, dir, revRange string) (mails [][]byte, why string) {
	t.Helper()
	tmp := t.TempDir()
	git := func(args ...string) ([]byte, error) {
		c := exec.Command("git", append([]string{"-C", dir}, args...)...)
		c.Env = append(os.Environ(), "HOME="+tmp, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "TZ=UTC",
			"GIT_COMMITTER_NAME=Relay", "GIT_COMMITTER_EMAIL=relay@example.org", "GIT_AUTHOR_NAME=Relay", "GIT_AUTHOR_EMAIL=relay@example.org")
		return c.CombinedOutput()
	}
	patches := filepath.Join(tmp, "patches")
	if out, err := git("format-patch", "-q", "-o", patches, revRange); err != nil {
		return nil, fmt.Sprintf("git format-patch: %v %s", err, out)
	}
	box := filepath.Join(tmp, "box")
	if err := os.Mkdir(box, 0o755); err != nil {
		t.Fatal(err)
	}
	// mails go out in the order of their files
	deliver := fmt.Sprintf("n=$(ls %s | wc -l); cat >%s/$(printf %%05d $n) #", box, box)
	out, err := git("send-email", "--quiet", "--from=Relay <relay@example.org>", "--to=list@example.org", "--suppress-cc=all",
		"--no-thread", "--8bit-encoding=UTF-8", "--confirm=never", "--no-validate", "--sendmail-cmd="+deliver, patches)
	if err != nil {
		first, _, _ := strings.Cut(string(out), "\n")
		return nil, fmt.Sprintf("%v: %s", err, first)
	}
	files, err := filepath.Glob(filepath.Join(box, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		mail, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, mail)
	}
	return mails, ""
}
