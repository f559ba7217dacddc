package store_test

import (
	"errors"
	"testing"
	"time"

	"patchbot/internal/store"
)

// TestMarks follows what is to be shown of one series until it is shown, or something else is.
func TestMarks(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		if _, ok, err := db.NextMark(ctx); ok || err != nil {
			t.Errorf("a mark in an empty store: %v", err)
		}
		s.ready(db, "s")
		must(t, db.PutMark(ctx, "s", 1, []byte(`{"pending":1}`)))
		early, err := db.ClaimMark(ctx, time.Minute)
		must(t, err)
		if early == nil || early.SeriesID != "s" || early.Version != 1 || string(early.Body) != `{"pending":1}` || early.Attempts != 1 || !early.Put.Equal(s.now.Now()) {
			t.Fatalf("claimed %+v", early)
		}
		if m, err := db.ClaimMark(ctx, time.Minute); err != nil || m != nil {
			t.Errorf("claimed twice: %+v, %v", m, err)
		}
		// The review ends while the first mark is on its way: that claim is void, and the new mark waits for its end.
		must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone, Verdict: "clean", Report: []byte(`{}`), Mark: []byte(`{"clean":1}`)}))
		if m, err := db.ClaimMark(ctx, time.Minute); err != nil || m != nil {
			t.Errorf("claimed while an older one is on its way: %+v, %v", m, err)
		}
		if err := db.EndMark(ctx, early); !errors.Is(err, store.ErrFenced) {
			t.Errorf("a void claim ends with %v", err)
		}
		m, err := db.ClaimMark(ctx, time.Minute)
		must(t, err)
		if string(m.Body) != `{"clean":1}` || m.Attempts != 1 {
			t.Errorf("claimed %+v", m)
		}
		// In trouble it comes back later, and the operator sees why.
		must(t, db.ReleaseMark(ctx, m, s.now.In(time.Hour), "the site is down"))
		next, ok, err := db.NextMark(ctx)
		if err != nil || !ok || !next.Equal(s.now.In(time.Hour)) {
			t.Errorf("next due %v, %v, %v", next, ok, err)
		}
		status, err := db.Status(ctx)
		must(t, err)
		if len(status.Errors) != 1 || status.Errors[0].Error != "the site is down" || status.Errors[0].SeriesID != "s" || status.Errors[0].State != "not shown" {
			t.Errorf("status %+v", status.Errors)
		}
		s.now.Sleep(time.Hour)
		if m, err = db.ClaimMark(ctx, 24*time.Hour); err != nil || m == nil || m.Attempts != 2 {
			t.Fatalf("second attempt %+v, %v", m, err)
		}
		must(t, db.PostponeMark(ctx, m, s.now.In(time.Minute)))
		s.now.Sleep(time.Minute)
		if m, err = db.ClaimMark(ctx, 24*time.Hour); err != nil || m == nil || m.Attempts != 1 || !m.Put.Equal(s.now.Now()) {
			t.Fatalf("a mark that was put off %+v, %v", m, err)
		}
		// A daemon that dies leaves the mark to the next.
		must(t, db.Close())
		if s.url != "" {
			s.now.Sleep(25 * time.Hour)
		}
		db = s.open("next")
		m, err = db.ClaimMark(ctx, time.Minute)
		must(t, err)
		must(t, db.EndMark(ctx, m, store.Step{Event: "shown", Detail: "success"}))
		if m, err := db.ClaimMark(ctx, time.Minute); err != nil || m != nil {
			t.Errorf("claimed when shown: %+v, %v", m, err)
		}
		steps, err := db.JournalOf(ctx, "s", 1)
		must(t, err)
		if last := steps[len(steps)-1]; last.Event != "shown" || last.Version != 1 {
			t.Errorf("journal %+v", last)
		}
		// A report that links amend, too; and nothing is shown of what is erased.
		must(t, db.PutMark(ctx, "s", 1, []byte(`{}`)))
		_, err = db.Purge(ctx, s.now.In(1000*time.Hour))
		must(t, err)
		if m, err := db.ClaimMark(ctx, time.Minute); err != nil || m != nil {
			t.Errorf("claimed when erased: %+v, %v", m, err)
		}
	})
}

// TestMarkOfLinks: what a late look at links changes is shown in the same transaction.
func TestMarkOfLinks(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone, Verdict: "clean", Report: []byte(`{}`), Links: []byte(`[]`), LinksAt: s.now.Now()}))
		job, err := db.ClaimLinks(ctx, time.Minute)
		must(t, err)
		must(t, db.FinishLinks(ctx, job, store.FinishedLinks{Report: []byte(`{}`), Verdict: "changes-needed", Mark: []byte(`{"failed":1}`)}))
		if err := db.FinishLinks(ctx, job, store.FinishedLinks{Mark: []byte(`{"twice":1}`)}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("ended twice: %v", err)
		}
		m, err := db.ClaimMark(ctx, time.Minute)
		must(t, err)
		if m == nil || string(m.Body) != `{"failed":1}` {
			t.Errorf("claimed %+v", m)
		}
	})
}
