package patch

import (
	"strings"
	"time"

	"patchbot/internal/email"
)

// Classify says what a mail is for the bot. raw are the bytes that m was parsed from, arrived is when the list or mailbox
// took it, zero when nobody knows. It always gives a Mail; one that is not taken has a Reason.
func Classify(raw []byte, m *email.Message, arrived time.Time, o Options) *Mail {
	mail := classify(raw, m, arrived, o)
	if mail.Kind == KindPatch {
		mail.commit, mail.bad = ReadCommit(mail.Raw)
	}
	return mail
}

func classify(raw []byte, m *email.Message, arrived time.Time, o Options) *Mail {
	mail := &Mail{
		Message: m, Raw: raw, Arrived: arrived,
		Subject: ParseSubject(m.Subject), Author: o.authorOf(m), Private: o.isPrivate(m),
	}
	prefix, ours := o.prefix(mail.Subject.Prefix)
	mail.Subject.Prefix = prefix
	mail.Kind = KindIgnored
	if mail.Reason, mail.Detail = o.guard(m); mail.Reason != "" && mail.Reason != ReasonPrivateMail {
		return mail
	}
	c := readContent(m)
	if inner := mail.unwrap(c); inner != nil {
		mail.wrapped(inner, o)
		c = readContent(mail.Message)
	}
	mail.fill(c)
	if mail.Reason == "" {
		mail.Kind, mail.Reason = mail.judge(c, ours)
	}
	return mail
}

// prefix finds the configured prefix that the words of a subject's bracket are or contain, in its configured spelling.
// Without configuration every prefix is taken as written.
func (o Options) prefix(words string) (string, bool) {
	if len(o.Prefixes) == 0 {
		return words, true
	}
	for _, p := range o.Prefixes {
		if strings.EqualFold(p, words) {
			return p, true
		}
	}
	for word := range strings.FieldsSeq(words) {
		for _, p := range o.Prefixes {
			if strings.EqualFold(p, word) {
				return p, true
			}
		}
	}
	return words, false
}

// fill takes over what the bodies hold.
func (m *Mail) fill(c content) {
	m.Diff = c.diff
	m.Files, _ = parseFiles(c.diff, c.outline) // what cannot be parsed is named all the same
	m.PatchID = patchID(c.diff, c.outline)
	m.Trailers = parseTrailers(c.message)
	m.relations(c.prose)
}

// judge decides by subject and content. ours is whether the prefix is a configured one.
func (m *Mail) judge(c content, ours bool) (Kind, Reason) {
	s, defect := m.Subject, m.Message.Defect
	meant := s.Patch && !s.Reply && ours
	answers := len(m.Message.InReplyTo)+len(m.Message.References) > 0
	passedOn := ""
	if c.diff == "" && (!s.Patch || s.Reply || s.Index > 0) {
		passedOn = forwarded(m.Message)
	}
	switch {
	case defect == email.DefectTooLarge && meant && s.Index > 0:
		m.Detail = m.Message.Detail
		return KindPatch, ReasonTooLarge
	case defect == email.DefectTooLarge:
		m.Detail = m.Message.Detail
		return KindIgnored, ReasonTooLarge
	case defect == email.DefectUnreadable && !meant:
		m.Detail = m.Message.Detail
		return KindIgnored, ReasonUnreadable
	case s.Reply && c.outline.whole():
		return KindReply, ReasonPatchInReply
	case passedOn != "":
		m.Detail = passedOn
		if s.Reply || answers && !s.Patch {
			return KindReply, ReasonForwarded
		}
		return KindIgnored, ReasonForwarded
	case s.Reply:
		return KindReply, ReasonReply
	case !s.Patch && c.outline.whole():
		return KindIgnored, ReasonUnmarkedPatch
	case !s.Patch && answers:
		return KindReply, ReasonReply
	case !s.Patch:
		return KindIgnored, ReasonNotAPatch
	case !ours:
		return KindIgnored, ReasonOtherPrefix
	case s.Index == 0:
		return KindCover, ""
	}
	return m.judgePatch(c)
}

// judgePatch decides on a mail whose subject says that it is a patch.
func (m *Mail) judgePatch(c content) (Kind, Reason) {
	if c.diff != "" && c.damage == "" {
		return KindPatch, ""
	}
	answers := len(m.Message.InReplyTo)+len(m.Message.References) > 0
	if answers && !m.Subject.Numbered && (c.damage == DamageLost || c.damage == DamageQuoted) {
		return KindReply, ReasonReply // a mailer that adds no mark to the subject of a reply
	}
	m.Damage, m.Detail = c.damage, c.detail
	return KindPatch, ReasonBrokenByMailer
}
