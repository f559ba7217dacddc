package checks

import "patchbot/internal/wiki"

var headingStartLeft = &Rule{
	ID:       "heading-start-left",
	Aliases:  []string{"MD023"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Headings begin at the left margin",
	Why:      "An indented heading is easily taken into a list, and with four blanks it is code.",
	Bad:      "Text.\n\n  # Guides\n",
	Good:     "Text.\n\n# Guides\n",
	Messages: map[string]string{
		"indented": "the heading is indented: remove the blanks before it.",
	},
	check: checkHeadingStartLeft,
}

func checkHeadingStartLeft(p *pass) {
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Heading {
			continue
		}
		low := p.contentColumn(n)
		start := n.Start
		for start > low && (p.src[start-1] == ' ' || p.src[start-1] == '\t') {
			start--
		}
		if start < n.Start {
			p.report(start, n.Start, "indented", nil)
		}
	}
}

// contentColumn is the offset, on the line where a block begins, behind the marks of the containers it stands in.
func (p *pass) contentColumn(n *wiki.Node) int32 {
	line := p.md.LineStart(p.md.LineOf(n.Start))
	low := line
	for i := n.Parent; i >= 0; i = p.md.Nodes[i].Parent {
		c := &p.md.Nodes[i]
		switch {
		case c.Kind == wiki.Quote:
			// The last ">" before the block, and one blank after it.
			for off := n.Start - 1; off >= line; off-- {
				if p.src[off] == '>' {
					if off++; p.src[off] == ' ' || p.src[off] == '\t' {
						off++
					}
					return max(low, off)
				}
			}
		case c.Kind == wiki.Item && c.Start >= line:
			return n.Start // on the line of its marker, the blanks belong to the marker
		case c.Kind == wiki.Item:
			// On later lines, as many blanks as the first block of the item is indented belong to the item.
			low = max(low, min(line+p.itemIndent(i), n.Start))
		}
	}
	return low
}

// itemIndent is the number of bytes before the first block of list item i, on its line.
func (p *pass) itemIndent(i int32) int32 {
	if int(i)+1 < len(p.md.Nodes) && p.md.Nodes[i+1].Parent == i {
		first := p.md.Nodes[i+1].Start
		return first - p.md.LineStart(p.md.LineOf(first))
	}
	start := p.md.Nodes[i].Start
	return start - p.md.LineStart(p.md.LineOf(start)) + 2
}
