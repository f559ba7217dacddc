package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

func TestLinks(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		long := "https://example.org/" + strings.Repeat("é", 2000)
		first := []store.Link{
			{Key: "https://example.org/a", Class: "fine", Evidence: "200", Looked: s.now.Now(), Until: s.now.In(14 * 24 * time.Hour)},
			{Key: long, Class: "unknown", Cause: "timeout", Vain: 1, Looks: 1, Looked: s.now.Now(), Until: s.now.In(time.Hour)},
		}
		must(t, db.SetLinks(ctx, first))
		got, err := db.Links(ctx, []string{long, "https://example.org/b", "https://example.org/a"})
		must(t, err)
		if diff := cmp.Diff([]store.Link{first[1], first[0]}, got); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		// What was learnt later stays, whoever writes last.
		s.now.Sleep(time.Minute)
		newer := store.Link{Key: long, Class: "broken", Cause: "not-found", Status: 404, Looks: 2, Target: "https://example.org/", Looked: s.now.Now(), Until: s.now.In(time.Hour)}
		must(t, db.SetLinks(ctx, []store.Link{newer}))
		must(t, db.SetLinks(ctx, first[1:]))
		got, err = db.Links(ctx, []string{long})
		must(t, err)
		if diff := cmp.Diff([]store.Link{newer}, got); diff != "" {
			t.Errorf("after a newer one (-want +got):\n%s", diff)
		}
		// What has long been out of date goes.
		s.now.Sleep(32 * 24 * time.Hour)
		must(t, db.SetLinks(ctx, nil))
		got, err = db.Links(ctx, []string{long, "https://example.org/a"})
		must(t, err)
		if len(got) != 1 || got[0].Class != "fine" {
			t.Errorf("after a month: %+v", got)
		}
	})
}

func TestUseLinks(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		var wg sync.WaitGroup
		var mu sync.Mutex
		sum := 0
		for range 8 {
			wg.Go(func() {
				n, err := db.UseLinks(ctx, "ada@example.org", 50, 300)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				sum += n
				mu.Unlock()
			})
		}
		wg.Wait()
		if sum != 300 {
			t.Errorf("%d links in a day", sum)
		}
		n, err := db.UseLinks(ctx, "eve@example.org", 50, 300)
		must(t, err)
		s.now.Sleep(24 * time.Hour)
		m, err := db.UseLinks(ctx, "ada@example.org", 50, 300)
		must(t, err)
		if n != 50 || m != 50 {
			t.Errorf("another sender has %d, another day %d", n, m)
		}
	})
}

// TestLinkJob follows the links of one series through their rounds.
func TestLinkJob(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		claim := s.claim(db)
		must(t, db.FinishSeries(ctx, claim, store.FinishedReview{
			State: store.StateDone, Verdict: "clean", Report: []byte(`{"n":1}`), Links: []byte(`["a"]`), LinksAt: s.now.In(time.Hour),
		}))
		if job, err := db.ClaimLinks(ctx, time.Minute); err != nil || job != nil {
			t.Fatalf("claimed before it is due: %+v, %v", job, err)
		}
		next, ok, err := db.NextDue(ctx)
		if err != nil || !ok || !next.Equal(s.now.In(time.Hour)) {
			t.Errorf("next due %v, %v, %v", next, ok, err)
		}
		s.now.Sleep(time.Hour)
		lost, err := db.ClaimLinks(ctx, time.Minute)
		must(t, err)
		if job, err := db.ClaimLinks(ctx, time.Minute); err != nil || job != nil {
			t.Errorf("claimed twice: %+v, %v", job, err)
		}
		s.now.Sleep(2 * time.Minute)
		job, err := db.ClaimLinks(ctx, time.Minute)
		must(t, err)
		if err := db.FinishLinks(ctx, lost, store.FinishedLinks{Outbox: s.reply("s", 1)}); !errors.Is(err, store.ErrFenced) {
			t.Errorf("a lost claim ends with %v", err)
		}
		if job.Round != 0 || job.Attempts != 2 || string(job.Links) != `["a"]` {
			t.Errorf("job %+v", job)
		}
		must(t, db.ReleaseLinks(ctx, job, s.now.In(time.Minute), "no network"))
		s.now.Sleep(time.Minute)
		job, err = db.ClaimLinks(ctx, time.Minute)
		must(t, err)
		must(t, db.FinishLinks(ctx, job, store.FinishedLinks{Links: []byte(`["b"]`), At: s.now.In(5 * time.Hour)}))

		// A daemon that dies gives the job to the next.
		s.now.Sleep(5 * time.Hour)
		if job, err = db.ClaimLinks(ctx, 24*time.Hour); err != nil || job == nil || job.Round != 1 || job.Attempts != 1 {
			t.Fatalf("second round %+v, %v", job, err)
		}
		must(t, db.Close())
		if s.url != "" {
			s.now.Sleep(25 * time.Hour)
		}
		db = s.open("next")
		job, err = db.ClaimLinks(ctx, time.Minute)
		must(t, err)
		if job == nil || string(job.Links) != `["b"]` {
			t.Fatalf("after the daemon's death %+v", job)
		}
		must(t, db.FinishLinks(ctx, job, store.FinishedLinks{
			Outbox: s.reply("s", 1), Steps: []store.Step{{Event: "links"}}, Report: []byte(`{"n":2}`), Verdict: "changes-needed",
		}))
		report, err := db.Report(ctx, "s", 1)
		must(t, err)
		series, err := db.SeriesVersion(ctx, "s", 1)
		must(t, err)
		if string(report.Body) != `{"n":2}` || report.Verdict != "changes-needed" || series.Verdict != "changes-needed" || series.State != store.StateDone {
			t.Errorf("amended report %s %s, series %s %s", report.Body, report.Verdict, series.Verdict, series.State)
		}
		mail := s.claimMail(db)
		if mail.SeriesID != "s" || mail.Version != 1 {
			t.Errorf("mail %+v", mail)
		}
		must(t, db.FailOutbox(ctx, mail, "test"))
		if _, ok, err := db.NextDue(ctx); ok || err != nil {
			t.Errorf("something is due still: %v", err)
		}
		steps, err := db.JournalOf(ctx, "s", 1)
		must(t, err)
		if !strings.Contains(events(steps), "links") {
			t.Errorf("journal %s", events(steps))
		}
	})
}

// A new review of the same version puts its own links in the place of the old ones, or none.
func TestLinkJobReplaced(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		key := s.record(db, "s")
		for i, links := range []string{`["a"]`, `["b"]`, ""} {
			up := s.update("s", 1, key)
			up.Digest = links
			s.save(db, up)
			must(t, db.FinishSeries(ctx, s.claim(db), store.FinishedReview{State: store.StateDone, Links: []byte(links), LinksAt: s.now.Now()}))
			job, err := db.ClaimLinks(ctx, time.Minute)
			must(t, err)
			if links == "" {
				if job != nil {
					t.Errorf("links of an earlier review are left: %+v", job)
				}
				break
			}
			if job == nil || string(job.Links) != links {
				t.Errorf("review %d left %+v", i, job)
			}
		}
	})
}
