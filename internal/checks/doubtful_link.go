package checks

var doubtfulLink = &Rule{
	ID:       "doubtful-link",
	Severity: Warning,
	Scope:    ScopeWeb,
	Title:    "Links to other sites show what was meant",
	Why: "Many sites do not say that a page is gone: they show their front page, or a page that excuses itself. Whether that is " +
		"so here, a person sees at a glance.",
	Bad:  "See [chapter 3](https://example.org/guide#chapter-33).\n",
	Good: "See [chapter 3](https://example.org/guide#chapter-3).\n",
	Messages: map[string]string{
		"soft-404":  "{{.URL}} seems to show a page that says there is none. Please look.",
		"root":      "{{.URL}} ends on the front page of its site. Please look.",
		"refused":   "{{.URL}} refuses the connection. Please look.",
		"fragment":  "{{.URL}} exists, but its page has no such anchor. Please look.",
		"redirects": "{{.URL}} redirects too often to be followed. Please look.",
	},
}
