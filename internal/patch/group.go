package patch

import "slices"

// grouper places mails into postings, in the order they were sent.
type grouper struct {
	postings []*posting
	mails    map[string]*Mail         // by message id, copies included
	of       map[string]*posting      // message id, copies included → posting
	answers  map[string][]*posting    // message id → postings with a mail that answers it directly
	alike    map[seriesKey][]*posting // postings that a mail of that key may belong to, in order of sending
	contents map[contentKey][]*Mail   // mails by what they hold
	patches  map[titleKey][]*Mail     // patches by author, prefix and patch id, whatever their place
	files    []*posting               // of patch files
}

func newGrouper() *grouper {
	return &grouper{
		mails: map[string]*Mail{}, of: map[string]*posting{}, answers: map[string][]*posting{},
		alike: map[seriesKey][]*posting{}, contents: map[contentKey][]*Mail{}, patches: map[titleKey][]*Mail{},
	}
}

// place puts one mail into a posting.
func (g *grouper) place(m *Mail) {
	p, taken := g.find(m)
	if p == nil {
		p = &posting{key: keyOf(m), parts: map[int]*Mail{}, resends: taken}
		if taken != nil {
			taken.again = append(taken.again, p)
		}
		g.postings = append(g.postings, p)
		if m.Message.Derived {
			g.files = append(g.files, p)
		}
	}
	p.add(m)
	g.mails[m.Message.ID], g.of[m.Message.ID] = m, p
	g.contents[contentOf(m)] = append(g.contents[contentOf(m)], m)
	if m.PatchID != "" {
		g.patches[patchKey(m)] = append(g.patches[patchKey(m)], m)
	}
	if parent := m.parent(); parent != "" {
		g.answers[parent] = appendPosting(g.answers[parent], p)
	}
	g.alike[keyOf(m)] = appendPosting(g.alike[keyOf(m)], p)
}

// appendPosting appends p unless it is the last already.
func appendPosting(list []*posting, p *posting) []*posting {
	if len(list) > 0 && list[len(list)-1] == p {
		return list
	}
	return append(list, p)
}

// maxCandidates bounds how many postings are looked at for one mail, the latest first, so that the cost of a set grows
// with its size and no faster, whoever floods a thread.
const maxCandidates = 100

func latest(list []*posting) []*posting { return list[max(0, len(list)-maxCandidates):] }

// threaded reports whether m answers a mail of p, or one that a mail of p answers directly.
func (g *grouper) threaded(p *posting, m *Mail) bool {
	return slices.ContainsFunc(m.ancestors(), func(id string) bool {
		return g.of[id] == p || slices.Contains(latest(g.answers[id]), p)
	})
}

// find returns the posting that m completes. When there is none, taken is the posting that has a mail at m's place
// already, if m looks like a second sending of it.
func (g *grouper) find(m *Mail) (p, taken *posting) {
	if !m.Subject.Numbered {
		return nil, g.resentSingle(m)
	}
	var near []*posting // nearest first
	for i, id := range m.ancestors() {
		p := g.of[id]
		if p == nil {
			continue
		}
		if p.fits(m) || i == 0 && p.fitsAnswer(m) {
			return p, nil
		}
		near = append(near, p)
	}
	if parent := m.parent(); parent != "" {
		for _, p := range slices.Backward(latest(g.answers[parent])) {
			if p.fits(m) {
				return p, nil
			}
			near = append(near, p)
		}
	}
	for _, p := range near {
		if p.claims(m) {
			taken = p
			break
		}
	}
	if taken == nil {
		return g.unthreaded(m), nil
	}
	for _, p := range slices.Backward(latest(taken.again)) {
		if p.fits(m) {
			return p, taken
		}
	}
	return nil, taken
}

// resentSingle finds, for an unnumbered patch, the earlier one of its thread that it replaces.
func (g *grouper) resentSingle(m *Mail) *posting {
	for _, id := range m.ancestors() {
		if p := g.of[id]; p != nil && p.single() && p.key == keyOf(m) && replacesPart(m, p.parts[1]) {
			return p
		}
	}
	return nil
}

// unthreaded finds the posting for a mail that answers no mail of its own series: the one nearest in time.
func (g *grouper) unthreaded(m *Mail) *posting {
	candidates := slices.Clone(latest(g.alike[keyOf(m)]))
	if m.Message.Derived && m.parent() == "" {
		candidates = latest(g.files)
	}
	for _, id := range m.ancestors() {
		candidates = append(candidates, latest(g.answers[id])...)
	}
	var best *posting
	for _, p := range candidates {
		if p.fits(m) && (p.reaches(m) || g.threaded(p, m)) && (best == nil || p.distance(m) < best.distance(m)) {
			best = p
		}
	}
	return best
}
