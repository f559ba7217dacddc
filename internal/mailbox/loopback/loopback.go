// Package loopback is a small mail provider on 127.0.0.1: an IMAP server with one mailbox in memory and an SMTP server that
// hands what it takes to a function. The demonstration runs on it, and so do tests of everything above the protocols.
//
// It speaks the real protocols but is no model of a real server's faults: it is fast, honest and forgets everything when
// it stops. Its UIDVALIDITY is new at each start, as the UIDs are, so that a client which kept its place from an earlier
// run reads the mailbox again.
package loopback

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// Inbox is the name of the one mailbox.
const Inbox = "INBOX"

// Options configures a [Server]. The same user and password serve both protocols.
type Options struct {
	User, Password string
	// OnMail is called for each message that the SMTP server takes, before it answers; CRLF line ends. It may be called
	// from several goroutines. Nil drops the messages.
	OnMail func(from string, to []string, raw []byte)
	// TLS offers STARTTLS on both servers; nil offers no protection. See [SelfSigned].
	TLS *tls.Config
	// Implicit speaks TLS from the first byte instead; it needs TLS.
	Implicit bool
	// UIDValidity numbers the mailbox; 0 means the time in seconds.
	UIDValidity uint32
	Log         *slog.Logger // nil: nothing is logged
}

// Server is a running pair of servers.
type Server struct {
	o         Options
	user      *imapmemserver.User
	imap      *imapserver.Server
	smtp      *smtp.Server
	listeners [2]net.Listener
	serving   sync.WaitGroup
	stop      sync.Once

	mu       sync.Mutex
	validity uint32
	sessions map[*session]bool
}

// Start begins to listen on two free ports of 127.0.0.1. The servers stop with ctx, or by Stop.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Implicit && o.TLS == nil {
		return nil, errors.New("loopback: implicit TLS without a configuration")
	}
	if o.UIDValidity == 0 {
		o.UIDValidity = uint32(time.Now().Unix())
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, validity: o.UIDValidity, sessions: make(map[*session]bool)}
	s.user = imapmemserver.NewUser(o.User, o.Password)
	if err := s.user.Create(Inbox, nil); err != nil {
		return nil, fmt.Errorf("loopback: %w", err)
	}
	for i := range s.listeners {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.closeListeners()
			return nil, fmt.Errorf("loopback: %w", err)
		}
		s.listeners[i] = l
	}
	s.imap = s.newIMAP()
	s.smtp = s.newSMTP()
	s.serve("imap", s.listeners[0], s.imap.Serve)
	s.serve("smtp", s.listeners[1], s.smtp.Serve)
	context.AfterFunc(ctx, s.Stop)
	return s, nil
}

func (s *Server) serve(name string, l net.Listener, f func(net.Listener) error) {
	if s.o.Implicit {
		l = tls.NewListener(l, s.o.TLS)
	}
	s.serving.Go(func() {
		if err := f(l); err != nil && !errors.Is(err, net.ErrClosed) {
			s.o.Log.Debug("loopback server ended", "server", name, "error", err)
		}
	})
}

// IMAPAddr is the host:port of the IMAP server.
func (s *Server) IMAPAddr() string { return s.listeners[0].Addr().String() }

// SMTPAddr is the host:port of the SMTP server.
func (s *Server) SMTPAddr() string { return s.listeners[1].Addr().String() }

// Append delivers a message into the mailbox, as the last hop of a list would: bare LF become CRLF, nothing else changes.
func (s *Server) Append(raw []byte) error {
	return s.append(bytes.NewReader(crlf(raw)), &imap.AppendOptions{})
}

func (s *Server) append(r imap.LiteralReader, o *imap.AppendOptions) error {
	if _, err := s.user.Append(Inbox, r, o); err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for session := range s.sessions {
		session.wake()
	}
	return nil
}

// Kick closes all IMAP connections without a word.
func (s *Server) Kick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for session := range s.sessions {
		session.conn.NetConn().Close()
	}
}

// Renumber gives the mailbox a new UIDVALIDITY and kicks all clients, as the repair of a real mailbox does.
func (s *Server) Renumber() {
	s.mu.Lock()
	s.validity++
	s.mu.Unlock()
	s.Kick()
}

// Stop closes everything. It may be called more than once.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.closeListeners()
		_ = s.imap.Close() // what closing a connection of our own says is of no use
		_ = s.smtp.Close()
		s.serving.Wait()
	})
}

func (s *Server) closeListeners() {
	for _, l := range s.listeners {
		if l != nil {
			l.Close()
		}
	}
}

// crlf ends every line with CRLF.
func crlf(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/40)
	for i, b := range raw {
		if b == '\n' && (i == 0 || raw[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, b)
	}
	return out
}
