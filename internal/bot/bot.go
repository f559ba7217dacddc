package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/repo"
	"patchbot/internal/review"
	"patchbot/internal/store"
	"patchbot/internal/wiki"
)

// Arrival is one raw mail as the mailbox gives it.
type Arrival struct {
	UIDValidity, UID uint32
	Raw              []byte // the whole mail, or only its header when TooLarge
	Size             int64  // of the whole mail, bytes
	TooLarge         bool
	At               time.Time // when the mailbox took it
	Err              error     // why Raw is empty: the server lists the mail and refuses its bytes
}

// Inbox is where mails come from.
type Inbox interface {
	// Run hands over every mail after the cursor, one at a time and in order, until ctx ends. A mail whose take failed is
	// handed over again later.
	Run(ctx context.Context, cursor func(context.Context) (store.Cursor, error), take func(context.Context, Arrival) error) error
	// Find reports whether the bot's own mailbox holds a mail with this header field.
	Find(ctx context.Context, name, value string) (bool, error)
}

// Outlet is where replies go. An error that is not a *Refusal counts as temporary.
type Outlet interface {
	Send(ctx context.Context, from string, recipients []string, raw []byte) (queueID string, err error)
}

// Refusal is the answer of a mail server that did not take a reply.
type Refusal struct {
	Permanent     bool // it will never take these bytes
	Configuration bool // the server refuses us, not the mail: log-in, certificate, sender
	Unknown       bool // it may have taken the mail: the connection broke after the last byte
	Unreached     bool // there was no word about the mail: no connection, or none that could be used
	Err           error
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap gives the mail server's answer.
func (r *Refusal) Unwrap() error { return r.Err }

// List is one mailing list.
type List struct {
	Name      string
	Addresses []string // the one for replies first
	IDs       []string // values of List-Id
	Kind      review.ListKind
	Lang      review.Lang
	Archive   string             // URL, may be empty
	Words     *review.Translator // of its own; nil: those of all lists
	Verdicts  []review.Verdict   // that are mailed; none: all
	To        review.Audience
	Quiet     Quiet
	DryRun    bool   // replies are stored and shown, never sent
	Moderator string // address that sees every mail first and releases it; empty: nothing waits for anybody
	Tracker   Tracker
	Any       bool // it takes every mail that no other list takes: an archive of a list that nobody described
}

// Wiki is one repository under review.
type Wiki struct {
	Name     string
	Prefixes []string
	Lists    []string // names of lists that carry its patches
	Branch   string
	Host     wiki.Host
	Own      wiki.Own
	// Base gives the repository, fetched when it is due; an error leaves the review for later.
	Base func(context.Context) (*repo.Repo, error)
	// Revision chooses what a review that begins now is judged against, and says how it was chosen; nil: the tip of Branch.
	Revision  func(*repo.Repo) (rev, how string)
	AnyPrefix bool // patches with any prefix, or none, are for it
}

// Self is who the bot is.
type Self struct {
	Name     string
	Address  string
	Aliases  []string
	SentCopy string // second envelope recipient that reaches the own mailbox; may be empty
}

// Policy is what the configuration says about waiting and writing.
type Policy struct {
	IncompleteAfter time.Duration
	Settle          time.Duration
	Replies         bool          // false: replies are stored and shown, not sent
	MaxAge          time.Duration // replies to older mails are held; 0 means none
	PerSenderHour   int           // caps; 0 means none
	PerHour         int
	PerThreadDay    int
	AuthServers     []string      // authserv-ids whose word makes the sender of a private mail trusted; none: private mails are left alone
	Thanks          bool          // who wrote a series hears, once, that the branch got it
	BaseMoved       bool          // likewise that a series that applied does not any more
	LookAtBase      time.Duration // how often the branches are looked at without a review; 0: never
	Verify          bool          // the git of this machine applies every series too, and the operator hears where it disagrees
}

// Options are the parts of a Bot.
type Options struct {
	Store      *store.DB
	Inbox      Inbox
	Outlet     Outlet
	File       func(ctx context.Context, raw []byte) error // puts a copy of a sent mail away; nil: none is kept
	Mailbox    string                                      // name under which the cursor is kept
	Lists      []List
	Wikis      []Wiki
	Rules      *checks.Set
	Words      *review.Translator
	Index      *wiki.Index // what is known of pages, shared by all wikis; may be nil
	Links      Links       // nil: external links are not asked
	WebURL     string      // base of the web pages, empty when there are none
	Self       Self
	Policy     Policy
	Alert      Alert
	Limits     email.Limits
	KillSwitch func() bool // true: no mail may leave
	Now        func() time.Time
	Log        *slog.Logger
}

// Bot is the loop. Make one with New.
type Bot struct {
	Options
	wakeWorker chan struct{}
	wakeSender chan struct{}
	wakeMarker chan struct{}
	stamps     [4]atomic.Pointer[time.Time]
	recovered  time.Time // by the worker
	alerted    time.Time // by the sender, as is paused
	paused     time.Time // until then nothing is sent: the mail server cannot be used
	looked     time.Time // at the branches, by the worker; at first the start, so that a daemon begins with what came
}

// Loop names one of the goroutines of Run.
type Loop int

// The loops of Run.
const (
	Intake Loop = iota
	Worker
	Sender
	Marker
)

// New checks the options and makes a Bot that has done nothing yet.
func New(o Options) (*Bot, error) {
	switch {
	case o.Store == nil || o.Rules == nil || o.Words == nil || o.Now == nil:
		return nil, errors.New("bot: store, rules, words and clock are required")
	case o.Self.Address == "":
		return nil, errors.New("bot: an own address is required")
	}
	for _, w := range o.Wikis {
		for _, name := range w.Lists {
			if !slices.ContainsFunc(o.Lists, func(l List) bool { return l.Name == name }) {
				return nil, fmt.Errorf("bot: wiki %s names an unknown list %q", w.Name, name)
			}
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.KillSwitch == nil {
		o.KillSwitch = func() bool { return false }
	}
	b := &Bot{Options: o, wakeWorker: make(chan struct{}, 1), wakeSender: make(chan struct{}, 1), wakeMarker: make(chan struct{}, 1), looked: o.Now()}
	for l := range b.stamps {
		b.advance(Loop(l))
	}
	return b, nil
}

// Progress is when a loop last did something or found nothing to do. Where the clock of Options has a monotonic reading, so
// has this time: a clock that is set neither ages a loop nor hides one that stands still.
func (b *Bot) Progress(l Loop) time.Time { return *b.stamps[l].Load() }

func (b *Bot) advance(l Loop) {
	now := b.Now()
	b.stamps[l].Store(&now)
}

// Run works until ctx ends: it takes mails, reviews series, sends replies and has trackers show verdicts. It returns nil after ctx ended, or the
// error of an inbox that cannot go on.
func (b *Bot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := b.Recover(ctx); err != nil {
		return err
	}
	done := make(chan error, 4)
	go func() { done <- b.Inbox.Run(ctx, b.cursor, b.Take) }()
	go func() { done <- b.loop(ctx, Worker, b.wakeWorker, b.reviewOne) }()
	go func() { done <- b.loop(ctx, Sender, b.wakeSender, b.sendOne) }()
	go func() { done <- b.loop(ctx, Marker, b.wakeMarker, b.showOne) }()
	var first error
	for range 4 {
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) && first == nil {
			first = err
		}
		cancel()
	}
	return first
}

func (b *Bot) cursor(ctx context.Context) (store.Cursor, error) {
	b.advance(Intake)
	return b.Store.Cursor(ctx, b.Mailbox)
}

// Touch tells that the inbox is alive although no mail came.
func (b *Bot) Touch() { b.advance(Intake) }

// pause is how long a loop sleeps at most: a row that another process wrote is seen within this time.
const pause = 10 * time.Second

// notMine is how long a loop sleeps when something is due that it does not do.
const notMine = 250 * time.Millisecond

// loop calls step until there is nothing left to do, then sleeps until something is due or wakes it.
func (b *Bot) loop(ctx context.Context, l Loop, wake <-chan struct{}, step func(context.Context) (bool, error)) error {
	failures := 0
	for {
		did, err := step(ctx)
		b.advance(l)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			failures++
			b.Log.Error("loop", "loop", l.String(), "error", err, "retry", backOff(failures))
			if !sleep(ctx, nil, backOff(failures)) {
				return ctx.Err()
			}
		case did:
			failures = 0
		default:
			failures = 0
			rest := b.untilDue(ctx, l)
			if l == Worker && b.Policy.LookAtBase > 0 {
				rest = min(rest, max(b.looked.Add(b.Policy.LookAtBase).Sub(b.Now()), 0))
			}
			if !sleep(ctx, wake, rest) {
				return ctx.Err()
			}
		}
	}
}

// Drain works on everything that is due now, without waiting, and reports whether it did anything.
func (b *Bot) Drain(ctx context.Context) (bool, error) {
	any := false
	for {
		reviewed, err := b.reviewOne(ctx)
		if err != nil {
			return any, err
		}
		sent, err := b.sendOne(ctx)
		if err != nil {
			return any, err
		}
		shown, err := b.showOne(ctx)
		if err != nil {
			return any, err
		}
		if !reviewed && !sent && !shown {
			return any, nil
		}
		any = true
	}
}

// untilDue is how long a loop has nothing to do, as far as anyone knows.
func (b *Bot) untilDue(ctx context.Context, l Loop) time.Duration {
	next := b.Store.NextDue
	if l == Marker {
		next = b.Store.NextMark
	}
	at, ok, err := next(ctx)
	if err != nil || !ok {
		return pause
	}
	wait := at.Sub(b.Now())
	if wait <= 0 {
		// It is another loop's, or must not be done now.
		wait = notMine
	}
	return min(wait, pause)
}

// sleep waits for d, a wake-up or the end of ctx; it reports whether ctx still lives.
func sleep(ctx context.Context, wake <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(max(d, 10*time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-t.C:
	}
	return true
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// backOff is the delay before attempt n+1 after n failures: 1 s doubling to 5 min.
func backOff(n int) time.Duration { return min(time.Second<<min(n-1, 20), 5*time.Minute) }

func (l Loop) String() string { return [...]string{"intake", "worker", "sender", "marker"}[l] }

// list finds the list that a mail came through: by its one List-Id, else by an address in To or Cc; nil when by none.
func (b *Bot) list(m *email.Message) *List {
	for i := range b.Lists {
		for _, id := range b.Lists[i].IDs {
			if slices.ContainsFunc(m.ListIDs, func(have string) bool { return strings.EqualFold(have, id) }) {
				return &b.Lists[i]
			}
		}
	}
	for i := range b.Lists {
		for _, a := range slices.Concat(m.To, m.Cc) {
			if slices.ContainsFunc(b.Lists[i].Addresses, func(have string) bool { return strings.EqualFold(have, a.Addr) }) {
				return &b.Lists[i]
			}
		}
	}
	for i := range b.Lists {
		if b.Lists[i].Any {
			return &b.Lists[i]
		}
	}
	return nil
}

// words are those that a list is written to in.
func (b *Bot) words(l *List) *review.Translator { return cmp.Or(l.Words, b.Words) }

func (b *Bot) listNamed(name string) *List {
	for i := range b.Lists {
		if b.Lists[i].Name == name {
			return &b.Lists[i]
		}
	}
	return nil
}

// wiki finds the wiki whose patches carry prefix on a list; nil when there is none.
func (b *Bot) wiki(list, prefix string) *Wiki {
	for i := range b.Wikis {
		w := &b.Wikis[i]
		if slices.Contains(w.Lists, list) && (w.AnyPrefix || slices.ContainsFunc(w.Prefixes, func(p string) bool { return strings.EqualFold(p, prefix) })) {
			return w
		}
	}
	return nil
}

func (b *Bot) wikiNamed(name string) *Wiki {
	for i := range b.Wikis {
		if b.Wikis[i].Name == name {
			return &b.Wikis[i]
		}
	}
	return nil
}
