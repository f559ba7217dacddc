package prober

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbot/internal/checks"
)

// notebook is a Memory.
type notebook struct {
	mu    sync.Mutex
	memos map[string]Memo
	used  map[string]int
	err   error
}

func (n *notebook) Recall(_ context.Context, keys []string) ([]Memo, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []Memo
	for _, k := range keys {
		if m, ok := n.memos[k]; ok {
			out = append(out, m)
		}
	}
	return out, n.err
}

func (n *notebook) Remember(_ context.Context, memos []Memo) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range memos {
		n.memos[m.Key] = m
	}
	return n.err
}

func (n *notebook) Grant(_ context.Context, sender string, want, perDay int) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	got := min(want, perDay-n.used[sender])
	n.used[sender] += got
	return got, n.err
}

// quick makes a prober for a server of a test, with a memory.
func quick(t *testing.T, h http.HandlerFunc) (p *Prober, base string, book *notebook, clock *atomic.Int64) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	book = &notebook{memos: map[string]Memo{}, used: map[string]int{}}
	clock = new(atomic.Int64)
	p, err := New(Options{
		Guard: NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil), Memory: book,
		Interval: time.Microsecond, Gap: time.Millisecond, Answer: time.Second,
		Now: func() time.Time { return time.Now().Add(time.Duration(clock.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, s.URL, book, clock
}

func TestMemory(t *testing.T) {
	var asked atomic.Int64
	status := new(atomic.Int64)
	status.Store(403)
	p, base, book, clock := quick(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			return
		}
		asked.Add(1)
		w.WriteHeader(int(status.Load()))
	})
	u := base + "/page#partie"
	look := func(afresh bool) checks.Answer {
		return p.Run(context.Background(), Request{URLs: []string{u}, Afresh: afresh}).Answers[0]
	}
	steps := []struct {
		after  time.Duration
		status int
		afresh bool
		class  checks.Class
		asked  int64 // in all
	}{
		{0, 403, false, checks.Unknown, 1},
		{50 * time.Minute, 200, false, checks.Unknown, 1}, // remembered for an hour
		{0, 403, true, checks.Unknown, 2},                 // unless asked afresh
		{5 * time.Hour, 403, false, checks.Unknown, 2},    // then for six
		{2 * time.Hour, 404, false, checks.Broken, 4},     // twice
		{50 * time.Minute, 200, true, checks.Broken, 4},   // what is known is not asked afresh
		{11 * time.Minute, 200, false, checks.Fine, 5},
		{11 * 24 * time.Hour, 404, false, checks.Fine, 5},
		{6 * 24 * time.Hour, 404, false, checks.Broken, 7},
	}
	for i, s := range steps {
		clock.Add(int64(s.after))
		status.Store(int64(s.status))
		a := look(s.afresh)
		if a.Class != s.class || asked.Load() != s.asked || a.URL != u {
			t.Errorf("step %d: %+v after %d requests", i, a, asked.Load())
		}
	}
	// A memory in trouble stops nothing.
	book.err = errors.New("disk full")
	var told atomic.Int64
	p.o.OnError = func(error) { told.Add(1) }
	clock.Add(int64(2 * time.Hour))
	status.Store(200)
	if a := p.Run(context.Background(), Request{URLs: []string{u}, Caps: SeriesCaps()}).Answers[0]; a.Class != checks.Fine || told.Load() != 3 {
		t.Errorf("%+v, told %d times", a, told.Load())
	}
}

func TestNotRemembered(t *testing.T) {
	p, base, book, _ := quick(t, func(http.ResponseWriter, *http.Request) {})
	p.o.Guard = &Guard{}
	p.transport = p.newTransport()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.Run(context.Background(), Request{URLs: []string{base + "/", "http://localhost/", base + "/?unsubscribe"}})
	p.o.Guard = NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil)
	if a := p.Run(ctx, Request{URLs: []string{base + "/late"}}).Answers[0]; a.Class != checks.Unknown || a.Cause != string(CauseBudget) {
		t.Errorf("after the end: %+v", a)
	}
	if len(book.memos) != 0 {
		t.Errorf("remembered: %v", book.memos)
	}
}

func TestKeep(t *testing.T) {
	low, high := 14*day, 14*day
	for i := range 1000 {
		d := keep(checks.Answer{Class: checks.Fine}, 0, fmt.Sprint("https://example.org/", i))
		low, high = min(low, d), max(high, d)
	}
	if low < 14*day*8/10 || high > 14*day*12/10 || high-low < 5*day {
		t.Errorf("fine is kept from %v to %v", low, high)
	}
	for _, tt := range []struct {
		a    checks.Answer
		vain int
		want time.Duration
	}{
		{checks.Answer{Class: checks.Broken}, 0, time.Hour},
		{checks.Answer{Class: checks.LooksBroken}, 0, day},
		{checks.Answer{Class: checks.Fine, Cause: movedOnce}, 0, day},
		{checks.Answer{Class: checks.Unknown}, 1, time.Hour},
		{checks.Answer{Class: checks.Unknown}, 2, 6 * time.Hour},
	} {
		if got := keep(tt.a, tt.vain, "x"); got != tt.want {
			t.Errorf("%+v: %v", tt.a, got)
		}
	}
}

func TestCaps(t *testing.T) {
	var asked atomic.Int64
	p, base, _, _ := quick(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	var urls []string
	for i := range 30 {
		urls = append(urls, fmt.Sprint(base, "/", i))
	}
	urls = append(urls, urls[0], "mailto:someone@example.org")
	count := func(res Result) (fine, many int) {
		for _, a := range res.Answers {
			switch {
			case a.Class == checks.Fine:
				fine++
			case a.Cause == string(CauseTooMany):
				many++
			}
		}
		return fine, many
	}
	res := p.Run(context.Background(), Request{URLs: urls, Sender: "a@example.org", Caps: Caps{PerRun: 100, PerHost: 20, PerSenderDay: 15}})
	if fine, many := count(res); fine != 15 || many != 15 || len(res.Answers) != 31 || asked.Load() != 15 {
		t.Errorf("%d fine, %d too many of %d, %d asked", fine, many, len(res.Answers), asked.Load())
	}
	// What is known costs nothing.
	res = p.Run(context.Background(), Request{URLs: urls, Sender: "b@example.org", Caps: Caps{PerRun: 10, PerHost: 20, PerSenderDay: 15}})
	if fine, many := count(res); fine != 25 || many != 5 || asked.Load() != 25 {
		t.Errorf("%d fine, %d too many, %d asked", fine, many, asked.Load())
	}
}

// With the network down, everything is unknown, and soon.
func TestNetworkDown(t *testing.T) {
	o := Options{Guard: NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil), Gap: 10 * time.Millisecond, Connect: time.Second}
	o.Resolver = "127.0.0.1:9" // nobody
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	var urls []string
	for i := range 50 {
		urls = append(urls, fmt.Sprintf("https://host%d.example.org/", i))
	}
	for _, a := range p.Run(context.Background(), Request{URLs: urls, Budget: 20 * time.Second}).Answers {
		if a.Class != checks.Unknown || a.Cause != string(CauseDNS) {
			t.Errorf("no name server: %+v", a)
		}
	}
	// A name server that is cut off says of everything that it does not exist.
	s := newNameServer(t)
	o.Resolver = s.addr
	if p, err = New(o); err != nil {
		t.Fatal(err)
	}
	p.names.trusted = false
	for _, a := range p.Run(context.Background(), Request{URLs: urls}).Answers {
		if a.Class != checks.Unknown || a.Cause != string(CauseDNS) {
			t.Errorf("a name server that knows nothing: %+v", a)
		}
	}
	// A firewall that refuses everything in the name of everyone.
	for i := range 50 {
		s.set(fmt.Sprintf("host%d.example.org", i), "127.0.0.1")
	}
	for i := range urls {
		urls[i] = strings.Replace(urls[i], ".org/", ".org:9/", 1)
	}
	for _, a := range p.Run(context.Background(), Request{URLs: urls}).Answers {
		if a.Class != checks.Unknown || a.Cause != string(CauseConnection) {
			t.Errorf("all refused: %+v", a)
		}
	}
	// A budget ends a run whatever happens.
	p, base, _, _ := quick(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for _, a := range p.Run(context.Background(), Request{URLs: []string{base + "/1", base + "/2", base + "/3"}, Budget: 50 * time.Millisecond}).Answers {
		if a.Class != checks.Unknown || a.Cause != string(CauseBudget) {
			t.Errorf("no time: %+v", a)
		}
	}
}

func TestHosts(t *testing.T) {
	p, base, _, _ := quick(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, map[string]string{"/a": "https://www.login.example.org/x", "/b": "https://git.skip.example.org/x", "/c": "https://git.sr.ht/x"}[r.URL.Path], http.StatusFound)
	})
	p.o.Hosts = []Host{{Name: "login.example.org", Login: true}, {Name: "skip.example.org", Skip: true}, {Name: "open.skip.example.org"}, {Name: "paste.sr.ht"}}
	for u, want := range map[string]checks.Answer{
		"https://login.example.org/#/room":       {Class: checks.Fine, Cause: string(CauseLogin)},
		"https://skip.example.org/":              {Class: checks.NotAsked, Cause: string(CauseSkipped)},
		"https://x.skip.example.org/":            {Class: checks.NotAsked, Cause: string(CauseSkipped)},
		"https://x@example.org/":                 {Class: checks.NotAsked, Cause: string(CauseCredentials)},
		"https://example.org/?a=1&Key=zzz":       {Class: checks.NotAsked, Cause: string(CauseAction)},
		"https://example.org/?%74%6Fken=zzz":     {Class: checks.NotAsked, Cause: string(CauseAction)},
		"https://example.org/Un%73ubscribe/me":   {Class: checks.NotAsked, Cause: string(CauseAction)},
		"https://sr.ht/~someone":                 {Class: checks.NotAsked, Cause: string(CauseSkipped)},
		"https://paste.SR.ht./~someone":          {Class: checks.NotAsked, Cause: string(CauseSkipped)},
		base + "/c":                              {Class: checks.NotAsked, Cause: string(CauseSkipped)},
		"ftp://example.org/":                     {Class: checks.NotAsked, Cause: string(CauseScheme)},
		"https://" + strings.Repeat("a", maxURL): {Class: checks.NotAsked, Cause: string(CauseTooLong)},
		"http://10.0.0.1/":                       {Class: checks.Broken, Cause: string(CausePrivate)},
		"http://":                                {Class: checks.Broken, Cause: string(CauseMalformed)},
		base + "/a":                              {Class: checks.Fine},
		base + "/b":                              {Class: checks.NotAsked, Cause: string(CauseSkipped)},
	} {
		if got := one(t, p, u); got.Class != want.Class || got.Cause != want.Cause || got.Evidence == "" {
			t.Errorf("%.40s: %+v", u, got)
		}
	}
	if h := p.host("open.skip.example.org"); h.Skip {
		t.Error("the longest name does not count")
	}
}
