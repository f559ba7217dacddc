package email

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// headerWriter writes header fields folded as RFC 5322 section 2.2.3 and RFC 2047 section 2 want them.
type headerWriter struct{ out bytes.Buffer }

const (
	foldAt  = 76 // octets a line, where a blank allows it
	maxWord = 75 // octets of an encoded word
)

func (h *headerWriter) raw(name, value string) {
	h.fold(name, []string{" " + value})
}

// fold writes one field from chunks, each beginning with the blanks that separate it: a line may be broken before any of
// them.
func (h *headerWriter) fold(name string, chunks []string) {
	h.out.WriteString(name)
	h.out.WriteByte(':')
	column, first := len(name)+1, true
	for _, chunk := range chunks {
		if !first && column+len(chunk) > foldAt || column+len(chunk) > maxLine {
			h.out.WriteString("\r\n")
			column = 0
		}
		h.out.WriteString(chunk)
		column += len(chunk)
		first = false
	}
	h.out.WriteString("\r\n")
}

// ids writes message ids; no field when there are none.
func (h *headerWriter) ids(name string, ids []string) {
	if len(ids) == 0 {
		return
	}
	chunks := make([]string, len(ids))
	for i, id := range ids {
		chunks[i] = " <" + id + ">"
	}
	h.fold(name, chunks)
}

// addresses writes an address list; no field when it is empty.
func (h *headerWriter) addresses(name string, list []Address) {
	if len(list) == 0 {
		return
	}
	var chunks []string
	for i, a := range list {
		addr := a.Addr
		if words := phrase(a.Name, firstRoom(name)); len(words) > 0 {
			chunks = append(chunks, words...)
			addr = "<" + addr + ">"
		}
		if i < len(list)-1 {
			addr += ","
		}
		chunks = append(chunks, " "+addr)
	}
	h.fold(name, chunks)
}

// phrase encodes a display name: as it is when it is plain words, in quotes when it has specials, else as encoded words.
func phrase(name string, room int) []string {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return nil
	case !isPlain(name) || len(name) > maxWord:
		return encodeWords(name, room)
	case strings.ContainsAny(name, `()<>[]:;@\,."`):
		return []string{" " + quoteName(name)}
	}
	var chunks []string
	for word := range strings.FieldsSeq(name) {
		chunks = append(chunks, " "+word)
	}
	return chunks
}

// text writes an unstructured field. Plain words stay plain, so that "[PATCH prefix v2 1/3]" can be read by any filter;
// neighbours that need it are encoded together, because the blank between two encoded words is not part of the text.
func (h *headerWriter) text(name, value string) {
	h.fold(name, textChunks(strings.TrimSpace(value), firstRoom(name)))
}

func textChunks(value string, room int) []string {
	if value == "" {
		return []string{" "}
	}
	var chunks []string
	pending := "" // text to encode, its leading blanks cut off
	lead := " "   // the blanks before pending
	flush := func() {
		if pending != "" {
			words := encodeWords(pending, room)
			words[0] = lead + words[0][1:]
			chunks = append(chunks, words...)
		}
		pending = ""
	}
	for _, piece := range splitBlanks(" " + value) {
		word := strings.TrimLeft(piece, " \t")
		blanks := piece[:len(piece)-len(word)]
		switch {
		case needsEncoding(word) && pending != "":
			pending += blanks + word
		case needsEncoding(word):
			pending, lead = word, blanks
		default:
			flush()
			chunks = append(chunks, piece)
		}
	}
	flush()
	return chunks
}

// splitBlanks cuts s, which begins with a blank, into pieces of blanks and one word each.
func splitBlanks(s string) []string {
	var pieces []string
	start := 0
	for i := 1; i < len(s); i++ {
		if (s[i] == ' ' || s[i] == '\t') && s[i-1] != ' ' && s[i-1] != '\t' {
			pieces = append(pieces, s[start:i])
			start = i
		}
	}
	return append(pieces, s[start:])
}

func needsEncoding(word string) bool {
	return !isPlain(word) || len(word) > maxLine-2
}

// firstRoom is what the first encoded word of a field may take beside its name: lines with encoded words have at most 76
// octets (RFC 2047, section 2).
func firstRoom(name string) int {
	return min(maxWord, max(foldAt-len(name)-len(": "), minWord))
}

// minWord holds the frame of an encoded word and any one character.
const minWord = len("=?utf-8?q?") + 4*len("=00") + len("?=")

// encodeWords encodes text as words of at most 75 octets, the first of at most room, each led by one blank, cut between
// characters. Q, which people can half read in a source, unless B takes less than two thirds of it (RFC 2047, section 4).
func encodeWords(text string, room int) []string {
	q := 0
	for i := 0; i < len(text); i++ {
		q += qSize(text[i])
	}
	useB := base64.StdEncoding.EncodedLen(len(text)) < q*2/3
	const overhead = len("=?utf-8?q?") + len("?=")
	var words []string
	for text != "" {
		n, size := 0, 0
		for n < len(text) {
			_, width := utf8.DecodeRuneInString(text[n:])
			next := base64.StdEncoding.EncodedLen(n + width)
			if !useB {
				next = size + qSizes(text[n:n+width])
			}
			if next > room-overhead {
				break
			}
			n, size = n+width, next
		}
		if useB {
			words = append(words, " =?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(text[:n]))+"?=")
		} else {
			words = append(words, " =?utf-8?q?"+encodeQ(text[:n])+"?=")
		}
		text, room = text[n:], maxWord
	}
	return words
}

func qSizes(s string) int {
	size := 0
	for i := 0; i < len(s); i++ {
		size += qSize(s[i])
	}
	return size
}

func qSize(c byte) int {
	if isAlnum(c) || c == ' ' || strings.IndexByte("!*+-/", c) >= 0 {
		return 1
	}
	return 3
}

// encodeQ writes the characters that are safe in every field (RFC 2047, section 5, rule 3) as they are.
func encodeQ(s string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			out.WriteByte('_')
		case qSize(c) == 1:
			out.WriteByte(c)
		default:
			out.Write([]byte{'=', digits[c>>4], digits[c&15]})
		}
	}
	return out.String()
}
