package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// shownMost bounds the lists of a Status.
const shownMost = 100

// Status is the state of the whole store at a glance.
type Status struct {
	Engine string // "sqlite" or "postgresql"
	Schema int64  // version of the schema

	Mailboxes   []MailboxStatus
	LastMessage time.Time // when the last message was recorded; zero for none
	NextDue     time.Time // when work is due next; zero for never

	Messages map[string]int // by kind
	Series   map[string]int // versions by state
	Outbox   map[string]int // mails by state
	LinkJobs int            // series versions with links that are to be asked again

	Open    []Series // incomplete and ready, next due first, at most 100
	Waiting []Outbox // ready, sending and held, without bytes, at most 100 of each
	Errors  []Trouble
}

// MailboxStatus is a mailbox and how far it has been read.
type MailboxStatus struct {
	Name   string
	Cursor Cursor
	Moved  time.Time // when the cursor moved last
}

// Trouble is an error that stands: the last of a series version or of a mail, newest first, at most 100 of each.
type Trouble struct {
	At       time.Time
	SeriesID string
	Version  int
	Mail     string // key of the mail in the outbox, empty for a series version
	State    string
	Error    string
}

// Status reads the state of the store. The parts are read one after another while others may write.
func (db *DB) Status(ctx context.Context) (Status, error) {
	s := Status{Engine: db.Engine()}
	q := db.reads()
	for _, read := range []func(context.Context, *sqlgen.Queries, *Status) error{
		db.readIntake, readCounts, readOpen, readTrouble,
	} {
		if err := read(ctx, q, &s); err != nil {
			return Status{}, fmt.Errorf("read status: %w", err)
		}
	}
	return s, nil
}

func (db *DB) readIntake(ctx context.Context, q *sqlgen.Queries, s *Status) (err error) {
	if s.Schema, err = db.SchemaVersion(ctx); err != nil {
		return err
	}
	if s.NextDue, _, err = db.NextDue(ctx); err != nil {
		return err
	}
	last, err := q.LastRecorded(ctx)
	if err != nil {
		return err
	}
	s.LastMessage = moment(last)
	boxes, err := q.Mailboxes(ctx)
	for _, b := range boxes {
		s.Mailboxes = append(s.Mailboxes, MailboxStatus{
			Name: b.Name, Moved: moment(b.Moved),
			Cursor: Cursor{UIDValidity: uint32(b.UidValidity), UID: uint32(b.Uid)},
		})
	}
	return err
}

func readCounts(ctx context.Context, q *sqlgen.Queries, s *Status) error {
	messages, err := q.CountMessages(ctx)
	series, err2 := q.CountSeries(ctx)
	mails, err3 := q.CountOutbox(ctx)
	links, err4 := q.CountLinkJobs(ctx)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return err
	}
	s.LinkJobs = int(links)
	s.Messages, s.Series, s.Outbox = make(map[string]int), make(map[string]int), make(map[string]int)
	for _, c := range messages {
		s.Messages[c.Kind] = int(c.Amount)
	}
	for _, c := range series {
		s.Series[c.State] = int(c.Amount)
	}
	for _, c := range mails {
		s.Outbox[c.State] = int(c.Amount)
	}
	return nil
}

func readOpen(ctx context.Context, q *sqlgen.Queries, s *Status) error {
	rows, err := q.OpenSeries(ctx, shownMost)
	if err != nil {
		return err
	}
	if s.Open, err = readManySeries(ctx, q, rows); err != nil {
		return err
	}
	for _, state := range []string{StateReady, StateSending, StateHeld} {
		rows, err := q.OutboxByState(ctx, sqlgen.OutboxByStateParams{State: state, Most: shownMost})
		if err != nil {
			return err
		}
		mails, err := readOutboxes(rows)
		if err != nil {
			return err
		}
		s.Waiting = append(s.Waiting, mails...)
	}
	return nil
}

func readTrouble(ctx context.Context, q *sqlgen.Queries, s *Status) error {
	series, err := q.FailingSeries(ctx, shownMost)
	if err != nil {
		return err
	}
	for _, r := range series {
		s.Errors = append(s.Errors, Trouble{
			At: moment(r.Updated), SeriesID: r.ID, Version: int(r.Version), State: r.State, Error: r.Error,
		})
	}
	marks, err := q.FailingMarks(ctx, shownMost)
	if err != nil {
		return err
	}
	for _, r := range marks {
		s.Errors = append(s.Errors, Trouble{
			At: moment(r.PutAt), SeriesID: r.SeriesID, Version: int(r.Version), State: "not shown", Error: r.Error,
		})
	}
	mails, err := q.FailingOutbox(ctx, shownMost)
	if err != nil {
		return err
	}
	for _, r := range mails {
		s.Errors = append(s.Errors, Trouble{
			At: moment(r.Created), SeriesID: r.SeriesID, Version: int(r.Version), Mail: r.Key, State: r.State, Error: r.Error,
		})
	}
	return nil
}

// NextDue is the earliest time at which a claim would find something: a series version, a mail to send or one to probe
// for. It is false when only an event from outside can make work.
func (db *DB) NextDue(ctx context.Context) (time.Time, bool, error) {
	q := db.reads()
	series, err := q.NextSeries(ctx, never)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read next due series: %w", err)
	}
	mail, err := q.NextOutbox(ctx, never)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read next due mail: %w", err)
	}
	links, err := q.NextLinkJob(ctx, never)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read next due links: %w", err)
	}
	next := min(series, mail, links)
	return moment(next), next != never, nil
}

// SentSince counts the mails sent since a time about the series of one author, or of all authors when author is empty.
// One being sent counts: it may have left.
func (db *DB) SentSince(ctx context.Context, author string, since time.Time) (int, error) {
	n, err := db.reads().SentSince(ctx, sqlgen.SentSinceParams{Author: ident(author), Since: max(millis(since), 1)})
	if err != nil {
		return 0, fmt.Errorf("count sent mails: %w", err)
	}
	return int(n), nil
}

// SentOfSeries counts the mails sent since a time about all versions of one series, as SentSince does.
func (db *DB) SentOfSeries(ctx context.Context, id string, since time.Time) (int, error) {
	n, err := db.reads().SentOfSeries(ctx, sqlgen.SentOfSeriesParams{SeriesID: ident(id), Since: max(millis(since), 1)})
	if err != nil {
		return 0, fmt.Errorf("count mails of series %s: %w", id, err)
	}
	return int(n), nil
}

// NoticesSince counts the mails sent to moderators since a time, as SentSince does.
func (db *DB) NoticesSince(ctx context.Context, since time.Time) (int, error) {
	n, err := db.reads().NoticesSince(ctx, max(millis(since), 1))
	if err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return int(n), nil
}
