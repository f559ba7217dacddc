package wiki

import (
	"strconv"
	"strings"
	"unicode"
)

// slugSourceHut makes an id of a heading's rendered inner HTML: lower case, blanks become "-", and everything but ASCII
// letters, digits, "-" and "_" goes, the letters of tags stay (srht/markdown.py, render_heading).
func slugSourceHut(html string) string {
	out := make([]byte, 0, len(html))
	for _, r := range strings.ToLower(html) {
		switch {
		case r == ' ':
			out = append(out, '-')
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_':
			out = append(out, byte(r))
		}
	}
	return string(out)
}

// slugGitHub is github-slugger 2.0: lower case; letters, marks, decimal and letter numbers, connectors, "-" and blanks stay.
func slugGitHub(text string) string {
	return slugWords(text, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc)
}

// slugComrak is what GitLab's present renderer makes: GitHub's rule with every kind of number.
func slugComrak(text string) string {
	return slugWords(text, unicode.L, unicode.M, unicode.N, unicode.Pc)
}

func slugWords(text string, keep ...*unicode.RangeTable) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || unicode.IsOneOf(keep, r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// slugGitLab is GitLab's documented rule: trimmed, runs of "-" made one, "anchor-" before a number.
func slugGitLab(text string) string {
	s := slugWords(strings.TrimSpace(text), unicode.L, unicode.M, unicode.Nd, unicode.Pc)
	var b strings.Builder
	digits := s != ""
	for i := range len(s) {
		if s[i] == '-' && i > 0 && s[i-1] == '-' {
			continue
		}
		digits = digits && s[i] >= '0' && s[i] <= '9'
		b.WriteByte(s[i])
	}
	if digits {
		return "anchor-" + b.String()
	}
	return b.String()
}

// slugPandoc is pandoc's auto_identifiers: letters, numbers, "_", "-" and "." stay, words are joined by one "-", what
// stands before the first letter goes, and nothing becomes "section".
func slugPandoc(text string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.L, unicode.M, unicode.N) || r == '_' || r == '-' || r == '.':
			return r
		}
		return -1
	}, strings.ToLower(text))
	s := strings.TrimLeftFunc(strings.Join(strings.Fields(kept), "-"), func(r rune) bool { return !unicode.IsLetter(r) })
	if s == "" {
		return "section"
	}
	return s
}

// slugPandocGFM is pandoc's gfm_auto_identifiers: as on GitHub, but every kind of blank becomes "-".
func slugPandocGFM(text string) string {
	return slugGitHub(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, text))
}

// counter makes the ids of one page unique, in the two ways that hosts have.
type counter map[string]int

// free appends the first number that gives an id not yet used.
func (c counter) free(slug string) string {
	id := slug
	for {
		if _, used := c[id]; !used {
			c[id] = 0
			return id
		}
		c[slug]++
		id = slug + "-" + strconv.Itoa(c[slug])
	}
}

// each appends how often the same slug came before, whether or not that id is free.
func (c counter) each(slug string) string {
	n := c[slug]
	c[slug] = n + 1
	if n == 0 {
		return slug
	}
	return slug + "-" + strconv.Itoa(n)
}
