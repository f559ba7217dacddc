package store_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

// TestADayOfWaiting lets a loop sleep from one due time to the next over a day of failures, on a real SQLite file and on
// invented time. It wakes for nothing but work.
func TestADayOfWaiting(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		db, err := store.Open(ctx, store.Options{Dir: dir, Owner: "daemon"}) // the clock is that of the bubble
		must(t, err)
		defer db.Close()
		s := &site{t: t, dir: dir, now: newClock()}
		s.now.ms.Store(time.Now().UnixMilli())
		s.ready(db, "s")
		start := time.Now()

		var woken []string
		for {
			next, ok, err := db.NextDue(ctx)
			must(t, err)
			if !ok {
				break
			}
			time.Sleep(time.Until(next))
			claim, err := db.ClaimSeries(ctx, time.Minute)
			must(t, err)
			if claim == nil {
				t.Fatalf("woken %v after the start for nothing", time.Since(start))
			}
			woken = append(woken, fmt.Sprintf("%v: attempt %d", time.Since(start), claim.Attempts))
			delay := 15 * time.Minute << (claim.Attempts - 1)
			switch {
			case claim.Attempts == 3: // the reviewer dies: only its lease ends the claim
			case time.Since(start) < 24*time.Hour:
				must(t, db.ReleaseSeries(ctx, claim, time.Now().Add(delay), "the wiki cannot be reached"))
			default:
				must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone}))
			}
		}
		want := []string{
			"0s: attempt 1", "15m0s: attempt 2", "45m0s: attempt 3", "46m0.001s: attempt 4",
			"2h46m0.001s: attempt 5", "6h46m0.001s: attempt 6", "14h46m0.001s: attempt 7", "30h46m0.001s: attempt 8",
		}
		if diff := cmp.Diff(want, woken); diff != "" {
			t.Errorf("woken (-want +got):\n%s", diff)
		}
	})
}
