package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

// maxLinks bounds the external links that a series is credited with.
const maxLinks = 1000

// links collects the external links of the pages that a tree changed, as far as neither the base nor a part before had
// them.
func (r *runner) links(s *site, part int, deltas []delta, res *Result) {
	if r.known == nil {
		r.known = map[string]bool{}
	}
	seen := map[string]bool{}
	for _, l := range res.Links {
		seen[l.URL] = true
	}
	for _, d := range deltas {
		if d.oldMode != 0 {
			r.base.externals(d.path, func(url string, _ *wiki.Link) { r.known[url] = true })
		}
	}
	for _, d := range deltas {
		if d.mode == 0 {
			continue
		}
		s.externals(d.path, func(url string, _ *wiki.Link) {
			if !seen[url] && !r.known[url] && len(res.Links) < maxLinks {
				seen[url] = true
				res.Links = append(res.Links, Link{URL: url, Part: part})
			}
		})
	}
}

// keepLinks drops the links that the last tree has no more, and gives the others their place there.
func (r *runner) keepLinks(last *step, res *Result) {
	wanted := map[string]*Link{}
	for i := range res.Links {
		if l := &res.Links[i]; !r.known[l.URL] {
			wanted[l.URL] = l
		}
	}
	for _, d := range last.deltas {
		if d.mode == 0 {
			continue
		}
		last.site.externals(d.path, func(url string, at *wiki.Link) {
			l := wanted[url]
			if l == nil || l.Path != "" {
				return
			}
			pg, _ := last.site.page(d.path)
			l.Path = d.path
			l.Line, l.Column = pg.Position(at.Start)
			l.EndLine, l.EndColumn = pg.Position(at.End)
			l.Source = string(pg.Line(l.Line))
		})
	}
	kept := res.Links[:0]
	for _, l := range res.Links {
		if l.Path != "" {
			kept = append(kept, l)
		}
	}
	res.Links = kept
}

// externals yields the links of one page that lead to other sites over http.
func (s *site) externals(p string, yield func(url string, at *wiki.Link)) {
	if !wiki.IsPage(p) {
		return
	}
	pg, ok := s.page(p)
	if !ok {
		return
	}
	externalsOf(p, pg, s.host, s.own, yield)
}

// Externals lists the links of a page that lead to other sites over http, as they stand there; path is that of the page.
func Externals(path string, source []byte, host wiki.Host, own wiki.Own) []Link {
	pg := wiki.ReadPage(source, host)
	var out []Link
	externalsOf(path, pg, host, own, func(url string, at *wiki.Link) {
		l := Link{URL: url, Path: path}
		l.Line, l.Column = pg.Position(at.Start)
		l.EndLine, l.EndColumn = pg.Position(at.End)
		out = append(out, l)
	})
	return out
}

func externalsOf(p string, pg *wiki.Page, host wiki.Host, own wiki.Own, yield func(url string, at *wiki.Link)) {
	for i := range pg.Links {
		l := &pg.Links[i]
		ref := host.Locate(p, l.Dest, own)
		url := l.Dest
		if strings.HasPrefix(url, "//") {
			url, ref.Scheme = "https:"+url, "https"
		}
		if ref.Kind == wiki.External && (ref.Scheme == "http" || ref.Scheme == "https") {
			yield(url, l)
		}
	}
}
