package repo_test

import (
	"path/filepath"
	"testing"

	"patchbot/internal/repo"
)

// TestRenamedLink: a patch that only renames a symbolic link or a submodule does not say what it renames, and git takes it
// for a file. What becomes of that depends on what stands at the new name, and on the git.
func TestRenamedLink(t *testing.T) {
	const commit = "160000 1234567890123456789012345678901234567890"
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	base := func(change files) files {
		all := files{"page.md": regular("a\nb\nc\n"), "link": symlink("page.md"), "sub": commit}
		for path, content := range change {
			all[path] = content
			if content == "" {
				delete(all, path)
			}
		}
		return all
	}
	o := imp.commit("refs/heads/main", 0, "base", base(nil))
	link := imp.commit("refs/heads/link", o, "link", base(files{"link": "", "new.md": symlink("page.md"), "page.md": regular("A\nb\nc\n")}))
	sub := imp.commit("refs/heads/sub", o, "sub", base(files{"sub": "", "new.md": commit, "page.md": regular("A\nb\nc\n")}))
	tests := []struct {
		name         string
		theirs       int
		ours         string // at the new name, "" for nothing
		older, newer repo.Status
		id           int
	}{
		{name: "empty page", theirs: link, ours: regular(""), older: repo.StatusApplied, newer: repo.StatusApplied},
		{name: "page of the same text", theirs: link, ours: regular("page.md"), older: repo.StatusApplied, newer: repo.StatusApplied},
		{name: "other page", theirs: link, ours: regular("x\n"), older: repo.StatusConflict, newer: repo.StatusApplied},
		{name: "program of the same text", theirs: link, ours: executable("page.md"), older: repo.StatusConflict, newer: repo.StatusApplied},
		{name: "other link", theirs: link, ours: symlink("x"), older: repo.StatusConflict, newer: repo.StatusConflict},
		{name: "same link", theirs: link, ours: symlink("page.md"), older: repo.StatusConflict, newer: repo.StatusConflict},
		{name: "nothing", theirs: link, older: repo.StatusConflict, newer: repo.StatusConflict},
		{name: "submodule", theirs: sub, older: repo.StatusNoBase, newer: repo.StatusNoBase},
		{name: "submodule onto a page", theirs: sub, ours: regular(""), older: repo.StatusNoBase, newer: repo.StatusNoBase},
	}
	for i := range tests {
		change := files{"page.md": regular("a\nb\nC\n")}
		if tests[i].ours != "" {
			change["new.md"] = tests[i].ours
		}
		tests[i].id = imp.commit("refs/heads/ours", o, tests[i].name, base(change))
	}
	ids := imp.run(g)
	judge := newOracle(t, g.dir)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ours := ids[tt.id]
			mail := g.must("", "format-patch", "-1", "--stdout", ids[tt.theirs]) + "\n"
			file := filepath.Join(t.TempDir(), "mail")
			writeFile(t, file, mail)
			older := apply(t, g.dir, ours, mail, repo.ScratchOptions{Merge: repo.MergeRecursive})
			newer := apply(t, g.dir, ours, mail, repo.ScratchOptions{Merge: repo.MergeOrt})
			if older.status != tt.older || newer.status != tt.newer {
				t.Errorf("git ≤ 2.49: %s (%s), ≥ 2.50: %s (%s)", older.status, older.text, newer.status, newer.text)
			}
			if want := judge.am(ours, file, true); !agree(older, want) && !agree(newer, want) {
				t.Errorf("git %+v\ngot %+v\nand %+v", want, older, newer)
			}
		})
	}
}
