package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"
)

// bytesPerSecond is the slowest link that still counts as working: an exchange may last its fixed limit plus the time that
// its bytes take at this rate.
const bytesPerSecond = 64 << 10

// smallTalk is what a server may send in any exchange beside what was asked for: greetings, capabilities, news of others.
const smallTalk = 1 << 20

var (
	errTooMuch = errors.New("the server sends more than was asked for")
	errHungUp  = errors.New("the protocol library gave up the connection")
)

// timeoutError says that an exchange did not end within its limit.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.limit) }
func (e *timeoutError) Timeout() bool { return true }

// wire is the connection that a protocol library gets in place of the real one. The library's own deadlines do nothing:
// within is the only clock. The first failure is final; it closes the transport, which is the only way to wake a library
// that waits for a reply, and later calls return it again, so that a reader which tries once more does not wait once more.
type wire struct {
	net.Conn           // the bytes: the transport itself or TLS over it
	transport net.Conn // what is closed

	mu     sync.Mutex
	budget int64 // bytes that may still arrive
	cause  error // the first failure, or nil
}

func newWire(transport net.Conn) *wire {
	return &wire{Conn: transport, transport: transport, budget: smallTalk}
}

// within runs one exchange in which about expect bytes move: f may take limit, more for many bytes, and no longer than ctx,
// and the server may send twice what is expected and some small talk. When f fails, the reason returned is that of the
// connection if the connection failed first: libraries tend to lose it.
func (w *wire) within(ctx context.Context, what string, limit time.Duration, expect int64, f func() error) error {
	w.mu.Lock()
	w.budget = 2*expect + smallTalk
	w.mu.Unlock()
	limit += time.Duration(float64(expect) / bytesPerSecond * float64(time.Second))
	stop := context.AfterFunc(ctx, func() { w.fail(context.Cause(ctx)) })
	defer stop()
	timer := time.AfterFunc(limit, func() { w.fail(&timeoutError{limit}) })
	defer timer.Stop()

	err := f()
	if err == nil {
		return nil
	}
	if cause := w.failure(); cause != nil && cause != errHungUp && !isAnswer(err) {
		err = cause
	}
	return fmt.Errorf("%s: %w", what, err)
}

// isAnswer reports whether an error is the server's own reply, which no later failure of the connection can change.
func isAnswer(err error) bool {
	var imapReply *imap.Error
	var smtpReply *smtp.SMTPError
	return errors.As(err, &imapReply) || errors.As(err, &smtpReply)
}

// fail records the first failure, closes the transport, and returns that failure.
func (w *wire) fail(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cause == nil {
		w.cause = err
		w.transport.Close()
	}
	return w.cause
}

// failure returns what ended the connection, or nil while it lives.
func (w *wire) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cause
}

// Read implements [net.Conn].
func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	left, cause := w.budget, w.cause
	w.mu.Unlock()
	if cause != nil {
		return 0, cause
	}
	if left <= 0 {
		return 0, w.fail(errTooMuch)
	}
	n, err := w.Conn.Read(p[:min(int64(len(p)), left)])
	w.mu.Lock()
	w.budget -= int64(n)
	w.mu.Unlock()
	if err != nil {
		err = w.fail(err)
	}
	return n, err
}

// Write implements [net.Conn].
func (w *wire) Write(p []byte) (int, error) {
	if cause := w.failure(); cause != nil {
		return 0, cause
	}
	n, err := w.Conn.Write(p)
	if err != nil {
		err = w.fail(err)
	}
	return n, err
}

// Close implements [net.Conn] for the library above. Our own side ends a connection with fail.
func (w *wire) Close() error {
	w.fail(errHungUp)
	return nil
}

// SetDeadline does nothing: see within. So do the other two.
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// handshake puts TLS over the transport. Bytes that the server sent in the clear after it agreed to STARTTLS are still in
// the transport and fail the handshake here; they are never taken for protected ones.
func (w *wire) handshake(ctx context.Context, config *tls.Config, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &timeoutError{limit})
	defer cancel()
	conn := tls.Client(w.transport, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("TLS: %w", w.fail(err))
	}
	w.Conn = conn
	return nil
}

// dialWire opens the transport. An unprotected one must really lead to this machine, whatever "localhost" resolves to.
func dialWire(ctx context.Context, dial Dialer, addr string, security Security, limit time.Duration) (*wire, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &timeoutError{limit})
	defer cancel()
	conn, err := dial(ctx, "tcp", addr)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	if peer, ok := conn.RemoteAddr().(*net.TCPAddr); ok && security == SecurityPlain && !peer.IP.IsLoopback() {
		conn.Close()
		return nil, fmt.Errorf("connect: %s: %w", peer, errNotLoopback)
	}
	return newWire(conn), nil
}

// tlsConfig completes the configuration of a connection to host; config may be nil.
func tlsConfig(config *tls.Config, host string) *tls.Config {
	if config == nil {
		return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.ServerName = cmp.Or(config.ServerName, host)
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}
