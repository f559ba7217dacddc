package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// Why a mail of the bot is stored and does not leave.
const (
	notEnabled = "replies are not enabled"
	forRelease = "waits for its release by the moderator"
	dryRun     = "its list is a dry run"
)

// outgoing is a mail of the bot and what leaves with it. The zero value is no mail.
type outgoing struct {
	mail    *store.Outbox
	notices []store.Outbox // to the moderator
}

// occasion is what a mail answers.
type occasion struct {
	seriesID string
	version  int
	key      string // of the mail's row
	kind     string
	at       time.Time // when it happened; zero: when the mails of the series version came
}

// outgoing makes the row of a mail in its final bytes, and says by the policy of its list whether it leaves, is shown to the
// moderator first, or stays.
func (b *Bot) outgoing(mail *email.Reply, of occasion, l *List) (outgoing, error) {
	row, err := b.sealed(mail, of)
	if err != nil {
		return outgoing{}, err
	}
	out := outgoing{mail: row}
	switch {
	case !b.Policy.Replies:
		row.State, row.Error = store.StateHeld, notEnabled
	case l.DryRun:
		row.State, row.Error = store.StateUnsent, dryRun
	case l.Moderator != "":
		row.State, row.Error = store.StateHeld, forRelease
		notice, err := b.notice(mail, of, l)
		if err != nil {
			return outgoing{}, err
		}
		out.notices = append(out.notices, *notice)
	}
	return out, nil
}

func (b *Bot) sealed(mail *email.Reply, of occasion) (*store.Outbox, error) {
	mail.Header = append(slices.Clone(mail.Header), email.Field{Name: jobField, Value: of.key})
	raw, err := mail.Bytes(false)
	if err != nil {
		return nil, fmt.Errorf("encode mail: %w", err)
	}
	return &store.Outbox{
		Key: of.key, SeriesID: of.seriesID, Version: of.version, Kind: of.kind, MessageID: mail.MessageID,
		From: b.Self.Address, Recipients: b.recipients(mail), Raw: raw, State: store.StateReady, RunAt: b.Now(), Occasion: of.at,
	}, nil
}

// notice is the mail that shows a held one to the moderator, and says how to let it go.
func (b *Bot) notice(held *email.Reply, of occasion, l *List) (*store.Outbox, error) {
	of.key, of.kind = of.key+"|"+store.KindModerator, store.KindModerator
	subject, body, err := b.words(l).Moderation(l.Lang, held, b.WebURL)
	if err != nil {
		return nil, fmt.Errorf("write to the moderator: %w", err)
	}
	mail := &email.Reply{
		From: b.from(), To: []email.Address{{Addr: l.Moderator}}, Subject: subject,
		MessageID: email.ReplyID(domain(b.Self.Address), held.MessageID, store.KindModerator),
		InReplyTo: held.InReplyTo, References: held.References, Date: held.Date, Body: body,
		Header: review.AutoHeaders(review.ListPlain),
	}
	return b.sealed(mail, of)
}

// note is a mail of the bot that is no report: help, or thanks.
type note struct {
	occasion
	subject string   // of the mail that it answers
	parent  string   // its Message-ID
	refs    []string // References of an answer to it
	author  email.Address
	list    *List
	private bool
	body    string
}

// note makes the mail and its row. The error is review.ErrNobody when nobody is to be answered.
func (b *Bot) note(n note) (outgoing, error) {
	audience := n.list.To
	if n.private {
		audience = review.ToAuthor
	}
	mail := &email.Reply{
		From: b.from(), Subject: email.ReplySubject(n.subject), MessageID: email.ReplyID(domain(b.Self.Address), n.key),
		InReplyTo: n.parent, References: n.refs, Date: b.Now(), Body: n.body,
		Header: review.AutoHeaders(n.list.Kind),
	}
	mail.To, mail.Cc = audience.Recipients(n.author, n.list.Addresses[0], b.Self.Address)
	if len(mail.To) == 0 {
		return outgoing{}, fmt.Errorf("write %s: %w", n.kind, review.ErrNobody)
	}
	return b.outgoing(mail, n.occasion, n.list)
}

// silence says why a review of a claim gets no mail, empty when it gets one. Who asks gets an answer. A branch that moved is
// news for an author only when the series applied until then and does not any more. A verdict that the list wants no mail
// about gets one all the same where an earlier mail about the same version says something else.
func (b *Bot) silence(ctx context.Context, claim *store.Series, report *review.Report, l *List) (string, error) {
	switch {
	case claim.Asked() != "":
		return "", nil
	case claim.Cause == store.CauseBase && (!report.Moved || !green(claim.Verdict)):
		return "the branch moved, which is no reason to write", nil
	case claim.Cause == store.CauseBase && !b.Policy.BaseMoved:
		return "the branch moved, and [reply] base_moved is off", nil
	case len(l.Verdicts) == 0 || slices.Contains(l.Verdicts, report.Verdict):
		return "", nil
	}
	mails, err := b.Store.OutboxOf(ctx, claim.ID, claim.Version)
	if err != nil {
		return "", err
	}
	for _, m := range mails {
		gone := m.State == store.StateReady || m.State == store.StateSending || m.State == store.StateSent
		if gone && slices.Contains(review.Verdicts(), review.Verdict(m.Kind)) {
			return "", nil
		}
	}
	return fmt.Sprintf("list %s wants no mail about the verdict %s", l.Name, report.Verdict), nil
}

// green reports whether a verdict leaves an author nothing to do.
func green(verdict string) bool {
	return verdict == string(review.VerdictClean) || verdict == string(review.VerdictRemarks)
}

// postponed puts a mail off that would disturb the quiet hours of its list. What a person released does not wait, nor does
// what goes to the moderator.
func (b *Bot) postponed(ctx context.Context, row *store.Outbox) (bool, error) {
	if !row.Released.IsZero() || row.Kind == store.KindModerator {
		return false, nil
	}
	s, err := b.Store.SeriesVersion(ctx, row.SeriesID, row.Version)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l, _ := b.listFor(s, b.wikiNamed(s.Wiki))
	now := b.Now()
	if l == nil || !l.Quiet.Holds(now) {
		return false, nil
	}
	until := l.Quiet.End(now)
	why := fmt.Sprintf("quiet hours of list %s until %s", l.Name, until.In(l.Quiet.Zone).Format("2006-01-02 15:04 MST"))
	b.Log.Info("reply waits", "message_id", row.MessageID, "until", until)
	return true, ifNotFenced(b.Store.PostponeOutbox(ctx, row, until, why))
}
