package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// The states of a mail in the outbox, beside StateReady (to be sent at RunAt) and StateFailed (given up).
const (
	StateSending = "sending" // a connection may have been made; after a crash nobody knows whether it was sent
	StateSent    = "sent"    // the server took it
	StateHeld    = "held"    // waits for a person
	StateUnsent  = "unsent"  // will never be sent: its list is a dry run, or a person dropped it
)

// KindModerator is the kind of a mail that shows a held one to the person who may release it. It goes to no author and to no
// list, and counts for none of the limits on replies.
const KindModerator = "moderator"

// Outbox is a mail of the bot with its final bytes: nothing is made anew when it is sent again.
type Outbox struct {
	Key       string // unique for ever: series|version|kind|ordinal
	SeriesID  string
	Version   int
	Kind      string
	MessageID string // without angle brackets

	From       string   // envelope sender
	Recipients []string // envelope recipients
	Raw        []byte   // nil in lists, where only the row is read

	State    string
	RunAt    time.Time
	Attempts int // times it was marked as being sent
	Probes   int // times it was looked for in vain since
	Owner    string
	Lease    time.Time
	Epoch    int64

	QueueID string // what the server called it
	Error   string // why it waits

	Released time.Time // when a person let it go that had been held; zero: nobody did
	Occasion time.Time // when that happened which it answers; zero: when the mails of its series version came
	Created  time.Time
	Sent     time.Time // when the last attempt began, then when the server took it
	rawHash  string
}

// Enqueue stores a mail to send outside any review. It reports false, and changes nothing, when the key is taken. State may
// be ready, which is the default, held or unsent; RunAt zero means at once.
func (db *DB) Enqueue(ctx context.Context, o Outbox, steps ...Step) (fresh bool, err error) {
	mail, err := db.prepareOutbox(ctx, o, &Series{})
	if err == nil {
		err = db.tx(ctx, func(q *sqlgen.Queries) error {
			about := Step{MessageID: mail.MessageID, SeriesID: mail.SeriesID, Version: mail.Version}
			if err := db.journal(ctx, q, about, steps...); err != nil {
				return err
			}
			fresh, err = db.insertOutbox(ctx, q, &mail)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("enqueue mail %s: %w", o.Key, err)
	}
	return fresh, nil
}

// prepareOutbox fills in what was left empty and makes the bytes durable.
func (db *DB) prepareOutbox(ctx context.Context, o Outbox, s *Series) (Outbox, error) {
	if o.SeriesID == "" {
		o.SeriesID, o.Version = s.ID, s.Version
	}
	if o.State == "" {
		o.State = StateReady
	}
	switch {
	case o.Key == "" || o.MessageID == "" || len(o.Raw) == 0 || len(o.Recipients) == 0:
		return o, errors.New("a mail needs a key, a Message-ID, recipients and bytes")
	case o.State != StateReady && o.State != StateHeld && o.State != StateUnsent:
		return o, fmt.Errorf("a mail cannot begin as %s", o.State)
	}
	var err error
	o.rawHash, err = db.putRaw(ctx, o.Raw)
	return o, err
}

// prepareAll is prepareOutbox for a mail, when there is one, and those that go with it.
func (db *DB) prepareAll(ctx context.Context, mail *Outbox, others []Outbox, s *Series) ([]Outbox, error) {
	all := others
	if mail != nil {
		all = append([]Outbox{*mail}, others...)
	}
	ready := make([]Outbox, len(all))
	for i, o := range all {
		var err error
		if ready[i], err = db.prepareOutbox(ctx, o, s); err != nil {
			return nil, err
		}
	}
	return ready, nil
}

// insertAll is insertOutbox for several mails. When the key of the first is taken, what goes with it was stored with it.
func (db *DB) insertAll(ctx context.Context, q *sqlgen.Queries, mails []Outbox) error {
	for i := range mails {
		fresh, err := db.insertOutbox(ctx, q, &mails[i])
		if err != nil {
			return err
		}
		if !fresh {
			return nil
		}
	}
	return nil
}

// insertOutbox writes the row of a mail. Its id becomes one that the thread of its series speaks of, so that what answers
// it is found related.
func (db *DB) insertOutbox(ctx context.Context, q *sqlgen.Queries, o *Outbox) (bool, error) {
	now := millis(db.now())
	inserted, err := q.InsertOutbox(ctx, sqlgen.InsertOutboxParams{
		Key: ident(o.Key), SeriesID: ident(o.SeriesID), Version: int64(o.Version), Kind: text(o.Kind),
		MessageID: ident(o.MessageID), Sender: text(o.From), Recipients: packList(o.Recipients), RawHash: o.rawHash,
		State: o.State, RunAt: due(o.RunAt, now), Error: text(o.Error), Created: now, Occasion: millis(o.Occasion),
	})
	if err != nil {
		return false, fmt.Errorf("write outbox: %w", err)
	}
	about := Step{MessageID: o.MessageID, SeriesID: o.SeriesID, Version: o.Version}
	if inserted == 0 {
		return false, db.journal(ctx, q, about, Step{Event: EventReplyExists, Detail: o.Key})
	}
	if err := db.referTo(ctx, q, o); err != nil {
		return false, err
	}
	steps := []Step{{Event: EventReplyRecorded, Detail: o.Key}}
	switch o.State {
	case StateHeld:
		steps = append(steps, Step{Event: EventHeld, Detail: o.Error})
	case StateUnsent:
		steps = append(steps, Step{Event: EventUnsent, Detail: o.Error})
	}
	return true, db.journal(ctx, q, about, steps...)
}

// referTo makes the id of a mail one that the thread of its series speaks of.
func (db *DB) referTo(ctx context.Context, q *sqlgen.Queries, o *Outbox) error {
	if o.SeriesID == "" {
		return nil
	}
	keys, err := q.KeysOfSeries(ctx, sqlgen.KeysOfSeriesParams{SeriesID: ident(o.SeriesID), Version: int64(o.Version)})
	if err != nil || len(keys) == 0 {
		return err
	}
	return q.InsertRef(ctx, sqlgen.InsertRefParams{ID: ident(o.MessageID), MessageKey: keys[0]})
}

// OutboxByKey reads a mail with its bytes.
func (db *DB) OutboxByKey(ctx context.Context, key string) (*Outbox, error) {
	row, err := db.reads().OutboxByKey(ctx, ident(key))
	if err != nil {
		return nil, fmt.Errorf("read mail %s: %w", key, found(err))
	}
	return db.readWhole(ctx, row)
}

// OutboxByMessageID reads a mail of the bot, with its bytes, by the Message-ID that it bears.
func (db *DB) OutboxByMessageID(ctx context.Context, messageID string) (*Outbox, error) {
	row, err := db.reads().OutboxByMessageID(ctx, ident(messageID))
	if err != nil {
		return nil, fmt.Errorf("read mail %s: %w", messageID, found(err))
	}
	return db.readWhole(ctx, row)
}

// OutboxOf reads the mails about a series version, oldest first, without bytes.
func (db *DB) OutboxOf(ctx context.Context, seriesID string, version int) ([]Outbox, error) {
	rows, err := db.reads().OutboxOfSeries(ctx, sqlgen.OutboxOfSeriesParams{
		SeriesID: ident(seriesID), Version: int64(version),
	})
	if err != nil {
		return nil, fmt.Errorf("read mails of series %s v%d: %w", seriesID, version, err)
	}
	return readOutboxes(rows)
}

// readWhole reads a row with its bytes.
func (db *DB) readWhole(ctx context.Context, row sqlgen.Outbox) (*Outbox, error) {
	o, err := readOutbox(row)
	if err == nil {
		o.Raw, err = db.getRaw(ctx, row.RawHash)
	}
	if err != nil {
		return nil, fmt.Errorf("read mail %s: %w", row.Key, err)
	}
	return &o, nil
}

func readOutboxes(rows []sqlgen.Outbox) ([]Outbox, error) {
	mails := make([]Outbox, len(rows))
	for i, row := range rows {
		var err error
		if mails[i], err = readOutbox(row); err != nil {
			return nil, err
		}
	}
	return mails, nil
}

func readOutbox(r sqlgen.Outbox) (Outbox, error) {
	recipients, err := unpackList(r.Recipients)
	return Outbox{
		Key: r.Key, SeriesID: r.SeriesID, Version: int(r.Version), Kind: r.Kind, MessageID: r.MessageID,
		From: r.Sender, Recipients: recipients, State: r.State, RunAt: moment(r.RunAt),
		Attempts: int(r.Attempts), Probes: int(r.Probes), Owner: r.Owner, Lease: moment(r.Lease), Epoch: r.Epoch,
		QueueID: r.QueueID, Error: r.Error, Released: moment(r.Released), Occasion: moment(r.Occasion), Created: moment(r.Created), Sent: moment(r.Sent), rawHash: r.RawHash,
	}, err
}
