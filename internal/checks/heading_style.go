package checks

import "patchbot/internal/wiki"

var headingStyle = &Rule{
	ID:       "heading-style",
	Aliases:  []string{"MD003"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Headings of one page are written in one way",
	Why: "A line “---” directly below a paragraph makes the whole paragraph a heading. Where the other headings begin with " +
		"“#”, that is nearly always an accident: a blank line before “---” is missing.",
	Bad:  "# Guides\n\nThe end of the text.\n---\n",
	Good: "# Guides\n\nThe end of the text.\n\n---\n",
	Messages: map[string]string{
		"underlined": "this text becomes a heading, since a line of “-” or “=” follows it directly, while the other headings of " +
			"the page begin with “#”. Is a blank line missing?",
		"hashes": "this heading begins with “#”, while the first of the page is underlined.",
		"closed": "this heading ends in “#”, unlike the first of the page.",
		"open":   "this heading does not end in “#”, unlike the first of the page.",
	},
	check: checkHeadingStyle,
}

func checkHeadingStyle(p *pass) {
	first := wiki.StyleNone
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Heading {
			continue
		}
		if first == wiki.StyleNone {
			first = n.Style
		}
		if n.Style == first {
			continue
		}
		key := "hashes"
		switch {
		case n.Style == wiki.Setext:
			key = "underlined"
		case first == wiki.Setext:
		case n.Style == wiki.ATXClosed:
			key = "closed"
		default:
			key = "open"
		}
		p.report(n.Start, p.headingEnd(n), key, nil).Detail = p.md.Text(n.Inner, n.InnerEnd)
	}
}
