package email

// Enclosed is a mail attached whole, as message/rfc822 (RFC 2046, section 5.2.1): what mail programs make of "forward as
// attachment", and lists that wrap what they pass on.
type Enclosed struct {
	*Message
	Raw []byte // part of the bytes that Parse was given, or what their transfer encoding held
}

// maxEnclosed bounds the attached mails that are read; those inside of attached mails are not.
const maxEnclosed = 4

// isMail reports whether a media type is that of a whole mail.
func isMail(mediaType string) bool {
	return mediaType == "message/rfc822" || mediaType == "message/global"
}

// enclosedMail reads an attached mail with what is left of the limits. What is wrong in it is its own defect.
func (w *walker) enclosedMail(h Header, body []byte, depth int) {
	if len(w.enclosed) == maxEnclosed || depth >= w.lim.Depth {
		return
	}
	raw, _ := decodeTransfer(body, encodingName(h.Get("Content-Transfer-Encoding")))
	s := splitHeader(raw, maxPartHeader, w.lim.Fields)
	m := &Message{Size: len(raw), Salvaged: s.salvaged, BodyHash: hashBody(s.body)}
	m.readHeader(s.header, w.lim)
	inner := &walker{lim: w.lim, budget: w.budget, parts: w.parts, inside: true}
	if s.over == "" {
		inner.entity(m.Header, s.body, depth+1)
	}
	w.budget, w.parts = inner.budget, inner.parts
	m.readBodies(inner, s.over)
	w.enclosed = append(w.enclosed, Enclosed{Message: m, Raw: raw})
}
