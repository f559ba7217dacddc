package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// SMTPOptions says which server takes our mail and with how much patience. Zero values mean the defaults named here.
type SMTPOptions struct {
	Addr     string      // host:port of a submission server (RFC 6409) or of a trusted relay
	Security Security    // SecurityPlain only for loopback addresses
	TLS      *tls.Config // nil: the system's roots, the host of Addr
	User     string      // empty: no authentication
	// Password is asked at each login, so that a changed secret works without a restart.
	Password func(ctx context.Context) (string, error)
	Hello    string // the name for EHLO: localhost

	ConnectTimeout time.Duration // 30 s to connect, and again for the TLS handshake
	CommandTimeout time.Duration // 1 min for a command (RFC 5321, section 4.5.3.2, has 5 min)
	DataTimeout    time.Duration // 5 min for the answer to the message (RFC 5321 has 10 min)

	Dial Dialer       // nil: a TCP dialer
	Log  *slog.Logger // nil: nothing is logged
}

// SMTP hands finished messages to one server, one connection each.
type SMTP struct {
	o    SMTPOptions
	host string
}

// Receipt is the server's word that it has taken a message.
type Receipt struct {
	// QueueID is the server's name for the message where it tells one, else empty.
	QueueID string
	// Text is what the server said, cleaned for a log.
	Text string
	// Refused holds the recipients that the server did not take although it took the message.
	Refused map[string]error
}

// Features is what a server offers.
type Features struct {
	EightBit bool  // 8BITMIME (RFC 6152): bytes above 127 may be sent
	MaxSize  int64 // octets of the largest message (RFC 1870); 0: not said
}

// NewSMTP checks the options; it does not connect.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	host, err := checkAddr(o.Addr, o.Security)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	if o.User != "" && o.Password == nil {
		return nil, errors.New("smtp: a user without a password")
	}
	o.Hello = cmp.Or(o.Hello, "localhost")
	if strings.Trim(o.Hello, helloBytes) != "" {
		return nil, fmt.Errorf("smtp: %q is no name to say hello with", o.Hello)
	}
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 30*time.Second)
	o.CommandTimeout = cmp.Or(o.CommandTimeout, time.Minute)
	o.DataTimeout = cmp.Or(o.DataTimeout, 5*time.Minute)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Dial == nil {
		o.Dial = defaultDialer()
	}
	return &SMTP{o: o, host: host}, nil
}

// Send hands raw, a complete message with CRLF line ends, to the server for all recipients in one transaction. Lines that
// end in a bare LF get their CR; a bare CR is refused. Callers encode their text so that it is 7-bit (quoted-printable);
// a message with other bytes is refused here when the server does not offer 8BITMIME.
//
// The first recipient is the one that decides: when the server refuses it, nothing is sent. Others that are refused are
// named in the Receipt. An error is always a [*SendError], which says whether the same bytes may be sent again.
func (s *SMTP) Send(ctx context.Context, from string, recipients []string, raw []byte) (Receipt, error) {
	if err := checkMessage(from, recipients, raw); err != nil {
		return Receipt{}, err
	}
	t, err := s.connect(ctx)
	if err != nil {
		return Receipt{}, err
	}
	defer t.wire.fail(errHungUp)
	if err := t.fits(raw); err != nil {
		t.quit(ctx)
		return Receipt{}, err
	}
	refused, err := t.envelope(ctx, from, recipients, len(raw))
	var receipt Receipt
	if err == nil {
		receipt, err = t.data(ctx, raw)
	}
	// A message that was broken off must stay so; see data.
	if err == nil || isRefusal(err) {
		t.quit(ctx)
	}
	if err != nil {
		return Receipt{}, err
	}
	receipt.Refused = refused
	return receipt, nil
}

// Features connects, logs in and leaves: nil means that [SMTP.Send] would get as far as the message now.
func (s *SMTP) Features(ctx context.Context) (Features, error) {
	t, err := s.connect(ctx)
	if err != nil {
		return Features{}, err
	}
	defer t.wire.fail(errHungUp)
	f := t.features()
	t.quit(ctx)
	return f, nil
}

// EightBit reports whether the server takes bytes above 127 (8BITMIME).
func (s *SMTP) EightBit(ctx context.Context) (bool, error) {
	f, err := s.Features(ctx)
	return f.EightBit, err
}

// transaction is one connection to the server.
type transaction struct {
	o      *SMTPOptions
	wire   *wire
	client *smtp.Client
}

// do runs one exchange and gives its failure the name of the phase.
func (t *transaction) do(ctx context.Context, phase Phase, limit time.Duration, expect int64, f func() error) error {
	if err := t.wire.within(ctx, string(phase), limit, expect, f); err != nil {
		return sendError(phase, errors.Unwrap(err))
	}
	return nil
}

// connect dials, protects, says hello and logs in.
func (s *SMTP) connect(ctx context.Context) (*transaction, error) {
	o := &s.o
	conn, err := dialWire(ctx, o.Dial, o.Addr, o.Security, o.ConnectTimeout)
	if err != nil {
		return nil, sendError(PhaseConnect, err)
	}
	t := &transaction{o: o, wire: conn}
	early := ""
	switch o.Security {
	case SecuritySTARTTLS:
		err = t.do(ctx, PhaseConnect, o.CommandTimeout, 0, func() error { return startTLSSMTP(conn, o.Hello) })
		early = "220 over TLS now\r\n"
		fallthrough
	case SecurityTLS:
		if err == nil {
			if err = conn.handshake(ctx, tlsConfig(o.TLS, s.host), o.ConnectTimeout); err != nil {
				err = sendError(PhaseConnect, err)
			}
		}
	}
	if err == nil {
		t.client = smtp.NewClient(&prefixed{Conn: conn, first: early})
		err = t.do(ctx, PhaseConnect, o.CommandTimeout, 0, func() error { return t.client.Hello(o.Hello) })
	}
	if err == nil {
		err = t.login(ctx)
	}
	if err != nil {
		if t.client != nil && isRefusal(err) {
			t.quit(ctx)
		}
		conn.fail(err)
		return nil, err
	}
	return t, nil
}

// login authenticates by PLAIN, or by LOGIN where the server has nothing else.
func (t *transaction) login(ctx context.Context) error {
	if t.o.User == "" {
		return nil
	}
	password, err := t.o.Password(ctx)
	if err != nil {
		return configError(PhaseAuth, fmt.Errorf("password: %w", err))
	}
	var mechanism sasl.Client
	switch {
	case t.client.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", t.o.User, password)
	case t.client.SupportsAuth(sasl.Login):
		mechanism = sasl.NewLoginClient(t.o.User, password)
	default:
		return configError(PhaseAuth, errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN"))
	}
	return t.do(ctx, PhaseAuth, t.o.CommandTimeout, 0, func() error { return t.client.Auth(mechanism) })
}

func (t *transaction) features() Features {
	var f Features
	f.EightBit, _ = t.client.Extension("8BITMIME")
	if n, ok := t.client.MaxMessageSize(); ok {
		f.MaxSize = int64(n)
	}
	return f
}

// fits refuses what the server could not take, before it is asked.
func (t *transaction) fits(raw []byte) error {
	f := t.features()
	if f.MaxSize > 0 && int64(len(raw)) > f.MaxSize {
		return &SendError{Phase: PhaseMail, Code: 552, Enhanced: "5.3.4",
			Err: fmt.Errorf("the message has %d octets, the server takes %d", len(raw), f.MaxSize)}
	}
	if !f.EightBit && !is7Bit(raw) {
		return &SendError{Phase: PhaseMail, Code: 554, Enhanced: "5.6.3",
			Err: errors.New("the message is not 7-bit and the server does not offer 8BITMIME")}
	}
	return nil
}

// envelope names the sender and the recipients. It returns those that the server refused, unless the first is among them.
func (t *transaction) envelope(ctx context.Context, from string, recipients []string, size int) (map[string]error, error) {
	err := t.do(ctx, PhaseMail, t.o.CommandTimeout, 0, func() error {
		return t.client.Mail(from, &smtp.MailOptions{Size: int64(size)})
	})
	if err != nil {
		return nil, err
	}
	var refused map[string]error
	for i, to := range recipients {
		err := t.do(ctx, PhaseRcpt, t.o.CommandTimeout, 0, func() error { return t.client.Rcpt(to, nil) })
		if err == nil {
			continue
		}
		var answer *smtp.SMTPError
		if i == 0 || !errors.As(err, &answer) || answer.Code == 421 {
			return nil, err
		}
		if refused == nil {
			refused = make(map[string]error)
		}
		refused[to] = err
	}
	return refused, nil
}

// data sends the message. From the first byte on nothing polite may follow a failure: QUIT and RSET would first complete
// the part that was sent, and the server would deliver it.
func (t *transaction) data(ctx context.Context, raw []byte) (Receipt, error) {
	var body *smtp.DataCommand
	err := t.do(ctx, PhaseData, t.o.CommandTimeout, 0, func() (err error) {
		body, err = t.client.Data()
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	err = t.do(ctx, PhaseData, t.o.CommandTimeout, int64(len(raw)), func() error {
		_, err := body.Write(raw)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	var answer *smtp.DataResponse
	// PhaseUnknown: the end of the message goes out now.
	err = t.do(ctx, PhaseUnknown, t.o.DataTimeout, 0, func() (err error) {
		answer, err = body.CloseWithResponse()
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	text := humanText(answer.StatusText)
	return Receipt{QueueID: queueID(text), Text: text}, nil
}

// quit ends a connection on which everything was answered. The message's fate is settled; what comes of QUIT is not
// worth waiting for long.
func (t *transaction) quit(ctx context.Context) {
	err := t.do(ctx, PhaseConnect, min(t.o.CommandTimeout, 5*time.Second), 0, t.client.Quit)
	if err != nil {
		t.o.Log.DebugContext(ctx, "the smtp server did not answer QUIT", "error", err)
	}
}
