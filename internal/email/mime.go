package email

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/emersion/go-message"
)

// walker collects the bodies of a MIME tree (RFC 2045, RFC 2046).
//
// Multiparts are cut here, on slices of the mail: a library that reads a stream stops at the first malformed part and
// reads the whole mail again at every level. Transfer encodings, charsets and parameters are go-message's.
type walker struct {
	lim      Limits
	parts    int // leaves seen
	others   int // leaves that are no bodies
	budget   int // bytes of text left
	bodies   []Body
	enclosed []Enclosed
	inside   bool   // of an attached mail
	over     string // the limit that was exceeded, or empty
	lost     bool   // text was lost in decoding
	notes    []string
}

const (
	maxPartHeader = 64 << 10 // bytes of the header of one part
	maxPartFields = 100
	maxBoundary   = 256 // RFC 2046 allows 70
)

func (w *walker) entity(h Header, body []byte, depth int) {
	if w.over != "" {
		return
	}
	ct := parseParams(h.Get("Content-Type"), w.lim.FieldBytes)
	if ct.value == "" || !strings.Contains(ct.value, "/") {
		ct.value = "text/plain"
	}
	if strings.HasPrefix(ct.value, "multipart/") {
		w.multipart(ct, body, depth)
		return
	}
	if isMail(ct.value) && !w.inside {
		w.enclosedMail(h, body, depth)
	}
	w.leaf(h, ct, body)
}

func (w *walker) multipart(ct params, body []byte, depth int) {
	if depth >= w.lim.Depth {
		w.over = "nesting of parts"
		return
	}
	boundary := strings.TrimRight(ct.named["boundary"], " \t")
	if boundary == "" || len(boundary) > maxBoundary {
		boundary = guessBoundary(body)
		w.note("multipart without boundary")
	}
	parts, closed := cutParts(body, boundary, w.lim.Parts)
	if len(parts) == 0 {
		w.note("multipart without parts")
		w.leaf(nil, params{value: "text/plain"}, body)
		return
	}
	if !closed {
		w.note("multipart without end")
	}
	for _, part := range parts {
		s := splitPart(part)
		if s.salvaged {
			w.note("malformed part header")
		}
		if s.over != "" {
			w.over = "part " + s.over
			return
		}
		if ct.value == "multipart/digest" && s.header.Get("Content-Type") == "" {
			s.header = append(s.header, Field{Name: "Content-Type", Value: "message/rfc822"})
		}
		w.entity(s.header, s.body, depth+1)
	}
}

// splitPart cuts one part into header and body. A part may begin with its blank line: then it has no header.
func splitPart(part []byte) split {
	if line, rest, _ := cutLine(part); len(line) == 0 {
		return split{body: rest}
	}
	if line, _, _ := cutLine(part); lineKind(line) == lineJunk && !headerGoesOn(part[len(line):]) {
		return split{body: part, salvaged: true}
	}
	return splitHeader(part, maxPartHeader, maxPartFields)
}

// cutParts returns the parts between the delimiter lines of boundary, and whether the closing one was there. It reads at
// most limit+1 parts, so that the caller sees the limit exceeded.
func cutParts(body []byte, boundary string, limit int) (parts [][]byte, closed bool) {
	if boundary == "" {
		return nil, false
	}
	delimiter := []byte("--" + boundary)
	start := -1
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			break
		}
		line := at + i
		at = line + len(delimiter)
		if line > 0 && body[line-1] != '\n' {
			continue
		}
		tail, rest, _ := cutLine(body[at:])
		tail = bytes.TrimRight(tail, " \t")
		end := string(tail) == "--"
		if len(tail) > 0 && !end {
			continue
		}
		if start >= 0 {
			parts = append(parts, trimLineEnd(body[start:line]))
		}
		if end || len(parts) > limit {
			return parts, true
		}
		start = len(body) - len(rest)
		at = start
	}
	if start >= 0 && start < len(body) {
		parts = append(parts, body[start:])
	}
	return parts, false
}

// trimLineEnd cuts the line end before a delimiter, which belongs to the delimiter (RFC 2046, section 5.1.1).
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// guessBoundary finds the delimiter of a multipart that does not name it: the first line that begins with "--" and stands
// before a Content- field.
func guessBoundary(body []byte) string {
	for rest := body; len(rest) > 0; {
		line, next, _ := cutLine(rest)
		rest = next
		if !bytes.HasPrefix(line, []byte("--")) || len(line) < 4 || len(line) > maxBoundary {
			continue
		}
		if after, _, _ := cutLine(next); len(after) > 8 && strings.EqualFold(string(after[:8]), "content-") {
			return strings.TrimRight(string(line[2:]), " \t")
		}
	}
	return ""
}

// leaf decodes one part that is no multipart, when it may hold text.
func (w *walker) leaf(h Header, ct params, body []byte) {
	if w.parts++; w.parts > w.lim.Parts {
		w.over = "number of parts"
		return
	}
	disposition := parseParams(h.Get("Content-Disposition"), w.lim.FieldBytes)
	b := Body{
		Type:       ct.value,
		Charset:    charsetName(ct.named["charset"]),
		Encoding:   encodingName(h.Get("Content-Transfer-Encoding")),
		FileName:   decodeText(firstOf(disposition.named["filename"], ct.named["name"])),
		Attachment: disposition.value == "attachment",
		Flowed:     strings.EqualFold(ct.named["format"], "flowed"),
		DelSp:      strings.EqualFold(ct.named["delsp"], "yes"),
	}
	if !mayHoldText(b) {
		w.others++
		return
	}
	if !knownEncoding(b.Encoding) {
		w.note("unknown transfer encoding " + b.Encoding)
	}
	raw, lost := decodeTransfer(body, b.Encoding)
	w.lost = w.lost || lost
	if lost {
		w.note("damaged " + b.Encoding)
	}
	if len(raw) > w.budget {
		raw, w.over = raw[:w.budget], "decoded text"
	}
	text := decodeCharset(raw, b.Charset)
	w.lost = w.lost || text.lost
	w.note(text.note)
	w.budget -= min(len(text.text), w.budget)
	b.Text = dropTransportCRs(strings.TrimPrefix(text.text, "\ufeff"))
	w.bodies = append(w.bodies, b)
}

func (w *walker) note(s string) {
	if s != "" && len(w.notes) < 8 {
		w.notes = append(w.notes, s)
	}
}

// mayHoldText reports whether a leaf is one of those that [Body] names.
func mayHoldText(b Body) bool {
	name := strings.ToLower(b.FileName)
	return strings.HasPrefix(b.Type, "text/") ||
		strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".diff") ||
		strings.HasSuffix(b.Type, "/x-patch") || strings.HasSuffix(b.Type, "/x-diff")
}

// params is a structured MIME field: its value in lower case, and its parameters by lower-case name.
type params struct {
	value string
	named map[string]string
}

// parseParams reads a Content-Type or Content-Disposition field, RFC 2231 included. What the library refuses as malformed
// is read leniently: the value up to the first ";", and each "name=value" after it.
func parseParams(value string, limit int) params {
	value = value[:min(len(value), limit)]
	var h message.Header
	h.Set("Content-Type", value)
	if v, named, err := h.ContentType(); err == nil && value != "" {
		return params{value: strings.ToLower(v), named: named}
	}
	v, rest, _ := strings.Cut(value, ";")
	v, _, _ = strings.Cut(strings.TrimSpace(strings.ToLower(v)), " ")
	p := params{value: v, named: map[string]string{}}
	for field := range strings.SplitSeq(rest, ";") {
		name, val, ok := strings.Cut(field, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, seen := p.named[name]; ok && !seen {
			p.named[name] = strings.Trim(strings.TrimSpace(val), `"`)
		}
	}
	return p
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// describe joins the notes for the operator.
func (w *walker) describe() string {
	if w.over != "" {
		return fmt.Sprintf("limit exceeded: %s", w.over)
	}
	return strings.Join(w.notes, "; ")
}
