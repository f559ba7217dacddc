package prober

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// response is what is kept of one response.
type response struct {
	status    int
	location  string
	after     time.Duration // Retry-After; negative when there is none that makes sense
	mitigated bool          // a wall against robots stands before the host
	cookies   []*http.Cookie
	page      *page // nil when it is no HTML, or not a success
}

// fetch makes one GET, without following redirections. The error is about the connection or about ctx.
func (p *Prober) fetch(ctx context.Context, a address, cookies []*http.Cookie) (*response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req := (&http.Request{Method: http.MethodGet, URL: a.url(), Host: a.hostPort(), Header: http.Header{}}).WithContext(ctx)
	req.Header.Set("User-Agent", p.o.UserAgent)
	req.Header.Set("Accept", "text/html, */*;q=0.8")
	req.Header.Set("Accept-Language", "fr, en;q=0.8, *;q=0.5")
	for _, c := range cookies {
		req.AddCookie(c)
	}
	resp, err := p.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	r := &response{
		status: resp.StatusCode, location: resp.Header.Get("Location"), cookies: resp.Cookies(),
		after:     retryAfter(resp.Header.Get("Retry-After"), p.o.Now()),
		mitigated: resp.Header.Get("Cf-Mitigated") != "",
	}
	if r.status/100 == 2 && isHTML(resp.Header.Get("Content-Type")) {
		stop := time.AfterFunc(p.o.Read, cancel)
		defer stop.Stop()
		data, err := io.ReadAll(io.LimitReader(resp.Body, p.o.MaxBody))
		r.page = readPage(data, err != nil || int64(len(data)) == p.o.MaxBody)
		r.page.noindex = r.page.noindex || strings.Contains(strings.ToLower(resp.Header.Get("X-Robots-Tag")), "noindex")
	}
	return r, nil
}

// retryAfter reads the field of that name: seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(s string, now time.Time) time.Duration {
	const most = 365 * 24 * time.Hour
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return min(time.Duration(min(n, 1<<31))*time.Second, most)
	}
	if digits := strings.Trim(s, "0123456789"); s != "" && digits == "" {
		return most // more than a number can hold
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), most)
	}
	return -1
}

// cookieURL is a URL as a cookie jar wants it.
func (a address) cookieURL() *url.URL {
	return &url.URL{Scheme: a.scheme, Host: a.hostPort(), Path: a.path()}
}
