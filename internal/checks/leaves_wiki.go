package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

var leavesWiki = &Rule{
	ID:       "leaves-wiki",
	Severity: Error,
	Scope:    ScopePage,
	Title:    "Paths stay inside the wiki",
	Why: "On man.sr.ht a path that begins with “/” starts at the whole site, not at the wiki, and so does one that climbs " +
		"above the wiki's first page: both lead to an error page.",
	Bad:  "[Guides](/guides.md)\n",
	Good: "[Guides](guides.md)\n",
	Messages: map[string]string{
		"absolute":     "“{{.Target}}” leaves the wiki: on {{.Host}} a path that begins with “/” starts at the whole site.",
		"above":        "“{{.Target}}” climbs above the wiki's first page.",
		"did-you-mean": "Did you mean “{{.Target}}”?",
	},
	check: checkLeavesWiki,
}

func checkLeavesWiki(p *pass) {
	for _, pl := range p.places() {
		if pl.ref.Kind != wiki.Outside {
			continue
		}
		key := "above"
		if strings.HasPrefix(pl.link.Dest, "/") {
			key = "absolute"
		}
		f := p.report(pl.link.Start, pl.link.End, key, map[string]any{"Target": pl.link.Dest, "Host": hostTitle(p.host)})
		f.Detail = pl.link.Dest
		written, fragment, _ := strings.Cut(pl.link.Dest, "#")
		for strings.HasPrefix(written, "../") {
			written = written[3:]
		}
		written = strings.Trim(written, "/")
		if _, _, ok := p.tree.Lookup(written); ok && written != "" {
			f.Suggestion = p.suggest("did-you-mean", map[string]any{"Target": p.offer(written, fragment)})
		} else if p.count > maxSuggestions {
			continue
		} else if better := p.betterPath(p.path, written); better != "" {
			f.Suggestion = p.suggest("did-you-mean", map[string]any{"Target": p.offer(better, fragment)})
		}
	}
}
