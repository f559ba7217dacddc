package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/store"
)

const (
	// grace is how long the copy of a reply may take to come back from the list before it is sent again.
	grace = 2 * time.Minute
	// giveUp is how long a reply is offered to a server that answers "later", and giveUpAttempts how often at least: a clock
	// that jumps ahead is no reason.
	giveUp         = 48 * time.Hour
	giveUpAttempts = 10
	// jobField is a header field of every reply: the key of its row, for when a server replaces the Message-ID.
	jobField = "X-Patchbot-Job"
)

func (b *Bot) from() email.Address { return email.Address{Name: b.Self.Name, Addr: b.Self.Address} }

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// recipients is the envelope of a reply: everyone in its header, and the bot's own copy. The list comes first, since the
// server's answer about the first one decides: an author whose address is dead, or put off, must not keep the reply from the
// list, where the author reads it too.
func (b *Bot) recipients(r *email.Reply) []string {
	var out []string
	seen := map[string]bool{}
	add := func(addr string) {
		if addr != "" && !seen[strings.ToLower(addr)] {
			seen[strings.ToLower(addr)] = true
			out = append(out, addr)
		}
	}
	for _, a := range slices.Concat(r.Cc, r.To) {
		add(a.Addr)
	}
	add(b.Self.SentCopy)
	return out
}

// sendOne settles one reply whose fate is unknown, or else sends one that is due. It reports whether there was one.
func (b *Bot) sendOne(ctx context.Context) (bool, error) {
	if b.Outlet != nil {
		if err := b.alert(ctx); err != nil {
			return false, err
		}
	}
	did, err := b.settleOne(ctx)
	if did || err != nil {
		return did, err
	}
	if b.Outlet == nil || b.KillSwitch() || b.pausing() {
		return false, nil
	}
	row, err := b.Store.ClaimOutbox(ctx, lease)
	if err != nil || row == nil {
		return false, err
	}
	return true, b.holding(ctx, row, b.deliver)
}

// holding works on a claimed mail and renews the claim meanwhile. A claim that is lost is another process's work.
func (b *Bot) holding(ctx context.Context, row *store.Outbox, work func(context.Context, *store.Outbox) error) error {
	renewed := *row // the work reads the claim while it is renewed
	err := b.whileHeld(ctx,
		func(ctx context.Context) error { return b.Store.RenewOutbox(ctx, &renewed, lease) },
		func(ctx context.Context) error { return work(ctx, row) })
	if errors.Is(err, errClaimLost) {
		b.Log.Warn("another process has taken the mail over", "message_id", row.MessageID, "series", row.SeriesID)
		return nil
	}
	return ifNotFenced(err)
}

// deliver sends a claimed mail, unless it is too late for it, too early, or too many have left.
func (b *Bot) deliver(ctx context.Context, row *store.Outbox) error {
	if done, err := b.late(ctx, row); done || err != nil {
		return err
	}
	if done, err := b.postponed(ctx, row); done || err != nil {
		return err
	}
	why, err := b.overCap(ctx, row)
	if err != nil {
		return err
	}
	if why != "" {
		b.Log.Warn("reply held", "message_id", row.MessageID, "series", row.SeriesID, "cause", why)
		return b.Store.HoldOutbox(ctx, row, why)
	}
	return b.send(ctx, row)
}

// send commits that the reply is on its way, hands it over, and records the answer. What has begun is finished, and recorded,
// also when the daemon is stopping.
func (b *Bot) send(ctx context.Context, row *store.Outbox) error {
	log := b.Log.With("message_id", row.MessageID, "series", row.SeriesID)
	if err := b.Store.MarkSending(ctx, row); err != nil {
		return err
	}
	way, arrived := outlive(ctx)
	queue, err := b.Outlet.Send(way, row.From, row.Recipients, row.Raw)
	arrived()
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		refusal = &Refusal{Err: err}
	}
	b.reached(after, refusal)
	if err == nil {
		log.Info("sent", "queue_id", queue)
		if err := b.Store.MarkSent(after, row, queue); err != nil {
			return err
		}
		b.file(ctx, row)
		return nil
	}
	switch {
	case refusal.Unknown:
		log.Warn("send: no answer after the last byte; the own mailbox will tell", "error", err)
		return b.Store.ProbeLater(after, row, b.Now().Add(grace), err.Error())
	case refusal.Permanent:
		log.Error("send: refused for good", "error", err)
		return b.Store.FailOutbox(after, row, err.Error())
	case !refusal.Configuration && row.Attempts >= giveUpAttempts && b.Now().Sub(row.Created) > giveUp && b.Now().Sub(row.Released) > giveUp:
		log.Error("send: given up", "error", err)
		return b.Store.FailOutbox(after, row, fmt.Sprintf("given up after %s: %v", giveUp, err))
	default:
		delay := retrySend(row.Attempts, refusal.Configuration)
		log.Warn("send: later", "error", err, "retry", delay)
		return b.Store.RetryOutbox(after, row, b.Now().Add(delay), err.Error())
	}
}

// file puts a copy of a sent mail away. It comes after the mail is marked as sent, and whatever becomes of it changes nothing
// there: a crash in between costs the copy, never a second mail.
func (b *Bot) file(ctx context.Context, row *store.Outbox) {
	if b.File == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := b.File(ctx, row.Raw); err != nil {
		b.Log.Warn("the copy of a sent mail was not filed", "message_id", row.MessageID, "series", row.SeriesID, "error", err)
	}
}

// pausing reports whether the mail server is being spared. A pause that the clock went back from is over.
func (b *Bot) pausing() bool {
	left := b.paused.Sub(b.Now())
	return left > 0 && left <= retrySend(1, true)
}

// reached notes whether the mail server can be used at all. While it cannot, the other replies are left where they are for
// some minutes: they would fail in the same way, and a log-in that is refused again and again locks an account.
func (b *Bot) reached(ctx context.Context, r *Refusal) {
	ok, detail := true, "takes mails"
	b.paused = time.Time{}
	if r != nil && (r.Configuration || r.Unreached) {
		ok, detail = false, r.Error()
		b.paused = b.Now().Add(retrySend(1, r.Configuration))
	}
	if err := b.Store.SetHealth(ctx, "smtp", ok, detail); err != nil {
		b.Log.Error("write health", "error", err)
	}
}

// retrySend is the delay after the given number of attempts: 2, 5, 15, 30, then 60 minutes. A server that refuses us, and
// not the mail, is asked again after five minutes at the earliest.
func retrySend(attempts int, configuration bool) time.Duration {
	steps := []time.Duration{2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	d := steps[min(max(attempts-1, 0), len(steps)-1)]
	if configuration {
		d = max(d, 5*time.Minute)
	}
	return d
}

// settleOne takes a reply that was on its way when a process died, and asks the own mailbox whether it arrived. A reply
// that is not there is looked for again after a while, then sent once more with the same bytes, and in the end held for a person.
func (b *Bot) settleOne(ctx context.Context) (bool, error) {
	row, err := b.Store.ClaimUnknown(ctx, lease)
	if err != nil || row == nil {
		return false, err
	}
	return true, b.holding(ctx, row, b.settle)
}

func (b *Bot) settle(ctx context.Context, row *store.Outbox) error {
	log := b.Log.With("message_id", row.MessageID, "series", row.SeriesID)
	found, err := b.arrived(ctx, row)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // the lease ends by itself
	case err != nil:
		log.Warn("look for own reply", "error", err)
		return b.Store.ProbeLater(ctx, row, b.Now().Add(grace), err.Error())
	case found:
		log.Info("own reply found in the mailbox")
		if err := b.Store.MarkSent(ctx, row, "found in the own mailbox"); err != nil {
			return err
		}
		b.file(ctx, row)
		return nil
	case row.Probes == 0:
		return b.Store.ProbeLater(ctx, row, b.Now().Add(grace), "not in the own mailbox yet")
	}
	times, most, err := b.sentAgain(ctx, row)
	switch {
	case err != nil:
		return err
	case times < most:
		log.Warn("own reply did not arrive; sending the same bytes again")
		return b.Store.RetryOutbox(ctx, row, b.Now(), notArrived)
	default:
		log.Error("own reply did not arrive again and again; held")
		return b.Store.HoldOutbox(ctx, row, fmt.Sprintf("sent %d times, seen never: look at the list, then release or drop it", times+1))
	}
}

// notArrived is why a reply is sent once more.
const notArrived = "not in the own mailbox after the grace period"

// How often a reply of which there is no trace is sent again. Where mails of the bot come back to its mailbox, a missing one
// has most likely never left, and only a daemon that dies time and again needs more than one; where none ever came back, its
// absence says little.
const (
	againUnproven = 1
	againProven   = 5
)

// sentAgain counts how often a reply has been sent once more for want of any trace, and how often it may be. The number of
// attempts does not say: it counts those too that a server put off.
func (b *Bot) sentAgain(ctx context.Context, row *store.Outbox) (times, most int, err error) {
	steps, err := b.Store.Journal(ctx, row.MessageID)
	if err != nil {
		return 0, 0, fmt.Errorf("read journal: %w", err)
	}
	for _, s := range steps {
		if s.Event == store.EventSendRetry && s.Detail == notArrived && s.MessageID == row.MessageID {
			times++
		}
	}
	most = againUnproven
	if seen, err := b.Store.OwnMailSeen(ctx, string(patch.ReasonOwnMail)); err != nil {
		return 0, 0, err
	} else if seen {
		most = againProven
	}
	return times, most, nil
}

// arrived looks for a reply in the own mailbox: by its Message-ID, else by its own key, since some submission services
// replace the Message-ID.
func (b *Bot) arrived(ctx context.Context, row *store.Outbox) (bool, error) {
	if b.Inbox == nil {
		return false, errors.New("no mailbox to look in")
	}
	found, err := b.Inbox.Find(ctx, "Message-ID", "<"+row.MessageID+">")
	if err != nil || found {
		return found, err
	}
	return b.Inbox.Find(ctx, jobField, row.Key)
}

// overCap says which cap a reply would break, or nothing. Alerts break none: they are few by themselves, and often tell of
// a cap. What a person released breaks none either, and a mail that is about no series counts only for the cap on all.
func (b *Bot) overCap(ctx context.Context, row *store.Outbox) (string, error) {
	if row.Kind == store.KindAlert {
		return "", nil
	}
	now := b.Now()
	switch {
	case !row.Released.IsZero():
		return "", nil
	case row.Kind == store.KindModerator:
		n, err := b.Store.NoticesSince(ctx, now.Add(-time.Hour))
		if err != nil || b.Policy.PerHour == 0 || n < b.Policy.PerHour {
			return "", err
		}
		return fmt.Sprintf("%d mails to moderators within an hour, the limit is %d", n, b.Policy.PerHour), nil
	}
	author, err := b.authorOf(ctx, row)
	if err != nil {
		return "", err
	}
	caps := []struct {
		limit int
		about string // who or what is counted, empty when the mail has none
		count func() (int, error)
		text  string
	}{
		{b.Policy.PerSenderHour, author, func() (int, error) { return b.Store.SentSince(ctx, author, now.Add(-time.Hour)) }, "replies to this author within an hour"},
		{b.Policy.PerHour, "all", func() (int, error) { return b.Store.SentSince(ctx, "", now.Add(-time.Hour)) }, "replies within an hour"},
		{b.Policy.PerThreadDay, row.SeriesID, func() (int, error) { return b.Store.SentOfSeries(ctx, row.SeriesID, now.Add(-24*time.Hour)) }, "replies on this series within a day"},
	}
	for _, c := range caps {
		if c.limit == 0 || c.about == "" {
			continue
		}
		n, err := c.count()
		if err != nil {
			return "", fmt.Errorf("count replies: %w", err)
		}
		if n >= c.limit {
			return fmt.Sprintf("%d %s, the limit is %d", n, c.text, c.limit), nil
		}
	}
	return "", nil
}

// authorOf is the address whose series a reply answers; empty for a mail about no series, or about one that is erased.
func (b *Bot) authorOf(ctx context.Context, row *store.Outbox) (string, error) {
	s, err := b.Store.SeriesVersion(ctx, row.SeriesID, row.Version)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read series of a reply: %w", err)
	}
	return s.AuthorEmail, nil
}

// ifNotFenced drops the error of a claim that another process has taken over: it will finish the work.
func ifNotFenced(err error) error {
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return err
}
