package checks

import (
	"strings"
	"unicode/utf8"

	"patchbot/internal/wiki"
)

var swallowedPunctuation = &Rule{
	ID:       "swallowed-punctuation",
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Bare URLs do not end in punctuation",
	Why: "SourceHut makes a link of everything up to the next blank: the full stop, the comma or the bracket after a URL " +
		"becomes part of it, and the link is broken. Put the URL in “<” and “>”, or make it a link.",
	Bad:  "See https://code.gouv.fr.\n",
	Good: "See <https://code.gouv.fr>.\n",
	Messages: map[string]string{
		"swallowed": "on {{.Host}} “{{.Mark}}” becomes part of the link: readers go to “{{.URL}}”.",
		"write":     "Write “<{{.URL}}>{{.Mark}}”.",
	},
	check: checkSwallowedPunctuation,
}

func checkSwallowedPunctuation(p *pass) {
	if p.host.Dialect().Bare != wiki.BarePlain {
		return
	}
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.BareURL {
			continue
		}
		url := p.md.Text(n.Start, n.End)
		meant := withoutPunctuation(url)
		if meant == url || strings.HasSuffix(meant, "://") || strings.Contains(url, "](") {
			continue
		}
		mark := url[len(meant):]
		f := p.report(n.Start+int32(len(meant)), n.End, "swallowed",
			map[string]any{"Mark": mark, "URL": url, "Host": hostTitle(p.host)})
		f.Detail = url
		f.Suggestion = p.suggest("write", map[string]any{"URL": meant, "Mark": mark})
	}
}

// withoutPunctuation cuts what a writer does not mean as part of a URL off its end: marks that end a sentence or a quotation,
// and closing brackets that the URL does not open.
func withoutPunctuation(url string) string {
	for url != "" {
		r, size := utf8.DecodeLastRuneInString(url)
		switch r {
		case '.', ',', ';', ':', '!', '?', '\'', '"', '*', '…', '»', '’', '”', '\u00A0', '\u202F':
		case ')':
			if strings.Count(url, "(") >= strings.Count(url, ")") {
				return url
			}
		case ']':
			if strings.Count(url, "[") >= strings.Count(url, "]") {
				return url
			}
		case '}':
			if strings.Count(url, "{") >= strings.Count(url, "}") {
				return url
			}
		default:
			return url
		}
		url = url[:len(url)-size]
	}
	return url
}
