package patch

import (
	"slices"
	"strings"
)

// contentKey is what two sendings of one mail have in common. The title of a patch is no part of it: the diff tells more.
type contentKey struct {
	seriesKey
	index          int
	title, patchID string
}

func contentOf(m *Mail) contentKey {
	key := contentKey{seriesKey: keyOf(m), index: m.Subject.Index, patchID: m.PatchID}
	if m.PatchID == "" {
		key.title = m.Subject.Title
	}
	return key
}

func patchKey(m *Mail) titleKey {
	key := keyOf(m)
	return titleKey{key.author, key.prefix, m.PatchID}
}

// mergeCopies takes out the postings that bring nothing new: the same series sent to two lists or twice by accident, a
// RESEND, one patch of a series once more. Every place that both have holds the same patch, under another id. What a copy
// has more completes the original, which stays one version with one reply. It returns the mails that are left over, as
// copies with the reason.
func (g *grouper) mergeCopies() (copies []*Mail) {
	var kept []*posting
	seen := map[*posting]bool{}
	for _, p := range g.postings {
		original := g.originalOf(p, seen)
		seen[p] = true
		if original == nil {
			kept = append(kept, p)
			continue
		}
		for _, m := range p.mails {
			if original.fits(m) {
				original.add(m)
			} else {
				copy := withReason(m, ReasonDuplicate)
				copy.SameAs = original.twinOf(m).Message.ID
				copies = append(copies, copy)
			}
			g.of[m.Message.ID] = original
		}
		p.merged = original
	}
	g.postings = kept
	return copies
}

// twinOf is the mail of a posting that holds what m does, wherever it stands; the first mail when m is a cover letter.
func (p *posting) twinOf(m *Mail) *Mail {
	for _, i := range p.indexes() {
		if m.PatchID != "" && p.parts[i].PatchID == m.PatchID {
			return p.parts[i]
		}
	}
	return p.first()
}

// originalOf finds the earlier posting that p is a copy of, or nil.
func (g *grouper) originalOf(p *posting, earlier map[*posting]bool) *posting {
	for _, m := range p.mails {
		twins := g.contents[contentOf(m)]
		for _, twin := range twins[:min(len(twins), maxCandidates)] {
			if q := g.of[twin.Message.ID]; q != p && earlier[q] && g.isCopy(p, q) {
				return q
			}
		}
	}
	if m := p.mails[0]; p.single() && m.Subject.Resend && m.PatchID != "" {
		twins := g.patches[patchKey(m)]
		for _, twin := range slices.Backward(twins[max(0, len(twins)-maxCandidates):]) {
			if q := g.of[twin.Message.ID]; q != p && earlier[q] && q.key.label == p.key.label {
				return q
			}
		}
	}
	return nil
}

// isCopy reports whether p sends nothing but what original holds. A RESEND may say why in a new cover letter, and come at
// any time. Without that mark the covers must be the same, the time must be short or the thread one, and a patch under
// another title in the same thread is another attempt: its message was reworded.
func (g *grouper) isCopy(p, original *posting) bool {
	resend := p.mails[0].Subject.Resend
	near := resend
	for _, m := range p.mails {
		twin := original.at(m.Subject.Index)
		if twin == nil {
			continue
		}
		threaded := g.threaded(original, m)
		switch {
		case resend && m.Kind == KindCover:
		case contentOf(m) != contentOf(twin):
			return false
		case m.PatchID == "" && strings.TrimSpace(m.Message.Text) != strings.TrimSpace(twin.Message.Text):
			return false
		case !resend && threaded && m.Subject.Title != twin.Subject.Title:
			return false
		}
		near = near || threaded || m.sent().Sub(twin.sent()).Abs() <= copyTime
	}
	return near
}
