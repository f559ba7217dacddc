package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// Alert says whom the bot tells, by mail, that its work stands still.
type Alert struct {
	To     string        // address of the operator; empty: nobody is told
	After  time.Duration // how long patches may wait, and the mailbox may be out of reach
	Remind time.Duration // between two mails about one incident
	Lang   review.Lang
	// Mailbox says since when the mailbox is out of reach, and why; zero while it is not. May be nil.
	Mailbox func() (since time.Time, detail string)
}

const (
	// alertPause is the time between two looks at what the operator may have to hear of.
	alertPause = time.Minute
	// alertOver is how long nothing must be amiss for an incident to be over: the next one is told anew.
	alertOver = time.Hour
	// alertItems is how much of an incident its mail shows.
	alertItems = 10
	// failedLately is how long a reply that was given up is told.
	failedLately = 3 * 24 * time.Hour
)

// alert looks, once a minute, whether the operator must be told of something, and records the mails that tell it. They
// leave by the law of the outbox: the key is made of the incident and the number of the reminder, so that each is sent once,
// whatever dies in between and however many daemons look. No cap holds them, and they are written also while replies are
// not enabled.
func (b *Bot) alert(ctx context.Context) error {
	if b.Alert.To == "" || b.Alert.After <= 0 || b.Alert.Remind <= 0 {
		return nil
	}
	if since := b.Now().Sub(b.alerted); since >= 0 && since < alertPause {
		return nil
	}
	b.alerted = b.Now()
	for _, look := range []func(context.Context) (review.Alert, error){b.unread, b.unheard, b.stranded} {
		a, err := look(ctx)
		if err != nil {
			return err
		}
		if a.Kind == "" {
			continue
		}
		if err := b.tell(ctx, a); err != nil {
			return fmt.Errorf("alert the operator: %w", err)
		}
	}
	return nil
}

// unread are patches that were recorded a while ago and are not reviewed.
func (b *Bot) unread(ctx context.Context) (review.Alert, error) {
	oldest, n, err := b.Store.Unread(ctx, b.Now().Add(-b.Alert.After), alertItems)
	if err != nil || n == 0 {
		return review.Alert{}, err
	}
	a := review.Alert{Kind: review.AlertUnread, N: n}
	for _, u := range oldest {
		item := "<" + u.MessageID + ">"
		if u.Error != "" {
			item += " " + u.Error
		}
		a.Items = append(a.Items, item)
	}
	return a, nil
}

// unheard is a mailbox that has been out of reach for a while: nobody knows what waits there.
func (b *Bot) unheard(context.Context) (review.Alert, error) {
	if b.Alert.Mailbox == nil {
		return review.Alert{}, nil
	}
	since, detail := b.Alert.Mailbox()
	if since.IsZero() || b.Now().Sub(since) < b.Alert.After {
		return review.Alert{}, nil
	}
	return review.Alert{Kind: review.AlertMailbox, Items: []string{detail}}, nil
}

// stranded are replies that wait for a person who has not been told, or that no server takes. Their causes may name people,
// and are left to `patchbot status`.
func (b *Bot) stranded(ctx context.Context) (review.Alert, error) {
	if !b.Policy.Replies {
		return review.Alert{}, nil
	}
	const most = 1000
	rows, err := b.Store.Stranded(ctx, notEnabled, forRelease, b.Now().Add(-failedLately), most)
	if err != nil || len(rows) == 0 {
		return review.Alert{}, err
	}
	a := review.Alert{Kind: review.AlertHeld, N: len(rows)}
	for _, o := range rows[:min(len(rows), alertItems)] {
		a.Items = append(a.Items, o.State+" "+o.Key)
	}
	return a, nil
}

// tell records the mail of an incident, unless it has been recorded before.
func (b *Bot) tell(ctx context.Context, a review.Alert) error {
	since, err := b.Store.Incident(ctx, string(a.Kind), alertOver)
	if err != nil {
		return err
	}
	a.Since, a.Remind = since, b.Alert.Remind
	key := fmt.Sprintf("alert|%s|%d|%d", a.Kind, since.UnixMilli(), b.Now().Sub(since)/b.Alert.Remind)
	if _, err := b.Store.OutboxByKey(ctx, key); !errors.Is(err, store.ErrNotFound) {
		return err // told already
	}
	subject, body, err := b.Words.Alert(b.Alert.Lang, a)
	if err != nil {
		return err
	}
	mail := &email.Reply{
		From: b.from(), To: []email.Address{{Addr: b.Alert.To}}, Subject: subject, Date: b.Now(), Body: body,
		MessageID: email.ReplyID(domain(b.Self.Address), key),
		Header:    email.Header{{Name: "Auto-Submitted", Value: "auto-generated"}, {Name: "X-Auto-Response-Suppress", Value: "All"}},
	}
	row, err := b.sealed(mail, occasion{key: key, kind: store.KindAlert})
	if err != nil {
		return err
	}
	fresh, err := b.Store.Enqueue(ctx, *row)
	if fresh {
		b.Log.Warn("incident", "kind", a.Kind, "since", since, "concerned", a.N, "message_id", row.MessageID)
	}
	return err
}
