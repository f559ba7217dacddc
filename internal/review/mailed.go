package review

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// Mailed says that a series suffered from the way it was made or mailed: what a person reads in it applies, and git, which
// reads the mail in its own way, cannot apply it or makes something else of it.
type Mailed struct {
	Kind    MailedKind `json:"kind"`
	Part    int        `json:"part"`
	Charset string     `json:"charset,omitempty"` // as declared
	Path    string     `json:"path,omitempty"`    // of the first file concerned, of MailedCR
	Line    int        `json:"line,omitempty"`    // of the diff, of MailedCut
	Altered bool       `json:"altered,omitempty"` // git applies it, with another content; else it does not
	Unfit   bool       `json:"unfit,omitempty"`   // it would not apply either if git read it as a person does
}

// MailedKind names what git stumbles on.
type MailedKind string

const (
	MailedCharset    MailedKind = "charset"    // git converts the message to UTF-8, and never the diff
	MailedUndeclared MailedKind = "undeclared" // neither UTF-8 nor declared to be anything else
	MailedUnknown    MailedKind = "unknown"    // git cannot decode the charset, and refuses the mail
	MailedCRLF       MailedKind = "crlf"       // CR LF inside base64 or quoted-printable is content to git
	MailedCR         MailedKind = "cr"         // a file's own CR LF, which git makes LF outside of base64 and quoted-printable
	MailedFlowed     MailedKind = "flowed"     // git joins the lines of format=flowed
	MailedParts      MailedKind = "parts"      // git puts all parts of a mail end to end, HTML too
	MailedWrapped    MailedKind = "wrapped"    // the last line of a hunk was broken: git takes no notice of its rest
	MailedNoPrefix   MailedKind = "no-prefix"  // git removes the first component of every path, which is no prefix here
	MailedCut        MailedKind = "cut"        // git stops reading at broken binary data
	MailedOther      MailedKind = "other"
)

// suspicion is a way in which git may read a part otherwise than its author meant it: what git stumbles on, nil for
// nothing, and the diff as it was meant.
type suspicion func(p *patch.Part) (*Mailed, string)

// mailed compares git's reading of the mails with that of a person, p being what came of the former in scratch.
func (r *Report) mailed(ctx context.Context, req Request, lower []*patch.Series, scratch *repo.Scratch, p *pile) error {
	suspicions := []suspicion{sentOddly, cutLine}
	if p.Status != repo.StatusApplied && p.Status != repo.StatusAlreadyApplied {
		tree, err := req.Repo.Tree(r.Base.Commit)
		if err != nil {
			return err
		}
		suspicions = append(suspicions, lostCR(tree))
	}
	for _, suspect := range suspicions {
		if err := r.suspect(ctx, req, lower, scratch, p, suspect); err != nil {
			return err
		}
		if r.Mailed != nil {
			return nil
		}
	}
	r.Mailed = cutShort(req.Series, p)
	return nil
}

// cutShort is about the first part of which git has applied only what stands before broken binary data.
func cutShort(s *patch.Series, p *pile) *Mailed {
	if p.Status != repo.StatusApplied && p.Status != repo.StatusAlreadyApplied {
		return nil
	}
	for _, part := range s.Parts {
		if part.Commit == nil {
			continue
		}
		if cut := patch.CutShort(part.Commit.Diff, patch.DefaultLimits()); cut != nil {
			return &Mailed{Kind: MailedCut, Part: part.Index, Line: cut.Line, Altered: true}
		}
	}
	return nil
}

// suspect applies the series as it was meant, if one of its parts is suspicious. A part of which git makes the very files
// that its author had is none; where the paths are in doubt, equal files prove nothing.
func (r *Report) suspect(ctx context.Context, req Request, lower []*patch.Series, made *repo.Scratch, p *pile, suspect suspicion) error {
	var found *Mailed
	readable := *req.Series
	readable.Parts = nil
	for _, part := range req.Series.Parts {
		m, diff := suspect(part)
		if m != nil && m.Kind != MailedNoPrefix && asRecorded(made, p, part) {
			m, diff = nil, string(part.Commit.Diff)
		}
		if m != nil && (found == nil || p.Failed != nil && part.Index == p.Failed.Index) {
			found = m
		}
		readable.Parts = append(readable.Parts, asRead(part, diff))
	}
	if found == nil {
		return nil
	}
	scratch := req.Repo.ScratchWith(req.Scratch)
	q, err := pileUp(ctx, scratch, r.Base.Commit, lower, &readable)
	if err != nil {
		return fmt.Errorf("apply as a person reads it: %w", err)
	}
	applied := p.Status == repo.StatusApplied || p.Status == repo.StatusAlreadyApplied
	switch {
	case q.failed == nil && q.Status == repo.StatusApplied:
		if applied && p.Tree == q.Tree || found.Kind == MailedWrapped && !asRecorded(scratch, q, partAt(readable.Parts, found.Part)) {
			return nil
		}
		found.Altered = applied
	case found.Kind == MailedNoPrefix && p.Status == repo.StatusCorrupt: // git reads no further than to the bare path
		found.Unfit = true
	default:
		return nil
	}
	r.Mailed = found
	return nil
}

func partAt(parts []*patch.Part, index int) *patch.Part {
	return parts[slices.IndexFunc(parts, func(p *patch.Part) bool { return p.Index == index })]
}

// asRead is a part with another diff.
func asRead(p *patch.Part, diff string) *patch.Part {
	read := &patch.Part{Index: p.Index, Mail: p.Mail}
	c := patch.Commit{AuthorName: p.Mail.Author.Name, AuthorEmail: p.Mail.Author.Addr, Subject: p.Mail.Subject.Title, Message: p.Mail.Subject.Title + "\n"}
	if p.Commit != nil {
		c, read.Err = *p.Commit, p.Err
	}
	c.Diff = []byte(diff)
	read.Commit = &c
	return read
}

// sentOddly says why git may read the diff of a part differently, and returns the diff that a person reads.
func sentOddly(p *patch.Part) (*Mailed, string) {
	m, diff := p.Mail.Message, p.Mail.Diff
	found := &Mailed{Part: p.Index, Charset: charsetOf(m.Bodies)}
	meant, bare := patch.WithPrefixes(diff)
	switch {
	case diff == "":
		return nil, diff
	case p.Commit == nil && p.Err != nil && p.Err.Reason == "charset":
		found.Kind, found.Charset = MailedUnknown, p.Err.Charset
	case p.Commit == nil:
		return nil, diff
	case bare:
		found.Kind = MailedNoPrefix
	case bytes.Contains(p.Commit.Diff, []byte(strings.TrimRight(diff, "\n"))):
		if len(m.Bodies) < 2 {
			return nil, diff
		}
		found.Kind = MailedParts
	case bytes.Contains(p.Commit.Diff, []byte("\r\n")) && !strings.Contains(diff, "\r\n"):
		found.Kind = MailedCRLF
	case strings.Contains(diff, "\r\n") && bytes.Contains(p.Commit.Diff, []byte(strings.ReplaceAll(strings.TrimRight(diff, "\r\n"), "\r\n", "\n"))):
		found.Kind, found.Path = MailedCR, firstWithCR(p.Mail.Files)
	case found.Charset != "" && found.Charset != "utf-8" && found.Charset != "us-ascii":
		found.Kind = MailedCharset
	case flowed(m.Bodies):
		found.Kind = MailedFlowed
	case len(m.Bodies) > 1:
		found.Kind = MailedParts
	case !utf8.Valid(p.Commit.Diff):
		found.Kind = MailedUndeclared
	default:
		found.Kind = MailedOther
	}
	return found, meant
}

// firstWithCR is the first file that has a line which ends in CR LF.
func firstWithCR(files []patch.File) string {
	for _, f := range files {
		for _, h := range f.Hunks {
			if slices.ContainsFunc(h.Lines, func(l string) bool { return strings.HasSuffix(l, "\r") }) {
				return f.Path
			}
		}
	}
	return ""
}

// lostCR suspects the hunks of files that end their lines in CR LF in tree, and lost that on the way.
func lostCR(tree *repo.Tree) suspicion {
	crlf := func(f patch.File) bool {
		path := f.Path
		if f.OldPath != "" {
			path = f.OldPath
		}
		blob, err := tree.Read(path)
		return err == nil && patch.EndsInCR(blob)
	}
	return func(p *patch.Part) (*Mailed, string) {
		diff, first := patch.WithCR(p.Mail.Diff, crlf)
		if first == "" {
			return nil, diff
		}
		return &Mailed{Kind: MailedCR, Part: p.Index, Path: first}, diff
	}
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
	return slices.ContainsFunc(bodies, func(b email.Body) bool { return b.Flowed })
}

// mailed puts it into words.
func (b *builder) mailed() *mailed {
	m := b.r.Mailed
	if m == nil {
		return nil
	}
	return &mailed{
		Kind: string(m.Kind), Where: b.number(m.Part), Charset: cut(clean(m.Charset), 30), Path: keepTogether(clean(m.Path)), Line: m.Line, Altered: m.Altered, Unfit: m.Unfit,
	}
}
