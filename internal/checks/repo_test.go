package checks_test

import (
	"os/exec"
	"strconv"
	"testing"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/repo"
	"patchbot/internal/wiki"
	"patchbot/testdata"
)

// TestRealTrees: the trees of the repository under review serve as well as those in memory: same findings on commits that
// break links on other pages, rename and delete.
func TestRealTrees(t *testing.T) {
	r, err := repo.OpenBundle(testdata.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	set, err := checks.NewSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	host, _ := wiki.HostByName("sourcehut")
	index := wiki.NewIndex()
	for commit, want := range map[string]string{
		"d3aafa1": "index.md:95 inbound-link.page", "89881c5": "guides.md:2 front-matter.colon", "e9cad10": "index.en.md:4 broken-link.no-extension",
	} {
		id, err := r.Resolve(commit)
		if err != nil {
			t.Fatal(err)
		}
		info, err := r.Commit(id)
		if err != nil {
			t.Fatal(err)
		}
		base, err := r.Tree(info.Parents[0])
		if err != nil {
			t.Fatal(err)
		}
		head, err := r.Tree(id)
		if err != nil {
			t.Fatal(err)
		}
		res, err := checks.Run(set, checks.Change{Base: base, Host: host, Index: index, Heads: []checks.Head{{Part: 1, Tree: head}}})
		if err != nil || base.Err() != nil || head.Err() != nil {
			t.Fatal(err, base.Err(), head.Err())
		}
		found := false
		for _, f := range res.Findings {
			found = found || want == f.Path+":"+strconv.Itoa(f.Line)+" "+f.Message.ID
		}
		if !found {
			t.Errorf("%s: no %s in %+v", commit, want, res.Findings)
		}
	}
}

// BenchmarkRepo is BenchmarkPatch on the trees of a repository, each check reading them anew: "x-diff-tree" is the ratio to
// `git diff-tree` of the same two trees.
func BenchmarkRepo(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			dir := checks.GrownRepo(b, n)
			set, err := checks.NewSet(nil)
			if err != nil {
				b.Fatal(err)
			}
			host, _ := wiki.HostByName("sourcehut")
			index := wiki.NewIndex()
			r, err := repo.Open(dir)
			if err != nil {
				b.Fatal(err)
			}
			tree := func(tag string) *repo.Tree {
				id, err := r.Resolve(tag)
				if err != nil {
					b.Fatal(err)
				}
				t, err := r.Tree(id)
				if err != nil {
					b.Fatal(err)
				}
				return t
			}
			index.Graph(tree("a"), host, wiki.Own{})
			var diff, check time.Duration
			for b.Loop() {
				start := time.Now()
				if out, err := exec.Command("git", "-C", dir, "diff-tree", "-r", "a", "b").Output(); err != nil || len(out) == 0 {
					b.Fatal(err)
				}
				if d := time.Since(start); diff == 0 || d < diff {
					diff = d
				}
				start = time.Now()
				res, err := checks.Run(set, checks.Change{Base: tree("a"), Host: host, Index: index, Heads: []checks.Head{{Part: 1, Tree: tree("b")}}})
				if d := time.Since(start); check == 0 || d < check {
					check = d
				}
				if err != nil || len(res.Findings) == 0 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(check)/float64(diff), "x-diff-tree")
		})
	}
}
