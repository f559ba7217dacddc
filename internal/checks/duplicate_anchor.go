package checks

import "patchbot/internal/wiki"

var duplicateAnchor = &Rule{
	ID:       "duplicate-anchor",
	Severity: Note,
	Scope:    ScopePage,
	Title:    "Ids of one page differ",
	Why: "Of two places with the same id only the first can be reached, from the table of contents too. man.sr.ht does not " +
		"number the ids of equal headings as other sites do.",
	Bad:  "# Publish\n\n## Licence\n\n# Reuse\n\n## Licence\n",
	Good: "# Publish\n\n## Licence of your code\n\n# Reuse\n\n## Licence of what you reuse\n",
	Messages: map[string]string{
		"heading": "the heading gets the id “{{.ID}}”, which line {{.Line}} has already: links only reach the first.",
		"raw":     "the id “{{.ID}}” exists already, on line {{.Line}}: links only reach the first.",
	},
	check: checkDuplicateAnchor,
}

func checkDuplicateAnchor(p *pass) {
	first := map[string]int{}
	titles := p.md.Headings
	t := 0
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Heading || t >= len(titles) {
			continue
		}
		t++
		if p.host.Name() != "sourcehut" {
			continue // made unique by the host
		}
		a := p.host.Anchors(&wiki.Facts{Headings: titles[t-1 : t]})
		if len(a) == 0 || a[0].ID == "" {
			continue
		}
		p.once(first, a[0].ID, n.Start, p.headingEnd(n), "heading")
	}
	for i := range p.md.Tags {
		tag := &p.md.Tags[i]
		for _, at := range tag.Attrs {
			if at.Name == "id" && at.Value != "" && !tag.Close && p.host.Keeps(tag.Name, "id") {
				p.once(first, at.Value, at.Start, at.End, "raw")
			}
		}
	}
}

// once reports an id that was seen before.
func (p *pass) once(first map[string]int, id string, start, end int32, key string) {
	line, _ := p.md.Position(start)
	if at, ok := first[id]; ok && at != line {
		p.report(start, end, key, map[string]any{"ID": id, "Line": at}).Detail = id
		return
	}
	first[id] = line
}
