package store_test

import (
	"fmt"
	"testing"
	"time"

	"patchbot/internal/store"
)

// TestObey has people ask for a review: the version is due once more, a review under way is fenced off, three commands a
// day are obeyed, and each of them once.
func TestObey(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.queued(db, "s")
		ask := func(n int) store.Command {
			name := fmt.Sprintf("ask-%d", n)
			m, raw := s.mail(name, "s")
			m.Kind = store.KindCommand
			_, err := db.Record(ctx, m, raw, nil)
			must(t, err)
			return store.Command{MessageID: name + "@example.org", SeriesID: "s", Version: 1, Text: "recheck", Review: true, Most: 3, Since: s.now.In(-24 * time.Hour)}
		}
		first := ask(1)
		open, err := db.Commands(ctx)
		if err != nil || len(open) != 1 || open[0].MessageID != "ask-1@example.org" {
			t.Fatalf("commands %+v, %v", open, err)
		}
		for i, want := range []bool{true, false} { // a crash repeats it
			if obeyed, err := db.Obey(ctx, first); err != nil || obeyed != want {
				t.Fatalf("time %d: obeyed %v, %v", i, obeyed, err)
			}
		}
		if open, err := db.Commands(ctx); err != nil || len(open) != 0 {
			t.Fatalf("commands %+v, %v", open, err)
		}
		under := s.claim(db)
		if under.Asked() != "ask-1@example.org" || under.State != store.StateReady {
			t.Fatalf("claimed %+v", under)
		}
		for n, want := range map[int]bool{2: true, 3: true} {
			if obeyed, err := db.Obey(ctx, ask(n)); err != nil || obeyed != want {
				t.Fatalf("command %d: obeyed %v, %v", n, obeyed, err)
			}
		}
		if err := db.FinishSeries(ctx, under, store.FinishedReview{State: store.StateDone}); err == nil {
			t.Error("the review that was under way was not fenced off")
		}
		if obeyed, err := db.Obey(ctx, ask(4)); err != nil || obeyed {
			t.Errorf("the fourth command: obeyed %v, %v", obeyed, err)
		}
		again := s.claim(db)
		must(t, db.FinishSeries(ctx, again, store.FinishedReview{State: store.StateDone, Verdict: "clean"}))
		if v := s.version(db, "s", 1); v.Cause != "" || v.State != store.StateDone {
			t.Errorf("after the review: %+v", v)
		}
		s.now.Sleep(25 * time.Hour)
		help := ask(5)
		help.Review, help.Since = false, s.now.In(-24*time.Hour)
		help.Reply = &store.Outbox{Key: "s|1|help", Kind: "help", MessageID: "help@example.org", Recipients: []string{"ada@example.org"}, Raw: []byte("x")}
		if obeyed, err := db.Obey(ctx, help); err != nil || !obeyed {
			t.Errorf("help on the next day: obeyed %v, %v", obeyed, err)
		}
		if o, err := db.OutboxByKey(ctx, "s|1|help"); err != nil || o.SeriesID != "s" || o.State != store.StateReady {
			t.Errorf("help: %+v, %v", o, err)
		}
		if v := s.version(db, "s", 1); v.State != store.StateDone {
			t.Errorf("help made the version %s", v.State)
		}
		steps, err := db.Journal(ctx, "ask-4@example.org")
		if err != nil || events(steps) == "" || steps[len(steps)-1].Event != store.EventCommandRefused {
			t.Errorf("journal of the fourth: %+v, %v", steps, err)
		}
	})
}

// TestBaseMoved makes open versions due when the branch moves, once for each move, and leaves those alone that are in it.
func TestBaseMoved(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		for _, id := range []string{"open", "landed"} {
			s.ready(db, id)
			done := store.FinishedReview{State: store.StateDone, Verdict: "clean", BaseCommit: "old"}
			if id == "landed" {
				done.Applied = "commit"
			}
			must(t, db.FinishSeries(ctx, s.claim(db), done))
		}
		if v := s.version(db, "landed", 1); v.State != store.StateApplied || v.Applied != "commit" {
			t.Errorf("landed: %+v", v)
		}
		since := s.now.In(-time.Hour)
		for i, move := range []struct {
			tip  string
			want int
		}{{"old", 0}, {"new", 1}, {"new", 0}} {
			if n, err := db.BaseMoved(ctx, "wiki", move.tip, since); err != nil || n != move.want {
				t.Fatalf("move %d: %d, %v", i, n, err)
			}
		}
		claim := s.claim(db)
		if claim.ID != "open" || claim.Cause != store.CauseBase || claim.Asked() != "" {
			t.Fatalf("claimed %+v", claim)
		}
		must(t, db.ReleaseSeries(ctx, claim, s.now.Now(), "the repository is away"))
		claim = s.claim(db)
		if claim.Cause != store.CauseBase {
			t.Errorf("the cause got lost: %+v", claim)
		}
		notice := store.Outbox{Key: "notice", Kind: "moderator", MessageID: "notice@example.org", Recipients: []string{"ada@example.org"}, Raw: []byte("x")}
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Verdict: "clean", BaseCommit: "new", Notices: []store.Outbox{notice}}))
		if o, err := db.OutboxByKey(ctx, "notice"); err != nil || o.SeriesID != "open" {
			t.Errorf("notice, which is erased with its series: %+v, %v", o, err)
		}
		sending, err := db.ClaimOutbox(ctx, time.Minute)
		must(t, err)
		must(t, db.MarkSending(ctx, sending))
		if n, err := db.SentOfSeries(ctx, "open", s.now.In(-time.Hour)); n != 0 || err != nil {
			t.Errorf("the notice counts as %d replies on its series, %v", n, err)
		}
		if n, err := db.SentSince(ctx, "", s.now.In(-time.Hour)); n != 0 || err != nil {
			t.Errorf("the notice counts as %d replies, %v", n, err)
		}
		s.now.Sleep(2 * time.Hour)
		if n, err := db.BaseMoved(ctx, "wiki", "newer", s.now.In(-time.Hour)); err != nil || n != 0 {
			t.Errorf("an old version is due again: %d, %v", n, err)
		}
		status, err := db.Status(ctx)
		if err != nil || status.Series[store.StateApplied] != 1 || status.Series[store.StateDone] != 1 {
			t.Errorf("status %v, %v", status.Series, err)
		}
	})
}
