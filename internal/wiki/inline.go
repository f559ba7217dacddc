package wiki

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// inlines flattens the children of n under node parent. limit is where the text of the construct ends: a bare URL that
// would reach beyond it is none.
func (b *builder) inlines(n ast.Node, parent, limit int32) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		start := int32(c.Pos())
		if start >= 0 && start < b.eaten {
			if t, ok := c.(*ast.Text); !ok || int32(t.Segment.Stop) <= b.eaten {
				if end := b.inlineEnd(c); end > b.eaten { // cut in two: the rest is text
					b.bare(b.eaten, end, c.NextSibling(), parent, limit)
				}
				continue
			}
		}
		switch c := c.(type) {
		case *ast.Text:
			if b.d.Bare != BareNone {
				b.bare(int32(c.Segment.Start), int32(c.Segment.Stop), c.NextSibling(), parent, limit)
			}
		case *ast.Emphasis:
			k := Emphasis
			if c.Level == 2 {
				k = Strong
			}
			b.span(c, k, parent, int32(c.Level))
		case *east.Strikethrough:
			b.span(c, Strike, parent, b.strikes(c))
		case *ast.CodeSpan:
			b.code(parent, start)
		case *ast.Link:
			b.reference(c, LinkNode, parent, start, c.Destination, c.Reference)
		case *ast.Image:
			b.reference(c, ImageNode, parent, start, c.Destination, c.Reference)
		case *ast.AutoLink:
			b.autolink(c, parent, start)
		case *ast.RawHTML:
			if x, ok := b.w.extentOf(start); ok {
				i := b.add(HTML, parent, x.start, x.end)
				b.tags(i, x.start, x.end)
			}
		}
	}
}

// span flattens emphasis. The tree does not tell nested marks apart ("***a***"), but its children do: the marks are what
// stands directly around them.
func (b *builder) span(n ast.Node, k Kind, parent, marks int32) {
	from, to := b.contentStart(n), b.contentEnd(n)
	i := b.add(k, parent, max(from-marks, 0), min(to+marks, int32(len(b.src))))
	b.p.Nodes[i].Inner, b.p.Nodes[i].InnerEnd = from, to
	b.inlines(n, i, to)
}

// strikes is the number of marks of a strikethrough, one or two.
func (b *builder) strikes(n ast.Node) int32 {
	if from := b.contentStart(n); from > 1 && b.src[from-2] == '~' {
		return 2
	}
	return 1
}

// contentStart is where the first child of n begins.
func (b *builder) contentStart(n ast.Node) int32 {
	switch c := n.FirstChild().(type) {
	case nil:
		return b.pos(n)
	case *ast.Emphasis:
		return b.contentStart(c) - int32(c.Level)
	case *east.Strikethrough:
		return b.contentStart(c) - b.strikes(c)
	default:
		return b.pos(c)
	}
}

// contentEnd is where the last child of n ends.
func (b *builder) contentEnd(n ast.Node) int32 {
	last := n.LastChild()
	if last == nil {
		return b.pos(n)
	}
	return b.inlineEnd(last)
}

func (b *builder) inlineEnd(n ast.Node) int32 {
	switch n := n.(type) {
	case *ast.Text:
		return int32(n.Segment.Stop)
	case *ast.Emphasis:
		return b.contentEnd(n) + int32(n.Level)
	case *east.Strikethrough:
		return b.contentEnd(n) + b.strikes(n)
	}
	if x, ok := b.w.extentOf(int32(n.Pos())); ok {
		return x.end
	}
	return b.pos(n)
}

func (b *builder) code(parent, start int32) {
	x, ok := b.w.extentOf(start)
	if !ok {
		return
	}
	i := b.add(CodeSpan, parent, start, x.end)
	marks := int32(b.run(start))
	b.p.Nodes[i].Inner, b.p.Nodes[i].InnerEnd = start+marks, max(x.end-marks, start+marks)
}

func (b *builder) autolink(n *ast.AutoLink, parent, start int32) {
	x, ok := b.w.extentOf(start)
	if !ok {
		return
	}
	i := b.add(Autolink, parent, start, x.end)
	b.p.Nodes[i].Inner, b.p.Nodes[i].InnerEnd = start+1, x.end-1
	dest := string(n.Label(b.src))
	if n.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(n.Label(b.src), []byte("mailto:")) {
		dest = "mailto:" + dest
	}
	b.link(i, Link{Node: i, Dest: dest, Start: start + 1, End: x.end - 1})
}

// reference flattens a link or image.
func (b *builder) reference(n ast.Node, k Kind, parent, start int32, dest []byte, ref *ast.ReferenceLink) {
	x, ok := b.w.extentOf(start)
	if !ok {
		return
	}
	i := b.add(k, parent, start, x.end)
	inner := start + 1
	if k == ImageNode {
		inner++
	}
	b.p.Nodes[i].Inner, b.p.Nodes[i].InnerEnd = inner, x.inner
	l := Link{Node: i, Image: k == ImageNode, Dest: resolveEscapes(dest)}
	if ref == nil {
		b.p.Nodes[i].Style = Inline
		l.Start, l.End = b.destination(x, dest)
	} else {
		l.Label = foldLabel(ref.Value)
		l.Start, l.End = inner, x.inner
		switch ref.Type {
		case ast.ReferenceLinkFull:
			b.p.Nodes[i].Style = Full
			l.Start, l.End = x.inner+2, x.end-1
		case ast.ReferenceLinkCollapsed:
			b.p.Nodes[i].Style = Collapsed
		default:
			b.p.Nodes[i].Style = Shortcut
		}
	}
	b.link(i, l)
	b.inlines(n, i, x.inner)
}

// destination finds where an inline link's destination is written: after "](" and blanks, perhaps behind "<".
func (b *builder) destination(x extent, dest []byte) (start, end int32) {
	from := min(x.inner+2, x.end)
	if len(dest) == 0 {
		return from, from
	}
	if j := bytes.Index(b.src[from:x.end], dest); j >= 0 {
		from += int32(j)
		return from, from + int32(len(dest))
	}
	return from, from
}
