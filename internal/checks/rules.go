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
		nearLink,
		duplicateAnchor,

		headingIncrement,
		headingStyle,
		noHardTabs,
		noMissingSpaceATX,
		noMissingSpaceClosedATX,
		headingStartLeft,
		noDuplicateHeading,
		noBlanksBlockquote,
		noSpaceInEmphasis,
		noSpaceInCode,
		noSpaceInLinks,
		noEmptyLinks,
		noAltText,
		singleTrailingNewline,
		referenceLinksImages,
		linkImageReferenceDefinitions,
		tableColumnCount,
		descriptiveLinkText,
	}
}
