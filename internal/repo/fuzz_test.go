package repo_test

import (
	"strings"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// FuzzApply applies damaged mails to the sample wiki. Whatever comes, the result is a tree that can be read and checked
// out, the repository is untouched, and what plain git am takes, git am -3 takes with the same result.
func FuzzApply(f *testing.F) {
	r, err := repo.OpenBundle(testdata.Bundle)
	if err != nil {
		f.Fatal(err)
	}
	tip, err := r.Resolve("main")
	if err != nil {
		f.Fatal(err)
	}
	older, err := r.Resolve("main~12")
	if err != nil {
		f.Fatal(err)
	}
	mails, err := r.FormatPatch(f.Context(), "main~12..main")
	if err != nil {
		f.Fatal(err)
	}
	for i, mail := range mails {
		if len(mail) < 8000 {
			f.Add(mail, i%2 == 0)
		}
	}
	for _, diff := range []string{
		"diff --git a/README.md b/d/x.md\nsimilarity index 100%\nrename from README.md\nrename to d/x.md\n",
		"diff --git a/README.md b/x.md\nsimilarity index 100%\ncopy from README.md\ncopy to x.md\n",
		newFile("l", "120000", "README.md") + newFile("l/x", "100644", "x"), newFile("s", "160000", "Subproject commit 0123456789012345678901234567890123456789"),
	} {
		f.Add([]byte("From: Zoé <zoe@example.org>\nSubject: x\n\n---\n"+diff), true)
	}
	limits := patch.Limits{Files: 50, Hunks: 200, BlobBytes: 1 << 20, AllBytes: 4 << 20}
	f.Fuzz(func(t *testing.T, mail []byte, onTip bool) {
		base := older
		if onTip {
			base = tip
		}
		var parts []repo.Input
		for i, c := range patch.ReadCommits(mail) {
			if parts = append(parts, repo.Input{Index: i + 1, Commit: c.Commit, Err: c.Bad}); len(parts) == 3 {
				break
			}
		}
		var results [2]*repo.Applied
		for i, plain := range []bool{true, false} {
			s := r.ScratchWith(repo.ScratchOptions{Plain: plain, Limits: limits})
			a, err := s.Apply(t.Context(), base, parts)
			if err != nil {
				t.Fatal(err)
			}
			if (a.Failed == nil) != (a.Status == repo.StatusApplied || a.Status == repo.StatusAlreadyApplied) {
				t.Fatalf("status %s with failure %+v", a.Status, a.Failed)
			}
			tree, err := s.Tree(a.Tree)
			if err != nil {
				t.Fatal(err)
			}
			readable(t, tree, "")
			results[i] = a
		}
		if a, b := results[0], results[1]; a.Status == repo.StatusApplied && !b.DependsOnGit && (b.Status != a.Status || b.Tree != a.Tree) {
			t.Fatalf("plain %s %s, three-way %s %s", a.Status, a.Tree, b.Status, b.Tree)
		}
	})
}

// readable walks through a tree and reads what is in it.
func readable(t *testing.T, tree *repo.Tree, dir string) {
	empty := true
	tree.List(dir, func(name, id string, mode uint32) bool {
		empty = false
		if name == "" || name == "." || name == ".." || strings.EqualFold(name, ".git") || strings.ContainsAny(name, "/\x00") {
			t.Fatalf("a file named %q in %q", name, dir)
		}
		path := name
		if dir != "" {
			path = dir + "/" + name
		}
		switch mode {
		case 0o040000:
			readable(t, tree, path)
		case 0o100644, 0o100755, 0o120000:
			if _, err := tree.Read(path); err != nil {
				t.Fatal(err)
			}
		case 0o160000:
		default:
			t.Fatalf("%q has the mode %o", path, mode)
		}
		return true
	})
	if err := tree.Err(); err != nil {
		t.Fatal(err)
	}
	if empty && dir != "" {
		t.Fatalf("the directory %q is empty", dir)
	}
}
