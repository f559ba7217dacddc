package patch

import (
	"bytes"
	"errors"
	"strings"
)

// field numbers the three header fields that a commit is made of.
type field int

const (
	fieldFrom field = iota
	fieldSubject
	fieldDate
	fieldCount
)

var fieldNames = [fieldCount]string{"From", "Subject", "Date"}

// transferCoding is the Content-Transfer-Encoding of the part being read; everything but the two that need decoding is
// taken as it is.
type transferCoding int

const (
	codingNone transferCoding = iota
	codingBase64
	codingQuoted
)

// maxBoundaries is how deep git lets multiparts nest.
const maxBoundaries = 5

// mailReader reads one mail, already split and with LF line ends, the way git mailinfo -u does without configuration.
type mailReader struct {
	rest []byte // what has not been read

	outer, inner [fieldCount]*[]byte // fields of the mail, and those at the top of its body
	boundaries   [][]byte            // of the multiparts around the current part, innermost last
	coding       transferCoding
	charset      string
	convert      converter
	flowed       bool
	deleteSpace  bool

	top     bool   // still at the top of the body, where fields may stand
	folding []byte // a field of the body that may go on in the next line
	partial []byte // decoded text that has no line feed yet
	inDiff  bool
	message []byte
	diff    []byte
	lines   int // handed to diff
	bad     *BadMail
}

func (r *mailReader) fail(reason, detail string) {
	if r.bad == nil {
		r.bad = badMail(reason, detail)
	}
}

// failCharset refuses the mail for a text that cannot be decoded.
func (r *mailReader) failCharset(err error) {
	r.fail("charset", err.Error())
	if named := (*charsetError)(nil); r.bad.Charset == "" && errors.As(err, &named) {
		r.bad.Charset = named.charset
	}
}

// line reads one line with its line feed.
func (r *mailReader) line() ([]byte, bool) {
	line := firstLine(r.rest)
	r.rest = r.rest[len(line):]
	return line, len(line) > 0
}

// read takes the whole mail apart.
func (r *mailReader) read() {
	r.top = true
	r.rest = bytes.TrimLeft(r.rest, spaces)
	line := r.header(&r.outer, true)
	r.body(line)
	if len(r.partial) > 0 {
		r.text(r.partial)
	}
	r.endFold()
}

// spaces are what git takes for white space.
const spaces = " \t\n\r"

// header reads the fields of a header block and returns the line that ended it, right-trimmed with a line feed. When the
// mail ends there, git takes the last field for text as well.
func (r *mailReader) header(into *[fieldCount]*[]byte, overwrite bool) []byte {
	var last []byte
	for {
		line, ok := r.line()
		if !ok {
			return last
		}
		line = bytes.TrimRight(line, spaces)
		if !isField(line) {
			return append(bytes.Clone(line), '\n')
		}
		folded := line
		for len(r.rest) > 0 && (r.rest[0] == ' ' || r.rest[0] == '\t') {
			next, _ := r.line()
			if len(folded) == len(line) {
				folded = bytes.Clone(line)
			}
			next = bytes.TrimRight(next[1:], spaces)
			if len(next) > 0 {
				folded = append(append(folded, ' '), next...)
			}
		}
		r.field(folded, into, overwrite)
		last = bytes.Clone(folded)
	}
}

// isField tells whether a header goes on with line. The mbox separator counts as a field without meaning.
func isField(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From ")) || fieldNameLength(line) >= 0
}

// field takes note of one unfolded header field, if it is one that matters.
func (r *mailReader) field(line []byte, into *[fieldCount]*[]byte, overwrite bool) {
	for f, name := range fieldNames {
		if into[f] != nil && !overwrite {
			continue
		}
		if value, ok := r.value(line, name); ok {
			into[f] = &value
			return
		}
	}
	if value, ok := r.value(line, "Content-Type"); ok {
		r.contentType(value)
	} else if value, ok := r.value(line, "Content-Transfer-Encoding"); ok {
		switch lower := asciiLower(value); {
		case strings.Contains(lower, "base64"):
			r.coding = codingBase64
		case strings.Contains(lower, "quoted-printable"):
			r.coding = codingQuoted
		default:
			r.coding = codingNone
		}
	}
}

// value is the decoded value of line when it is the field name; it ends at the first NUL.
func (r *mailReader) value(line []byte, name string) ([]byte, bool) {
	raw, ok := fieldValue(line, name)
	if !ok {
		return nil, false
	}
	decoded, err := decodeWords(bytes.Clone(raw))
	if err != nil {
		r.failCharset(err)
		return raw, true
	}
	return decoded, true
}

func fieldValue(line []byte, name string) ([]byte, bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !strings.EqualFold(string(line[:len(name)]), name) {
		return nil, false
	}
	value := bytes.TrimLeft(line[len(name)+1:], spaces)
	if i := bytes.IndexByte(value, 0); i >= 0 {
		value = value[:i]
	}
	return value, true
}

func (r *mailReader) contentType(value []byte) {
	lower := asciiLower(value)
	r.flowed = strings.EqualFold(attribute(value, lower, "format="), "flowed")
	r.deleteSpace = strings.EqualFold(attribute(value, lower, "delsp="), "yes")
	if boundary := attribute(value, lower, "boundary="); strings.Contains(lower, "boundary=") {
		if len(r.boundaries) >= maxBoundaries {
			r.fail("multipart", "multiparts nest too deep")
			return
		}
		r.boundaries = append(r.boundaries, []byte("--"+boundary))
	}
	r.charset = attribute(value, lower, "charset=")
}

// asciiLower makes letters small and keeps the length, whatever else the bytes are.
func asciiLower(b []byte) string {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// attribute is the value after the first occurrence of name in a Content-Type, quoted or not.
func attribute(value []byte, lower, name string) string {
	i := strings.Index(lower, name)
	if i < 0 {
		return ""
	}
	rest := string(value[i+len(name):])
	ends := "; \t"
	if strings.HasPrefix(rest, `"`) {
		rest, ends = rest[1:], `"`
	}
	if j := strings.IndexAny(rest, ends); j >= 0 {
		rest = rest[:j]
	}
	return rest
}

// body reads everything after the header; line is what ended it.
func (r *mailReader) body(line []byte) {
	if len(r.boundaries) > 0 {
		var ok bool
		if line, ok = r.toBoundary(); !ok {
			return
		}
	}
	for ok := true; ok && r.bad == nil; line, ok = r.line() {
		if r.atBoundary(line) {
			if len(r.partial) > 0 {
				r.text(r.partial)
				r.partial = nil
			}
			var more bool
			if line, more = r.boundary(line); !more {
				return
			}
		}
		r.decode(line)
	}
}

func (r *mailReader) atBoundary(line []byte) bool {
	return len(r.boundaries) > 0 && bytes.HasPrefix(line, r.boundaries[len(r.boundaries)-1])
}

// toBoundary skips lines up to the next boundary of the current multipart.
func (r *mailReader) toBoundary() ([]byte, bool) {
	for {
		line, ok := r.line()
		if !ok {
			return nil, false
		}
		if r.atBoundary(line) {
			return bytes.TrimSuffix(line, []byte("\n")), true
		}
	}
}

// boundary handles a boundary line: it leaves multiparts that end there and reads the header of the next part. It returns
// the first line of that part's body.
func (r *mailReader) boundary(line []byte) ([]byte, bool) {
	for {
		inner := r.boundaries[len(r.boundaries)-1]
		if !bytes.HasPrefix(line[len(inner):], []byte("--")) {
			break
		}
		r.boundaries = r.boundaries[:len(r.boundaries)-1]
		r.text([]byte("\n"))
		if r.bad != nil {
			return nil, false
		}
		var ok bool
		if line, ok = r.toBoundary(); !ok {
			return nil, false
		}
	}
	r.coding, r.charset = codingNone, ""
	r.header(&r.outer, false)
	next, ok := r.line()
	if !ok {
		return nil, false
	}
	return append(bytes.Clone(bytes.TrimSuffix(next, []byte("\n"))), '\n'), true
}

// decode undoes the transfer encoding of one line and hands on the lines it gives.
func (r *mailReader) decode(line []byte) {
	switch r.coding {
	case codingBase64:
		line = decodeBase64(line)
	case codingQuoted:
		line = decodeQuoted(line, false)
	default:
		r.unflow(bytes.Clone(line))
		return
	}
	for first := true; len(line) > 0; first = false {
		i := bytes.IndexByte(line, '\n')
		if i < 0 {
			r.partial = append(r.partial, line...)
			return
		}
		whole := bytes.Clone(line[:i+1])
		if first && len(r.partial) > 0 {
			whole, r.partial = append(r.partial, whole...), nil
		}
		line = line[i+1:]
		r.unflow(whole)
	}
}

// unflow joins the lines of format=flowed text (RFC 3676).
func (r *mailReader) unflow(line []byte) {
	if !r.flowed {
		r.text(line)
		return
	}
	text := line
	if n := len(text); n > 0 && text[n-1] == '\n' {
		text = text[:n-1]
		if n := len(text); n > 0 && text[n-1] == '\r' {
			text = text[:n-1]
		}
	}
	if string(text) == "-- " {
		if len(r.partial) > 0 {
			r.text(r.partial)
			r.partial = nil
		}
		r.text(line)
		return
	}
	if len(text) > 0 && text[0] == ' ' {
		line, text = line[1:], text[1:]
	}
	if n := len(text); n > 0 && text[n-1] == ' ' {
		if r.deleteSpace {
			text = text[:n-1]
		}
		r.partial = append(r.partial, text...)
		return
	}
	if len(r.partial) > 0 {
		line = append(r.partial, line...)
		r.partial = nil
	}
	r.text(line)
}

// mailInfo is what the fields of a mail say about its commit, before git commit cleans it.
type mailInfo struct {
	subject          []byte
	name, addr, date string
}

// info reads the fields; those at the top of the body count only in a mail that holds a patch.
func (r *mailReader) info() mailInfo {
	value := func(f field) []byte {
		v := r.outer[f]
		if r.lines > 0 && r.inner[f] != nil {
			v = r.inner[f]
		}
		if v == nil {
			return nil
		}
		text, _, _ := bytes.Cut(*v, []byte{0})
		return text
	}
	var info mailInfo
	info.subject = oneSpace(cleanSubject(value(fieldSubject)))
	info.name, info.addr = splitFrom(oneSpace(value(fieldFrom)))
	info.date = string(oneSpace(value(fieldDate)))
	return info
}
