package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store"
)

// promptly is how soon after the last mail of a series its reply leaves as a rule. A later one may be the work of a state
// that does not know what an earlier one has sent: a new state directory on an old mailbox, a restored backup.
const promptly = 10 * time.Minute

// late deals with a reply to mails that came a while ago. It reports whether nothing is left to do: the own mailbox holds
// the very reply, whose Message-ID depends on nothing but the list, the series, its version and the verdict; or the mails
// are so old that only a person should decide to answer them.
func (b *Bot) late(ctx context.Context, row *store.Outbox) (done bool, err error) {
	if row.Attempts > 0 {
		return false, nil // it was on its way already
	}
	age, err := b.age(ctx, row)
	if err != nil || age <= promptly {
		return false, err
	}
	found := false
	if b.Inbox != nil {
		found, err = b.arrived(ctx, row)
	}
	switch {
	case err != nil:
		b.Log.Warn("look for an earlier reply", "message_id", row.MessageID, "error", err)
		return true, ifNotFenced(b.Store.RetryOutbox(ctx, row, b.Now().Add(grace), err.Error()))
	case found:
		return true, ifNotFenced(b.Store.MarkSent(ctx, row, "an earlier state had sent it: found in the own mailbox"))
	case b.Policy.MaxAge > 0 && age > b.Policy.MaxAge && row.Released.IsZero():
		return true, ifNotFenced(b.Store.HoldOutbox(ctx, row, fmt.Sprintf("the mails are %d days old", int(age.Hours()/24))))
	}
	return false, nil
}

// age is the time since that happened which a mail answers, as a rule the arrival of the newest mail of its series; 0 when it
// speaks of no series.
func (b *Bot) age(ctx context.Context, row *store.Outbox) (time.Duration, error) {
	if !row.Occasion.IsZero() {
		return b.Now().Sub(row.Occasion), nil
	}
	if row.SeriesID == "" {
		return 0, nil
	}
	mails, err := b.Store.MessagesOf(ctx, row.SeriesID, row.Version)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(mails) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read mails of a reply: %w", err)
	}
	newest := mails[0].Arrived
	for _, m := range mails {
		if m.Arrived.After(newest) {
			newest = m.Arrived
		}
	}
	if newest.IsZero() {
		return 0, nil // an archive that does not say
	}
	return b.Now().Sub(newest), nil
}
