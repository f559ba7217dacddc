package review

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// Mailed says that a series suffered from the way it was mailed: what a person reads in it applies, and git, which reads the
// mail in its own way, cannot apply it or makes something else of it.
type Mailed struct {
	Kind    MailedKind `json:"kind"`
	Part    int        `json:"part"`
	Charset string     `json:"charset,omitempty"` // as declared
	Altered bool       `json:"altered,omitempty"` // git applies it, with another content; else it does not
}

// MailedKind names what git stumbles on.
type MailedKind string

const (
	MailedCharset MailedKind = "charset" // git converts the message to UTF-8, and never the diff
	MailedUnknown MailedKind = "unknown" // git does not know the charset, and refuses the mail
	MailedCRLF    MailedKind = "crlf"    // CR LF inside base64 or quoted-printable is content to git
	MailedFlowed  MailedKind = "flowed"  // git joins the lines of format=flowed
	MailedParts   MailedKind = "parts"   // git puts all parts of a mail end to end, HTML too
	MailedOther   MailedKind = "other"
)

// mailed compares git's reading of the mails with that of a person, p being what came of the former.
func (r *Report) mailed(ctx context.Context, req Request, lower []*patch.Series, p *pile) error {
	first := -1
	readable := *req.Series
	readable.Parts = nil
	for i, part := range req.Series.Parts {
		if first < 0 && sentOddly(part) != nil {
			first = i
		}
		readable.Parts = append(readable.Parts, asRead(part))
	}
	if first < 0 {
		return nil
	}
	q, err := pileUp(ctx, req.Repo.ScratchWith(req.Scratch), r.Base.Commit, lower, &readable)
	if err != nil {
		return fmt.Errorf("apply as a person reads it: %w", err)
	}
	applied := p.Status == repo.StatusApplied || p.Status == repo.StatusAlreadyApplied
	if q.failed != nil || q.Status != repo.StatusApplied || applied && p.Tree == q.Tree {
		return nil
	}
	if f := p.Failed; f != nil {
		for i, part := range req.Series.Parts {
			if part.Index == f.Index && sentOddly(part) != nil {
				first = i
			}
		}
	}
	r.Mailed = sentOddly(req.Series.Parts[first])
	r.Mailed.Altered = applied
	return nil
}

// asRead is a part whose diff is what a person reads.
func asRead(p *patch.Part) *patch.Part {
	read := &patch.Part{Index: p.Index, Mail: p.Mail}
	c := patch.Commit{AuthorName: p.Mail.Author.Name, AuthorEmail: p.Mail.Author.Addr, Subject: p.Mail.Subject.Title, Message: p.Mail.Subject.Title + "\n"}
	if p.Commit != nil {
		c, read.Err = *p.Commit, p.Err
	}
	c.Diff = []byte(p.Mail.Diff)
	read.Commit = &c
	return read
}

// sentOddly says why git may read the diff of a part differently; nil when it does not.
func sentOddly(p *patch.Part) *Mailed {
	m, diff := p.Mail.Message, p.Mail.Diff
	found := &Mailed{Part: p.Index, Charset: charsetOf(m.Bodies)}
	switch {
	case diff == "":
		return nil
	case p.Commit == nil && p.Err != nil && p.Err.Reason == "charset":
		found.Kind = MailedUnknown
	case p.Commit == nil:
		return nil
	case bytes.Contains(p.Commit.Diff, []byte(strings.TrimRight(diff, "\n"))):
		if len(m.Bodies) < 2 {
			return nil
		}
		found.Kind = MailedParts
	case bytes.Contains(p.Commit.Diff, []byte("\r\n")) && !strings.Contains(diff, "\r\n"):
		found.Kind = MailedCRLF
	case found.Charset != "" && found.Charset != "utf-8" && found.Charset != "us-ascii":
		found.Kind = MailedCharset
	case flowed(m.Bodies):
		found.Kind = MailedFlowed
	case len(m.Bodies) > 1:
		found.Kind = MailedParts
	default:
		found.Kind = MailedOther
	}
	return found
}

// charsetOf is the charset of the first body that is not in UTF-8, else that of the first one.
func charsetOf(bodies []email.Body) string {
	charset := ""
	for i, b := range bodies {
		if i == 0 || charset == "" || charset == "utf-8" || charset == "us-ascii" {
			charset = b.Charset
		}
	}
	return charset
}

func flowed(bodies []email.Body) bool {
	for _, b := range bodies {
		if b.Flowed {
			return true
		}
	}
	return false
}

// mailed puts it into words.
func (b *builder) mailed() *mailed {
	m := b.r.Mailed
	if m == nil {
		return nil
	}
	return &mailed{Kind: string(m.Kind), Where: b.number(m.Part), Charset: cut(clean(m.Charset), 30), Altered: m.Altered}
}
