package checks

import "patchbot/internal/wiki"

// verbatim tells for each line of a page, from 1, whether it belongs to code or to a block of HTML, where Markdown's marks
// mean nothing.
func (p *pass) verbatim() []bool {
	lines := make([]bool, p.md.LineCount()+2)
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		switch n.Kind {
		case wiki.Fence, wiki.CodeBlock, wiki.HTMLBlock:
			last := p.md.LineOf(max(n.End-1, n.Start))
			for l := p.md.LineOf(n.Start); l <= last; l++ {
				lines[l] = true
			}
		}
	}
	return lines
}

// bodyLine is the first line after the front matter.
func (p *pass) bodyLine() int {
	if p.md.Body == 0 {
		return 1
	}
	if p.md.Body >= len(p.src) {
		return p.md.LineCount() + 1
	}
	return p.md.LineOf(int32(p.md.Body))
}

// inKind reports whether the bytes [start,end) touch an inline node of the kind.
func (p *pass) inKind(start, end int32, k wiki.Kind) bool {
	for _, off := range []int32{start, end - 1} {
		if p.md.Within(p.md.At(off), k) {
			return true
		}
	}
	return false
}
