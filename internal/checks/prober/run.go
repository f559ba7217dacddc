package prober

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"patchbot/internal/checks"
)

// Request is a set of links to be asked.
type Request struct {
	URLs   []string
	Sender string // on whose behalf, for PerSenderDay
	Caps   Caps
	Budget time.Duration    // for all of them together; zero: none
	Afresh bool             // what is remembered as unknown or as looking broken is asked all the same
	Done   func(n, all int) // called as the answers come in, one call at a time; may be nil
}

// Caps bound how much is asked; what is beyond them is not asked. Zero means no bound.
type Caps struct {
	PerRun       int // URLs
	PerHost      int
	PerSenderDay int
}

// SeriesCaps are the caps of one series of patches.
func SeriesCaps() Caps { return Caps{PerRun: 100, PerHost: 20, PerSenderDay: 300} }

// Result is what came of a Request.
type Result struct {
	Answers  []checks.Answer // each URL once, in the order of the request
	Requests int             // that were made
}

// run is one Request under way.
type run struct {
	p        *Prober
	requests atomic.Int64
	moved    atomic.Int64 // second looks at URLs that seem to have moved

	mu     sync.Mutex
	silent map[string]int       // time-outs of a host since it last answered
	closes map[string]bool      // hosts that want to be left alone for longer than anyone waits
	well   map[string]time.Time // when a site last answered with a page
	fronts map[string]*front
	hosts  struct{ met, refused map[string]bool }
}

// front is what a site's "/" answers, asked once in a run.
type front struct {
	once  sync.Once
	known bool // after once
	fine  bool
}

// Run asks links. It does not fail: what could not be asked is unknown, also after ctx has ended.
func (p *Prober) Run(ctx context.Context, req Request) Result {
	if req.Budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, req.Budget)
		defer cancel()
	}
	r := &run{p: p, silent: map[string]int{}, closes: map[string]bool{}, well: map[string]time.Time{}, fronts: map[string]*front{}}
	r.hosts.met, r.hosts.refused = map[string]bool{}, map[string]bool{}
	list := r.prepare(ctx, req)
	r.askAll(ctx, list, req.Done)
	r.doubt(list)
	p.remember(ctx, list)
	res := Result{Requests: int(r.requests.Load())}
	for _, l := range list {
		res.Answers = append(res.Answers, l.answer)
	}
	return res
}

// link is one URL of a run.
type link struct {
	address address
	answer  checks.Answer
	memo    *Memo // from an earlier run
	done    bool
	learnt  bool // the answer comes from the network
}

// key names what is remembered: a fragment counts where it names an anchor.
func (l *link) key() string {
	if checkable(l.address.fragment) {
		return l.address.key() + "#" + l.address.fragment
	}
	return l.address.key()
}

// settle gives a link its answer.
func (l *link) settle(a checks.Answer) {
	a.URL = l.answer.URL
	l.answer, l.done = a, true
}

// prepare sorts out what needs no asking, or may not be asked.
func (r *run) prepare(ctx context.Context, req Request) []*link {
	var list []*link
	seen := map[string]bool{}
	for _, raw := range req.URLs {
		if seen[raw] {
			continue
		}
		seen[raw] = true
		l := &link{answer: checks.Answer{URL: raw}}
		var cause Cause
		if l.address, cause = parseAddress(raw); cause == "" {
			cause = r.p.refuse(l.address)
			if cause == CauseGuarded && private(l.address) {
				cause = CausePrivate
			}
		}
		if cause != "" {
			l.settle(unasked(cause))
		}
		list = append(list, l)
	}
	r.p.recall(ctx, list, req.Afresh)
	r.cap(ctx, list, req)
	return list
}

// cap turns away what is too much.
func (r *run) cap(ctx context.Context, list []*link, req Request) {
	var open []*link
	perHost := map[string]int{}
	for _, l := range list {
		if l.done {
			continue
		}
		perHost[l.address.host]++
		over := req.Caps.PerRun > 0 && len(open) >= req.Caps.PerRun || req.Caps.PerHost > 0 && perHost[l.address.host] > req.Caps.PerHost
		if over {
			l.settle(unasked(CauseTooMany))
			continue
		}
		open = append(open, l)
	}
	granted := r.p.grant(ctx, req.Sender, len(open), req.Caps.PerSenderDay)
	for _, l := range open[granted:] {
		l.settle(unasked(CauseTooMany))
	}
}

// askAll asks what is open: URLs that differ by their fragment alone are one request.
func (r *run) askAll(ctx context.Context, list []*link, done func(n, all int)) {
	groups := map[string][]*link{}
	var order []string
	n := 0
	for _, l := range list {
		if l.done {
			n++
			continue
		}
		k := l.address.key()
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], l)
	}
	tell := func() {
		if done != nil {
			done(n, len(list))
		}
	}
	tell()
	finished := make(chan int)
	for _, k := range order {
		go func() {
			r.look(ctx, groups[k])
			finished <- len(groups[k])
		}()
	}
	for range order {
		n += <-finished
		tell()
	}
}

// muteAfter is how many requests in a row may end in silence before a host is not asked any more in a run.
const muteAfter = 5

// heard keeps how a host is.
func (r *run) heard(a address, status int, cause Cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch cause {
	case CauseTimeout:
		r.silent[a.host]++
	case CauseRefused:
		r.hosts.refused[a.host] = true
	case "":
		r.silent[a.host] = 0
		r.hosts.met[a.host] = true
	}
	if status/100 == 2 {
		r.well[a.site()] = r.p.o.Now()
	}
}

// close ends the asking of a host for the rest of the run, also when its time should be over before.
func (r *run) close(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closes[host] = true
}

func (r *run) closed(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closes[host]
}

func (r *run) shut(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.silent[host] >= muteAfter
}

// doubt takes back what a broken network may have caused: when nothing at all could be reached, and several hosts refused,
// a firewall of our own is likelier than so many dead servers.
func (r *run) doubt(list []*link) {
	if len(r.hosts.met) > 0 || len(r.hosts.refused) < 3 {
		return
	}
	for _, l := range list {
		if l.learnt && l.answer.Cause == string(CauseRefused) {
			l.settle(unsure(CauseConnection, "no connection to any host"))
		}
	}
}

// standing reports whether a site answers for other pages than those that it says it has not: one did since, or its front
// page does now.
func (r *run) standing(ctx context.Context, a address, since time.Time) bool {
	r.mu.Lock()
	if r.well[a.site()].After(since) {
		r.mu.Unlock()
		return true
	}
	f := r.fronts[a.site()]
	if f == nil {
		f = &front{}
		r.fronts[a.site()] = f
	}
	r.mu.Unlock()
	if a.rest == "/" {
		return false
	}
	f.once.Do(func() {
		resp, cause := r.visit().chain().once(ctx, a.with("/"))
		r.mu.Lock()
		defer r.mu.Unlock()
		f.known, f.fine = true, cause == "" && !resp.mitigated && (resp.status/100 == 2 || resp.status/100 == 3 || resp.status == 401)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	return f.fine
}

// walled reports whether the front page of a site is known to be no better than the rest.
func (r *run) walled(a address) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.fronts[a.site()]
	return f != nil && f.known && !f.fine
}
