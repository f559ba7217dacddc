package main

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy relays connections to a server on loopback until it is told to stall: from then on nothing passes in either
// direction, on old and on new connections, and no connection is closed. That is what a dead link or a firewall with a short
// memory looks like to both sides.
type proxy struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	moved   *sync.Cond
	stalled bool
	trigger []byte // stalls when the server says it; empty: never
	hits    int    // how often it did
	open    []net.Conn
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: ln, server: server}
	p.moved = sync.NewCond(&p.mu)
	t.Cleanup(func() {
		ln.Close()
		p.pass()
	})
	go p.accept()
	return p
}

func (p *proxy) port() string {
	_, port, _ := net.SplitHostPort(p.listener.Addr().String())
	return port
}

// stall stops everything. pass lets new connections through again; the old ones are dead for good.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = true
}

// stallAt makes the proxy stall when the server says text, which the client does not get to see.
func (p *proxy) stallAt(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trigger = []byte(text)
}

func (p *proxy) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled, p.trigger = false, nil
	for _, c := range p.open {
		c.Close()
	}
	p.open = nil
	p.moved.Broadcast()
}

// triggered is how often the server has said the text of stallAt.
func (p *proxy) triggered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.open = append(p.open, client, server)
		p.mu.Unlock()
		go p.relay(server, client, false)
		go p.relay(client, server, true)
	}
}

// relay copies one direction. While the proxy stalls, the bytes are kept back, and with them the news that a side has gone.
func (p *proxy) relay(to, from net.Conn, answers bool) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		if answers && len(p.trigger) > 0 && bytes.Contains(buf[:n], p.trigger) {
			p.stalled = true
			p.hits++
		}
		dead := p.stalled
		for p.stalled {
			p.moved.Wait()
		}
		p.mu.Unlock()
		if dead || err != nil {
			return
		}
		if _, err := io.Copy(to, bytes.NewReader(buf[:n])); err != nil {
			return
		}
	}
}
