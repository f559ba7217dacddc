package prober

import (
	"context"
	"errors"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// outcome is what one look at a URL came to, redirections followed.
type outcome struct {
	at    time.Time
	hops  []int   // their statuses
	last  address // that was asked, or would have been
	resp  *response
	fault Cause // why there is no resp
	tries int   // how often the last address was asked
}

// permanent reports whether all redirections, one at least, are for good.
func (o outcome) permanent() bool {
	for _, s := range o.hops {
		if s != 301 && s != 308 {
			return false
		}
	}
	return len(o.hops) > 0
}

// status is that of the last response, 0 without one.
func (o outcome) status() int {
	if o.resp == nil {
		return 0
	}
	return o.resp.status
}

func (o outcome) gone() bool {
	return (o.status() == 404 || o.status() == 410) && !o.resp.mitigated
}

// trail is the statuses for people: "301, 302, 404".
func (o outcome) trail() string {
	var each []string
	for _, s := range o.hops {
		each = append(each, strconv.Itoa(s))
	}
	if o.resp != nil {
		each = append(each, strconv.Itoa(o.resp.status))
	}
	return strings.Join(each, ", ")
}

// visit is all that is asked for the sake of one URL: its looks share the time.
type visit struct {
	*run
	left time.Duration // on the wire
}

func (r *run) visit() *visit { return &visit{run: r, left: r.p.o.PerURL} }

// chain is one look under way.
type chain struct {
	*visit
	jar     *cookiejar.Jar // of this look alone
	retried bool
	seen    map[string]bool // what was asked with which cookies
}

func (v *visit) chain() *chain {
	// The error is always nil, as its documentation says of a jar without a file.
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	return &chain{visit: v, jar: jar, seen: map[string]bool{}}
}

// follow looks at a URL. With until, it ends before that address is asked, with neither resp nor fault.
func (v *visit) follow(ctx context.Context, a address, until string) outcome {
	o := outcome{at: v.p.o.Now(), last: a}
	c := v.chain()
	for {
		if len(o.hops) > 0 {
			if o.last.key() == until {
				return o
			}
			if o.fault = v.p.refuse(o.last); o.fault != "" {
				return o
			}
		}
		if c.again(o.last) {
			o.fault = CauseLoop
			return o
		}
		o.resp, o.fault, o.tries = c.ask(ctx, o.last)
		if o.fault != "" || !redirects(o.resp) {
			return o
		}
		if len(o.hops) == v.p.o.MaxHops {
			o.resp, o.fault = nil, CauseRedirects
			return o
		}
		o.hops = append(o.hops, o.resp.status)
		next, cause := o.last.resolve(o.resp.location)
		if cause != "" {
			o.resp, o.fault = nil, CauseAnswer
			return o
		}
		o.last, o.resp = next, nil
	}
}

func redirects(r *response) bool {
	switch r.status {
	case 301, 302, 303, 307, 308:
		return r.location != ""
	}
	return false
}

// again reports whether the same was asked before with the same cookies: the answer can only be the same.
func (c *chain) again(a address) bool {
	state := a.key()
	for _, k := range c.jar.Cookies(a.cookieURL()) {
		state += "\x00" + k.Name + "=" + k.Value
	}
	was := c.seen[state]
	c.seen[state] = true
	return was
}

// action are the words of URLs that do something when they are asked.
var action = regexp.MustCompile(`(?i)unsubscribe|confirm|token=|key=|sig=|signature=`)

// refuse says why an address will not be asked, or nothing.
func (p *Prober) refuse(a address) Cause {
	known := p.host(a.host)
	switch {
	case p.guarded(a):
		return CauseGuarded
	case known.Skip, below(a.host, sourceHut):
		return CauseSkipped
	case known.Login:
		return CauseLogin
	case acts(a.rest):
		return CauseAction
	}
	return ""
}

// sourceHut is never asked, whatever is configured: its pages stand behind walls against robots, and what leads to the own
// wiki or repository is looked up there.
const sourceHut = "sr.ht"

// below reports whether a host is a name or ends in it.
func below(host, name string) bool { return host == name || strings.HasSuffix(host, "."+name) }

// acts reports whether asking may do something, also where the word is hidden behind percent signs.
func acts(rest string) bool {
	if action.MatchString(rest) {
		return true
	}
	plain, err := url.PathUnescape(rest)
	return err == nil && action.MatchString(plain)
}

// ask makes a request, and a second one when the first broke, failed on the server or came too early.
func (c *chain) ask(ctx context.Context, a address) (resp *response, cause Cause, tries int) {
	for {
		resp, cause = c.once(ctx, a)
		tries++
		wait, ok := c.retry(a, resp, cause)
		if !ok {
			break
		}
		c.retried = true
		if pause(ctx, wait) != nil {
			return nil, CauseBudget, tries
		}
	}
	if cause == causeReset {
		cause = CauseConnection
	}
	return resp, cause, tries
}

// retry says whether and when to ask again. A host that wants to be left alone for long is shut for everyone.
func (c *chain) retry(a address, resp *response, cause Cause) (time.Duration, bool) {
	o := &c.p.o
	if resp == nil {
		return o.Gap, !c.retried && (cause == causeReset || cause == CauseRefused)
	}
	busy := resp.status == 429 || resp.status == 503
	switch {
	case resp.mitigated || !busy && resp.status < 500 || resp.status > 599:
		return 0, false
	case busy && resp.after > o.Patience:
		c.p.limit.close(a.host, min(resp.after, 24*time.Hour))
		c.close(a.host)
		return 0, false
	case c.retried:
		return 0, false
	case busy && resp.after >= 0:
		c.p.limit.hold(a.host, resp.after)
		return resp.after, true
	case resp.status == 429:
		c.p.limit.hold(a.host, o.Gap)
	}
	return o.Gap, true
}

// once makes one request when its turn has come.
func (c *chain) once(ctx context.Context, a address) (*response, Cause) {
	if cause := c.avoid(a.host); cause != "" {
		return nil, cause
	}
	leave, err := c.p.limit.enter(ctx, a.host)
	if err != nil {
		if errors.Is(err, errClosed) {
			return nil, CauseRateLimit
		}
		return nil, CauseBudget
	}
	defer leave()
	if cause := c.avoid(a.host); cause != "" {
		return nil, cause
	}
	select {
	case c.p.inFlight <- struct{}{}:
		defer func() { <-c.p.inFlight }()
	case <-ctx.Done():
		return nil, CauseBudget
	}
	within, turn := c.p.begin(ctx, c.left)
	resp, err := c.p.fetch(within, a, c.jar.Cookies(a.cookieURL()))
	late := within.Err() != nil
	c.left = turn.end()
	c.requests.Add(1)
	if err != nil {
		if ctx.Err() != nil {
			return nil, CauseBudget
		}
		cause := causeOf(err)
		if late {
			cause = CauseTimeout
		}
		c.heard(a, 0, cause)
		return nil, cause
	}
	c.heard(a, resp.status, "")
	c.jar.SetCookies(a.cookieURL(), resp.cookies)
	return resp, ""
}

// avoid says why no request is made to a host now, or nothing.
func (c *chain) avoid(host string) Cause {
	switch {
	case c.left <= 0, c.shut(host):
		return CauseTimeout
	case c.closed(host):
		return CauseRateLimit
	}
	return ""
}
