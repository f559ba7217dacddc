package patch

import (
	"bytes"
	"strings"
)

// text takes one decoded line of a body: first the fields at its top, then the commit message, then, from the first line
// that looks like the start of a patch, the patch.
func (r *mailReader) text(line []byte) {
	if !r.inDiff && r.messageLine(line) {
		return
	}
	r.inDiff = true
	r.diff = append(r.diff, line...)
	r.lines++
}

// messageLine takes a line that stands before the patch; it returns false at the first line of the patch.
func (r *mailReader) messageLine(line []byte) bool {
	if r.top {
		if len(line) == 0 || line[0] == '\n' {
			if len(r.folding) > 0 {
				r.endFold()
				r.top = false
			}
			return true
		}
		if r.top = r.topLine(line); r.top {
			return true
		}
	}
	line, err := r.convert.toUTF8(line, r.charset)
	if err != nil {
		r.failCharset(err)
		return true
	}
	if startsPatch(line) {
		return false
	}
	r.message = append(r.message, line...)
	return true
}

// topLine takes a line at the top of the body if it is a field, the continuation of one, or a mark that git
// format-patch and people leave there.
func (r *mailReader) topLine(line []byte) bool {
	if len(r.folding) > 0 && (line[0] == ' ' || line[0] == '\t') {
		r.folding = append(bytes.TrimSuffix(r.folding, []byte("\n")), line...)
		return true
	}
	r.endFold()
	if bytes.HasPrefix(line, []byte(">From")) && len(line) > 5 && isSpace(line[5]) {
		return isFormatPatchLine(line[1:])
	}
	if bytes.HasPrefix(line, []byte("[PATCH]")) && len(line) > 7 && isSpace(line[7]) {
		value := bytes.Clone(line)
		r.inner[fieldSubject] = &value
		return true
	}
	for f, name := range fieldNames {
		if r.inner[f] != nil {
			continue
		}
		if _, ok := fieldValue(line, name); ok {
			r.folding = append(r.folding, line...)
			return true
		}
	}
	return false
}

// endFold takes the collected field of the body.
func (r *mailReader) endFold() {
	if len(r.folding) == 0 {
		return
	}
	folded := r.folding
	r.folding = nil
	r.field(folded, &r.inner, false)
}

// isFormatPatchLine tells whether line is the "From <commit> Mon Sep 17 00:00:00 2001" that starts git format-patch output.
func isFormatPatchLine(line []byte) bool {
	const date = " Mon Sep 17 00:00:00 2001\n"
	rest, ok := bytes.CutPrefix(line, []byte("From "))
	return ok && len(rest) == 40+len(date) && isHex(string(rest[:40])) && string(rest[40:]) == date
}

func isHex(s string) bool {
	for i := range len(s) {
		if hexValue(s[i]) < 0 {
			return false
		}
	}
	return true
}

// startsPatch tells whether the commit message ends before line.
func startsPatch(line []byte) bool {
	if bytes.HasPrefix(line, []byte("diff -")) || bytes.HasPrefix(line, []byte("Index: ")) {
		return true
	}
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	if !ok || len(rest) == 0 {
		return false
	}
	if rest[0] == ' ' && len(rest) > 1 && !isSpace(rest[1]) {
		return true
	}
	for _, c := range rest {
		if c == '\n' {
			return true
		}
		if !isSpace(c) {
			return false
		}
	}
	return false
}

func isSpace(c byte) bool { return strings.IndexByte(spaces, c) >= 0 }

// cleanSubject removes what mail and lists put before the title: reply marks, colons, blanks and all brackets.
func cleanSubject(s []byte) []byte {
	for len(s) > 0 {
		switch c := s[0]; {
		case c == ' ' || c == '\t' || c == ':':
			s = s[1:]
			continue
		case (c == 'r' || c == 'R') && len(s) > 3 && (s[1] == 'e' || s[1] == 'E') && s[2] == ':':
			s = s[3:]
			continue
		case c == '[':
			if end := bytes.IndexByte(s, ']'); end >= 0 {
				s = s[end+1:]
				continue
			}
		}
		break
	}
	return bytes.Trim(s, spaces)
}

// oneSpace makes each run of white space one space.
func oneSpace(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i, c := range s {
		if !isSpace(c) {
			out = append(out, c)
		} else if i == 0 || !isSpace(s[i-1]) {
			out = append(out, ' ')
		}
	}
	return out
}

// splitFrom takes name and address out of a From field.
func splitFrom(from []byte) (name, addr string) {
	text := unquote(from)
	at := bytes.IndexByte(text, '@')
	if at < 0 {
		return bogusFrom(from)
	}
	start := at
	for start > 0 && !isSpace(text[start-1]) && text[start-1] != '<' {
		start--
	}
	end := start
	for end < len(text) && !isSpace(text[end]) && text[end] != '>' {
		end++
	}
	addr = string(text[start:end])
	rest := bytes.Clone(text[:start])
	if n := len(rest); n > 0 && rest[n-1] == '<' {
		rest[n-1] = ' '
	}
	rest = append(rest, text[min(len(text), end+1):]...)
	rest = bytes.Trim(oneSpace(rest), spaces)
	if n := len(rest); n > 1 && rest[0] == '(' && rest[n-1] == ')' {
		rest = rest[1 : n-1]
	}
	return saneName(string(rest), addr), addr
}

// bogusFrom reads "Name <no address>".
func bogusFrom(from []byte) (name, addr string) {
	before, rest, ok := bytes.Cut(from, []byte("<"))
	if !ok {
		return "", ""
	}
	inside, _, ok := bytes.Cut(rest, []byte(">"))
	if !ok {
		return "", ""
	}
	addr = string(inside)
	return saneName(string(bytes.Trim(before, spaces)), addr), addr
}

// saneName replaces a name by the address when it is missing, too long, or looks like an address itself.
func saneName(name, addr string) string {
	if name == "" || len(name) > 60 || strings.ContainsAny(name, "@<>") {
		return addr
	}
	return name
}

// unquote removes the quotation marks of quoted strings (RFC 5322, section 3.2.4) and the backslashes of quoted pairs in
// them and in comments, whose parentheses stay.
func unquote(s []byte) []byte {
	out := make([]byte, 0, len(s))
	quoted, depth := false, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			if i++; i < len(s) {
				out = append(out, s[i])
			}
			continue
		case c == '"' && depth == 0:
			quoted = !quoted
			continue
		case c == '(' && !quoted:
			depth++
		case c == ')' && depth > 0:
			depth--
		}
		out = append(out, c)
	}
	return out
}
