package patch

import (
	"fmt"
	"strings"

	"patchbot/internal/email"
)

// A mail may hold another one whole. Two things look alike then: a list that wraps what it passes on, because it may not
// change it or send it in the author's name, and a person who forwards what somebody else has sent. The first is the mail
// that it holds; the second is never a patch, whoever wrote the one inside.

// unwrap returns the mail inside when the outer one is nothing but its envelope: the same subject, no diff and no mark of a
// forward outside, and the same person or the list outside. It returns nil otherwise.
func (m *Mail) unwrap(c content) *email.Enclosed {
	outer := m.Message
	if !m.Subject.Patch || m.Subject.Reply || c.diff != "" || len(outer.Enclosed) != 1 {
		return nil
	}
	inner := &outer.Enclosed[0]
	was, is := ParseSubject(inner.Subject), m.Subject
	if !was.Patch || was.Reply || was.Title != is.Title || was.Version != is.Version || was.Index != is.Index || was.Total != is.Total {
		return nil
	}
	wrote := func(a email.Address) bool {
		return len(inner.From) > 0 && a.Addr != "" && strings.EqualFold(a.Addr, inner.From[0].Addr)
	}
	if inner.ID != outer.ID && m.Author.Addr != "" && !wrote(m.Author) {
		return nil
	}
	return inner
}

// wrapped takes the mail inside for the mail. What git makes of it is what it makes of the mail inside, which a maintainer has
// to save first. The envelope keeps its Message-ID, which others answer, and its place in a thread when it has one.
func (m *Mail) wrapped(inner *email.Enclosed, o Options) {
	envelope := *m.Message
	if len(envelope.InReplyTo)+len(envelope.References) == 0 {
		envelope.InReplyTo, envelope.References = inner.InReplyTo, inner.References
	}
	if envelope.Date.IsZero() {
		envelope.Date = inner.Date
	}
	envelope.Bodies, envelope.Others, envelope.Text = inner.Bodies, inner.Others, inner.Text
	envelope.Defect, envelope.Detail = inner.Defect, inner.Detail
	m.Message, m.Raw, m.Author = &envelope, inner.Raw, o.authorOf(inner.Message)
	m.Detail = "wrapped: the patch mail is an attachment (message/rfc822) of this one"
}

// forwarded says which patch a mail passes on as an attachment, or "".
func forwarded(m *email.Message) string {
	for _, inner := range m.Enclosed {
		if readContent(inner.Message).outline.whole() {
			return fmt.Sprintf("the mail <%s> is attached to it", inner.ID)
		}
	}
	return ""
}
