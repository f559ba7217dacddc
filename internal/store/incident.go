package store

import (
	"context"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// KindAlert is the kind of a mail that tells the operator of an incident. It belongs to no series.
const KindAlert = "alert"

// Incident says that something is amiss now, and gives the time since when it has been. What was not amiss for longer than
// quiet has become well, and begins anew; so one that comes and goes within that time is one incident, also for several
// daemons on one database.
func (db *DB) Incident(ctx context.Context, name string, quiet time.Duration) (since time.Time, err error) {
	now := db.now()
	var at int64
	err = db.tx(ctx, func(q *sqlgen.Queries) (err error) {
		at, err = q.StandIncident(ctx, sqlgen.StandIncidentParams{
			Name: ident(name), Now: millis(now), Over: millis(now.Add(-quiet)),
		})
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("note incident %s: %w", name, err)
	}
	return moment(at), nil
}

// Unread is a patch or a cover letter that was recorded and has not been reviewed.
type Unread struct {
	MessageID string
	Recorded  time.Time
	Error     string // of the last attempt, empty for none
}

// Unread lists the mails of complete series that were recorded before a time and wait for their first review, oldest first
// and at most the given number, and says how many there are in all.
func (db *DB) Unread(ctx context.Context, before time.Time, most int) (oldest []Unread, all int, err error) {
	q := db.reads()
	n, err := q.CountUnread(ctx, millis(before))
	if err != nil || n == 0 {
		return nil, 0, wrapUnread(err)
	}
	rows, err := q.Unread(ctx, sqlgen.UnreadParams{Before: millis(before), Most: int32(most)})
	if err != nil {
		return nil, 0, wrapUnread(err)
	}
	for _, r := range rows {
		oldest = append(oldest, Unread{MessageID: r.MessageID, Recorded: moment(r.Recorded), Error: r.Error})
	}
	return oldest, int(n), nil
}

func wrapUnread(err error) error {
	if err != nil {
		return fmt.Errorf("read unread patches: %w", err)
	}
	return nil
}

// Stranded lists the mails that wait for a person, other than those held for one of two reasons, and those that were given
// up and are younger than a time; without alerts and without bytes, at most the given number of each kind.
func (db *DB) Stranded(ctx context.Context, but, nor string, since time.Time, most int) ([]Outbox, error) {
	q := db.reads()
	held, err := q.HeldOutbox(ctx, sqlgen.HeldOutboxParams{Alert: KindAlert, But: text(but), Nor: text(nor), Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read held mails: %w", err)
	}
	failed, err := q.FailedOutbox(ctx, sqlgen.FailedOutboxParams{Alert: KindAlert, Since: millis(since), Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read failed mails: %w", err)
	}
	return readOutboxes(append(held, failed...))
}

// OwnMailSeen reports whether any mail of the bot ever came back to the mailbox, as a message that was ignored for the given
// reason: only then does it mean something that another one did not.
func (db *DB) OwnMailSeen(ctx context.Context, reason string) (bool, error) {
	keys, err := db.reads().OwnMailSeen(ctx, reason)
	if err != nil {
		return false, fmt.Errorf("look for own mails: %w", err)
	}
	return len(keys) > 0, nil
}
