package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/mailbox"
)

// A loop that stands still ends the pings and the heartbeat, whichever loop it is; a mailbox out of reach does not.
func TestWatchman(t *testing.T) {
	for _, stuck := range []bot.Loop{-1, bot.Intake, bot.Worker, bot.Sender, bot.Marker} {
		name := "none"
		if stuck >= 0 {
			name = stuck.String()
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var pinged, beaten time.Time
				begin := time.Now()
				w := &watchman{
					mailbox: func() mailbox.State {
						// Away for as long as it takes, and the loop knows when it will try again.
						return mailbox.State{LastError: "connection refused", Due: time.Now().Add(30 * time.Second)}
					},
					progress: func(l bot.Loop) time.Time {
						if l == stuck {
							return begin
						}
						return time.Now().Add(-time.Minute)
					},
					touch:  func() {},
					health: func(context.Context, bool, string) error { return nil },
					beat:   func(now time.Time) error { beaten = now; return nil },
					notify: func(state string) {
						mu.Lock()
						defer mu.Unlock()
						if strings.HasPrefix(state, "WATCHDOG=1\n") {
							pinged = time.Now()
						}
					},
					ping: pingEvery("90000000", "", 1), log: slog.New(slog.DiscardHandler),
				}
				stop := beside(t.Context(), w.watch)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if quiet := time.Since(pinged); quiet > 30*time.Second {
					t.Errorf("no ping for %s after 10 minutes", quiet)
				}
				time.Sleep(50 * time.Minute)
				stop()
				lasted, beat := pinged.Sub(begin), beaten.Sub(begin)
				if stuck < 0 {
					if lasted < 59*time.Minute || beat < 59*time.Minute {
						t.Errorf("pings for %s, heartbeats for %s, want an hour", lasted, beat)
					}
					return
				}
				if limit := stalls()[stuck]; lasted > limit+time.Second || beat > limit+time.Second {
					t.Errorf("pings for %s, heartbeats for %s, while the loop has stood still for more than %s", lasted, beat, limit)
				}
			})
		})
	}
}

// The first ping does not wait for the mailbox: it may take its time, and the service manager does not.
func TestWatchmanConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pings := 0
		w := &watchman{
			mailbox:  func() mailbox.State { return mailbox.State{Due: time.Now()} },
			progress: func(bot.Loop) time.Time { return time.Now() }, touch: func() {},
			health: func(context.Context, bool, string) error {
				t.Error("a state that is not known was written")
				return nil
			},
			beat: func(time.Time) error { return nil }, notify: func(string) { pings++ }, ping: 10 * time.Second, log: slog.New(slog.DiscardHandler),
		}
		stop := beside(t.Context(), w.watch)
		time.Sleep(time.Minute)
		stop()
		if pings < 6 {
			t.Errorf("%d pings in the first minute", pings)
		}
	})
}

func TestPingEvery(t *testing.T) {
	for _, tt := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"", "", 10 * time.Second}, {"90000000", "", 10 * time.Second}, {"15000000", "7", 5 * time.Second}, {"15000000", "8", 10 * time.Second},
		{"100", "", time.Second}, {"soon", "", 10 * time.Second}, {"-1", "", 10 * time.Second},
	} {
		if got := pingEvery(tt.usec, tt.pid, 7); got != tt.want {
			t.Errorf("WATCHDOG_USEC=%s WATCHDOG_PID=%s: every %s, want %s", tt.usec, tt.pid, got, tt.want)
		}
	}
}
