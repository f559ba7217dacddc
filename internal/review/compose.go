package review

import (
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
	Private bool // answer the author alone: the mail never went to the list
}

// Compose makes the mail that answers a series: to its author, with a copy to the list, below the cover letter or the first
// patch. The same report and options give the same mail, and the Message-ID depends on nothing but the list, the version
// of the series and the verdict, so that a reply sent twice is one reply in every archive.
//
// A series whose author has no address of its own is answered on the list alone. With neither there is no one to answer,
// which is an error.
func (t *Translator) Compose(r *Report, o ComposeOptions) (*email.Reply, error) {
	text, err := t.Render(r, o.RenderOptions)
	if err != nil {
		return nil, err
	}
	to, cc := recipients(r, o)
	if len(to) == 0 {
		return nil, fmt.Errorf("compose reply to %s: neither an author nor a list to answer", r.Series.VersionID())
	}
	return &email.Reply{
		From: o.From, To: to, Cc: cc, Subject: text.Subject,
		MessageID: email.ReplyID(o.Domain, o.ListAddress, r.Series.ID, fmt.Sprint(r.Series.Version), r.Kind()),
		InReplyTo: r.Series.Root, References: slices.Clone(r.Series.References),
		Date: o.Date, Header: Headers(r, o.List), Body: text.Body,
	}, nil
}

func recipients(r *Report, o ComposeOptions) (to, cc []email.Address) {
	author := r.Series.Author
	if author.Addr != "" && !strings.EqualFold(author.Addr, o.ListAddress) && !strings.EqualFold(author.Addr, o.From.Addr) {
		to = append(to, author)
	}
	if o.ListAddress == "" || o.Private {
		return to, nil
	}
	list := []email.Address{{Addr: o.ListAddress}}
	if len(to) == 0 {
		return list, nil
	}
	return to, list
}

// Headers are the fields of a reply that say what it is. Auto-Submitted is auto-replied (RFC 3834, section 5), but on a list
// of SourceHut, which drops such a mail without a word, it is auto-notified (RFC 5436, section 2.7.1).
func Headers(r *Report, list ListKind) email.Header {
	auto := "auto-replied"
	if list == ListSourceHut {
		auto = "auto-notified"
	}
	return email.Header{
		{Name: "Auto-Submitted", Value: auto},
		{Name: "X-Auto-Response-Suppress", Value: "All"},
		{Name: "X-Patchbot-Verdict", Value: string(r.Verdict)},
		{Name: "X-Patchbot-Series", Value: r.Series.ID},
	}
}
