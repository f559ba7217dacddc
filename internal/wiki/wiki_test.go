package wiki

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// TestNodes reads one page with a construct of each kind and compares the list with testdata/nodes.txt.
func TestNodes(t *testing.T) {
	src, err := os.ReadFile("testdata/nodes.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/nodes.txt")
	if err != nil && !*update {
		t.Fatal(err)
	}
	got := describe(ReadPage(src, Hosts()[0]))
	if *update {
		if err := os.WriteFile("testdata/nodes.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var kindNames = [...]string{
	Paragraph: "paragraph", Heading: "heading", ThematicBreak: "break", Quote: "quote", List: "list", Item: "item",
	CodeBlock: "code block", Fence: "fence", HTMLBlock: "html block", Definition: "definition", Table: "table", Row: "row",
	Cell: "cell", LinkNode: "link", ImageNode: "image", Autolink: "autolink", BareURL: "bare URL", CodeSpan: "code",
	Emphasis: "emphasis", Strong: "strong", Strike: "strike", HTML: "html",
}

// describe lists the nodes of a page, indented as they nest: kind, place, source and destination.
func describe(p *Page) string {
	var b strings.Builder
	depth := make([]int, len(p.Nodes))
	for i, n := range p.Nodes {
		if n.Parent >= 0 {
			depth[i] = depth[n.Parent] + 1
		}
		line, column := p.Position(n.Start)
		endLine, endColumn := p.Position(n.End)
		b.WriteString(strings.Repeat("  ", depth[i]) + kindNames[n.Kind])
		if n.Level > 0 {
			b.WriteString(" " + string('0'+rune(n.Level)))
		}
		b.WriteString(fmt.Sprintf(" %d:%d-%d:%d %.60q", line, column, endLine, endColumn, p.Text(n.Inner, n.InnerEnd)))
		if n.Link >= 0 {
			l := p.Links[n.Link]
			line, column := p.Position(l.Start)
			b.WriteString(fmt.Sprintf(" → %q at %d:%d", l.Dest, line, column))
		}
		b.WriteByte('\n')
	}
	for _, x := range p.Brackets {
		line, column := p.Position(x.Start)
		b.WriteString(fmt.Sprintf("bracket %d:%d %q label %q\n", line, column, p.Text(x.Start, x.End), x.Label))
	}
	for _, x := range p.Tags {
		line, column := p.Position(x.Start)
		b.WriteString(fmt.Sprintf("tag %d:%d %s close %v %d attributes\n", line, column, x.Name, x.Close, len(x.Attrs)))
	}
	return b.String()
}

func TestPosition(t *testing.T) {
	p := Lines([]byte("é🚀x\r\n\r\nlast"))
	for off, want := range map[int32][2]int{0: {1, 1}, 2: {1, 2}, 6: {1, 3}, 7: {1, 4}, 8: {1, 4}, 9: {2, 1}, 11: {3, 1}, 15: {3, 5}} {
		if line, column := p.Position(off); [2]int{line, column} != want {
			t.Errorf("offset %d: %d:%d, want %v", off, line, column, want)
		}
	}
	if got := string(p.Line(1)); got != "é🚀x" {
		t.Errorf("line 1: %q", got)
	}
	if p.LineCount() != 3 || Lines(nil).LineCount() != 1 || Lines([]byte("a\n")).LineCount() != 1 {
		t.Error("lines are miscounted")
	}
}

func TestLocate(t *testing.T) {
	own := Own{
		WikiURLs: []string{"https://man.sr.ht/~owner/wiki/", "https://man.sr.ht/~former/wiki"},
		RepoURLs: []string{"https://git.sr.ht/~owner/wiki", "https://gitlab.example.org/g/wiki"}, Branches: []string{"main"},
	}
	for _, tt := range []struct {
		host, from, dest string
		want             Ref
	}{
		{"sourcehut", "a/b.md", "c.md", Ref{Kind: Internal, Path: "a/c.md"}},
		{"sourcehut", "a/b.md", "../c.md?x=1#y", Ref{Kind: Internal, Path: "c.md", Fragment: "y"}},
		{"sourcehut", "a/b.md", "..", Ref{Kind: Internal, Slash: true}},
		{"sourcehut", "a/b.md", "../../c.md", Ref{Kind: Outside}},
		{"sourcehut", "b.md", "c%20d%C3%A9.md#%C3%A9", Ref{Kind: Internal, Path: "c dé.md", Fragment: "é"}},
		{"sourcehut", "b.md", "100%.md", Ref{Kind: Internal, Path: "100%.md"}},
		{"sourcehut", "b.md", "dir/", Ref{Kind: Internal, Path: "dir", Slash: true}},
		{"sourcehut", "b.md", "#x", Ref{Kind: Internal, Path: "b.md", Same: true, Fragment: "x"}},
		{"sourcehut", "b.md", "", Ref{Kind: Nowhere}},
		{"sourcehut", "b.md", "/c.md", Ref{Kind: Outside}},
		{"sourcehut", "b.md", "/~owner/wiki/c.md", Ref{Kind: Internal, Path: "c.md"}},
		{"sourcehut", "b.md", "/%7Eowner/wiki", Ref{Kind: Internal, Slash: true}},
		{"sourcehut", "b.md", "/~other/wiki/c.md", Ref{Kind: External}},
		{"sourcehut", "b.md", "HTTP://MAN.sr.ht/~former/wiki/c.md#x", Ref{Kind: Internal, Path: "c.md", Fragment: "x"}},
		{"sourcehut", "b.md", "https://man.sr.ht/~owner/wikis/c.md", Ref{Kind: External, Scheme: "https"}},
		{"sourcehut", "b.md", "https://git.sr.ht/~owner/wiki/tree/main/item/d/c.ics#L3", Ref{Kind: Internal, Path: "d/c.ics", Repo: true}},
		{"sourcehut", "b.md", "https://git.sr.ht/~owner/wiki/blob/main/c.ics", Ref{Kind: Internal, Path: "c.ics", Repo: true}},
		{"sourcehut", "b.md", "https://git.sr.ht/~owner/wiki/tree/main", Ref{Kind: Internal, Repo: true}},
		{"sourcehut", "b.md", "https://git.sr.ht/~owner/wiki/tree/abc123/item/c", Ref{Kind: External, Scheme: "https"}},
		{"sourcehut", "b.md", "https://git.sr.ht/~owner/wiki/log", Ref{Kind: External, Scheme: "https"}},
		{"sourcehut", "b.md", "https://gitlab.example.org/g/wiki/-/blob/main/c", Ref{Kind: Internal, Path: "c", Repo: true}},
		{"sourcehut", "b.md", "//example.org/x", Ref{Kind: External}},
		{"sourcehut", "b.md", "tel:112", Ref{Kind: LostScheme, Scheme: "tel"}},
		{"sourcehut", "b.md", "a::b.md", Ref{Kind: LostScheme, Scheme: "a"}},
		{"sourcehut", "b.md", "./a::b.md", Ref{Kind: Internal, Path: "a::b.md"}},
		{"sourcehut", "b.md", "é:b.md", Ref{Kind: Internal, Path: "é:b.md"}},
		{"sourcehut", "b.md", "mailto:~a/b@lists.sr.ht", Ref{Kind: External, Scheme: "mailto"}},
		{"github", "a/b.md", "/c.md", Ref{Kind: Internal, Path: "c.md"}},
		{"github", "a/b.md", "tel:112", Ref{Kind: LostScheme, Scheme: "tel"}},
		{"gitlab", "a/b.md", "tel:112", Ref{Kind: External, Scheme: "tel"}},
		{"pandoc", "a/b.md", "c.md?q=1", Ref{Kind: Internal, Path: "a/c.md?q=1"}},
		{"github", "a/b.md", "javascript:x", Ref{Kind: LostScheme, Scheme: "javascript"}},
		{"gitlab", "a/b.md", "c.md", Ref{Kind: Internal, Path: "a/c.md", Fallback: "c.md"}},
		{"gitlab", "a/b.md", "../../c.md", Ref{Kind: Outside}},
		{"pandoc", "a/b.md", "c.html#d", Ref{Kind: Internal, Path: "a/c.html", Fallback: "a/c.md", Fragment: "d"}},
		{"pandoc", "b.md", "/c.html", Ref{Kind: Outside}},
	} {
		h, ok := HostByName(tt.host)
		if !ok {
			t.Fatal(tt.host)
		}
		if got := h.Locate(tt.from, tt.dest, own); got != tt.want {
			t.Errorf("%s: %q on %s:\n got %+v\nwant %+v", tt.host, tt.dest, tt.from, got, tt.want)
		}
	}
	if _, ok := HostByName("other"); ok {
		t.Error("a host called other")
	}
}

func TestDirTree(t *testing.T) {
	dir := t.TempDir()
	write := func(p, text string, perm fs.FileMode) {
		full := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), perm); err != nil {
			t.Fatal(err)
		}
	}
	write("index.md", "x", 0o644)
	write("a.b", "x", 0o644)
	write("a/c.md", "inside", 0o644)
	write("run.sh", "x", 0o755)
	write(".git/config", "secret", 0o644)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "passwd"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"out": outside, "file": "index.md"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tree := DirTree(os.DirFS(dir))
	var names []string
	tree.List("", func(name, _ string, mode uint32) bool {
		names = append(names, fmt.Sprintf("%s %o", name, mode))
		return true
	})
	want := []string{"a.b 100644", "a 40000", "file 120000", "index.md 100644", "out 120000", "run.sh 100755"}
	if !slices.Equal(names, want) {
		t.Errorf("entries %q, want %q", names, want)
	}
	if data, err := tree.Read("a/c.md"); err != nil || string(data) != "inside" {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := tree.Read("file"); err != nil || string(data) != "index.md" {
		t.Errorf("a symbolic link gives %q, %v", data, err)
	}
	for _, p := range []string{"out/passwd", "../passwd", "/etc/passwd", ".git/config", "a/../index.md", "gone", "a//c.md", "index.md/x"} {
		if _, _, ok := tree.Lookup(p); ok {
			t.Errorf("%q is found", p)
		}
		if _, err := tree.Read(p); err == nil {
			t.Errorf("%q is read", p)
		}
	}
}

func TestFrontMatter(t *testing.T) {
	f := ReadFront([]byte("---\ntitle: x\ntoc: false\ndate: 2022\n---\n"), Hosts()[0])
	if f == nil || f.Err != nil || f.Title != "x" || !f.HasTitle || f.Toc || !slices.Equal(f.Keys, []string{"title", "toc", "date"}) {
		t.Errorf("%+v", f)
	}
	for src, want := range map[string]int{ // where the Markdown begins on each kind of host
		"---\na: b\n---\nx": 13, "---\na: b ---\nc: d\n---\n": 13, "---\na: b\n...\nx": 0, "---\na: b\n---x\n": 0, "text\n---\n": 0,
	} {
		if _, body := cutFront([]byte(src), FrontSourceHut); body != want {
			t.Errorf("%q: the Markdown begins at %d, want %d", src, body, want)
		}
	}
	if _, body := cutFront([]byte("---\na: b\n...\nx"), FrontPandoc); body != 13 {
		t.Errorf("pandoc: the Markdown begins at %d", body)
	}
	if _, body := cutFront([]byte("---\r\na: b\r\n--- \r\nx"), FrontFence); body != 17 {
		t.Errorf("github: the Markdown begins at %d", body)
	}
}
