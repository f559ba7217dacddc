package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

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
			for _, l := range r.base.externals(d.path) {
				r.known[l.URL] = true
			}
		}
	}
	for _, d := range deltas {
		if d.mode == 0 {
			continue
		}
		for _, l := range s.externals(d.path) {
			if !seen[l.URL] && !r.known[l.URL] {
				seen[l.URL] = true
				l.Part = part
				res.Links = append(res.Links, l)
			}
		}
	}
}

// keepLinks drops the links that the last tree has no more, and gives the others their place there.
func (r *runner) keepLinks(last *step, res *Result) {
	at := map[string]Link{}
	for _, d := range last.deltas {
		if d.mode == 0 {
			continue
		}
		for _, l := range last.site.externals(d.path) {
			if _, ok := at[l.URL]; !ok {
				at[l.URL] = l
			}
		}
	}
	kept := res.Links[:0]
	for _, l := range res.Links {
		if now, ok := at[l.URL]; ok && !r.known[l.URL] {
			now.Part = l.Part
			kept = append(kept, now)
		}
	}
	res.Links = kept
}

// externals are the links of one page that lead to other sites over http.
func (s *site) externals(p string) []Link {
	if !wiki.IsPage(p) {
		return nil
	}
	pg, ok := s.page(p)
	if !ok {
		return nil
	}
	var out []Link
	for i := range pg.Links {
		l := &pg.Links[i]
		ref := s.host.Locate(p, l.Dest, s.own)
		url := l.Dest
		if strings.HasPrefix(url, "//") {
			url, ref.Scheme = "https:"+url, "https"
		}
		if ref.Kind != wiki.External || ref.Scheme != "http" && ref.Scheme != "https" {
			continue
		}
		x := Link{URL: url, Path: p}
		x.Line, x.Column = pg.Position(l.Start)
		x.EndLine, x.EndColumn = pg.Position(l.End)
		x.Source = string(pg.Line(x.Line))
		out = append(out, x)
	}
	return out
}
