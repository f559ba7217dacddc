package wiki

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

// fill repeats a text up to n bytes.
func fill(s string, n int) string { return strings.Repeat(s, n/len(s)+1)[:n] }

// hostile are pages made to cost more than they weigh, of about n bytes each.
func hostile(n int) map[string]string {
	var ticks, list strings.Builder
	for i := 1; ticks.Len() < n; i++ {
		ticks.WriteString(strings.Repeat("`", i) + " ")
	}
	for i := 0; list.Len() < n; i++ {
		list.WriteString(strings.Repeat(" ", i%200*2) + "- a\n")
	}
	table := func(columns int) string {
		return fill("|a", 2*columns) + "\n" + fill("|-", 2*columns) + "\n" + fill("|\n", n)
	}
	pages := map[string]string{
		"backtick runs": ticks.String(), "nested list": list.String(),
		"wide table": table(10000), "table of padding": table(199), "rows": "|a|b|\n|-|-|\n" + fill("|`x`|https://x.fr|\n", n),
		"html block": "<div>\n" + fill("<a href='x'>\n", n), "lazy quote": "> a\n" + fill("b\n", n),
		"stars around": fill("*", n/2) + "a" + fill("*", n/2), "links in emphasis in links": fill("[*a", n/2) + fill("](b)*", n/2),
		"destination": "[a](" + fill("(", n), "bare in emphasis": "*" + fill("a://", n) + "*",
		"header of colons": "---\n" + fill("a: b: c\n", 60000) + "---\n", "header of titles": "---\n" + fill("title: a: b\n", 60000) + "---\n",
		"header of aliases":  "---\na: &a [x,x]\n" + fill("b: *a\n", 60000) + "---\n",
		"header of brackets": "---\n" + fill("[", 60000) + "\n---\n", "header of braces": "---\n" + fill("{a: ", 60000) + "\n---\n",
		"header of lists": "---\n" + fill("- ", 60000) + "\n---\n", "header of keys": "---\n" + fill("? ", 60000) + "\n---\n",
		"comments": "<!-- patchbot-disable -->\n" + fill("<!---->", n),
	}
	for _, unit := range []string{
		">", "> ", "- ", "[", "[a](", "]", "![", "[a](b) ", "[a](b)\n", "[a](b)\n\n", "[a][b]", "[a]: b\n", "[a]: b\n\n", "[a]: b 'x\n",
		"*a ", "*a **b ", "a*b_c", "*", "* ", "_a_", "*a_ ", "` `` ", "<", "<!--", "<a ", "<a b='", "<![CDATA[", "<?", "&amp;", "\\",
		"https://x", "https://x.fr ", "a", "a://", "# a\n", "a\n-\n", "a\n", "<div>\n", "```\n", "~a~", "~~a ", "\x00", "\t", "a\t", "a\r\n",
		"a@b.c ", "[a](b \"", "\\[", "*[a](b)* ", "a\n|-|-\n", "> - ", "> a\n\n", "1. a\n", "    a\n", "[[a][b]]", "(a)[b]", "\u200B", "www.",
		"[a](b c.md)", "[a](#x) ", "# x\n\n[a](#y)\n", "<a name=x>", "]: [", "\xff",
	} {
		pages[unit] = fill(unit, n)
	}
	return pages
}

// TestHostile: whatever the page, it is read, and what is said of it is sound.
func TestHostile(t *testing.T) {
	for name, src := range hostile(64 << 10) {
		for _, h := range Hosts()[:2] {
			p := ReadPage([]byte(src), h)
			sound(t, name, p)
			h.Anchors(p.Facts())
		}
	}
	p := ReadPage(bytes.Repeat([]byte("a page of fifty megabytes\n"), 2<<20), Hosts()[0])
	if p.Refused != "bytes" || len(p.Nodes) != 0 {
		t.Errorf("a page of 50 MB: refused %q, %d nodes", p.Refused, len(p.Nodes))
	}
	for cut, src := range map[string]string{
		"nesting": fill("> ", 1000), "brackets": fill("[", 1000), "marks": fill("*a ", 30000), "table": fill("|a", 600) + "\n" + fill("|-", 600) + "\n",
	} {
		if p := ReadPage([]byte(src), Hosts()[0]); p.Cut != cut {
			t.Errorf("%s: cut %q", cut, p.Cut)
		}
	}
}

// sound checks what every page promises: ranges within the page, containers around what they hold, order of the source.
func sound(t *testing.T, name string, p *Page) {
	t.Helper()
	n := int32(len(p.Source))
	last := int32(0)
	for i, x := range p.Nodes {
		if x.Start < 0 || x.End < x.Start || x.End > n || x.Inner < x.Start || x.InnerEnd < x.Inner || x.InnerEnd > x.End {
			t.Fatalf("%.40q: node %d of %d bytes: %+v", name, i, n, x)
		}
		if x.Parent >= int32(i) || x.Parent < -1 {
			t.Fatalf("%.40q: node %d has parent %d", name, i, x.Parent)
		}
		if x.Start < last {
			t.Fatalf("%.40q: node %d begins at %d, before the one before it at %d", name, i, x.Start, last)
		}
		last = x.Start
		if x.Link >= int32(len(p.Links)) {
			t.Fatalf("%.40q: node %d has link %d of %d", name, i, x.Link, len(p.Links))
		}
	}
	for i, l := range p.Links {
		if l.Start < 0 || l.End < l.Start || l.End > n || l.Node < 0 || int(l.Node) >= len(p.Nodes) {
			t.Fatalf("%.40q: link %d: %+v", name, i, l)
		}
	}
	for _, b := range p.Brackets {
		if b.Start < 0 || b.End <= b.Start || b.End > n || p.Source[b.End-1] != ']' {
			t.Fatalf("%.40q: bracket %+v", name, b)
		}
	}
	for _, tag := range p.Tags {
		if tag.Start < 0 || tag.End <= tag.Start || tag.End > n || p.Source[tag.Start] != '<' || p.Source[tag.End-1] != '>' {
			t.Fatalf("%.40q: tag %+v", name, tag)
		}
	}
	if f := p.Front; f != nil && (f.Start > f.End || f.End > len(p.Source) || f.Err != nil && (f.Err.Offset < 0 || f.Err.Offset > len(p.Source))) {
		t.Fatalf("%.40q: front matter %+v %+v", name, f, f.Err)
	}
	if p.Body < 0 || p.Body > len(p.Source) {
		t.Fatalf("%.40q: body at %d", name, p.Body)
	}
	for off := int32(0); off <= n; off += 1 + n/50 {
		line, column := p.Position(off)
		if line < 1 || line > max(p.LineCount(), 1) || column < 1 {
			t.Fatalf("%.40q: offset %d is %d:%d", name, off, line, column)
		}
	}
}

// BenchmarkHostile reads every hostile page of a megabyte; "x-prose" is the ratio of the worst one to a megabyte of prose.
func BenchmarkHostile(b *testing.B) {
	prose := []byte(fill("Un paragraphe de texte, avec un [lien](page.md) et *un mot* en italique.\nIl a deux lignes.\n\n", MaxBytes))
	pages := hostile(MaxBytes - 100)
	read := func(src []byte) time.Duration {
		best := time.Duration(math.MaxInt64)
		for range 3 {
			start := time.Now()
			ReadPage(src, Hosts()[0]).Facts()
			best = min(best, time.Since(start))
		}
		return best
	}
	for b.Loop() {
		floor, worst, name := read(prose), time.Duration(0), ""
		for n, src := range pages {
			if d := read([]byte(src)); d > worst {
				worst, name = d, n
			}
		}
		b.ReportMetric(worst.Seconds()/floor.Seconds(), "x-prose")
		b.Logf("worst: %.20q, %v", name, worst)
	}
}
