package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// The way of a mail: ClaimOutbox, MarkSending, then one of MarkSent, RetryOutbox, FailOutbox or HoldOutbox, which end the
// claim. A mail that a crash left as being sent is claimed by ClaimUnknown and ended in the same ways, or put off by
// ProbeLater.

// ClaimOutbox takes the mail that is due to be sent the longest, with its bytes, for as long as lease lasts. Nil when none
// is due. A mail whose bytes are lost is failed, and the loss reported.
func (db *DB) ClaimOutbox(ctx context.Context, lease time.Duration) (*Outbox, error) {
	return db.claimOutbox(ctx, StateReady, lease)
}

// ClaimUnknown takes a mail that a crash left as being sent, when its lease is over and its time to be probed has come.
func (db *DB) ClaimUnknown(ctx context.Context, lease time.Duration) (*Outbox, error) {
	return db.claimOutbox(ctx, StateSending, lease)
}

func (db *DB) claimOutbox(ctx context.Context, state string, lease time.Duration) (*Outbox, error) {
	now := db.now()
	var row sqlgen.Outbox
	err := db.tx(ctx, func(q *sqlgen.Queries) (err error) {
		row, err = q.ClaimOutbox(ctx, sqlgen.ClaimOutboxParams{
			Owner: db.owner, Lease: millis(now.Add(lease)), Now: millis(now), State: state,
		})
		return found(err)
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim mail: %w", err)
	}
	claim, err := db.readWhole(ctx, row)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
		lost := &Outbox{Key: row.Key, SeriesID: row.SeriesID, Version: int(row.Version), MessageID: row.MessageID, Epoch: row.Epoch}
		return nil, errors.Join(err, db.FailOutbox(ctx, lost, err.Error()))
	}
	return claim, err
}

// Unknown lists the mails that a crash left as being sent, without bytes.
func (db *DB) Unknown(ctx context.Context) ([]Outbox, error) {
	rows, err := db.reads().UnknownOutbox(ctx, millis(db.now()))
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return readOutboxes(rows)
}

// RenewOutbox extends a claim to lease from now and notes that in it.
func (db *DB) RenewOutbox(ctx context.Context, claim *Outbox, lease time.Duration) error {
	until := db.now().Add(lease)
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		return fenced(q.RenewOutbox(ctx, sqlgen.RenewOutboxParams{
			Lease: millis(until), Key: claim.Key, Epoch: claim.Epoch, Owner: db.owner,
		}))
	})
	if err != nil {
		return fmt.Errorf("renew claim of mail %s: %w", claim.Key, err)
	}
	claim.Lease = moment(millis(until))
	return nil
}

// MarkSending says that a connection is about to be made. Only when it has returned without an error may one be.
func (db *DB) MarkSending(ctx context.Context, claim *Outbox) error {
	now := db.now()
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		err := fenced(q.MarkSending(ctx, sqlgen.MarkSendingParams{
			Now: millis(now), Key: claim.Key, Epoch: claim.Epoch, Owner: db.owner,
		}))
		if err != nil {
			return err
		}
		return db.journal(ctx, q, claim.about(), Step{
			At: now, Event: EventSending, Detail: fmt.Sprintf("attempt %d", claim.Attempts+1),
		})
	})
	if err != nil {
		return fmt.Errorf("mark mail %s as being sent: %w", claim.Key, err)
	}
	claim.State, claim.Sent, claim.Probes = StateSending, moment(millis(now)), 0
	claim.Attempts++
	return nil
}

// MarkSent says that the server took the mail, or that a probe found it.
func (db *DB) MarkSent(ctx context.Context, claim *Outbox, queueID string) error {
	return db.endClaim(ctx, claim, sqlgen.MoveOutboxParams{State: StateSent, QueueID: text(queueID)},
		Step{Event: EventSent, Detail: queueID})
}

// ConfirmSent says that a copy of the mail was seen, whoever may hold the claim: the claimant can still add the queue id,
// but not send it again. A mail that was never marked as being sent stays as it is, since a copy of that is forged; so does
// one known to be sent.
func (db *DB) ConfirmSent(ctx context.Context, key, detail string) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		row, err := q.ConfirmOutbox(ctx, sqlgen.ConfirmOutboxParams{Key: ident(key), Now: millis(db.now())})
		if err = found(err); errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		about := Step{MessageID: row.MessageID, SeriesID: row.SeriesID, Version: int(row.Version)}
		return db.journal(ctx, q, about, Step{Event: EventSent, Detail: detail})
	})
	if err != nil {
		return fmt.Errorf("confirm mail %s: %w", key, err)
	}
	return nil
}

// RetryOutbox says that the mail was not sent and is to be tried again, with the same bytes, at runAt.
func (db *DB) RetryOutbox(ctx context.Context, claim *Outbox, runAt time.Time, cause string) error {
	return db.endClaim(ctx, claim, sqlgen.MoveOutboxParams{State: StateReady, RunAt: millis(runAt), Error: text(cause)},
		Step{Event: EventSendRetry, Detail: cause})
}

// PostponeOutbox leaves a mail that nothing is wrong with for a better time.
func (db *DB) PostponeOutbox(ctx context.Context, claim *Outbox, runAt time.Time, why string) error {
	return db.endClaim(ctx, claim, sqlgen.MoveOutboxParams{State: StateReady, RunAt: millis(runAt)},
		Step{Event: EventPostponed, Detail: why})
}

// ProbeLater says that a probe did not find the mail and that another shall be made at runAt.
func (db *DB) ProbeLater(ctx context.Context, claim *Outbox, runAt time.Time, cause string) error {
	return db.endClaim(ctx, claim,
		sqlgen.MoveOutboxParams{State: StateSending, RunAt: millis(runAt), Error: text(cause), Probes: 1},
		Step{Event: EventSendUnknown, Detail: cause})
}

// FailOutbox gives the mail up.
func (db *DB) FailOutbox(ctx context.Context, claim *Outbox, cause string) error {
	return db.endClaim(ctx, claim, sqlgen.MoveOutboxParams{State: StateFailed, Error: text(cause)},
		Step{Event: EventSendFailed, Detail: cause})
}

// HoldOutbox leaves the mail to a person, see Release.
func (db *DB) HoldOutbox(ctx context.Context, claim *Outbox, cause string) error {
	return db.endClaim(ctx, claim, sqlgen.MoveOutboxParams{State: StateHeld, Error: text(cause)},
		Step{Event: EventHeld, Detail: cause})
}

// endClaim moves a claimed mail to its next state and lets go of it.
func (db *DB) endClaim(ctx context.Context, claim *Outbox, move sqlgen.MoveOutboxParams, step Step) error {
	now := millis(db.now())
	move.Key, move.Epoch, move.Owner = claim.Key, claim.Epoch, db.owner
	if move.RunAt == 0 {
		move.RunAt = now
	}
	switch move.State {
	case StateSent:
		move.Sent = now
	case StateSending:
		move.Sent = millis(claim.Sent)
	}
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		if err := fenced(q.MoveOutbox(ctx, move)); err != nil {
			return err
		}
		return db.journal(ctx, q, claim.about(), step)
	})
	if err != nil {
		return fmt.Errorf("mark mail %s as %s: %w", claim.Key, move.State, err)
	}
	return nil
}

// about is what the journal says a step on this mail belongs to.
func (o *Outbox) about() Step {
	return Step{MessageID: o.MessageID, SeriesID: o.SeriesID, Version: o.Version}
}

// Release lets a held mail go at once. ErrNotFound when no mail with this key is held.
func (db *DB) Release(ctx context.Context, key string) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		row, err := q.ReleaseOutbox(ctx, sqlgen.ReleaseOutboxParams{Key: ident(key), Now: millis(db.now())})
		if err != nil {
			return found(err)
		}
		about := Step{MessageID: row.MessageID, SeriesID: row.SeriesID, Version: int(row.Version)}
		return db.journal(ctx, q, about, Step{Event: EventReleased})
	})
	if err != nil {
		return fmt.Errorf("release mail %s: %w", key, err)
	}
	return nil
}

// Drop says that a held mail will never be sent. ErrNotFound when no mail with this key is held.
func (db *DB) Drop(ctx context.Context, key, cause string) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		row, err := q.DropOutbox(ctx, sqlgen.DropOutboxParams{Key: ident(key), Error: text(cause)})
		if err != nil {
			return found(err)
		}
		about := Step{MessageID: row.MessageID, SeriesID: row.SeriesID, Version: int(row.Version)}
		return db.journal(ctx, q, about, Step{Event: EventUnsent, Detail: cause})
	})
	if err != nil {
		return fmt.Errorf("drop mail %s: %w", key, err)
	}
	return nil
}
