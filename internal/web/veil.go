package web

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// veiled stands where an address stood.
const veiled = "…@…"

// shown is a text after the veil.
type shown struct {
	text   string
	hidden bool // something was taken out
}

// safe makes one line of foreign text fit to be shown.
func (s *Server) safe(text string) string { return s.veil(clean(text)).text }

// veil takes addresses out of a text: whatever has something of an address on each side of an "@", or of its percent
// encoding, which includes Message-IDs. The addresses in Options.Public stay.
func (s *Server) veil(text string) shown {
	var out strings.Builder
	hidden := false
	done := 0 // bytes of text already written
	for i := 0; i < len(text); i++ {
		next := strings.IndexAny(text[i:], signStarts)
		if next < 0 {
			break
		}
		i += next
		n := atSign(text[i:])
		to := domainEnd(text, i+n)
		if n == 0 || to == i+n {
			continue
		}
		from := localStart(text, done, i)
		if from < i && !s.isPublic(text, i, to) {
			out.WriteString(text[done:from])
			out.WriteString(veiled)
			hidden, done = true, to
		}
		i = to - 1
	}
	if !hidden {
		return shown{text: text}
	}
	out.WriteString(text[done:])
	return shown{out.String(), true}
}

// sideMost is how many bytes of an address are looked for on each side of its "@" (RFC 5321, section 4.5.3.1, allows 64 and
// 255), so that the veil takes time in proportion to the text, whatever stands in it.
const sideMost = 320

// signStarts are the characters that the texts of atSign begin with.
const signStarts = "@＠%&"

// atSign is the length of the "@" that a text begins with, 0 for none. A full-width one is read as one by people.
func atSign(text string) int {
	for _, sign := range []string{"@", "＠", "%40", "&#64;", "&commat;"} {
		if strings.HasPrefix(text, sign) {
			return len(sign)
		}
	}
	return 0
}

// localStart is where the address with its "@" at at begins, not before from; at itself when nothing of one is there.
func localStart(text string, from, at int) int {
	from = max(from, at-sideMost)
	if strings.HasSuffix(text[from:at], `"`) { // a quoted local part
		if open := strings.LastIndexByte(text[from:at-1], '"'); open >= 0 {
			return from + open
		}
	}
	start := at
	for start > from {
		r, n := utf8.DecodeLastRuneInString(text[from:start])
		if !inLocalPart(r) {
			break
		}
		start -= n
	}
	// An option of a command and marks of emphasis are not part of the address.
	if option, _, ok := strings.Cut(text[start:at], "="); ok && strings.HasPrefix(option, "--") {
		start += len(option) + 1
	}
	return at - len(strings.TrimLeft(text[start:at], "'`*_-."))
}

// domainEnd is where the address whose "@" ends at end does; end itself when nothing of one is there.
func domainEnd(text string, end int) int {
	most := min(len(text), end+sideMost)
	if strings.HasPrefix(text[end:], "[") { // an address of the network
		if n := strings.IndexByte(text[end:most], ']'); n >= 0 {
			return end + n + 1
		}
	}
	to := end
	for to < most {
		r, n := utf8.DecodeRuneInString(text[to:])
		if !inDomain(r) {
			break
		}
		to += n
	}
	// A full stop or hyphen after the address belongs to the sentence.
	return end + len(strings.TrimRight(text[end:to], ".-"))
}

// inLocalPart reports whether a character can stand before the "@" (RFC 5322, section 3.2.3, and RFC 6531). The "/" is left
// out: in what people write it separates.
func inLocalPart(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("!#$%&'*+-=?^_`{|}~.", r)
}

func inDomain(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '.' || r == '_'
}

// isPublic reports whether the address that ends at to, its "@" being at, may be shown.
func (s *Server) isPublic(text string, at, to int) bool {
	for _, address := range s.o.Public {
		i := strings.IndexByte(address, '@')
		if i <= 0 || at < i || at-i+len(address) != to || !strings.EqualFold(text[at-i:to], address) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at-i])
		if at == i || !inLocalPart(before) || before == '=' || before == '\'' || before == '`' {
			return true
		}
	}
	return false
}

// clean makes one line of foreign text: characters that command a terminal or turn the direction of what follows are
// taken out, and every run of blanks is one.
func clean(s string) string { return strings.Join(strings.Fields(harmless(s, ' ')), " ") }

// cleanLines is clean for a text of several lines, which keep their blanks.
func cleanLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(harmless(line, '\ufffd'), " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func harmless(s string, control rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return control
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\u061c':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
