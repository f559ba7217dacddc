package mailbox

import (
	"sync"
	"time"
)

// State is what the intake is doing, for a status page and a watchdog.
type State struct {
	// Connected: a session is logged in and the mailbox is selected.
	Connected bool
	// Since is when Connected last changed.
	Since time.Time
	// LastActivity is when the server last did what it was asked.
	LastActivity time.Time
	// LastError is the latest trouble with the server or with recording; empty once the mailbox was read to its end again.
	LastError string
	// Behind is since when the mailbox could not be read to its end, for whatever reason; zero when it was at the last look.
	Behind time.Time
	// Retry is when the next attempt begins, after a failure; else zero.
	Retry time.Time
	// Due is the time by which the loop will have moved: given up a command, asked again, begun the next attempt. A clock
	// well past it means that the loop hangs, whatever the server does; a healthy loop in an outage keeps moving it.
	Due time.Time
}

// watch holds the State of a running intake.
type watch struct {
	mu    sync.Mutex
	state State
}

// State returns a copy. It may be called at any time, from any goroutine.
func (w *watch) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

func (w *watch) change(f func(*State)) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.state)
}

func (w *watch) up(now time.Time) {
	w.change(func(s *State) { s.Connected, s.Since, s.LastActivity, s.Retry = true, now, now, time.Time{} })
}

func (w *watch) down(err error, retry time.Time) {
	w.change(func(s *State) {
		if s.Connected || s.Since.IsZero() {
			s.Connected, s.Since = false, time.Now()
		}
		if err != nil {
			s.fail(err)
		}
		s.Retry, s.Due = retry, retry
	})
}

// hold records that the receiver failed while the session lives.
func (w *watch) hold(err error, retry time.Time) {
	w.change(func(s *State) {
		s.fail(err)
		s.Retry, s.Due = retry, retry
	})
}

func (s *State) fail(err error) {
	s.LastError = err.Error()
	if s.Behind.IsZero() {
		s.Behind = time.Now()
	}
}

// clear records that everything in the mailbox is handled.
func (w *watch) clear() {
	w.change(func(s *State) { s.LastError, s.Behind, s.Retry = "", time.Time{}, time.Time{} })
}

// active records an answer of the server; due promises the next movement.
func (w *watch) active() { w.change(func(s *State) { s.LastActivity = time.Now() }) }

func (w *watch) due(t time.Time) { w.change(func(s *State) { s.Due = t }) }
