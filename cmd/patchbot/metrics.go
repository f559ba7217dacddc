package main

import (
	"log/slog"
	"net"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/config"
	"patchbot/internal/mailbox"
	"patchbot/internal/store"
	"patchbot/internal/web"
)

// newMetrics measures a running daemon.
func newMetrics(db *store.DB, b *bot.Bot, imap *mailbox.IMAP, log *slog.Logger) *web.Metrics {
	return web.NewMetrics(web.MetricsOptions{
		Store: db, Version: versionNumber(), Now: time.Now, Log: log, Ready: func() error { return ready(db) },
		Mailbox: func() (bool, time.Time) {
			s := imap.State()
			return s.Connected, s.LastActivity
		},
		Loops: func() map[string]time.Time {
			out := map[string]time.Time{}
			for _, loop := range []bot.Loop{bot.Intake, bot.Worker, bot.Sender, bot.Marker} {
				out[loop.String()] = b.Progress(loop)
			}
			return out
		},
	})
}

// openMetrics opens what the metrics are served on; nil when none are configured.
func openMetrics(conf *config.Config) (net.Listener, error) {
	if conf.Web.MetricsListen == "" {
		return nil, nil
	}
	return web.Listen(conf.Web.MetricsListen)
}
