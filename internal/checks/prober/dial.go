package prober

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// dialError is why no connection came about.
type dialError struct {
	cause Cause
	err   error
}

var _ net.Error = (*dialError)(nil)

func (e *dialError) Error() string   { return string(e.cause) + ": " + e.err.Error() }
func (e *dialError) Unwrap() error   { return e.err }
func (e *dialError) Timeout() bool   { return e.cause == CauseTimeout }
func (e *dialError) Temporary() bool { return false }

func (p *Prober) newTransport() *http.Transport {
	t := &http.Transport{
		Proxy:                  nil, // an egress proxy would be connected to instead of the host: the guard would see it alone
		DialContext:            p.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.o.Roots},
		TLSHandshakeTimeout:    p.o.Connect,
		ResponseHeaderTimeout:  p.o.Answer,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		// A connection that went stale would look like one that broke, and what a server sends on an idle one, net/http
		// writes to the log.
		DisableKeepAlives: true,
	}
	if p.o.Proxy != nil {
		t.Proxy = http.ProxyURL(p.o.Proxy)
		t.DialContext = (&net.Dialer{Timeout: p.o.Connect}).DialContext
	}
	return t
}

// dial connects to a host of the web. The guard sees each address; what it refused decides what may be said about the
// others that failed.
func (p *Prober) dial(ctx context.Context, _, hostPort string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, &dialError{CauseMalformed, err}
	}
	addrs, err := p.names.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	const most = 4 // addresses of one host that are tried
	d := net.Dialer{Timeout: p.o.Connect, Control: p.o.Guard.control(p.o.Ports), KeepAlive: -1}
	var failed failures
	for _, a := range addrs[:min(len(addrs), most)] {
		leave, err := p.queue(ctx, a)
		if err != nil {
			return nil, &dialError{CauseTimeout, err}
		}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), port))
		if err == nil {
			ctx.Value(turnKey{}).(*turn).keep(leave)
			return newShyConn(conn), nil
		}
		leave()
		failed.add(err)
	}
	return nil, failed.sum()
}

// queue waits for a place at an address: whoever has many names gets no more of them. Of IPv6 a network of 64 bits counts
// as one, which is the least that anyone is given.
func (p *Prober) queue(ctx context.Context, a netip.Addr) (leave func(), err error) {
	t := ctx.Value(turnKey{}).(*turn)
	t.pause()
	defer t.run()
	crowd := a.Unmap()
	if crowd.Is6() {
		if p, err := crowd.Prefix(64); err == nil {
			crowd = p.Addr()
		}
	}
	return p.crowds.enter(ctx, crowd.String())
}

// shyConn does not listen before it has spoken, for the same reason: who talks first is no web server.
type shyConn struct {
	net.Conn
	once  sync.Once
	spoke chan struct{}
}

func newShyConn(c net.Conn) net.Conn { return &shyConn{Conn: c, spoke: make(chan struct{})} }

func (c *shyConn) Read(b []byte) (int, error) {
	<-c.spoke
	return c.Conn.Read(b)
}

func (c *shyConn) Write(b []byte) (int, error) {
	defer c.speak()
	return c.Conn.Write(b)
}

func (c *shyConn) Close() error {
	defer c.speak()
	return c.Conn.Close()
}

func (c *shyConn) speak() { c.once.Do(func() { close(c.spoke) }) }

// failures is what came of connecting to the addresses of one host.
type failures struct {
	errs    []error
	guarded bool
	port    bool
	refused bool
	timeout bool
}

func (f *failures) add(err error) {
	f.errs = append(f.errs, err)
	var ne net.Error
	switch {
	case errors.Is(err, errRefused):
		f.guarded = true
	case errors.Is(err, errPort):
		f.port = true
	case errors.Is(err, syscall.ECONNREFUSED):
		f.refused = true
	case errors.As(err, &ne) && ne.Timeout():
		f.timeout = true
	}
}

// sum makes one cause of many. A refused address hides all else, so that nobody learns from it what is there.
func (f *failures) sum() error {
	err := errors.Join(f.errs...)
	switch {
	case f.guarded:
		return &dialError{CauseGuarded, err}
	case f.port:
		return &dialError{CausePort, err}
	case f.timeout:
		return &dialError{CauseTimeout, err}
	case f.refused:
		return &dialError{CauseRefused, err}
	}
	return &dialError{CauseConnection, err}
}

// names looks names up with the resolver of the standard library: that of the C library takes "0x7f.1" for an address.
type names struct {
	resolver *net.Resolver
	guard    *Guard
	now      func() time.Time
	timeout  time.Duration
	trusted  bool // the operator vouches for the name server

	mu    sync.Mutex
	sound time.Time // when the name server last knew a public address
}

func newNames(o Options) *names {
	n := &names{resolver: &net.Resolver{PreferGo: true}, guard: o.Guard, now: o.Now, timeout: o.Connect}
	if o.Resolver != "" {
		n.trusted = true
		n.resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: o.Connect}).DialContext(ctx, network, o.Resolver)
		}
	}
	return n
}

// addresses gives the addresses of a host, IPv4 first. A family that cannot be looked up does not hide the other.
func (n *names) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	found, errs := n.lookUp(ctx, host)
	if len(found[0])+len(found[1]) == 0 && !(absent(errs[0]) && absent(errs[1])) && ctx.Err() == nil {
		found, errs = n.lookUp(ctx, host) // a datagram may have been lost
	}
	if all := append(found[0], found[1]...); len(all) > 0 {
		n.note(all)
		return all, nil
	}
	for _, err := range errs {
		if !absent(err) {
			return nil, &dialError{CauseDNS, err}
		}
	}
	return nil, &dialError{CauseNoHost, errs[0]}
}

func (n *names) lookUp(ctx context.Context, host string) (found [2][]netip.Addr, errs [2]error) {
	ctx, cancel := context.WithTimeout(ctx, n.timeout/2)
	defer cancel()
	var wg sync.WaitGroup
	for i, network := range [2]string{"ip4", "ip6"} {
		wg.Go(func() { found[i], errs[i] = n.resolver.LookupNetIP(ctx, network, host+".") })
	}
	wg.Wait()
	return found, errs
}

// absent reports whether a name server said that there is no such name, or no address of that kind.
func absent(err error) bool {
	var de *net.DNSError
	return errors.As(err, &de) && de.IsNotFound && !de.IsTemporary && !de.IsTimeout
}

// note keeps that the name server knows the world.
func (n *names) note(found []netip.Addr) {
	for _, a := range found {
		if n.guard.Check(netip.AddrPortFrom(a, 80), nil) == nil {
			n.mu.Lock()
			n.sound = n.now()
			n.mu.Unlock()
			return
		}
	}
}

// believable reports whether "no such host", said since a moment, proves anything: a name server that is cut off from the
// internet says it of every name. One that has known another name since is not, nor one that knows who serves "org" or
// "com".
func (n *names) believable(ctx context.Context, since time.Time) bool {
	n.mu.Lock()
	sound := n.sound
	n.mu.Unlock()
	if n.trusted || !sound.Before(since) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	for _, zone := range []string{"org.", "com."} {
		if servers, err := n.resolver.LookupNS(ctx, zone); err == nil && len(servers) > 0 {
			n.mu.Lock()
			n.sound = n.now()
			n.mu.Unlock()
			return true
		}
	}
	return false
}
