package repo_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"patchbot/internal/repo"
)

// TestRenamedToSeveral: the page of a patch is gone, and several others are what it was. Each git has its own idea of which
// of them it was renamed to.
func TestRenamedToSeveral(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"e/f/x.md": regular(page(30)), "e/o.md": regular("o\n")})
	imp.commit("refs/heads/theirs", o, "theirs", files{"e/f/x.md": regular(strings.Replace(page(30), "ligne 5\n", "cinq\n", 1)), "e/o.md": regular("o\n")})
	tests := []struct{ paths, older, newer string }{
		{"d/a.md z.md", "d/a.md", "z.md"},
		{"d/a.md e/f/z.md", "d/a.md", "e/f/z.md"},
		{"d/z.md e/z.md", "d/z.md", "e/z.md"},
		{"c/a.md d/a.md", "c/a.md", "d/a.md"},
		{"a1/x.md b1/x.md c1/x.md d1/x.md z1/x.md", "a1/x.md", "c1/x.md"},
		{"p/a.md q/a.md r/a.md s/a.md t/a.md u/a.md v/a.md w/a.md", "p/a.md", "w/a.md"},
		{"bar/a.md foo/a.md", "bar/a.md", "foo/a.md"},
		{"m/a.md m/n/a.md", "m/a.md", "m/a.md"},
		{"e/a/a.md e/z/a.md", "e/a/a.md", "e/z/a.md"},
		{"a1/a.md aq/a.md kw/a.md", "a1/a.md", "kw/a.md"}, // in one bucket of 64
		{"x/a.md y/b/c.md", "x/a.md", "y/b/c.md"},
	}
	var crowd []string // more than a table of 64 holds
	for _, a := range "abcdefghijklmnop" {
		for _, b := range "0123" {
			crowd = append(crowd, string(a)+string(b)+"/a.md")
		}
	}
	tests = append(tests, struct{ paths, older, newer string }{strings.Join(crowd, " "), "a0/a.md", "c0/a.md"})
	for _, tt := range tests {
		ours := files{"e/o.md": regular("o\n")}
		for _, path := range strings.Fields(tt.paths) {
			ours[path] = regular(page(30))
		}
		imp.commit("refs/heads/ours", o, "ours", ours)
	}
	ids := imp.run(g)
	mail := g.must("", "format-patch", "-1", "--stdout", ids[2]) + "\n"
	file := filepath.Join(t.TempDir(), "mail")
	writeFile(t, file, mail)
	judge := newOracle(t, g.dir)
	for i, tt := range tests {
		base := ids[3+i]
		older := apply(t, g.dir, base, mail, repo.ScratchOptions{Merge: repo.MergeRecursive})
		newer := apply(t, g.dir, base, mail, repo.ScratchOptions{Merge: repo.MergeOrt})
		if want := judge.am(base, file, true); !agree(older, want) && !agree(newer, want) {
			t.Errorf("%s: git %+v\ngot %+v\nand %+v", tt.paths, want, older, newer)
		}
		for k, got := range []outcome{older, newer} {
			taken := []string{tt.older, tt.newer}[k]
			now := files{"e/o.md": regular("o\n")}
			for _, path := range strings.Fields(tt.paths) {
				now[path] = regular(page(30))
			}
			now[taken] = regular(strings.Replace(page(30), "ligne 5\n", "cinq\n", 1))
			var expected importer
			expected.commit(fmt.Sprintf("refs/heads/expected/%d/%d", i, k), 0, "expected", now)
			if want := g.must("", "rev-parse", expected.run(g)[1]+"^{tree}"); got.tree != want {
				t.Errorf("%s: not %s, by git ≤ 2.49 %s, ≥ 2.50 %s", tt.paths, taken, tt.older, tt.newer)
			}
		}
	}
}
