package repo_test

import (
	"fmt"
	"math/rand"
	"os/exec"
	"path/filepath"
	"testing"

	"patchbot/internal/repo"
)

// TestWithoutGit: on a machine without git, every verdict, tree, author and message is the same.
func TestWithoutGit(t *testing.T) {
	const cases = 40
	r := rand.New(rand.NewSource(4))
	g := newGit(t, filepath.Join(t.TempDir(), "random.git"))
	var imp importer
	for i := range cases {
		old := randomTree(r)
		o := imp.commit(fmt.Sprintf("refs/heads/%d/base", i), 0, "base", old)
		imp.commit(fmt.Sprintf("refs/heads/%d/theirs", i), o, "Change n° "+fmt.Sprint(i), change(r, old))
		imp.commit(fmt.Sprintf("refs/heads/%d/ours", i), o, "ours", change(r, change(r, old)))
	}
	ids := imp.run(g)
	mails := make([]string, cases)
	for i := range mails {
		mails[i] = g.must("", "format-patch", "-1", "--stdout", ids[3*i+2]) + "\n"
	}
	outcomes := func() []outcome {
		var all []outcome
		for i, mail := range mails {
			for _, v := range []repo.MergeVariant{repo.MergeRecursive, repo.MergeOrt, repo.MergeBoth} {
				all = append(all, apply(t, g.dir, ids[3*i+3], mail, repo.ScratchOptions{Merge: v}))
			}
			all = append(all, apply(t, g.dir, ids[3*i+3], mail, repo.ScratchOptions{Plain: true}))
		}
		return all
	}
	with := outcomes()
	t.Setenv("PATH", t.TempDir())
	if path, err := exec.LookPath("git"); err == nil {
		t.Fatalf("git is still at %s", path)
	}
	seen := map[repo.Status]bool{}
	for i, without := range outcomes() {
		if without != with[i] {
			t.Errorf("case %d: with git %+v, without %+v", i/4, with[i], without)
		}
		seen[without.status] = true
	}
	if !seen[repo.StatusApplied] || !seen[repo.StatusConflict] {
		t.Errorf("only %v", seen)
	}
}
