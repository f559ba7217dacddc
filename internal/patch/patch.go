// Package patch says what a mail is worth as a contribution: whether it is a patch, a cover letter or something else
// ([Classify]), which mails make one [Series] ([Assemble]), what commit `git am` takes from the raw bytes ([ReadCommit]),
// and what a diff does to one file.
//
// Its law: assembly is a pure function of the set of mails. Any order of arrival, any duplicate and any late part give the
// same series in the end. A mail that is not taken always carries its [Reason].
//
// It refuses to know repositories, trees and clocks.
package patch

import (
	"strconv"
	"time"

	"patchbot/internal/email"
)

// Subject is what the square brackets of a patch mail's subject say.
type Subject struct {
	Reply   bool   // a reply or forward mark stands before the brackets: Re:, RE :, TR:, Fwd:, …
	Patch   bool   // a bracket holds the word PATCH
	Prefix  string // the words of the bracket that are no mark of git's: "logiciels-libres"; empty when none
	Version int    // reroll count, 1 when unstated
	Index   int    // k of k/n; 0 for a cover letter; 1 when Numbered is false
	Total   int    // n of k/n; 1 when Numbered is false
	// Numbered is false for a single patch without k/n.
	Numbered bool
	RFC      bool
	Resend   bool
	Title    string // what follows the brackets, trimmed
}

// Kind is what a mail is in the life of a series.
type Kind string

const (
	KindPatch   Kind = "patch"
	KindCover   Kind = "cover"
	KindReply   Kind = "reply"   // part of a discussion; may carry a command
	KindIgnored Kind = "ignored" // nothing for the bot
)

// Reason says why a mail is not taken as a patch or cover letter. The values are part of the command line's JSON.
type Reason string

const (
	ReasonReply           Reason = "reply"
	ReasonNoSeries        Reason = "cover-without-series"
	ReasonOtherPrefix     Reason = "other-prefix"
	ReasonNotAPatch       Reason = "not-a-patch"
	ReasonOwnMail         Reason = "own-mail"
	ReasonAutoSubmitted   Reason = "auto-submitted"
	ReasonDuplicate       Reason = "duplicate"
	ReasonUnreadable      Reason = "unreadable"
	ReasonTooLarge        Reason = "too-large"
	ReasonDeliveryReport  Reason = "delivery-report"
	ReasonReadReceipt     Reason = "read-receipt"
	ReasonBulk            Reason = "bulk"
	ReasonForgedList      Reason = "forged-list"
	ReasonOtherList       Reason = "other-list"
	ReasonNullSender      Reason = "null-sender"
	ReasonPrivateMail     Reason = "private-mail"
	ReasonPatchInReply    Reason = "patch-in-reply"   // a diff under a reply mark
	ReasonUnmarkedPatch   Reason = "unmarked-patch"   // a diff whose subject has no PATCH bracket
	ReasonBrokenByMailer  Reason = "broken-by-mailer" // a patch subject, but the mailer destroyed the diff, see Damage
	ReasonForwarded       Reason = "forwarded-patch"  // a patch mail attached to another mail
	ReasonUntrustedSender Reason = "untrusted-sender" // private mail without an aligned Authentication-Results
)

// Damage names what a mailer did to a patch. The zero value means that nothing is known.
type Damage string

const (
	DamageHTML       Damage = "html"       // the mail is HTML without plain text
	DamageFlowed     Damage = "flowed"     // format=flowed, beyond repair
	DamageWrapped    Damage = "wrapped"    // long lines were broken, or leading blanks lost
	DamageBlanks     Damage = "blanks"     // blanks became no-break spaces
	DamageQuoted     Damage = "quoted"     // every line stands behind "> "
	DamageSigned     Damage = "signed"     // dash-escaped by an inline OpenPGP signature
	DamageEncoding   Damage = "encoding"   // charset or transfer encoding cannot be decoded
	DamageAttachment Damage = "attachment" // the patch stands in an attachment that cannot be read as text
	DamageLost       Damage = "lost"       // nothing in the mail looks like a diff
)

// Trailer is one "Key: value" line of a commit message's last paragraph.
type Trailer struct {
	Key   string
	Value string
}

// Mail is one classified mail.
type Mail struct {
	Message *email.Message
	Raw     []byte    // the bytes as they arrived, of a mail that a list wrapped those inside; Assemble never changes them
	Arrived time.Time // when the list or mailbox took it; zero in an archive without that knowledge

	Kind Kind
	// Reason says why the mail is not taken. It is empty for a cover letter and for a patch that can be used. A mail meant
	// as a patch that can not be used is of KindPatch with ReasonBrokenByMailer or ReasonTooLarge: it keeps its place in
	// its series, whose Defect it becomes.
	Reason  Reason
	Detail  string // for the operator, in English: what was found; may be empty
	SameAs  string // with ReasonDuplicate: the Message-ID of the mail that brought the same before; empty when it is its own
	Damage  Damage // what a mailer did, with ReasonBrokenByMailer
	Subject Subject
	Author  email.Address // the person to answer, mangled From fields undone
	Private bool          // reached the bot without any list

	Diff       string    // the diff as a reader sees it, repaired where the mailer did it no harm that counts; may be empty
	Files      []File    // what the diff touches, for people; empty for a cover
	Trailers   []Trailer // of the commit message or cover letter
	BaseCommit string    // 40 hex of a base-commit: line, else empty
	Requires   []string  // prerequisite-patch-id: values, in order
	DependsOn  []string  // message ids or URLs of Depends-on: and Based-on: trailers
	Supersedes []string  // message ids of Supersedes: trailers
	ChangeID   string    // change-id: of b4 covers, else empty
	PatchID    string    // of the diff, see PatchID; empty without a diff

	commit *Commit // what ReadCommit made of Raw
	bad    *BadMail
}

// Taken reports whether the mail goes into a series: a patch, good or not, or a cover letter.
func (m *Mail) Taken() bool { return m.Kind == KindPatch || m.Kind == KindCover }

// FileStatus is the letter of git diff --name-status.
type FileStatus string

const (
	StatusAdded    FileStatus = "A"
	StatusModified FileStatus = "M"
	StatusDeleted  FileStatus = "D"
	StatusRenamed  FileStatus = "R"
	StatusCopied   FileStatus = "C"
)

// File is one file of a diff, for people and for finding the base: the verdict on applying does not come from it.
type File struct {
	Path    string // new path; the old one for a deletion; bytes as git has them, unquoted
	OldPath string // empty unless renamed or copied
	Status  FileStatus
	OldMode uint32 // 0 when unstated
	NewMode uint32
	OldBlob string // abbreviated ids of the index line, empty when there is none
	NewBlob string
	Binary  bool
	Hunks   []Hunk
}

// Hunk is one fragment of a text diff. Lines keep their first byte: ' ', '-' or '+'; the final newline is cut.
type Hunk struct {
	OldLine, OldCount int
	NewLine, NewCount int
	Lines             []string
}

// Part is one patch of a series.
type Part struct {
	Index  int // 1-based
	Mail   *Mail
	Commit *Commit // what git am takes from it; nil only when Err says why not
	Err    *BadMail
}

// Series is one posted version of a set of patches.
type Series struct {
	// ID names the series over all its versions and never changes once its first mail is known: a short hash of the
	// first version's first mail. VersionID is ID + "-v" + Version.
	ID      string
	Prefix  string
	Version int // as labelled; a resend without a new label gets the next number that is free
	Label   int // what the subjects say, 1 when they say nothing
	Total   int
	Subject string // title of the cover letter, else of part 1, else of the first part that came
	Author  email.Address

	Cover   *Mail // nil when there is none, or not yet
	Parts   []*Part
	Missing []int  // indexes of 1..Total that have not arrived
	Carried []int  // indexes whose part was not sent again and comes from the version before: a partial re-roll
	Defect  Reason // why the version can never be reviewed, empty when it can

	BaseCommit string   // of the cover letter or the first part that names one, else empty
	Requires   []string // patch ids of the patches that the series stands on
	DependsOn  []string // message ids or URLs of the series that it stands on, see Ref

	Supersedes   string // VersionID of the version that this one replaces, empty when first
	SupersededBy string // VersionID of the version that replaces this one, empty when current

	Root    string    // Message-ID that a reply answers: the cover letter's, else part 1's, else the first part's
	Arrived time.Time // of the mail that came last
	Digest  string    // changes exactly when the set of parts or the cover changes

	first *Mail // that came, for sorting
}

// Answers is the Message-ID that the first part answers when no mail of the series has it and there is no cover letter:
// perhaps that of a cover letter on its way. It is empty when the series has one or is one patch alone.
func (s *Series) Answers() string {
	if s.Cover != nil || s.Total < 2 || len(s.Parts) == 0 {
		return ""
	}
	parent := s.Parts[0].Mail.parent()
	for _, p := range s.Parts {
		if p.Mail.Message.ID == parent {
			return ""
		}
	}
	return parent
}

// VersionID names one version of a series: the series' ID, "-v", and the version.
func (s *Series) VersionID() string { return s.ID + "-v" + strconv.Itoa(s.Version) }
