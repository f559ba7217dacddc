package patch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// posting is one sending of a series: the mails of one author, prefix, label and total that belong together.
type posting struct {
	key     seriesKey
	cover   *Mail
	parts   map[int]*Mail
	mails   []*Mail // as placed
	start   time.Time
	resends *posting   // the earlier posting whose places were sent a second time, nil when none
	again   []*posting // those that send this one's places a second time
	merged  *posting   // the posting that this one is a copy of, nil when none
}

// origin is the posting itself, or the one it was merged into; nil for nil.
func (p *posting) origin() *posting {
	for p != nil && p.merged != nil {
		p = p.merged
	}
	return p
}

// seriesKey is what all mails of one posting have in common.
type seriesKey struct {
	author string // address in lower case, or the name when there is none
	prefix string // in lower case
	label  int
	total  int
}

func keyOf(m *Mail) seriesKey {
	author := m.Author.Addr
	if author == "" {
		author = m.Author.Name
	}
	return seriesKey{strings.ToLower(author), strings.ToLower(m.Subject.Prefix), m.Subject.Version, m.Subject.Total}
}

func (p *posting) add(m *Mail) {
	p.mails = append(p.mails, m)
	if sent := m.sent(); p.start.IsZero() || sent.Before(p.start) {
		p.start = sent
	}
	if m.Subject.Index == 0 {
		p.cover = m
		return
	}
	p.parts[m.Subject.Index] = m
	if len(p.parts) == 1 { // the parts know better than a cover letter what they are
		p.key.label, p.key.total = m.Subject.Version, m.Subject.Total
	}
	p.key.total = max(p.key.total, m.Subject.Index)
}

// at returns the mail at a place, 0 for the cover letter.
func (p *posting) at(index int) *Mail {
	if index == 0 {
		return p.cover
	}
	return p.parts[index]
}

// single reports whether the posting is one patch without k/n: nothing can join it.
func (p *posting) single() bool {
	return len(p.parts) == 1 && p.parts[1] != nil && !p.parts[1].Subject.Numbered
}

// files reports whether the posting is made of patch files, which never were mails: their dates are the authors', and one
// series may have several authors.
func (p *posting) files() bool { return p.mails[0].file() }

// file reports whether a mail is a patch file as git format-patch writes it: without a message id, or with one but without
// any field of a mailer or of the way of a mail.
func (m *Mail) file() bool {
	if m.Message.Derived {
		return true
	}
	for _, name := range []string{"Received", "Return-Path", "Delivered-To", "List-Id", "X-Mailer", "User-Agent", "To"} {
		if m.Message.Header.Get(name) != "" {
			return false
		}
	}
	return true
}

// stated is the total that the subjects of the posting's parts state; after a "4/3" it is still 3.
func (p *posting) stated() int {
	for _, m := range p.mails {
		if m.Subject.Index > 0 {
			return m.Subject.Total
		}
	}
	return p.key.total
}

// claims reports whether m says that it belongs to a posting such as p: by author, prefix, label and total.
func (p *posting) claims(m *Mail) bool {
	key := keyOf(m)
	if p.files() && m.file() {
		key.author = p.key.author
	}
	if key == p.key {
		return !p.single()
	}
	key.total = p.key.total
	return key == p.key && m.Subject.Total == p.stated() && !p.single()
}

// fits reports whether m belongs to such a posting and its place is free.
func (p *posting) fits(m *Mail) bool { return p.claims(m) && p.at(m.Subject.Index) == nil }

// fitsAnswer reports the same for a mail that answers a mail of p directly, which excuses more: one patch too many, as
// "4/3" or as "4/4" after a series of three, and a cover letter with another label or total than its patches.
func (p *posting) fitsAnswer(m *Mail) bool {
	if p.fits(m) {
		return true
	}
	key, index := keyOf(m), m.Subject.Index
	if key.author != p.key.author || key.prefix != p.key.prefix || p.at(index) != nil || p.single() {
		return false
	}
	if len(p.parts) == 0 {
		return key.label == p.key.label || key.total == p.key.total
	}
	return key.label == p.key.label && index == p.key.total+1 && (key.total == p.stated() || key.total == index)
}

// distance is the time between m and the nearest mail of p.
func (p *posting) distance(m *Mail) time.Duration {
	d := m.sent().Sub(p.mails[0].sent()).Abs()
	for _, other := range p.mails {
		d = min(d, m.sent().Sub(other.sent()).Abs())
	}
	return d
}

const (
	// sendingTime is how long a person takes to send one series: git send-email asks before each mail.
	sendingTime = time.Hour
	// repairTime is how long after a series a missing part may still come without naming it.
	repairTime = 7 * 24 * time.Hour
	// copyTime is how far apart two sendings of the same content are copies, as to two lists, although nothing says so;
	// later somebody wants it looked at again.
	copyTime = 7 * 24 * time.Hour
)

// reaches reports whether m, which answers no mail of p, was sent with p, or soon enough after it to bring a missing part.
func (p *posting) reaches(m *Mail) bool {
	alone := m.parent() == ""
	if p.files() || m.Message.Derived {
		return p.files() && m.Message.Derived && alone
	}
	d := p.distance(m)
	return d <= sendingTime || alone && m.Subject.Index > 0 && len(p.parts) > 0 && d <= repairTime
}

// first is the cover letter, else the part with the lowest index.
func (p *posting) first() *Mail {
	if p.cover != nil {
		return p.cover
	}
	return p.parts[p.indexes()[0]]
}

// indexes returns the places that parts were sent for, ascending.
func (p *posting) indexes() []int { return slices.Sorted(maps.Keys(p.parts)) }

func comparePostings(a, b *posting) int {
	return cmp.Or(cmp.Compare(a.key.label, b.key.label), a.start.Compare(b.start), compareMails(a.first(), b.first()))
}
