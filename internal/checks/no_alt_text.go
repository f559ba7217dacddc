package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

var noAltText = &Rule{
	ID:       "no-alt-text",
	Aliases:  []string{"MD045"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Images have a text that stands for them",
	Why:      "People who cannot see the image get nothing, or the file's name read out (RGAA 1.1).",
	Bad:      "![](logo.png)\n",
	Good:     "![Logo of code.gouv.fr](logo.png)\n",
	Messages: map[string]string{
		"missing": "the image has no text for people who cannot see it.",
		"write":   "Write what it shows between the brackets: “![…]({{.Target}})”.",
	},
	check: checkNoAltText,
}

func checkNoAltText(p *pass) {
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.ImageNode || n.Inner != n.InnerEnd || n.Link < 0 {
			continue
		}
		f := p.report(n.Start, n.End, "missing", nil)
		f.Detail = p.md.Links[n.Link].Dest
		f.Suggestion = p.suggest("write", map[string]any{"Target": f.Detail})
	}
	for i := range p.md.Tags {
		t := &p.md.Tags[i]
		if t.Name != "img" || t.Close {
			continue
		}
		hidden, _ := t.Attr("aria-hidden")
		if _, ok := t.Attr("alt"); ok || strings.EqualFold(hidden, "true") {
			continue
		}
		src, _ := t.Attr("src")
		p.report(t.Start, min(t.End, p.md.LineEnd(p.md.LineOf(t.Start))), "missing", nil).Detail = src
	}
}
