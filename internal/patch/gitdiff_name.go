package patch

import (
	"bytes"
	"regexp"
	"strings"
)

// lineName reads the name that rest starts with, for a "---" or "+++" line (tab ends it) of a git diff. fallback is
// preferred when the name only adds something to its end.
func (p *diffReader) lineName(rest []byte, fallback string, tab bool) string {
	if len(rest) > 0 && rest[0] == '"' {
		if name, ok := quotedName(rest, p.strip); ok {
			return name
		}
	}
	return plainName(rest, -1, p.strip, fallback, tab)
}

// metaName reads the name of a rename or copy line, which has no prefix.
func (p *diffReader) metaName(rest []byte) string {
	strip := max(p.strip-1, 0)
	if len(rest) > 0 && rest[0] == '"' {
		if name, ok := quotedName(rest, strip); ok {
			return name
		}
	}
	return plainName(rest, -1, strip, "", false)
}

// quotedName reads a C-style quoted name without its first strip components.
func quotedName(b []byte, strip int) (string, bool) {
	name, _, ok := Unquote(b)
	if !ok {
		return "", false
	}
	name = cutNUL(name)
	for ; strip > 0; strip-- {
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return "", false
		}
		name = rest
	}
	return oneSlash(name), true
}

// plainName reads an unquoted name: up to end, or, when end is negative, up to the first white space that is no blank, and
// no tab unless tab is set.
func plainName(b []byte, end, strip int, fallback string, tab bool) string {
	start := -1
	if strip == 0 {
		start = 0
	}
	i := 0
	for ; i < len(b) && i != end; i++ {
		c := b[i]
		if end < 0 && isSpace(c) && c != ' ' && (c != '\t' || tab) {
			break
		}
		if c == '/' {
			if strip--; strip == 0 {
				start = i + 1
			}
		}
	}
	if start < 0 || i <= start {
		return oneSlash(fallback)
	}
	name := string(b[start:i])
	if fallback != "" && len(fallback) < len(name) && strings.HasPrefix(name, fallback) {
		return oneSlash(fallback)
	}
	return oneSlash(cutNUL(name))
}

// oneSlash makes several slashes in a row one.
func oneSlash(s string) string {
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}

// Unquote reads a string that git has quoted C-style and returns what follows it; ok is false when b does not start with one.
func Unquote(b []byte) (text string, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return "", nil, false
	}
	var out []byte
	for i := 1; i < len(b); i++ {
		switch c := b[i]; c {
		case 0:
			return "", nil, false
		case '"':
			return string(out), b[i+1:], true
		case '\\':
			if i++; i >= len(b) {
				return "", nil, false
			}
			if k := strings.IndexByte(`abfnrtv\"`, b[i]); k >= 0 {
				out = append(out, "\a\b\f\n\r\t\v\\\""[k])
				continue
			}
			if i+2 >= len(b) || b[i] < '0' || b[i] > '3' || b[i+1] < '0' || b[i+1] > '7' || b[i+2] < '0' || b[i+2] > '7' {
				return "", nil, false
			}
			out = append(out, (b[i]-'0')<<6|(b[i+1]-'0')<<3|(b[i+2]-'0'))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return "", nil, false
}

// withoutPrefix cuts strip leading components off name.
func withoutPrefix(name []byte, strip int) ([]byte, bool) {
	for ; strip > 0; strip-- {
		i := bytes.IndexByte(name, '/')
		if i < 0 {
			return nil, false
		}
		name = name[i+1:]
	}
	return name, true
}

// gitLineName is the name in a "diff --git" line, if both names are the same but for their first component; line starts
// with the first name.
func (p *diffReader) gitLineName(line []byte) string {
	// a quoted name is read on from here, even beyond the line
	all := p.data[p.pos+len("diff --git "):]
	if len(line) > 0 && line[0] == '"' {
		first, rest, ok := Unquote(all)
		if !ok || len(all)-len(rest) > len(line) {
			return ""
		}
		name, ok := withoutPrefix([]byte(first), p.strip)
		if !ok {
			return ""
		}
		second := bytes.TrimLeft(line[len(all)-len(rest):], spaces)
		if len(second) == 0 {
			return ""
		}
		if second[0] == '"' {
			text, _, ok := Unquote(all[len(line)-len(second):])
			if !ok {
				return ""
			}
			second = []byte(text)
		} else {
			second = bytes.TrimSuffix(second, []byte("\n"))
		}
		other, ok := withoutPrefix(second, p.strip)
		if !ok || !bytes.Equal(name, other) {
			return ""
		}
		return cutNUL(string(name))
	}
	name, ok := withoutPrefix(line, p.strip)
	if !ok {
		return ""
	}
	if q := bytes.IndexByte(name, '"'); q >= 0 {
		text, _, ok := Unquote(all[len(line)-len(name)+q:])
		if !ok {
			return ""
		}
		other, ok := withoutPrefix([]byte(text), p.strip)
		if ok && len(other) < q && bytes.HasPrefix(name, other) && isSpace(name[len(other)]) {
			return cutNUL(string(other))
		}
		return ""
	}
	return p.twiceName(name)
}

// twiceName finds the name that stands twice in "x/name y/name" of which the first component is already cut. To the older
// dialect a blank whose right side has too few components ends the search: it reads no name that holds such a blank.
func (p *diffReader) twiceName(line []byte) string {
	if bytes.IndexByte(line, '\n') < 0 || bytes.IndexByte(line, 0) >= 0 {
		return ""
	}
	line = line[:bytes.IndexByte(line, '\n')]
	for i, c := range line {
		if c != ' ' && c != '\t' {
			continue
		}
		second, ok := withoutPrefix(line[i+1:], p.strip)
		if !ok && !p.modern {
			return ""
		}
		if ok && bytes.Equal(line[:i], second) {
			return string(line[:i])
		}
	}
	return ""
}

// plainHeader reads the two lines of a diff that no git wrote into e.
func (p *diffReader) plainHeader(e *Entry, first, second []byte) *SyntaxError {
	e.Line = p.line
	at := p.pos + len("--- ")
	old, now := p.data[at:], p.data[at+len(first):]
	if !p.stripKnown {
		a, b := p.guessStrip(old), p.guessStrip(now)
		if a < 0 {
			a = b
		}
		if a >= 0 && a == b {
			p.strip, p.stripKnown = a, true
		}
	}
	var name string
	switch {
	case isDevNull(old):
		name = p.datedName(now, "")
		e.New, e.Deleted, e.NewName = Yes, No, name
	case isDevNull(now):
		name = p.datedName(old, "")
		e.New, e.Deleted, e.OldName = No, Yes, name
	default:
		name = p.datedName(now, p.datedName(old, ""))
		switch {
		case isEpoch(first[4:]):
			e.New, e.Deleted, e.NewName = Yes, No, name
		case isEpoch(second[4:]):
			e.New, e.Deleted, e.OldName = No, Yes, name
		default:
			e.OldName, e.NewName = name, name
		}
	}
	if name == "" {
		return p.fail("the header names no file")
	}
	return nil
}

// guessStrip tells how many leading components a name should lose: none when it has no slash; -1 when that is open.
func (p *diffReader) guessStrip(rest []byte) int {
	if isDevNull(rest) {
		return -1
	}
	saved := p.strip
	p.strip = 0
	name := p.datedName(rest, "")
	p.strip = saved
	if name != "" && !strings.Contains(name, "/") {
		return 0
	}
	return -1
}

var (
	// dateAfterName matches the date that diff -u writes after a name.
	dateAfterName = regexp.MustCompile(`[ \t]+(?:[0-9]{4}|[0-9]{2})-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?: ?[-+][0-9]{2}:?[0-9]{2})?$`)
	// epochAfterName matches such a date when it is the start of 1970, in any zone: how diff marks a missing file.
	epochAfterName = regexp.MustCompile(`\t(1969-12-31|1970-01-01) ([0-2][0-9]):([0-5][0-9]):00(?:\.0+)? ([-+])([0-2][0-9]):?([0-5][0-9])`)
)

// datedName reads the name of a line that may end in a date.
func (p *diffReader) datedName(rest []byte, fallback string) string {
	if len(rest) > 0 && rest[0] == '"' {
		if name, ok := quotedName(rest, p.strip); ok {
			return name
		}
	}
	line := bytes.TrimSuffix(firstLine(rest), []byte("\n"))
	if at := dateAfterName.FindIndex(line); at != nil {
		return plainName(line, at[0], p.strip, fallback, false)
	}
	return plainName(rest, -1, p.strip, fallback, true)
}

func isEpoch(line []byte) bool {
	m := epochAfterName.FindSubmatch(line)
	if m == nil {
		return false
	}
	two := func(b []byte) int { return atoi(string(b)) }
	zone := two(m[5])*60 + two(m[6])
	if m[4][0] == '-' {
		zone = -zone
	}
	minutes := two(m[2])*60 + two(m[3])
	if string(m[1]) == "1969-12-31" {
		return minutes-zone == 24*60
	}
	return minutes == zone
}
