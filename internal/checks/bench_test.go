package checks

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"patchbot/internal/wiki"
)

// best is the shortest of several times: what the machine's other work disturbed least.
type best time.Duration

func (m *best) take(d time.Duration) {
	if *m == 0 || best(d) < *m {
		*m = best(d)
	}
}

func (m best) ratio(floor best) float64 { return float64(m) / float64(floor) }

var plainGoldmark = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))

// floor parses pages with goldmark alone, tables included: what no linter on goldmark can be faster than.
func floor(pages ...[]byte) time.Duration {
	start := time.Now()
	for _, src := range pages {
		plainGoldmark.Parser().Parse(text.NewReader(src))
	}
	return time.Since(start)
}

// BenchmarkPage checks an old and a new version of the largest page and compares them; "x-parse" is the ratio to parsing
// both with goldmark in the same run.
func BenchmarkPage(b *testing.B) {
	h := sampleHistory(b)
	set := defaults(b)
	host := wiki.Hosts()[0]
	var old []byte
	for p, data := range h.tree(len(h.ids) - 1).files {
		if wiki.IsPage(p) && len(data) > len(old) {
			old = data
		}
	}
	now := bytes.Replace(old, []byte("\n\n"), []byte("\n\nA [new](nowhere.md) line.\n\n"), 1)
	before, after := newTree(map[string][]byte{"page.md": old}), newTree(map[string][]byte{"page.md": now})
	c := Change{Base: before, Host: host, Heads: []Head{{Part: 1, Tree: after}}}
	b.SetBytes(int64(len(old) + len(now)))
	var parse, check best
	for b.Loop() {
		parse.take(floor(old, now))
		start := time.Now()
		res, err := Run(set, c)
		check.take(time.Since(start))
		if err != nil || len(res.Findings) != 1 {
			b.Fatal(res, err)
		}
	}
	b.ReportMetric(check.ratio(parse), "x-parse")
}

// BenchmarkTree checks every page of the wiki's last tree; "x-parse" is the ratio to parsing them.
func BenchmarkTree(b *testing.B) {
	h := sampleHistory(b)
	set := defaults(b)
	tree := h.tree(len(h.ids) - 1)
	var pages [][]byte
	var paths []string
	for p, data := range tree.files {
		if wiki.IsPage(p) {
			pages = append(pages, data)
			paths = append(paths, p)
		}
	}
	var parse, check best
	for b.Loop() {
		parse.take(floor(pages...))
		start := time.Now()
		if _, err := Lint(set, LintInput{Tree: tree, Paths: paths, Host: wiki.Hosts()[0], Own: sampleOwn}); err != nil {
			b.Fatal(err)
		}
		check.take(time.Since(start))
	}
	b.ReportMetric(check.ratio(parse), "x-parse")
	b.ReportMetric(float64(len(pages)), "pages")
}

// grow makes a wiki of n pages, no two alike, of the pages of the sample wiki; a hundred to a directory.
func grow(b *testing.B, n int) map[string][]byte {
	h := sampleHistory(b)
	var sample [][]byte
	tree := h.tree(len(h.ids) - 1)
	walk(tree, "", 0, func(p, _ string, _ uint32) {
		if data := tree.files[p]; wiki.IsPage(p) && len(data) < 3000 {
			sample = append(sample, data)
		}
	})
	files := make(map[string][]byte, n)
	for i := range n {
		p := fmt.Sprintf("%03d/%02d/page-%d.md", i/10000, i/100%100, i)
		text := slicesConcat(sample[i%len(sample)], fmt.Sprintf("\nPage %d, voir [la suivante](page-%d.md).\n", i, i-i%100+(i+1)%100))
		files[p] = text
	}
	return files
}

func slicesConcat(data []byte, more string) []byte { return append(bytes.Clone(data), more...) }

// BenchmarkPatch checks a patch that renames one page and edits another against a warm index, in wikis of three sizes;
// "x-diff-tree" is the ratio to `git diff-tree` of the same two trees.
func BenchmarkPatch(b *testing.B) {
	for _, n := range []int{1000, 10000, 100000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			files := grow(b, n)
			base := newTree(files)
			index := wiki.NewIndex()
			host := wiki.Hosts()[0]
			index.Graph(base, host, wiki.Own{})
			changed := patched(files)
			head := newTree(changed)
			gitDir := commitBoth(b, files, changed)

			c := Change{Base: base, Host: host, Index: index, Heads: []Head{{Part: 1, Tree: head,
				Files: []FileChange{{Path: "000/01/moved.md", OldPath: "000/01/page-150.md", Status: "R"}}}}}
			set := defaults(b)
			var diff, check best
			for b.Loop() {
				start := time.Now()
				if out, err := exec.Command("git", "-C", gitDir, "diff-tree", "-r", "a", "b").Output(); err != nil || len(out) == 0 {
					b.Fatal(err)
				}
				diff.take(time.Since(start))
				start = time.Now()
				res, err := Run(set, c)
				check.take(time.Since(start))
				if err != nil || !has(res.Findings, "000/01/page-149.md", "inbound-link", "page-150.md") || !has(res.Findings, "000/02/page-201.md", "broken-link", "nowhere.md") {
					b.Fatal(brief(res.Findings), err)
				}
			}
			b.ReportMetric(check.ratio(diff), "x-diff-tree")
			b.ReportMetric(float64(time.Duration(check).Microseconds()), "µs/check")
		})
	}
}

// patched is a wiki of grow after the patch.
func patched(files map[string][]byte) map[string][]byte {
	changed := cloneFiles(files)
	changed["000/01/moved.md"] = changed["000/01/page-150.md"]
	delete(changed, "000/01/page-150.md")
	changed["000/02/page-201.md"] = slicesConcat(changed["000/02/page-201.md"], "\n[x](nowhere.md)\n")
	return changed
}

// GrownRepo is a bare repository with a wiki of n pages at the tag a and the same after a patch at b.
func GrownRepo(b *testing.B, n int) string {
	files := grow(b, n)
	return commitBoth(b, files, patched(files))
}

// commitBoth makes a repository with the tags a and b for two trees.
func commitBoth(b *testing.B, before, after map[string][]byte) string {
	dir := filepath.Join(b.TempDir(), "wiki.git")
	if out, err := exec.Command("git", "init", "-q", "--bare", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var in bytes.Buffer
	commit := func(tag string, files map[string][]byte, known map[string][]byte) {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter a <a@example.org> 0 +0000\ndata 0\n")
		for p := range known {
			if _, ok := files[p]; !ok {
				fmt.Fprintf(&in, "D %s\n", p)
			}
		}
		for p, data := range files {
			if old, ok := known[p]; !ok || !bytes.Equal(old, data) {
				fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", p, len(data), data)
			}
		}
		fmt.Fprintf(&in, "reset refs/tags/%s\nfrom refs/heads/main\n\n", tag)
	}
	commit("a", before, nil)
	commit("b", after, before)
	cmd := exec.Command("git", "-C", dir, "fast-import", "--quiet")
	cmd.Stdin = &in
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("git fast-import: %v: %s", err, out)
	}
	return dir
}

// BenchmarkIndex loads the index file of 10,000 pages: its time, its size a page, and the memory of index and graph.
func BenchmarkIndex(b *testing.B) {
	const n = 10000
	base := newTree(grow(b, n))
	host := wiki.Hosts()[0]
	var file bytes.Buffer
	index := wiki.NewIndex()
	index.Graph(base, host, wiki.Own{})
	if err := index.Save(&file, true); err != nil {
		b.Fatal(err)
	}
	index = nil
	var loaded *wiki.Index
	for b.Loop() {
		loaded = wiki.NewIndex()
		if _, err := loaded.Load(bytes.NewReader(file.Bytes())); err != nil || loaded.Len() != n {
			b.Fatal(loaded.Len(), err)
		}
	}
	var before, after runtime.MemStats
	loaded = nil
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	loaded = wiki.NewIndex()
	if _, err := loaded.Load(bytes.NewReader(file.Bytes())); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	loaded.Graph(base, host, wiki.Own{})
	b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms-graph")
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(file.Len())/n, "B/page")
	b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/1e6, "MB")
	runtime.KeepAlive(loaded)
	runtime.KeepAlive(base)
	runtime.KeepAlive(&file)
}
