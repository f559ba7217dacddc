package patch

import (
	"strconv"
	"strings"
	"unicode"

	"patchbot/internal/email"
)

// ParseSubject reads a decoded subject as a person does.
//
// The mark of a patch is a bracket with the word PATCH in it, in any case, before any text; tags of lists and spam filters
// in brackets of their own may stand around it. Inside it, prefix, version, counter, RFC and RESEND come in any order,
// separated by blanks or commas, "PATCHv2" and "PATCH1/3" included; brackets that follow it and hold nothing but such marks
// count too. A counter is digits, a slash and digits: "0.5/3" is none, "1/9999" is not believed, and numbers in the title
// never count.
//
// A reply or forward mark before the bracket, or between it and a list tag, makes it a reply.
func ParseSubject(s string) Subject {
	p := Subject{Version: 1, Index: 1, Total: 1}
	rest := s
	for {
		if !p.Patch { // behind the bracket, "re:" belongs to the title
			front, reply := cutFront(rest)
			rest, p.Reply = front, p.Reply || reply
		}
		inside, next, ok := cutBracket(rest)
		if !ok {
			break
		}
		marks := readMarks(bracketWords(inside))
		if p.Patch && (marks.patch || !marks.onlyMarks()) {
			break
		}
		if marks.patch || marks.onlyMarks() {
			p.apply(marks)
		}
		rest = next
	}
	p.Title = trimBlanks(strings.TrimLeftFunc(rest, func(r rune) bool { return r == ':' || email.IsBlank(r) })) // as git am does
	if !p.Patch {                                                                                               // nothing that stands in a bracket counts then
		return Subject{Reply: p.Reply, Version: 1, Index: 1, Total: 1, Title: p.Title}
	}
	return p
}

// cutFront cuts reply and forward marks and the tags of mail filters from the front of s.
func cutFront(s string) (rest string, reply bool) {
	for {
		cut, marked := email.CutMarks(cutFilterTag(s))
		if cut == s {
			return s, reply
		}
		s, reply = cut, reply || marked
	}
}

func trimBlanks(s string) string { return strings.TrimFunc(s, email.IsBlank) }

// cutBracket cuts "[…]" and the blanks after it from the front of s.
func cutBracket(s string) (inside, rest string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return "", s, false
	}
	inside, rest, ok = strings.Cut(s[1:], "]")
	return inside, strings.TrimLeftFunc(rest, email.IsBlank), ok
}

// cutFilterTag cuts what mail filters write in front: "***SPAM***", "{Spam?}", and "EXT:" before a bracket.
func cutFilterTag(s string) string {
	for _, tag := range []string{"ext", "external", "spam"} {
		if len(s) > len(tag) && strings.EqualFold(s[:len(tag)], tag) && s[len(tag)] == ':' {
			if rest := strings.TrimLeftFunc(s[len(tag)+1:], email.IsBlank); strings.HasPrefix(rest, "[") {
				return rest
			}
		}
	}
	switch {
	case strings.HasPrefix(s, "***"):
		if tag, rest, ok := strings.Cut(strings.TrimLeft(s, "*"), "***"); ok && len(tag) < 32 {
			return strings.TrimLeftFunc(strings.TrimLeft(rest, "*"), email.IsBlank)
		}
	case strings.HasPrefix(s, "{"):
		if tag, rest, ok := strings.Cut(s[1:], "}"); ok && len(tag) < 32 {
			return strings.TrimLeftFunc(rest, email.IsBlank)
		}
	}
	return s
}

func bracketWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return email.IsBlank(r) || r == ',' || r == ';' })
}

// marks is what one bracket holds.
type marks struct {
	patch, rfc, resend, versioned, numbered bool
	version, index, total                   int
	words                                   []string // what is no mark
}

func (m marks) onlyMarks() bool {
	return len(m.words) == 0 && (m.patch || m.rfc || m.resend || m.versioned || m.numbered)
}

func (p *Subject) apply(m marks) {
	p.Patch = p.Patch || m.patch
	p.RFC = p.RFC || m.rfc
	p.Resend = p.Resend || m.resend
	if m.versioned {
		p.Version = m.version
	}
	if m.numbered && !p.Numbered {
		p.Numbered, p.Index, p.Total = true, m.index, m.total
	}
	if m.patch {
		p.Prefix = strings.Join(m.words, " ")
	}
}

func readMarks(words []string) marks {
	var m marks
	for i := 0; i < len(words); i++ {
		if i+2 < len(words) && isOf(words[i+1]) && m.counter(words[i]+"/"+words[i+2]) {
			i += 2
			continue
		}
		m.word(words[i])
	}
	return m
}

// isOf knows what stands between the numbers of "1 of 3", as Mercurial writes it, and of "1 sur 3" and "1 / 3".
func isOf(word string) bool {
	return word == "/" || strings.EqualFold(word, "of") || strings.EqualFold(word, "sur")
}

// word reads one word of a bracket; words joined by a slash, as in "RFC/PATCH", are read one by one.
func (m *marks) word(word string) {
	if m.mark(word) || m.counter(word) {
		return
	}
	if parts := strings.Split(word, "/"); len(parts) > 1 {
		var joined marks
		all := true
		for _, part := range parts {
			all = all && joined.mark(part)
		}
		if all {
			for _, part := range parts {
				m.mark(part)
			}
			return
		}
	}
	if !isHalfCounter(word) {
		m.words = append(m.words, word)
	}
}

// mark reads PATCH, RFC, RESEND and versions, alone or run together: "PATCHv2", "PATCH1/3", "RFCv3".
func (m *marks) mark(word string) bool {
	lower := strings.ToLower(word)
	for _, known := range []struct {
		word string
		set  *bool
	}{{"patch", &m.patch}, {"rfc", &m.rfc}, {"resend", &m.resend}, {"repost", &m.resend}} {
		tail, ok := strings.CutPrefix(lower, known.word)
		if !ok {
			continue
		}
		tail = strings.TrimPrefix(strings.TrimPrefix(tail, "-"), ":")
		if tail == "" || m.readVersion(tail) || m.counter(tail) {
			*known.set = true
			return true
		}
	}
	return m.readVersion(lower)
}

// readVersion reads "v2", "(v2)" and "v2.1", whose second number only says that parts were sent again.
func (m *marks) readVersion(word string) bool {
	word = strings.TrimSuffix(strings.TrimPrefix(word, "("), ")")
	digits, ok := strings.CutPrefix(word, "v")
	if !ok {
		return false
	}
	major, minor, dotted := strings.Cut(digits, ".")
	n, ok := number(major)
	if _, good := number(minor); !ok || dotted && !good {
		return false
	}
	m.versioned, m.version = n > 0, max(n, 1) // "v0" is no version: the first one is 1
	m.resend = m.resend || dotted
	return true
}

func (m *marks) counter(word string) bool {
	k, n, ok := strings.Cut(word, "/")
	index, ok1 := number(k)
	total, ok2 := number(n)
	if !ok || !ok1 || !ok2 || total == 0 || index > maxSeries || index > 0 && total > maxSeries {
		return false
	}
	if !m.numbered {
		m.numbered, m.index, m.total = true, index, total
	}
	return true
}

// maxSeries is the largest counter to believe. Nobody sends a wiki a thousand patches in one series: "1/9999" is a slip or a
// joke, and the patch is one by itself.
const maxSeries = 999

// number reads up to four digits; more is no version and no counter.
func number(s string) (int, bool) {
	if s == "" || len(s) > 4 || strings.TrimLeft(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// isHalfCounter knows "0.5/3", by which people slip a patch between two others: no counter to trust, and no prefix either.
func isHalfCounter(word string) bool {
	return strings.Contains(word, "/") && strings.IndexFunc(word, func(r rune) bool {
		return !unicode.IsDigit(r) && r != '.' && r != '/'
	}) < 0
}
