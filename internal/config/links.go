package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// links validates how external links are asked.
func (k *checker) links() {
	l := k.c.Links
	if l.Contact != "" {
		k.url("links.contact", l.Contact, "https", "http")
	}
	if l.Proxy != "" {
		k.url("links.proxy", l.Proxy, "http", "https")
	}
	if len(l.Ports) == 0 {
		k.fail("links.ports", "name at least one port, or set links.enabled to false")
	}
	for _, p := range l.Ports {
		if p < 1 || p > 65535 {
			k.fail("links.ports", "%d is not a port", p)
		}
	}
	k.networks("links.allow_networks", l.AllowNetworks)
	k.networks("links.deny_networks", l.DenyNetworks)
	if _, err := netip.ParseAddrPort(l.Resolver); l.Resolver != "" && err != nil {
		k.fail("links.resolver", "%q is not an address and a port such as \"192.0.2.53:53\"", l.Resolver)
	}
	k.positive("links.per_series", int64(l.PerSeries))
	k.positive("links.per_host", int64(l.PerHost))
	k.positive("links.per_sender_day", int64(l.PerSenderDay))
	k.positive("links.budget", int64(l.Budget))
	seen := map[string]string{}
	for i, h := range l.Hosts {
		at := fmt.Sprintf("links.host[%d]", i)
		if h.Name == "" || h.Name != strings.ToLower(h.Name) || strings.ContainsAny(h.Name, " /:*@") || strings.Trim(h.Name, ".") != h.Name {
			k.fail(at+".name", "%q is not the name of a host such as \"example.org\", in lower case; those below it are meant too", h.Name)
		}
		k.unique(seen, at+".name", "name "+h.Name, "host", h.Name)
	}
}

func (k *checker) networks(key string, list []string) {
	for _, s := range list {
		if _, err := netip.ParsePrefix(s); err != nil {
			k.fail(key, "%q is not a network such as \"10.0.0.0/8\"", s)
		}
	}
}

// Networks reads CIDR prefixes that were validated.
func Networks(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p)
		}
	}
	return out
}
