package checks

import (
	"path"
	"strings"

	"patchbot/internal/wiki"
)

var pageTitle = &Rule{
	ID:       "title",
	Severity: Note,
	Scope:    ScopePage,
	Title:    "A page has a title where its neighbours have one",
	Why:      "Without a title in the YAML header the site shows the file's name above the page and in the browser's tab.",
	Bad:      "# Guides\n",
	Good:     "---\ntitle: Guides\n---\n\n# Guides\n",
	Messages: map[string]string{
		"missing": "the page has no title in its YAML header, unlike {{.Count}} of the {{.Pages}} other pages beside it: {{.Host}} shows “{{.Name}}”.",
	},
	check: checkTitle,
}

func checkTitle(p *pass) {
	if p.md.Front != nil && (p.md.Front.Err != nil || p.md.Front.HasTitle) || standing(path.Base(p.path)) {
		return
	}
	pages, titled := p.titles(parent(p.path))
	pages-- // the others
	if titled < 2 || titled*2 <= pages {
		return
	}
	p.report(0, p.md.LineEnd(1), "missing", map[string]any{
		"Count": titled, "Pages": pages, "Host": hostTitle(p.host), "Name": shownName(p.host, p.path),
	})
}

// shownName is what readers see in place of a title: on man.sr.ht the file's name without the dots and the letters of “.md”
// at its end, be they that ending or not; the whole name where files are shown.
func shownName(h wiki.Host, p string) string {
	switch name := path.Base(p); h.Name() {
	case "sourcehut":
		return strings.TrimRight(name, ".md")
	case "pandoc":
		return strings.TrimSuffix(name, ".md")
	default:
		return name
	}
}
