package email

import (
	"bytes"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"
)

// maxLine is the longest line a mail may have, its CR LF not counted (RFC 5322, section 2.1.1).
const maxLine = 998

// Bytes returns the mail as it goes over the wire: CR LF line ends, no dot-stuffing. The same Reply gives the same bytes.
//
// The body is quoted-printable (RFC 2045, section 6.7), which survives every relay and keeps a signature of it valid;
// with eightBit it is sent as it is, when its lines are short enough and hold no NUL. Header lines are folded at 76
// octets, text outside ASCII is encoded (RFC 2047).
//
// An error means that the reply must not be sent: a field with a line break or control in it, an address that is none or
// would need SMTPUTF8, a missing sender, recipient, date or id. Ids of parents that cannot be written are left out: those
// outside ASCII, and those made up by Parse for mails without one.
func (r *Reply) Bytes(eightBit bool) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("compose reply: %w", err)
	}
	body := wireBody(r.Body)
	encoding := "quoted-printable"
	if eightBit && fitsEightBit(body) {
		encoding = "8bit"
	}
	var h headerWriter
	h.addresses("From", []Address{r.From})
	h.addresses("To", r.To)
	h.addresses("Cc", r.Cc)
	h.text("Subject", r.Subject)
	h.raw("Date", r.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	h.ids("Message-ID", []string{r.MessageID})
	h.ids("In-Reply-To", writableIDs([]string{r.InReplyTo}))
	h.ids("References", writableIDs(r.References))
	for _, f := range r.Header {
		h.text(f.Name, f.Value)
	}
	h.raw("MIME-Version", "1.0")
	h.raw("Content-Type", "text/plain; charset=utf-8")
	h.raw("Content-Transfer-Encoding", encoding)

	out := append(h.out.Bytes(), "\r\n"...)
	if encoding == "8bit" {
		return append(out, strings.ReplaceAll(body, "\n", "\r\n")...), nil
	}
	quoted, err := quote(body)
	if err != nil {
		return nil, fmt.Errorf("compose reply: encode body: %w", err)
	}
	return append(out, quoted...), nil
}

func (r *Reply) check() error {
	if len(r.To)+len(r.Cc) == 0 {
		return errors.New("no recipient")
	}
	if r.Date.IsZero() || r.Date.Year() > 9999 || r.Date.Year() < 1 {
		return errors.New("no date")
	}
	if !writableID(r.MessageID) {
		return fmt.Errorf("message id %q cannot be written", r.MessageID)
	}
	for _, a := range append(append([]Address{r.From}, r.To...), r.Cc...) {
		if err := checkAddress(a); err != nil {
			return err
		}
	}
	if err := checkLine("Subject", r.Subject); err != nil {
		return err
	}
	for _, f := range r.Header {
		if err := checkField(f); err != nil {
			return err
		}
	}
	return nil
}

// checkLine refuses line breaks and other controls: what follows one would be read as another field.
func checkLine(field, value string) error {
	if !utf8.ValidString(value) {
		return fmt.Errorf("%s: invalid UTF-8 in %q", field, value)
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("%s: control character in %q", field, value)
		}
	}
	return nil
}

func checkField(f Field) error {
	for i := 0; i < len(f.Name); i++ {
		if c := f.Name[i]; !isAlnum(c) && c != '-' {
			return fmt.Errorf("field name %q is not valid", f.Name)
		}
	}
	switch strings.ToLower(f.Name) {
	case "":
		return errors.New("field without a name")
	case "from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
		"mime-version", "content-type", "content-transfer-encoding":
		return fmt.Errorf("field %s is the composer's own", f.Name)
	}
	if strings.TrimSpace(f.Value) == "" {
		return fmt.Errorf("field %s is empty", f.Name)
	}
	return checkLine(f.Name, f.Value)
}

// checkAddress takes dot-atoms on a host name or address literal, in ASCII (RFC 5322, section 3.4.1, without quoted local
// parts).
func checkAddress(a Address) error {
	if err := checkLine("display name", a.Name); err != nil {
		return err
	}
	local, domain, ok := cutLast(a.Addr, '@')
	if !ok || local == "" || domain == "" || len(a.Addr) > 254 {
		return fmt.Errorf("address %q is not valid", a.Addr)
	}
	for i := 0; i < len(local); i++ {
		if c := local[i]; !isAlnum(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) < 0 {
			return fmt.Errorf("address %q is not valid", a.Addr)
		}
	}
	for i := 0; i < len(domain); i++ {
		if c := domain[i]; !isAlnum(c) && strings.IndexByte(".-[]:", c) < 0 {
			return fmt.Errorf("address %q is not valid", a.Addr)
		}
	}
	return nil
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isAlnum(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

// writableIDs keeps the ids that may stand in a header, at most the first and the last 19.
func writableIDs(ids []string) []string {
	var kept []string
	for _, id := range ids {
		if writableID(id) {
			kept = append(kept, id)
		}
	}
	return distinct(kept, maxReferences)
}

func writableID(id string) bool {
	return validID(id) && isASCII([]byte(id)) && !strings.HasSuffix(id, missingDomain)
}

// wireBody makes the text fit for transport: valid UTF-8, no CR, ending in a line end.
func wireBody(body string) string {
	body = strings.ToValidUTF8(strings.ReplaceAll(body, "\r", ""), "\ufffd")
	if body != "" && !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	return body
}

func fitsEightBit(body string) bool {
	for line := range strings.Lines(body) {
		if len(line)-1 > maxLine || strings.IndexByte(line, 0) >= 0 {
			return false
		}
	}
	return true
}

// quote encodes the body. "From " at the start of a line is encoded too: mailboxes in mbox form would change it.
func quote(body string) ([]byte, error) {
	var out bytes.Buffer
	w := quotedprintable.NewWriter(&out)
	if _, err := w.Write([]byte(strings.ReplaceAll(body, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	quoted := bytes.ReplaceAll(out.Bytes(), []byte("\r\nFrom "), []byte("\r\n=46rom "))
	if rest, ok := bytes.CutPrefix(quoted, []byte("From ")); ok {
		quoted = append([]byte("=46rom "), rest...)
	}
	return quoted, nil
}
