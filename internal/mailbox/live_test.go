package mailbox_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbot/internal/mailbox"
	"patchbot/internal/mailbox/loopback"
)

// patience is how long these tests wait for what comes at once.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the embedded servers; change may alter the options.
func start(t *testing.T, change func(*loopback.Options)) *loopback.Server {
	t.Helper()
	o := loopback.Options{User: "bot", Password: "right"}
	if change != nil {
		change(&o)
	}
	s, err := loopback.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func secret(password string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return password, nil }
}

func newIMAP(t *testing.T, o mailbox.IMAPOptions) *mailbox.IMAP {
	t.Helper()
	if o.User == "" {
		o.User, o.Password = "bot", secret("right")
	}
	m, err := mailbox.NewIMAP(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// recorder is a receiver that keeps everything and its place.
type recorder struct {
	mu    sync.Mutex
	place mailbox.Cursor
	seen  []mailbox.Fetched
	more  chan struct{}
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{}, 1000)} }

func (r *recorder) cursor(context.Context) (mailbox.Cursor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.place, nil
}

func (r *recorder) handle(_ context.Context, f mailbox.Fetched) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.place = mailbox.Cursor{UIDValidity: f.UIDValidity, UID: f.UID}
	r.seen = append(r.seen, f)
	r.more <- struct{}{}
	return nil
}

// wait returns the first n messages.
func (r *recorder) wait(t *testing.T, n int) []mailbox.Fetched {
	t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		seen := slices.Clone(r.seen)
		r.mu.Unlock()
		if len(seen) >= n {
			return seen
		}
		select {
		case <-r.more:
		case <-timeout:
			t.Fatalf("%d messages, want %d", len(seen), n)
		}
	}
}

// run starts an intake that ends with the test.
func run(t *testing.T, m *mailbox.IMAP, r *recorder) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx, r.cursor, r.handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func mail(n int) []byte {
	return fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\nSubject: n° %d\r\n\r\nBody \x00\xff %s\r\n", n, n, strings.Repeat("x", n%97))
}

// TestCatchUpAndFollow: more messages than the library buffers, byte for byte and in order, then each new one as it comes,
// over every kind of protection.
func TestCatchUpAndFollow(t *testing.T) {
	server, client, err := loopback.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for _, security := range []mailbox.Security{mailbox.SecurityPlain, mailbox.SecuritySTARTTLS, mailbox.SecurityTLS} {
		t.Run(security.String(), func(t *testing.T) {
			s := start(t, func(o *loopback.Options) {
				if security != mailbox.SecurityPlain {
					o.TLS, o.Implicit = server, security == mailbox.SecurityTLS
				}
			})
			for i := range 300 {
				if err := s.Append(mail(i)); err != nil {
					t.Fatal(err)
				}
			}
			r := newRecorder()
			m := newIMAP(t, mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: security, TLS: client, Batch: 128})
			run(t, m, r)
			r.wait(t, 300)
			for i := 300; i < 310; i++ {
				if err := s.Append(mail(i)); err != nil {
					t.Fatal(err)
				}
				r.wait(t, i+1)
			}
			for i, f := range r.wait(t, 310) {
				if f.UID != uint32(i+1) || !bytes.Equal(f.Raw, mail(i)) || f.Size != int64(len(f.Raw)) || f.TooLarge || f.Err != nil {
					t.Fatalf("message %d: UID %d, %q", i, f.UID, f.Raw)
				}
				if age := time.Since(f.Arrived); age < -time.Minute || age > time.Hour {
					t.Fatalf("message %d arrived at %v", i, f.Arrived)
				}
			}
			if st := m.State(); !st.Connected || st.LastError != "" || st.Since.IsZero() || st.LastActivity.Before(st.Since) {
				t.Errorf("state %+v", st)
			}
		})
	}
}

// TestResume: a new process goes on where the old one stopped, and one that finds another UIDVALIDITY begins anew.
func TestResume(t *testing.T) {
	s := start(t, nil)
	r := newRecorder()
	o := mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain}
	stop := run(t, newIMAP(t, o), r)
	for i := range 3 {
		if err := s.Append(mail(i)); err != nil {
			t.Fatal(err)
		}
	}
	r.wait(t, 3)
	stop()
	if err := s.Append(mail(3)); err != nil {
		t.Fatal(err)
	}
	run(t, newIMAP(t, o), r)
	if seen := r.wait(t, 4); len(seen) != 4 || !bytes.Equal(seen[3].Raw, mail(3)) {
		t.Fatalf("%d messages after the restart", len(seen))
	}
	s.Kick()
	if err := s.Append(mail(4)); err != nil {
		t.Fatal(err)
	}
	r.wait(t, 5)
	s.Renumber()
	seen := r.wait(t, 10)
	for i, f := range seen[5:] {
		if f.UIDValidity != seen[0].UIDValidity+1 || f.UID != uint32(i+1) || !bytes.Equal(f.Raw, mail(i)) {
			t.Errorf("after renumbering: %d/%d %q", f.UIDValidity, f.UID, f.Raw)
		}
	}
}

// TestTooLarge: the header of a large message comes, and the next message whole.
func TestTooLarge(t *testing.T) {
	s := start(t, nil)
	large := append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef\r\n"), 10000)...)
	for _, raw := range [][]byte{large, mail(1)} {
		if err := s.Append(raw); err != nil {
			t.Fatal(err)
		}
	}
	r := newRecorder()
	run(t, newIMAP(t, mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain, MaxBytes: 100000}), r)
	seen := r.wait(t, 2)
	if f := seen[0]; !f.TooLarge || string(f.Raw) != "Subject: large\r\n\r\n" || f.Size != int64(len(large)) {
		t.Errorf("large: %v %d %q", f.TooLarge, f.Size, f.Raw)
	}
	if f := seen[1]; f.TooLarge || !bytes.Equal(f.Raw, mail(1)) {
		t.Errorf("next: %v %q", f.TooLarge, f.Raw)
	}
}

// TestWrongPassword: the login is refused, the state says so and when the next attempt comes; a changed secret is used.
func TestWrongPassword(t *testing.T) {
	s := start(t, nil)
	if err := s.Append(mail(1)); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	asked := 0
	m := newIMAP(t, mailbox.IMAPOptions{
		Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain, RefusedWait: 10 * time.Millisecond, User: "bot",
		Password: func(context.Context) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			if asked++; asked < 3 {
				return "wrong", nil
			}
			return "right", nil
		},
	})
	r := newRecorder()
	run(t, m, r)
	r.wait(t, 1)
	if asked != 3 {
		t.Errorf("the password was asked for %d times, want 3", asked)
	}
}

// TestUntrusted: nothing is said to a server whose certificate is not trusted, nor to one without TLS.
func TestUntrusted(t *testing.T) {
	server, _, err := loopback.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := loopback.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	protected := start(t, func(o *loopback.Options) { o.TLS = server })
	implicit := start(t, func(o *loopback.Options) { o.TLS, o.Implicit = server, true })
	open := start(t, nil)
	never := func(context.Context) (string, error) {
		t.Error("the password was asked for")
		return "", nil
	}
	for _, c := range []struct {
		name       string
		s          *loopback.Server
		security   mailbox.Security
		imap, smtp string
	}{
		{"STARTTLS", protected, mailbox.SecuritySTARTTLS, "certificate", "certificate"},
		{"TLS", implicit, mailbox.SecurityTLS, "certificate", "certificate"},
		{"no STARTTLS", open, mailbox.SecuritySTARTTLS, "offers no STARTTLS", "offers no STARTTLS"},
		{"no TLS", open, mailbox.SecurityTLS, "does not look like a TLS handshake", "does not look like a TLS handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newIMAP(t, mailbox.IMAPOptions{Addr: c.s.IMAPAddr(), Security: c.security, TLS: other, User: "bot", Password: never})
			if err := m.Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.imap) {
				t.Errorf("imap: %v", err)
			}
			sender, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: c.s.SMTPAddr(), Security: c.security, TLS: other, User: "bot", Password: never})
			if err != nil {
				t.Fatal(err)
			}
			_, err = sender.Send(t.Context(), "bot@example.org", []string{"list@example.org"}, mail(1)[:40])
			var failure *mailbox.SendError
			if !errors.As(err, &failure) || !failure.Configuration || failure.Phase != mailbox.PhaseConnect || !strings.Contains(err.Error(), c.smtp) {
				t.Errorf("smtp: %#v", err)
			}
		})
	}
}

// TestAppend files a copy where there is a folder, says why where there is none, and leaves the other sessions alone.
func TestAppend(t *testing.T) {
	s := start(t, nil)
	m := newIMAP(t, mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain})
	r := newRecorder()
	run(t, m, r)
	if err := m.Append(t.Context(), "INBOX", mail(7)); err != nil {
		t.Fatal(err)
	}
	r.wait(t, 1)
	if found, err := m.Find(t.Context(), [2]string{"Message-ID", "<7@example.org>"}); err != nil || !found {
		t.Errorf("found %v, %v", found, err)
	}
	if err := m.Append(t.Context(), "Nowhere", mail(8)); err == nil || !strings.Contains(err.Error(), "no such mailbox") {
		t.Errorf("appending to a folder that does not exist: %v", err)
	}
}

// TestFind looks for a reply by one field or another.
func TestFind(t *testing.T) {
	s := start(t, nil)
	for i := range 5 {
		if err := s.Append(mail(i)); err != nil {
			t.Fatal(err)
		}
	}
	m := newIMAP(t, mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain})
	for _, c := range []struct {
		headers [][2]string
		want    bool
	}{
		{[][2]string{{"Message-ID", "<3@example.org>"}}, true},
		{[][2]string{{"Message-ID", "<33@example.org>"}}, false},
		{[][2]string{{"X-Patchbot-Job", "none"}, {"Message-ID", "<4@example.org>"}}, true},
		{nil, false},
	} {
		if got, err := m.Find(t.Context(), c.headers...); err != nil || got != c.want {
			t.Errorf("%v: %v, %v, want %v", c.headers, got, err, c.want)
		}
	}
	if _, err := m.Find(t.Context(), [2]string{"Message-ID", ""}); err == nil {
		t.Error("an empty text was searched for; every message has it")
	}
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSendLive delivers over every kind of protection.
func TestSendLive(t *testing.T) {
	server, client, err := loopback.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for _, security := range []mailbox.Security{mailbox.SecurityPlain, mailbox.SecuritySTARTTLS, mailbox.SecurityTLS} {
		t.Run(security.String(), func(t *testing.T) {
			var got []byte
			var envelope string
			s := start(t, func(o *loopback.Options) {
				if security != mailbox.SecurityPlain {
					o.TLS, o.Implicit = server, security == mailbox.SecurityTLS
				}
				o.OnMail = func(from string, to []string, raw []byte) {
					got, envelope = raw, from+" "+strings.Join(to, ",")
				}
			})
			sender, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: s.SMTPAddr(), Security: security, TLS: client, User: "bot", Password: secret("right"), Hello: "bot.example.org"})
			if err != nil {
				t.Fatal(err)
			}
			raw := []byte("Subject: x\r\n\r\n.\r\n..\r\n.dot\r\n-- \r\n")
			receipt, err := sender.Send(t.Context(), "bot@example.org", []string{"list@example.org", "bot+sent@example.org"}, raw)
			if err != nil || receipt.Text == "" || receipt.Refused != nil {
				t.Fatalf("%+v, %v", receipt, err)
			}
			if !bytes.Equal(got, raw) || envelope != "bot@example.org list@example.org,bot+sent@example.org" {
				t.Errorf("delivered %q for %s", got, envelope)
			}
			if f, err := sender.Features(t.Context()); err != nil || !f.EightBit || f.MaxSize != 25<<20 {
				t.Errorf("features %+v, %v", f, err)
			}
		})
	}
}

// TestPasswordAgain: the password is asked for at each attempt, so one that was refused and then changed needs no restart.
func TestPasswordAgain(t *testing.T) {
	s := start(t, nil)
	secret := "wrong"
	out, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: s.SMTPAddr(), Security: mailbox.SecurityPlain, User: "bot",
		Password: func(context.Context) (string, error) { return secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = out.Send(t.Context(), "bot@example.org", []string{"list@example.org"}, mail(1))
	var refused *mailbox.SendError
	if !errors.As(err, &refused) || !refused.Configuration {
		t.Errorf("a wrong password: %v", err)
	}
	secret = "right"
	if _, err := out.Send(t.Context(), "bot@example.org", []string{"list@example.org"}, mail(1)); err != nil {
		t.Errorf("the right password: %v", err)
	}
}

// TestStartTLSStripped: a man in the middle that answers for the server before TLS gets nothing: neither a refusal, nor an
// already authenticated greeting, nor commands that he sends ahead into the protected session.
func TestStartTLSStripped(t *testing.T) {
	for _, c := range []struct{ name, first, then, want string }{
		{"refused", "* OK hi\r\n", "A1 BAD what\r\n", "offers no STARTTLS"},
		{"preauth", "* PREAUTH welcome\r\n", "A1 OK go\r\n", "greeting before TLS"},
		{"sent ahead", "* OK hi\r\n", "A1 OK go\r\nT1 OK [CAPABILITY IMAP4rev1] in\r\n", "TLS"},
		{"flood", "* OK hi\r\n", strings.Repeat("* still here\r\n", 200), "more than was asked for"},
		{"long line", "* OK hi\r\n", strings.Repeat("x", 5000), "more than was asked for"},
		{"silent", "* OK hi\r\n", "A1 OK go\r\n", "no answer within"},
	} {
		t.Run(c.name, func(t *testing.T) {
			addr := middleman(t, c.first, c.then)
			m := newIMAP(t, mailbox.IMAPOptions{Addr: addr, Security: mailbox.SecuritySTARTTLS, TLS: &tls.Config{}, CommandTimeout: 200 * time.Millisecond})
			if err := m.Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestStartTLSStrippedSMTP is the same for the sender; what a repair can end is a matter of configuration.
func TestStartTLSStrippedSMTP(t *testing.T) {
	for _, c := range []struct {
		name, first, then, want string
		configuration           bool
	}{
		{"not offered", "220 hi\r\n", "250-mx\r\n250 SIZE 100\r\n", "offers no STARTTLS", true},
		{"refused", "220 hi\r\n", "250-mx\r\n250 STARTTLS\r\n454 4.7.0 not now\r\n", "454 4.7.0 not now", false},
		{"sent ahead", "220 hi\r\n", "250-mx\r\n250 STARTTLS\r\n220 go\r\n250 mx\r\n", "TLS", true},
		{"no service", "554-5.3.2 no\r\n554 5.3.2 mail\r\n", "", "554 5.3.2 no 5.3.2 mail", true},
		{"no SMTP", "HTTP/1.0 400 what\r\n", "", "not an SMTP reply", false},
		{"flood", "220 hi\r\n", strings.Repeat("250-still here\r\n", 200), "more than was asked for", false},
		{"long line", "220 hi\r\n", strings.Repeat("2", 5000), "more than was asked for", false},
		{"silent", "220 hi\r\n", "250-mx\r\n250 STARTTLS\r\n220 go\r\n", "no answer within", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: middleman(t, c.first, c.then), Security: mailbox.SecuritySTARTTLS,
				ConnectTimeout: 200 * time.Millisecond, CommandTimeout: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.EightBit(t.Context())
			var failure *mailbox.SendError
			if !errors.As(err, &failure) || failure.Phase != mailbox.PhaseConnect || failure.Configuration != c.configuration ||
				failure.Temporary == c.configuration || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%#v: %v, want %q", failure, err, c.want)
			}
		})
	}
}

// middleman answers one connection: first at once, then after the first command, and nothing more.
func middleman(t *testing.T, first, then string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, first)
		_, _ = conn.Read(make([]byte, 100))
		_, _ = io.WriteString(conn, then)
		_, _ = io.Copy(io.Discard, conn)
	})
	t.Cleanup(func() {
		l.Close()
		served.Wait()
	})
	return l.Addr().String()
}

// TestNobodyThere: a port on which nobody listens, and a dialer that never comes back.
func TestNobodyThere(t *testing.T) {
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, dial := range []mailbox.Dialer{nil, hang} {
		o := mailbox.SMTPOptions{Addr: "127.0.0.1:1", Security: mailbox.SecurityPlain, ConnectTimeout: 100 * time.Millisecond, Dial: dial}
		s, err := mailbox.NewSMTP(o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Send(t.Context(), "bot@example.org", []string{"list@example.org"}, []byte("A: b\r\n\r\n"))
		var failure *mailbox.SendError
		if !errors.As(err, &failure) || failure.Phase != mailbox.PhaseConnect || !failure.Temporary {
			t.Errorf("smtp: %v", err)
		}
		m := newIMAP(t, mailbox.IMAPOptions{Addr: o.Addr, Security: o.Security, CommandTimeout: o.ConnectTimeout, Dial: dial})
		if err := m.Check(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "imap: connect: ") {
			t.Errorf("imap: %v", err)
		}
	}
}
