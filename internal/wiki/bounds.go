package wiki

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// boundedBlock refuses to open a container inside too many others.
type boundedBlock struct{ parser.BlockParser }

func (p boundedBlock) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		depth++
	}
	if depth > maxNesting {
		pc.Get(watchKey).(*watch).cut = "nesting"
		return nil, parser.NoChildren
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// boundedTable leaves a paragraph alone whose table would have too many columns.
type boundedTable struct{ parser.ParagraphTransformer }

func (t boundedTable) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := node.Lines()
	for i := 1; i < lines.Len(); i++ {
		s := lines.At(i)
		line := s.Value(reader.Source())
		if len(line) < 2 || bytes.IndexByte(line, '-') < 0 || len(bytes.Trim(line, " \t\r\n|:-")) > 0 {
			continue // no delimiter row
		}
		if columns := bytes.Count(line, []byte{'|'}) + 1; columns > maxColumns || columns*(lines.Len()-i) > maxCells {
			pc.Get(watchKey).(*watch).cut = "table"
			return
		}
	}
	t.ParagraphTransformer.Transform(node, reader, pc)
}

// definitions reads a long run of reference definitions piece by piece: taken at once, every definition costs as much as
// all that follow it.
type definitions struct{ parser.ParagraphTransformer }

// definitionLines is the length of a piece.
const definitionLines = 100

func (t definitions) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines, src, from := node.Lines(), reader.Source(), 0
	var left *text.Segments // of a piece that was not all definitions: nothing after it is
	for left == nil && lines.Len()-from > definitionLines && opensDefinition(lines.At(from), src) {
		cut := from + definitionLines
		for cut < lines.Len() && !opensDefinition(lines.At(cut), src) {
			cut++
		}
		if cut == lines.Len() {
			break
		}
		piece := ast.NewParagraph()
		piece.Lines().AppendAll(lines.Sliced(from, cut))
		node.Parent().InsertBefore(node.Parent(), node, piece)
		t.ParagraphTransformer.Transform(piece, reader, pc)
		if piece.Parent() != nil {
			left = piece.Lines()
			node.Parent().RemoveChild(node.Parent(), piece)
		}
		from = cut
	}
	if from > 0 {
		rest := text.NewSegments()
		if left != nil {
			rest.AppendAll(left.Sliced(0, left.Len()))
		}
		rest.AppendAll(lines.Sliced(from, lines.Len()))
		node.SetLines(rest)
	}
	if left == nil {
		t.ParagraphTransformer.Transform(node, reader, pc)
	}
}

func opensDefinition(s text.Segment, src []byte) bool {
	line := bytes.TrimLeft(s.Value(src), " \t")
	return len(line) > 0 && line[0] == '['
}
