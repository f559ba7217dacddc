package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// TestLinks asks a server on this machine, which is let through by the flag alone.
func TestLinks(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		case "/old":
			http.Redirect(w, r, "/new?a=%2F", http.StatusMovedPermanently)
		case "/late":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	links := func(args ...string) (int, map[string][2]string) {
		var out, errs bytes.Buffer
		args = append([]string{"links", "--config", os.DevNull, "--format", "json"}, args...)
		status := run(t.Context(), args, &Shell{Out: &out, Err: &errs, Terminal: true})
		var got struct {
			Links []struct {
				URL, Class, Evidence string
				Target               *string
			}
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s%s", err, out.String(), errs.String())
		}
		rows := map[string][2]string{}
		for _, l := range got.Links {
			row := [2]string{l.Class, l.Evidence}
			if l.Target != nil {
				row[1] = *l.Target
			}
			rows[l.URL] = row
		}
		if !bytes.Contains(errs.Bytes(), []byte("links")) {
			t.Errorf("no progress on a terminal: %q", errs.String())
		}
		return status, rows
	}
	status, rows := links("--allow-network", "127.0.0.0/8", s.URL+"/", s.URL+"/gone", s.URL+"/old", s.URL+"/late")
	want := map[string][2]string{
		s.URL + "/": {"fine", "200"}, s.URL + "/gone": {"broken", "404, 2 looks"}, s.URL + "/old": {"moved", s.URL + "/new?a=%2F"},
		s.URL + "/late": {"unknown", "503, 2 tries"},
	}
	for u, w := range want {
		if rows[u] != w {
			t.Errorf("%s: %q, want %q", u, rows[u], w)
		}
	}
	if status != exitFindings {
		t.Errorf("exit status %d", status)
	}
	if status, rows = links(s.URL + "/"); rows[s.URL+"/"][0] != "broken" || status != exitFindings {
		t.Errorf("without the flag: %d, %v", status, rows)
	}
}
