package checks

import (
	"bytes"

	"patchbot/internal/wiki"
)

var noBlanksBlockquote = &Rule{
	ID:       "no-blanks-blockquote",
	Aliases:  []string{"MD028"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "No blank line cuts a quotation in two",
	Why: "Some renderers make one quotation of two that only a blank line parts, others two. Put “>” on the blank line, or " +
		"text between the quotations.",
	Bad:  "> First paragraph.\n\n> Second paragraph.\n",
	Good: "> First paragraph.\n>\n> Second paragraph.\n",
	Messages: map[string]string{
		"blank": "a blank line between two quotations: write “>” on it, or put text between them.",
	},
	check: checkNoBlanksBlockquote,
}

func checkNoBlanksBlockquote(p *pass) {
	last := map[int32]int32{} // parent to its child that came last
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		before, ok := last[n.Parent]
		last[n.Parent] = int32(i)
		if !ok || n.Kind != wiki.Quote || p.md.Nodes[before].Kind != wiki.Quote {
			continue
		}
		from := p.md.LineOf(max(p.md.Nodes[before].End-1, p.md.Nodes[before].Start)) + 1
		for l := from; l < p.md.LineOf(n.Start); l++ {
			if len(bytes.TrimSpace(p.md.Line(l))) == 0 {
				p.report(p.md.LineStart(l), p.md.LineEnd(l), "blank", nil)
			}
		}
	}
}
