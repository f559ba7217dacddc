package review

import (
	"bytes"
	"slices"
	"strings"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// Describe keeps of a series what a report needs.
func Describe(s *patch.Series) Series {
	d := Series{
		ID: s.ID, Prefix: s.Prefix, Version: s.Version, Total: s.Total, Subject: s.Subject, Author: s.Author,
		Missing: slices.Clone(s.Missing), Carried: slices.Clone(s.Carried), Arrived: s.Arrived, Defect: s.Defect, Root: s.Root,
	}
	if s.Label != s.Version {
		d.Label = s.Label
	}
	if s.Cover != nil {
		d.Cover = s.Cover.Message.ID
	}
	for _, p := range s.Parts {
		d.Parts = append(d.Parts, describePart(p))
		if s.Defect != "" && d.Damage == nil {
			d.Damage = damage(p)
		}
	}
	if root := rootMail(s); root != nil {
		d.RootSubject = root.Message.Subject
		d.References = email.ReplyReferences(root.Message)
	}
	return d
}

// rootMail is the mail that a reply answers.
func rootMail(s *patch.Series) *patch.Mail {
	if s.Cover != nil && s.Cover.Message.ID == s.Root {
		return s.Cover
	}
	for _, p := range s.Parts {
		if p.Mail.Message.ID == s.Root {
			return p.Mail
		}
	}
	return nil
}

func describePart(p *patch.Part) Part {
	m := p.Mail
	d := Part{
		Index: p.Index, MessageID: m.Message.ID, Subject: m.Subject.Title, Author: m.Author, Date: m.Message.Date,
		PatchID: m.PatchID, Status: repo.StatusNotTried,
	}
	if c := p.Commit; c != nil {
		d.Subject, d.Message, d.Date = c.Subject, c.Message, c.When
		d.Author = email.Address{Name: c.AuthorName, Addr: c.AuthorEmail}
	}
	if p.Err != nil {
		d.Bad = &Bad{Class: p.Err.Class, Reason: p.Err.Reason, Detail: p.Err.Detail}
	}
	for _, f := range m.Files {
		d.Files = append(d.Files, File{Path: f.Path, OldPath: f.OldPath, Status: f.Status})
		d.Diffs = append(d.Diffs, diffDigest(&f))
	}
	return d
}

// damage says what a mailer did to a part; nil when it can be used. The line is the first at which git apply gives up, or the
// header of a hunk that is too short.
func damage(p *patch.Part) *Damage {
	m := p.Mail
	if m.Reason != patch.ReasonBrokenByMailer {
		return nil
	}
	d := &Damage{Kind: m.Damage, Part: p.Index}
	if p.Commit == nil || m.Damage != patch.DamageWrapped {
		return d
	}
	if _, bad := patch.ReadDiff(p.Commit.Diff, patch.DefaultLimits()); bad != nil && !bad.TooLarge {
		d.Line, d.Text = lineOfDiff(p.Commit.Diff, bad.Line)
		d.Short = d.Line > 0 && d.Line != bad.Line
	}
	return d
}

// lineOfDiff is what to show of a diff that makes no sense at a line. Below the signature that line would mislead: the diff
// ends too early, which is found out only there, and the hunk that is too short is shown by its header.
func lineOfDiff(diff []byte, number int) (int, string) {
	n, hunk, header := 0, 0, ""
	for text := range bytes.Lines(diff) {
		n++
		line := strings.TrimRight(string(text), "\r\n")
		switch {
		case n == number:
			return n, line
		case isHunkHeader(line):
			hunk, header = n, line
		case line == "-- ":
			return hunk, header
		}
	}
	return 0, ""
}

func isHunkHeader(line string) bool { return strings.HasPrefix(line, "@@ -") }

// Rejected is the report on a mail that was meant as a patch but can never be one: it makes no series, yet its author
// should know why nothing happens.
func Rejected(m *patch.Mail) *Report {
	part := &patch.Part{Index: max(1, m.Subject.Index), Mail: m}
	r := &Report{
		Series: Series{
			ID: m.Message.ID, Prefix: m.Subject.Prefix, Version: max(1, m.Subject.Version), Total: max(1, m.Subject.Total), Subject: m.Subject.Title,
			Author: m.Author, Parts: []Part{describePart(part)}, Arrived: m.Arrived, Defect: m.Reason, Damage: damage(part),
			Root: m.Message.ID, RootSubject: m.Message.Subject, References: email.ReplyReferences(m.Message),
		},
		Apply: Apply{Status: repo.StatusNotTried},
	}
	r.Verdict = Judge(r)
	return r
}

// Unable is the report on a series that could not be reviewed for reasons that are not the author's. The cause is for the
// operator; the author does not see it.
func Unable(s *patch.Series, cause error) *Report {
	r := &Report{Series: Describe(s), Apply: Apply{Status: repo.StatusNotTried}, Trouble: &Trouble{Detail: cause.Error()}}
	r.Verdict = Judge(r)
	return r
}
