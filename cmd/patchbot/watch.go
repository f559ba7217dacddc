package main

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/mailbox"
	"patchbot/internal/store"
)

const (
	lookEvery = time.Second      // between two looks at the loops
	tellEvery = 10 * time.Second // between two pings, and two writes of a state that has not changed
)

// stalls are how long each loop may go without a movement. The longest step of one is a review with all its links, a look at
// a mailbox that does not answer, a reply to a server that takes its time; each has limits of its own well below these.
func stalls() map[bot.Loop]time.Duration {
	return map[bot.Loop]time.Duration{bot.Intake: 15 * time.Minute, bot.Worker: 15 * time.Minute, bot.Sender: 20 * time.Minute, bot.Marker: 15 * time.Minute}
}

// watchman pings the service manager's watchdog and writes the heartbeat as long as every loop moves, and writes the state of
// the mailbox where `patchbot status` reads it. What it looks at and whom it tells are functions, so that a test can have a
// loop stand still.
type watchman struct {
	mailbox  func() mailbox.State
	progress func(bot.Loop) time.Time
	touch    func() // tells that the intake is alive
	health   func(ctx context.Context, ok bool, detail string) error
	beat     func(now time.Time) error
	notify   func(string)
	ping     time.Duration
	log      *slog.Logger

	still map[bot.Loop]bool // loops that were found standing still
}

func newWatchman(s *site, db *store.DB, log *slog.Logger) *watchman {
	return &watchman{
		mailbox: s.imap.State, progress: s.bot.Progress, touch: s.bot.Touch,
		health: func(ctx context.Context, ok bool, detail string) error { return db.SetHealth(ctx, "imap", ok, detail) },
		beat:   func(now time.Time) error { return beat(s.conf, now) },
		notify: notify, ping: pingEvery(os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID"), os.Getpid()), log: log,
	}
}

// pingEvery is the pause between two pings: a third of what the service manager allows, or that of the other news when it does
// not watch this process (sd_watchdog_enabled(3)).
func pingEvery(usec, pid string, self int) time.Duration {
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || pid != "" && pid != strconv.Itoa(self) {
		return tellEvery
	}
	return max(min(time.Duration(n)*time.Microsecond/3, tellEvery), lookEvery)
}

// watch looks until ctx ends.
func (w *watchman) watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	told, written, pinged, beaten := "", time.Time{}, time.Time{}, time.Time{}
	for {
		now := time.Now()
		state := w.mailbox()
		if now.Before(state.Due.Add(time.Minute)) {
			w.touch() // an outage of the mail server is not the daemon's: its loop waits, and knows until when
		}
		detail, known := describe(state)
		if known && (detail != told || now.Sub(written) >= tellEvery) {
			if err := w.health(ctx, state.Connected && state.LastError == "", detail); err != nil && ctx.Err() == nil {
				w.log.Error("write health", "error", err)
			}
			written = now
		}
		if (detail != told || now.Sub(pinged) >= w.ping) && w.moving(now) {
			w.notify("WATCHDOG=1\nSTATUS=IMAP " + detail)
			pinged = now
		}
		told = detail
		if now.Sub(beaten) >= heartbeatEvery && w.moving(now) {
			if err := w.beat(now); err != nil {
				w.log.Error("write heartbeat", "error", err)
			}
			beaten = now
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// describe puts the state of the mailbox into words; known is false while the first attempt is under way.
func describe(s mailbox.State) (detail string, known bool) {
	switch {
	case s.Connected && s.LastError != "":
		return "connected, but not read to its end: " + s.LastError, true
	case s.Connected:
		return "connected", true
	case s.LastError != "":
		return "not connected: " + s.LastError, true
	}
	return "connecting", false
}

// moving reports whether every loop has moved lately, and says in the log when one begins to stand still or moves again.
func (w *watchman) moving(now time.Time) bool {
	if w.still == nil {
		w.still = map[bot.Loop]bool{}
	}
	alive := true
	for loop, limit := range stalls() {
		quiet := now.Sub(w.progress(loop))
		stands := quiet > limit
		if stands {
			alive = false
		}
		if stands != w.still[loop] {
			w.still[loop] = stands
			if stands {
				w.log.Error("a loop makes no progress; the watchdog is not told any more", "loop", loop.String(), "for", quiet.Round(time.Second))
			} else {
				w.log.Info("a loop moves again", "loop", loop.String())
			}
		}
	}
	return alive
}
