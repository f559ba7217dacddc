package bot

import (
	"strings"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/store"
)

// A mail that came over no list has no list in its row, and neither has its series: that is what marks them as private. Only
// a mail whose sender our own border server vouches for comes that far, see patch.Options.Private.

// privately places a private mail with the first wiki that has its prefix.
func (b *Bot) privately(mail *patch.Mail) *Wiki {
	if !mail.Private || !mail.Taken() {
		return nil
	}
	for i := range b.Wikis {
		if w := &b.Wikis[i]; len(w.Lists) > 0 && w.takes(mail.Subject.Prefix) {
			return w
		}
	}
	return nil
}

// takes reports whether patches with that prefix are for the wiki.
func (w *Wiki) takes(prefix string) bool {
	for _, p := range w.Prefixes {
		if strings.EqualFold(p, prefix) {
			return true
		}
	}
	return w.AnyPrefix
}

// listOf is the list that a series came over: that of the first of its mails that came over one, empty when none did.
func (b *Bot) listOf(s *patch.Series) string {
	mails := []*patch.Mail{s.Cover}
	for _, p := range s.Parts {
		mails = append(mails, p.Mail)
	}
	for _, m := range mails {
		if m == nil {
			continue
		}
		if l, _ := b.place(m); l != nil {
			return l.Name
		}
	}
	return ""
}

// listFor is the list in whose way a series is answered; for a private one the first list of its wiki, whose language and
// names then count, and private is true.
func (b *Bot) listFor(claim *store.Series, w *Wiki) (l *List, private bool) {
	if claim.List == "" && w != nil && len(w.Lists) > 0 {
		return b.listNamed(w.Lists[0]), true
	}
	return b.listNamed(claim.List), false
}

// vouched makes the sender that was vouched for the only one to answer: Reply-To and all other ways to name somebody else are
// for lists.
func vouched(mail *patch.Mail, m *email.Message) {
	if mail.Private && len(m.From) == 1 {
		mail.Author = m.From[0]
	}
}
