package wiki

// Facts is what the rest of a wiki needs to know of one page: where it leads and where it can be reached. It does not
// depend on the page's place, so a page that moves keeps its facts.
type Facts struct {
	Name     string // title of the front matter
	HasName  bool
	Headings []Title
	IDs      []RawID
	Dests    []string // distinct destinations of links and images, in order of appearance
	Partial  bool     // the page was not read whole: what is missing here may be there
}

// RawID is an id or name of raw HTML.
type RawID struct {
	Tag, Attr, Value string
}

// Facts derives the facts of the page.
func (p *Page) Facts() *Facts {
	f := &Facts{Headings: p.Headings, Partial: p.Refused != "" || p.Cut != ""}
	if p.Front != nil && p.Front.Err == nil {
		f.Name, f.HasName = p.Front.Title, p.Front.HasTitle
	}
	for i := range p.Tags {
		t := &p.Tags[i]
		for _, a := range t.Attrs {
			if (a.Name == "id" || a.Name == "name") && a.Value != "" && !t.Close {
				f.IDs = append(f.IDs, RawID{t.Name, a.Name, a.Value})
			}
		}
	}
	if len(p.Links) == 0 {
		return f
	}
	seen := make(map[string]bool, len(p.Links))
	for i := range p.Links {
		if d := p.Links[i].Dest; !seen[d] {
			seen[d] = true
			f.Dests = append(f.Dests, d)
		}
	}
	return f
}
