package wiki

import (
	"bytes"
	"sort"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is CommonMark with tables and strikethrough, its parsers wrapped to note what the syntax tree leaves out (where
// a construct ends, which brackets became nothing) and to stop at the limits. It holds no state between pages.
var markdown = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(boundedBlock{parser.NewListParser()}, 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(boundedBlock{parser.NewBlockquoteParser()}, 800),
		util.Prioritized(parser.NewHTMLBlockParser(), 900),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(watched{parser.NewCodeSpanParser()}, 100),
		util.Prioritized(linkWatch{parser.NewLinkParser()}, 200),
		util.Prioritized(watched{parser.NewAutoLinkParser()}, 300),
		util.Prioritized(watched{parser.NewRawHTMLParser()}, 400),
		util.Prioritized(watched{parser.NewEmphasisParser()}, 500),
		util.Prioritized(watched{extension.NewStrikethroughParser()}, 500),
	),
	parser.WithParagraphTransformers(
		util.Prioritized(definitions{parser.LinkReferenceParagraphTransformer}, 100),
		util.Prioritized(boundedTable{extension.NewTableParagraphTransformer()}, 200),
	),
	parser.WithASTTransformers(
		util.Prioritized(extension.NewTableASTTransformer(), 0),
	),
)

var watchKey = parser.NewContextKey()

// watch is what is noted while one page is parsed.
type watch struct {
	src      []byte
	ends     []extent
	brackets []Bracket
	open     []opener
	marks    int // delimiters, brackets and tags of the current paragraph
	cut      string
}

// extent is where an inline construct begins and ends and where its text ends.
type extent struct{ start, inner, end int32 }

type opener struct {
	start int32
	image bool
}

// spend counts one mark of the current paragraph and reports whether it may still be matched.
func (w *watch) spend() bool {
	w.marks++
	if w.marks > maxMarks {
		w.cut = "marks"
		return false
	}
	return true
}

func (w *watch) sort() {
	sort.Slice(w.ends, func(i, j int) bool { return w.ends[i].start < w.ends[j].start })
}

// extentOf finds the extent of a construct by its first byte.
func (w *watch) extentOf(start int32) (extent, bool) {
	i := sort.Search(len(w.ends), func(i int) bool { return w.ends[i].start >= start })
	if i < len(w.ends) && w.ends[i].start == start {
		return w.ends[i], true
	}
	return extent{}, false
}

// watched notes where the constructs of one inline parser end.
type watched struct{ parser.InlineParser }

func (p watched) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	w := pc.Get(watchKey).(*watch)
	if !w.spend() {
		return nil
	}
	line, before := block.PeekLine()
	if (line[0] == '*' || line[0] == '_') && longRun(line) {
		w.cut = "marks" // every pair of marks would nest one level deeper
		return nil
	}
	n := p.InlineParser.Parse(parent, block, pc)
	if n == nil {
		return nil
	}
	switch n.(type) {
	case *ast.CodeSpan, *ast.AutoLink, *ast.RawHTML:
		_, after := block.Position()
		end := endBefore(w.src, before.Start, after.Start)
		w.ends = append(w.ends, extent{int32(before.Start), end, end})
	}
	return n
}

// longRun reports whether a line begins with more equal marks than may nest.
func longRun(line []byte) bool {
	for i := range line {
		if line[i] != line[0] {
			return false
		}
		if i >= maxNesting {
			return true
		}
	}
	return false
}

// endBefore is the end of a construct whose parser left the reader at offset next: when that begins a new line, the line
// end and the marks of containers do not belong to the construct.
func endBefore(src []byte, start, next int) int32 {
	if next > start && next <= len(src) {
		if i := bytes.LastIndexByte(src[start:next], '\n'); i >= 0 {
			if rest := src[start+i+1 : next]; len(bytes.Trim(rest, " \t>")) == 0 {
				next = start + i
				for next > start && (src[next-1] == '\r' || src[next-1] == ' ' || src[next-1] == '\t') {
					next--
				}
			}
		}
	}
	return int32(next)
}

// linkWatch notes where links end and which brackets became none.
type linkWatch struct{ parser.InlineParser }

func (p linkWatch) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	w := pc.Get(watchKey).(*watch)
	line, before := block.PeekLine()
	if !w.spend() {
		return nil
	}
	if line[0] != ']' {
		if len(w.open) >= maxNesting {
			w.cut = "brackets"
			return nil
		}
		n := p.InlineParser.Parse(parent, block, pc)
		if n != nil {
			w.open = append(w.open, opener{int32(before.Start), line[0] == '!'})
		}
		return n
	}
	if len(line) > maxDestination && line[1] == '(' && !endsEarly(line[2:]) {
		w.cut = "marks"
		return nil
	}
	n := p.InlineParser.Parse(parent, block, pc)
	if len(w.open) == 0 {
		return n
	}
	o := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	if n != nil {
		_, after := block.Position()
		end := endBefore(w.src, before.Start, after.Start)
		w.ends = append(w.ends, extent{o.start, int32(before.Start), end})
		return n
	}
	w.fail(o, int32(before.Start))
	return nil
}

// maxDestination bounds a destination without blanks, in bytes: each bracket before one reads it to its end.
const maxDestination = 8 << 10

// endsEarly reports whether a destination ends within its bound.
func endsEarly(text []byte) bool {
	return bytes.ContainsAny(text[:min(len(text), maxDestination)], " \t\n)>")
}

// fail notes brackets that became no link. What follows "]" tells which form of reference was meant.
func (w *watch) fail(o opener, closer int32) {
	textStart := o.start + 1
	if o.image {
		textStart++
	}
	b := Bracket{Start: o.start, End: closer + 1, Style: Shortcut, Image: o.image}
	label := w.src[textStart:closer]
	if next := labelAfter(w.src[closer+1:]); next != nil {
		b.Style = Full
		b.End += int32(len(next))
		if inner := next[1 : len(next)-1]; len(inner) > 0 {
			label = inner
		} else {
			b.Style = Collapsed
		}
	}
	if len(label) > maxLabel || len(bytes.TrimSpace(label)) == 0 {
		return
	}
	b.Label = foldLabel(label)
	w.brackets = append(w.brackets, b)
}

// maxLabel is the longest label that can be a reference (CommonMark 0.31, section 6.3).
const maxLabel = 999

// labelAfter is the "[label]" or "[]" at the start of a text, nil when there is none.
func labelAfter(text []byte) []byte {
	if len(text) < 2 || text[0] != '[' {
		return nil
	}
	for i := 1; i < len(text) && i <= maxLabel; i++ {
		switch text[i] {
		case '[':
			return nil
		case '\\':
			i++
		case '\n':
			if i+1 < len(text) && text[i+1] == '\n' {
				return nil
			}
		case ']':
			if i > 1 && len(bytes.TrimSpace(text[1:i])) == 0 {
				return nil
			}
			return text[:i+1]
		}
	}
	return nil
}

// CloseBlock ends one paragraph: its open brackets are text.
func (p linkWatch) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	w := pc.Get(watchKey).(*watch)
	w.open = w.open[:0]
	w.marks = 0
	if c, ok := p.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// foldLabel makes labels comparable (CommonMark 0.31, section 6.3).
func foldLabel(label []byte) string { return util.ToLinkReference(label) }
