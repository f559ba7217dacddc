package checks

import (
	"strings"
	"unicode"

	"patchbot/internal/wiki"
)

var noSpaceInLinks = &Rule{
	ID:       "no-space-in-links",
	Aliases:  []string{"MD039"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "The text of a link does not begin or end in a blank",
	Why:      "The blank is underlined with the link.",
	Bad:      "Read [ the guide ](guides.md).\n",
	Good:     "Read [the guide](guides.md).\n",
	Messages: map[string]string{
		"start": "the text of the link begins with a blank.",
		"end":   "the text of the link ends in a blank.",
	},
	check: checkNoSpaceInLinks,
}

func checkNoSpaceInLinks(p *pass) {
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.LinkNode {
			continue
		}
		text := p.md.Text(n.Inner, n.InnerEnd)
		if lead := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace)); lead > 0 && (text[0] == '\n' || text[0] == '\r') && lead < len(text) {
			p.report(n.Inner+int32(lead), n.Inner+int32(lead), "start", nil)
		} else if lead > 0 {
			p.report(n.Inner, n.Inner+int32(lead), "start", nil)
		}
		if trail := len(text) - len(strings.TrimRightFunc(text, unicode.IsSpace)); trail > 0 {
			p.report(n.InnerEnd-int32(trail), n.InnerEnd, "end", nil)
		}
	}
}
