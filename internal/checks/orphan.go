package checks

import (
	"path"

	"patchbot/internal/wiki"
)

var orphan = &Rule{
	ID:       "orphan",
	Severity: Off,
	Scope:    ScopeTree,
	Title:    "A page can be reached from another",
	Why:      "Nobody finds a page that no other page links to, unless told its address.",
	Bad:      "guides/publish.md exists, and no page links to it\n",
	Good:     "index.md has a link to guides/publish.md\n",
	Messages: map[string]string{
		"alone": "no page links to this one.",
	},
	check: checkOrphan,
}

func checkOrphan(p *pass) {
	if !wiki.IsPage(p.path) || p.path == "index.md" || standing(path.Base(p.path)) {
		return
	}
	g := p.store.index.Graph(p.tree, p.host, p.own)
	if len(g.Sources(p.path)) > 0 {
		return
	}
	if path.Base(p.path) == "index.md" && len(g.Sources(parent(p.path))) > 0 {
		return
	}
	p.file("alone", nil)
}
