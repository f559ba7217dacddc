package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// closeLimit is how long the library may take to notice that its connection is closed.
const closeLimit = time.Second

// session is one authenticated connection with the mailbox selected, read-only.
type session struct {
	o      *IMAPOptions
	watch  *watch // nil for a session that is not the intake
	wire   *wire
	client interface{ Close() error }
	imap   *imapclient.Client

	validity uint32
	uidNext  imap.UID // at the time of SELECT; 0 if the server does not say
	idle     bool     // IDLE works here
	exists   atomic.Uint32
	news     chan struct{} // holds one token when something happened to the mailbox
	said     lastWords
	leaving  atomic.Bool // we said goodbye: so may the server
}

// open dials, protects, logs in and selects.
func (m *IMAP) open(ctx context.Context, w *watch) (*session, error) {
	o := &m.o
	w.due(time.Now().Add(2*o.CommandTimeout + closeLimit))
	conn, err := dialWire(ctx, o.Dial, o.Addr, o.Security, o.CommandTimeout)
	if err != nil {
		return nil, err
	}
	s := &session{o: o, watch: w, wire: conn, news: make(chan struct{}, 1)}
	early := ""
	switch o.Security {
	case SecuritySTARTTLS:
		err = s.do(ctx, "STARTTLS", 0, func() error { return startTLSIMAP(conn) })
		early = "* OK over TLS now\r\n"
		fallthrough
	case SecurityTLS:
		if err == nil {
			err = conn.handshake(ctx, tlsConfig(o.TLS, m.host), o.CommandTimeout)
		}
	}
	if err != nil {
		conn.fail(err)
		return nil, err
	}
	screened := newScreen(&prefixed{Conn: conn, first: early}, max(o.MaxBytes, headerBytes), conn.fail, s.heard)
	s.imap = imapclient.New(screened, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: s.changed,
		Expunge: func(uint32) { s.wake() },
	}})
	s.client = s.imap
	if m.closer != nil {
		s.client = m.closer(s)
	}
	if err := s.enter(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// enter takes the session from the greeting to the selected mailbox.
func (s *session) enter(ctx context.Context) error {
	if err := s.do(ctx, "greeting", 0, s.imap.WaitGreeting); err != nil {
		return err
	}
	if err := s.login(ctx); err != nil {
		return err
	}
	// Asked anew: the list that the library holds right after a login may still be the one from before it.
	err := s.do(ctx, "CAPABILITY", 0, func() error {
		caps, err := s.imap.Capability().Wait()
		s.idle = caps.Has(imap.CapIdle)
		return err
	})
	if err != nil {
		return err
	}
	var data *imap.SelectData
	err = s.do(ctx, "EXAMINE "+s.o.Mailbox, 0, func() (err error) {
		data, err = s.imap.Select(s.o.Mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil {
		return err
	}
	if data.UIDValidity == 0 {
		return fmt.Errorf("EXAMINE %s: the server gives no UIDVALIDITY, so no place in the mailbox can be remembered", s.o.Mailbox)
	}
	s.validity, s.uidNext = data.UIDValidity, data.UIDNext
	s.exists.Store(data.NumMessages)
	return nil
}

// login proves who we are, by AUTHENTICATE PLAIN where the server has it and else by LOGIN.
func (s *session) login(ctx context.Context) error {
	if s.imap.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH, over TLS or on loopback
	}
	password, err := s.o.Password(ctx)
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	if strings.ContainsAny(password, "\x00\r\n") {
		return &refusedError{errors.New("the password contains a NUL or a line end")}
	}
	s.said.hide(password)
	err = s.do(ctx, "login", 0, func() error {
		caps := s.imap.Caps()
		switch {
		case caps == nil:
			return errors.New("the server does not tell its capabilities")
		case caps.Has("AUTH=PLAIN"):
			return s.imap.Authenticate(sasl.NewPlainClient("", s.o.User, password))
		case caps.Has("LOGINDISABLED"):
			return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "the server offers neither AUTH=PLAIN nor LOGIN"}
		default:
			return s.imap.Login(s.o.User, password).Wait()
		}
	})
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return err // the server's trouble (RFC 5530), not the password's
	}
	return &refusedError{errors.New(s.said.hidden(answer.Error()))}
}

// do runs one command under the session's limits; expect is the number of bytes that are asked for.
func (s *session) do(ctx context.Context, what string, expect int64, f func() error) error {
	s.watch.due(time.Now().Add(s.o.CommandTimeout + time.Duration(expect/bytesPerSecond+1)*time.Second))
	err := s.wire.within(ctx, what, s.o.CommandTimeout, expect, f)
	if err == nil {
		s.watch.active()
		return nil
	}
	if words := s.said.get(); words != "" && s.wire.failure() != nil {
		err = fmt.Errorf("%w (the server said: %s)", err, words)
	}
	return err
}

// changed runs in the library's reader, so it must not wait.
func (s *session) changed(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages != nil {
		s.exists.Store(*data.NumMessages)
		s.wake()
	}
}

func (s *session) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// heard runs in the library's reader for what the server says to a human.
func (s *session) heard(text string) {
	text = s.said.set(text)
	if s.leaving.Load() {
		return
	}
	s.o.Log.Warn("the imap server says", "text", text)
}

// logout ends a session politely; what comes of it does not matter.
func (s *session) logout(ctx context.Context) {
	s.leaving.Store(true)
	_ = s.do(ctx, "LOGOUT", 0, func() error { return s.imap.Logout().Wait() })
}

// close cuts the connection and waits for the library's reader to end.
func (s *session) close() error {
	s.wire.fail(errHungUp)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.client.Close() // the connection's own failure is known already
	}()
	t := time.NewTimer(closeLimit)
	defer t.Stop()
	select {
	case <-done:
		return nil
	case <-t.C:
		return ErrStuck
	}
}

// lastWords keeps the latest text for humans, with the password cut out should a server repeat it.
type lastWords struct {
	mu     sync.Mutex
	text   string
	secret string
}

func (l *lastWords) hide(secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret = secret
}

func (l *lastWords) hidden(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut(text)
}

func (l *lastWords) set(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = l.cut(text)
	return l.text
}

func (l *lastWords) get() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

func (l *lastWords) cut(text string) string {
	if l.secret == "" {
		return text
	}
	return strings.ReplaceAll(text, l.secret, "[secret]")
}
