package checks

import (
	"bytes"
	"regexp"
	"unicode/utf8"
)

var noMissingSpaceClosedATX = &Rule{
	ID:       "no-missing-space-closed-atx",
	Aliases:  []string{"MD020"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Blanks stand between a heading and its closing “#”",
	Why:      "Without the blank the “#” is shown as part of the heading, or the line is no heading at all.",
	Bad:      "# Guides#\n",
	Good:     "# Guides #\n",
	Messages: map[string]string{
		"before": "no blank after the opening “#”: this is plain text, not a heading.",
		"after":  "no blank before the closing “#”: it is shown as part of the heading.",
	},
	check: checkNoMissingSpaceClosedATX,
}

var closedATX = regexp.MustCompile(`^(#+)([ \t]*)([^# \t\\]|[^# \t][^#]*?[^# \t\\])([ \t]*)((?:\\#)?)(#+)(\s*)$`)

func checkNoMissingSpaceClosedATX(p *pass) {
	var verbatim []bool
	for l := p.bodyLine(); l <= p.md.LineCount(); l++ {
		line := p.md.Line(l)
		if len(line) == 0 || line[0] != '#' || !bytes.HasSuffix(bytes.TrimRight(line, " \t\r"), []byte{'#'}) {
			continue
		}
		m := closedATX.FindSubmatchIndex(line)
		if m == nil {
			continue
		}
		left, right := m[4] == m[5], m[8] == m[9] || m[10] != m[11]
		if !left && !right {
			continue
		}
		if verbatim == nil {
			verbatim = p.verbatim()
		}
		if verbatim[l] {
			continue
		}
		start := p.md.LineStart(l)
		if left {
			p.report(start, start+int32(m[3]+runeLen(line[m[3]:])), "before", nil)
			continue
		}
		_, size := utf8.DecodeLastRune(line[:m[12]])
		p.report(start+int32(m[12]-size), start+int32(len(bytes.TrimRight(line, " \t\r"))), "after", nil)
	}
}

// runeLen is the number of bytes of the first code point.
func runeLen(b []byte) int {
	_, n := utf8.DecodeRune(b)
	return n
}
