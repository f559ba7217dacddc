package patch

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
)

// Assembly is what a set of mails makes.
type Assembly struct {
	Series  []*Series // by arrival of their first mail
	Ignored []*Mail   // every mail that is in no series, each with its Reason; by arrival

	of map[string]*Series // by message id, copies included
}

// Of returns the series that the mail with that message id was sent for, as its cover letter, a part, or a copy of one; nil
// when there is none.
func (a *Assembly) Of(messageID string) *Series {
	return a.of[messageID]
}

// Assemble makes series of classified mails. It depends on the set of mails alone, not on their order, and changes none of
// them: a mail ignored for a reason that only the set shows is returned as a copy with that reason.
//
// A mail joins the mails it answers, nearest first, when author, prefix, version and total agree and its place is free;
// without threading, the mails of the same author, version and total sent within the hour. See posting.go for the grouping,
// copies.go for what is no more than a copy, and chain.go for which series replaces which.
func Assemble(mails []*Mail) *Assembly {
	g := newGrouper()
	a := &Assembly{}
	taken, ignored := distinctMails(mails)
	a.Ignored = ignored
	for _, m := range sendOrder(taken) {
		g.place(m)
	}
	a.Ignored = append(a.Ignored, g.mergeCopies()...)
	var postings []*posting
	for _, p := range g.postings {
		if len(p.parts) > 0 {
			postings = append(postings, p)
			continue
		}
		a.Ignored = append(a.Ignored, withReason(p.cover, ReasonNoSeries))
	}
	made := map[*posting]*Series{}
	for _, chain := range chains(postings, g) {
		for i, s := range chain.series(g) {
			a.Series = append(a.Series, s)
			made[chain[i]] = s
		}
	}
	a.of = map[string]*Series{}
	for id, p := range g.of {
		if s := made[p.origin()]; s != nil {
			a.of[id] = s
		}
	}
	slices.SortFunc(a.Series, func(x, y *Series) int {
		return cmp.Or(compareMails(x.first, y.first), cmp.Compare(x.VersionID(), y.VersionID()))
	})
	slices.SortStableFunc(a.Ignored, compareMails)
	return a
}

// distinctMails parts the mails that go into series from the others, and keeps one of each message id: the first that came.
func distinctMails(mails []*Mail) (taken, ignored []*Mail) {
	sorted := slices.Clone(mails)
	slices.SortFunc(sorted, compareMails)
	seen := map[string]bool{}
	for _, m := range sorted {
		switch {
		case !m.Taken():
			ignored = append(ignored, m)
		case seen[m.Message.ID]:
			copy := withReason(m, ReasonDuplicate)
			copy.Detail = "a mail with the same Message-ID came before"
			ignored = append(ignored, copy)
		default:
			seen[m.Message.ID] = true
			taken = append(taken, m)
		}
	}
	return taken, ignored
}

func withReason(m *Mail, r Reason) *Mail {
	c := *m
	c.Reason = r
	return &c
}

// compareMails orders by arrival, then by Date, then by message id; the bytes break the last tie.
func compareMails(a, b *Mail) int {
	return cmp.Or(
		a.came().Compare(b.came()), a.Message.Date.Compare(b.Message.Date), strings.Compare(a.Message.ID, b.Message.ID),
		strings.Compare(a.Message.BodyHash, b.Message.BodyHash), strings.Compare(string(a.Reason), string(b.Reason)), bytes.Compare(a.Raw, b.Raw),
	)
}

// came is when the mail arrived, or else when it says it was sent.
func (m *Mail) came() time.Time {
	if m.Arrived.IsZero() {
		return m.Message.Date
	}
	return m.Arrived
}

// maxClockError is how far a Date may be from the arrival and still be believed: mail waits on its way, clocks are wrong.
const maxClockError = 3 * 24 * time.Hour

// sent is when the author sent the mail: its Date, which orders the mails of one series, unless that cannot be true.
func (m *Mail) sent() time.Time {
	date := m.Message.Date
	if !m.Arrived.IsZero() && (date.IsZero() || date.Sub(m.Arrived).Abs() > maxClockError) {
		return m.Arrived
	}
	return date
}

// ancestors returns the ids of the mails that m answers, nearest first.
func (m *Mail) ancestors() []string {
	ids := slices.Clone(m.Message.InReplyTo)
	for _, id := range slices.Backward(m.Message.References) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// parent is the nearest ancestor, or "".
func (m *Mail) parent() string {
	if len(m.Message.InReplyTo) > 0 {
		return m.Message.InReplyTo[0]
	}
	if refs := m.Message.References; len(refs) > 0 {
		return refs[len(refs)-1]
	}
	return ""
}

// sendOrder sorts mails as they were sent: by time, then place in the series, and never an answer before what it answers.
func sendOrder(mails []*Mail) []*Mail {
	sorted := slices.Clone(mails)
	slices.SortFunc(sorted, func(a, b *Mail) int {
		return cmp.Or(a.sent().Compare(b.sent()), cmp.Compare(a.Subject.Index, b.Subject.Index), compareMails(a, b))
	})
	byID := map[string]*Mail{}
	for _, m := range sorted {
		byID[m.Message.ID] = m
	}
	ordered := make([]*Mail, 0, len(sorted))
	begun := map[string]bool{}
	var visit func(m *Mail)
	visit = func(m *Mail) {
		if begun[m.Message.ID] { // also a loop in the threading
			return
		}
		begun[m.Message.ID] = true
		for _, id := range slices.Backward(m.ancestors()) {
			if parent := byID[id]; parent != nil {
				visit(parent)
			}
		}
		ordered = append(ordered, m)
	}
	for _, m := range sorted {
		visit(m)
	}
	return ordered
}
