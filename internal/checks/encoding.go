package checks

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"patchbot/internal/wiki"
)

var encoding = &Rule{
	ID:       "encoding",
	Severity: Error,
	Scope:    ScopeFile,
	Title:    "Pages are UTF-8 text without hidden characters",
	Why: "A page that is not UTF-8 is not shown at all. A byte-order mark or CR LF line ends hide the YAML header. Invisible " +
		"and direction-changing characters make a text read otherwise than it is written; the no-break spaces of French are fine.",
	Bad:  "A zero-width blank hides in this \u200Bline.\n",
	Good: "Nothing hides in this line.\n",
	Messages: map[string]string{
		"not-utf8":  "the file is not UTF-8 (byte {{.Byte}}): {{.Host}} does not show it.",
		"bom":       "the file begins with a byte-order mark: save it as UTF-8 without one.",
		"crlf":      "lines end in CR LF: save the file with LF alone. Lines concerned: {{.Count}}.",
		"bidi":      "a character that changes the direction of the text ({{.Code}}): it can make a text read otherwise than it is written.",
		"invisible": "an invisible character ({{.Code}}): remove it.",
		"control":   "a control character ({{.Code}}): remove it.",
	},
	check: checkEncoding,
}

func checkEncoding(p *pass) {
	if !wiki.IsPage(p.path) || len(p.src) > wiki.MaxBytes {
		return
	}
	if !utf8.Valid(p.src) { // hidden relies on it
		at := 0
		for at < len(p.src) {
			r, n := utf8.DecodeRune(p.src[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		p.report(int32(at), int32(at+1), "not-utf8", map[string]any{
			"Byte": fmt.Sprintf("0x%02X", p.src[at]), "Host": hostTitle(p.host),
		}).Detail = "not-utf8"
		return
	}
	if bytes.HasPrefix(p.src, []byte("\uFEFF")) && !p.headerSays("bom") {
		p.report(0, 3, "bom", nil).Detail = "bom"
	}
	if n := bytes.Count(p.src, []byte("\r\n")); n > 0 && !p.headerSays("crlf") {
		at := int32(bytes.Index(p.src, []byte("\r\n")))
		p.report(at, at, "crlf", map[string]any{"Count": n}).Detail = "crlf"
	}
	p.hidden()
}

// headerSays reports whether front-matter has said the same thing: it hides the header, which is worse.
func (p *pass) headerSays(reason string) bool {
	return p.md != nil && p.md.Front != nil && p.md.Front.Err != nil && p.md.Front.Err.Reason == reason && p.set.on(frontMatter.ID)
}

func (p *pass) hidden() {
	for off := 0; off < len(p.src) && !p.full(); {
		for off+8 <= len(p.src) && plainASCII(p.src[off:]) {
			off += 8
		}
		if off == len(p.src) {
			return
		}
		c := p.src[off]
		if c >= ' ' && c < utf8.RuneSelf-1 || c == '\n' || c == '\t' {
			off++
			continue
		}
		if c >= 0xC3 && c < 0xCC { // letters of two bytes
			off += 2
			continue
		}
		r, n := utf8.DecodeRune(p.src[off:])
		if key := hiddenKind(r, p.src[off+n:], off); key != "" {
			f := p.report(int32(off), int32(off+n), key, map[string]any{"Code": fmt.Sprintf("U+%04X", r)})
			f.Detail = fmt.Sprintf("U+%04X", r)
			if key != "bidi" {
				f.Severity = min(f.Severity, Warning)
			}
		}
		off += n
	}
}

// plainASCII reports whether eight bytes are printable ASCII, all at once: a byte-wise look at every page is a tenth of its
// check.
func plainASCII(b []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	w := binary.LittleEndian.Uint64(b)
	control := (w - ones*' ') &^ w // high bit set where a byte is below a blank; wrong only above such a byte
	del := (w ^ ones*0x7F) - ones  // and where it is DEL
	return (w|control|del)&high == 0
}

// hiddenKind says what is wrong with a code point, empty when nothing is. Joiners are left alone: emoji and scripts need
// them.
func hiddenKind(r rune, after []byte, off int) string {
	switch {
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return "bidi"
	case r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xAD, r == 0x180E, r == 0xFEFF && off > 0, r >= 0xE0000 && r <= 0xE007F:
		return "invisible"
	case r == '\r':
		if len(after) > 0 && after[0] == '\n' {
			return ""
		}
		return "control"
	case r < ' ', r >= 0x7F && r < 0xA0:
		return "control"
	}
	return ""
}
