package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/checks"
	"patchbot/internal/checks/prober"
	"patchbot/internal/config"
	"patchbot/internal/store"
)

// newProber makes the prober of this process from the configuration; memory may be nil.
func newProber(conf *config.Config, memory prober.Memory, onError func(error)) (*prober.Prober, error) {
	l := conf.Links
	o := prober.Options{
		Guard:  prober.NewGuard(config.Networks(l.AllowNetworks), config.Networks(l.DenyNetworks)),
		Memory: memory, Resolver: l.Resolver, UserAgent: userAgent(cmp.Or(l.Contact, conf.Web.URL)), OnError: onError,
	}
	for _, p := range l.Ports {
		o.Ports = append(o.Ports, uint16(p))
	}
	for _, h := range l.Hosts {
		o.Hosts = append(o.Hosts, prober.Host(h))
	}
	if l.Proxy != "" {
		u, err := url.Parse(l.Proxy)
		if err != nil {
			return nil, usage(fmt.Errorf("links.proxy: %w", err))
		}
		o.Proxy = u
	}
	p, err := prober.New(o)
	if err != nil {
		return nil, usage(fmt.Errorf("links: %w", err))
	}
	return p, nil
}

// userAgent says who asks, and where its people can be found.
func userAgent(contact string) string {
	name := "patchbot"
	if fields := strings.Fields(versionString()); len(fields) > 1 && fields[1] != "unknown" && !strings.HasPrefix(fields[1], "(") {
		name += "/" + fields[1]
	}
	if contact != "" {
		name += " (+" + contact + ")"
	}
	return name
}

// seriesCaps are the bounds of the links of one series.
func seriesCaps(l config.Links) prober.Caps {
	return prober.Caps{PerRun: l.PerSeries, PerHost: l.PerHost, PerSenderDay: l.PerSenderDay}
}

// network adds a network that a flag lets through.
func network(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, usage(fmt.Errorf("network %q: not an address and a length", s), "write it as in --allow-network 10.20.0.0/16")
	}
	return p, nil
}

// asker asks the links of series.
type asker struct {
	prober *prober.Prober
	links  config.Links
}

// Ask asks within the caps and the time of one series. Asking again does not count against the sender, who did nothing.
func (a asker) Ask(ctx context.Context, sender string, links []checks.Link, afresh bool) []checks.Answer {
	caps := seriesCaps(a.links)
	if afresh {
		caps.PerSenderDay = 0
	}
	req := prober.Request{URLs: addresses(links), Sender: sender, Caps: caps, Budget: time.Duration(a.links.Budget), Afresh: afresh}
	return a.prober.Run(ctx, req).Answers
}

// newAsker is how the daemon asks links, nil when the configuration says that it does not.
func newAsker(conf *config.Config, db *store.DB, log *slog.Logger) (bot.Links, error) {
	if !conf.Links.Enabled {
		return nil, nil
	}
	p, err := newProber(conf, memory{db}, func(err error) { log.Error("remember links", "error", err) })
	if err != nil {
		return nil, err
	}
	return asker{p, conf.Links}, nil
}

// askOnce is how a command asks the links of series: with nothing remembered, and not at all when offline.
func askOnce(conf *config.Config, offline bool) (func(context.Context, []checks.Link) []checks.Answer, error) {
	switch {
	case offline:
		return func(context.Context, []checks.Link) []checks.Answer { return nil }, nil
	case !conf.Links.Enabled:
		return nil, nil
	}
	p, err := newProber(conf, nil, nil)
	if err != nil {
		return nil, err
	}
	a := asker{p, conf.Links}
	return func(ctx context.Context, links []checks.Link) []checks.Answer { return a.Ask(ctx, "", links, false) }, nil
}

// memory keeps answers in the store.
type memory struct{ db *store.DB }

// Recall gives what the store knows.
func (m memory) Recall(ctx context.Context, keys []string) ([]prober.Memo, error) {
	rows, err := m.db.Links(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out []prober.Memo
	for _, r := range rows {
		out = append(out, prober.Memo{
			Key: r.Key, Class: checks.Class(r.Class), Cause: r.Cause, Status: r.Status, Looks: r.Looks, Evidence: r.Evidence,
			Target: r.Target, Vain: r.Vain, Looked: r.Looked, Until: r.Until,
		})
	}
	return out, nil
}

// Remember writes answers into the store.
func (m memory) Remember(ctx context.Context, memos []prober.Memo) error {
	var rows []store.Link
	for _, o := range memos {
		rows = append(rows, store.Link{
			Key: o.Key, Class: string(o.Class), Cause: o.Cause, Status: o.Status, Looks: o.Looks, Evidence: o.Evidence,
			Target: o.Target, Vain: o.Vain, Looked: o.Looked, Until: o.Until,
		})
	}
	return m.db.SetLinks(ctx, rows)
}

// Grant counts in the store.
func (m memory) Grant(ctx context.Context, sender string, want, perDay int) (int, error) {
	return m.db.UseLinks(ctx, sender, want, perDay)
}
