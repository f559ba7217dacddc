package patch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// series makes the Series of a chain's postings.
func (c chain) series(g *grouper) []*Series {
	id := shortHash(g.firstID(c[0]))
	versions := c.numbers()
	all := make([]*Series, 0, len(c))
	for i, p := range c {
		s := p.series()
		s.ID, s.Version = id, versions[i]
		switch {
		case i > 0 && len(s.Missing) > 0 && g.isPartial(p, c[:i]):
			s.carry(all[i-1])
		case p.astray():
			s.gather()
		}
		s.DependsOn = g.standsOn(p)
		s.conclude()
		if i > 0 {
			s.Supersedes = all[i-1].VersionID()
			all[i-1].SupersededBy = s.VersionID()
		}
		all = append(all, s)
	}
	return all
}

// numbers gives each posting its version: its label, or for a second sending of one label the next number that no posting
// of the chain is labelled with.
func (c chain) numbers() []int {
	used := map[int]bool{}
	for _, p := range c {
		used[p.key.label] = true
	}
	first := map[int]bool{}
	numbers := make([]int, len(c))
	for i, p := range c {
		n := p.key.label
		if first[n] {
			for used[n] {
				n++
			}
			used[n] = true
		}
		first[p.key.label] = true
		numbers[i] = n
	}
	return numbers
}

func (p *posting) series() *Series {
	lead := p.first()
	s := &Series{
		Prefix: lead.Subject.Prefix, Label: p.key.label, Total: p.key.total, Subject: lead.Subject.Title, Author: lead.Author,
		Cover: p.cover, Root: lead.Message.ID, first: p.mails[0],
	}
	for _, m := range p.mails {
		if came := m.came(); came.After(s.Arrived) {
			s.Arrived = came
		}
		if compareMails(m, s.first) < 0 {
			s.first = m
		}
		if s.Author.Addr == "" && m.Author.Addr != "" {
			s.Author = m.Author
		}
	}
	if s.Cover == nil && p.parts[1] == nil { // nobody knows yet which comes first: the first that came
		part := slices.MinFunc(p.mails, compareMails)
		s.Subject, s.Root = part.Subject.Title, part.Message.ID
	}
	for _, i := range p.indexes() {
		s.Parts = append(s.Parts, partOf(i, p.parts[i]))
	}
	s.findMissing()
	return s
}

// astray reports whether all parts are beyond their own total, as "6/5" without the five before it: such a counter says
// where a patch belongs when its series is there, and nothing otherwise.
func (p *posting) astray() bool {
	for _, m := range p.parts {
		if m.Subject.Index <= m.Subject.Total {
			return false
		}
	}
	return p.cover == nil
}

func partOf(index int, m *Mail) *Part {
	part := &Part{Index: index, Mail: m, Commit: m.commit, Err: m.bad}
	if part.Commit == nil && part.Err == nil { // a Mail that Classify did not make
		part.Commit, part.Err = ReadCommit(m.Raw)
	}
	return part
}

func (s *Series) findMissing() {
	s.Missing = nil
	have := map[int]bool{}
	for _, p := range s.Parts {
		have[p.Index] = true
	}
	for i := 1; i <= s.Total; i++ {
		if !have[i] {
			s.Missing = append(s.Missing, i)
		}
	}
}

// gather makes a series of what has come of it.
func (s *Series) gather() {
	s.Total = len(s.Parts)
	for i, part := range s.Parts {
		part.Index = i + 1
	}
	s.findMissing()
}

// carry completes a partial re-roll with the parts of the version before, those too that it grew by.
func (s *Series) carry(old *Series) {
	s.Total = max(s.Total, old.Total)
	s.findMissing()
	for _, p := range old.Parts {
		if slices.Contains(s.Missing, p.Index) {
			s.Parts = append(s.Parts, p)
			s.Carried = append(s.Carried, p.Index)
		}
	}
	slices.SortFunc(s.Parts, func(a, b *Part) int { return a.Index - b.Index })
	s.findMissing()
}

// conclude fills what follows from the cover letter and the parts.
func (s *Series) conclude() {
	var mails []*Mail
	if s.Cover != nil {
		mails = append(mails, s.Cover)
	}
	for _, p := range s.Parts {
		mails = append(mails, p.Mail)
		if s.Defect == "" {
			s.Defect = p.Mail.Reason
		}
	}
	sum := sha256.New()
	for _, m := range mails {
		fmt.Fprintf(sum, "%d %s %s\n", m.Subject.Index, m.Message.ID, m.Message.BodyHash)
		if s.BaseCommit == "" {
			s.BaseCommit = m.BaseCommit
		}
		s.Requires = appendNew(s.Requires, m.Requires...)
		s.DependsOn = appendNew(s.DependsOn, m.DependsOn...)
	}
	s.Digest = hex.EncodeToString(sum.Sum(nil)[:16])
}

// isPartial reports whether a posting without a cover letter replaces only some parts of an earlier one: its parts answer
// the very parts that they replace, or take their places in the thread of that posting under the same label.
func (g *grouper) isPartial(p *posting, earlier []*posting) bool {
	if p.cover != nil {
		return false
	}
	if slices.Contains(earlier, p.resends.origin()) {
		return true
	}
	for _, m := range p.mails {
		for _, id := range m.ancestors() {
			parent, q := g.mails[id], g.of[id]
			if q == nil || q == p {
				continue
			}
			if slices.Contains(earlier, q) && parent.Subject.Index == m.Subject.Index && (q.key.total == p.key.total || q.stated() == p.stated()) {
				return true
			}
			break
		}
	}
	return false
}

// standsOn returns the id of the unnumbered patch of the same thread that an unnumbered patch was made on top of.
func (g *grouper) standsOn(p *posting) []string {
	if !p.single() {
		return nil
	}
	m := p.parts[1]
	for _, id := range m.ancestors() {
		for _, q := range append([]*posting{g.of[id]}, g.answers[id]...) {
			if q = q.origin(); q != nil && q != p && q.single() && q.key == p.key && stacksOn(m, q.parts[1]) {
				return []string{q.parts[1].Message.ID}
			}
		}
	}
	return nil
}

// firstID returns the message id of a posting's first mail, the cover letter or part 1, even before that mail has come: its
// parts answer it. Only a parent that all parts share, that nobody knows and no other posting answers is taken for it.
func (g *grouper) firstID(p *posting) string {
	if p.cover != nil || p.single() {
		return p.first().Message.ID
	}
	one := p.parts[1]
	parent := p.parts[p.indexes()[0]].parent()
	unknown := parent != "" && g.mails[parent] == nil
	for _, q := range g.answers[parent] {
		unknown = unknown && q.origin() == p
	}
	for _, m := range p.parts {
		if m.parent() != parent && m != one {
			unknown = false
		}
	}
	switch {
	case one != nil && (one.parent() != parent || !unknown):
		return one.Message.ID
	case unknown:
		return parent
	}
	return slices.MinFunc(p.mails, compareMails).Message.ID
}

// shortHash makes the id of a series.
func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
