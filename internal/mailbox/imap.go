package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// ErrStuck means that the IMAP library does not stop although its connection is closed: a goroutine spins or waits for
// ever, and no code in this process can end it. The only cure is to end the process and let its supervisor start it anew.
var ErrStuck = errors.New("the IMAP library does not stop")

// IMAPOptions says which mailbox to watch and with how much patience. Zero values mean the defaults named here.
type IMAPOptions struct {
	Addr     string      // host:port
	Security Security    // SecurityPlain only for loopback addresses
	TLS      *tls.Config // nil: the system's roots, the host of Addr
	User     string
	// Password is asked at each login, so that a changed secret works without a restart.
	Password func(ctx context.Context) (string, error)
	Mailbox  string // INBOX

	IdleReissue    time.Duration // 5 min: how long one IDLE lasts (RFC 2177 allows 29 min; many servers less)
	PollInterval   time.Duration // 60 s: between two looks where IDLE is not offered
	CommandTimeout time.Duration // 60 s for any command, and more for many bytes: 1 s for 64 kB
	RefusedWait    time.Duration // 5 min before the next login after the server refused one
	MaxBytes       int64         // 5 MB: of a larger mail only the header is fetched
	Batch          int           // 100 messages fetched by one command

	Dial Dialer       // nil: a TCP dialer
	Log  *slog.Logger // nil: nothing is logged
}

// Fetched is one message of the mailbox.
type Fetched struct {
	UIDValidity, UID uint32
	// Raw is the message as the server stores it, CRLF line ends as a rule. The receiver owns it.
	Raw []byte
	// Size is the server's idea of the size of the whole message, octets (RFC822.SIZE).
	Size int64
	// TooLarge: the message exceeds MaxBytes; Raw is its header, up to 256 kB.
	TooLarge bool
	// Arrived is when the message entered the mailbox (INTERNALDATE); zero when the server does not say.
	Arrived time.Time
	// Err says why Raw is empty: the server lists the message but refused its bytes, time after time. It is handed over so
	// that one broken message cannot hold up all later ones.
	Err error
}

// Cursor is a place in a mailbox: everything up to UID, in the numbering UIDValidity, was handled. The zero Cursor stands
// before the first message.
type Cursor struct{ UIDValidity, UID uint32 }

// IMAP watches one mailbox. It never changes it: no flag is set, nothing is moved.
type IMAP struct {
	o    IMAPOptions
	host string
	watch
	trouble trouble
	closer  func(*session) interface{ Close() error } // nil: the library; tests put a stuck one here
}

// NewIMAP checks the options; it does not connect.
func NewIMAP(o IMAPOptions) (*IMAP, error) {
	host, err := checkAddr(o.Addr, o.Security)
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	if o.User == "" || o.Password == nil {
		return nil, errors.New("imap: a user and a password are needed")
	}
	o.Mailbox = cmp.Or(o.Mailbox, "INBOX")
	o.IdleReissue = cmp.Or(o.IdleReissue, 5*time.Minute)
	o.PollInterval = cmp.Or(o.PollInterval, time.Minute)
	o.CommandTimeout = cmp.Or(o.CommandTimeout, time.Minute)
	o.RefusedWait = cmp.Or(o.RefusedWait, 5*time.Minute)
	o.MaxBytes = cmp.Or(o.MaxBytes, 5<<20)
	o.Batch = cmp.Or(o.Batch, 100)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Dial == nil {
		o.Dial = defaultDialer()
	}
	return &IMAP{o: o, host: host}, nil
}

// Run hands every message after the cursor to handle, in the order of the UIDs, each after the previous one was handled,
// and goes on with new messages as they arrive. It returns when ctx ends, with ctx's error, or with [ErrStuck].
//
// cursor is asked at the start of each session. When its UIDValidity is not the mailbox's, or its UID is one that the
// mailbox has not reached, the numbering is a new one and the whole mailbox is handed over again: handle must recognise a
// message that it has seen, and must accept a cursor that moves back.
//
// handle records the message and its place in one transaction. When it or cursor fails, nothing is skipped: the same
// message comes again after a pause that grows to a minute. A broken connection is replaced in the same way.
func (m *IMAP) Run(ctx context.Context, cursor func(context.Context) (Cursor, error), handle func(context.Context, Fetched) error) error {
	var pause backoff
	for {
		err := m.session(ctx, cursor, handle)
		if errors.Is(err, ErrStuck) {
			m.down(err, time.Time{})
			return err
		}
		if ctx.Err() != nil {
			m.down(nil, time.Time{})
			return ctx.Err()
		}
		if st := m.State(); st.Connected && time.Since(st.Since) >= time.Minute {
			pause.reset()
		}
		delay := pause.next()
		var refused *refusedError
		if errors.As(err, &refused) {
			delay = m.o.RefusedWait + rand.N(m.o.RefusedWait/10+1)
		}
		m.down(err, time.Now().Add(delay))
		m.o.Log.WarnContext(ctx, "imap session ended", "error", err, "retry_in", delay.Round(time.Millisecond))
		sleep(ctx, delay)
	}
}

// session is one connection, from login to failure. It always returns an error.
func (m *IMAP) session(ctx context.Context, cursor func(context.Context) (Cursor, error), handle func(context.Context, Fetched) error) (err error) {
	s, err := m.open(ctx, &m.watch)
	if err != nil {
		return err
	}
	defer func() {
		if stuck := s.close(); stuck != nil {
			err = errors.Join(stuck, err)
		}
	}()
	m.up(time.Now())
	m.o.Log.InfoContext(ctx, "imap session begins", "mailbox", m.o.Mailbox, "uidvalidity", s.validity, "messages", s.exists.Load(), "idle", s.idle)

	in := intake{m: m, s: s, handle: handle}
	var pause backoff
	for {
		err := in.catchUp(ctx, cursor)
		var held *holdError
		switch {
		case errors.As(err, &held) && ctx.Err() == nil:
			delay := pause.next()
			m.hold(err, time.Now().Add(delay))
			m.o.Log.WarnContext(ctx, "message not recorded, it will come again", "error", err, "retry_in", delay.Round(time.Millisecond))
			sleep(ctx, delay)
			continue
		case err != nil:
			return err
		}
		pause.reset()
		m.clear()
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// holdError wraps the failure of the receiver: the connection is good, the message has to come again.
type holdError struct{ err error }

func (e *holdError) Error() string { return e.err.Error() }
func (e *holdError) Unwrap() error { return e.err }

// refusedError wraps a login that the server refused; trying again soon would lock the account.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return "login refused: " + e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// backoff gives the pauses between attempts: random below a bound that doubles from one second to one minute, so that many
// clients of a restarted server do not come back at once.
type backoff struct{ failures int }

func (b *backoff) reset() { b.failures = 0 }

func (b *backoff) next() time.Duration {
	bound := min(time.Minute, time.Second<<min(b.failures, 6))
	b.failures++
	return rand.N(bound) + 1
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
