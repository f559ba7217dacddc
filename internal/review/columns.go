package review

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// proseWidth is the width of a line of prose, in display columns.
const proseWidth = 72

// glue stands for a blank that must not become a line end, in words taken from the wiki: a path with a blank, a line to be
// copied. It is a private-use character, which clean removes from all foreign text, and unglue turns it into a blank.
const glue = '\uE000'

// columns is the number of terminal columns that s takes: wide characters take two, combining marks and invisible ones none,
// and what follows a zero width joiner melts into the character before it.
func columns(s string) int {
	n, joined := 0, false
	for _, r := range s {
		if !joined {
			n += runeColumns(r)
		}
		joined = r == '\u200D'
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r == glue || r >= ' ' && r < 0x7F:
		return 1
	case r < ' ' || r == 0x7F, r == '\u00AD', unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens s to at most n columns, with an ellipsis for what is lost.
func cut(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	var b strings.Builder
	used, joined := 0, false
	for _, r := range s {
		w := runeColumns(r)
		if joined {
			w = 0
		}
		if used+w > n-1 {
			break
		}
		used += w
		joined = r == '\u200D'
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " \u200D") + "…"
}

// pad fills s with blanks to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// fold breaks each line of a text that is wider than n columns, at blanks. A line that starts with a blank or with ">" is
// a command, a table or a quotation and stays as it is. A word that is wider than a line stays whole. A break never comes
// before a word that would make its line look like a part of a patch.
func fold(text string, n int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if columns(line) > n && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, ">") {
			lines[i] = foldLine(line, n)
		}
	}
	return strings.Join(lines, "\n")
}

func foldLine(line string, n int) string {
	var done []string
	current := ""
	for i, unit := range units(line) {
		switch {
		case i == 0:
			current = unit
		case columns(current)+1+columns(unit) <= n || current == "":
			current += " " + unit
		default:
			done = append(done, strings.TrimRight(current, " "))
			current = unit
		}
	}
	return strings.Join(append(done, current), "\n")
}

// units are the words of a line; a word that must not begin one stays with the word before it.
func units(line string) []string {
	var all []string
	for _, word := range strings.Split(line, " ") {
		if len(all) > 0 && looksLikePatch(unglue(word)+" ") {
			all[len(all)-1] += " " + word
			continue
		}
		all = append(all, word)
	}
	return all
}

// looksLikePatch reports whether a reader of mails, git am or lists.sr.ht among them, could take a line for the start of a
// diff, of one of its files or hunks, or of the next mail of a mailbox.
func looksLikePatch(line string) bool {
	for _, start := range []string{"diff ", "--- ", "+++ ", "@@", "Index: ", "index ", "From ", "GIT binary patch"} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return line == "---"
}

// disarm puts a blank before each line that looks like a part of a patch, and cuts blanks at line ends.
func disarm(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line == "-- " { // the signature mark
			continue
		}
		line = strings.TrimRight(line, " \t")
		if looksLikePatch(line) {
			line = " " + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// unglue turns the glue of folded text into blanks.
func unglue(s string) string { return strings.ReplaceAll(s, string(glue), " ") }

// keepTogether makes s one word for fold.
func keepTogether(s string) string { return strings.ReplaceAll(s, " ", string(glue)) }

// clean makes foreign text fit to stand within a line of a mail: no line ends, no control characters, and none of the
// characters that change the direction of the text around them (Unicode, "Bidirectional formatting characters"). Each of
// these is shown as a blank or as its code point; invalid UTF-8 becomes U+FFFD.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029' || r == '\v' || r == '\f':
			return ' '
		case unicode.IsControl(r), r == glue, isBidi(r):
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// isBidi reports the explicit embeddings, overrides and isolates; the plain marks U+200E and U+200F are harmless.
func isBidi(r rune) bool { return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' }
