package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// send answers with a body. Readers that have the same body already, by its ETag, are told so.
func send(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	sum := sha256.Sum256(body)
	h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache") // keep it, but ask each time whether it is still the same
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// sendStatus answers with a body that is not worth keeping.
func sendStatus(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", fmt.Sprint(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// The reader may have gone; there is nobody to tell.
		_, _ = w.Write(body)
	}
}

const (
	htmlType = "text/html; charset=utf-8"
	textType = "text/plain; charset=utf-8"
	jsonType = "application/json"
	atomType = "application/atom+xml; charset=utf-8"
)

// page answers with a filled page.
func (s *Server) page(w http.ResponseWriter, r *http.Request, name string, f *frame, view any) error {
	body, err := s.render(name, view)
	if err != nil {
		return err
	}
	translated(w.Header(), f.Lang())
	if f.NoIndex {
		w.Header().Set("X-Robots-Tag", "noindex")
	}
	send(w, r, htmlType, body)
	return nil
}

// translated says that the answer depends on the languages that the reader asked for.
func translated(h http.Header, lang string) {
	h.Set("Content-Language", lang)
	h.Set("Vary", "Accept-Language")
}

// problem answers with the page of a problem; programs get JSON.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, p problem) {
	status := int(p)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	if strings.HasPrefix(s.unprefixed(r).URL.Path, "/api/") {
		body := fmt.Sprintf("{\n  \"error\": %q\n}\n", http.StatusText(status))
		sendStatus(w, r, status, jsonType, []byte(body))
		return
	}
	f := s.frame(r, "")
	f.NoIndex = true
	f.Name = f.word(fmt.Sprintf("problem.%d.name", status))
	body, err := s.render("problem", struct {
		*frame
		Text string
	}{f, f.word(fmt.Sprintf("problem.%d.text", status))})
	if err != nil {
		s.o.Log.Error("web problem page", "error", err)
		body = []byte(http.StatusText(status) + "\n")
		sendStatus(w, r, status, textType, body)
		return
	}
	translated(w.Header(), f.Lang())
	sendStatus(w, r, status, htmlType, body)
}

// missing answers requests for what there is not.
func (s *Server) missing(http.ResponseWriter, *http.Request) error {
	return problem(http.StatusNotFound)
}

// redirect sends the reader to another page of the site.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, to, http.StatusFound)
}

// serve answers with an embedded file. Its name changes with its content, so it may be kept for ever.
func (f file) serve(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	send(w, r, f.contentType, f.body)
	return nil
}

// sendJSON answers with a value, indented, "<" and "&" readable.
func sendJSON(w http.ResponseWriter, r *http.Request, value any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	send(w, r, jsonType, b.Bytes())
	return nil
}
