package prober

import (
	"context"
	"sync"
	"time"
)

// turn is one request's time on the wire, and its place at the address that it is made to. Waiting for that place costs no
// time: a crowd at an address is not its fault.
type turn struct {
	now    func() time.Time
	cancel func() // when the time is over

	mu    sync.Mutex
	left  time.Duration
	began time.Time
	timer *time.Timer // nil while the clock stands still
	leave func()      // gives the place back
	over  bool
}

type turnKey struct{}

// begin starts the clock of a request that may take so long. What is dialled under the context that it gives belongs to the
// request.
func (p *Prober) begin(ctx context.Context, left time.Duration) (context.Context, *turn) {
	ctx, cancel := context.WithCancel(ctx)
	t := &turn{now: p.o.Now, cancel: cancel, left: left}
	t.run()
	return context.WithValue(ctx, turnKey{}, t), t
}

// run lets the clock go, pause stops it.
func (t *turn) run() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over && t.timer == nil {
		t.began, t.timer = t.now(), time.AfterFunc(t.left, t.cancel)
	}
}

func (t *turn) pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.left, t.timer = t.left-t.now().Sub(t.began), nil
	}
}

// keep holds a place until the request ends.
func (t *turn) keep(leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		leave()
		return
	}
	t.leave = leave
}

// end gives back what the request held, and what is left of its time.
func (t *turn) end() time.Duration {
	t.pause()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.cancel()
	if t.leave != nil {
		t.leave()
	}
	return t.left
}
