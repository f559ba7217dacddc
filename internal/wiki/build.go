package wiki

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// builder flattens one syntax tree into the nodes of a page.
type builder struct {
	p     *Page
	w     *watch
	d     Dialect
	src   []byte
	eaten int32 // end of the bare URL read last: what stands before it is part of the URL

	titles *titleRenderer // made with the first heading
	www    int32          // where the next "www." is, from an earlier look; behind the text when there is none
	blank  [2]int32       // a run without blanks that was read before: its first byte and its end
}

func build(p *Page, d Dialect) {
	// The parser reads from the start of the body, but positions must be those of the page: a blanked front matter would
	// cost a copy, so the reader is moved instead.
	w := &watch{src: p.Source}
	pc := parser.NewContext()
	pc.Set(watchKey, w)
	reader := text.NewReader(p.Source)
	reader.Advance(p.Body)
	root := markdown.Parse(reader, parser.WithContext(pc))
	w.sort()
	p.Brackets, p.Cut = w.brackets, w.cut
	p.Nodes = make([]Node, 0, 16+len(w.ends)+len(p.lines))
	b := &builder{p: p, w: w, d: d, src: p.Source, www: -1}
	for c := root.FirstChild(); c != nil; c = c.NextSibling() {
		b.block(c, -1)
	}
}

// pos is where a node begins. goldmark's own position can be beyond the text when a tab stands before a mark.
func (b *builder) pos(n ast.Node) int32 { return int32(min(max(n.Pos(), 0), len(b.src))) }

// add appends a node and returns its index. Its End may be corrected when its children are known.
func (b *builder) add(k Kind, parent int32, start, end int32) int32 {
	if n := len(b.p.Nodes); n > 0 {
		start = max(start, b.p.Nodes[n-1].Start)
	}
	end = max(end, start)
	b.p.Nodes = append(b.p.Nodes, Node{
		Kind: k, Parent: parent, Link: -1, Start: start, End: end, Inner: start, InnerEnd: end,
	})
	return int32(len(b.p.Nodes) - 1)
}

// block flattens one block and everything in it, and returns the offset where it ends.
func (b *builder) block(n ast.Node, parent int32) int32 {
	start := b.pos(n)
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		return b.text(b.add(Paragraph, parent, start, b.linesEnd(n.Lines(), start)), n)
	case *ast.Heading:
		return b.heading(n, parent)
	case *ast.ThematicBreak:
		end := b.lineEnd(start)
		b.add(ThematicBreak, parent, start, end)
		return end
	case *ast.CodeBlock:
		end := b.linesEnd(n.Lines(), start)
		b.add(CodeBlock, parent, start, end)
		return end
	case *ast.FencedCodeBlock:
		return b.fence(n, parent, start)
	case *ast.HTMLBlock:
		return b.html(n, parent, start)
	case *ast.LinkReferenceDefinition:
		return b.definition(n, parent, start)
	case *east.Table:
		return b.table(n, parent)
	case *ast.Blockquote:
		return b.container(Quote, StyleNone, n, parent, start)
	case *ast.List:
		if n.IsOrdered() {
			return b.container(List, Ordered, n, parent, start)
		}
		return b.container(List, StyleNone, n, parent, start)
	case *ast.ListItem:
		return b.container(Item, StyleNone, n, parent, start)
	}
	return start
}

func (b *builder) container(k Kind, s Style, n ast.Node, parent, start int32) int32 {
	i := b.add(k, parent, start, start)
	b.p.Nodes[i].Style = s
	end := b.lineEnd(start)
	if n.FirstChild() != nil {
		end = start
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		end = max(end, b.block(c, i))
	}
	b.p.Nodes[i].End, b.p.Nodes[i].InnerEnd = end, end
	return end
}

func (b *builder) heading(n *ast.Heading, parent int32) int32 {
	start := b.pos(n)
	i := b.add(Heading, parent, start, b.lineEnd(start))
	h := &b.p.Nodes[i]
	h.Level = uint8(n.Level)
	lines := n.Lines()
	if start < int32(len(b.src)) && b.src[start] == '#' && (lines.Len() == 0 || int32(lines.At(0).Start) > start) {
		h.Style = ATX
		if lines.Len() > 0 {
			h.Inner, h.InnerEnd = int32(lines.At(0).Start), int32(lines.At(0).Stop)
		} else {
			h.Inner = h.Start + int32(n.Level)
			h.InnerEnd = h.Inner
		}
		// In "## ##" the second run is no text, in "# \\#" it is.
		if rest := bytes.TrimRight(b.src[h.InnerEnd:h.End], " \t"); len(rest) > 0 && rest[len(rest)-1] == '#' {
			h.Style = ATXClosed
		}
	} else {
		h.Style = Setext
		if lines.Len() > 0 {
			last := b.linesEnd(lines, start)
			h.Inner = int32(lines.At(0).Start)
			if i > 0 { // of a paragraph that is partly a table, what is left comes after the table in the tree
				h.Inner = max(h.Inner, b.p.Nodes[i-1].Start)
			}
			h.InnerEnd = max(h.Inner, last)
			h.Start = h.Inner
			h.End = max(h.InnerEnd, b.lineEnd(b.nextLine(last))) // the underline
		}
	}
	end := h.End
	b.inlines(n, i, h.InnerEnd)
	b.p.Headings = append(b.p.Headings, b.title(n, b.p.Nodes[i].Level))
	return end
}

func (b *builder) fence(n *ast.FencedCodeBlock, parent, start int32) int32 {
	end := b.lineEnd(start)
	inner := b.nextLine(end)
	innerEnd := inner
	if l := n.Lines().Len(); l > 0 {
		innerEnd = int32(n.Lines().At(l - 1).Stop)
		end = b.linesEnd(n.Lines(), start)
	}
	// The closing fence leaves no trace in the tree; a fence that nothing closes runs to the end of its container.
	next := b.nextLine(end)
	if line := bytes.TrimLeft(b.src[next:b.lineEnd(next)], " \t>"); next > start && len(line) >= 3 && line[0] == b.src[start] {
		run := len(line) - len(bytes.TrimLeft(line, string(line[:1])))
		if len(bytes.TrimSpace(line[run:])) == 0 && run >= b.run(start) {
			end = b.lineEnd(next)
		}
	}
	i := b.add(Fence, parent, start, end)
	b.p.Nodes[i].Inner = min(inner, end)
	b.p.Nodes[i].InnerEnd = min(max(innerEnd, inner), end)
	return end
}

// run is the length of the run of equal bytes at an offset.
func (b *builder) run(off int32) int {
	n := 0
	for int(off)+n < len(b.src) && b.src[int(off)+n] == b.src[off] {
		n++
	}
	return n
}

func (b *builder) html(n *ast.HTMLBlock, parent, start int32) int32 {
	end := b.linesEnd(n.Lines(), start)
	if n.HasClosure() {
		end = max(end, b.lineEnd(int32(n.ClosureLine.Start)))
	}
	i := b.add(HTMLBlock, parent, start, end)
	b.tags(i, start, end)
	return end
}

func (b *builder) definition(n *ast.LinkReferenceDefinition, parent, start int32) int32 {
	end := b.linesEnd(n.Lines(), start)
	// goldmark keeps the first line whole in Lines; destination and title may follow on the next ones.
	i := b.add(Definition, parent, start, end)
	from := start + int32(len(n.Label)) + 2
	l := Link{Node: i, Dest: resolveEscapes(n.Destination), Label: foldLabel(n.Label), Start: from, End: from}
	if from < end {
		if j := bytes.Index(b.src[from:end], n.Destination); j >= 0 {
			l.Start = from + int32(j)
			l.End = l.Start + int32(len(n.Destination))
		}
	}
	b.link(i, l)
	return end
}

func (b *builder) link(node int32, l Link) {
	b.p.Nodes[node].Link = int32(len(b.p.Links))
	b.p.Links = append(b.p.Links, l)
}

func (b *builder) table(n *east.Table, parent int32) int32 {
	start := b.pos(n)
	if h := n.FirstChild(); h != nil { // text directly before a table shifts its position to that text
		start = b.skipBlanks(b.pos(h))
	}
	i := b.add(Table, parent, start, start)
	end := start
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		rs := b.skipBlanks(b.pos(r))
		re := b.lineEnd(rs)
		ri := b.add(Row, i, rs, re)
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			if c.Lines() == nil || c.Lines().Len() == 0 {
				continue // padding of a short row
			}
			s := c.Lines().At(0)
			ci := b.add(Cell, ri, int32(s.Start), int32(s.Stop))
			b.inlines(c, ci, int32(s.Stop))
		}
		end = re
		if r == n.FirstChild() {
			end = b.lineEnd(b.nextLine(re)) // the delimiter row
		}
	}
	b.p.Nodes[i].End, b.p.Nodes[i].InnerEnd = end, end
	return end
}

// text flattens the inlines of a paragraph that is node i.
func (b *builder) text(i int32, n ast.Node) int32 {
	end := b.p.Nodes[i].End
	b.inlines(n, i, end)
	return end
}

// linesEnd is the end of the last line of a block, its line end not counted.
func (b *builder) linesEnd(lines *text.Segments, start int32) int32 {
	if lines == nil || lines.Len() == 0 {
		return start
	}
	end := int32(min(lines.At(lines.Len()-1).Stop, len(b.src)))
	for end > start && (b.src[end-1] == '\n' || b.src[end-1] == '\r') {
		end--
	}
	return end
}

// lineEnd is the end of the line that holds the offset.
func (b *builder) lineEnd(off int32) int32 {
	end := int32(len(b.src))
	if i := bytes.IndexByte(b.src[off:], '\n'); i >= 0 {
		end = off + int32(i)
		if end > off && b.src[end-1] == '\r' {
			end--
		}
	}
	return end
}

// nextLine is the offset of the line after the one that holds the offset, the end of the page on its last line.
func (b *builder) nextLine(off int32) int32 {
	if i := bytes.IndexByte(b.src[off:], '\n'); i >= 0 {
		return off + int32(i) + 1
	}
	return int32(len(b.src))
}

func (b *builder) skipBlanks(off int32) int32 {
	for int(off) < len(b.src) && (b.src[off] == ' ' || b.src[off] == '\t') {
		off++
	}
	return off
}

// resolveEscapes undoes backslash escapes and entities, as a browser sees the text.
func resolveEscapes(s []byte) string {
	if bytes.IndexByte(s, '\\') < 0 && bytes.IndexByte(s, '&') < 0 {
		return string(s)
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(s))))
}
