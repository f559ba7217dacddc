package checks

var inboundLink = &Rule{
	ID:       "inbound-link",
	Severity: Error,
	Scope:    ScopeSeries,
	Title:    "Pages that a series leaves alone still lead where they led",
	Why: "Deleting or renaming a page, or changing a heading, breaks the links of other pages, which nobody looks at while " +
		"reviewing the patch.",
	Bad:  "guides.md is renamed to guide.md; index.md still says [Guides](guides.md)\n",
	Good: "guides.md is renamed to guide.md, and index.md says [Guides](guide.md)\n",
	Messages: map[string]string{
		"page": "this page links to “{{.Target}}”, which leads nowhere after this series.",
		"no-index": "this page links to “{{.Target}}”, a directory without index.md after this series, which {{.Host}} cannot show: " +
			"keep that page, or change the link here.",
		"anchor":       "this page links to “{{.Target}}”: after this series {{.Page}} has no “#{{.Fragment}}” any more.",
		"not-served":   "this page links to “{{.Target}}”, which the host does not serve after this series.",
		"did-you-mean": "Write “{{.Target}}” here, in the same series.",
		"new-anchor":   "Write “#{{.Fragment}}” here, in the same series, or keep the heading.",
	},
}

// inbound turns what a rule says about an untouched page into a finding about the series. ok is false for rules whose
// findings on untouched pages are nobody's news.
func inbound(set *Set, f Finding) (Finding, bool) {
	r := ByID(f.Rule)
	if r == nil || !r.links || !set.on(inboundLink.ID) || f.Message.ID == brokenAnchor.ID+".unsure" {
		return f, false
	}
	key := "page"
	switch {
	case r == brokenAnchor:
		key = "anchor"
	case r == notServed:
		key = "not-served"
	case f.Message.ID == brokenLink.ID+".no-index":
		key = "no-index"
	}
	f.Rule, f.Severity = inboundLink.ID, set.Level(inboundLink.ID)
	f.Message.ID = inboundLink.ID + "." + key
	if !f.Suggestion.Zero() {
		key := "did-you-mean"
		if r == brokenAnchor {
			key = "new-anchor"
		}
		f.Suggestion.ID = inboundLink.ID + "." + key
	}
	return f, true
}
