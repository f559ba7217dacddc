package loopback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbot/internal/mailbox"
	"patchbot/internal/mailbox/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func password(context.Context) (string, error) { return "right", nil }

// TestEveryMessageIsAnnounced: each message reaches a client that idles, at once and not only when it asks again; the
// library's own IDLE forgets one in fifteen that come while it begins.
func TestEveryMessageIsAnnounced(t *testing.T) {
	s, err := loopback.Start(t.Context(), loopback.Options{User: "bot", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	m, err := mailbox.NewIMAP(mailbox.IMAPOptions{
		Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain, User: "bot", Password: password,
		IdleReissue: time.Hour, // so that only an announcement can bring the message
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan mailbox.Fetched, 1)
	done := make(chan error, 1)
	go func() {
		done <- m.Run(ctx, func(context.Context) (mailbox.Cursor, error) { return mailbox.Cursor{}, nil },
			func(_ context.Context, f mailbox.Fetched) error { got <- f; return nil })
	}()
	for i := range 300 {
		raw := fmt.Appendf(nil, "Subject: %d\n\nbody\r\n", i)
		if err := s.Append(raw); err != nil {
			t.Fatal(err)
		}
		select {
		case f := <-got:
			if want := fmt.Sprintf("Subject: %d\r\n\r\nbody\r\n", i); string(f.Raw) != want {
				t.Fatalf("message %d: %q, want %q", i, f.Raw, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("message %d was not announced", i)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestSubmission: the SMTP server wants a login, and hands over what it takes with its envelope.
func TestSubmission(t *testing.T) {
	var mails []string
	s, err := loopback.Start(t.Context(), loopback.Options{User: "bot", Password: "right",
		OnMail: func(from string, to []string, raw []byte) {
			mails = append(mails, fmt.Sprintf("%s %s %q", from, strings.Join(to, ","), raw))
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	send := func(user, secret string) error {
		c, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: s.SMTPAddr(), Security: mailbox.SecurityPlain, User: user,
			Password: func(context.Context) (string, error) { return secret, nil }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), "bot@example.org", []string{"list@example.org", "x@example.org"}, []byte("A: b\r\n\r\nc\r\n"))
		return err
	}
	for _, c := range []struct {
		user, secret string
		code         int
	}{{"bot", "wrong", 535}, {"other", "right", 535}, {"", "", 530}, {"bot", "right", 0}} {
		err := send(c.user, c.secret)
		var failure *mailbox.SendError
		if errors.As(err, &failure) && failure.Code != c.code || (err == nil) != (c.code == 0) {
			t.Errorf("%q with %q: %v, want code %d", c.user, c.secret, err, c.code)
		}
	}
	if want := `[bot@example.org list@example.org,x@example.org "A: b\r\n\r\nc\r\n"]`; fmt.Sprint(mails) != want {
		t.Errorf("taken %v, want %s", mails, want)
	}
}

// TestStop: the servers end with their context and leave nothing behind; a second Stop does nothing.
func TestStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := loopback.Start(ctx, loopback.Options{User: "bot", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := mailbox.NewIMAP(mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain, User: "bot", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	s.Stop()
	s.Stop()
	if err := m.Check(t.Context()); err == nil {
		t.Error("a stopped server answers")
	}
	if _, err := loopback.Start(t.Context(), loopback.Options{Implicit: true}); err == nil {
		t.Error("implicit TLS without a certificate was accepted")
	}
}

// TestOtherUser: only the one user and the one mailbox exist.
func TestOtherUser(t *testing.T) {
	s, err := loopback.Start(t.Context(), loopback.Options{User: "bot", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if err := s.Append(bytes.Repeat([]byte("A: b\r\n"), 3)); err != nil {
		t.Fatal(err)
	}
	for _, o := range []mailbox.IMAPOptions{{User: "other"}, {User: "bot", Mailbox: "Archive"}} {
		o.Addr, o.Security, o.Password = s.IMAPAddr(), mailbox.SecurityPlain, password
		m, err := mailbox.NewIMAP(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Check(t.Context()); err == nil {
			t.Errorf("%s/%s exists", o.User, o.Mailbox)
		}
	}
}
