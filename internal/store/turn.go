package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// Why a version that was reviewed is due once more.
const (
	CauseBase  = "base"   // the branch moved
	CauseBelow = "below"  // a series that it stands on came or changed
	CauseAsked = "asked " // a person asked; the Message-ID of the mail follows
)

// KindCommand is the kind of a mail that asks the bot for something.
const KindCommand = "command"

// The events that settle a command. Until one of them stands in the journal of its mail, Commands lists it.
const (
	EventCommand        = "command"         // done; the detail is the command
	EventCommandRefused = "command-refused" // left alone; the detail says why
)

// Asked is the Message-ID of the mail that asked for the review that is due, empty when none did.
func (s *Series) Asked() string {
	id, _ := strings.CutPrefix(s.Cause, CauseAsked)
	if id == s.Cause {
		return ""
	}
	return id
}

// Command is what one mail asks of the bot about a series version.
type Command struct {
	MessageID string // of the mail that asks
	SeriesID  string
	Version   int
	Text      string // for the journal
	Refused   string // why nothing is to be done, empty to obey
	Review    bool   // make the version due once more
	Reply     *Outbox
	Notices   []Outbox // further mails, beside Reply

	Most  int       // commands of one series, all versions together, that are obeyed
	Since time.Time // since then
}

// Obey settles a command, once: it makes the version due or stores the reply, and writes the step that says so, in one
// transaction. A command beyond Most, or about a version that another has replaced, changes nothing but the journal. It
// reports whether the command was obeyed; for one that is settled already it was not.
func (db *DB) Obey(ctx context.Context, c Command) (obeyed bool, err error) {
	var mails []Outbox
	if c.Refused == "" {
		mails, err = db.prepareAll(ctx, c.Reply, c.Notices, &Series{ID: c.SeriesID, Version: c.Version})
		if err != nil {
			return false, fmt.Errorf("obey %s: %w", c.MessageID, err)
		}
	}
	err = db.tx(ctx, func(q *sqlgen.Queries) (err error) {
		obeyed, err = db.obey(ctx, q, c, mails)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("obey %s: %w", c.MessageID, err)
	}
	return obeyed, nil
}

func (db *DB) obey(ctx context.Context, q *sqlgen.Queries, c Command, mails []Outbox) (bool, error) {
	id := ident(c.SeriesID)
	// The row of the version comes first: whoever counts the commands of a series waits for the others who do.
	held, err := q.HoldSeries(ctx, sqlgen.HoldSeriesParams{ID: id, Version: int64(c.Version)})
	if err != nil {
		return false, err
	}
	settled, err := q.CommandSettled(ctx, ident(c.MessageID))
	if err != nil || settled > 0 {
		return false, err
	}
	if c.Refused == "" && held == 0 {
		c.Refused = "the version was replaced"
	}
	if c.Refused == "" {
		before, err := q.CountSteps(ctx, sqlgen.CountStepsParams{SeriesID: id, Event: EventCommand, Since: max(millis(c.Since), 1)})
		if err != nil {
			return false, err
		}
		if int(before) >= c.Most {
			c.Refused = fmt.Sprintf("%d commands on this series already, the limit is %d", before, c.Most)
		}
	}
	about := Step{MessageID: c.MessageID, SeriesID: c.SeriesID, Version: c.Version}
	if c.Refused != "" {
		return false, db.journal(ctx, q, about, Step{Event: EventCommandRefused, Detail: c.Text + ": " + c.Refused})
	}
	if err := db.journal(ctx, q, about, Step{Event: EventCommand, Detail: c.Text}); err != nil {
		return false, err
	}
	if c.Review {
		err := q.AskSeries(ctx, sqlgen.AskSeriesParams{
			ID: id, Version: int64(c.Version), Cause: CauseAsked + ident(c.MessageID), Now: millis(db.now()),
		})
		if err != nil {
			return false, err
		}
	}
	return true, db.insertAll(ctx, q, mails)
}

// Commands reads the mails that ask for something and that nobody has settled, oldest first: what a crash left between
// Record and Obey.
func (db *DB) Commands(ctx context.Context) ([]Message, error) {
	rows, err := db.reads().OpenCommands(ctx)
	if err != nil {
		return nil, fmt.Errorf("read commands: %w", err)
	}
	return readMessages(rows)
}

// BaseMoved notes the commit that a wiki's branch stands at. When that is news, every open version made since the given
// time that was reviewed on another commit becomes due once more, in the same transaction. It says how many did.
func (db *DB) BaseMoved(ctx context.Context, wiki, tip string, since time.Time) (int, error) {
	var turned int64
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		moved, err := q.MoveTip(ctx, sqlgen.MoveTipParams{Name: ident(wiki), Tip: text(tip)})
		if err != nil || moved == 0 {
			return err
		}
		turned, err = q.TurnSeries(ctx, sqlgen.TurnSeriesParams{
			Cause: CauseBase, Now: millis(db.now()), Wiki: ident(wiki), Tip: text(tip), Since: millis(since),
		})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("note the tip of wiki %s: %w", wiki, err)
	}
	return int(turned), nil
}
