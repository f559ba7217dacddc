package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// SeriesUpdate is what an assembly says about one version of a series.
type SeriesUpdate struct {
	ID      string
	Version int
	Wiki    string
	List    string
	Prefix  string
	Total   int
	Subject string

	AuthorName, AuthorEmail string

	Root   string
	Digest string // of the set of parts; another digest makes the version due anew

	State        string    // of a new or changed version: incomplete, ready, done, or failed
	RunAt        time.Time // of a new or changed version; zero: at once
	SupersededBy int       // version that takes its place, 0 for none; once set it stays

	Messages []string // keys of the version's messages, in order

	// Needs are the message ids and patch ids of the patches that the version says it stands on. Offers are those of the
	// series' own mails, of all its versions: when a whole version is new or has changed, those who need one of its Offers
	// become due once more.
	Needs, Offers []string

	// Known are the keys of all messages that the assembly looked at, as Related gave them. They show that an assembly
	// is not older than what it would overwrite. Empty: the Messages of all updates of the call.
	Known []string
}

// SaveAssembly writes what an assembly found, in one transaction which no other assembly of the same wiki overlaps. A
// version whose digest is new or has changed takes the given state and due time, and a review of it under way is fenced
// off; one whose digest is unchanged keeps everything. Messages move to the version that names them last. A version that
// loses all its messages that way is superseded.
//
// ErrStale means that a version concerned holds messages which this assembly did not know.
func (db *DB) SaveAssembly(ctx context.Context, updates []SeriesUpdate, steps ...Step) error {
	a := &assembly{db: db, known: make(map[string]bool)}
	for _, u := range updates {
		for _, key := range slices.Concat(u.Messages, u.Known) {
			a.known[ident(key)] = true
		}
	}
	// One order for all: two transactions that lock the same rows in different orders wait for each other.
	updates = slices.SortedFunc(slices.Values(updates), func(a, b SeriesUpdate) int {
		return cmp.Or(cmp.Compare(a.Wiki, b.Wiki), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		a.q, a.touched = q, make(map[version]bool)
		if err := a.save(ctx, updates); err != nil {
			return err
		}
		return db.journal(ctx, q, Step{}, steps...)
	})
	if err != nil {
		return fmt.Errorf("save assembly: %w", err)
	}
	return nil
}

// version names one version of a series.
type version struct {
	id     string
	number int64
}

// assembly is one call of SaveAssembly.
type assembly struct {
	db      *DB
	q       *sqlgen.Queries
	known   map[string]bool
	touched map[version]bool
}

func (a *assembly) save(ctx context.Context, updates []SeriesUpdate) error {
	last := ""
	for _, u := range updates {
		if u.Wiki == last && last != "" {
			continue
		}
		last = u.Wiki
		if err := a.q.LockWiki(ctx, ident(u.Wiki)); err != nil {
			return fmt.Errorf("lock wiki %s: %w", u.Wiki, err)
		}
	}
	for _, u := range updates {
		if err := a.touch(ctx, u); err != nil {
			return err
		}
	}
	if err := a.checkKnown(ctx); err != nil {
		return err
	}
	var changed []SeriesUpdate
	for _, u := range updates {
		news, err := a.saveOne(ctx, u)
		if err != nil {
			return fmt.Errorf("series %s v%d: %w", u.ID, u.Version, err)
		}
		if news {
			changed = append(changed, u)
		}
	}
	// Only now: a later update may have taken the messages of an earlier one.
	for _, u := range updates {
		if err := a.attach(ctx, u); err != nil {
			return fmt.Errorf("series %s v%d: %w", u.ID, u.Version, err)
		}
	}
	if err := a.supersedeEmptied(ctx, updates); err != nil {
		return err
	}
	return a.wake(ctx, changed)
}

// touch notes which versions an update concerns: its own, and those that its messages belong to so far.
func (a *assembly) touch(ctx context.Context, u SeriesUpdate) error {
	a.touched[version{ident(u.ID), int64(u.Version)}] = true
	for _, key := range u.Messages {
		of, err := a.q.SeriesOfMessage(ctx, ident(key))
		if err != nil {
			return fmt.Errorf("message %s: %w", key, found(err))
		}
		if of.SeriesID != "" {
			a.touched[version{of.SeriesID, of.Version}] = true
		}
	}
	return nil
}

func (a *assembly) checkKnown(ctx context.Context) error {
	for v := range a.touched {
		keys, err := a.q.KeysOfSeries(ctx, sqlgen.KeysOfSeriesParams{SeriesID: v.id, Version: v.number})
		if err != nil {
			return err
		}
		for _, key := range keys {
			if !a.known[key] {
				return fmt.Errorf("series %s v%d has message %s: %w", v.id, v.number, key, ErrStale)
			}
		}
	}
	return nil
}

// saveOne writes the row of a version. It reports whether the version is new or its digest has changed.
func (a *assembly) saveOne(ctx context.Context, u SeriesUpdate) (news bool, err error) {
	now := millis(a.db.now())
	row := sqlgen.InsertSeriesParams{
		ID: ident(u.ID), Version: int64(u.Version), Wiki: ident(u.Wiki), List: ident(u.List), Prefix: text(u.Prefix),
		Total: int64(u.Total), Subject: text(u.Subject), AuthorName: text(u.AuthorName),
		AuthorEmail: ident(u.AuthorEmail), Root: ident(u.Root), Digest: text(u.Digest), State: u.State,
		SupersededBy: int64(u.SupersededBy), RunAt: due(u.RunAt, now), Now: now,
	}
	if u.SupersededBy > 0 {
		row.State = StateSuperseded
	}
	inserted, err := a.q.InsertSeries(ctx, row)
	if err != nil {
		return false, err
	}
	if inserted > 0 {
		return true, a.putNeeds(ctx, u)
	}
	old, err := a.q.SeriesVersion(ctx, sqlgen.SeriesVersionParams{ID: row.ID, Version: row.Version})
	if err != nil {
		return false, err
	}
	emptied := old.State == StateSuperseded && old.SupersededBy == 0
	if old.Digest == row.Digest && !emptied {
		return false, a.supersede(ctx, version{row.ID, row.Version}, row.SupersededBy, "")
	}
	// A late mail of an old version does not make that version current again.
	if row.SupersededBy = max(row.SupersededBy, old.SupersededBy); row.SupersededBy > 0 {
		row.State = StateSuperseded
	}
	if err := a.q.ChangeSeries(ctx, sqlgen.ChangeSeriesParams(row)); err != nil {
		return false, err
	}
	return true, a.putNeeds(ctx, u)
}

// supersede marks a version as replaced by another, or, with by 0 and a cause, as emptied.
func (a *assembly) supersede(ctx context.Context, v version, by int64, cause string) error {
	if by == 0 && cause == "" {
		return nil
	}
	changed, err := a.q.SupersedeSeries(ctx, sqlgen.SupersedeSeriesParams{
		ID: v.id, Version: v.number, SupersededBy: by, Now: millis(a.db.now()),
	})
	if err != nil || changed == 0 {
		return err
	}
	if by > 0 {
		cause = fmt.Sprintf("by v%d", by)
	}
	return a.db.journal(ctx, a.q, Step{SeriesID: v.id, Version: int(v.number)},
		Step{Event: EventSuperseded, Detail: cause})
}

// attach replaces the set of messages of a version.
func (a *assembly) attach(ctx context.Context, u SeriesUpdate) error {
	id, number := ident(u.ID), int64(u.Version)
	err := a.q.DetachMessages(ctx, sqlgen.DetachMessagesParams{SeriesID: id, Version: number})
	if err != nil {
		return err
	}
	for i, key := range u.Messages {
		_, err := a.q.AttachMessage(ctx, sqlgen.AttachMessageParams{
			Key: ident(key), SeriesID: id, Version: number, Position: int64(i),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// supersedeEmptied takes care of versions whose messages all went to others: nothing is left of them to review.
func (a *assembly) supersedeEmptied(ctx context.Context, updates []SeriesUpdate) error {
	for _, u := range updates {
		delete(a.touched, version{ident(u.ID), int64(u.Version)})
	}
	for _, v := range slices.SortedFunc(maps.Keys(a.touched), func(a, b version) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.number, b.number))
	}) {
		left, err := a.q.KeysOfSeries(ctx, sqlgen.KeysOfSeriesParams{SeriesID: v.id, Version: v.number})
		if err != nil {
			return err
		}
		if len(left) > 0 {
			continue
		}
		if err := a.supersede(ctx, v, 0, "its mails belong to another series"); err != nil {
			return err
		}
	}
	return nil
}
