package checks

import "patchbot/internal/wiki"

var notServed = &Rule{
	ID:       "not-served",
	Severity: Error,
	Scope:    ScopePage,
	Title:    "Links lead to files that the site serves",
	Why: "man.sr.ht serves pages (.md) and images only. A PDF, a calendar or a spreadsheet of the repository exists, but its " +
		"link is an error page: link to the file in the repository's own view.",
	Bad:  "[Calendar](events.ics)\n",
	Good: "[Calendar](https://git.sr.ht/~owner/wiki/blob/main/events.ics)\n",
	Messages: map[string]string{
		"file":  "“{{.Target}}” exists in the repository, but {{.Host}} serves only pages (.md) and images: readers get an error page.",
		"write": "Write “{{.URL}}”.",
	},
	check: checkNotServed,
	links: true,
}

func checkNotServed(p *pass) {
	for _, pl := range p.places() {
		if pl.ref.Kind != wiki.Internal || pl.answer != wiki.NotServed {
			continue
		}
		f := p.report(pl.link.Start, pl.link.End, "file", map[string]any{"Target": pl.link.Dest, "Host": hostTitle(p.host)})
		f.Detail = pl.link.Dest
		if url := p.repoURL(pl.path); url != "" {
			f.Suggestion = p.suggest("write", map[string]any{"URL": url})
		}
	}
}
