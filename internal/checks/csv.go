package checks

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

var csvTable = &Rule{
	ID:       "csv",
	Severity: Warning,
	Scope:    ScopeFile,
	Title:    "Tables in CSV can be read",
	Why: "Programs take a row with too many or too few fields for damaged, or put its values under the wrong heading; a quote " +
		"that is not closed swallows the rest of the file (RFC 4180).",
	Bad:  "name;licence\npatchbot;MIT;2026\n",
	Good: "name;licence;year\npatchbot;MIT;2026\n",
	Messages: map[string]string{
		"fields":   "this row has not as many fields as the first one: {{.Fields}} instead of {{.Expected}}.",
		"quote":    "a quote stands where none may: a field with quotes must be quoted whole, and its quotes doubled.",
		"unclosed": "a quoted field is not closed.",
		"not-utf8": "the file is not UTF-8.",
	},
	check: checkCSV,
}

func checkCSV(p *pass) {
	src := p.lines.Source
	if !strings.HasSuffix(strings.ToLower(p.path), ".csv") || len(src) == 0 {
		return
	}
	if !utf8.Valid(src) {
		p.file("not-utf8", nil).Detail = "not-utf8"
		return
	}
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	r := csv.NewReader(bytes.NewReader(src))
	r.Comma = separator(src)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	expected := 0
	for !p.full() {
		record, err := r.Read()
		if err == io.EOF {
			return
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			key := "quote"
			if errors.Is(bad.Err, csv.ErrQuote) && bad.Line >= p.lines.LineCount() {
				key = "unclosed"
			}
			p.line(min(bad.StartLine, p.lines.LineCount()), key, nil).Detail = key
			return // what follows is read wrongly
		}
		if err != nil {
			return
		}
		line, _ := r.FieldPos(0)
		if expected == 0 {
			expected = len(record)
		} else if len(record) != expected {
			p.line(min(line, p.lines.LineCount()), "fields", map[string]any{"Fields": len(record), "Expected": expected})
		}
	}
}

// separator is the mark that the first line has most of: comma, semicolon or tab.
func separator(src []byte) rune {
	first, _, _ := bytes.Cut(src, []byte{'\n'})
	best, most := ',', bytes.Count(first, []byte{','})
	for _, c := range []byte{';', '\t'} {
		if n := bytes.Count(first, []byte{c}); n > most {
			best, most = rune(c), n
		}
	}
	return best
}
