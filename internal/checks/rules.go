package checks

// All lists the rules in the order in which they are presented: what breaks the wiki first.
func All() []*Rule {
	return []*Rule{
		frontMatter,
		brokenLink,
		brokenAnchor,
		inboundLink,
		notServed,
		leavesWiki,
		lostScheme,
		swallowedPunctuation,
	}
}
