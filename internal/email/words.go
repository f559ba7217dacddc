package email

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// decodeText turns the raw value of an unstructured field, or a display name, into text for people: encoded words decoded
// (RFC 2047), other bytes read as UTF-8 or else as windows-1252, controls made blanks, blanks at the ends cut.
//
// More is accepted than RFC 2047 allows: words that touch other text, words inside quotes, blanks inside a word, missing
// padding, and one character split over two words, which is decoded over the seam when both words name one charset.
func decodeText(value string) string {
	if isPlain(value) {
		return strings.TrimSpace(value)
	}
	var out strings.Builder
	var run encodedRun
	for rest := value; rest != ""; {
		start := strings.Index(rest, "=?")
		if start < 0 {
			run.flush(&out)
			out.WriteString(legacyText([]byte(rest)))
			break
		}
		word, ok := parseWord(rest[start:])
		if !ok {
			run.flush(&out)
			out.WriteString(legacyText([]byte(rest[:start+2])))
			rest = rest[start+2:]
			continue
		}
		if gap := rest[:start]; !run.open() || strings.Trim(gap, " \t") != "" {
			run.flush(&out)
			out.WriteString(legacyText([]byte(gap)))
		}
		run.add(word, &out)
		rest = rest[start+word.size:]
	}
	run.flush(&out)
	return strings.TrimSpace(strings.Map(noControl, out.String()))
}

func isPlain(s string) bool {
	if strings.Contains(s, "=?") {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func noControl(r rune) rune {
	if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

// encodedRun gathers neighbouring words of one charset before their bytes are converted.
type encodedRun struct {
	charset string
	bytes   []byte
	any     bool
}

func (r *encodedRun) open() bool { return r.any }

func (r *encodedRun) add(w encodedWord, out *strings.Builder) {
	if r.any && r.charset != w.charset {
		r.flush(out)
	}
	r.charset, r.any = w.charset, true
	r.bytes = append(r.bytes, w.bytes...)
}

func (r *encodedRun) flush(out *strings.Builder) {
	if r.any {
		out.WriteString(decodeCharset(r.bytes, r.charset).text)
	}
	r.bytes, r.any = r.bytes[:0], false
}

type encodedWord struct {
	charset string
	bytes   []byte
	size    int // of the word in the source
}

// Bounds that keep the search for the end of a word linear. RFC 2047 allows 75 octets; mailers have sent whole subjects.
const (
	maxCharsetBytes = 64
	maxWordBytes    = 4096
)

// parseWord reads the encoded word at the start of s: "=?charset?B or Q?text?=", a language after "*" in the charset cut
// (RFC 2231, section 5).
func parseWord(s string) (encodedWord, bool) {
	none := encodedWord{}
	charset, _, ok := strings.Cut(s[2:min(len(s), 2+maxCharsetBytes+1)], "?")
	if !ok || charset == "" {
		return none, false
	}
	rest := s[2+len(charset)+1:]
	if len(rest) < 2 || rest[1] != '?' {
		return none, false
	}
	text := rest[2:]
	end := strings.Index(text[:min(len(text), maxWordBytes)], "?=")
	if end < 0 {
		return none, false
	}
	w := encodedWord{size: 2 + len(charset) + 1 + 2 + end + 2}
	w.charset, _, _ = strings.Cut(strings.ToLower(charset), "*")
	switch rest[0] {
	case 'q', 'Q':
		w.bytes = decodeQ(text[:end])
	case 'b', 'B':
		w.bytes = decodeB(text[:end])
	default:
		return none, false
	}
	return w, true
}

func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// decodeB decodes base64 up to its padding, passing over bytes outside its alphabet.
func decodeB(s string) []byte {
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s) && s[i] != '='; i++ {
		if isBase64(s[i]) {
			clean = append(clean, s[i])
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(out, clean)
	return out[:n]
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' || 'a' <= c && c <= 'f'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// legacyText returns b as valid UTF-8: a byte that is no part of a UTF-8 sequence is read as windows-1252, which is what
// raw 8-bit text in mail nearly always is.
func legacyText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	size := 0
	eachRune(b, func(r rune) { size += utf8.RuneLen(r) })
	var out strings.Builder
	out.Grow(size)
	eachRune(b, func(r rune) { out.WriteRune(r) })
	return out.String()
}

func eachRune(b []byte, do func(rune)) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = windows1252(b[0])
		}
		do(r)
		b = b[n:]
	}
}
