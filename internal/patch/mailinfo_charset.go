package patch

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/transform"
)

// charsetError says that a text cannot be read in the charset it is declared to be in.
type charsetError struct {
	charset string
	cause   error
}

func (e *charsetError) Error() string {
	return fmt.Sprintf("cannot convert from %s: %v", e.charset, e.cause)
}

func (e *charsetError) Unwrap() error { return e.cause }

// converter converts the lines of one mail to UTF-8. It keeps the decoder of the last charset for the lines to come.
type converter struct {
	charset string
	decoder *encoding.Decoder // nil when nobody knows the charset
	buffer  []byte            // of the last text that was converted
}

// toUTF8 converts text to UTF-8 as mailinfo does: text without a declared charset, or declared to be UTF-8, is left alone,
// valid or not; a charset that is unknown or that the text does not fit is an error. The result is good until the next call.
func (c *converter) toUTF8(text []byte, charset string) ([]byte, error) {
	name := strings.ToLower(charset)
	switch name {
	case "", "utf-8", "utf8":
		return text, nil
	case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso_8859-1":
		return c.latin1ToUTF8(text), nil
	case "us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "us":
		if i := bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
			return nil, &charsetError{charset, fmt.Errorf("byte %#x", text[i])}
		}
		return text, nil
	}
	if c.charset != name {
		c.charset, c.decoder = name, nil
		if enc := lookupCharset(name); enc != nil {
			c.decoder = enc.NewDecoder()
		}
	}
	if c.decoder == nil {
		return nil, &charsetError{charset, errors.New("unknown charset")}
	}
	out, err := c.decode(text)
	if err != nil {
		return nil, &charsetError{charset, err}
	}
	if bytes.ContainsRune(out, utf8.RuneError) {
		return nil, &charsetError{charset, errors.New("a byte has no character")}
	}
	return out, nil
}

func lookupCharset(name string) encoding.Encoding {
	tries := []string{name}
	if rest, ok := strings.CutPrefix(name, "iso8859-"); ok {
		tries = append(tries, "iso-8859-"+rest)
	}
	for _, prefix := range []string{"cp", "windows"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			tries = append(tries, "windows-"+strings.TrimPrefix(rest, "-"))
		}
	}
	for _, try := range tries {
		if enc, err := ianaindex.IANA.Encoding(try); err == nil && enc != nil {
			return enc
		}
	}
	return nil
}

func (c *converter) latin1ToUTF8(text []byte) []byte {
	c.buffer = slices.Grow(c.buffer[:0], 2*len(text))
	for _, b := range text {
		c.buffer = utf8.AppendRune(c.buffer, rune(b))
	}
	return c.buffer
}

// decode converts text by the decoder.
func (c *converter) decode(text []byte) ([]byte, error) {
	for size := 2*len(text) + utf8.UTFMax; ; size *= 2 {
		c.buffer = slices.Grow(c.buffer[:0], size)
		c.decoder.Reset()
		n, _, err := c.decoder.Transform(c.buffer[:cap(c.buffer)], text, true)
		if !errors.Is(err, transform.ErrShortDst) {
			return c.buffer[:n], err
		}
	}
}

// invalidUTF8 is the offset of the first byte that belongs to no character of text, or -1. Unicode's noncharacters are no
// characters to git.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
			return i
		}
		i += n
	}
	return -1
}

// repairUTF8 is what git commit records of a text that is not UTF-8: each byte that belongs to no character is taken for
// ISO-8859-1.
func repairUTF8(text []byte) []byte {
	bad := invalidUTF8(text)
	if bad < 0 {
		return text
	}
	out := append([]byte(nil), text[:bad]...)
	for text = text[bad:]; len(text) > 0; {
		out = utf8.AppendRune(out, rune(text[0]))
		text = text[1:]
		n := invalidUTF8(text)
		if n < 0 {
			n = len(text)
		}
		out = append(out, text[:n]...)
		text = text[n:]
	}
	return out
}
