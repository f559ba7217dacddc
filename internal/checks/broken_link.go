package checks

import (
	"path"
	"strings"

	"patchbot/internal/wiki"
)

var brokenLink = &Rule{
	ID:       "broken-link",
	Severity: Error,
	Scope:    ScopePage,
	Title:    "Links inside the wiki lead to something",
	Why: "Readers who follow the link get an error page. A path is taken exactly as written: upper and lower case differ, a " +
		"directory needs an index page, and most hosts add no “.md”.",
	Bad:  "See the [guides](guide.md).\n",
	Good: "See the [guides](guides.md).\n",
	Messages: map[string]string{
		"no-page":      "“{{.Target}}” leads to no page.",
		"no-extension": "“{{.Target}}” leads to no page: {{.Host}} does not add “.md”.",
		"no-file":      "“{{.Target}}” leads to no file.",
		"no-index":     "“{{.Target}}” leads to a directory without index.md, which {{.Host}} cannot show.",
		"no-address":   "“{{.Target}}” leads to no page: an address of another site begins with “https://”.",
		"did-you-mean": "Did you mean “{{.Target}}”?",
	},
	check: checkBrokenLink,
	links: true,
}

func checkBrokenLink(p *pass) {
	for _, pl := range p.places() {
		if pl.ref.Kind != wiki.Internal || pl.answer != wiki.Missing && pl.answer != wiki.NoIndex {
			continue
		}
		if p.full() {
			return
		}
		better := ""
		if p.count < maxSuggestions && !looksLikeSite(pl.link.Dest) {
			better = p.betterPath(p.path, pl.ref.Path)
		}
		key := "no-page"
		switch {
		case pl.answer == wiki.NoIndex:
			key = "no-index"
		case better == pl.ref.Path+".md":
			key = "no-extension"
		case looksLikeSite(pl.link.Dest):
			key = "no-address"
		case pl.link.Image || path.Ext(pl.ref.Path) != "" && !wiki.IsPage(pl.ref.Path):
			key = "no-file"
		}
		args := map[string]any{"Target": pl.link.Dest, "Host": hostTitle(p.host)}
		f := p.report(pl.link.Start, pl.link.End, key, args)
		f.Detail = pl.link.Dest
		switch {
		case key == "no-address":
			f.Suggestion = p.suggest("did-you-mean", map[string]any{"Target": "https://" + pl.link.Dest})
		case better != "" && better != pl.ref.Path:
			f.Suggestion = p.suggest("did-you-mean", map[string]any{"Target": p.rewrite(pl, better)})
		}
	}
}

// maxSuggestions bounds the suggestions for one file: each compares many names.
const maxSuggestions = 50

// rewrite is the destination that leads to a path, absolute if the link was.
func (p *pass) rewrite(pl place, target string) string {
	dest := pl.link.Dest
	if i := strings.Index(dest, pl.ref.Path); i >= 0 && pl.ref.Path != "" && strings.Contains(dest, "://") {
		return dest[:i] + escapePath(target) + dest[i+len(pl.ref.Path):]
	}
	return p.offer(target, pl.ref.Fragment)
}

// looksLikeSite reports whether a relative path is a host name without its scheme: "www.example.org", "example.org/x".
func looksLikeSite(dest string) bool {
	name, _, _ := strings.Cut(dest, "/")
	name, _, _ = strings.Cut(name, "#")
	if strings.HasPrefix(name, "www.") {
		return true
	}
	i := strings.LastIndexByte(name, '.')
	if i <= 0 {
		return false
	}
	switch strings.ToLower(name[i+1:]) {
	case "org", "com", "net", "fr", "eu", "io", "info", "dev", "tech", "app", "ht", "gouv":
		return true
	}
	return false
}
