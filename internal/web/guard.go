package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

const (
	// requestTime is how long one answer may take. The longest reads some thousand rows.
	requestTime = 10 * time.Second
	// mostAtOnce is how many requests are answered at the same time, so that readers never crowd out the bot.
	mostAtOnce = 32
)

// answer answers one request. The error of one that it could not answer is a problem, or trouble of our own.
type answer func(http.ResponseWriter, *http.Request) error

// problem is a request that has no answer, and the page that says so.
type problem int // status code

func (p problem) Error() string { return fmt.Sprintf("%d %s", int(p), http.StatusText(int(p))) }

// handle makes a handler of an answer.
func (s *Server) handle(a answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := a(w, r)
		var p problem
		switch {
		case err == nil:
			return
		case errors.As(err, &p):
		case errors.Is(r.Context().Err(), context.Canceled):
			return // the reader has gone
		case errors.Is(err, context.DeadlineExceeded):
			s.o.Log.Warn("web request took too long", "pattern", r.Pattern, "error", err)
			p = http.StatusServiceUnavailable
		default:
			s.o.Log.Error("web request", "pattern", r.Pattern, "error", err)
			p = http.StatusInternalServerError
		}
		s.problem(w, r, p)
	})
}

// guard stands before everything: it sets the headers of every answer, admits only reading, keeps a limit on what
// happens at once and on how long it takes, and survives a panic.
func (s *Server) guard(next http.Handler) http.Handler {
	places := make(chan struct{}, mostAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		defer s.recover(w, r)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			s.problem(w, r, http.StatusMethodNotAllowed)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-ctx.Done():
			s.problem(w, r, http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, s.unprefixed(r.WithContext(ctx)))
	})
}

// protect sets the headers that keep a browser from doing with a page what it is not meant for.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // net/http ends the connection
	}
	s.o.Log.Error("web request panicked", "pattern", r.Pattern, "panic", p, "stack", string(debug.Stack()))
	s.problem(w, r, http.StatusInternalServerError)
}

// unprefixed takes the path of BaseURL off, when a proxy in front has left it there.
func (s *Server) unprefixed(r *http.Request) *http.Request {
	if s.root == "" || r.URL.EscapedPath() != s.root && !strings.HasPrefix(r.URL.EscapedPath(), s.root+"/") {
		return r
	}
	u := *r.URL
	raw := strings.TrimPrefix(u.EscapedPath(), s.root)
	if raw == "" {
		raw = "/"
	}
	rest, err := u.Parse(raw)
	if err != nil {
		return r
	}
	u.Path, u.RawPath = rest.Path, rest.RawPath
	r2 := *r
	r2.URL = &u
	return &r2
}
