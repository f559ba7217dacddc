package checks

import "bytes"

var noHardTabs = &Rule{
	ID:       "no-hard-tabs",
	Aliases:  []string{"MD010"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "Pages are indented with blanks",
	Why:      "A tab counts as up to four columns, depending on where it stands: a list or code can end up at another level than it looks.",
	Bad:      "-\tpublish\n",
	Good:     "- publish\n",
	Messages: map[string]string{
		"tab": "a tab: write blanks instead.",
	},
	check: checkNoHardTabs,
}

func checkNoHardTabs(p *pass) {
	end := int32(len(p.src))
	for off := int32(p.md.Body); off < end; {
		i := bytes.IndexByte(p.src[off:], '\t')
		if i < 0 {
			return
		}
		start := off + int32(i)
		off = start
		for off < end && p.src[off] == '\t' {
			off++
		}
		p.report(start, off, "tab", nil)
	}
}
