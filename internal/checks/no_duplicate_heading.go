package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

var noDuplicateHeading = &Rule{
	ID:       "no-duplicate-heading",
	Aliases:  []string{"MD024"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "Headings of one page differ",
	Why:      "Two headings with the same text cannot be told apart in the table of contents.",
	Bad:      "# Publish\n\n## Licence\n\n# Reuse\n\n## Licence\n",
	Good:     "# Publish\n\n## Licence of your code\n\n# Reuse\n\n## Licence of what you reuse\n",
	Messages: map[string]string{
		"repeated": "the page has another heading “{{.Text}}”, on line {{.Line}}.",
	},
	check: checkNoDuplicateHeading,
}

func checkNoDuplicateHeading(p *pass) {
	if p.set.on(duplicateAnchor.ID) && p.host.Name() == "sourcehut" {
		return // said there: the second heading cannot be reached at all
	}
	seen := map[string]int{}
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Heading {
			continue
		}
		text := p.headingText(int32(i))
		if first, ok := seen[text]; ok {
			p.report(n.Start, p.headingEnd(n), "repeated", map[string]any{"Text": text, "Line": first}).Detail = text
			continue
		}
		seen[text] = p.md.LineOf(n.Start)
	}
}

// headingText is the source text of a heading without its inline HTML, on one line.
func (p *pass) headingText(i int32) string {
	n := &p.md.Nodes[i]
	var b strings.Builder
	off := n.Inner
	for j := i + 1; int(j) < len(p.md.Nodes) && p.md.Nodes[j].Start < n.InnerEnd; j++ {
		if c := &p.md.Nodes[j]; c.Kind == wiki.HTML && c.Parent == i {
			b.WriteString(p.md.Text(off, c.Start))
			off = c.End
		}
	}
	b.WriteString(p.md.Text(off, max(off, n.InnerEnd)))
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(b.String(), "\r\n", " "), "\n", " "))
}
