package store

import (
	"context"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// The events that the store writes into the journal itself. Callers add their own words in the same style.
const (
	EventDuplicate     = "duplicate"      // a further copy of a recorded message came; the detail says from where
	EventReplaced      = "replaced"       // a copy that counts took the place of one that was ignored
	EventDueAgain      = "due-again"      // a reviewed version is due once more; the detail says what came
	EventSuperseded    = "superseded"     // a newer version came, or the mails went to another series
	EventReplyRecorded = "reply-recorded" // a mail to send was stored with its final bytes
	EventReplyExists   = "reply-exists"   // a mail with this key was already stored; the new one was dropped
	EventSending       = "sending"        // about to connect; the detail counts the attempts
	EventSent          = "sent"           // the server took it; the detail is its queue id
	EventSendRetry     = "send-retry"     // to be tried again; the detail is the cause
	EventSendUnknown   = "send-unknown"   // a crash left it unknown whether it was sent, and a probe did not find it
	EventSendFailed    = "send-failed"    // given up; the detail is the cause
	EventHeld          = "held"           // waits for a person; the detail is the cause
	EventReleased      = "released"       // a person let it go
	EventUnsent        = "unsent"         // will never be sent; the detail is the cause
	EventPostponed     = "postponed"      // waits for a better time; the detail says which
)

// Step is one line of the journal. Where a call writes steps for a message or series version, At, MessageID, SeriesID and
// Version may be left empty, and are then those of the call and the present.
type Step struct {
	At        time.Time
	MessageID string
	SeriesID  string
	Version   int
	Event     string // a stable word
	Detail    string // for people, in English
}

// Note writes steps alone.
func (db *DB) Note(ctx context.Context, steps ...Step) error {
	return db.tx(ctx, func(q *sqlgen.Queries) error {
		return db.journal(ctx, q, Step{}, steps...)
	})
}

// Journal tells the story of a message, oldest step first: its own steps and those of the series version it belongs to or,
// for a mail of the bot, answers. The list is empty for an unknown message.
func (db *DB) Journal(ctx context.Context, messageID string) ([]Step, error) {
	rows, err := db.reads().StepsOfMessage(ctx, ident(messageID))
	if err != nil {
		return nil, fmt.Errorf("read journal of %s: %w", messageID, err)
	}
	return readSteps(rows), nil
}

// JournalOf tells the story of a series version, oldest step first.
func (db *DB) JournalOf(ctx context.Context, seriesID string, version int) ([]Step, error) {
	rows, err := db.reads().StepsOfSeries(ctx, sqlgen.StepsOfSeriesParams{
		SeriesID: ident(seriesID), Version: int64(version),
	})
	if err != nil {
		return nil, fmt.Errorf("read journal of series %s v%d: %w", seriesID, version, err)
	}
	return readSteps(rows), nil
}

func readSteps(rows []sqlgen.Step) []Step {
	steps := make([]Step, len(rows))
	for i, r := range rows {
		steps[i] = Step{
			At: moment(r.At), MessageID: r.MessageID, SeriesID: r.SeriesID, Version: int(r.Version),
			Event: r.Event, Detail: r.Detail,
		}
	}
	return steps
}

// journal writes steps within a transaction, empty fields filled from about.
func (db *DB) journal(ctx context.Context, q *sqlgen.Queries, about Step, steps ...Step) error {
	for _, s := range steps {
		if s.At.IsZero() {
			s.At = db.now()
		}
		if s.MessageID == "" {
			s.MessageID = about.MessageID
		}
		if s.SeriesID == "" {
			s.SeriesID, s.Version = about.SeriesID, about.Version
		}
		err := q.InsertStep(ctx, sqlgen.InsertStepParams{
			Seq: db.seq.Add(1), Writer: db.owner, At: millis(s.At), MessageID: ident(s.MessageID),
			SeriesID: ident(s.SeriesID), Version: int64(s.Version), Event: text(s.Event), Detail: text(s.Detail),
		})
		if err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
	}
	return nil
}
