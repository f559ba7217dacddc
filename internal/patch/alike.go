package patch

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// batchTime is how far apart the mails of one run of git send-email are at most: it dates them one second apart.
const batchTime = time.Minute

// replacesPart reports whether a patch looks like another attempt at an earlier one of the same thread and label: an alike
// title, a common file, not sent in one go, and not made on top of it.
func replacesPart(m, earlier *Mail) bool {
	if !alikeTitles(m.Subject.Title, earlier.Subject.Title) || stacksOn(m, earlier) {
		return false
	}
	return sharesFile(m, earlier) && m.sent().Sub(earlier.sent()).Abs() > batchTime
}

// stacksOn reports whether m changes a file as the earlier patch left it.
func stacksOn(m, earlier *Mail) bool {
	return slices.ContainsFunc(m.Files, func(f File) bool {
		return slices.ContainsFunc(earlier.Files, func(e File) bool {
			return f.before() == e.Path && sameBlob(f.OldBlob, e.NewBlob) && !sameBlob(f.OldBlob, e.OldBlob)
		})
	})
}

// before is the path of the file before the change.
func (f File) before() string {
	if f.OldPath != "" {
		return f.OldPath
	}
	return f.Path
}

// sameBlob compares abbreviated ids; ids of seven digits and more are taken as the same when one begins with the other.
func sameBlob(a, b string) bool {
	n := min(len(a), len(b))
	return n >= 7 && strings.Trim(a, "0") != "" && a[:n] == b[:n]
}

func sharesFile(a, b *Mail) bool {
	return slices.ContainsFunc(a.Files, func(x File) bool {
		return slices.ContainsFunc(b.Files, func(y File) bool {
			return x.Path == y.Path || x.before() == y.before()
		})
	})
}

// alikeTitles reports whether two titles are the same but for a few words, without case and punctuation.
func alikeTitles(a, b string) bool {
	x, y := titleWords(a), titleWords(b)
	common := 0
	for _, w := range x {
		if slices.Contains(y, w) {
			common++
		}
	}
	all := len(x) + len(y) - common
	return all > 0 && common*10 > all*6
}

// plainTitle is a title without case and punctuation, for looking up.
func plainTitle(title string) string { return strings.Join(titleWords(title), " ") }

// titleWords returns the distinct words of a title in their order, in lower case; at most the first 40.
func titleWords(title string) []string {
	var words []string
	for w := range strings.FieldsFuncSeq(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(words) < 40 && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}
