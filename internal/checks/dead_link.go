package checks

var deadLink = &Rule{
	ID:       "dead-link",
	Severity: Error,
	Scope:    ScopeWeb,
	Title:    "Links to other sites lead to something",
	Why: "Readers get an error page of another site. This is said only of what has been seen twice and leaves no doubt: a page " +
		"that is not there on a site that answers, a name that does not exist, redirections in a circle, an address that no " +
		"browser can read or that only your own machine has. A site that is slow, failing or closed to robots is never called dead.",
	Bad:  "See the [guide](https://example.org/guide-of-2012).\n",
	Good: "See the [guide](https://example.org/guide).\n",
	Messages: map[string]string{
		"not-found": "{{.URL}} answers {{.Status}}: the site says that it has no such page.",
		"no-host":   "{{.URL}} leads nowhere: there is no host of that name.",
		"loop":      "{{.URL}} redirects in a circle: no browser arrives.",
		"malformed": "{{.URL}} is no address that a browser could open.",
		"refused":   "{{.URL}} has refused every connection for a day.",
		"private":   "{{.URL}} is an address that only your own machine or network can reach.",
		"archive":   "There may be a copy: https://web.archive.org/web/{{.URL}}",
	},
}
