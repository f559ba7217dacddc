package prober

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Host is what is known about a host and those below it.
type Host struct {
	Name  string // "example.org" is www.example.org too
	Login bool   // everything there wants a log-in: fine, without a request
	Skip  bool   // never asked
}

// Options configures a Prober. What is zero gets the default in parentheses.
type Options struct {
	Guard     *Guard
	Ports     []uint16       // that public addresses are asked on (80, 443)
	Hosts     []Host         // the longest name that fits counts
	UserAgent string         // with a contact URL
	Proxy     *url.URL       // of the operator, which then is the guard; nil: none, whatever the environment says
	Resolver  string         // ADDR:PORT of a name server; empty: those of the system
	Roots     *x509.CertPool // nil: those of the system
	Memory    Memory         // nil: nothing is remembered
	Now       func() time.Time
	OnError   func(error) // trouble with Memory, which stops nothing; nil: dropped

	AtOnce      int           // requests to one host at the same time (2)
	Interval    time.Duration // between two requests to one host (100 ms)
	AtAddress   int           // requests to one address at the same time, whatever the names of its hosts (8); four times as often as to a host
	InFlight    int           // requests at the same time in all (64)
	Gap         time.Duration // between two looks, and before a second try (2 s)
	Patience    time.Duration // longest Retry-After that is waited for (10 s)
	Connect     time.Duration // of one connection, and of TLS (5 s)
	Answer      time.Duration // until the header of the response is there (10 s)
	Read        time.Duration // of a body (2 s)
	MaxBody     int64         // bytes, after decompression (1 MiB)
	MaxHops     int           // redirections of one URL (10)
	PerURL      time.Duration // on the wire, all looks together, waiting for one's turn not counted (20 s)
	SecondLooks int           // at URLs that seem to have moved, in one run (10)
}

func (o *Options) fill() {
	if o.Guard == nil {
		o.Guard = &Guard{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if len(o.Ports) == 0 {
		o.Ports = []uint16{80, 443}
	}
	set(&o.UserAgent, "patchbot")
	set(&o.AtOnce, 2)
	set(&o.Interval, 100*time.Millisecond)
	set(&o.AtAddress, 8)
	set(&o.InFlight, 64)
	set(&o.Gap, 2*time.Second)
	set(&o.Patience, 10*time.Second)
	set(&o.Connect, 5*time.Second)
	set(&o.Answer, 10*time.Second)
	set(&o.Read, 2*time.Second)
	set(&o.MaxBody, 1<<20)
	set(&o.MaxHops, 10)
	set(&o.PerURL, 20*time.Second)
	set(&o.SecondLooks, 10)
}

func set[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// Prober asks links. One of them serves a whole process, so that its politeness holds for everything that runs there. It is
// safe for concurrent use.
type Prober struct {
	o         Options
	limit     *limiter // by the name of a host
	crowds    *limiter // by its address
	inFlight  chan struct{}
	transport *http.Transport
	names     *names
}

// New makes a prober. It makes no connection yet.
func New(o Options) (*Prober, error) {
	o.fill()
	if o.Resolver != "" {
		if _, err := netip.ParseAddrPort(o.Resolver); err != nil {
			return nil, errors.New("a resolver is written as ADDRESS:PORT")
		}
	}
	p := &Prober{o: o, inFlight: make(chan struct{}, o.InFlight)}
	p.limit = newLimiter(o.AtOnce, o.Interval, o.Now)
	p.crowds = newLimiter(o.AtAddress, o.Interval/4, o.Now)
	p.names = newNames(o)
	p.transport = p.newTransport()
	return p, nil
}

// host finds what is known about a host.
func (p *Prober) host(name string) Host {
	var best Host
	for _, h := range p.o.Hosts {
		if below(name, h.Name) && len(h.Name) >= len(best.Name) {
			best = h
		}
	}
	return best
}

// guarded reports whether an address that a page names may not be asked, without asking anyone.
func (p *Prober) guarded(a address) bool {
	if localhost(a) {
		loopback := [2]netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
		return !slices.ContainsFunc(loopback[:], func(ip netip.Addr) bool { return p.o.Guard.Check(netip.AddrPortFrom(ip, 80), nil) == nil })
	}
	ip, ok := a.ip()
	return ok && p.o.Guard.Check(netip.AddrPortFrom(ip, 80), nil) != nil
}

func localhost(a address) bool { return below(a.host, "localhost") }

// private reports whether an address is of no use to readers of the page. One that the operator denies, or that is this
// machine's own, is good for them, if it is public.
func private(a address) bool {
	ip, ok := a.ip()
	return localhost(a) || ok && !public(ip.Unmap())
}
