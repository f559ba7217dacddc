package checks_test

import (
	"strconv"
	"testing"

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
