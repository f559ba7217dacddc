package prober

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errClosed means that a host asked to be left alone for longer than anyone waits.
var errClosed = errors.New("the host wants to be left alone")

// limiter keeps the whole process polite: so many requests at once to a host, and so long between two of them.
type limiter struct {
	atOnce   int
	interval time.Duration
	now      func() time.Time

	mu    sync.Mutex
	gates map[string]*gate
}

// gate is one host.
type gate struct {
	slots  chan struct{}
	users  int       // who waits or is inside
	next   time.Time // when the next request may begin
	closed time.Time // until then nobody is let in
}

// maxGates is when idle hosts are forgotten.
const maxGates = 1024

func newLimiter(atOnce int, interval time.Duration, now func() time.Time) *limiter {
	return &limiter{atOnce: atOnce, interval: interval, now: now, gates: map[string]*gate{}}
}

// enter waits for the turn of a request to a host; leave ends it. The error is errClosed or that of ctx.
func (l *limiter) enter(ctx context.Context, host string) (leave func(), err error) {
	g := l.gate(host)
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		l.drop(g)
		return nil, ctx.Err()
	}
	leave = func() {
		<-g.slots
		l.drop(g)
	}
	for {
		wait, err := l.turn(g)
		if err == nil && wait > 0 {
			err = pause(ctx, wait)
		}
		if err != nil {
			leave()
			return nil, err
		}
		if wait <= 0 {
			return leave, nil
		}
	}
}

// turn takes the next turn when it has come, else says how long it is still to be waited for.
func (l *limiter) turn(g *gate) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Before(g.closed) {
		return 0, errClosed
	}
	if wait := g.next.Sub(now); wait > 0 {
		return wait, nil
	}
	g.next = now.Add(l.interval)
	return 0, nil
}

// hold lets nobody begin a request to a host for d.
func (l *limiter) hold(host string, d time.Duration) {
	g := l.gate(host)
	defer l.drop(g)
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.now().Add(d); t.After(g.next) {
		g.next = t
	}
}

// close turns everyone away from a host for d.
func (l *limiter) close(host string, d time.Duration) {
	g := l.gate(host)
	defer l.drop(g)
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.now().Add(d); t.After(g.closed) {
		g.closed = t
	}
}

func (l *limiter) gate(host string) *gate {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.gates[host]
	if g == nil {
		if len(l.gates) >= maxGates {
			l.forget()
		}
		g = &gate{slots: make(chan struct{}, l.atOnce)}
		l.gates[host] = g
	}
	g.users++
	return g
}

func (l *limiter) drop(g *gate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g.users--
}

// forget drops the hosts that nobody asks and that do not mind being asked.
func (l *limiter) forget() {
	now := l.now()
	for host, g := range l.gates {
		if g.users == 0 && now.After(g.next) && now.After(g.closed) {
			delete(l.gates, host)
		}
	}
}

// pause sleeps for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
