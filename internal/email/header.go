package email

import (
	"bytes"
	"strings"
)

// Get returns the value of the first field of that name, or "". Names compare without case.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns the values of every field of that name, in the order of the mail.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// split is what a header splitter found in front of a body.
type split struct {
	header   Header
	body     []byte
	salvaged bool   // something had to be skipped or repaired
	over     string // the limit that was exceeded, or empty
}

// splitHeader cuts raw into header fields and body in one pass over the header.
//
// RFC 5322 sections 2.2 and 4.5 are the rule, and what mailers and archives do to it is repaired: a byte order mark or
// blank lines in front, mbox "From " and ">From " lines, lines without a colon, names with bytes outside ASCII, a blank
// before the first name, several CRs before an LF, and mail whose only line end is CR. A line that is no field ends the
// header when the line after it is none either: the blank line was lost.
func splitHeader(raw []byte, maxBytes, maxFields int) split {
	s := split{}
	rest := bytes.TrimPrefix(raw, []byte("\ufeff"))
	s.salvaged = len(rest) != len(raw)
	if !bytes.Contains(rest, []byte("\n")) && bytes.Contains(rest, []byte("\r")) {
		rest = bytes.ReplaceAll(rest, []byte("\r"), []byte("\n"))
		s.salvaged = true
	}
	start := len(rest)
	var name string
	var value []byte
	flush := func() {
		if name != "" && len(s.header) < maxFields {
			s.header = append(s.header, Field{Name: name, Value: string(bytes.Trim(value, " \t"))})
		} else if name != "" {
			s.over = "header fields"
		}
		name, value = "", value[:0]
	}
	for len(rest) > 0 {
		if start-len(rest) > maxBytes {
			s.over = "header bytes"
			break
		}
		line, next, crs := cutLine(rest)
		s.salvaged = s.salvaged || crs > 1
		kind := lineKind(line)
		if kind == lineFolded && name == "" {
			if line = bytes.TrimLeft(line, " \t"); lineKind(line) != lineField {
				kind = lineJunk
			} else {
				kind, s.salvaged = lineField, true
			}
		}
		switch kind {
		case lineBlank:
			if len(s.header) > 0 || name != "" {
				flush()
				s.body = next
				return s
			}
			s.salvaged = true
		case lineField:
			flush()
			colon := bytes.IndexByte(line, ':')
			name = fieldName(line[:colon])
			value = append(value, line[colon+1:]...)
		case lineFolded:
			if len(bytes.Trim(line, " \t")) == 0 && !headerGoesOn(next) {
				flush()
				s.body, s.salvaged = next, true
				return s
			}
			value = append(value, line...)
		case lineFrom:
			s.salvaged = true
		case lineJunk:
			s.salvaged = true
			if !headerGoesOn(next) {
				flush()
				s.body = rest
				return s
			}
		}
		rest = next
	}
	flush()
	return s
}

type headerLine int

const (
	lineBlank  headerLine = iota // ends the header
	lineField                    // "Name: value"
	lineFolded                   // begins with a blank: continues the field
	lineFrom                     // mbox separator, also escaped
	lineJunk                     // none of these
)

func lineKind(line []byte) headerLine {
	switch {
	case len(line) == 0:
		return lineBlank
	case line[0] == ' ' || line[0] == '\t':
		return lineFolded
	case bytes.HasPrefix(line, []byte("From ")), bytes.HasPrefix(line, []byte(">From ")):
		return lineFrom
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > maxNameBytes {
		return lineJunk
	}
	for _, c := range bytes.TrimRight(line[:colon], " \t") {
		if c <= ' ' || c == 0x7f {
			return lineJunk
		}
	}
	return lineField
}

// maxNameBytes bounds a field name, blanks before the colon included; the longest registered name has 31 bytes.
const maxNameBytes = 128

// headerGoesOn reports whether the text after a doubtful line still looks like a header: its next line is a field, a
// folded line or the blank line that ends it.
func headerGoesOn(rest []byte) bool {
	line, _, _ := cutLine(rest)
	return lineKind(line) != lineJunk
}

// fieldName cuts the blanks before the colon and makes the name valid UTF-8.
func fieldName(name []byte) string {
	return legacyText(bytes.TrimRight(name, " \t"))
}

// cutLine returns the first line of b without its LF and the CRs before that, the rest, and how many CRs were cut.
func cutLine(b []byte) (line, rest []byte, crs int) {
	line = b
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		line, rest = b[:i], b[i+1:]
	}
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
		crs++
	}
	return line, rest, crs
}
