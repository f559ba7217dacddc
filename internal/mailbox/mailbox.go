// Package mailbox moves mail: it reads an IMAP mailbox, hands messages to an SMTP server, and reads the archives that lie
// on a disk (mbox files and maildirs).
//
// Its law: bytes in, bytes out, each message exactly as it lies there, in order, and none lost. It refuses to know what a
// mail means; it never parses one.
//
// Its second law: no server can make it wait, grow or spin. The protocol libraries below it have no limit on waiting for
// a reply and few on its size, so every exchange runs inside [wire.within], which gives it a time and a number of bytes and
// cuts the connection when either runs out. A connection that failed once stays failed.
//
// What a message must survive, in order: the connection may die at any byte; the server may be silent, lie about sizes,
// renumber everything, or list a message that it then does not give; whoever records the message may fail. Each of these
// ends in the same two moves: go back to the last message that was recorded, and ask again later.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Security says how the connection to a server is protected.
type Security int

const (
	// SecurityTLS speaks TLS from the first byte (RFC 8314, section 3). It is the default.
	SecurityTLS Security = iota
	// SecuritySTARTTLS begins in the clear and refuses to go on without TLS (RFC 2595, RFC 3207).
	SecuritySTARTTLS
	// SecurityPlain never uses TLS. It is accepted for loopback addresses only.
	SecurityPlain
)

// String returns the name that the configuration uses.
func (s Security) String() string {
	switch s {
	case SecurityTLS:
		return "tls"
	case SecuritySTARTTLS:
		return "starttls"
	case SecurityPlain:
		return "plain"
	}
	return fmt.Sprintf("Security(%d)", int(s))
}

// A Dialer opens the transport to a server; [net.Dialer.DialContext] is one. TLS is added above it.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// errNotLoopback refuses to send a password in the clear over a network.
var errNotLoopback = errors.New("an unprotected connection is allowed to a loopback address only")

// checkAddr returns the host of addr ("host:port") and refuses an unprotected connection that would leave the machine.
func checkAddr(addr string, security Security) (host string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if host == "" || port == "" {
		return "", fmt.Errorf("address %q: want host:port", addr)
	}
	if security < SecurityTLS || security > SecurityPlain {
		return "", fmt.Errorf("unknown security %v", security)
	}
	if ip := net.ParseIP(host); security == SecurityPlain && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("%s: %w", addr, errNotLoopback)
	}
	return host, nil
}

// defaultDialer keeps the path open and notices a dead peer below the protocols too: probes after 60 s, lost after three
// more, 20 s apart.
func defaultDialer() Dialer {
	d := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: time.Minute, Interval: 20 * time.Second, Count: 3,
	}}
	return d.DialContext
}
