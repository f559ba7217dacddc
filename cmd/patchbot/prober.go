package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"patchbot/internal/checks/prober"
	"patchbot/internal/config"
)

// newProber makes the prober of this process from the configuration; memory may be nil.
func newProber(conf *config.Config, memory prober.Memory, onError func(error)) (*prober.Prober, error) {
	l := conf.Links
	o := prober.Options{
		Guard:  prober.NewGuard(config.Networks(l.AllowNetworks), config.Networks(l.DenyNetworks)),
		Memory: memory, Resolver: l.Resolver, UserAgent: userAgent(or(l.Contact, conf.Web.URL)), OnError: onError,
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

// network adds a network that a flag lets through.
func network(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, usage(fmt.Errorf("network %q: not an address and a length", s), "write it as in --allow-network 10.20.0.0/16")
	}
	return p, nil
}
