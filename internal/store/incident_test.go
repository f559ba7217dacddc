package store_test

import (
	"testing"
	"time"

	"patchbot/internal/store"
)

// An incident lasts as long as it is seen again soon, whoever looks; then the next one begins.
func TestIncident(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("a")
		begin := s.now.Now()
		look := func(name string, want time.Time) {
			t.Helper()
			since, err := db.Incident(t.Context(), name, time.Hour)
			must(t, err)
			if !since.Equal(want) {
				t.Errorf("%s since %s, want %s", name, since, want)
			}
		}
		look("held", begin)
		s.now.Sleep(50 * time.Minute)
		look("held", begin)
		look("mailbox", s.now.Now())
		s.now.Sleep(50 * time.Minute)
		look("held", begin)
		s.now.Sleep(2 * time.Hour)
		look("held", s.now.Now())
	})
}

// What the operator may have to hear of: patches that nobody reviewed, and mails that did not leave.
func TestUnreadAndStranded(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("a")
		m, raw := s.mail("p1", "root")
		_, err := db.Record(ctx, m, raw, nil)
		must(t, err)
		key := store.MessageKey(m.MessageID, m.BodyHash)
		must(t, db.SaveAssembly(ctx, []store.SeriesUpdate{s.update("s", 1, key)}))
		recorded := s.now.Now()
		s.now.Sleep(time.Hour)
		if _, n, err := db.Unread(ctx, recorded, 5); err != nil || n != 0 {
			t.Errorf("%d mails are older than themselves, %v", n, err)
		}
		oldest, n, err := db.Unread(ctx, s.now.Now(), 5)
		must(t, err)
		if n != 1 || len(oldest) != 1 || oldest[0].MessageID != m.MessageID || !oldest[0].Recorded.Equal(recorded) {
			t.Errorf("unread: %d, %+v", n, oldest)
		}

		claim := s.claim(db)
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Verdict: "clean", Outbox: s.reply("s", 1)}))
		if _, n, err := db.Unread(ctx, s.now.Now(), 5); err != nil || n != 0 {
			t.Errorf("%d mails are unread after the review, %v", n, err)
		}
		row, err := db.ClaimOutbox(ctx, time.Minute)
		must(t, err)
		must(t, db.FailOutbox(ctx, row, "550"))
		for key, cause := range map[string]string{"held": "a cap", "off": "replies are not enabled", "alert": "no proof"} {
			o := store.Outbox{Key: key, Kind: "help", MessageID: key + "@example.org", Recipients: []string{"x@example.org"}, Raw: []byte("x"), State: store.StateHeld, Error: cause}
			if key == "alert" {
				o.Kind = store.KindAlert
			}
			_, err := db.Enqueue(ctx, o)
			must(t, err)
		}
		left, err := db.Stranded(ctx, "replies are not enabled", "", s.now.Now().Add(-time.Hour), 10)
		must(t, err)
		if len(left) != 2 || left[0].Key != "held" || left[1].State != store.StateFailed {
			t.Errorf("stranded: %+v", left)
		}
		later, err := db.Stranded(ctx, "replies are not enabled", "", s.now.Now().Add(time.Hour), 10)
		must(t, err)
		if len(later) != 1 {
			t.Errorf("a failure of old is told again: %+v", later)
		}
	})
}
