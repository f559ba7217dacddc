package email

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Parse reads one mail. It never fails and never panics: what could not be read is said in Defect and Detail. raw is not
// changed, and not kept but in Enclosed; a zero field of lim means its default.
func Parse(raw []byte, lim Limits) *Message {
	lim = lim.withDefaults()
	m := &Message{Size: len(raw)}
	over := ""
	if len(raw) > lim.Bytes {
		raw, over = raw[:lim.Bytes], "size of the mail"
	}
	s := splitHeader(raw, lim.HeaderBytes, lim.Fields)
	over = firstOf(over, s.over)
	m.Salvaged = s.salvaged
	m.BodyHash = hashBody(s.body)
	m.readHeader(s.header, lim)
	w := &walker{lim: lim, budget: lim.TextBytes}
	if s.over == "" {
		w.entity(m.Header, s.body, 0)
	}
	m.readBodies(w, over)
	return m
}

func (m *Message) readHeader(raw Header, lim Limits) {
	m.Header = cleanHeader(raw)
	m.readThread(lim)
	m.readPeople(raw, lim)
	m.readRest(raw, lim)
}

func (m *Message) readBodies(w *walker, over string) {
	m.Bodies, m.Others, m.Enclosed = w.bodies, w.others, w.enclosed
	m.Text = readerText(w.bodies)
	m.judge(w, over)
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, want *int }{
		{&l.Bytes, &d.Bytes}, {&l.HeaderBytes, &d.HeaderBytes}, {&l.Fields, &d.Fields}, {&l.FieldBytes, &d.FieldBytes},
		{&l.References, &d.References}, {&l.Depth, &d.Depth}, {&l.Parts, &d.Parts}, {&l.TextBytes, &d.TextBytes},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	return l
}

// cleanHeader makes the values valid UTF-8 without NUL, so that any store can hold them.
func cleanHeader(raw Header) Header {
	clean := make(Header, len(raw))
	for i, f := range raw {
		f.Value = legacyText([]byte(f.Value))
		if strings.IndexByte(f.Value, 0) >= 0 {
			f.Value = strings.ReplaceAll(f.Value, "\x00", "\ufffd")
		}
		clean[i] = f
	}
	return clean
}

func (m *Message) readThread(lim Limits) {
	for _, value := range m.Header.Values("Message-ID") {
		if ids := scanIDs(value, 1); len(ids) > 0 {
			m.ID = ids[0]
			break
		}
	}
	if m.ID == "" {
		m.ID, m.Derived = deriveID(m.Header, m.BodyHash), true
	}
	m.InReplyTo = m.ids("In-Reply-To", lim.References)
	m.References = m.ids("References", lim.References)
	for _, value := range m.Header.Values("List-Id") {
		m.ListIDs = append(m.ListIDs, listID(value[:min(len(value), lim.FieldBytes)]))
	}
}

// ids reads all fields of one name as one list. The mail's own id in it is a loop and left out.
func (m *Message) ids(name string, limit int) []string {
	var all []string
	for _, value := range m.Header.Values(name) {
		all = append(all, scanIDs(value, limit)...)
	}
	all = slices.DeleteFunc(all, func(id string) bool { return id == m.ID })
	return distinct(all, limit)
}

// listID returns what stands inside the brackets of a List-Id field (RFC 2919), or the whole value without them.
func listID(value string) string {
	if open := strings.LastIndexByte(value, '<'); open >= 0 {
		inside, _, _ := strings.Cut(value[open+1:], ">")
		return strings.TrimSpace(inside)
	}
	return strings.TrimSpace(value)
}

// readPeople takes the undecoded header: an encoded word's bytes are converted once, by its charset.
func (m *Message) readPeople(raw Header, lim Limits) {
	read := func(name string) []Address {
		var list []Address
		for _, value := range raw.Values(name) {
			list = append(list, parseAddresses(value[:min(len(value), lim.FieldBytes)])...)
		}
		return list
	}
	m.From, m.ReplyTo, m.To, m.Cc = read("From"), read("Reply-To"), read("To"), read("Cc")
	if sender := read("Sender"); len(sender) > 0 {
		m.Sender = sender[0]
	}
}

func (m *Message) readRest(raw Header, lim Limits) {
	subject := raw.Get("Subject")
	m.Subject = decodeText(subject[:min(len(subject), lim.FieldBytes)])
	m.Date = parseDate(m.Header.Get("Date"))
}

// dateLayouts are dates seen in mail beside those of RFC 5322; net/mail reads the latter, obsolete zones included.
func dateLayouts() []string {
	return []string{
		"Mon Jan _2 15:04:05 2006 -0700", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 15:04:05 2006",
		"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04:05 -07:00",
		time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
	}
}

func parseDate(value string) time.Time {
	if len(value) > 128 {
		return time.Time{}
	}
	if t, err := mail.ParseDate(value); err == nil {
		return t
	}
	value, _, _ = strings.Cut(value, "(")
	value = strings.TrimSpace(value)
	for _, layout := range dateLayouts() {
		if t, err := time.Parse(layout, value); err == nil {
			return t
		}
	}
	return time.Time{}
}

// hashBody hashes the raw body with every line end made LF, so that a copy fetched with CR LF and one read from an archive
// are the same.
func hashBody(body []byte) string {
	sum := sha256.New()
	buf := make([]byte, 0, 32<<10)
	crs := 0 // held back until it is known what follows them
	for _, c := range body {
		if c == '\r' {
			crs++
			continue
		}
		if c != '\n' {
			for ; crs > 0; crs-- {
				buf = appendFull(sum, buf, '\r')
			}
		}
		crs = 0
		buf = appendFull(sum, buf, c)
	}
	for ; crs > 0; crs-- {
		buf = appendFull(sum, buf, '\r')
	}
	sum.Write(buf)
	return hex.EncodeToString(sum.Sum(nil))
}

// appendFull appends to a buffer that is hashed whenever it is full.
func appendFull(sum hash.Hash, buf []byte, c byte) []byte {
	if len(buf) == cap(buf) {
		sum.Write(buf)
		buf = buf[:0]
	}
	return append(buf, c)
}

func readerText(bodies []Body) string {
	for _, b := range bodies {
		if b.Type == "text/plain" && !b.Attachment {
			return b.Text
		}
	}
	return ""
}

// judge fills Defect and Detail; the gravest comes first.
func (m *Message) judge(w *walker, over string) {
	m.Detail = w.describe()
	switch {
	case len(m.Header) == 0:
		m.Defect, m.Detail = DefectUnreadable, "no header"
	case firstOf(over, w.over) != "":
		m.Defect, m.Detail = DefectTooLarge, "limit exceeded: "+firstOf(over, w.over)
	case len(m.Bodies) == 0 && len(m.Enclosed) == 0:
		m.Defect, m.Detail = DefectUnreadable, strings.TrimPrefix(m.Detail+"; no text in the mail", "; ")
	case htmlOnly(m.Bodies):
		m.Defect = DefectHTMLOnly
	case w.lost:
		m.Defect = DefectEncoding
	}
}

// htmlOnly reports whether the only text is HTML; a blank plain part beside it, as some mailers add, does not count.
func htmlOnly(bodies []Body) bool {
	html := false
	for _, b := range bodies {
		if b.Type == "text/html" {
			html = true
		} else if strings.TrimSpace(b.Text) != "" {
			return false
		}
	}
	return html
}
