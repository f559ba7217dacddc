package checks

var movedLink = &Rule{
	ID:       "moved-link",
	Severity: Note,
	Scope:    ScopeWeb,
	Title:    "Links to other sites use the address that the site uses now",
	Why: "The site says that the page has another address for good. The old one works as long as someone keeps the redirection. " +
		"This is said only when the new address belongs to the same owner and was given twice.",
	Bad:  "See [SILL](http://sill.etalab.gouv.fr/).\n",
	Good: "See [SILL](https://sill.code.gouv.fr/).\n",
	Messages: map[string]string{
		"moved": "this address redirects for good to {{.Target}}",
	},
}
