package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

var noSpaceInCode = &Rule{
	ID:       "no-space-in-code",
	Aliases:  []string{"MD038"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "Code does not begin or end in a blank",
	Why:      "The blank is shown as part of the code, and copied with it.",
	Bad:      "Run ` git am` first.\n",
	Good:     "Run `git am` first.\n",
	Messages: map[string]string{
		"start": "the code begins with a blank.",
		"end":   "the code ends in a blank.",
	},
	check: checkNoSpaceInCode,
}

func checkNoSpaceInCode(p *pass) {
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.CodeSpan {
			continue
		}
		from, to := n.Inner, n.InnerEnd
		text := p.md.Text(from, to)
		if strings.TrimSpace(text) == "" {
			continue
		}
		// One blank on both sides is padding, which is not shown (CommonMark, section 6.1).
		padded := len(text) > 2 && isSpace(text[0]) && isSpace(text[len(text)-1])
		if padded {
			from, to = from+1, to-1
		}
		first, last := codeLine(p.md.Text(from, to), true), codeLine(p.md.Text(from, to), false)
		lead := len(first) - len(strings.TrimLeft(first, " \t\u00A0"))
		trail := len(last) - len(strings.TrimRight(last, " \t\u00A0"))
		backtickA := lead < len(first) && first[lead] == '`'
		backtickB := trail < len(last) && last[len(last)-trail-1] == '`'
		if lead == len(first) || backtickA && !padded {
			lead = max(lead-1, 0)
		}
		if backtickB && !padded {
			trail = max(trail-1, 0)
		}
		if strings.TrimSpace(first) == "" {
			lead = 0
		}
		if strings.TrimSpace(last) == "" {
			trail = 0
		}
		whole := lead > 0 && trail > 0 && padded && !backtickA && !backtickB
		if lead > 0 {
			start := n.InnerEnd - int32(len(strings.TrimLeft(p.md.Text(from, n.InnerEnd), "\r\n")))
			p.report(start-bool32(whole), start+int32(lead), "start", nil)
		}
		if trail > 0 {
			end := n.Inner + int32(len(strings.TrimRight(p.md.Text(n.Inner, to), "\r\n")))
			p.report(end-int32(trail), end+bool32(whole), "end", nil)
		}
	}
}

// codeLine is the first or last line of code that is not empty.
func codeLine(text string, first bool) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	switch {
	case len(lines) == 0:
		return ""
	case first:
		return lines[0]
	}
	return lines[len(lines)-1]
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' }

func bool32(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
