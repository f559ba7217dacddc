package email

import (
	"bytes"
	"io"
	"strings"

	"github.com/emersion/go-message"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045, section 6). An encoding nobody knows is read as 8bit. lost is
// set when the encoded text was damaged: what could be decoded is then returned.
func decodeTransfer(body []byte, encoding string) (text []byte, lost bool) {
	switch encoding {
	case "quoted-printable":
		return decodeQuoted(body), false
	case "base64":
		var h message.Header
		h.Set("Content-Transfer-Encoding", encoding)
		if entity, err := message.New(h, bytes.NewReader(body)); err == nil {
			var out bytes.Buffer
			out.Grow(len(body))
			if _, err := io.Copy(&out, entity.Body); err == nil {
				return out.Bytes(), false
			}
		}
		return salvageBase64(body)
	}
	return body, false
}

func knownEncoding(name string) bool {
	switch name {
	case "", "7bit", "8bit", "binary", "quoted-printable", "base64":
		return true
	}
	return false
}

// encodingName cuts a comment or parameter from the field's value: "8bit (really)".
func encodingName(value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	if i := strings.IndexAny(value, " \t(;"); i >= 0 {
		value = value[:i]
	}
	return strings.Trim(value, `"`)
}

// salvageBase64 decodes line by line what go-message refuses. The data ends at its padding, or at the first line that is
// no base64 when no padding came: list servers append footers there. Bytes outside the alphabet inside the data are passed
// over and count as a loss.
func salvageBase64(body []byte) (text []byte, lost bool) {
	clean := make([]byte, 0, len(body))
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest, _ = cutLine(rest)
		data, junk := base64Line(line)
		if junk > len(data)/8 {
			lost = lost || len(clean)%4 != 0
			break
		}
		lost = lost || junk > 0
		clean = append(clean, data...)
		if bytes.IndexByte(line, '=') >= 0 {
			break
		}
	}
	lost = lost || len(clean)%4 == 1
	return decodeB(string(clean)), lost
}

// base64Line returns the alphabet bytes of a line up to its padding, and how many other bytes that are no blanks it has.
func base64Line(line []byte) (data []byte, junk int) {
	data = make([]byte, 0, len(line))
	for _, c := range line {
		switch {
		case isBase64(c):
			data = append(data, c)
		case c == '=':
			return data, junk
		case c != ' ' && c != '\t':
			junk++
		}
	}
	return data, junk
}

// decodeQuoted decodes quoted-printable by the robust rules of RFC 2045, section 6.7: an "=" that starts neither a code
// nor a soft line break stands for itself, and lines may be of any length, which the standard library does not allow.
func decodeQuoted(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for rest := body; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		line, eol := rest, []byte(nil)
		if end >= 0 {
			line, eol = rest[:end], rest[end:end+1]
		}
		rest = rest[len(line)+len(eol):]
		if trimmed := bytes.TrimRight(line, " \t\r"); len(trimmed) < len(line) || end >= 0 {
			if bytes.HasSuffix(line, []byte("\r")) {
				eol = []byte("\r\n")
			}
			line = trimmed
		}
		if soft := bytes.TrimSuffix(line, []byte("=")); len(soft) < len(line) {
			line, eol = soft, nil
		}
		out = append(appendQuoted(out, line), eol...)
	}
	return out
}

func appendQuoted(out, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		if line[i] == '=' && i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
			out = append(out, unhex(line[i+1])<<4|unhex(line[i+2]))
			i += 2
			continue
		}
		out = append(out, line[i])
	}
	return out
}
