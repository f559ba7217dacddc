package store_test

import (
	"testing"
	"time"

	"patchbot/internal/store"
)

// A clock that was three days ahead for a while and is right again leaves no work behind that rests for three days, and no
// wait that was meant is cut short.
func TestRewind(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("a")
		take := func(name string) string {
			t.Helper()
			m, raw := s.mail(name, "")
			_, err := db.Record(ctx, m, raw, nil)
			must(t, err)
			return store.MessageKey(m.MessageID, m.BodyHash)
		}
		rewind := func(want int) {
			t.Helper()
			if n, err := db.Rewind(ctx); err != nil || n != want {
				t.Errorf("rewound %d rows, %v, want %d", n, err, want)
			}
		}
		must(t, db.SaveAssembly(ctx, []store.SeriesUpdate{s.update("early", 1, take("p1"))}))
		rewind(0)

		const ahead = 72 * time.Hour
		s.now.Sleep(ahead)
		late := s.update("late", 1, take("p2"))
		late.RunAt = s.now.In(10 * time.Minute)
		must(t, db.SaveAssembly(ctx, []store.SeriesUpdate{late}))
		claim := s.claim(db)
		if claim.ID != "early" {
			t.Fatalf("claimed %s", claim.ID)
		}
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Verdict: "clean", Outbox: s.reply("early", 1)}))
		mail, err := db.ClaimOutbox(ctx, time.Minute)
		must(t, err)
		must(t, db.MarkSending(ctx, mail))
		must(t, db.RetryOutbox(ctx, mail, s.now.In(5*time.Minute), "450"))
		must(t, db.PutMark(ctx, "early", 1, []byte("{}")))

		s.now.Sleep(-ahead)
		rewind(3)
		rewind(0)
		due, ok, err := db.NextDue(ctx)
		must(t, err)
		if !ok || due.After(s.now.In(5*time.Minute)) {
			t.Errorf("next due %s, want within five minutes of %s", due, s.now.Now())
		}
		s.now.Sleep(5*time.Minute + time.Second)
		if mail, err := db.ClaimOutbox(ctx, time.Minute); err != nil || mail == nil {
			t.Errorf("no mail is due: %v", err)
		}
		if early, err := db.ClaimSeries(ctx, time.Minute); err != nil || early != nil {
			t.Errorf("a wait of ten minutes was cut short: %+v, %v", early, err)
		}
		s.now.Sleep(5 * time.Minute)
		if claim := s.claim(db); claim.ID != "late" {
			t.Errorf("claimed %s", claim.ID)
		}
	})
}
