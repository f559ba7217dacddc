package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbot/internal/store"
)

// TestLeaseModel compares the claims of three workers on one series version, in two processes, with what a lease is: at
// any time one at most holds it, none can take it from a holder before the lease ends, and only the last holder writes.
func TestLeaseModel(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		o := s.options("second")
		first := s.open("first")
		o.Beside = true
		second, err := store.Open(t.Context(), o)
		must(t, err)
		defer second.Close()
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			newLeaseModel(t, s, fmt.Sprint("series ", run), first, first, second).run(rt)
		})
	})
}

// leaseModel is what the lease of one series version should be, beside the store that says what it is.
type leaseModel struct {
	t       *testing.T
	s       *site
	key     string
	update  store.SeriesUpdate
	workers []*store.DB
	claims  []*store.Series // the last claim of each worker

	holder int // worker whose writes count, -1 for none
	until  time.Time
	dueAt  time.Time
	parts  int
	done   bool
}

func newLeaseModel(t *testing.T, s *site, id string, workers ...*store.DB) *leaseModel {
	m := &leaseModel{t: t, s: s, workers: workers, claims: make([]*store.Series, len(workers)), holder: -1}
	m.key = s.record(workers[0], id)
	m.update = s.update(id, 1, m.key)
	s.save(workers[0], m.update)
	m.dueAt = s.now.Now()
	return m
}

func (m *leaseModel) run(rt *rapid.T) {
	worker := rapid.IntRange(0, len(m.workers)-1)
	seconds := rapid.IntRange(0, 90)
	rt.Repeat(map[string]func(*rapid.T){
		"claim":   func(rt *rapid.T) { m.claim(rt, worker.Draw(rt, "worker")) },
		"renew":   func(rt *rapid.T) { m.renew(rt, worker.Draw(rt, "worker")) },
		"release": func(rt *rapid.T) { m.release(rt, worker.Draw(rt, "worker"), seconds.Draw(rt, "seconds")) },
		"finish":  func(rt *rapid.T) { m.finish(rt, worker.Draw(rt, "worker")) },
		"change":  m.change,
		"wait":    func(rt *rapid.T) { m.s.now.Sleep(time.Duration(seconds.Draw(rt, "seconds")) * time.Second) },
		"":        m.checkDue,
	})
	// The next sequence starts without this one's work.
	must(m.t, m.workers[0].Exec(context.Background(), "UPDATE series SET state = 'done'"))
}

// free is when a claim can succeed: the due time, or the millisecond after the lease.
func (m *leaseModel) free() time.Time {
	if m.holder >= 0 && !m.until.Before(m.dueAt) {
		return m.until.Add(time.Millisecond)
	}
	return m.dueAt
}

func (m *leaseModel) claim(rt *rapid.T, w int) {
	claim, err := m.workers[w].ClaimSeries(context.Background(), time.Minute)
	if err != nil {
		rt.Fatal(err)
	}
	now := m.s.now.Now()
	if want := !m.done && !now.Before(m.free()); (claim != nil) != want {
		rt.Fatalf("claimed: %v, want %v", claim != nil, want)
	}
	if claim != nil {
		m.claims[w], m.holder, m.until = claim, w, now.Add(time.Minute)
		for other := range m.claims { // a worker that claims twice has one claim, and so has nobody else
			if other != w && m.claims[other] != nil && m.claims[other].Epoch == claim.Epoch {
				rt.Fatal("two claims of one epoch")
			}
		}
	}
}

// write compares the outcome of a fenced write by a worker with whether it holds the lease.
func (m *leaseModel) write(rt *rapid.T, w int, err error) bool {
	if err != nil && !errors.Is(err, store.ErrFenced) {
		rt.Fatal(err)
	}
	if (err == nil) != (m.holder == w) {
		rt.Fatalf("worker %d wrote: %v; the holder is %d", w, err, m.holder)
	}
	return err == nil
}

func (m *leaseModel) renew(rt *rapid.T, w int) {
	if m.claims[w] == nil {
		return
	}
	if m.write(rt, w, m.workers[w].RenewSeries(context.Background(), m.claims[w], time.Minute)) {
		m.until = m.s.now.In(time.Minute)
	}
}

func (m *leaseModel) release(rt *rapid.T, w, seconds int) {
	if m.claims[w] == nil {
		return
	}
	at := m.s.now.In(time.Duration(seconds) * time.Second)
	if m.write(rt, w, m.workers[w].ReleaseSeries(context.Background(), m.claims[w], at, "later")) {
		m.holder, m.dueAt = -1, at
	}
}

func (m *leaseModel) finish(rt *rapid.T, w int) {
	if m.claims[w] == nil {
		return
	}
	r := store.FinishedReview{State: store.StateDone, Report: []byte("{}")}
	if m.write(rt, w, m.workers[w].FinishSeries(context.Background(), m.claims[w], r)) {
		m.holder, m.done = -1, true
	}
}

// change brings another part.
func (m *leaseModel) change(rt *rapid.T) {
	m.parts++
	m.update.Digest, m.update.RunAt = fmt.Sprint(m.parts), m.s.now.In(time.Second)
	if err := m.workers[0].SaveAssembly(context.Background(), []store.SeriesUpdate{m.update}); err != nil {
		rt.Fatal(err)
	}
	m.holder, m.done, m.dueAt = -1, false, m.update.RunAt
}

// checkDue compares the time for which a loop would sleep.
func (m *leaseModel) checkDue(rt *rapid.T) {
	next, ok, err := m.workers[0].NextDue(context.Background())
	if err != nil {
		rt.Fatal(err)
	}
	if ok == m.done || ok && !next.Equal(m.free()) {
		rt.Fatalf("next due %v, %v; want %v, %v", next, ok, m.free(), !m.done)
	}
}
