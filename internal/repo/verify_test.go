package repo_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

func TestVerify(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"page.md": regular(page(20))})
	a := imp.commit("refs/heads/theirs", o, "one", files{"page.md": regular(strings.Replace(page(20), "ligne 5\n", "cinq\n", 1))})
	imp.commit("refs/heads/theirs", a, "two", files{"page.md": regular(strings.Replace(page(20), "ligne 5\n", "fünf\n", 1))})
	imp.commit("refs/heads/ours", o, "ours", files{"page.md": regular(strings.Replace(page(20), "ligne 5\n", "five\n", 1))})
	ids := imp.run(g)
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	mails, err := r.FormatPatch(t.Context(), ids[1]+"..theirs")
	if err != nil {
		t.Fatal(err)
	}
	var parts []repo.Input
	for i, mail := range mails {
		c, bad := patch.ReadCommit(mail)
		if bad != nil {
			t.Fatal(bad)
		}
		parts = append(parts, repo.Input{Index: i + 1, Commit: c})
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("GIT_DIR", "/nonexistent")
	for _, base := range []string{ids[1], ids[2], ids[4]} {
		a, err := r.Scratch().Apply(t.Context(), base, parts)
		if err != nil {
			t.Fatal(err)
		}
		v, err := r.Verify(t.Context(), a, mails)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Agrees || v.Applies != (base != ids[4]) || !strings.HasPrefix(v.Git, "git version ") {
			t.Errorf("on %s: %+v for %+v", base, v, a)
		}
		// the same mails are no proof of another result
		a.Tree, a.Status = strings.Repeat("1", 40), repo.StatusApplied
		if v, err := r.Verify(t.Context(), a, mails); err != nil || v.Agrees {
			t.Errorf("a wrong tree agrees: %+v, %v", v, err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	t.Setenv("PATH", temp)
	if _, err := r.Verify(t.Context(), &repo.Applied{}, nil); !errors.Is(err, repo.ErrNoGit) {
		t.Errorf("without git: %v", err)
	}
}
