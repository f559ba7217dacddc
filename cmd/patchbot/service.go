package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"

	"patchbot/internal/bot"
	"patchbot/internal/config"
	"patchbot/internal/mailbox"
	"patchbot/internal/store"
	"patchbot/internal/web"
)

// service is what lives as long as the daemon's process: the store with its lock, the log, what listens. Everything else is
// a site, which a reload replaces as a whole.
type service struct {
	sh    *Shell
	level *slog.LevelVar
	log   *slog.Logger
	db    *store.DB
	index *pageIndex
	site  atomic.Pointer[site]
}

// site is what one reading of the configuration makes.
type site struct {
	conf    *config.Config
	bot     *bot.Bot
	imap    *mailbox.IMAP
	pages   http.Handler
	metrics http.Handler
}

// build makes a site. It connects to nothing and changes nothing.
func (sv *service) build(conf *config.Config) (*site, error) {
	imap, err := openIMAP(conf, sv.log)
	if err != nil {
		return nil, usage(err)
	}
	out, err := openSMTP(conf, sv.log)
	if err != nil {
		return nil, usage(err)
	}
	b, err := newBot(conf, sv.db, sv.index.Index, sv.log, inbox{imap}, out, sv.sh.adapt)
	if err != nil {
		return nil, err
	}
	return &site{
		conf: conf, bot: b, imap: imap,
		pages:   newWeb(conf, sv.db, b.Words, b.Rules, sv.log).Handler(),
		metrics: newMetrics(sv.db, b, imap, sv.log).Handler(),
	}, nil
}

// open begins to listen, and to keep the index. What it starts is ended by stop.
func (sv *service) open(ctx context.Context, conf *config.Config) (stop func(), err error) {
	pages, err := openWeb(conf)
	if err != nil {
		return nil, err
	}
	measured, err := openMetrics(conf)
	if err != nil {
		if pages != nil {
			err = errors.Join(err, pages.Close())
		}
		return nil, err
	}
	stops := []func(){beside(ctx, func(ctx context.Context) { sv.index.keep(ctx, sv.log) })}
	if pages != nil {
		handler := func(s *site) http.Handler { return s.pages }
		stops = append(stops, beside(ctx, func(ctx context.Context) { sv.told("web pages", web.Serve(ctx, pages, sv.present(handler), sv.log)) }))
	}
	if measured != nil {
		handler := func(s *site) http.Handler { return s.metrics }
		stops = append(stops, beside(ctx, func(ctx context.Context) { sv.told("metrics", web.Serve(ctx, measured, sv.present(handler), sv.log)) }))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}, nil
}

// present lets each request be answered by the site of its time.
func (sv *service) present(of func(*site) http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { of(sv.site.Load()).ServeHTTP(w, r) })
}

func (sv *service) told(what string, err error) {
	if err != nil {
		sv.log.Error(what, "error", err)
	}
}

// run works until ctx ends, with a new site after each hang-up signal.
func (sv *service) run(ctx context.Context, hangup <-chan os.Signal) error {
	sv.log.Info("patchbot starts", "version", versionString(), "store", sv.db.Engine())
	for {
		next, err := sv.work(ctx, hangup)
		if next != nil {
			sv.enter(next)
			continue
		}
		notify("STOPPING=1")
		if errors.Is(err, mailbox.ErrStuck) {
			return fmt.Errorf("the IMAP library does not let go of a connection; the service manager must start anew: %w", err)
		}
		if err != nil {
			sv.log.Error("patchbot stops", "error", err)
			return err
		}
		sv.log.Info("patchbot stops")
		return nil
	}
}

// work runs the present site until ctx ends, the bot cannot go on, or another site is to take over.
func (sv *service) work(ctx context.Context, hangup <-chan os.Signal) (next *site, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := sv.site.Load()
	defer beside(ctx, func(ctx context.Context) { newWatchman(s, sv.db, sv.log).watch(ctx) })()
	defer beside(ctx, func(ctx context.Context) { purge(ctx, s.conf, sv.db, sv.log) })()
	done := make(chan error, 1)
	go func() { done <- s.bot.Run(ctx) }()
	notify("READY=1")
	for next == nil {
		select {
		case err := <-done:
			return nil, err
		case <-hangup:
			next = sv.reload(s.conf)
		}
	}
	cancel()
	if err := <-done; err != nil {
		return nil, err
	}
	return next, nil
}
