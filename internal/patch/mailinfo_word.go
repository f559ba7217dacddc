package patch

import (
	"bytes"
	"fmt"
)

// decodeWords decodes the encoded words (RFC 2047) of a header value the way mailinfo does: blanks between two words
// vanish, a character may be split over two words, and a word that cannot be decoded refuses the whole mail.
func decodeWords(value []byte) ([]byte, error) {
	var out []byte
	var convert converter
	rest := value
	afterWord := false
	for {
		start := bytes.Index(rest, []byte("=?"))
		if start < 0 {
			return append(out, rest...), nil
		}
		between := rest[:start]
		if !afterWord || len(bytes.TrimLeft(between, " \t\n\v\f\r")) > 0 {
			out = append(out, between...)
		}
		word := rest[start+2:]
		q := bytes.IndexByte(word, '?')
		if q < 0 || q+2 >= len(word) || word[q+2] != '?' {
			return nil, fmt.Errorf("malformed encoded word %q", clip(rest[start:]))
		}
		charset, kind, text := string(word[:q]), word[q+1], word[q+3:]
		end := bytes.Index(text, []byte("?="))
		if end < 0 {
			return nil, fmt.Errorf("encoded word without an end %q", clip(rest[start:]))
		}
		rest = text[end+2:]
		switch kind {
		case 'b', 'B':
			text = decodeBase64(text[:end])
		case 'q', 'Q':
			text = decodeQuoted(text[:end], true)
		default:
			return nil, fmt.Errorf("encoded word of unknown encoding %q", kind)
		}
		text, err := convert.toUTF8(text, charset)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
		afterWord = true
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 60)] }

// decodeQuoted undoes quoted-printable, or the Q encoding of encoded words when word is set, where "_" is a space.
// An equals sign that starts no escape stays; at the end of a line it joins the next one.
func decodeQuoted(text []byte, word bool) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '=':
			if i+1 >= len(text) || text[i+1] == '\n' || text[i+1] == 0 {
				return out
			}
			if i+2 < len(text) {
				if hi, lo := hexValue(text[i+1]), hexValue(text[i+2]); hi >= 0 && lo >= 0 {
					out = append(out, byte(hi<<4|lo))
					i += 2
					continue
				}
			}
		case c == '_' && word:
			c = ' '
		}
		out = append(out, c)
	}
	return out
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// decodeBase64 decodes one line of base64; bytes outside the alphabet are skipped, padding gives nothing.
func decodeBase64(text []byte) []byte {
	out := make([]byte, 0, len(text)/4*3+3)
	var acc uint32
	n := 0
	for _, c := range text {
		v := base64Value(c)
		if v < 0 {
			continue
		}
		acc = acc<<6 | uint32(v)
		if n++; n%4 != 1 {
			shift := []int{0, 0, 4, 2}[n%4]
			out = append(out, byte(acc>>shift))
		}
	}
	return out
}

func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}
