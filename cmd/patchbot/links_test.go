package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbot/internal/repo"
	"patchbot/testdata"
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

// TestCheckLinks: check asks the links that a patch adds, unless it is told not to.
func TestCheckLinks(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			asked++
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer s.Close()
	dir, tmp := t.TempDir(), t.TempDir()
	if _, err := repo.UnpackBundle(testdata.Bundle, dir); err != nil {
		t.Fatal(err)
	}
	raw, err := testdata.Demo.ReadFile("demo/01-clean.eml")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		file := filepath.Join(tmp, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	mail := write("mail.eml", strings.Replace(string(raw), "https://speakerdeck.com/bluehats", s.URL+"/gone", 1))
	far := write("far.eml", string(raw))
	open := write("open.toml", "[links]\nallow_networks = [\"127.0.0.0/8\"]\n")
	down := write("down.toml", "[links]\nresolver = \"127.0.0.1:9\"\n")
	off := write("off.toml", "[links]\nenabled = false\n")
	none := write("none.toml", "")
	for _, tt := range []struct {
		name, config, mail string
		more               []string
		status, asked      int
		want               string
	}{
		{"asked", open, mail, nil, exitFindings, 2, `"rule": "dead-link"`},
		{"guarded", none, mail, nil, exitFindings, 0, "que seuls votre machine"},
		{"offline", open, mail, []string{"--offline"}, exitClean, 0, `"reason": "offline"`},
		{"not enabled", off, mail, nil, exitClean, 0, `"unchecked": []`},
		{"no network", down, far, nil, exitClean, 0, `"reason": "dns"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = 0
			var out, errs bytes.Buffer
			args := append([]string{"check", "--config", tt.config, "--repo", dir, "--base", "c2c04ca4fcc1a79b529e765e6ec9461030e1aa07", "--format", "json"}, append(tt.more, tt.mail)...)
			if status := run(t.Context(), args, &Shell{Out: &out, Err: &errs}); status != tt.status || asked != tt.asked {
				t.Errorf("exit status %d, %d requests: %s", status, asked, errs.String())
			}
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("%s is not in\n%s", tt.want, out.String())
			}
		})
	}
}
