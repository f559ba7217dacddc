package checks

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"patchbot/internal/wiki"
)

// tree makes a tree of pairs of path and content.
func treeOf(pairs ...string) *memTree {
	files := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = []byte(pairs[i+1])
	}
	return newTree(files)
}

func runOn(t *testing.T, base wiki.Tree, heads ...wiki.Tree) *Result {
	t.Helper()
	c := Change{Base: base, Host: wiki.Hosts()[0]}
	for i, h := range heads {
		c.Heads = append(c.Heads, Head{Part: i + 1, Tree: h})
	}
	res, err := Run(defaults(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestBlame: a finding belongs to the part that brought it, whatever later parts do to its line or its page.
func TestBlame(t *testing.T) {
	text := "One\n\nTwo\n\nThree, a longer line that stays\n\nFour, another one\n"
	base := treeOf("a.md", text)
	one := treeOf("a.md", text+"\n[x](gone.md)\n")
	two := treeOf("a.md", "Zero\n\n"+text+"\n[x](gone.md), edited\n\n[y](also-gone.md)\n")
	three := treeOf("b.md", "Zero\n\n"+text+"\n[x](gone.md), edited\n\n[y](also-gone.md)\n")
	res := runOn(t, base, one, two, three)
	var got []string
	for _, f := range res.Findings {
		got = append(got, fmt.Sprintf("%d %s %s", f.Part, f.Path, f.Detail))
	}
	want := []string{"1 b.md gone.md", "2 b.md also-gone.md"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRepaired: what one part breaks and another repairs is no finding; it is said, once.
func TestRepaired(t *testing.T) {
	base := treeOf("index.md", "[a](a.md)\n", "a.md", "# A\n\nText of the page.\n")
	moved := treeOf("index.md", "[a](a.md)\n", "b.md", "# A\n\nText of the page.\n")
	same := treeOf("index.md", "[a](a.md)\n", "b.md", "# A\n\nText of the page.\n", "other.md", "x\n")
	mended := treeOf("index.md", "[a](b.md)\n", "b.md", "# A\n\nText of the page.\n", "other.md", "x\n")
	res := runOn(t, base, moved, same, mended)
	if len(res.Findings) != 0 {
		t.Errorf("findings: %v", brief(res.Findings))
	}
	if len(res.Repaired) != 1 || res.Repaired[0].Rule != "inbound-link" || res.Repaired[0].Part != 1 || res.Repaired[0].By != 3 {
		t.Errorf("repaired: %+v", res.Repaired)
	}
}

func TestFixedAndInherited(t *testing.T) {
	base := treeOf("a.md", "[a](gone.md)\n\n[b](lost.md)\n\nhttps://x.fr.\n", "z.md", "[c](new.md)\n", "d.md", "[d](gone.md)\n")
	head := treeOf("a.md", "https://x.fr.\n\nNew text, and [b](lost.md) again.\n", "z.md", "[c](new.md)\n", "new.md", "x\n")
	res := runOn(t, base, head)
	// a.md loses one broken link, z.md's link is mended by the new page; the problem of the deleted page is nobody's merit.
	if res.Fixed != 2 || res.Inherited != 2 || len(res.Findings) != 0 {
		t.Errorf("fixed %d, inherited %d, findings %v", res.Fixed, res.Inherited, brief(res.Findings))
	}
}

// TestWorseIsNoRepair has a problem give way to another one at the same place: nothing is repaired.
func TestWorseIsNoRepair(t *testing.T) {
	for name, tt := range map[string]struct{ before, after []string }{
		"a file that was not served is deleted": {[]string{"a.md", "[x](x.pdf)\n", "x.pdf", "x"}, []string{"a.md", "[x](x.pdf)\n"}},
		"in a changed page too":                 {[]string{"a.md", "[x](x.pdf)\n", "x.pdf", "x"}, []string{"a.md", "[x](x.pdf)\n\nText\n"}},
		"the page is renamed":                   {[]string{"a.md", "# A\n\n[x](x.pdf)\n", "x.pdf", "x"}, []string{"b.md", "# A\n\n[x](x.pdf)\n"}},
		"an unreadable header is hidden":        {[]string{"a.md", "---\ntitle: a: b\n---\n"}, []string{"a.md", "---\r\ntitle: a: b\r\n---\r\n"}},
	} {
		if res := runOn(t, treeOf(tt.before...), treeOf(tt.after...)); res.Fixed != 0 || len(res.Findings) == 0 {
			t.Errorf("%s: fixed %d, introduced %v", name, res.Fixed, brief(res.Findings))
		}
	}
	// One of two links is repaired while the other gets worse.
	res := runOn(t, treeOf("a.md", "[x](x.pdf)\n\n[y](x.pdf)\n", "x.pdf", "x"), treeOf("a.md", "[x](x.pdf)\n"))
	if res.Fixed != 1 || len(res.Findings) != 1 {
		t.Errorf("fixed %d, introduced %v", res.Fixed, brief(res.Findings))
	}
}

// TestCarried: what was there before is not introduced by touching it.
func TestCarried(t *testing.T) {
	for name, tt := range map[string]struct{ before, after []string }{
		"moved":                   {[]string{"a.md", "[x](gone.md)\n\nText\n\nMore\n"}, []string{"a.md", "Text\n\nMore\n\n[x](gone.md)\n"}},
		"edited in place":         {[]string{"a.md", "See [x](gone.md) there\n"}, []string{"a.md", "Look at [the x](gone.md) over there\n"}},
		"style in an edited line": {[]string{"a.md", "#Title\n\ntext\n"}, []string{"a.md", "#Another title\n\ntext\n"}},
		"renamed":                 {[]string{"a.md", "# A\n\n[x](gone.md)\n\nhttps://x.fr.\n"}, []string{"b.md", "# A\n\n[x](gone.md)\n\nhttps://x.fr.\n"}},
		"renamed and edited": {
			[]string{"a.md", "# A\n\n[x](gone.md)\n\nhttps://x.fr.\n\nText that stays.\n"},
			[]string{"dir/b.md", "# B\n\n[x](gone.md)\n\nhttps://x.fr.\n\nText that stays.\n"}},
		"taken to another page": {
			[]string{"a.md", "# A\n\nText\n\n[x](gone.md)\n", "b.md", "# B\n"},
			[]string{"a.md", "# A\n\nText\n", "b.md", "# B\n\n[x](gone.md)\n"}},
		"header": {[]string{"a.md", "---\ntitle: a: b\n---\n"}, []string{"a.md", "---\ntitle: a: c\n---\n\nText\n"}},
	} {
		if res := runOn(t, treeOf(tt.before...), treeOf(tt.after...)); len(res.Findings) != 0 {
			t.Errorf("%s: introduced %v", name, brief(res.Findings))
		}
	}
	for name, tt := range map[string]struct{ before, after, want string }{
		"a second link to the same":   {"[x](gone.md)\n", "[x](gone.md) and [x](gone.md)\n", "gone.md"},
		"another link on the line":    {"[x](gone.md)\n", "[x](lost.md)\n", "lost.md"},
		"a new problem in a new line": {"#Title\n", "#Title\n\nText\n\n#Other\n", ""},
	} {
		res := runOn(t, treeOf("a.md", tt.before), treeOf("a.md", tt.after))
		if len(res.Findings) != 1 || res.Findings[0].Detail != tt.want {
			t.Errorf("%s: introduced %v", name, brief(res.Findings))
		}
	}
}

// TestSilence: comments that switch rules off count when they stand in the base, never when the patch brings them.
func TestSilence(t *testing.T) {
	comment := "<!-- patchbot-disable broken-link -->\n\n"
	broken := "[x](gone.md)\n"
	if res := runOn(t, treeOf("a.md", "Text\n"), treeOf("a.md", comment+"Text\n\n"+broken)); len(res.Findings) != 1 {
		t.Errorf("a comment of the patch silenced: %v", brief(res.Findings))
	}
	if res := runOn(t, treeOf("a.md", comment+"Text\n"), treeOf("a.md", comment+"Text\n\n"+broken)); len(res.Findings) != 0 {
		t.Errorf("a comment of the base did not silence: %v", brief(res.Findings))
	}
	if res := runOn(t, treeOf("a.md", comment+"Text of the page\n"), treeOf("b.md", comment+"Text of the page\n\n"+broken)); len(res.Findings) != 0 {
		t.Errorf("a comment did not follow its page: %v", brief(res.Findings))
	}
	for text, want := range map[string]int{
		broken: 1, comment + broken: 0, broken + "\n" + comment: 1,
		"<!-- markdownlint-disable -->\n\n" + broken:                           0,
		"<!-- patchbot-disable no-such-rule -->\n\n" + broken:                  1,
		"[x](gone.md) <!-- patchbot-disable-line -->\n":                        0,
		"text <!-- patchbot-disable-next-line broken-link -->\n[x](gone.md)\n": 0,
		comment + "<!-- patchbot-enable -->\n\n" + broken:                      1,
		broken + "\n<!-- patchbot-disable-file broken-link -->\n":              0,
		"<!-- patchbot-disable front-matter -->\n\n" + broken:                  1,
		"`<!-- patchbot-disable -->`\n\n" + broken:                             1,
	} {
		fs, err := Lint(defaults(t), LintInput{Tree: treeOf("a.md", text), Host: wiki.Hosts()[0]})
		if err != nil {
			t.Fatal(err)
		}
		if len(fs) != want {
			t.Errorf("%q: %v", text, brief(fs))
		}
	}
}

// TestLinks: the external links that a series adds, once each, where the last tree has them.
func TestLinks(t *testing.T) {
	own := wiki.Own{WikiURLs: []string{"https://man.sr.ht/~o/w"}}
	base := treeOf("a.md", "[old](https://old.fr/)\n", "b.md", "x\n")
	one := treeOf("a.md", "[old](https://old.fr/) <https://one.fr/>\n\n[gone](https://gone.fr/)\n", "b.md", "x\n")
	two := treeOf("a.md", "Text\n\nétat [old](https://old.fr/) <https://one.fr/>\n", "b.md",
		"[one](https://one.fr/) [two](//two.fr/x) [m](mailto:a@example.org) [w](https://man.sr.ht/~o/w/a.md) `https://code.fr`\n\n[old](https://old.fr/)\n")
	res, err := Run(defaults(t), Change{Base: base, Host: wiki.Hosts()[0], Own: own, Heads: []Head{{Part: 1, Tree: one}, {Part: 2, Tree: two}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range res.Links {
		got = append(got, fmt.Sprintf("%d %s %s:%d:%d %.8s", l.Part, l.URL, l.Path, l.Line, l.Column, l.Source))
	}
	want := []string{"1 https://one.fr/ a.md:3:30 état [ol", "2 https://two.fr/x b.md:1:30 [one](ht"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRunErrors(t *testing.T) {
	if _, err := Run(nil, Change{}); err == nil {
		t.Error("a run without rules")
	}
	if _, err := Lint(defaults(t), LintInput{}); err == nil {
		t.Error("a lint without a tree")
	}
	_, err := Lint(defaults(t), LintInput{Tree: treeOf("a.md", "x\n"), Host: wiki.Hosts()[0], Paths: []string{"b.md"}})
	if err == nil || !strings.Contains(err.Error(), "b.md") {
		t.Errorf("a path that is not there: %v", err)
	}
	res, err := Run(defaults(t), Change{Base: treeOf("a.md", "x\n"), Host: wiki.Hosts()[0]})
	if err != nil || len(res.Findings) != 0 {
		t.Errorf("no parts: %+v, %v", res, err)
	}
	broken := brokenTree{treeOf("a.md", "x\n", "b.md", "[a](a.md)\n")}
	if _, err := Run(defaults(t), Change{Base: treeOf("b.md", "y\n"), Host: wiki.Hosts()[0], Heads: []Head{{Part: 1, Tree: broken}}}); err != nil {
		t.Errorf("a tree that cannot be read: %v", err)
	}
}

// brokenTree lists its files and cannot read them.
type brokenTree struct{ *memTree }

func (brokenTree) Read(string) ([]byte, error) { return nil, errors.New("input/output error") }

func TestLintPaths(t *testing.T) {
	tree := treeOf("a.md", "[x](gone.md)\n", "d/b.md", "[x](gone.md)\n", "d/e/c.md", "[x](gone.md)\n", "f.md", "[x](gone.md)\n")
	for _, tt := range []struct {
		paths []string
		want  string
	}{
		{nil, "a.md d/b.md d/e/c.md f.md"}, {[]string{"."}, "a.md d/b.md d/e/c.md f.md"}, {[]string{"./d/"}, "d/b.md d/e/c.md"},
		{[]string{"f.md", "d/e", "f.md"}, "d/e/c.md f.md"},
	} {
		fs, err := Lint(defaults(t), LintInput{Tree: tree, Host: wiki.Hosts()[0], Paths: tt.paths})
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, f := range fs {
			paths = append(paths, f.Path)
		}
		if got := strings.Join(paths, " "); got != tt.want {
			t.Errorf("%q: %s", tt.paths, got)
		}
	}
}

// TestLineMap: the lines that a map carries over are the same lines, in order; the others belong to a hunk.
func TestLineMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", ""})
		old := rapid.SliceOfN(line, 0, 30).Draw(t, "old")
		now := slices.Clone(old)
		for range rapid.IntRange(0, 6).Draw(t, "edits") {
			i := rapid.IntRange(0, len(now)).Draw(t, "at")
			switch {
			case i < len(now) && rapid.Bool().Draw(t, "delete"):
				now = slices.Delete(now, i, i+1)
			default:
				now = slices.Insert(now, i, line.Draw(t, "line"))
			}
		}
		m := diffLines([]byte(strings.Join(old, "\n")+"\n"), []byte(strings.Join(now, "\n")+"\n"))
		a, b := splitLines([]byte(strings.Join(old, "\n")+"\n")), splitLines([]byte(strings.Join(now, "\n")+"\n"))
		last, kept := 0, 0
		for i := 1; i < len(m.to); i++ {
			to := m.to[i]
			if to == 0 {
				if m.hunk[i] == 0 {
					t.Fatalf("old line %d is gone without a hunk", i)
				}
				continue
			}
			kept++
			if to <= last || !bytes.Equal(a[i-1], b[to-1]) {
				t.Fatalf("old line %d %q is not new line %d", i, a[i-1], to)
			}
			last = to
		}
		if want := longestCommon(a, b); kept != want {
			t.Fatalf("%d lines kept of %d that could be\n%q\n%q", kept, want, old, now)
		}
	})
}

// longestCommon is the length of the longest common subsequence, the slow way.
func longestCommon(a, b [][]byte) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			up := row[j+1]
			if bytes.Equal(x, y) {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(up, row[j])
			}
			diagonal = up
		}
	}
	return row[len(b)]
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b  string
		limit int
		want  int
	}{{"", "", 3, 0}, {"guide", "guides", 3, 1}, {"kitten", "sitting", 5, 3}, {"abc", "xyz", 1, 2}, {"é", "e", 2, 1}, {"a", "abcdef", 2, 3}} {
		if got := distance([]rune(tt.a), []rune(tt.b), tt.limit); got != tt.want {
			t.Errorf("%q %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
	if best, unique := nearest("guide", []string{"guides", "guise"}, 0.4); best != "guides" || unique {
		t.Errorf("%q %v", best, unique)
	}
}

func TestRelative(t *testing.T) {
	for _, tt := range [][3]string{
		{"a.md", "b.md", "b.md"}, {"a.md", "d/b.md", "d/b.md"}, {"d/a.md", "b.md", "../b.md"}, {"d/a.md", "d/b.md", "b.md"},
		{"d/e/a.md", "f/b.md", "../../f/b.md"}, {"d/a.md", "de/b.md", "../de/b.md"}, {"a.md", "b::c.md", "./b::c.md"},
		{"a.md", "b c#(1).md", "b%20c%23%281%29.md"}, {"d/e/a.md", "d/b.md", "../b.md"},
	} {
		if got := relative(tt[0], tt[1], ""); got != tt[2] {
			t.Errorf("from %s to %s: %q, want %q", tt[0], tt[1], got, tt[2])
		}
		for _, h := range wiki.Hosts() {
			if ref := h.Locate(tt[0], tt[2], wiki.Own{}); ref.Kind != wiki.Internal || ref.Path != tt[1] {
				t.Errorf("%s reads %q on %s as %+v", h.Name(), tt[2], tt[0], ref)
			}
		}
	}
}

// TestUnreadable: a failure to read is the call's, whichever tree has it and whatever would follow from what is not there.
func TestUnreadable(t *testing.T) {
	page := []string{"index.md", "[a](a.md#one)\n", "a.md", "# One\n"}
	broken := func(path string) *memTree {
		tree := treeOf(page...)
		tree.fails = path
		return tree
	}
	head := treeOf("index.md", "[a](a.md#one), edited\n", "a.md", "# Two\n")
	cases := map[string]Change{
		"the changed page of the base": {Base: broken("index.md"), Heads: []Head{{Part: 1, Tree: head}}},
		"the target in the base":       {Base: broken("a.md"), Heads: []Head{{Part: 1, Tree: head}}},
		"a page of a middle part": {Base: treeOf("index.md", "x\n"), Heads: []Head{
			{Part: 1, Tree: broken("index.md")}, {Part: 2, Tree: treeOf(page...)}}},
		"the last part": {Base: head, Heads: []Head{{Part: 1, Tree: broken("a.md")}}},
	}
	for name, c := range cases {
		c.Host = wiki.Hosts()[0]
		if res, err := Run(defaults(t), c); err == nil || !strings.Contains(err.Error(), "input/output") {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
	if fs, err := Lint(defaults(t), LintInput{Tree: broken("a.md"), Host: wiki.Hosts()[0]}); err == nil {
		t.Errorf("lint: %v", brief(fs))
	}
}

// TestOneCause: what hides the header of a page is one finding, not one of every rule that then sees other things.
func TestOneCause(t *testing.T) {
	page := "---\ntitle: Page\ntoc: true\n---\n\n# One\n\nSee [page A](a.md).\n\n## Two\n"
	others := []string{"a.md", "---\ntitle: A\n---\n", "b.md", "---\ntitle: B\n---\n", "c.md", "---\ntitle: C\n---\n"}
	base := treeOf(others...)
	for text, want := range map[string]string{
		strings.ReplaceAll(page, "\n", "\r\n"):                                          "front-matter.crlf",
		"\uFEFF" + page:                                                                 "front-matter.bom",
		"\uFEFF" + strings.ReplaceAll(page, "\n", "\r\n"):                               "front-matter.bom encoding.crlf",
		strings.Replace(page, "---", "--- ", 1):                                         "front-matter.mark",
		strings.ReplaceAll(strings.Replace(page, "title: Page\n", "", 1), "\n", "\r\n"): "front-matter.crlf",
		strings.ReplaceAll("# One\n\n## Two\n", "\n", "\r\n"):                           "title.missing encoding.crlf",
	} {
		var got []string
		for _, f := range runOn(t, base, treeOf(append([]string{"page.md", text}, others...)...)).Findings {
			got = append(got, f.Message.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%.30q: %q, want %q", text, got, want)
		}
	}
}
