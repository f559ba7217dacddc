package checks

import (
	"regexp"

	"patchbot/internal/wiki"
)

var headingIncrement = &Rule{
	ID:       "heading-increment",
	Aliases:  []string{"MD001"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Heading levels go down one at a time",
	Why: "People who use a screen reader move from heading to heading by level: a level that is left out looks like a part " +
		"of the page that is missing (RGAA 9.1).",
	Bad:  "# Guides\n\n### Publish\n",
	Good: "# Guides\n\n## Publish\n",
	Messages: map[string]string{
		"skipped": "the heading has level {{.Level}} under one of level {{.Above}}: level {{.Expected}} was expected.",
	},
	check: checkHeadingIncrement,
}

var titleKey = regexp.MustCompile(`(?im)^\s*"?title"?\s*[:=]`)

func checkHeadingIncrement(p *pass) {
	above := 6
	if f := p.md.Front; f != nil && p.md.Body > 0 && titleKey.Match(p.src[f.Start:f.End]) {
		above = 1 // the title is shown as the page's first heading
	}
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Heading {
			continue
		}
		if level := int(n.Level); level > above+1 {
			f := p.report(n.Start, p.headingEnd(n), "skipped", map[string]any{"Level": level, "Above": above, "Expected": above + 1})
			f.Detail = p.md.Text(n.Inner, n.InnerEnd)
		}
		above = int(n.Level)
	}
}

// headingEnd is the end of a heading's first line.
func (p *pass) headingEnd(n *wiki.Node) int32 { return p.md.LineEnd(p.md.LineOf(n.Start)) }
