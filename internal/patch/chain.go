package patch

import (
	"cmp"
	"slices"
	"strings"
)

// chain is the versions of one series, oldest first.
type chain []*posting

// linker finds out which posting replaces which.
type linker struct {
	g       *grouper
	titles  map[titleKey][]*posting // by the plain titles of cover letters and parts, in order of sending
	changes map[titleKey][]*posting // by change-id
	patches map[titleKey][]*posting // by patch id
	group   map[*posting]*posting   // union-find
	before  map[*posting][]*posting
}

// titleKey is an author, a prefix, and what two sendings of one series have in common.
type titleKey struct{ author, prefix, common string }

func (p *posting) commonKey(common string) titleKey {
	return titleKey{p.key.author, p.key.prefix, common}
}

// chains parts postings into series. A posting replaces another one of the same author when it says so ("Supersedes:"),
// when both carry one change-id, when it has a higher label and answers it or has its title, and when it is a second
// sending of the same label. What arrived when plays no part, so a late v1 never replaces a v2.
func chains(postings []*posting, g *grouper) []chain {
	l := &linker{
		g: g, titles: map[titleKey][]*posting{}, changes: map[titleKey][]*posting{}, patches: map[titleKey][]*posting{},
		group: map[*posting]*posting{}, before: map[*posting][]*posting{},
	}
	for _, p := range slices.SortedFunc(slices.Values(postings), compareStarts) {
		l.index(p)
	}
	sorted := slices.SortedFunc(slices.Values(postings), comparePostings)
	for _, p := range sorted {
		if old := l.replaced(p); old != nil {
			l.before[p] = append(l.before[p], old)
			l.group[l.root(p)] = l.root(old)
		}
	}
	return l.collect(sorted)
}

func (l *linker) index(p *posting) {
	l.group[p] = p
	for _, title := range p.titles() {
		key := p.commonKey(title)
		l.titles[key] = appendPosting(l.titles[key], p)
	}
	for _, i := range p.indexes() {
		if id := p.parts[i].PatchID; id != "" {
			key := p.commonKey(id)
			l.patches[key] = appendPosting(l.patches[key], p)
		}
	}
	if id := p.changeID(); id != "" {
		l.changes[p.commonKey(id)] = append(l.changes[p.commonKey(id)], p)
	}
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
		if old := nearest(p, l.changes[p.commonKey(id)], func(old *posting) bool { return comparePostings(old, p) < 0 }); old != nil {
			return old
		}
	}
	if old := l.answered(p); old != nil {
		return old
	}
	if old := p.resends.origin(); old != nil && old != p && p.resendsParts(old) {
		return old
	}
	for _, i := range p.indexes() {
		if old := nearest(p, l.patches[p.commonKey(p.parts[i].PatchID)], p.repeats); old != nil {
			return old
		}
	}
	for _, title := range p.titles() {
		if old := nearest(p, l.titles[p.commonKey(title)], p.hasTitleOf); old != nil {
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
// repository where many commits are called "page: Update", so a common file is asked for, and for the same label the mark
// RESEND.
func (p *posting) hasTitleOf(old *posting) bool {
	if old.key.label == p.key.label && (!p.mails[0].Subject.Resend || comparePostings(old, p) >= 0) {
		return false
	}
	return old.key.label <= p.key.label && p.sharesFile(old)
}

// repeats reports whether p sends patches of old again under the same label, and no others.
func (p *posting) repeats(old *posting) bool {
	if old.key.label != p.key.label || comparePostings(old, p) >= 0 {
		return false
	}
	for _, i := range p.indexes() {
		if was := old.parts[i]; was == nil || was.PatchID == "" || was.PatchID != p.parts[i].PatchID {
			return false
		}
	}
	return true
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

// nearest returns the posting of the list, which is in order of sending, that ok accepts and that was sent nearest in time
// to p. It looks at the nearest ones only.
func nearest(p *posting, list []*posting, ok func(*posting) bool) *posting {
	at, _ := slices.BinarySearchFunc(list, p, compareStarts)
	before, after := at-1, at
	for range maxCandidates {
		var q *posting
		switch {
		case before < 0 && after >= len(list):
			return nil
		case after >= len(list) || before >= 0 && p.start.Sub(list[before].start) <= list[after].start.Sub(p.start):
			q = list[before]
			before--
		default:
			q = list[after]
			after++
		}
		if q != p && ok(q) {
			return q
		}
	}
	return nil
}

func compareStarts(a, b *posting) int {
	return cmp.Or(a.start.Compare(b.start), compareMails(a.first(), b.first()))
}
