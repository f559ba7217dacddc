package review

import "strings"

// typeset puts the no-break spaces of French typography into the words of a French file, which may then be written with
// plain blanks: U+00A0 inside guillemets and before a colon, U+202F before ";", "!" and "?". What stands between {{ and }}
// stays.
//
// English words get straight quotation marks. Words of other languages stay as they are.
//
// Only words of the project and of an administrator pass through here, never what comes from a mail or a page.
func typeset(lang Lang, text string) string {
	switch {
	case lang == English:
		return strings.NewReplacer("“", `"`, "”", `"`).Replace(text)
	case lang != French:
		return text
	}
	var b strings.Builder
	for {
		words, rest, found := strings.Cut(text, "{{")
		b.WriteString(typesetWords(words, !found))
		if !found {
			return b.String()
		}
		code, after, _ := strings.Cut(rest, "}}")
		b.WriteString("{{" + code + "}}")
		text = after
	}
}

// typesetWords handles text without placeholders; last says that nothing follows it.
func typesetWords(text string, last bool) string {
	runes := []rune(text)
	for i, r := range runes {
		if r != ' ' && r != '\u00A0' && r != '\u202F' {
			continue
		}
		var before, next rune
		ends := i+2 >= len(runes) // nothing behind the next character
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case before == '«' || next == '»':
			runes[i] = '\u00A0'
		case next == ':' && (ends && last || !ends && endsWord(runes[i+2])):
			runes[i] = '\u00A0'
		case strings.ContainsRune(";!?", next) && next != 0 && (ends && last || !ends && endsWord(runes[i+2])):
			runes[i] = '\u202F'
		}
	}
	return string(runes)
}

// endsWord reports whether a punctuation mark before r stands at the end of a word, and is not the start of "![image]".
func endsWord(r rune) bool { return strings.ContainsRune(" \n\u00A0\u202F».,)\"'", r) }
