package email

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// decoded is the outcome of one charset conversion.
type decoded struct {
	text string // valid UTF-8
	lost bool   // the charset is unknown or did not fit, so characters may be wrong
	note string // for the operator, empty when nothing was odd
}

// decodeCharset converts b to UTF-8. The declared name is a claim to be checked: bytes that are valid UTF-8 stay as they
// are under any name of a single-byte western charset, of UTF-8 or of ASCII, and under a name nobody knows; bytes that are
// not valid UTF-8 under such a name are windows-1252, the superset of latin-1 that mailers mean.
func decodeCharset(b []byte, declared string) decoded {
	name := charsetName(declared)
	kind := familyOf(name)
	if kind != familyOther && utf8.Valid(b) {
		d := decoded{text: string(b)}
		if kind == familyWestern && !isASCII(b) {
			d.note = "declared " + name + ", is UTF-8"
		}
		return d
	}
	switch kind {
	case familyUnicode:
		return decoded{text: legacyText(b), note: "not valid UTF-8, read as windows-1252"}
	case familyWestern:
		if !strings.HasSuffix(name, "15") && !strings.HasSuffix(name, "9") {
			return decoded{text: fromWindows1252(b)}
		}
		name = "iso-8859-15"
	}
	text, ok := convert(b, name)
	switch {
	case ok:
		return decoded{text: text}
	case utf8.Valid(b) && name != "utf-7":
		return decoded{text: string(b), note: "unknown charset " + name}
	}
	return decoded{text: legacyText(b), lost: true, note: "unknown charset " + name}
}

// convert asks go-message for a converter. Its table takes names, aliases and Windows code pages.
func convert(b []byte, name string) (string, bool) {
	r, err := charset.Reader(name, bytes.NewReader(b))
	if err != nil {
		return "", false
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/4)
	if _, err := io.Copy(&out, r); err != nil {
		return "", false
	}
	return strings.ToValidUTF8(out.String(), "\ufffd"), true
}

// fromWindows1252 converts text in that charset.
func fromWindows1252(b []byte) string {
	size := 0
	for _, c := range b {
		if c < utf8.RuneSelf {
			size++
		} else {
			size += utf8.RuneLen(windows1252(c))
		}
	}
	var out strings.Builder
	out.Grow(size)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out.WriteByte(c)
		} else {
			out.WriteRune(windows1252(c))
		}
	}
	return out.String()
}

// windows1252 decodes one byte above ASCII. The five bytes the charset leaves free are controls, as browsers have it.
func windows1252(c byte) rune {
	if c >= 0xa0 {
		return rune(c)
	}
	return [32]rune{
		'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
		0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
	}[c&0x1f]
}

// charsetName cleans the claims of mailers: quotes, blanks, and parameters that slipped inside the quotes.
func charsetName(declared string) string {
	name, _, _ := strings.Cut(strings.ToLower(declared), ";")
	return strings.Trim(name, " \t\"'")
}

type family int

const (
	familyOther   family = iota // only a converter can tell
	familyUnicode               // UTF-8, ASCII, undeclared
	familyWestern               // a single byte per character, ASCII below
)

func familyOf(name string) family {
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "unknown", "x-unknown", "default", "8bit", "binary":
		return familyUnicode
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "iso-8859-15", "iso8859-15", "latin-9", "latin9",
		"windows-1252", "cp1252", "cp-1252", "x-ansi":
		return familyWestern
	}
	return familyOther
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
