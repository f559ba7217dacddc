package review

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchbot/internal/email"
)

// ComposeOptions says how a report becomes a mail.
type ComposeOptions struct {
	RenderOptions
	From    email.Address // the bot
	Domain  string        // of the Message-ID
	Date    time.Time
	To      Audience
	Private bool // answer the author alone: the mail never went to the list
}

// Audience is who gets the replies about the series of a list.
type Audience string

// The audiences. The zero value is ToBoth.
const (
	ToBoth   Audience = "author+list"
	ToAuthor Audience = "author"
	ToList   Audience = "list"
)

// ErrNobody is the error of Compose when nobody is to be answered.
var ErrNobody = errors.New("neither an author nor a list to answer")

// Compose makes the mail that answers a series: to its author, with a copy to the list, below the cover letter or the first
// patch. The same report and options give the same mail, and the Message-ID depends on nothing but the list, the version
// of the series and the verdict, so that a reply sent twice is one reply in every archive.
//
// A series whose author has no address of its own is answered on the list alone, unless only authors are to be answered. With
// neither there is no one to answer: ErrNobody.
func (t *Translator) Compose(r *Report, o ComposeOptions) (*email.Reply, error) {
	text, err := t.Render(r, o.RenderOptions)
	if err != nil {
		return nil, err
	}
	audience := o.To
	if o.Private {
		audience = ToAuthor
	}
	to, cc := audience.Recipients(r.Series.Author, o.ListAddress, o.From.Addr)
	if len(to) == 0 {
		return nil, fmt.Errorf("compose reply to %s: %w", r.Series.VersionID(), ErrNobody)
	}
	return &email.Reply{
		From: o.From, To: to, Cc: cc, Subject: text.Subject,
		MessageID: email.ReplyID(o.Domain, o.ListAddress, r.Series.ID, fmt.Sprint(r.Series.Version), r.Kind()),
		InReplyTo: r.Series.Root, References: slices.Clone(r.Series.References),
		Date: o.Date, Header: Headers(r, o.List), Body: text.Body,
	}, nil
}

// Recipients are the addresses in To and Cc of a mail about a series: its author's, unless that is the list's or the bot's
// own, and the list's. Both are empty when the audience has no address.
func (a Audience) Recipients(author email.Address, list, own string) (to, cc []email.Address) {
	if author.Addr != "" && a != ToList && !strings.EqualFold(author.Addr, list) && !strings.EqualFold(author.Addr, own) {
		to = append(to, author)
	}
	if list == "" || a == ToAuthor {
		return to, nil
	}
	everyone := []email.Address{{Addr: list}}
	if len(to) == 0 {
		return everyone, nil
	}
	return to, everyone
}

// Headers are the fields of a reply that say what it is.
func Headers(r *Report, list ListKind) email.Header {
	return append(AutoHeaders(list),
		email.Field{Name: "X-Patchbot-Verdict", Value: string(r.Verdict)},
		email.Field{Name: "X-Patchbot-Series", Value: r.Series.ID},
	)
}

// AutoHeaders are the fields that keep machines from answering. Auto-Submitted is auto-replied (RFC 3834, section 5), but on a
// list of SourceHut, which drops such a mail without a word, it is auto-notified (RFC 5436, section 2.7.1).
func AutoHeaders(list ListKind) email.Header {
	auto := "auto-replied"
	if list == ListSourceHut {
		auto = "auto-notified"
	}
	return email.Header{{Name: "Auto-Submitted", Value: auto}, {Name: "X-Auto-Response-Suppress", Value: "All"}}
}
