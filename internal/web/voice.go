package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// voice is one language of the pages.
type voice struct {
	lang   string
	name   string // of the language, in itself
	words  map[string]string
	months []string
	short  []string // months
	date   func(day, month string, year, hour, minute int) string
	many   func(n int) bool // whether n takes the plural
}

// voices are the languages that there are. French comes first where a reader asks for none.
func voices() map[string]*voice {
	fr := &voice{
		lang: "fr", name: "Français", words: frenchWords(), many: func(n int) bool { return n > 1 },
		months: []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		short:  []string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
		date: func(day, month string, year, hour, minute int) string {
			if day == "1" {
				day = "1er"
			}
			return fmt.Sprintf("%s\u00a0%s %d à %d\u00a0h\u00a0%02d", day, month, year, hour, minute)
		},
	}
	for id, text := range fr.words {
		fr.words[id] = frenchSpaces(text)
	}
	en := &voice{
		lang: "en", name: "English", words: englishWords(), many: func(n int) bool { return n != 1 },
		months: []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		short:  []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		date: func(day, month string, year, hour, minute int) string {
			return fmt.Sprintf("%s\u00a0%s %d, %02d:%02d", day, month, year, hour, minute)
		},
	}
	return map[string]*voice{fr.lang: fr, en.lang: en}
}

// frenchSpaces keeps punctuation and what stands before it on one line.
func frenchSpaces(s string) string {
	return strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", " ?", "\u202f?", " !", "\u202f!", "« ", "«\u00a0", " »", "\u00a0»").Replace(s)
}

// langs are the languages in the order in which to prefer them.
func (s *Server) langs() []string {
	return slices.SortedFunc(maps.Keys(s.voices), func(a, b string) int { return strings.Compare(b, a) })
}

// voiceFor is the language of an answer: the one asked for by ?lang=, else the best of Accept-Language, else French.
func (s *Server) voiceFor(asked, accepted string) (v *voice, chosen bool) {
	if v := s.voices[asked]; v != nil {
		return v, true
	}
	langs := s.langs()
	var tags []language.Tag
	for _, l := range langs {
		tags = append(tags, language.Make(l))
	}
	_, i := language.MatchStrings(language.NewMatcher(tags), accepted)
	return s.voices[langs[i]], false
}

// word is a text of the language. Every id that is used is in both languages, which a test holds; one that is not shows
// as itself, since a missing word must not hide a page.
func (v *voice) word(id string) string {
	if text, ok := v.words[id]; ok {
		return text
	}
	return id
}

// count is a text with a number, from the ids id.one and id.other, where %d stands for it.
func (v *voice) count(id string, n int) string {
	form := ".one"
	if v.many(n) {
		form = ".other"
	}
	return strings.Replace(v.word(id+form), "%d", fmt.Sprint(n), 1)
}

// dateTime is a time as people write it, without seconds; briefly for the cells of tables.
func (v *voice) dateTime(t time.Time, briefly bool) string {
	months := v.months
	if briefly {
		months = v.short
	}
	return v.date(fmt.Sprint(t.Day()), months[t.Month()-1], t.Year(), t.Hour(), t.Minute())
}
