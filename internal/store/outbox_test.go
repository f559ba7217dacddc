package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

// TestDelivery takes a mail through every way it can go.
func TestDelivery(t *testing.T) {
	type env struct {
		s     *site
		db    *store.DB
		claim *store.Outbox
	}
	ctx := context.Background()
	send := func(e *env) error { return e.db.MarkSending(ctx, e.claim) }
	sent := func(e *env) error { return e.db.MarkSent(ctx, e.claim, "queue id") }
	retry := func(e *env) error {
		return e.db.RetryOutbox(ctx, e.claim, e.s.now.In(time.Minute), "450 4.7.1 greylisted")
	}
	fail := func(e *env) error { return e.db.FailOutbox(ctx, e.claim, "550 5.1.1 no such user") }
	hold := func(e *env) error { return e.db.HoldOutbox(ctx, e.claim, "over the cap") }
	later := func(e *env) error { return e.db.ProbeLater(ctx, e.claim, e.s.now.In(time.Minute), "not there") }
	release := func(e *env) error { return e.db.Release(ctx, e.claim.Key) }
	drop := func(e *env) error { return e.db.Drop(ctx, e.claim.Key, "dropped by a person") }
	postpone := func(e *env) error {
		return e.db.PostponeOutbox(ctx, e.claim, e.s.now.In(time.Minute), "quiet hours")
	}
	confirm := func(e *env) error { return e.db.ConfirmSent(ctx, e.claim.Key, "copy seen") }
	wait := func(e *env) error { e.s.now.Sleep(2 * time.Minute); return nil }
	claim := func(e *env) error { e.claim = e.s.claimMail(e.db); return nil }
	probe := func(e *env) (err error) {
		e.claim, err = e.db.ClaimUnknown(ctx, time.Minute)
		if err == nil && e.claim == nil {
			err = errors.New("there is none to probe for")
		}
		return err
	}
	cases := []struct {
		name     string
		way      []func(*env) error
		state    string
		attempts int
		journal  string // after reply-recorded
		fenced   bool   // the last step is refused
	}{
		{"sent", []func(*env) error{send, sent}, "sent", 1, "sending sent", false},
		{"sent on the second attempt", []func(*env) error{send, retry, wait, claim, send, sent}, "sent", 2,
			"sending send-retry sending sent", false},
		{"refused", []func(*env) error{send, fail}, "failed", 1, "sending send-failed", false},
		{"failed before sending", []func(*env) error{fail}, "failed", 0, "send-failed", false},
		{"over the cap, released", []func(*env) error{hold, release, claim, send, sent}, "sent", 1,
			"held released sending sent", false},
		{"over the cap, dropped", []func(*env) error{hold, drop}, "unsent", 0, "held unsent", false},
		{"put off, then sent", []func(*env) error{postpone, wait, claim, send, sent}, "sent", 1, "postponed sending sent", false},
		{"unknown and found", []func(*env) error{send, wait, probe, sent}, "sent", 1, "sending sent", false},
		{"unknown, not found, sent again", []func(*env) error{send, wait, probe, later, wait, probe, retry, wait, claim, send, sent},
			"sent", 2, "sending send-unknown send-retry sending sent", false},
		{"unknown for ever", []func(*env) error{send, wait, probe, hold}, "held", 1, "sending held", false},
		{"copy comes before the server's answer", []func(*env) error{send, confirm, sent}, "sent", 1, "sending sent sent", false},
		{"copy comes while a retry waits", []func(*env) error{send, retry, confirm}, "sent", 1, "sending send-retry sent", false},
		{"copy comes, then the sender would try again", []func(*env) error{send, confirm, retry}, "sent", 1, "sending sent", true},
		{"copy of a mail never sent is forged", []func(*env) error{confirm}, "ready", 0, "", false},
		{"second copy says nothing new", []func(*env) error{send, sent, confirm}, "sent", 1, "sending sent", false},
		{"sending twice under one claim", []func(*env) error{send, send}, "sending", 1, "sending", true},
		{"sent twice under one claim", []func(*env) error{send, sent, sent}, "sent", 1, "sending sent", true},
		{"retry after sent", []func(*env) error{send, sent, retry}, "sent", 1, "sending sent", true},
		{"hold after failed", []func(*env) error{send, fail, hold}, "failed", 1, "sending send-failed", true},
	}
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				must(t, db.Exec(t.Context(), "DELETE FROM outbox")) // all cases share a store
				e := &env{s: s, db: db}
				s.queued(db, c.name)
				e.claim = s.claimMail(db)
				for i, step := range c.way {
					err := step(e)
					if last := i == len(c.way)-1; last && c.fenced {
						if !errors.Is(err, store.ErrFenced) {
							t.Errorf("last step: %v, want ErrFenced", err)
						}
					} else if err != nil {
						t.Fatalf("step %d: %v", i, err)
					}
				}
				mail, err := db.OutboxByKey(t.Context(), e.claim.Key)
				must(t, err)
				quiet := c.state == "sent" || c.state == "sending" || c.attempts == 0 && c.state == "ready"
				if mail.State != c.state || mail.Attempts != c.attempts || (mail.Error == "") != quiet {
					t.Errorf("mail %+v", mail)
				}
				if released := strings.Contains(c.journal, "released"); released == mail.Released.IsZero() {
					t.Errorf("released at %v", mail.Released)
				}
				if (c.state == "sent" || c.state == "sending") == mail.Sent.IsZero() {
					t.Errorf("%s at %v", mail.State, mail.Sent)
				}
				steps, err := db.Journal(t.Context(), mail.MessageID)
				must(t, err)
				if diff := cmp.Diff(join("reply-recorded", c.journal), events(steps)); diff != "" {
					t.Errorf("journal (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + " " + b
}

// TestCrashInSending: the process dies after MarkSending. The mail is not sent again by anyone who has not probed.
func TestCrashInSending(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		dead := s.open("dead")
		s.queued(dead, "s")
		claim := s.claimMail(dead)
		must(t, dead.MarkSending(ctx, claim))
		if unknown, err := dead.Unknown(ctx); err != nil || len(unknown) > 0 {
			t.Errorf("unknown under a live lease: %v, %v", unknown, err)
		}
		must(t, dead.Close())
		s.now.Sleep(time.Minute + time.Millisecond)

		db := s.open("alive")
		if mail, err := db.ClaimOutbox(ctx, time.Minute); mail != nil || err != nil {
			t.Fatalf("offered to be sent again: %v, %v", mail, err)
		}
		unknown, err := db.Unknown(ctx)
		if err != nil || len(unknown) != 1 || unknown[0].Key != claim.Key || unknown[0].Raw != nil {
			t.Fatalf("unknown %v, %v", unknown, err)
		}
		if next, ok, err := db.NextDue(ctx); err != nil || !ok || next.After(s.now.Now()) {
			t.Errorf("next due %v, %v, %v", next, ok, err)
		}
		probe, err := db.ClaimUnknown(ctx, time.Minute)
		if err != nil || probe == nil || probe.Probes != 0 || string(probe.Raw) != string(claim.Raw) {
			t.Fatalf("probe %+v, %v", probe, err)
		}
		if again, err := db.ClaimUnknown(ctx, time.Minute); again != nil || err != nil {
			t.Errorf("two probes at once: %v, %v", again, err)
		}
		if n, err := db.SentSince(ctx, "ada@example.org", s.now.In(-time.Hour)); n != 1 || err != nil {
			t.Errorf("%d counted as sent, %v; it may have left", n, err)
		}
		must(t, db.ProbeLater(ctx, probe, s.now.In(time.Minute), "not there yet"))
		if again, err := db.ClaimUnknown(ctx, time.Minute); again != nil || err != nil {
			t.Errorf("probed before its time: %v, %v", again, err)
		}
		s.now.Sleep(time.Minute)
		probe, err = db.ClaimUnknown(ctx, time.Minute)
		if err != nil || probe == nil || probe.Probes != 1 {
			t.Fatalf("second probe %+v, %v", probe, err)
		}
		must(t, db.MarkSent(ctx, probe, "found"))
	})
}

// TestOneReplyPerKey: a second mail under a key is dropped, whatever became of the first.
func TestOneReplyPerKey(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.queued(db, "s")
		first, err := db.OutboxByKey(ctx, s.reply("s", 1).Key)
		must(t, err)

		s.save(db, s.update("s", 1, s.version(db, "s", 1).Messages[0], s.record(db, "p2")))
		second := s.reply("s", 1)
		second.Raw = []byte("other words")
		must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone, Outbox: second}))
		second.SeriesID, second.Version = "s", 1
		if fresh, err := db.Enqueue(ctx, *second); fresh || err != nil {
			t.Errorf("third: fresh %v, %v", fresh, err)
		}
		now, err := db.OutboxByKey(ctx, first.Key)
		must(t, err)
		if diff := cmp.Diff(first, now, cmp.AllowUnexported(store.Outbox{})); diff != "" {
			t.Errorf("the mail changed:\n%s", diff)
		}
		steps, err := db.JournalOf(ctx, "s", 1)
		must(t, err)
		if got := events(steps); got != "reply-recorded reply-exists reply-exists" {
			t.Errorf("journal: %s", got)
		}
	})
}

// TestHeldFromTheStart: replies are not enabled; they are stored and shown, and leave only when a person says so.
func TestHeldFromTheStart(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		mail := s.reply("s", 1)
		mail.State, mail.Error = store.StateHeld, "replies are not enabled"
		must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone, Outbox: mail}))
		if claim, err := db.ClaimOutbox(ctx, time.Minute); claim != nil || err != nil {
			t.Fatalf("claimed: %v, %v", claim, err)
		}
		status, err := db.Status(ctx)
		must(t, err)
		if len(status.Waiting) != 1 || status.Waiting[0].Error != mail.Error || len(status.Errors) != 1 || status.Errors[0].Mail != mail.Key {
			t.Errorf("status %+v", status)
		}
		must(t, db.Release(ctx, mail.Key))
		if err := db.Release(ctx, mail.Key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("second release: %v", err)
		}
		s.claimMail(db)
		steps, err := db.JournalOf(ctx, "s", 1)
		must(t, err)
		if got := events(steps); got != "reply-recorded held released" {
			t.Errorf("journal: %s", got)
		}
	})
}

func TestEnqueueRefuses(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		for name, spoil := range map[string]func(*store.Outbox){
			"no key":        func(o *store.Outbox) { o.Key = "" },
			"no id":         func(o *store.Outbox) { o.MessageID = "" },
			"no recipients": func(o *store.Outbox) { o.Recipients = nil },
			"no bytes":      func(o *store.Outbox) { o.Raw = nil },
			"sent already":  func(o *store.Outbox) { o.State = store.StateSent },
		} {
			o := s.reply("s", 1)
			spoil(o)
			if fresh, err := db.Enqueue(t.Context(), *o); fresh || err == nil {
				t.Errorf("%s: fresh %v, %v", name, fresh, err)
			}
		}
	})
}

// TestLostBytes: the bytes of one mail are gone or spoilt. It fails, with the reason, and the next one goes out.
func TestLostBytes(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, s *site, db *store.DB, hash string){
		"gone": func(t *testing.T, s *site, db *store.DB, hash string) {
			if s.url != "" {
				must(t, db.Exec(t.Context(), "DELETE FROM raw WHERE hash = $1", hash))
				return
			}
			must(t, os.Remove(rawPath(s, hash)))
		},
		"spoilt": func(t *testing.T, s *site, db *store.DB, hash string) {
			if s.url != "" {
				must(t, db.Exec(t.Context(), "UPDATE raw SET bytes = $1 WHERE hash = $2", []byte("x"), hash))
				return
			}
			must(t, os.WriteFile(rawPath(s, hash), []byte("x"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			forEachEngine(t, func(t *testing.T, s *site) {
				ctx := t.Context()
				db := s.open("daemon")
				s.queued(db, "a")
				s.now.Sleep(time.Second)
				s.queued(db, "b")
				hash, err := db.QueryText(ctx, "SELECT raw_hash FROM outbox WHERE series_id = 'a'")
				must(t, err)
				spoil(t, s, db, hash[0])

				want := store.ErrNotFound
				if name == "spoilt" {
					want = store.ErrCorrupt
				}
				if claim, err := db.ClaimOutbox(ctx, time.Minute); claim != nil || !errors.Is(err, want) {
					t.Errorf("claim %v, %v; want %v", claim, err, want)
				}
				if claim := s.claimMail(db); claim.SeriesID != "b" {
					t.Errorf("next mail is about %s", claim.SeriesID)
				}
				status, err := db.Status(ctx)
				must(t, err)
				if status.Outbox[store.StateFailed] != 1 || len(status.Errors) != 1 {
					t.Errorf("status %+v", status)
				}
			})
		})
	}
}

func rawPath(s *site, hash string) string {
	return filepath.Join(s.dir, "raw", hash[:2], hash[2:4], hash)
}

func TestCaps(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		start := s.now.Now()
		for i, author := range []string{"ada@example.org", "bob@example.org", "ada@example.org"} {
			id := string(rune('a' + i))
			u := s.update(id, 1, s.record(db, id))
			u.AuthorEmail = author
			s.save(db, u)
			must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone, Outbox: s.reply(id, 1)}))
			mail := s.claimMail(db)
			must(t, db.MarkSending(ctx, mail))
			must(t, db.MarkSent(ctx, mail, ""))
			s.now.Sleep(time.Minute)
		}
		s.queued(db, "waits")
		for _, c := range []struct {
			author string
			since  time.Time
			want   int
		}{
			{"", start, 3}, {"", start.Add(time.Millisecond), 2}, {"", time.Time{}, 3},
			{"ada@example.org", start, 2}, {"ada@example.org", start.Add(time.Second), 1},
			{"bob@example.org", start, 1}, {"eve@example.org", start, 0},
		} {
			if n, err := db.SentSince(ctx, c.author, c.since); n != c.want || err != nil {
				t.Errorf("sent to %q since %v: %d, %v, want %d", c.author, c.since, n, err, c.want)
			}
		}
		for id, want := range map[string]int{"a": 1, "waits": 0, "none": 0} {
			if n, err := db.SentOfSeries(ctx, id, start); n != want || err != nil {
				t.Errorf("sent about series %s: %d, %v, want %d", id, n, err, want)
			}
		}
	})
}
