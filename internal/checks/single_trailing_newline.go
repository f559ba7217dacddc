package checks

import (
	"bytes"
	"unicode/utf8"
)

var singleTrailingNewline = &Rule{
	ID:       "single-trailing-newline",
	Aliases:  []string{"MD047"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "A page ends in a line end",
	Why:      "Without it the next patch to the last line shows two changed lines, and some tools lose the last one.",
	Bad:      "The last line, and then nothing",
	Good:     "The last line\n",
	Messages: map[string]string{
		"missing": "the last line does not end in a line break.",
	},
	check: checkSingleTrailingNewline,
}

func checkSingleTrailingNewline(p *pass) {
	if len(p.src) == 0 || p.src[len(p.src)-1] == '\n' || p.md.Body >= len(p.src) && p.md.Body > 0 {
		return
	}
	last := p.md.Line(p.md.LineCount())
	if len(bytes.TrimSpace(bytes.ReplaceAll(withoutComments(last), []byte{'>'}, nil))) == 0 {
		return
	}
	_, size := utf8.DecodeLastRune(p.src)
	p.report(int32(len(p.src)-size), int32(len(p.src)), "missing", nil)
}

// withoutComments cuts HTML comments out of one line, also those that begin or end on another.
func withoutComments(line []byte) []byte {
	for {
		start, end := bytes.Index(line, []byte("<!--")), bytes.Index(line, []byte("-->"))
		switch {
		case end >= 0 && (start < 0 || end < start):
			line = line[end+3:]
		case start >= 0 && end >= 0:
			line = append(bytes.Clone(line[:start]), line[end+3:]...)
		case start >= 0:
			return line[:start]
		default:
			return line
		}
	}
}
