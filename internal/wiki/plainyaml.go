package wiki

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// pair is one line of a header: a key and its value, as read.
type pair struct {
	key, value string
	quoted     bool
}

// plainPairs reads a header in which every line is "key: value" and every value is one that YAML takes as it is written, as
// nearly all of them are; reading YAML costs as much as parsing the rest of the page. ok is false for anything else, which
// is for the YAML reader to say.
func plainPairs(text []byte) (pairs []pair, ok bool) {
	const longest = 500 // bytes of a line; YAML bounds keys at 1024
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		key, value, found := bytes.Cut(line, []byte(": "))
		if !found || len(line) > longest || !plainKey(key) || !plainValue(value) {
			return nil, false
		}
		quoted := value[0] == '"'
		if quoted {
			value = value[1 : len(value)-1]
		}
		for _, p := range pairs {
			if p.key == string(key) {
				return nil, false
			}
		}
		pairs = append(pairs, pair{string(key), string(value), quoted})
	}
	return pairs, len(pairs) > 0
}

func plainKey(key []byte) bool {
	for i, c := range key {
		if !isLetter(c) && (i == 0 || (c < '0' || c > '9') && c != '_' && c != '-') {
			return false
		}
	}
	return len(key) > 0
}

// plainValue reports whether a value stands for itself: it begins with a letter and nothing in it begins a comment or another
// value, or it stands between double quotes and holds neither these nor backslashes.
func plainValue(value []byte) bool {
	quoted := len(value) > 2 && value[0] == '"' && value[len(value)-1] == '"'
	if quoted {
		value = value[1 : len(value)-1]
	}
	var last rune
	for i, off := 0, 0; off < len(value); i++ {
		r, n := utf8.DecodeRune(value[off:])
		off += n
		switch {
		case r < ' ' || r >= 0x7F && r < 0xA0 || r == 0x2028 || r == 0x2029 || r > 0xD7FF: // not printable, or a line break, or rare
			return false
		case quoted:
			if r == '"' || r == '\\' {
				return false
			}
		case i == 0 && !unicode.IsLetter(r), r == '#' && last == ' ', r == ' ' && last == ':':
			return false
		}
		last = r
	}
	return len(value) > 0 && (quoted || last != ' ' && last != ':')
}
