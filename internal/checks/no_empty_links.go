package checks

import "patchbot/internal/wiki"

var noEmptyLinks = &Rule{
	ID:       "no-empty-links",
	Aliases:  []string{"MD042"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Links have a destination",
	Why:      "A link without a destination, or with “#” alone, leads back to where the reader is.",
	Bad:      "Read the [guide]().\n",
	Good:     "Read the [guide](guides.md).\n",
	Messages: map[string]string{
		"empty": "the link “{{.Text}}” leads nowhere.",
	},
	check: checkNoEmptyLinks,
}

func checkNoEmptyLinks(p *pass) {
	for i := range p.md.Links {
		l := &p.md.Links[i]
		n := &p.md.Nodes[l.Node]
		if n.Kind != wiki.LinkNode || l.Tag {
			continue
		}
		if l.Dest == "#" || l.Dest == "" && l.Label == "" {
			text := p.md.Text(n.Inner, n.InnerEnd)
			p.report(n.Start, n.End, "empty", map[string]any{"Text": text}).Detail = text
		}
	}
}
