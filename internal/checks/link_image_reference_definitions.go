package checks

import "patchbot/internal/wiki"

var linkImageReferenceDefinitions = &Rule{
	ID:       "link-image-reference-definitions",
	Aliases:  []string{"MD053"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "Definitions of references are used, and made once",
	Why:      "A definition that nothing uses is not shown; of two with the same label, only the first counts.",
	Bad:      "Nothing points there.\n\n[guides]: guides.md\n",
	Good:     "See the [guides][].\n\n[guides]: guides.md\n",
	Messages: map[string]string{
		"unused":    "nothing uses the definition “{{.Label}}”.",
		"duplicate": "“{{.Label}}” is already defined on line {{.Line}}: this definition does not count.",
	},
	check: checkLinkImageReferenceDefinitions,
}

func checkLinkImageReferenceDefinitions(p *pass) {
	used, first := map[string]bool{}, map[string]int{}
	for i := range p.md.Links {
		if l := &p.md.Links[i]; l.Label != "" && p.md.Nodes[l.Node].Kind != wiki.Definition {
			used[l.Label] = true
		}
	}
	for i := range p.md.Brackets {
		used[p.md.Brackets[i].Label] = true
	}
	for i := range p.md.Links {
		l := &p.md.Links[i]
		n := &p.md.Nodes[l.Node]
		if n.Kind != wiki.Definition || l.Label == "//" {
			continue
		}
		line := p.md.LineOf(n.Start)
		args := map[string]any{"Label": l.Label}
		if at, ok := first[l.Label]; ok {
			args["Line"] = at
			p.line(line, "duplicate", args).Detail = l.Label
			continue
		}
		first[l.Label] = line
		if !used[l.Label] {
			p.line(line, "unused", args).Detail = l.Label
		}
	}
}
