package checks

import (
	"cmp"
	"slices"
	"strings"

	"patchbot/internal/wiki"
)

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
	places := p.namedPlaces()
	first := make(map[string]*namedPlace, len(places))
	for _, n := range places {
		at := first[n.id]
		if at == nil {
			first[n.id] = &n
			continue
		}
		if p.sameSpot(at, &n) {
			continue
		}
		line, _ := p.md.Position(at.start)
		p.report(n.start, n.end, n.key, map[string]any{"ID": n.id, "Line": line}).Detail = n.id
	}
}

// namedPlace is where an id stands, and the whole of what carries it.
type namedPlace struct {
	id         string
	start, end int32
	from, to   int32
	key        string // of the message
}

// namedPlaces are the ids of the page that its host leaves as they are, in their order.
func (p *pass) namedPlaces() []namedPlace {
	var out []namedPlace
	if p.host.Name() == "sourcehut" { // others make the ids of headings unique
		out = p.namedHeadings()
	}
	for i := range p.md.Tags {
		tag := &p.md.Tags[i]
		for _, at := range tag.Attrs {
			if at.Name == "id" && at.Value != "" && !tag.Close && p.host.Keeps(tag.Name, "id") {
				out = append(out, namedPlace{at.Value, at.Start, at.End, tag.Start, tag.End, "raw"})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b namedPlace) int { return cmp.Compare(a.start, b.start) })
	return out
}

func (p *pass) namedHeadings() []namedPlace {
	out := make([]namedPlace, 0, len(p.md.Headings))
	ids := make([]string, len(p.md.Headings))
	for _, a := range p.host.Anchors(&wiki.Facts{Headings: p.md.Headings}) {
		if !a.Also {
			ids[a.Heading] = a.ID
		}
	}
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Heading || len(ids) == 0 {
			continue
		}
		if ids[0] != "" {
			out = append(out, namedPlace{ids[0], n.Start, p.headingEnd(n), n.Start, n.End, "heading"})
		}
		ids = ids[1:]
	}
	return out
}

// sameSpot reports whether a heading and a tag are one place to readers: the tag is inside the heading, or nothing but tags
// and blanks stands between them, as when an "<a id>" above a heading says its name once more.
func (p *pass) sameSpot(a, b *namedPlace) bool {
	if a.key == b.key {
		return false
	}
	if b.from < a.to {
		return true
	}
	const farthest = 200 // bytes of tags between the two
	if b.from-a.to > farthest {
		return false
	}
	depth := 0
	for _, c := range p.src[a.to:b.from] {
		switch {
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
		case depth == 0 && !strings.ContainsRune(" \t\r\n", rune(c)):
			return false
		}
	}
	return true
}
