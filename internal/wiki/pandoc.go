package wiki

import "strings"

// pandoc is a site made of pages that pandoc turned into HTML, each beside its source: links are those of files.
type pandoc struct{}

func (pandoc) Name() string           { return "pandoc" }
func (pandoc) Dialect() Dialect       { return Dialect{Front: FrontPandoc, Bare: BareNone} }
func (pandoc) Keeps(_, _ string) bool { return true }

// Anchors are those of pandoc's own Markdown and of its gfm reader, which differ; "{#id}" behind a heading replaces them.
func (pandoc) Anchors(f *Facts) []Anchor {
	out := make([]Anchor, 0, len(f.Headings)+len(f.IDs))
	own, gfm := counter{}, counter{}
	for i, t := range f.Headings {
		text := t.Text
		if before, id, ok := headingID(text); ok {
			out = append(out, Anchor{ID: id, Heading: i})
			text = before
			gfm.each(slugPandocGFM(text))
			continue
		}
		a, b := own.free(slugPandoc(text)), gfm.each(slugPandocGFM(text))
		out = append(out, Anchor{ID: a, Heading: i})
		if a != b {
			out = append(out, Anchor{ID: b, Heading: i, Also: true})
		}
	}
	for _, id := range f.IDs {
		out = append(out, Anchor{ID: id.Value, Heading: -1})
	}
	return out
}

// headingID cuts "{#id …}" off the end of a heading.
func headingID(text string) (before, id string, ok bool) {
	i := strings.LastIndex(text, "{#")
	if i < 0 || !strings.HasSuffix(text, "}") {
		return "", "", false
	}
	id, _, _ = strings.Cut(text[i+2:len(text)-1], " ")
	return strings.TrimSpace(text[:i]), id, id != ""
}

func (pandoc) Locate(from, s string, own Own) Ref {
	d := cutDest(s)
	switch {
	case s == "":
		return Ref{Kind: Nowhere}
	case d.scheme != "" || d.hasHost:
		for _, base := range own.WikiURLs {
			if rest, ok := under(s[:len(s)-fragmentLen(s)], base); ok {
				return inWiki(rest, d)
			}
		}
		if r, ok := ownRepo(s, d, own); ok {
			return r
		}
		return Ref{Kind: External, Scheme: d.scheme}
	case d.path == "":
		return Ref{Kind: Internal, Path: from, Same: d.query == "", Fragment: decode(d.fragment)}
	case d.path[0] == '/':
		return Ref{Kind: Outside}
	}
	written := d.path
	if d.query != "" {
		written += "?" + d.query // a file is opened by its name, which is all of this
	}
	r, ok := internal(dirOf(from), written, d)
	if !ok {
		return Ref{Kind: Outside}
	}
	// The page that a reader opens ends in .html; its source is what the tree has.
	if p, html := strings.CutSuffix(r.Path, ".html"); html {
		r.Fallback = p + ".md"
	}
	return r
}

func (pandoc) Answer(t Tree, r Ref) (Answer, string) {
	p, mode, ok := lookup(t, r)
	switch {
	case !ok:
		return Missing, p
	case IsPage(p) && mode != ModeTree && !r.Repo:
		return Shown, p
	}
	return Served, p
}
