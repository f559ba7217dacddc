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

const secret = "s3cret-token"

// lists is lists.sr.ht on loopback: a list with patchsets, which holds every request against the schema.
type lists struct {
	t  *testing.T
	mu sync.Mutex

	byMessage map[string]map[string]any // Message-ID with brackets to Email
	tools     []any                     // of the one patchset, 812
	asked     []string                  // names of operations
	mayNot    bool                      // the token's user does not moderate the list
	broken    int                       // answers of status 500 that are still to come
	cut       bool                      // the next mutation is made, and the connection breaks before the answer
}

func newLists(t *testing.T) (*lists, *SourceHut) {
	l := &lists{t: t, byMessage: map[string]map[string]any{}}
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	return l, l.client(s.URL+"/query", secret)
}

func (l *lists) client(url, token string) *SourceHut {
	tr, err := New("sourcehut", Options{
		URL: url, List: "~etalab/logiciels-libres", Name: "patchbot", UserAgent: "patchbot/test (+https://example.org/bot)",
		Token: func(context.Context) (string, error) { return token, nil },
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return tr.(*SourceHut)
}

// take makes mails known; as a patchset unless they wait for their series.
func (l *lists) take(list string, whole bool, ids ...string) {
	for _, id := range ids {
		m := map[string]any{"id": 1, "list": map[string]any{"name": list, "owner": map[string]any{"canonicalName": "~etalab"}}, "patchset": nil}
		if whole {
			m["patchset"] = map[string]any{"id": 812}
		}
		l.byMessage["<"+id+">"] = m
	}
}

func (l *lists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method != http.MethodPost || r.URL.Path != "/query" || r.Header.Get("Content-Type") != "application/json" ||
		!strings.HasPrefix(r.UserAgent(), "patchbot/test (+https://") {
		l.t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	if r.Header.Get("Authorization") != "Bearer "+secret {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"data":null,"errors":[{"message":"Invalid OAuth bearer token"}]}`)
		return
	}
	if l.broken > 0 {
		l.broken--
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "<html>\x1b[2Jsorry")
		return
	}
	var in struct {
		Query     string
		Variables map[string]any
	}
	dec := json.NewDecoder(r.Body)
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		l.t.Error(err)
	}
	req := parseRequest(l.t, in.Query)
	if err := req.validate(in.Variables); err != nil {
		l.t.Error(err)
		fmt.Fprintf(w, `{"errors":[{"message":%q}]}`, err)
		return
	}
	l.asked = append(l.asked, req.name)
	data := map[string]any{}
	for _, f := range req.fields {
		data[f.name] = pick(l.resolve(f, in.Variables), f.sub)
	}
	if l.cut && req.kind == "mutation" {
		l.cut = false
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func (l *lists) resolve(f selection, values map[string]any) any {
	arg := func(name string) any { return values[f.args[name]] }
	switch f.name {
	case "version":
		return map[string]any{"major": 0, "minor": 0, "patch": 0}
	case "me":
		return map[string]any{"canonicalName": "~bot"}
	case "message":
		m := l.byMessage[arg("messageID").(string)]
		if m == nil {
			return nil
		}
		if set, ok := m["patchset"].(map[string]any); ok {
			set["tools"] = l.tools
		}
		return m
	case "createTool":
		if l.mayNot || arg("patchsetID").(json.Number) != "812" {
			return nil
		}
		made := map[string]any{"id": 100 + len(l.tools), "icon": arg("icon"), "details": arg("details")}
		l.tools = append(l.tools, made)
		return made
	case "updateTool":
		for _, v := range l.tools {
			tool := v.(map[string]any)
			if id, _ := arg("id").(json.Number).Int64(); int(id) == tool["id"] && !l.mayNot {
				tool["icon"], tool["details"] = arg("icon"), arg("details")
				return tool
			}
		}
	}
	return nil
}

func (l *lists) want(t *testing.T, tools ...string) {
	t.Helper()
	var have []string
	for _, v := range l.tools {
		tool := v.(map[string]any)
		have = append(have, fmt.Sprint(tool["icon"], " ", tool["details"]))
	}
	if !slices.Equal(have, tools) {
		t.Errorf("tools %q, want %q", have, tools)
	}
}

func sample() Mark {
	return Mark{
		Parts: []string{"1-camille@example.org", "2-camille@example.org"}, Cover: "0-camille@example.org",
		State: Pending, Text: "vérification en cours", URL: "https://bot.example.org/series/812-v1",
	}
}

func TestSourceHut(t *testing.T) {
	l, s := newLists(t)
	m := sample()
	ctx := t.Context()
	if err := s.Show(ctx, m); !errors.Is(err, ErrAbsent) {
		t.Errorf("before the mails came: %v", err)
	}
	l.take("logiciels-libres", false, m.Cover, m.Parts[0])
	if err := s.Show(ctx, m); !errors.Is(err, ErrAbsent) {
		t.Errorf("before the series is whole: %v", err)
	}
	l.take("logiciels-libres", true, m.Cover, m.Parts[0], m.Parts[1])
	l.tools = []any{map[string]any{"id": 7, "icon": "FAILED", "details": "[#7](https://builds.example.org/7) running .build.yml"}}
	const others, pending = "FAILED [#7](https://builds.example.org/7) running .build.yml", "PENDING [patchbot](https://bot.example.org/series/812-v1): vérification en cours"
	for range 2 { // the second time, nothing is to be done
		if err := s.Show(ctx, m); err != nil {
			t.Fatal(err)
		}
		l.want(t, others, pending)
	}
	m.State, m.Text, m.URL = Failed, "ne s'applique_pas\n[ici](javascript:x)", "https://bot.example.org/a (b)"
	if err := s.Show(ctx, m); err != nil {
		t.Fatal(err)
	}
	l.want(t, others, "FAILED [patchbot](https://bot.example.org/a%20%28b%29): ne s'appliquepas ici(javascript:x)")
	m.State, m.Text, m.URL = Success, "rien à signaler", ""
	if err := s.Show(ctx, m); err != nil {
		t.Fatal(err)
	}
	l.want(t, others, "SUCCESS patchbot: rien à signaler")
	// Two mails that are not there, two without a patchset; then what is there, and what changes.
	want := "PatchsetOf PatchsetOf PatchsetOf PatchsetOf PatchsetOf CreateTool PatchsetOf PatchsetOf UpdateTool PatchsetOf UpdateTool"
	if got := strings.Join(l.asked, " "); got != want {
		t.Errorf("asked %s", got)
	}
}

// A connection that breaks after the site has made the tool: the next call finds it.
func TestSourceHutAfterACut(t *testing.T) {
	l, s := newLists(t)
	m := sample()
	l.take("logiciels-libres", true, m.Parts[0])
	l.cut = true
	if err := s.Show(t.Context(), m); err == nil {
		t.Error("no error of a broken connection")
	}
	m.State, m.Text = Success, "rien à signaler"
	if err := s.Show(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	l.want(t, "SUCCESS [patchbot](https://bot.example.org/series/812-v1): rien à signaler")
	// Two of the same, of a time before: both tell the truth.
	l.tools = append(l.tools, map[string]any{"id": 300, "icon": "PENDING", "details": "patchbot: vérification en cours"})
	if err := s.Show(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if icon := l.tools[1].(map[string]any)["icon"]; len(l.tools) != 2 || icon != "SUCCESS" {
		t.Errorf("tools %v", l.tools)
	}
}

func TestSourceHutTrouble(t *testing.T) {
	l, s := newLists(t)
	m := sample()
	ctx := t.Context()
	if err := s.Check(ctx); err != nil {
		t.Errorf("check: %v", err)
	}
	l.take("autre-liste", true, m.Parts[0])
	if err := s.Show(ctx, m); !errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "~etalab/autre-liste") {
		t.Errorf("on another list: %v", err)
	}
	l.take("logiciels-libres", true, m.Parts[0])
	l.mayNot = true
	if err := s.Show(ctx, m); !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "moderate") {
		t.Errorf("without the right to moderate: %v", err)
	}
	l.broken = 1
	if err := s.Show(ctx, m); err == nil || errors.Is(err, ErrToken) || strings.ContainsAny(err.Error(), "\x1b\n") || !strings.Contains(err.Error(), "500") {
		t.Errorf("a site in trouble: %v", err)
	}
	wrong := l.client(s.url, "another-token")
	for _, err := range []error{wrong.Show(ctx, m), wrong.Check(ctx)} {
		if !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "another-token") {
			t.Errorf("a wrong token: %v", err)
		}
	}
}

// A token follows no redirection, and what reads too long is not read.
func TestClientKeepsItsToken(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	answer := http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer.ServeHTTP(w, r) }))
	defer s.Close()
	for _, kind := range []string{"sourcehut", "patchwork"} {
		tr, err := New(kind, Options{URL: s.URL, Name: "bot", Token: func(context.Context) (string, error) { return secret, nil }})
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "307") {
			t.Errorf("%s: %v", kind, err)
		}
		no, err := New(kind, Options{URL: s.URL, Token: func(context.Context) (string, error) { return "", errors.New("no such file") }})
		if err != nil {
			t.Fatal(err)
		}
		if err := no.Show(t.Context(), sample()); err == nil || !strings.Contains(err.Error(), "read token: no such file") {
			t.Errorf("%s without a token: %v", kind, err)
		}
	}
	for _, o := range []Options{{URL: "lists.sr.ht/query"}, {URL: "https://user:pw@lists.sr.ht/query"}, {URL: "://"}} {
		if _, err := New("sourcehut", o); err == nil {
			t.Errorf("%q is taken", o.URL)
		}
	}
	if _, err := New("gerrit", Options{URL: s.URL}); err == nil {
		t.Error("an unknown kind is taken")
	}
}
