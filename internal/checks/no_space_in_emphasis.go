package checks

import (
	"bytes"

	"patchbot/internal/wiki"
)

var noSpaceInEmphasis = &Rule{
	ID:       "no-space-in-emphasis",
	Aliases:  []string{"MD037"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "No blank stands inside the marks of emphasis",
	Why:      "“** text **” is not bold: the stars are shown.",
	Bad:      "Read ** all ** of it.\n",
	Good:     "Read **all** of it.\n",
	Messages: map[string]string{
		"after":  "a blank after “{{.Mark}}”: the marks are shown instead of emphasis.",
		"before": "a blank before “{{.Mark}}”: the marks are shown instead of emphasis.",
	},
	check: checkNoSpaceInEmphasis,
}

// markRun is a run of marks that became no emphasis.
type markRun struct{ start, end int32 }

func checkNoSpaceInEmphasis(p *pass) {
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		switch n.Kind {
		case wiki.Paragraph, wiki.Heading, wiki.Cell, wiki.Strike:
		default:
			continue // inside links and emphasis, a lone mark is taken for text
		}
		if bytes.IndexByte(p.src[n.Inner:n.InnerEnd], '*') < 0 && bytes.IndexByte(p.src[n.Inner:n.InnerEnd], '_') < 0 {
			continue
		}
		runs := p.bareMarks(int32(i))
		for _, mark := range []string{"_", "__", "___", "*", "**", "***"} {
			list := runs[mark]
			for j := 0; j+1 < len(list); j += 2 {
				p.spaceAfter(list[j], mark)
				p.spaceBefore(list[j+1], mark)
			}
		}
	}
}

// bareMarks finds the runs of "*" and "_" in the text directly inside node i.
func (p *pass) bareMarks(i int32) map[string][]markRun {
	n := &p.md.Nodes[i]
	var runs map[string][]markRun
	off := n.Inner
	next := i + 1
	for off < n.InnerEnd {
		if int(next) < len(p.md.Nodes) && p.md.Nodes[next].Start <= off {
			if c := &p.md.Nodes[next]; c.Parent == i {
				off = max(off, c.End)
			}
			next++
			continue
		}
		switch c := p.src[off]; c {
		case '\\':
			off += 2
		case '*', '_':
			start := off
			for off < n.InnerEnd && p.src[off] == c && (int(next) >= len(p.md.Nodes) || p.md.Nodes[next].Start > off) {
				off++
			}
			if off-start <= 3 {
				mark := p.md.Text(start, off)
				if runs == nil {
					runs = map[string][]markRun{}
				}
				runs[mark] = append(runs[mark], markRun{start, off})
			}
		default:
			off++
		}
	}
	return runs
}

func (p *pass) spaceAfter(r markRun, mark string) {
	off, end := r.end, p.md.LineEnd(p.md.LineOf(r.start))
	for off < end && isBlank(p.src[off]) {
		off++
	}
	if off > r.end && off < end {
		p.report(r.end, off, "after", map[string]any{"Mark": mark})
	}
}

func (p *pass) spaceBefore(r markRun, mark string) {
	off, low := r.start, p.md.LineStart(p.md.LineOf(r.start))
	for off > low && isBlank(p.src[off-1]) {
		off--
	}
	if off < r.start && off > low {
		p.report(off, r.start, "before", map[string]any{"Mark": mark})
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
