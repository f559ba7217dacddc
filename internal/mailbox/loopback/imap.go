package loopback

import (
	"fmt"
	"log/slog"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// newIMAP makes the IMAP server.
func (s *Server) newIMAP() *imapserver.Server {
	options := &imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			session := &session{server: s, conn: c, news: make(chan struct{}, 1)}
			s.mu.Lock()
			s.sessions[session] = true
			s.mu.Unlock()
			return session, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIdle: {}, imap.CapUIDPlus: {}},
		Logger:       printfLogger{s.o.Log},
		InsecureAuth: s.o.TLS == nil,
	}
	if !s.o.Implicit {
		options.TLSConfig = s.o.TLS
	}
	return imapserver.New(options)
}

// session is one client's view. The embedded session is nil until the login.
type session struct {
	*imapmemserver.UserSession
	server *Server
	conn   *imapserver.Conn
	news   chan struct{} // holds one token when the mailbox has grown
}

// Login implements [imapserver.Session].
func (s *session) Login(user, password string) error {
	if err := s.server.user.Login(user, password); err != nil {
		return err
	}
	s.UserSession = imapmemserver.NewUserSession(s.server.user)
	return nil
}

// Close implements [imapserver.Session].
func (s *session) Close() error {
	s.server.mu.Lock()
	delete(s.server.sessions, s)
	s.server.mu.Unlock()
	return s.UserSession.Close() // nil is allowed
}

// Select implements [imapserver.Session] with the server's own UIDVALIDITY: the library numbers every first mailbox 1.
func (s *session) Select(mailbox string, options *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := s.UserSession.Select(mailbox, options)
	if err == nil {
		s.server.mu.Lock()
		data.UIDValidity = s.server.validity
		s.server.mu.Unlock()
	}
	return data, err
}

// Append implements [imapserver.Session].
func (s *session) Append(mailbox string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	if mailbox != Inbox {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "no such mailbox"}
	}
	return &imap.AppendData{}, s.server.append(r, options)
}

// Idle implements [imapserver.Session]. The library's own begins to listen after it told the client that it does, and
// never reports what came between; here the tokens are kept from the start of the session.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-s.news:
		}
	}
}

func (s *session) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// printfLogger passes the library's messages to the log; they are about clients that went away.
type printfLogger struct{ log *slog.Logger }

// Printf implements [imapserver.Logger].
func (l printfLogger) Printf(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }

// Println implements [smtp.Logger].
func (l printfLogger) Println(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
