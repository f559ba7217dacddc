package mailbox

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stuckClient is a library whose reader spins: closing it never returns.
type stuckClient struct{ release chan struct{} }

func (c stuckClient) Close() error {
	<-c.release
	return nil
}

// TestStuck: a library that does not stop is reported after a second, not waited for.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		stuck := stuckClient{make(chan struct{})}
		defer close(stuck.release)
		s := &session{o: &IMAPOptions{}, wire: newWire(a), client: stuck}
		begin := time.Now()
		if err := s.close(); !errors.Is(err, ErrStuck) || time.Since(begin) != closeLimit {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

// TestRunEndsWhenStuck: Run cannot repair it and says so.
func TestRunEndsWhenStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newScripted(t, []string{"hang\n"}, &logLines{})
		release := make(chan struct{})
		defer close(release)
		m.o.Password = nil // not reached
		m.closer = func(*session) interface{ Close() error } { return stuckClient{release} }
		err := m.Run(t.Context(), nil, nil)
		if !errors.Is(err, ErrStuck) {
			t.Errorf("Run ended with %v", err)
		}
		if st := m.State(); !strings.Contains(st.LastError, "does not stop") || st.Connected {
			t.Errorf("state %+v", st)
		}
	})
}

// TestState follows the state through an outage: it always says until when nothing will move.
func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newScripted(t, []string{
			"login exists=0\nC: UID FETCH 1:* (UID RFC822.SIZE)\nS: $ OK nothing\nC: IDLE\nS: + idling\nhang\n",
			"login exists=0\nC: UID FETCH 1:* (UID RFC822.SIZE)\nS: $ OK nothing\nrest\n",
		}, &logLines{})
		if st := m.State(); st != (State{}) {
			t.Errorf("before: %+v", st)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx, func(context.Context) (Cursor, error) { return Cursor{}, nil }, nil) }()

		begin := time.Now()
		synctest.Wait()
		if st := m.State(); !st.Connected || st.LastError != "" || !st.Since.Equal(begin) || st.Due.Sub(begin) != 6*time.Minute {
			t.Errorf("idling: %+v", st)
		}
		time.Sleep(5*time.Minute + 30*time.Second) // DONE is out, no answer came
		if st := m.State(); !st.Connected || !st.Due.After(time.Now()) || !st.LastActivity.Equal(begin) {
			t.Errorf("waiting for the answer to DONE: %+v", st)
		}
		for range 3600 {
			time.Sleep(time.Second)
			if st := m.State(); st.Due.Before(time.Now()) {
				t.Fatalf("due since %v: %+v", time.Since(st.Due), st)
			}
		}
		if st := m.State(); !st.Connected || st.LastError != "" || !st.Since.After(begin) || time.Since(st.LastActivity) > 6*time.Minute {
			t.Errorf("in the second session: %+v", st)
		}
		cancel()
		<-done
		if st := m.State(); st.Connected || !st.Retry.IsZero() {
			t.Errorf("after the end: %+v", st)
		}
	})
}

// TestBackoff: the pauses are random below a bound that doubles to a minute, and begin small again.
func TestBackoff(t *testing.T) {
	for range 100 {
		var b backoff
		for i, bound := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
			if d := b.next(); d <= 0 || d > bound*time.Second {
				t.Fatalf("pause %d is %v, want at most %v", i+1, d, bound*time.Second)
			}
		}
		b.reset()
		if d := b.next(); d > time.Second {
			t.Fatalf("after a reset: %v", d)
		}
	}
}

func TestNewIMAP(t *testing.T) {
	password := func(context.Context) (string, error) { return "", nil }
	for _, c := range []struct {
		o  IMAPOptions
		ok bool
	}{
		{IMAPOptions{Addr: "mail.example.org:993", User: "u", Password: password}, true},
		{IMAPOptions{Addr: "mail.example.org:143", Security: SecurityPlain, User: "u", Password: password}, false},
		{IMAPOptions{Addr: "127.0.0.1:143", Security: SecurityPlain, User: "u", Password: password}, true},
		{IMAPOptions{Addr: "mail.example.org:993", Password: password}, false},
		{IMAPOptions{Addr: "mail.example.org:993", User: "u"}, false},
		{IMAPOptions{Addr: "mail.example.org", User: "u", Password: password}, false},
	} {
		if _, err := NewIMAP(c.o); (err == nil) != c.ok {
			t.Errorf("%s %v: %v, want ok %v", c.o.Addr, c.o.Security, err, c.ok)
		}
	}
}
