package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

// version reads one version, which there must be.
func (s *site) version(db *store.DB, id string, number int) *store.Series {
	s.t.Helper()
	v, err := db.SeriesVersion(context.Background(), id, number)
	must(s.t, err)
	return v
}

// save saves an assembly.
func (s *site) save(db *store.DB, updates ...store.SeriesUpdate) {
	s.t.Helper()
	must(s.t, db.SaveAssembly(context.Background(), updates))
}

func TestAssemblyUnchanged(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		claim := s.claim(db)
		before := s.version(db, "s", 1)

		again := s.update("s", 1, claim.Messages...)
		again.Subject, again.RunAt = "another title", s.now.In(time.Hour)
		s.save(db, again)
		if diff := cmp.Diff(before, s.version(db, "s", 1)); diff != "" {
			t.Errorf("the same parts changed the series (-before +after):\n%s", diff)
		}
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone}))
	})
}

// TestPartDuringReview: another part arrives while the series is being reviewed. The review is worth nothing any more.
func TestPartDuringReview(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		claim := s.claim(db)
		keys := append(claim.Messages, s.record(db, "p2", "s"))
		s.save(db, s.update("s", 1, keys...))

		r := store.FinishedReview{State: store.StateDone, Verdict: "clean", Report: []byte("{}"), Outbox: s.reply("s", 1)}
		if err := db.FinishSeries(ctx, claim, r); !errors.Is(err, store.ErrFenced) {
			t.Fatalf("finish of the old review: %v", err)
		}
		if err := db.ReleaseSeries(ctx, claim, s.now.Now(), "late"); !errors.Is(err, store.ErrFenced) {
			t.Errorf("release of the old review: %v", err)
		}
		if err := db.RenewSeries(ctx, claim, time.Hour); !errors.Is(err, store.ErrFenced) {
			t.Errorf("renewal of the old review: %v", err)
		}
		if reports, err := db.Reports(ctx, "s"); err != nil || len(reports) > 0 {
			t.Errorf("the old review left reports: %v, %v", reports, err)
		}
		if mail, err := db.ClaimOutbox(ctx, time.Minute); err != nil || mail != nil {
			t.Errorf("the old review left a mail: %v, %v", mail, err)
		}
		anew := s.claim(db)
		if diff := cmp.Diff(keys, anew.Messages); diff != "" || anew.Attempts != 1 {
			t.Errorf("attempt %d, messages:\n%s", anew.Attempts, diff)
		}
		must(t, db.FinishSeries(ctx, anew, r))
	})
}

// TestNewVersion: version 2 arrives, in turn while version 1 waits, is being reviewed, and has been reviewed.
func TestNewVersion(t *testing.T) {
	for _, stage := range []string{"waiting", "claimed", "done"} {
		t.Run(stage, func(t *testing.T) {
			forEachEngine(t, func(t *testing.T, s *site) {
				ctx := t.Context()
				db := s.open("daemon")
				s.ready(db, "s")
				old := s.update("s", 1, s.version(db, "s", 1).Messages...)
				var claim *store.Series
				if stage != "waiting" {
					claim = s.claim(db)
				}
				if stage == "done" {
					must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Verdict: "remarks"}))
				}
				old.SupersededBy = 2
				s.save(db, old, s.update("s", 2, s.record(db, "v2")))

				if stage == "claimed" {
					err := db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Outbox: s.reply("s", 1)})
					if !errors.Is(err, store.ErrFenced) {
						t.Errorf("finish of the old version: %v", err)
					}
				}
				v1 := s.version(db, "s", 1)
				if v1.State != store.StateSuperseded || v1.SupersededBy != 2 || (stage == "done") != (v1.Verdict == "remarks") {
					t.Errorf("version 1: %+v", v1)
				}
				if claim := s.claim(db); claim.Version != 2 {
					t.Errorf("version %d is due", claim.Version)
				}
				if none, err := db.ClaimSeries(ctx, time.Minute); none != nil || err != nil {
					t.Errorf("a further version is due: %v, %v", none, err)
				}
				// A late mail of version 1 changes its parts, but not that it is over.
				late := s.update("s", 1, append(old.Messages, s.record(db, "late"))...)
				s.save(db, late)
				if v1 := s.version(db, "s", 1); v1.State != store.StateSuperseded || v1.SupersededBy != 2 || len(v1.Messages) != 2 {
					t.Errorf("version 1 after a late mail: %+v", v1)
				}
				steps, err := db.JournalOf(ctx, "s", 1)
				must(t, err)
				if n := len(steps); n != 1 || steps[0].Event != store.EventSuperseded || steps[0].Detail != "by v2" {
					t.Errorf("journal of version 1: %v", steps)
				}
			})
		})
	}
}

// TestMessagesMove: the cover letter comes last and gives the series its name.
func TestMessagesMove(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		p1, p2 := s.record(db, "p1", "cover"), s.record(db, "p2", "cover")
		s.save(db, s.update("p1", 1, p1, p2))
		claim := s.claim(db)
		cover := s.record(db, "cover")
		s.save(db, s.update("cover", 1, cover, p1, p2))

		if err := db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("finish of the emptied series: %v", err)
		}
		if old := s.version(db, "p1", 1); old.State != store.StateSuperseded || len(old.Messages) > 0 {
			t.Errorf("emptied series: %+v", old)
		}
		messages, err := db.MessagesOf(ctx, "cover", 1)
		must(t, err)
		if len(messages) != 3 || messages[0].Key != cover || messages[2].SeriesID != "cover" || messages[2].Version != 1 {
			t.Errorf("messages %v", messages)
		}
		// Should the first name turn out right after all, the series is due again under it.
		s.save(db, s.update("p1", 1, p1, p2), s.update("cover", 1, cover))
		if back := s.version(db, "p1", 1); back.State != store.StateReady || len(back.Messages) != 2 {
			t.Errorf("series that got its messages back: %+v", back)
		}
	})
}

// TestStaleAssembly: a daemon that knows less than what was saved meanwhile changes nothing.
func TestStaleAssembly(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		p1, p2 := s.record(db, "p1"), s.record(db, "p2", "p1")
		s.save(db, s.update("s", 1, p1, p2))
		before := s.version(db, "s", 1)

		for name, stale := range map[string]store.SeriesUpdate{
			"same series":    s.update("s", 1, p1),
			"another series": s.update("x", 1, p1),
		} {
			if err := db.SaveAssembly(ctx, []store.SeriesUpdate{stale}); !errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(before, s.version(db, "s", 1)); diff != "" {
			t.Errorf("a stale assembly changed the series:\n%s", diff)
		}
		// Who knows p2 may leave it out: a part that was sent again, say.
		p2again := s.record(db, "p2 again", "p1")
		fewer := s.update("s", 1, p1, p2again)
		fewer.Known = []string{p1, p2, p2again}
		s.save(db, fewer)
		if diff := cmp.Diff([]string{p1, p2again}, s.version(db, "s", 1).Messages); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// TestConcurrentAssembly has several daemons take the parts of many series at once, each part by another daemon. Whoever
// comes last must see all parts: a transaction that counted its own parts only would leave series incomplete, which
// SQLite's single writer hides and PostgreSQL does not.
func TestConcurrentAssembly(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		const series, parts = 12, 5
		daemons := make([]*store.DB, parts)
		for i := range daemons {
			daemons[i] = s.open(fmt.Sprintf("daemon %d", i))
			if s.url == "" && i == 0 {
				for j := 1; j < parts; j++ {
					daemons[j] = daemons[0]
				}
				break
			}
		}
		var wait sync.WaitGroup
		for n := range series {
			for p, db := range daemons {
				wait.Go(func() {
					if err := s.takePart(db, n, p, parts); err != nil {
						t.Errorf("series %d part %d: %v", n, p, err)
					}
				})
			}
		}
		wait.Wait()
		for n := range series {
			got := s.version(daemons[0], fmt.Sprintf("series %d", n), 1)
			if got.State != store.StateReady || len(got.Messages) != parts {
				t.Errorf("%s: %s with %d of %d parts", got.ID, got.State, len(got.Messages), parts)
			}
		}
	})
}

// takePart does what a daemon does with one mail: record it, find what is related, assemble, and again when stale.
func (s *site) takePart(db *store.DB, n, p, parts int) error {
	ctx := context.Background()
	m, raw := s.mail(fmt.Sprintf("series %d part %d", n, p), fmt.Sprintf("cover %d", n))
	m.Author = "" // only the thread relates them
	if _, err := db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: uint32(n*parts + p)}); err != nil {
		return err
	}
	for {
		related, err := db.Related(ctx, store.MessageKey(m.MessageID, m.BodyHash), time.Hour)
		if err != nil {
			return err
		}
		var keys []string
		for _, r := range related {
			keys = append(keys, r.Key)
		}
		u := s.update(fmt.Sprintf("series %d", n), 1, keys...)
		if u.Total = parts; len(keys) < parts {
			u.State, u.RunAt = store.StateIncomplete, s.now.In(time.Hour)
		}
		if err := db.SaveAssembly(ctx, []store.SeriesUpdate{u}); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
}

func TestRecent(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			if id != "c" && id != "d" { // b, c and d in the same millisecond
				s.now.Sleep(time.Second)
			}
			s.ready(db, id)
		}
		var pages [][]string
		for before := (time.Time{}); ; {
			page, err := db.Recent(ctx, 2, before)
			must(t, err)
			if len(page) == 0 {
				break
			}
			var ids []string
			for _, v := range page {
				ids = append(ids, v.ID)
				before = v.Created
			}
			pages = append(pages, ids)
		}
		if diff := cmp.Diff([][]string{{"e", "b", "c", "d"}, {"a"}}, pages); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}
