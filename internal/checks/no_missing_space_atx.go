package checks

import (
	"bytes"
	"regexp"
)

var noMissingSpaceATX = &Rule{
	ID:       "no-missing-space-atx",
	Aliases:  []string{"MD018"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "A blank follows the “#” of a heading",
	Why:      "Without the blank the line is plain text that begins with “#”, and the heading is missing from the table of contents.",
	Bad:      "#Guides\n",
	Good:     "# Guides\n",
	Messages: map[string]string{
		"missing": "no blank after “{{.Mark}}”: this is plain text, not a heading.",
		"write":   "Write “{{.Line}}”.",
	},
	check: checkNoMissingSpaceATX,
}

var (
	gluedHash  = regexp.MustCompile(`^#+[^# \t\r]`)
	closedHash = regexp.MustCompile(`#\s*$`)
)

func checkNoMissingSpaceATX(p *pass) {
	if !bytes.Contains(p.src, []byte{'#'}) {
		return
	}
	var verbatim []bool
	for l := p.bodyLine(); l <= p.md.LineCount(); l++ {
		line := p.md.Line(l)
		if len(line) == 0 || line[0] != '#' || !gluedHash.Match(line) || closedHash.Match(line) || bytes.HasPrefix(line, []byte("#️⃣")) {
			continue
		}
		if verbatim == nil {
			verbatim = p.verbatim()
		}
		if verbatim[l] {
			continue
		}
		hashes := len(line) - len(bytes.TrimLeft(line, "#"))
		start := p.md.LineStart(l)
		next := start + int32(hashes) + int32(runeLen(line[hashes:]))
		f := p.report(start, next, "missing", map[string]any{"Mark": string(line[:hashes])})
		f.Suggestion = p.suggest("write", map[string]any{"Line": string(line[:hashes]) + " " + string(line[hashes:])})
	}
}
