package wiki

import (
	"bufio"
	"bytes"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer/html"
)

// title renders a heading twice: as text and as the HTML inside its tag.
func (b *builder) title(n ast.Node, level uint8) Title {
	if b.titles == nil {
		b.titles = &titleRenderer{b: b}
		b.titles.w = bufio.NewWriterSize(&b.titles.out, 256)
	}
	r := b.titles
	r.out.Reset()
	r.text = r.text[:0]
	r.children(n)
	r.w.Flush()
	t := Title{Level: level, HTML: r.out.String(), Text: string(r.text)}
	if t.HTML == t.Text {
		t.HTML = t.Text // one string in memory
	}
	return t
}

// titleRenderer writes what SourceHut's renderer would write inside <hN>, which is plain CommonMark but for bare URLs.
type titleRenderer struct {
	b    *builder
	out  bytes.Buffer
	w    *bufio.Writer
	text []byte
}

func (r *titleRenderer) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		r.inline(c)
	}
}

func (r *titleRenderer) inline(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		r.segment(n)
	case *ast.CodeSpan:
		r.w.WriteString("<code>")
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				s := bytes.ReplaceAll(t.Segment.Value(r.b.src), []byte{'\n'}, []byte{' '})
				r.text = append(r.text, s...)
				html.DefaultWriter.RawWrite(r.w, s)
			}
		}
		r.w.WriteString("</code>")
	case *ast.Emphasis:
		r.wrap(n, [...]string{"em", "em", "strong"}[min(n.Level, 2)])
	case *east.Strikethrough:
		r.wrap(n, "del")
	case *ast.Link:
		r.link(n)
	case *ast.Image:
		r.w.WriteString(`<img src="`)
		html.DefaultWriter.RawWrite(r.w, []byte(resolveEscapes(n.Destination)))
		r.w.WriteString(`" alt="`)
		kept := len(r.text)
		r.children(n)
		r.text = r.text[:kept]
		r.w.WriteString(`" />`)
	case *ast.AutoLink:
		label := n.Label(r.b.src)
		r.anchor(string(label), label)
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			s := n.Segments.At(i)
			r.w.Write(s.Value(r.b.src))
		}
	default:
		r.children(n)
	}
}

func (r *titleRenderer) wrap(n ast.Node, tag string) {
	r.w.WriteString("<" + tag + ">")
	r.children(n)
	r.w.WriteString("</" + tag + ">")
}

func (r *titleRenderer) link(n *ast.Link) {
	r.w.WriteString(`<a href="`)
	html.DefaultWriter.RawWrite(r.w, []byte(resolveEscapes(n.Destination)))
	if n.Title != nil {
		r.w.WriteString(`" title="`)
		html.DefaultWriter.Write(r.w, n.Title)
	}
	r.w.WriteString(`">`)
	r.children(n)
	r.w.WriteString("</a>")
}

func (r *titleRenderer) anchor(dest string, label []byte) {
	r.w.WriteString(`<a href="`)
	html.DefaultWriter.RawWrite(r.w, []byte(dest))
	r.w.WriteString(`">`)
	html.DefaultWriter.RawWrite(r.w, label)
	r.w.WriteString("</a>")
	r.text = append(r.text, label...)
}

// segment writes running text, a bare URL in it as the link that it becomes.
func (r *titleRenderer) segment(t *ast.Text) {
	start, stop := int32(t.Segment.Start), int32(t.Segment.Stop)
	for start < stop {
		from, end := r.bareIn(start, stop)
		s := r.b.src[start:from]
		html.DefaultWriter.Write(r.w, s)
		r.text = append(r.text, resolveEscapes(s)...)
		if end > from {
			u := r.b.src[from:min(end, stop)]
			r.anchor(string(u), u)
		}
		start = max(end, from+1)
	}
	if t.SoftLineBreak() || t.HardLineBreak() {
		r.w.WriteByte('\n')
		r.text = append(r.text, ' ')
	}
}

// bareIn finds the bare URL that the page was found to have in [start,stop); from is stop when there is none.
func (r *titleRenderer) bareIn(start, stop int32) (from, end int32) {
	if !bytes.Contains(r.b.src[start:stop], []byte("://")) {
		return stop, stop
	}
	nodes := r.b.p.Nodes
	for i := len(nodes) - 1; i >= 0 && nodes[i].Kind != Heading; i-- {
		if n := nodes[i]; n.Kind == BareURL && n.Start >= start && n.Start < stop {
			from, end = n.Start, n.End
		}
	}
	if end == 0 {
		return stop, stop
	}
	return from, end
}
