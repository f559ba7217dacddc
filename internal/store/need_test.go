package store_test

import (
	"errors"
	"testing"
	"time"

	"patchbot/internal/store"
)

// TestNeeds: a version that was reviewed is due once more when what it stands on comes, also when another one lies between.
func TestNeeds(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		state := func(id, want string) {
			t.Helper()
			if v := s.version(db, id, 1); v.State != want {
				t.Errorf("%s is %s, want %s", id, v.State, want)
			}
		}
		needy := func(id string, needs ...string) store.SeriesUpdate {
			u := s.update(id, 1, s.record(db, id))
			u.Needs = needs
			return u
		}
		finish := func() { must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone})) }
		for _, u := range []store.SeriesUpdate{
			needy("top", "middle@example.org"), needy("middle", "0f0f"), needy("elsewhere", "0f0f"), needy("aside", "nobody@example.org"), needy("old", "0f0f"),
		} {
			if u.ID == "elsewhere" {
				u.Wiki = "other"
			}
			s.save(db, u)
			finish()
		}
		replaced := s.update("old", 1, s.version(db, "old", 1).Messages...)
		replaced.SupersededBy = 2
		s.save(db, replaced, s.update("old", 2, s.record(db, "old-2")))
		finish()

		incomplete := s.update("low", 1, s.record(db, "low"))
		incomplete.State, incomplete.Offers, incomplete.RunAt = store.StateIncomplete, []string{"low@example.org", "0f0f"}, s.now.In(time.Hour)
		s.save(db, incomplete)
		state("middle", store.StateDone)

		whole := s.update("low", 1, append(incomplete.Messages, s.record(db, "low-2"))...)
		whole.Offers, whole.RunAt = incomplete.Offers, s.now.In(time.Minute)
		s.save(db, whole)
		state("middle", store.StateReady)
		state("top", store.StateReady)
		state("elsewhere", store.StateDone)
		state("aside", store.StateDone)
		state("old", store.StateSuperseded)
		if claim, err := db.ClaimSeries(ctx, time.Minute); err != nil || claim != nil {
			t.Fatalf("something is due before the series below: %+v, %v", claim, err)
		}
		s.now.Sleep(2 * time.Minute)
		for _, want := range []string{"low", "middle", "top"} {
			claim := s.claim(db)
			if claim.ID != want || (claim.Cause == store.CauseBelow) != (want != "low") {
				t.Errorf("claimed %s for %q, want %s", claim.ID, claim.Cause, want)
			}
			must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone}))
		}
		s.save(db, whole) // nothing is news
		state("middle", store.StateDone)

		// A review that began without the new version below is worth nothing.
		mail, err := db.Obey(ctx, store.Command{MessageID: "ask@example.org", SeriesID: "middle", Version: 1, Review: true, Most: 1})
		if err != nil || !mail {
			t.Fatal(mail, err)
		}
		under := s.claim(db)
		second := s.update("low", 2, s.record(db, "low-v2"))
		second.Offers, whole.SupersededBy = []string{"0f0f"}, 2
		s.save(db, whole, second)
		if err := db.FinishSeries(ctx, under, store.FinishedReview{State: store.StateDone}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("a review without the new version below: %v", err)
		}
		steps, err := db.JournalOf(ctx, "middle", 1)
		if err != nil || steps[len(steps)-1].Event != store.EventDueAgain {
			t.Errorf("journal %s, %v", events(steps), err)
		}
	})
}
