package checks

import (
	"bytes"
	"strings"

	"patchbot/internal/wiki"
)

// directive is one comment that switches rules off: <!-- patchbot-disable RULE… -->, -enable, -disable-line,
// -disable-next-line and -disable-file, "markdownlint" standing for "patchbot" too. No rule named means all.
type directive struct {
	line  int
	verb  string
	rules []string
	text  string // as written, blanks folded: a comment of the patch counts only if the base has the same
}

// maxDirectives bounds the comments that are read in one page.
const maxDirectives = 500

// directives reads the comments of a page.
func directives(p *wiki.Page) []directive {
	if !bytes.Contains(p.Source, []byte("-disable")) {
		return nil
	}
	var out []directive
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if n.Kind != wiki.HTML && n.Kind != wiki.HTMLBlock {
			continue
		}
		for off := n.Start; len(out) < maxDirectives; {
			text := p.Source[off:n.End]
			a := bytes.Index(text, []byte("<!--"))
			if a < 0 {
				break
			}
			b := bytes.Index(text[a:], []byte("-->"))
			if b < 0 {
				break
			}
			if d, ok := parseDirective(string(text[a+4 : max(a+b, a+4)])); ok {
				d.line = p.LineOf(off + int32(a))
				out = append(out, d)
			}
			off += int32(a + b + 3)
		}
	}
	return out
}

func parseDirective(comment string) (d directive, ok bool) {
	words := strings.Fields(comment)
	if len(words) == 0 {
		return d, false
	}
	verb, ok := strings.CutPrefix(words[0], "patchbot-")
	if !ok {
		verb, ok = strings.CutPrefix(words[0], "markdownlint-")
	}
	if !ok {
		return d, false
	}
	switch verb {
	case "disable", "enable", "disable-line", "disable-next-line", "disable-file", "enable-file":
	default:
		return d, false
	}
	d = directive{verb: verb, text: strings.Join(words, " ")}
	for _, w := range words[1:] {
		if r := ByID(w); r != nil {
			d.rules = append(d.rules, r.ID)
		}
	}
	// A directive about rules we do not have silences nothing.
	return d, len(d.rules) > 0 || len(words) == 1
}

func (d directive) names(rule string) bool {
	if len(d.rules) == 0 {
		return true
	}
	for _, r := range d.rules {
		if r == rule {
			return true
		}
	}
	return false
}

// silenced reports whether the directives switch off a finding.
func silenced(ds []directive, f *Finding) bool {
	off := false
	for _, d := range ds {
		if !d.names(f.Rule) {
			continue
		}
		switch d.verb {
		case "disable-file":
			return true
		case "disable":
			if d.line <= f.Line {
				off = true
			}
		case "enable":
			if d.line <= f.Line {
				off = false
			}
		case "disable-line":
			if d.line == f.Line {
				return true
			}
		case "disable-next-line":
			if d.line+1 == f.Line {
				return true
			}
		}
	}
	return off
}

// silence drops the findings that the page's comments switch off. trusted holds the texts of the comments that count; nil
// means that all do.
func silence(p *wiki.Page, fs []Finding, trusted map[string]bool) []Finding {
	ds := directives(p)
	if trusted != nil {
		kept := ds[:0]
		for _, d := range ds {
			if trusted[d.text] {
				kept = append(kept, d)
			}
		}
		ds = kept
	}
	if len(ds) == 0 {
		return fs
	}
	kept := fs[:0]
	for i := range fs {
		if !silenced(ds, &fs[i]) {
			kept = append(kept, fs[i])
		}
	}
	return kept
}

// trustedIn are the comments of a page, for judging another version of it.
func trustedIn(p *wiki.Page) map[string]bool {
	texts := map[string]bool{}
	for _, d := range directives(p) {
		texts[d.text] = true
	}
	return texts
}
