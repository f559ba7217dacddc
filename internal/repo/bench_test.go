package repo_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// benchCase is one mail and the commit to apply it to.
type benchCase struct {
	base string
	mail []byte
}

// BenchmarkApply measures reading and applying one mail in a repository that has been in use, and prints how many times
// faster that is than `git am -3` of the same mail in a kept work tree ("x-git"), and what the process holds in memory.
func BenchmarkApply(b *testing.B) {
	b.Run("wiki", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "wiki.git")
		r, err := repo.UnpackBundle(testdata.Bundle, dir)
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		benchApply(b, r, dir, drift(b, r, 260, 299))
	})
	b.Run("5000 files", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "large.git")
		largeRepository(b, dir)
		r, err := repo.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		benchApply(b, r, dir, drift(b, r, 60, 99))
	})
}

// drift takes the commits from and to of a linear history, each as a mail for its parent and for two later commits.
func drift(b *testing.B, r *repo.Repo, from, to int) []benchCase {
	b.Helper()
	history := history(b, r)
	var cases []benchCase
	for i := from; i < to; i++ {
		mails, err := r.FormatPatch(b.Context(), history[i-1]+".."+history[i])
		if err != nil {
			b.Fatal(err)
		}
		for _, at := range []int{i - 1, max(0, i-6), min(len(history)-1, i+4)} {
			cases = append(cases, benchCase{history[at], mails[0]})
		}
	}
	return cases
}

// history lists the ids of a linear history, oldest first.
func history(b *testing.B, r *repo.Repo) []string {
	b.Helper()
	id, err := r.Resolve("HEAD")
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for {
		out = append([]string{id}, out...)
		c, err := r.Commit(id)
		if err != nil {
			b.Fatal(err)
		}
		if len(c.Parents) == 0 {
			return out
		}
		id = c.Parents[0]
	}
}

func benchApply(b *testing.B, r *repo.Repo, dir string, cases []benchCase) {
	b.Helper()
	git := timeGit(b, dir, cases)
	one := func(c benchCase) {
		commit, bad := patch.ReadCommit(c.mail)
		if bad != nil {
			b.Fatal(bad)
		}
		if _, err := r.Scratch().Apply(b.Context(), c.base, []repo.Input{{Index: 1, Commit: commit}}); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range cases {
		one(c)
	}
	i := 0
	for b.Loop() {
		one(cases[i%len(cases)])
		i++
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	b.ReportMetric(git.Seconds()/(b.Elapsed().Seconds()/float64(b.N)), "x-git")
	b.ReportMetric(float64(mem.Sys)/(1<<20), "MiB")
}

// timeGit is the mean time that git am -3 takes, the way back to a clean work tree not counted.
func timeGit(b *testing.B, dir string, cases []benchCase) time.Duration {
	b.Helper()
	o := newOracle(b, dir)
	mail := filepath.Join(b.TempDir(), "mail")
	var total time.Duration
	n := 0
	for i := 0; i < len(cases); i += 4 {
		if err := os.WriteFile(mail, cases[i].mail, 0o644); err != nil {
			b.Fatal(err)
		}
		o.must("", "reset", "-q", "--hard", cases[i].base)
		start := time.Now()
		_, err := o.try("", "am", "-q", "-3", mail)
		total += time.Since(start)
		n++
		if err != nil {
			os.RemoveAll(filepath.Join(o.dir, ".git", "rebase-apply"))
		}
	}
	return total / time.Duration(n)
}

// largeRepository makes 5,000 pages in 100 directories and 100 commits that change, move or remove some.
func largeRepository(b *testing.B, dir string) {
	b.Helper()
	r := rand.New(rand.NewSource(5))
	g := newGit(b, dir)
	var in strings.Builder
	page := func() string {
		var lines []string
		for range 20 + r.Intn(120) {
			lines = append(lines, randomLine(r))
		}
		return text(lines)
	}
	pages := make(map[string]string)
	for i := range 5000 {
		pages[fmt.Sprintf("d%02d/page%04d.md", i%100, i)] = page()
	}
	commit := func(n int, message string) {
		fmt.Fprintf(&in, "commit refs/heads/main\nmark :%d\ncommitter Bot <bot@example.org> %d +0000\ndata %d\n%s\n", n, 1600000000+n, len(message), message)
		if n > 1 {
			fmt.Fprintf(&in, "from :%d\n", n-1)
		}
	}
	file := func(path string) {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", path, len(pages[path]), pages[path])
	}
	commit(1, "base")
	for path := range pages {
		file(path)
	}
	for n := 2; n <= 100; n++ {
		commit(n, fmt.Sprintf("commit %d", n))
		// the same few pages again and again, so that old patches meet new contents
		for range 3 {
			i := r.Intn(12)
			path := fmt.Sprintf("d%02d/page%04d.md", i%100, i)
			moved := fmt.Sprintf("moved/page%04d.md", i)
			if _, there := pages[path]; !there {
				path, moved = moved, path
			}
			pages[path] = edit(r, pages[path], 2)
			if r.Intn(8) == 0 {
				pages[moved] = pages[path]
				delete(pages, path)
				fmt.Fprintf(&in, "D %s\n", path)
				path = moved
			}
			file(path)
		}
	}
	if _, err := g.try(in.String(), "fast-import", "--quiet"); err != nil {
		b.Fatal(err)
	}
	g.must("", "repack", "-adq")
	if !bytes.Contains([]byte(g.must("", "ls-tree", "-r", "--name-only", "main")), []byte("page4999.md")) {
		b.Fatal("the repository is not as large as it should be")
	}
}
