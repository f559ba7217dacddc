package patch

import (
	"slices"
	"strings"
	"time"
)

// chain is the versions of one series, oldest first.
type chain []*posting

// linker finds out which posting replaces which.
type linker struct {
	g       *grouper
	titles  map[string][]*posting // by author, prefix and plain title, of cover letters and parts
	changes map[string][]*posting // by author and change-id
	group   map[*posting]*posting // union-find
	before  map[*posting][]*posting
}

// chains parts postings into series. A posting replaces another one of the same author when it says so ("Supersedes:"),
// when both carry one change-id, when it has a higher label and answers it or has its title, and when it is a second
// sending of the same label. What arrived when plays no part, so a late v1 never replaces a v2.
func chains(postings []*posting, g *grouper) []chain {
	l := &linker{
		g: g, titles: map[string][]*posting{}, changes: map[string][]*posting{},
		group: map[*posting]*posting{}, before: map[*posting][]*posting{},
	}
	sorted := slices.SortedFunc(slices.Values(postings), comparePostings)
	for _, p := range sorted {
		l.group[p] = p
		for _, title := range p.titles() {
			key := p.key.author + "\x00" + p.key.prefix + "\x00" + title
			l.titles[key] = appendPosting(l.titles[key], p)
		}
		if id := p.changeID(); id != "" {
			key := p.key.author + "\x00" + id
			l.changes[key] = append(l.changes[key], p)
		}
	}
	for _, p := range sorted {
		if old := l.replaced(p); old != nil {
			l.before[p] = append(l.before[p], old)
			l.group[l.root(p)] = l.root(old)
		}
	}
	return l.collect(sorted)
}

func (l *linker) root(p *posting) *posting {
	for l.group[p] != p {
		l.group[p] = l.group[l.group[p]]
		p = l.group[p]
	}
	return p
}

// collect orders each group: by label, then by time, and never a posting before one that it replaces.
func (l *linker) collect(sorted []*posting) []chain {
	var chains []chain
	index := map[*posting]int{}
	for _, p := range sorted {
		root := l.root(p)
		if _, ok := index[root]; !ok {
			index[root] = len(chains)
			chains = append(chains, nil)
		}
		i := index[root]
		chains[i] = append(chains[i], p)
	}
	for i, c := range chains {
		chains[i] = l.order(c)
	}
	return chains
}

func (l *linker) order(c chain) chain {
	var ordered chain
	begun := map[*posting]bool{}
	var visit func(p *posting)
	visit = func(p *posting) {
		if begun[p] { // two postings may claim to replace each other
			return
		}
		begun[p] = true
		for _, old := range l.before[p] {
			visit(old)
		}
		ordered = append(ordered, p)
	}
	for _, p := range c {
		visit(p)
	}
	return ordered
}

// replaced returns the posting that p replaces, or nil.
func (l *linker) replaced(p *posting) *posting {
	if old := l.named(p); old != nil {
		return old
	}
	if id := p.changeID(); id != "" {
		if old := nearest(p, l.changes[p.key.author+"\x00"+id], func(old *posting) bool {
			return comparePostings(old, p) < 0
		}); old != nil {
			return old
		}
	}
	if old := l.answered(p); old != nil {
		return old
	}
	if old := p.resends.origin(); old != nil && old != p && p.resendsParts(old) {
		return old
	}
	for _, title := range p.titles() {
		if old := nearest(p, l.titles[p.key.author+"\x00"+p.key.prefix+"\x00"+title], p.hasTitleOf); old != nil {
			return old
		}
	}
	return nil
}

// named returns the posting that a Supersedes line names.
func (l *linker) named(p *posting) *posting {
	for _, m := range p.mails {
		for _, id := range m.Supersedes {
			if old := l.known(id); old != nil && old != p && old.key.author == p.key.author {
				return old
			}
		}
	}
	return nil
}

// known returns the posting of a message id when it has parts.
func (l *linker) known(id string) *posting {
	p := l.g.of[id]
	if p == nil || len(p.parts) == 0 {
		return nil
	}
	return p
}

// answered returns the nearest posting of a lower label that p answers and can be a version of.
func (l *linker) answered(p *posting) *posting {
	for _, m := range p.mails {
		for _, id := range m.ancestors() {
			old := l.known(id)
			if old == nil || old == p || old.key.author != p.key.author || old.key.prefix != p.key.prefix || old.key.label >= p.key.label {
				continue
			}
			if old.key.total == p.key.total || p.shares(old) {
				return old
			}
		}
	}
	return nil
}

// hasTitleOf reports whether p, which does not answer old, can be a later sending of it. Titles alone prove little in a
// repository where many commits are called "page: Update", so a common file is asked for, and for the same label either
// the mark RESEND or the same content.
func (p *posting) hasTitleOf(old *posting) bool {
	if old == p || !p.sharesFile(old) {
		return false
	}
	if old.key.label != p.key.label {
		return old.key.label < p.key.label
	}
	return comparePostings(old, p) < 0 && (p.mails[0].Subject.Resend || p.sameContent(old))
}

// resendsParts reports whether p, of the same label and thread, is another attempt at old.
func (p *posting) resendsParts(old *posting) bool {
	if p.cover != nil && old.cover != nil && alikeTitles(p.cover.Subject.Title, old.cover.Subject.Title) {
		return true
	}
	for _, i := range p.indexes() {
		if was := old.parts[i]; was != nil && replacesPart(p.parts[i], was) {
			return true
		}
	}
	return false
}

// sameContent reports whether every part of p was in old, unchanged.
func (p *posting) sameContent(old *posting) bool {
	for _, i := range p.indexes() {
		if was := old.parts[i]; was == nil || was.PatchID == "" || was.PatchID != p.parts[i].PatchID {
			return false
		}
	}
	return true
}

// shares reports whether two postings have an alike title or a common file.
func (p *posting) shares(old *posting) bool {
	return alikeTitles(p.first().Subject.Title, old.first().Subject.Title) || p.sharesFile(old)
}

func (p *posting) sharesFile(old *posting) bool {
	for _, i := range p.indexes() {
		for _, j := range old.indexes() {
			if sharesFile(p.parts[i], old.parts[j]) {
				return true
			}
		}
	}
	return false
}

// titles are the plain titles of the cover letter and the parts.
func (p *posting) titles() []string {
	var titles []string
	if p.cover != nil {
		titles = append(titles, plainTitle(p.cover.Subject.Title))
	}
	for _, i := range p.indexes() {
		titles = append(titles, plainTitle(p.parts[i].Subject.Title))
	}
	return slices.DeleteFunc(titles, func(t string) bool { return strings.TrimSpace(t) == "" })
}

func (p *posting) changeID() string {
	for _, m := range p.mails {
		if m.ChangeID != "" {
			return m.ChangeID
		}
	}
	return ""
}

// nearest returns the posting of the list that ok accepts and that was sent nearest in time to p.
func nearest(p *posting, list []*posting, ok func(*posting) bool) *posting {
	var best *posting
	var gap time.Duration
	for _, q := range list {
		if q == p || !ok(q) {
			continue
		}
		if d := p.start().Sub(q.start()).Abs(); best == nil || d < gap {
			best, gap = q, d
		}
	}
	return best
}
