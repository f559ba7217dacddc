package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

// TestWayOfOneMail follows a patch from its arrival to the reply that was sent.
func TestWayOfOneMail(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")

		m, raw := s.mail("p1", "root")
		cur := store.Cursor{UIDValidity: 7, UID: 1}
		fresh, err := db.Record(ctx, m, raw, &cur, store.Step{Event: "received", Detail: "INBOX"})
		if err != nil || !fresh {
			t.Fatalf("record: fresh %v, %v", fresh, err)
		}
		if got, err := db.Cursor(ctx, "INBOX"); err != nil || got != cur {
			t.Errorf("cursor %v, %v, want %v", got, err, cur)
		}
		key := store.MessageKey(m.MessageID, m.BodyHash)
		if got, err := db.Raw(ctx, key); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("raw %q, %v", got, err)
		}
		related, err := db.Related(ctx, key, time.Hour)
		must(t, err)
		if len(related) != 1 || related[0].Key != key {
			t.Fatalf("related %v", related)
		}
		m.Key, m.RawHash, m.Recorded = related[0].Key, related[0].RawHash, s.now.Now()
		if diff := cmp.Diff(m, related[0]); diff != "" {
			t.Errorf("message changed in the store (-written +read):\n%s", diff)
		}

		must(t, db.SaveAssembly(ctx, []store.SeriesUpdate{s.update("s", 1, key)},
			store.Step{MessageID: m.MessageID, SeriesID: "s", Version: 1, Event: "assembled", Detail: "1/1"}))
		claim := s.claim(db)
		if claim.ID != "s" || claim.Version != 1 || claim.Attempts != 1 || !claim.Lease.Equal(s.now.In(time.Minute)) {
			t.Errorf("claim %+v", claim)
		}
		if diff := cmp.Diff([]string{key}, claim.Messages); diff != "" {
			t.Errorf("claimed messages:\n%s", diff)
		}
		body := []byte(`{"verdict":"clean","text":"é\u0000"}`)
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{
			State: store.StateDone, Verdict: "clean", BaseCommit: "1eaac56", Report: body, Outbox: s.reply("s", 1),
			Steps: []store.Step{{Event: "reviewed", Detail: "clean"}},
		}))
		report, err := db.Report(ctx, "s", 1)
		must(t, err)
		if !bytes.Equal(report.Body, body) || report.Verdict != "clean" || report.Digest != key || report.BaseCommit != "1eaac56" {
			t.Errorf("report %+v", report)
		}

		mail := s.claimMail(db)
		want := s.reply("s", 1)
		if mail.SeriesID != "s" || mail.Version != 1 || !bytes.Equal(mail.Raw, want.Raw) || !cmp.Equal(mail.Recipients, want.Recipients) {
			t.Errorf("mail %+v", mail)
		}
		must(t, db.MarkSending(ctx, mail))
		must(t, db.MarkSent(ctx, mail, "4XqL2"))

		for _, id := range []string{m.MessageID, want.MessageID} {
			steps, err := db.Journal(ctx, id)
			must(t, err)
			story := events(steps)
			expected := "assembled reviewed reply-recorded sending sent"
			if id == m.MessageID {
				expected = "received " + expected
			}
			if story != expected {
				t.Errorf("journal of %s: %s, want %s", id, story, expected)
			}
		}
		if due, ok, err := db.NextDue(ctx); ok || err != nil {
			t.Errorf("something is still due: %v, %v", due, err)
		}
		status, err := db.Status(ctx)
		must(t, err)
		if status.Series[store.StateDone] != 1 || status.Outbox[store.StateSent] != 1 || status.Messages[store.KindPatch] != 1 ||
			!status.LastMessage.Equal(s.now.Now()) || len(status.Open)+len(status.Waiting)+len(status.Errors) != 0 {
			t.Errorf("status %+v", status)
		}
	})
}
