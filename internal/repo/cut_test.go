package repo_test

import (
	"path/filepath"
	"strings"
	"testing"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// TestBrokenBinary: git stops reading at binary data that is broken, and applies the files before it; without any it refuses
// the patch.
func TestBrokenBinary(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	old := files{"a.md": regular("a\n"), "b.md": regular("b\n"), "c.bin": regular("c\x00c")}
	o := imp.commit("refs/heads/main", 0, "base", old)
	imp.commit("refs/heads/theirs", o, "theirs", files{"a.md": regular("A\n"), "b.md": regular("B\n"), "c.bin": regular("d\x00d")})
	ids := imp.run(g)
	diff := func(path string) string {
		return g.must("", "diff", "--binary", "--full-index", ids[1], ids[2], "--", path) + "\n"
	}
	whole := diff("c.bin") + "\n"
	header, data, _ := strings.Cut(whole, "GIT binary patch\n")
	broken := map[string]string{
		"none":      header + "GIT binary patch\n",
		"unknown":   header + "GIT binary patch\nverbatim 3\nxxx\n\n",
		"corrupt":   header + "GIT binary patch\nliteral 3\nxxx\n\n",
		"size":      strings.Replace(whole, "literal 3", "literal 5", 1),
		"unended":   header + "GIT binary patch\n" + strings.Join(strings.SplitAfter(data, "\n")[:2], ""),
		"way back":  header + "GIT binary patch\n" + strings.SplitAfter(data, "\n\n")[0] + "literal 3\nxxx\n\n",
		"and hunks": "diff --git a/b.md b/b.md\nindex 6178079..1111111 100644\nGIT binary patch\n--- a/b.md\n+++ b/b.md\n@@ -1 +1 @@\n-b\n+B\n",
		"whole":     whole,
	}
	judge := newOracle(t, g.dir)
	for name, part := range broken {
		for place, text := range map[string]string{"alone": part, "last": diff("a.md") + part, "in the middle": diff("a.md") + part + diff("b.md")} {
			mail := "From: Zoé <zoe@example.org>\nDate: Tue, 1 Mar 2022 10:00:00 +0000\nSubject: x\n\n---\n" + text + "-- \n2.39.5\n"
			file := filepath.Join(t.TempDir(), "mail")
			writeFile(t, file, mail)
			for _, threeWay := range []bool{false, true} {
				got := apply(t, g.dir, ids[1], mail, repo.ScratchOptions{Plain: !threeWay})
				if want := judge.am(ids[1], file, threeWay); !agree(got, want) {
					t.Errorf("%s, %s: got %+v, %s %s\ngit %+v", name, place, got.verdict, got.status, got.text, want)
				}
			}
			cut := patch.CutShort([]byte(text), patch.DefaultLimits())
			if (cut != nil) != (name != "whole" && place != "alone") {
				t.Errorf("%s, %s: cut short %v", name, place, cut)
			}
		}
	}
}
