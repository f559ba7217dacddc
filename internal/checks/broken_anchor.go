package checks

import "patchbot/internal/wiki"

var brokenAnchor = &Rule{
	ID:       "broken-anchor",
	Aliases:  []string{"MD051"},
	Severity: Error,
	Scope:    ScopePage,
	Title:    "Links to a place in a page name an id that the page has",
	Why: "The page opens at its top instead of the place that was meant. Hosts make ids of headings in different ways: " +
		"man.sr.ht drops accented letters, and the names of tags such as “code” stay in.",
	Bad:  "# Présentation\n\nBack to the [top](#présentation).\n",
	Good: "# Présentation\n\nBack to the [top](#prsentation).\n",
	Messages: map[string]string{
		"other-page": "{{.Page}} has no heading “#{{.Fragment}}”.",
		"same-page":  "this page has no heading “#{{.Fragment}}”.",
		"unsure": "“#{{.Fragment}}” is the id of a tag on which not every version of {{.Host}} keeps ids, only on “<a>” and " +
			"on headings: the page may open at its top.",
		"did-you-mean": "Did you mean “#{{.Fragment}}”?",
	},
	check: checkBrokenAnchor,
	links: true,
}

func checkBrokenAnchor(p *pass) {
	for _, pl := range p.places() {
		if pl.ref.Kind != wiki.Internal || pl.answer != wiki.Shown || pl.ref.Fragment == "" || pl.ref.Repo {
			continue
		}
		id := wiki.WantedID(pl.ref.Fragment)
		anchors, ok := p.anchorsOf(pl.path)
		if !ok || id == "" {
			continue
		}
		sure, there := anchors.ids[id]
		if sure {
			continue
		}
		if p.full() {
			return
		}
		args := map[string]any{"Target": pl.link.Dest, "Fragment": pl.ref.Fragment, "Page": pl.path}
		key := "other-page"
		if pl.path == p.path {
			key = "same-page"
		}
		if there {
			args["Host"] = hostTitle(p.host)
			f := p.report(pl.link.Start, pl.link.End, "unsure", args)
			f.Detail, f.Severity = pl.link.Dest, min(f.Severity, Warning)
			continue
		}
		f := p.report(pl.link.Start, pl.link.End, key, args)
		f.Detail = pl.link.Dest
		if p.count > maxSuggestions {
			continue
		}
		if better := p.betterAnchor(pl.path, id); better != "" {
			f.Suggestion = p.suggest("did-you-mean", map[string]any{"Fragment": better})
		}
	}
}
