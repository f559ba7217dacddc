package prober

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(2, 100*time.Millisecond, time.Now)
		var mu sync.Mutex
		var began []time.Time
		inside, most := 0, 0
		var wg sync.WaitGroup
		start := time.Now()
		for range 10 {
			wg.Go(func() {
				leave, err := l.enter(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				began = append(began, time.Now())
				inside++
				most = max(most, inside)
				mu.Unlock()
				time.Sleep(150 * time.Millisecond)
				mu.Lock()
				inside--
				mu.Unlock()
				leave()
			})
		}
		leave, err := l.enter(t.Context(), "b")
		if err != nil || time.Since(start) > 0 {
			t.Errorf("another host waits: %v", err)
		}
		leave()
		wg.Wait()
		for i := 1; i < len(began); i++ {
			if began[i].Sub(began[i-1]) < 100*time.Millisecond {
				t.Errorf("requests %v apart", began[i].Sub(began[i-1]))
			}
		}
		if most != 2 {
			t.Errorf("%d at once", most)
		}
	})
}

func TestLimiterHoldAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(2, time.Millisecond, time.Now)
		start := time.Now()
		l.hold("a", 3*time.Second)
		l.hold("a", time.Second) // does not shorten the first
		leave, err := l.enter(t.Context(), "a")
		if err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("held for %v: %v", time.Since(start), err)
		}
		leave()
		l.close("a", time.Hour)
		if _, err := l.enter(t.Context(), "a"); !errors.Is(err, errClosed) {
			t.Errorf("closed: %v", err)
		}
		time.Sleep(time.Hour)
		leave, err = l.enter(t.Context(), "a")
		if err != nil {
			t.Errorf("open again: %v", err)
		}
		// Whoever waits in vain gives up when its time is over, and leaves nothing behind.
		leave2, _ := l.enter(t.Context(), "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.enter(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("no slot: %v", err)
		}
		leave()
		leave2()
		for i := range 2 * maxGates {
			leave, err := l.enter(t.Context(), fmt.Sprint(i))
			if err != nil {
				t.Fatal(err)
			}
			leave()
			time.Sleep(2 * time.Millisecond)
		}
		if len(l.gates) > maxGates {
			t.Errorf("%d hosts are kept", len(l.gates))
		}
	})
}
