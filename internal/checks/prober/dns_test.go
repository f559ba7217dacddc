package prober

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a name server on loopback, over UDP and TCP.
type nameServer struct {
	addr  string
	mu    sync.Mutex
	names map[string]answerer
	asked map[string]int
}

// answerer gives the addresses of a name at its n-th question, or what the server does instead.
type answerer func(n int) ([]netip.Addr, string, dnsmessage.RCode)

// silence is an RCode that is not sent: the question is dropped.
const silence = dnsmessage.RCode(0xfff)

func newNameServer(t testing.TB) *nameServer {
	t.Helper()
	s := &nameServer{names: map[string]answerer{}, asked: map[string]int{}}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = tcp.Addr().String()
	udp, err := net.ListenPacket("udp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.serveUDP(udp) })
	wg.Go(func() { s.serveTCP(tcp) })
	t.Cleanup(func() { udp.Close(); tcp.Close(); wg.Wait() })
	return s
}

// set makes a name known.
func (s *nameServer) set(name string, addrs ...string) {
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	s.answer(name, func(int) ([]netip.Addr, string, dnsmessage.RCode) { return list, "", dnsmessage.RCodeSuccess })
}

func (s *nameServer) answer(name string, a answerer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name] = a
}

func (s *nameServer) serveUDP(c net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if out := s.reply(buf[:n]); out != nil {
			_, _ = c.WriteTo(out, from)
		}
	}
}

func (s *nameServer) serveTCP(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err == nil {
			q := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, q); err == nil {
				if out := s.reply(q); out != nil {
					_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...))
				}
			}
		}
		c.Close()
	}
}

func (s *nameServer) reply(q []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(q) != nil || len(m.Questions) != 1 {
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(m.Questions[0].Name.String(), "."))
	m.Header = dnsmessage.Header{ID: m.ID, Response: true, RecursionDesired: true, RecursionAvailable: true}
	m.Additionals = nil
	if !s.fill(&m, name) {
		return nil
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

func (s *nameServer) fill(m *dnsmessage.Message, name string) bool {
	s.mu.Lock()
	a, ok := s.names[name]
	kind := m.Questions[0].Type
	n := s.asked[name]
	if kind == dnsmessage.TypeA {
		s.asked[name]++
	}
	s.mu.Unlock()
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
		return true
	}
	addrs, alias, code := a(n)
	if code == silence {
		return false
	}
	m.RCode = code
	owner := m.Questions[0].Name
	if alias != "" {
		target := dnsmessage.MustNewName(alias + ".")
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: 1}, Body: &dnsmessage.CNAMEResource{CNAME: target}})
		owner = target
	}
	for _, addr := range addrs {
		h := dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: 1}
		switch {
		case addr.Is4() && kind == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: addr.As4()}})
		case !addr.Is4() && kind == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	return true
}

func TestNames(t *testing.T) {
	s := newNameServer(t)
	s.set("both.lab.test", "127.0.0.1", "::1")
	s.set("six.lab.test", "::1")
	s.set("mail.lab.test")
	s.answer("fails.lab.test", func(int) ([]netip.Addr, string, dnsmessage.RCode) { return nil, "", dnsmessage.RCodeServerFailure })
	s.answer("refuses.lab.test", func(int) ([]netip.Addr, string, dnsmessage.RCode) { return nil, "", dnsmessage.RCodeRefused })
	s.answer("silent.lab.test", func(int) ([]netip.Addr, string, dnsmessage.RCode) { return nil, "", silence })
	o := Options{Resolver: s.addr, Connect: 300 * time.Millisecond}
	o.fill()
	n := newNames(o)
	for _, tt := range []struct {
		host  string
		found int
		cause Cause
	}{
		{"both.lab.test", 2, ""}, {"six.lab.test", 1, ""}, {"mail.lab.test", 0, CauseNoHost}, {"nowhere.lab.test", 0, CauseNoHost},
		{"fails.lab.test", 0, CauseDNS}, {"refuses.lab.test", 0, CauseDNS}, {"silent.lab.test", 0, CauseDNS}, {"127.0.0.1", 1, ""},
	} {
		got, err := n.addresses(context.Background(), tt.host)
		var de *dialError
		errors.As(err, &de)
		if len(got) != tt.found || (de == nil) != (tt.cause == "") || de != nil && de.cause != tt.cause {
			t.Errorf("%s: %v, %v", tt.host, got, err)
		}
	}
	if !n.believable(context.Background(), time.Now()) {
		t.Error("a name server that the operator named is not believed")
	}
	n.trusted = false
	if n.believable(context.Background(), time.Now()) {
		t.Error("a name server that knows neither org nor com is believed")
	}
	now := time.Now()
	n.note([]netip.Addr{netip.MustParseAddr("10.0.0.1")})
	if n.believable(context.Background(), now) {
		t.Error("a private address proves that the name server knows the internet")
	}
	n.note([]netip.Addr{netip.MustParseAddr("8.8.8.8")})
	if !n.believable(context.Background(), now) || n.believable(context.Background(), time.Now()) {
		t.Error("a public address proves it for what was asked before, and only that")
	}
}
