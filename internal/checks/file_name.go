package checks

import (
	"path"
	"strings"
	"unicode"
)

var fileName = &Rule{
	ID:       "file-name",
	Severity: Warning,
	Scope:    ScopeTree,
	Title:    "File names work everywhere",
	Why: "Two names that differ only in upper and lower case, or in how an accent is encoded, are one file on macOS and " +
		"Windows: a clone has only one of them. Blanks and marks such as “#” and “?” must be encoded in every link.",
	Bad:  "Guide de publication?.md\n",
	Good: "guide-de-publication.md\n",
	Messages: map[string]string{
		"case":       "“{{.Name}}” differs from “{{.Other}}” in upper and lower case only: on macOS and Windows a clone has one of them.",
		"accent":     "“{{.Name}}” looks like “{{.Other}}”: the accents are encoded in two ways, and on macOS a clone has one of the two.",
		"decomposed": "the accents of “{{.Name}}” are encoded as separate marks (NFD): links that are typed do not find the file.",
		"characters": "“{{.Name}}” has characters that must be encoded in links, or that some systems refuse: “{{.Characters}}”.",
		"colon":      "“{{.Name}}” has a colon: Windows refuses it, and {{.Host}} takes what stands before it for a scheme.",
		"rename":     "For example “{{.Name}}”.",
	},
	check: checkFileName,
}

// refused are the characters that end or break a path in a URL, or that Windows refuses.
const refused = "#?%\\<>\"|* "

func checkFileName(p *pass) {
	name := path.Base(p.path)
	args := func() map[string]any { return map[string]any{"Name": name, "Host": hostTitle(p.host)} }
	for _, other := range p.folder(parent(p.path)).like[likeName(name)] {
		if other == name {
			continue
		}
		key := "accent"
		if plain(other) != plain(name) {
			key = "case"
		}
		a := args()
		a["Other"] = other
		p.file(key, a).Detail = key + " " + other
	}
	if marks(name) {
		p.file("decomposed", args()).Detail = "decomposed"
	}
	if bad := badCharacters(name); bad != "" {
		a := args()
		a["Characters"] = bad
		f := p.file("characters", a)
		f.Detail = bad
		f.Suggestion = p.suggest("rename", map[string]any{"Name": tame(name)})
	}
	if strings.Contains(name, ":") {
		p.file("colon", args()).Detail = ":"
	}
}

// badCharacters lists the characters of a name that make trouble, each once.
func badCharacters(name string) string {
	var b strings.Builder
	for _, r := range name {
		if (strings.ContainsRune(refused, r) || unicode.IsControl(r)) && !strings.ContainsRune(b.String(), r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// tame is a name without what makes trouble.
func tame(name string) string {
	ext := path.Ext(name)
	words := strings.FieldsFunc(strings.TrimSuffix(name, ext), func(r rune) bool {
		return strings.ContainsRune(refused, r) || unicode.IsControl(r)
	})
	return strings.Join(words, "-") + strings.Map(func(r rune) rune {
		if strings.ContainsRune(refused, r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, ext)
}

// marks reports whether a name has accents as separate code points.
func marks(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return r >= 0x300 && r <= 0x36F })
}

// plain is a name with the accents of Latin letters spelt as separate marks, however they were encoded.
func plain(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r >= 0x80 }) < 0 {
		return name
	}
	return decompose.Replace(name)
}

// decompose covers the accented letters of the languages of western and central Europe (Unicode, canonical decomposition).
var decompose = strings.NewReplacer(
	"À", "A\u0300", "Á", "A\u0301", "Â", "A\u0302", "Ã", "A\u0303", "Ä", "A\u0308", "Å", "A\u030A", "Ç", "C\u0327",
	"È", "E\u0300", "É", "E\u0301", "Ê", "E\u0302", "Ë", "E\u0308", "Ì", "I\u0300", "Í", "I\u0301", "Î", "I\u0302",
	"Ï", "I\u0308", "Ñ", "N\u0303", "Ò", "O\u0300", "Ó", "O\u0301", "Ô", "O\u0302", "Õ", "O\u0303", "Ö", "O\u0308",
	"Ù", "U\u0300", "Ú", "U\u0301", "Û", "U\u0302", "Ü", "U\u0308", "Ý", "Y\u0301", "à", "a\u0300", "á", "a\u0301",
	"â", "a\u0302", "ã", "a\u0303", "ä", "a\u0308", "å", "a\u030A", "ç", "c\u0327", "è", "e\u0300", "é", "e\u0301",
	"ê", "e\u0302", "ë", "e\u0308", "ì", "i\u0300", "í", "i\u0301", "î", "i\u0302", "ï", "i\u0308", "ñ", "n\u0303",
	"ò", "o\u0300", "ó", "o\u0301", "ô", "o\u0302", "õ", "o\u0303", "ö", "o\u0308", "ù", "u\u0300", "ú", "u\u0301",
	"û", "u\u0302", "ü", "u\u0308", "ý", "y\u0301", "ÿ", "y\u0308", "Ĉ", "C\u0302", "ĉ", "c\u0302", "Č", "C\u030C",
	"č", "c\u030C", "Ě", "E\u030C", "ě", "e\u030C", "Ğ", "G\u0306", "ğ", "g\u0306", "İ", "I\u0307", "Ń", "N\u0301",
	"ń", "n\u0301", "Ř", "R\u030C", "ř", "r\u030C", "Ś", "S\u0301", "ś", "s\u0301", "Ş", "S\u0327", "ş", "s\u0327",
	"Š", "S\u030C", "š", "s\u030C", "Ů", "U\u030A", "ů", "u\u030A", "Ŷ", "Y\u0302", "ŷ", "y\u0302", "Ź", "Z\u0301",
	"ź", "z\u0301", "Ż", "Z\u0307", "ż", "z\u0307", "Ž", "Z\u030C", "ž", "z\u030C",
)
