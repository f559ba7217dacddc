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
	pages, titled := 0, 0
	dir := parent(p.path)
	p.tree.List(dir, func(name, id string, mode uint32) bool {
		sibling := joinPath(dir, name)
		if sibling == p.path || !wiki.IsPage(sibling) || mode == wiki.ModeTree || standing(name) {
			return true
		}
		f, ok := p.facts(sibling, id)
		if !ok {
			return true
		}
		pages++
		if f.HasName {
			titled++
		}
		return pages < 200
	})
	if titled < 2 || titled*2 <= pages {
		return
	}
	p.report(0, p.md.LineEnd(1), "missing", map[string]any{
		"Count": titled, "Pages": pages, "Host": hostTitle(p.host), "Name": shownName(p.path),
	})
}

// standing reports whether a file is one of those that every repository has, and that need no title.
func standing(name string) bool {
	name = strings.ToUpper(strings.TrimSuffix(name, path.Ext(name)))
	for _, known := range []string{"README", "LICENSE", "LICENCE", "CONTRIBUTING", "CHANGELOG", "CODE_OF_CONDUCT", "SECURITY"} {
		if name == known || strings.HasPrefix(name, known+".") {
			return true
		}
	}
	return false
}

// shownName is what man.sr.ht makes of a file's name: dots and the letters of “.md” go from its end.
func shownName(p string) string { return strings.TrimRight(path.Base(p), ".md") }
