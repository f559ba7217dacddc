package wiki

import (
	"path"
	"strings"
)

// sourcehut is man.sr.ht: its page handler (mansrht/blueprints/html.py, redirects as of August 2025) and the Markdown
// renderer and sanitizer it shares with the other services (srht/markdown.py).
type sourcehut struct{}

func (sourcehut) Name() string     { return "sourcehut" }
func (sourcehut) Dialect() Dialect { return Dialect{Front: FrontSourceHut, Bare: BarePlain} }

// sourcehutSchemes are what the sanitizer leaves in an href.
const sourcehutSchemes = " ftp gemini gopher http https irc ircs mailto matrix xmpp "

// sourcehutTags are the tags that the newest sanitizer known leaves standing.
const sourcehutTags = " a abbr acronym aside b bdi bdo blockquote br cite code dd del details dfn div dl dt em figcaption figure" +
	" h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q rp rt ruby s samp section small span strong sub summary" +
	" sup table tbody td th thead time tr u ul var "

func (sourcehut) Keeps(tag, attr string) bool {
	if !strings.Contains(sourcehutTags, " "+tag+" ") {
		return false
	}
	switch attr {
	case "id":
		// Older sanitizers keep an id on links and headings only; newer ones everywhere.
		return tag == "a" || len(tag) == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6'
	case "name":
		return false
	}
	return true
}

// Anchors: a heading's id comes from its rendered HTML and is never made unique. Quotes are dropped or become "quot",
// depending on the renderer's version, so both count. Ids of raw HTML count on every tag, since newer sanitizers keep them; on most tags older ones do not.
func (h sourcehut) Anchors(f *Facts) []Anchor {
	out := make([]Anchor, 0, len(f.Headings)+len(f.IDs))
	for i, t := range f.Headings {
		id := slugSourceHut(t.HTML)
		out = append(out, Anchor{ID: id, Heading: i})
		if strings.Contains(t.HTML, "&quot;") {
			out = append(out, Anchor{ID: slugSourceHut(strings.ReplaceAll(t.HTML, "&quot;", `"`)), Heading: i, Also: true})
		}
	}
	for _, id := range f.IDs {
		if id.Attr == "id" && strings.Contains(sourcehutTags, " "+id.Tag+" ") {
			out = append(out, Anchor{ID: id.Value, Heading: -1, Unsure: !h.Keeps(id.Tag, "id")})
		}
	}
	return out
}

func (sourcehut) Locate(from, s string, own Own) Ref {
	d := cutDest(s)
	switch {
	case s == "":
		return Ref{Kind: Nowhere}
	case d.scheme != "" && !strings.Contains(sourcehutSchemes, " "+d.scheme+" "):
		return Ref{Kind: LostScheme, Scheme: d.scheme}
	case d.scheme != "" || d.hasHost:
		return sourcehutURL(s, d, own)
	case d.path == "" && d.query == "":
		return Ref{Kind: Internal, Path: from, Same: true, Fragment: decode(d.fragment)}
	case d.path == "":
		return Ref{Kind: Internal, Path: from, Fragment: decode(d.fragment)}
	case d.path[0] == '/':
		for _, base := range own.WikiURLs {
			if rest, ok := underPath(d.path, cutDest(strings.TrimRight(base, "/")).path); ok {
				return inWiki(rest, d)
			}
		}
		if strings.HasPrefix(d.path, "/~") || strings.HasPrefix(d.path, "/%7") {
			return Ref{Kind: External} // another wiki of the host, or this one under a name that nobody told us
		}
		return Ref{Kind: Outside}
	}
	r, ok := internal(dirOf(from), d.path, d)
	if !ok {
		return Ref{Kind: Outside}
	}
	return r
}

func sourcehutURL(s string, d dest, own Own) Ref {
	for _, base := range own.WikiURLs {
		if rest, ok := under(s[:len(s)-fragmentLen(s)], base); ok {
			return inWiki(rest, d)
		}
	}
	if r, ok := ownRepo(s, d, own); ok {
		return r
	}
	return Ref{Kind: External, Scheme: d.scheme}
}

// inWiki resolves what follows the wiki's own address.
func inWiki(rest string, d dest) Ref {
	r, ok := internal("", strings.TrimPrefix(rest, "/"), d)
	if !ok {
		return Ref{Kind: Outside}
	}
	return r
}

// Answer: a path is served exactly as it is named. Only pages and images are; a directory is its index.md.
func (sourcehut) Answer(t Tree, r Ref) (Answer, string) {
	p, mode, ok := lookup(t, r)
	switch {
	case !ok:
		return Missing, p
	case r.Repo:
		return Served, p
	case mode == ModeTree:
		index := strings.TrimPrefix(p+"/index.md", "/")
		if _, m, ok := t.Lookup(index); ok && m != ModeTree {
			return Shown, index
		}
		return NoIndex, p
	case r.Slash:
		return Missing, p
	case IsPage(p):
		return Shown, p
	case regular(mode) && isRaster(p):
		return Served, p
	}
	return NotServed, p
}

// isRaster reports whether a name is that of an image by its type and of binary content: an SVG is text, and not served.
func isRaster(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".png", ".jpg", ".jpeg", ".jpe", ".gif", ".webp", ".bmp", ".ico", ".tif", ".tiff", ".avif", ".heic", ".heif":
		return true
	}
	return false
}
