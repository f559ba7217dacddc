package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchbot/internal/store"
	"patchbot/internal/store/storetest"
)

// BenchmarkMail is the whole life of a mail in the store: recorded, assembled, claimed, finished with a reply, claimed for
// sending, marked twice. That is seven commits and two files with their directories, each durable before the next. The
// floor of all of them is a bare 4 KiB write with fsync in the same place; the ratio says how many of those a mail costs.
func BenchmarkMail(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmarkMail(b, &site{t: b, dir: b.TempDir(), now: newClock()})
	})
	if server := os.Getenv("PATCHBOT_TEST_POSTGRES"); server != "" {
		b.Run("postgresql", func(b *testing.B) {
			benchmarkMail(b, &site{t: b, dir: b.TempDir(), url: storetest.NewSchema(b, server), now: newClock()})
		})
	}
}

func benchmarkMail(b *testing.B, s *site) {
	ctx := context.Background()
	db := s.open("daemon")
	n := 0
	start := time.Now()
	for b.Loop() {
		n++
		name := fmt.Sprint("mail ", n)
		m, raw := s.mail(name)
		m.Author = name
		_, err := db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: uint32(n)}, store.Step{Event: "received"})
		must(b, err)
		related, err := db.Related(ctx, store.MessageKey(m.MessageID, m.BodyHash), time.Hour)
		must(b, err)
		s.save(db, s.update(name, 1, related[0].Key))
		claim := s.claim(db)
		must(b, db.FinishSeries(ctx, claim, store.FinishedReview{
			State: store.StateDone, Verdict: "clean", Report: []byte("{}"), Outbox: s.reply(claim.ID, 1),
		}))
		mail := s.claimMail(db)
		must(b, db.MarkSending(ctx, mail))
		must(b, db.MarkSent(ctx, mail, "queue id"))
	}
	perMail := time.Since(start) / time.Duration(n)
	b.ReportMetric(float64(time.Second)/float64(perMail), "mails/s")
	b.ReportMetric(float64(perMail)/float64(bareSync(b, s.dir)), "fsyncs/mail")
}

// bareSync is how long a 4 KiB write with fsync takes.
func bareSync(b *testing.B, dir string) time.Duration {
	f, err := os.Create(filepath.Join(dir, "floor"))
	must(b, err)
	defer f.Close()
	const rounds = 500
	block := make([]byte, 4096)
	start := time.Now()
	for range rounds {
		_, err := f.Write(block)
		must(b, err)
		must(b, f.Sync())
	}
	return time.Since(start) / rounds
}

// BenchmarkRelated asks for the mails of a series of five among 20,000 others, beside the look-up of a single one.
func BenchmarkRelated(b *testing.B) {
	ctx := context.Background()
	s := &site{t: b, dir: b.TempDir(), now: newClock()}
	db := s.open("daemon")
	key := s.record(db, "cover")
	for i := range 4 {
		s.record(db, fmt.Sprint("part ", i), "cover")
	}
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) `
	must(b, db.Exec(ctx, numbers+`INSERT INTO message SELECT 'other-' || i, 'other-' || i, body_hash, raw_hash, mailbox,
		uid_validity, uid, size, arrived, recorded, 'author-' || i, subject, kind, reason, detail, wiki, list, refs,
		series_id, version, position FROM n, message WHERE key = $1`, key))
	must(b, db.Exec(ctx, numbers+`INSERT INTO message_ref (id, message_key) SELECT 'other-' || i, 'other-' || i FROM n`))
	start, n := time.Now(), 0
	for b.Loop() {
		related, err := db.Related(ctx, key, time.Hour)
		if err != nil || len(related) != 5 {
			b.Fatal(len(related), err)
		}
		n++
	}
	each := time.Since(start) / time.Duration(n)
	start = time.Now()
	for range n {
		_, err := db.MessageByKey(ctx, key)
		must(b, err)
	}
	b.ReportMetric(float64(each)/float64(time.Since(start)/time.Duration(n)), "look-ups")
}
