package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CutMarks cuts every reply and forward mark from the front of a decoded subject: "Re:", the French "RE :", "Ré :", "TR:"
// and "Tr :", those of other languages, counted ones ("Re[2]:", "Re^3:"), several in a row, with blanks of any kind around
// them. marked reports whether there was one.
//
// A word of at most three letters and a colon before a bracket is a mark even when nobody here knows the language: nothing
// else stands there.
func CutMarks(subject string) (rest string, marked bool) {
	rest = strings.TrimLeftFunc(subject, IsBlank)
	for {
		after, ok := cutMark(rest)
		if !ok {
			return rest, marked
		}
		rest, marked = after, true
	}
}

// IsBlank reports whether r shows as nothing: white space of any script, no-break and narrow spaces, and the invisible
// characters that mailers slip into subjects.
func IsBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' || '\u200b' <= r && r <= '\u200f' || r == '\u2060'
}

func cutMark(s string) (rest string, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if end <= 0 || end > maxMarkBytes {
		return s, false
	}
	word := strings.ToLower(s[:end])
	rest = strings.TrimLeftFunc(cutCount(strings.TrimLeftFunc(s[end:], IsBlank)), IsBlank)
	colon, n := utf8.DecodeRuneInString(rest)
	if colon != ':' && colon != '：' {
		return s, false
	}
	rest = strings.TrimLeftFunc(rest[n:], IsBlank)
	if isMark(word) || utf8.RuneCountInString(word) <= 3 && strings.HasPrefix(rest, "[") {
		return rest, true
	}
	return s, false
}

// maxMarkBytes bounds the letters of a mark.
const maxMarkBytes = 24

// cutCount cuts the count of replies that some mailers write: "[2]", "(2)", "^2", "*2".
func cutCount(s string) string {
	t := strings.TrimLeft(s, "[(^*")
	if len(t) == len(s) {
		return s
	}
	digits := strings.TrimLeft(t, "0123456789")
	if len(digits) == len(t) {
		return s
	}
	return strings.TrimLeft(digits, "])")
}

// isMark knows the marks of the mailers' languages, in lower case.
func isMark(word string) bool {
	switch word {
	case "re", "ré", "rép", "rep", "réf", "ref", "réponse", // English, French
		"tr", "fw", "fwd", "transf", "transfert", "transféré", "transmis", "forwarded", // forwards, French and English
		"aw", "wg", "antw", "doorst", // German, Dutch
		"sv", "vs", "vl", "vb", // Swedish, Danish, Norwegian, Finnish
		"rv", "res", "enc", "rif", "odp", "pd", "ynt", "ilt", // Spanish, Portuguese, Italian, Polish, Turkish
		"vá", "απ", "πρθ", "ответ", "отв", // Hungarian, Greek, Russian
		"回复", "回覆", "答复", "答覆", "转发", "轉寄", "轉發", "返信", "転送", "답장", "회신", "전달":
		return true
	}
	return false
}
