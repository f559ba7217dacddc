package wiki

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// lineTable gives the offset of each line's first byte. Lines end at LF; a CR before it belongs to the line end.
func lineTable(src []byte) []int32 {
	lines := make([]int32, 1, 1+bytes.Count(src, []byte{'\n'}))
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], '\n')
		if i < 0 || off+i+1 == len(src) {
			return lines
		}
		off += i + 1
		lines = append(lines, int32(off))
	}
}

// LineCount is the number of lines; a final line end begins no new one.
func (p *Page) LineCount() int { return len(p.lines) }

// LineStart is the offset of a line's first byte; lines count from 1.
func (p *Page) LineStart(line int) int32 { return p.lines[line-1] }

// LineEnd is the offset after a line's last byte, its line end not counted.
func (p *Page) LineEnd(line int) int32 {
	end := int32(len(p.Source))
	if line < len(p.lines) {
		end = p.lines[line]
	}
	start := p.lines[line-1]
	if end > start && p.Source[end-1] == '\n' {
		end--
		if end > start && p.Source[end-1] == '\r' {
			end--
		}
	}
	return end
}

// Line returns the bytes of a line without its line end; lines count from 1.
func (p *Page) Line(line int) []byte { return p.Source[p.LineStart(line):p.LineEnd(line)] }

// LineOf is the line, counting from 1, that holds the offset.
func (p *Page) LineOf(off int32) int {
	return sort.Search(len(p.lines), func(i int) bool { return p.lines[i] > off })
}

// Position turns an offset into a line and a column, both counting from 1, the column in Unicode code points. An offset
// inside a line end is the place after the line's last character.
func (p *Page) Position(off int32) (line, column int) {
	line = p.LineOf(off)
	if line == 0 {
		return 1, 1
	}
	return line, utf8.RuneCount(p.Source[p.lines[line-1]:min(off, p.LineEnd(line))]) + 1
}

// Lines is the line table of any text, a Page without constructs.
func Lines(src []byte) *Page { return &Page{Source: src, lines: lineTable(src)} }
