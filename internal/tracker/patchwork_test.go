package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// patches is a Patchwork on loopback.
type patches struct {
	t      *testing.T
	mu     sync.Mutex
	known  map[string]int  // Message-ID without brackets to the number of the patch
	checks map[int][]check // by patch, oldest first
	posts  int
	blind  bool // it does not know the filter by Message-ID
	mayNot bool
}

func newPatches(t *testing.T, project string) (*patches, *Patchwork) {
	p := &patches{t: t, known: map[string]int{}, checks: map[int][]check{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pw/api/projects/wiki/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":1,"link_name":"wiki"}`) })
	mux.HandleFunc("GET /pw/api/projects/{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[{"id":1}]`) })
	mux.HandleFunc("GET /pw/api/patches/{$}", p.list)
	mux.HandleFunc("GET /pw/api/patches/{id}/checks/", p.read)
	mux.HandleFunc("POST /pw/api/patches/{id}/checks/", p.add)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Token "+secret {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"detail":"Invalid token."}`)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return p, p.client(s.URL+"/pw/", project, secret)
}

func (p *patches) client(url, project, token string) *Patchwork {
	tr, err := New("patchwork", Options{URL: url, List: project, Name: "Patch Bot", UserAgent: "patchbot/test", Token: func(context.Context) (string, error) { return token, nil }})
	if err != nil {
		p.t.Fatal(err)
	}
	return tr.(*Patchwork)
}

func (p *patches) list(w http.ResponseWriter, r *http.Request) {
	out := []map[string]any{}
	for id, n := range p.known {
		if p.blind || id == r.FormValue("msgid") {
			out = append(out, map[string]any{"id": n, "msgid": "<" + id + ">", "project": map[string]any{"link_name": "wiki"}})
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (p *patches) number(r *http.Request) int {
	var n int
	if _, err := fmt.Sscan(r.PathValue("id"), &n); err != nil {
		p.t.Error(err)
	}
	return n
}

func (p *patches) read(w http.ResponseWriter, r *http.Request) {
	out := []check{}
	for _, c := range p.checks[p.number(r)] {
		if c.Context == r.FormValue("context") {
			out = append(out, c)
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (p *patches) add(w http.ResponseWriter, r *http.Request) {
	if p.mayNot {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"detail":"You do not have permission to perform this action."}`)
		return
	}
	var c check
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&c)
	slug := strings.Trim(c.Context, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" && c.Context != ""
	if err != nil || c.ID != 0 || !slug || !slices.Contains([]string{"pending", "success", "warning", "fail"}, c.State) || r.Header.Get("Content-Type") != "application/json" {
		p.t.Errorf("%+v, %v", c, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n := p.number(r)
	p.posts++
	c.ID = p.posts
	p.checks[n] = append(p.checks[n], c)
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(c)
}

func TestPatchwork(t *testing.T) {
	p, tr := newPatches(t, "wiki")
	m := sample()
	ctx := t.Context()
	if err := tr.Show(ctx, m); !errors.Is(err, ErrAbsent) {
		t.Errorf("before the mails came: %v", err)
	}
	p.known[m.Parts[0]] = 31
	p.checks[31] = []check{{ID: -1, State: "fail", Context: "another", Description: "x"}}
	if err := tr.Show(ctx, m); !errors.Is(err, ErrAbsent) || p.posts != 1 {
		t.Errorf("before the second came: %v, %d checks", err, p.posts)
	}
	p.known[m.Parts[1]] = 32
	for range 2 {
		if err := tr.Show(ctx, m); err != nil || p.posts != 2 {
			t.Errorf("both there: %v, %d checks", err, p.posts)
		}
	}
	m.State, m.Text = Warning, "2 remarques"
	if err := tr.Show(ctx, m); err != nil || p.posts != 4 {
		t.Errorf("changed: %v, %d checks", err, p.posts)
	}
	want := check{ID: 4, State: "warning", TargetURL: m.URL, Context: "patch-bot", Description: "2 remarques"}
	if got := p.checks[32]; len(got) != 2 || got[1] != want || len(p.checks[31]) != 3 {
		t.Errorf("checks %+v", p.checks)
	}
	// What was said before may be said again.
	m.State, m.Text, m.URL = Pending, "vérification en cours", ""
	if err := tr.Show(ctx, m); err != nil || p.posts != 6 {
		t.Errorf("pending again: %v, %d checks", err, p.posts)
	}
	for state, want := range map[State]string{Success: "success", Failed: "fail", Cancelled: "warning"} {
		m.State = state
		if err := tr.Show(ctx, m); err != nil || p.checks[31][len(p.checks[31])-1].State != want {
			t.Errorf("%s: %v, %+v", state, err, p.checks[31])
		}
	}
	if err := tr.Show(ctx, Mark{}); !errors.Is(err, ErrAbsent) {
		t.Errorf("nothing: %v", err)
	}
}

func TestPatchworkTrouble(t *testing.T) {
	p, tr := newPatches(t, "wiki")
	m := sample()
	ctx := t.Context()
	p.blind, p.known["someone-else@example.org"] = true, 30
	if err := tr.Show(ctx, m); !errors.Is(err, ErrAbsent) || p.posts != 0 {
		t.Errorf("a site that shows all patches: %v, %d checks", err, p.posts)
	}
	p.known[m.Parts[0]], p.known[m.Parts[1]] = 31, 32
	if err := p.client(tr.base, "another", secret).Show(ctx, m); !errors.Is(err, ErrAbsent) || p.posts != 0 {
		t.Errorf("another project: %v, %d checks", err, p.posts)
	}
	p.mayNot = true
	if err := tr.Show(ctx, m); !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "permission") {
		t.Errorf("without the permission: %v", err)
	}
	if err := tr.Check(ctx); err != nil {
		t.Errorf("check: %v", err)
	}
	if err := p.client(tr.base, "", secret).Check(ctx); err != nil {
		t.Errorf("check without a project: %v", err)
	}
	if err := p.client(tr.base, "nowhere", secret).Check(ctx); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("check of no project: %v", err)
	}
	if err := p.client(tr.base, "wiki", "wrong").Check(ctx); !errors.Is(err, ErrToken) {
		t.Errorf("check of a wrong token: %v", err)
	}
}
