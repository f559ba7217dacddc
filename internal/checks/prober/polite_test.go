package prober

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchbot/internal/checks"
)

// Whoever gives one server a hundred names gets no more of it.
func TestManyNamesOfOneAddress(t *testing.T) {
	var mu sync.Mutex
	busy, peak := 0, 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		busy++
		peak = max(peak, busy)
		mu.Unlock()
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		busy--
		mu.Unlock()
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	dns := newNameServer(t)
	p, err := New(Options{
		Guard: NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil), Resolver: dns.addr, Interval: time.Millisecond,
		AtAddress: 3, PerURL: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.transport.TLSClientConfig.InsecureSkipVerify = true
	var urls []string
	for i := range 60 {
		name := fmt.Sprintf("n%d.lab.test", i)
		dns.set(name, "127.0.0.1")
		urls = append(urls, fmt.Sprintf("https://%s:%s/", name, u.Port()))
	}
	for _, a := range p.Run(context.Background(), Request{URLs: urls}).Answers {
		if a.Class != checks.Fine {
			t.Errorf("%+v", a)
		}
	}
	if peak > 4 { // a server may see the end of a request after its client
		t.Errorf("%d requests at once", peak)
	}
	p.crowds.mu.Lock()
	defer p.crowds.mu.Unlock()
	if g := p.crowds.gates["127.0.0.1"]; g == nil || g.users != 0 || len(g.slots) != 0 || len(p.crowds.gates) != 1 {
		t.Errorf("places that nobody gave back: %+v", g)
	}
}

// Addresses of IPv6 are counted by their network.
func TestCrowd(t *testing.T) {
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, turn := p.begin(context.Background(), time.Minute)
	defer turn.end()
	for _, a := range []string{"2001:41d0::1", "2001:41d0::2:1", "2001:41d0:0:1::1", "::ffff:8.8.8.8", "8.8.8.8"} {
		leave, err := p.queue(ctx, netip.MustParseAddr(a))
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if len(p.crowds.gates) != 3 {
		t.Errorf("%d crowds", len(p.crowds.gates))
	}
}

// Waiting in a crowd costs a request nothing of its time.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Options{AtAddress: 1, Interval: time.Microsecond})
		if err != nil {
			t.Fatal(err)
		}
		a := netip.MustParseAddr("8.8.8.8")
		first, turn := p.begin(t.Context(), time.Minute)
		leave, err := p.queue(first, a)
		if err != nil {
			t.Fatal(err)
		}
		turn.keep(leave)
		time.AfterFunc(10*time.Second, func() { turn.end() })
		second, waiting := p.begin(t.Context(), 3*time.Second)
		time.Sleep(time.Second) // on the wire
		leave, err = p.queue(second, a)
		if err != nil || second.Err() != nil {
			t.Fatalf("%v, %v", err, second.Err())
		}
		began := time.Now()
		<-second.Done()
		if went := time.Since(began); went != 2*time.Second {
			t.Errorf("the clock stopped %v after the wait", went)
		}
		if left := waiting.end(); left != 0 {
			t.Errorf("%v left of a time that is over", left)
		}
		gone := false
		waiting.keep(func() { gone = true; leave() })
		if !gone {
			t.Error("a place that comes after the end is kept")
		}
	})
}

// A host that wants to be left alone for longer than anyone waits is asked no more in the run, even when that time is over.
func TestClosedForTheRun(t *testing.T) {
	var asked atomic.Int64
	p, base, _, clock := quick(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "11")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	p.o.AtOnce = 1
	p.limit = newLimiter(1, time.Microsecond, p.o.Now)
	r := &run{p: p, silent: map[string]int{}, closes: map[string]bool{}, well: map[string]time.Time{}, fronts: map[string]*front{}}
	r.hosts.met, r.hosts.refused = map[string]bool{}, map[string]bool{}
	a, _ := parseAddress(base + "/1")
	if o := r.visit().follow(context.Background(), a, ""); o.status() != 429 {
		t.Fatalf("%+v", o)
	}
	clock.Add(int64(time.Minute))
	if o := r.visit().follow(context.Background(), a, ""); o.fault != CauseRateLimit || asked.Load() != 1 {
		t.Errorf("%+v after %d requests", o, asked.Load())
	}
	// The next run may ask.
	if got := one(t, p, base+"/2"); got.Class != checks.Unknown || asked.Load() != 2 {
		t.Errorf("%+v after %d requests", got, asked.Load())
	}
}

// The looks at one URL share its time.
func TestTimeOfOneURL(t *testing.T) {
	var asked atomic.Int64
	p, base, _, clock := quick(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			asked.Add(1)
		}
		w.WriteHeader(http.StatusNotFound)
	})
	p.o.PerURL = 15 * time.Second
	p.o.Now = func() time.Time { return time.Now().Add(time.Duration(clock.Add(int64(4 * time.Second)))) }
	a := one(t, p, base+"/slow")
	if a.Class != checks.Unknown || a.Cause != string(CauseTimeout) || asked.Load() > 2 {
		t.Errorf("%+v after %d requests", a, asked.Load())
	}
}

func TestHops(t *testing.T) {
	p, base, _, _ := quick(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err == nil && n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d?a", n-1), http.StatusFound)
		}
	})
	if a := one(t, p, base+"/10"); a.Class != checks.Fine {
		t.Errorf("ten redirections: %+v", a)
	}
	if a := one(t, p, base+"/11"); a.Class != checks.LooksBroken || a.Cause != string(CauseRedirects) {
		t.Errorf("eleven: %+v", a)
	}
}

// What is said of a redirection's target is its address alone, cut and escaped.
func TestTargetIsEscaped(t *testing.T) {
	p, base, _, _ := quick(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a/b" {
			w.Header().Set("Location", "/?\"><script>`"+strings.Repeat("é", 300))
			w.WriteHeader(http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<title>Page not found</title><meta name="robots" content="noindex">`)
	})
	a := one(t, p, base+"/a/b")
	if a.Class != checks.LooksBroken || len(a.Target) != maxShown || !strings.HasPrefix(a.Target, base+"/?%22%3E%3Cscript%3E%60%C3%A9") {
		t.Errorf("%+v", a)
	}
}
