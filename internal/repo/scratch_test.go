package repo_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// page is a page of n numbered lines.
func page(n int) string {
	var s strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&s, "ligne %d\n", i)
	}
	return s.String()
}

func blobID(data string) string {
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(data), data)))
}

// oneChange is the diff that changes line n of the page at path; old is the id in its index line.
func oneChange(path, old string, n int, to string) string {
	return fmt.Sprintf("diff --git a/%s b/%s\nindex %s..1111111 100644\n--- a/%s\n+++ b/%s\n@@ -%d,3 +%d,3 @@\n ligne %d\n-ligne %d\n+%s\n ligne %d\n",
		path, path, old, path, path, n-1, n-1, n-1, n, to, n+1)
}

func newFile(path, mode, line string) string {
	return fmt.Sprintf("diff --git a/%s b/%s\nnew file mode %s\nindex 0000000..1111111\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+%s\n", path, path, mode, path, line)
}

func bomb(size int) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(make([]byte, size))
	w.Close()
	var s strings.Builder
	fmt.Fprintf(&s, "diff --git a/n.bin b/n.bin\nnew file mode 100644\nindex %s..%s\nGIT binary patch\nliteral %d\n", strings.Repeat("0", 40), strings.Repeat("1", 40), size)
	for data := z.Bytes(); len(data) > 0; data = data[min(52, len(data)):] {
		s.Write(patch.EncodeBase85Line(data[:min(52, len(data))]))
	}
	return s.String() + "\nliteral 0\nHcmV?d00001\n\n"
}

// TestStatuses has one patch or series for each way that applying can end, with the place that a person is shown.
func TestStatuses(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	old, now := page(30), strings.Replace(page(30), "ligne 20\n", "ligne vingt\n", 1)
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"page.md": regular(old), "d/x.md": regular("x\n"), "link": symlink("d")})
	imp.commit("refs/heads/main", o, "twenty", files{"page.md": regular(now), "d/x.md": regular("x\n"), "link": symlink("d")})
	tip := imp.run(g)[2]
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	id := blobID(old)[:7]
	current := blobID(now)[:7]
	tests := []struct {
		name   string
		diffs  []string
		status repo.Status
		how    repo.How
		failed string // "part path line reason" of the failure
	}{
		{"exact", []string{oneChange("page.md", current, 10, "dix")}, repo.StatusApplied, repo.HowExact, ""},
		{"offset", []string{strings.ReplaceAll(oneChange("page.md", current, 10, "dix"), "9,3", "12,3")}, repo.StatusApplied, repo.HowOffset, ""},
		{"three-way", []string{strings.Replace(oneChange("page.md", id, 16, "seize"), "@@ -15,3 +15,3 @@\n", "@@ -15,6 +15,6 @@\n", 1) + " ligne 18\n ligne 19\n ligne 20\n"}, repo.StatusApplied, repo.HowThreeWay, ""},
		{"already applied", []string{oneChange("page.md", id, 20, "ligne vingt")}, repo.StatusAlreadyApplied, "", ""},
		{"conflict", []string{oneChange("page.md", id, 20, "vingt !")}, repo.StatusConflict, "", "1 page.md 20 hunk"},
		{"second part fails", []string{oneChange("page.md", current, 10, "dix"), oneChange("page.md", id, 20, "vingt !"), oneChange("page.md", current, 5, "cinq")}, repo.StatusConflict, "", "2 page.md 20 hunk"},
		{"no base", []string{oneChange("page.md", "abcdef0", 20, "vingt !")}, repo.StatusNoBase, "", "1 page.md 20 no-base"},
		{"no base and no page", []string{oneChange("nope.md", "abcdef0", 20, "vingt !")}, repo.StatusNoBase, "", "1 nope.md 0 missing"},
		{"hand-edited", []string{strings.ReplaceAll(oneChange("page.md", id, 20, "vingt !"), "ligne 19", "Ligne 19")}, repo.StatusHandEdited, "", "1 page.md 19 hunk"},
		{"corrupt", []string{strings.Replace(oneChange("page.md", id, 20, "vingt !"), " ligne 21\n", "", 1)}, repo.StatusCorrupt, "", "1  8 syntax"},
		{"new page", []string{newFile("neuf.md", "100644", "neuf")}, repo.StatusApplied, repo.HowExact, ""},
		{"new page exists", []string{newFile("page.md", "100644", "neuf")}, repo.StatusConflict, "", "1 page.md 0 exists"},
		{"below a page", []string{newFile("page.md/x.md", "100644", "neuf")}, repo.StatusConflict, "", "1 page.md/x.md 0 directory"},
		{"outside", []string{newFile("../x.md", "100644", "neuf")}, repo.StatusRefused, "", "1 ../x.md 0 path"},
		{"git's own", []string{newFile(".git/hooks/x", "100644", "neuf")}, repo.StatusRefused, "", "1 .git/hooks/x 0 path"},
		{"through a link", []string{newFile("link/x2.md", "100644", "neuf")}, repo.StatusRefused, "", "1 link/x2.md 0 symlink"},
		{"directory as a file", []string{newFile("x", "040000", "neuf")}, repo.StatusRefused, "", "1 x 0 mode"},
		{"bomb", []string{bomb(40 << 20)}, repo.StatusTooLarge, "", "1  5 too-large"},
		{"a part builds on the one before", []string{newFile("neuf.md", "100644", "neuf"), "diff --git a/neuf.md b/neuf.md\nindex " + blobID("neuf\n")[:7] + "..2222222 100644\n--- a/neuf.md\n+++ b/neuf.md\n@@ -1 +1,2 @@\n neuf\n+et plus\n"}, repo.StatusApplied, repo.HowExact, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var parts []repo.Input
			for i, diff := range tt.diffs {
				mail := "From: Zoé <zoe@example.org>\nSubject: [PATCH] x\n\nx\n---\n" + diff + "-- \n2.39.5\n"
				c, bad := patch.ReadCommit([]byte(mail))
				if bad != nil {
					t.Fatal(bad)
				}
				parts = append(parts, repo.Input{Index: i + 1, Commit: c})
			}
			a, err := r.Scratch().Apply(t.Context(), tip, parts)
			if err != nil {
				t.Fatal(err)
			}
			failed := ""
			if f := a.Failed; f != nil {
				failed = fmt.Sprintf("%d %s %d %s", f.Index, f.Path, f.Line, f.Reason)
				if f.Detail == "" || len(f.Expect) != len(f.Marks) {
					t.Errorf("the failure says too little: %+v", f)
				}
			}
			if tt.failed == "1  8 syntax" || tt.failed == "1  5 too-large" { // lines of the diff, which starts at the line "---"
				failed = strings.Replace(failed, fmt.Sprint(a.Failed.Line), strings.Fields(tt.failed)[1], 1)
			}
			if a.Status != tt.status || a.How != tt.how || failed != tt.failed {
				t.Errorf("got %s %s %q, want %s %s %q\n%+v", a.Status, a.How, failed, tt.status, tt.how, tt.failed, a.Failed)
			}
			for i, p := range a.Parts {
				if (p.Status == repo.StatusApplied) != (p.Commit != "") {
					t.Errorf("part %d: %+v", i+1, p)
				}
				if a.Failed != nil && p.Index > a.Failed.Index && p.Status != repo.StatusNotTried {
					t.Errorf("part %d after the failure: %s", p.Index, p.Status)
				}
			}
		})
	}
}

// TestConflictIsShown: the failure holds what a reply quotes.
func TestConflictIsShown(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"guides.md": regular("---\ntitle: Guides\n---\n\n# Guides : utiliser et publier\n\nTexte.\n")})
	imp.commit("refs/heads/main", o, "guides: New title", files{"guides.md": regular("---\ntitle: Guides\ntoc: true\n---\n\n# Guides du logiciel libre\n\nTexte.\n")})
	imp.commit("refs/heads/theirs", o, "guides: Rewrite", files{"guides.md": regular("---\ntitle: Guides\n---\n\n# Guides : tout savoir\n\nTexte.\n")})
	ids := imp.run(g)
	mail := g.must("", "format-patch", "-1", "--stdout", ids[3])
	c, bad := patch.ReadCommit([]byte(mail + "\n"))
	if bad != nil {
		t.Fatal(bad)
	}
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a, err := r.Scratch().Apply(t.Context(), "main", []repo.Input{{Index: 1, Commit: c}})
	if err != nil {
		t.Fatal(err)
	}
	f := a.Failed
	if f == nil {
		t.Fatal("applied")
	}
	got := fmt.Sprintf("%s:%d, now %d: %s%s / %s", f.Path, f.Line, f.At, f.Marks[:1], f.Expect[0], f.Found[0])
	if want := "guides.md:5, now 6: -# Guides : utiliser et publier / # Guides du logiciel libre"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	files, err := patch.ParseDiff(c.Diff)
	if err != nil {
		t.Fatal(err)
	}
	base, behind, ok := r.BaseOf(t.Context(), ids[2], files, "")
	if !ok || base.ID != ids[1] || behind != 1 {
		t.Errorf("written against %s, %d behind, %v; want %s", base.ID, behind, ok, ids[1])
	}
	changed, ok := r.ChangedSince(t.Context(), base.ID, ids[2], f.Path, f.Expect[0])
	if !ok || changed.Title != "guides: New title" {
		t.Errorf("changed by %q, %v", changed.Title, ok)
	}
}

// TestCommitIDs: with a fixed committer the commits are those of git am, id for id, and two runs agree.
func TestCommitIDs(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"page.md": regular("a\nb\n")})
	imp.commit("refs/heads/theirs", o, "page: Change « b »\n\nBecause.\n", files{"page.md": regular("a\nB\n"), "d/e.md": regular("new\n")})
	ids := imp.run(g)
	mail := g.must("", "format-patch", "-1", "--stdout", ids[2]) + "\n"
	o1 := newOracle(t, g.dir)
	file := filepath.Join(t.TempDir(), "mail")
	writeFile(t, file, mail)
	if v := o1.am(ids[1], file, false); !v.ok {
		t.Fatal(v.text)
	}
	want := o1.must("", "rev-parse", "HEAD")
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, bad := patch.ReadCommit([]byte(mail))
	if bad != nil {
		t.Fatal(bad)
	}
	s := r.ScratchWith(repo.ScratchOptions{CommitterName: "Bot", CommitterEmail: "bot@example.org", CommitTime: time.Unix(1700000000, 0).UTC()})
	a, err := s.Apply(t.Context(), ids[1], []repo.Input{{Index: 1, Commit: c}})
	if err != nil {
		t.Fatal(err)
	}
	if a.Parts[0].Commit != want {
		t.Errorf("commit %s, git made %s", a.Parts[0].Commit, want)
	}
	tree, err := s.Tree(a.Parts[0].Commit)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := tree.Read("d/e.md"); err != nil || string(data) != "new\n" {
		t.Errorf("d/e.md: %q, %v", data, err)
	}
	if _, err := r.Commit(want); err == nil {
		t.Error("the new commit is in the repository")
	}
	again, err := r.Scratch().Apply(t.Context(), ids[1], []repo.Input{{Index: 1, Commit: c}})
	if err != nil {
		t.Fatal(err)
	}
	third, err := r.Scratch().Apply(t.Context(), ids[1], []repo.Input{{Index: 1, Commit: c}})
	if err != nil || again.Parts[0].Commit != third.Parts[0].Commit {
		t.Errorf("two runs: %s and %s, %v", again.Parts[0].Commit, third.Parts[0].Commit, err)
	}
	if _, err := r.Scratch().Apply(t.Context(), "nope", nil); err == nil {
		t.Error("applied to a base that is not there")
	}
}

// TestConcurrentUse applies in several goroutines, each with a Scratch of its own, while the repository is fetched anew.
func TestConcurrentUse(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"page.md": regular(page(30)), "d/x.md": regular(page(3))})
	imp.commit("refs/heads/main", o, "ours", files{"page.md": regular(strings.Replace(page(30), "ligne 3\n", "drei\n", 1)), "e/x.md": regular(page(4))})
	tip := imp.run(g)[2]
	r, err := repo.Mirror(t.Context(), repo.MirrorOptions{URL: g.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	diff := oneChange("page.md", blobID(page(30))[:8], 20, "vingt") + oneChange("d/x.md", blobID(page(3))[:8], 2, "deux")
	c, bad := patch.ReadCommit([]byte("From: Zoé <zoe@example.org>\nSubject: x\n\n---\n" + diff))
	if bad != nil {
		t.Fatal(bad)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				a, err := r.Scratch().Apply(t.Context(), tip, []repo.Input{{Index: 1, Commit: c}})
				if err != nil || a.Status != repo.StatusApplied || a.How != repo.HowThreeWay {
					t.Errorf("%+v, %v", a, err)
					return
				}
			}
		})
	}
	for range 5 {
		if err := r.Fetch(t.Context()); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
}

// TestRenameOntoAddedFile: the patch renames a page that we changed too, onto a name that we have given to another page.
func TestRenameOntoAddedFile(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	line := func(n int, to string) string {
		return strings.Replace(page(12), fmt.Sprintf("ligne %d\n", n), to+"\n", 1)
	}
	var imp importer
	o := imp.commit("refs/heads/main", 0, "base", files{"page.md": regular(page(12))})
	imp.commit("refs/heads/main", o, "ours", files{"page.md": regular(line(5, "fünf")), "autre.md": regular("rien de commun\n")})
	imp.commit("refs/heads/theirs", o, "theirs", files{"autre.md": regular(line(5, "cinq"))})
	ids := imp.run(g)
	mail := g.must("", "format-patch", "-1", "--stdout", "--no-renames", ids[3]) + "\n"
	for _, v := range []repo.MergeVariant{repo.MergeRecursive, repo.MergeOrt, repo.MergeBoth} {
		if got := apply(t, g.dir, ids[2], mail, repo.ScratchOptions{Merge: v}); got.status != repo.StatusConflict {
			t.Errorf("%q: %s, %s", v, got.status, got.text)
		}
	}
}
