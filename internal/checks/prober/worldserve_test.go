package prober

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP is every host of the world.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.Host)
	w.mu.Lock()
	n := w.seen[r.Host+r.RequestURI]
	w.seen[r.Host+r.RequestURI]++
	w.requests++
	w.busy[host]++
	w.peak = max(w.peak, w.busy[host])
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.busy[host]--
		w.mu.Unlock()
	}()
	if w.delay != nil {
		time.Sleep(w.delay())
	}
	if r.Header.Get("Referer") != "" || r.Header.Get("Authorization") != "" || r.Method != http.MethodGet || !strings.HasPrefix(r.UserAgent(), "patchbot/") {
		w.t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
	}
	w.route(&counter{ResponseWriter: rw, w: w}, r, host, n)
}

// counter counts the answers 429.
type counter struct {
	http.ResponseWriter
	w *world
}

func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) WriteHeader(code int) {
	if code == 429 {
		c.w.mu.Lock()
		c.w.bounced++
		c.w.mu.Unlock()
	}
	c.ResponseWriter.WriteHeader(code)
}

func (w *world) route(rw http.ResponseWriter, r *http.Request, host string, n int) {
	uri := r.RequestURI
	if i := strings.Index(uri, "://"); i >= 0 {
		uri = uri[strings.Index(uri[i+3:], "/")+i+3:]
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(uri, "/"), "/")
	name, _, _ = strings.Cut(name, "?")
	switch {
	case host == "wall.lab.test":
		rw.WriteHeader(404)
		return
	case host == "wall403.lab.test" && uri == "/":
		rw.WriteHeader(403)
		return
	case uri == "/":
		fmt.Fprintln(rw, "accueil")
		return
	case name == "form":
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, `<title>404</title><form><input type="password"></form>`)
		return
	case name == "soft-same" && rest != "":
		rest = "0"
	case name == "titled-404" && strings.Trim(rest, "0123456789") != "":
		rw.WriteHeader(404)
		return
	case name == "exact":
		w.exact(rw, rest)
		return
	}
	for _, k := range w.kinds {
		if k.name == name && k.serve != nil {
			k.serve(rw, r, n)
			return
		}
	}
	fmt.Fprintln(rw, "page")
}

// exact answers 404 unless the bytes are those that were written.
func (w *world) exact(rw http.ResponseWriter, rest string) {
	i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		i = len(rest)
	}
	n, err := strconv.Atoi(rest[:i])
	if err != nil || rest[i:] != exact()[n%len(exact())].sent {
		rw.WriteHeader(404)
	}
}

// redirect sends to a path of the same host; "%s" in it is the last element of the one that was asked.
func (w *world) redirect(code int, to string) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, _ int) {
		target := to
		if strings.Contains(to, "%s") {
			target = fmt.Sprintf(to, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		}
		rw.Header().Set("Location", target)
		rw.WriteHeader(code)
	}
}

// chain takes n redirections to get there.
func (w *world) chain(n int, to string) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, _ int) {
		step, _ := strconv.Atoi(r.URL.Query().Get("step"))
		rw.Header().Set("Location", fmt.Sprintf("?step=%d", step+1))
		if step == n-1 {
			rw.Header().Set("Location", to)
		}
		rw.WriteHeader(302)
	}
}

func getOnly(code int, h func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, n int) {
		if r.Method == http.MethodHead {
			rw.WriteHeader(code)
			return
		}
		h(rw, r, n)
	}
}

// cookieWall sends in a circle whoever has no cookie.
func cookieWall(h func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, n int) {
		if c, err := r.Cookie("seen"); err == nil && c.Value == "1" {
			h(rw, r, n)
			return
		}
		http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
		rw.Header().Set("Location", r.URL.Path)
		rw.WriteHeader(302)
	}
}

type bucket struct {
	level float64
	at    time.Time
}

// bucket lets a host be asked rate times a second, with a little to spare.
func (w *world) bucket(rate float64, h func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, n int) {
		w.mu.Lock()
		b := w.buckets[r.Host]
		if b == nil {
			b = &bucket{level: 5, at: time.Now()}
			w.buckets[r.Host] = b
		}
		now := time.Now()
		b.level = min(5, b.level+now.Sub(b.at).Seconds()*rate)
		b.at = now
		ok := b.level >= 1
		if ok {
			b.level--
		}
		w.mu.Unlock()
		if !ok {
			rw.Header().Set("Retry-After", "1")
			rw.WriteHeader(429)
			return
		}
		h(rw, r, n)
	}
}

func bigBody(size int) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, _ *http.Request, _ int) {
		rw.Header().Set("Content-Type", "text/html")
		block := bytes.Repeat([]byte("<p>mot "), 1<<12)
		for sent := 0; sent < size; sent += len(block) {
			if _, err := rw.Write(block); err != nil {
				return
			}
		}
	}
}

func gzipBomb(size int) func(http.ResponseWriter, *http.Request, int) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range size >> 20 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return func(rw http.ResponseWriter, _ *http.Request, _ int) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Content-Encoding", "gzip")
		_, _ = rw.Write(packed.Bytes())
	}
}

func drip(rw http.ResponseWriter, r *http.Request, _ int) {
	rw.Header().Set("Content-Type", "text/html")
	for r.Context().Err() == nil {
		if _, err := rw.Write([]byte("<p>")); err != nil {
			return
		}
		_ = http.NewResponseController(rw).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}
