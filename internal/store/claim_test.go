package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

func TestClaimOrder(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		for _, u := range []struct {
			id, state string
			in        time.Duration
		}{
			{"later", store.StateReady, 2 * time.Hour},
			{"incomplete", store.StateIncomplete, time.Hour},
			{"now", store.StateReady, 0},
			{"failed", store.StateFailed, 0},
			{"done", store.StateDone, 0},
		} {
			up := s.update(u.id, 1, s.record(db, u.id))
			up.State, up.RunAt = u.state, s.now.In(u.in)
			s.save(db, up)
		}
		var order []string
		for {
			claim, err := db.ClaimSeries(ctx, time.Minute)
			must(t, err)
			if claim != nil {
				order = append(order, claim.ID)
				must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone}))
				continue
			}
			next, ok, err := db.NextDue(ctx)
			must(t, err)
			if !ok {
				break
			}
			order = append(order, "wait "+next.Sub(s.now.Now()).String())
			s.now.Sleep(next.Sub(s.now.Now()))
		}
		want := []string{"now", "wait 1h0m0s", "incomplete", "wait 1h0m0s", "later"}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// TestLease: a claim ends with its lease, not before, and what its holder does then is refused.
func TestLease(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		first := s.claim(db)
		s.now.Sleep(40 * time.Second)
		must(t, db.RenewSeries(ctx, first, time.Minute))
		if want := s.now.In(time.Minute); !first.Lease.Equal(want) {
			t.Errorf("renewed until %v, want %v", first.Lease, want)
		}
		s.now.Sleep(time.Minute)
		if claim, err := db.ClaimSeries(ctx, time.Minute); claim != nil || err != nil {
			t.Fatalf("claimed in the last millisecond of a lease: %v, %v", claim, err)
		}
		next, ok, err := db.NextDue(ctx)
		if want := s.now.In(time.Millisecond); err != nil || !ok || !next.Equal(want) {
			t.Errorf("next due %v, %v, %v; want %v", next, ok, err, want)
		}
		s.now.Sleep(time.Millisecond)
		second := s.claim(db)
		if second.Attempts != 2 || second.Epoch <= first.Epoch {
			t.Errorf("second claim: attempt %d, epoch %d after %d", second.Attempts, second.Epoch, first.Epoch)
		}
		if err := db.FinishSeries(ctx, first, store.FinishedReview{State: store.StateDone}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("finish by the first claimant: %v", err)
		}
		must(t, db.FinishSeries(ctx, second, store.FinishedReview{State: store.StateDone, Verdict: "clean"}))
		if err := db.FinishSeries(ctx, second, store.FinishedReview{State: store.StateDone}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("second finish: %v", err)
		}
	})
}

func TestReleaseAndRetry(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		must(t, db.ReleaseSeries(ctx, s.claim(db), s.now.In(time.Minute), "fetch wiki: no route to host"))
		status, err := db.Status(ctx)
		must(t, err)
		if len(status.Errors) != 1 || status.Errors[0].SeriesID != "s" || status.Errors[0].Error != "fetch wiki: no route to host" ||
			!status.NextDue.Equal(s.now.In(time.Minute)) || len(status.Open) != 1 {
			t.Errorf("status %+v", status)
		}
		if claim, err := db.ClaimSeries(ctx, time.Minute); claim != nil || err != nil {
			t.Fatalf("claimed before its time: %v, %v", claim, err)
		}
		s.now.Sleep(time.Minute)
		claim := s.claim(db)
		if claim.Attempts != 2 || claim.Error == "" {
			t.Errorf("claim %+v", claim)
		}
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateFailed, Error: "given up"}))
		if v := s.version(db, "s", 1); v.State != store.StateFailed || v.Error != "given up" || v.Attempts != 0 || v.Owner != "" {
			t.Errorf("series %+v", v)
		}
	})
}

// TestIncompleteNotice: the notice goes out once; then only a further part makes the version due.
func TestIncompleteNotice(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		p1 := s.record(db, "p1")
		u := s.update("s", 1, p1)
		u.State = store.StateIncomplete
		s.save(db, u)
		must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{
			State: store.StateIncomplete, Verdict: "incomplete", Report: []byte(`{"n":1}`),
		}))
		if _, ok, err := db.NextDue(ctx); ok || err != nil {
			t.Errorf("still due: %v, %v", ok, err)
		}
		s.save(db, s.update("s", 1, p1, s.record(db, "p2")))
		must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{
			State: store.StateDone, Verdict: "clean", Report: []byte(`{"n":2}`),
		}))
		reports, err := db.Reports(ctx, "s")
		must(t, err)
		if len(reports) != 2 || string(reports[0].Body) != `{"n":1}` || reports[0].Digest != p1 {
			t.Errorf("reports %+v", reports)
		}
		last, err := db.Report(ctx, "s", 1)
		must(t, err)
		if diff := cmp.Diff(reports[1], *last); diff != "" {
			t.Errorf("the last report is another:\n%s", diff)
		}
	})
}

// TestConcurrentClaims: many workers, in several daemons on PostgreSQL, share the work; each version is done once.
func TestConcurrentClaims(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		const series = 40
		daemons := []*store.DB{s.open("daemon 0")}
		for i := 1; i < 3 && s.url != ""; i++ {
			daemons = append(daemons, s.open(fmt.Sprintf("daemon %d", i)))
		}
		for n := range series {
			s.ready(daemons[0], fmt.Sprint(n))
		}
		var wait sync.WaitGroup
		var mu sync.Mutex
		done := make(map[string]int)
		for worker := range 8 {
			db := daemons[worker%len(daemons)]
			wait.Go(func() {
				for {
					claim, err := db.ClaimSeries(ctx, time.Minute)
					if err == nil && claim == nil {
						return
					}
					if err == nil {
						err = db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Outbox: s.reply(claim.ID, 1)})
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					done[claim.ID]++
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		for id, n := range done {
			if n != 1 {
				t.Errorf("series %s was finished %d times", id, n)
			}
		}
		status, err := daemons[0].Status(ctx)
		must(t, err)
		// A claim that lost a race may have found nothing while something was left; no work is lost by that.
		left := status.Series[store.StateReady]
		if len(done)+left != series || status.Outbox[store.StateReady] != len(done) || s.url == "" && left > 0 {
			t.Errorf("%d done, status %+v", len(done), status)
		}
	})
}

// TestClaimPassesBy: a row that another daemon is just claiming does not hold up those who claim, where rows have locks.
func TestClaimPassesBy(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		if s.url == "" {
			return // one writer at a time
		}
		db := s.open("daemon")
		for _, id := range []string{"a", "b"} {
			s.queued(db, id)
			s.now.Sleep(time.Second)
		}
		for _, id := range []string{"c", "d"} {
			s.ready(db, id)
			s.now.Sleep(time.Second)
		}
		other, err := sql.Open("pgx", s.url)
		must(t, err)
		defer other.Close()
		tx, err := other.Begin()
		must(t, err)
		defer func() { _ = tx.Rollback() }()
		for _, lock := range []string{
			"SELECT 1 FROM outbox WHERE series_id = 'a' FOR UPDATE", "SELECT 1 FROM series WHERE id = 'c' FOR UPDATE",
		} {
			if _, err := tx.Exec(lock); err != nil {
				t.Fatal(err)
			}
		}
		if mail := s.claimMail(db); mail.SeriesID != "b" {
			t.Errorf("claimed the mail about %s", mail.SeriesID)
		}
		if claim := s.claim(db); claim.ID != "d" {
			t.Errorf("claimed series %s", claim.ID)
		}
	})
}

// TestClaimsOfADeadDaemon: on SQLite the next daemon knows that the last is dead; on PostgreSQL its lease must end.
func TestClaimsOfADeadDaemon(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		dead := s.open("dead")
		s.queued(dead, "mail")
		s.claimMail(dead)
		s.ready(dead, "series")
		old := s.claim(dead)
		must(t, dead.Close())

		db := s.open("alive")
		if s.url != "" {
			if claim, err := db.ClaimSeries(ctx, time.Minute); claim != nil || err != nil {
				t.Errorf("claimed under the lease of another daemon: %v, %v", claim, err)
			}
			if mail, err := db.ClaimOutbox(ctx, time.Minute); mail != nil || err != nil {
				t.Errorf("mail claimed under the lease of another daemon: %v, %v", mail, err)
			}
			s.now.Sleep(time.Minute + time.Millisecond)
		}
		claim := s.claim(db)
		s.claimMail(db)
		if err := db.FinishSeries(ctx, old, store.FinishedReview{State: store.StateDone}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("finish under the claim of the dead: %v", err)
		}
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone}))
	})
}
