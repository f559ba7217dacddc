package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/internal/mailbox/loopback"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// toolSite is a lists.sr.ht that knows every mail, and keeps its visitors waiting until it is let go.
type toolSite struct {
	mu    sync.Mutex
	tool  map[string]any
	seen  []string // "operation icon"
	free  chan struct{}
	mute  bool        // it makes a tool and never answers
	shown chan string // icons
}

func (s *toolSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.free:
	case <-r.Context().Done():
		return
	}
	var in struct {
		Query     string
		Variables map[string]any
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("Authorization") != "Bearer "+demoPassword {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	operation, _, _ := strings.Cut(strings.Fields(in.Query)[1], "(")
	icon, _ := in.Variables["icon"].(string)
	s.seen = append(s.seen, strings.TrimSpace(operation+" "+icon))
	tools := []any{}
	switch operation {
	case "CreateTool", "UpdateTool":
		s.tool = map[string]any{"id": 5, "icon": icon, "details": in.Variables["details"]}
		defer func() { s.shown <- icon }()
		if s.mute {
			s.shown <- icon
			s.mu.Unlock()
			<-r.Context().Done()
			s.mu.Lock()
			return
		}
		fmt.Fprintf(w, `{"data":{%q:{"id":5}}}`, strings.ToLower(operation[:1])+operation[1:])
		return
	}
	if s.tool != nil {
		tools = append(tools, s.tool)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"message": map[string]any{
		"list":     map[string]any{"name": "logiciels-libres", "owner": map[string]any{"canonicalName": "~etalab"}},
		"patchset": map[string]any{"id": 9, "tools": tools},
	}}})
}

// TestTrackerBesideMail runs the daemon's own bot on loopback mail servers: the reply arrives while the tracker lets everyone
// wait, and the tracker shows the verdict in the end, in one tool.
func TestTrackerBesideMail(t *testing.T) {
	site := &toolSite{free: make(chan struct{}), shown: make(chan string, 10)}
	web := httptest.NewServer(site)
	defer web.Close()
	st := &stage{sh: &Shell{Out: io.Discard, Err: io.Discard}, dir: t.TempDir(), replies: make(chan []byte, 8)}
	if _, err := repo.UnpackBundle(testdata.Bundle, filepath.Join(st.dir, "wiki.git")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var err error
	st.server, err = loopback.Start(ctx, loopback.Options{User: "patchbot", Password: demoPassword,
		OnMail: func(_ string, _ []string, raw []byte) { st.replies <- slices.Clone(raw) }})
	if err != nil {
		t.Fatal(err)
	}
	defer st.server.Stop()
	conf, err := st.config(filepath.Join(st.dir, "wiki.git"), "fr")
	if err != nil {
		t.Fatal(err)
	}
	conf.Lists[0].Tracker = config.Tracker{Kind: "sourcehut", URL: web.URL, List: "~etalab/logiciels-libres", TokenCommand: []string{"echo", demoPassword}}
	log := slog.New(slog.DiscardHandler)
	if st.db, err = openStore(ctx, conf, time.Now, log); err != nil {
		t.Fatal(err)
	}
	defer st.db.Close()
	b, err := st.bot(conf, log)
	if err != nil {
		t.Fatal(err)
	}
	defer beside(ctx, func(ctx context.Context) { _ = b.Run(ctx) })()
	scene := scenes()[0]
	if err := st.moveBranch(scene.base); err != nil {
		t.Fatal(err)
	}
	for _, name := range scene.mails {
		if err := st.deliver(name); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case raw := <-st.replies:
		head, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
		reply := email.Parse(raw, email.DefaultLimits())
		if reply.Header.Get("Auto-Submitted") != "auto-notified" || len(reply.InReplyTo) != 1 || strings.Contains("\n"+strings.ToLower(head), "\nlist-") {
			t.Errorf("lists.sr.ht would drop this or thread it wrongly:\n%s", head)
		}
	case <-ctx.Done():
		t.Fatal("no reply while the tracker lets everyone wait")
	}
	close(site.free)
	for icon := ""; icon != "SUCCESS"; {
		select {
		case icon = <-site.shown:
		case <-ctx.Done():
			t.Fatalf("the tracker does not show the verdict: %q", site.seen)
		}
	}
	site.mu.Lock()
	defer site.mu.Unlock()
	created := slices.DeleteFunc(slices.Clone(site.seen), func(s string) bool { return !strings.HasPrefix(s, "CreateTool") })
	if details := fmt.Sprint(site.tool["details"]); len(created) != 1 || !strings.Contains(details, "patchbot: rien à signaler") {
		t.Errorf("asked %q, shows %q", site.seen, details)
	}
}

// TestTrackerAfterKill ends the daemon with SIGKILL when the tracker has made a tool and its answer is not there yet. The next
// daemon finds the tool and brings it up to date; neither the tool nor the mail comes twice.
func TestTrackerAfterKill(t *testing.T) {
	site := &toolSite{free: make(chan struct{}), mute: true, shown: make(chan string, 10)}
	close(site.free)
	web := httptest.NewServer(site)
	defer web.Close()
	dir := t.TempDir()
	git := filepath.Join(dir, "wiki.git")
	if _, err := repo.UnpackBundle(testdata.Bundle, git); err != nil {
		t.Fatal(err)
	}
	var replies atomic.Int64
	server, err := loopback.Start(t.Context(), loopback.Options{User: "bot", Password: demoPassword,
		OnMail: func(string, []string, []byte) { replies.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	st := &stage{sh: &Shell{Out: io.Discard, Err: io.Discard}, dir: dir, server: server}
	if err := st.moveBranch(scenes()[0].base); err != nil {
		t.Fatal(err)
	}
	port := func(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
	command := fmt.Sprintf("password_command = [\"echo\", %q]\n", demoPassword)
	file := filepath.Join(dir, "c.toml")
	text := fmt.Sprintf("state_dir = %q\ntemplates = \"\"\n[imap]\nhost = \"127.0.0.1\"\nport = %s\nsecurity = \"plain\"\nuser = \"bot\"\n%[3]s"+
		"[smtp]\nhost = \"127.0.0.1\"\nport = %[4]s\nsecurity = \"plain\"\nuser = \"bot\"\n%[3]s[bot]\naddress = %[5]q\n[series]\nsettle = \"0s\"\n"+
		"[links]\nenabled = false\n[reply]\nenabled = true\n[[wiki]]\nname = \"logiciels-libres\"\nrepository = %[6]q\n"+
		"[[list]]\nname = \"logiciels-libres\"\naddresses = [%[7]q]\nkind = \"sourcehut\"\n[list.tracker]\nkind = \"sourcehut\"\nurl = %[8]q\ntoken_command = [\"echo\", %[9]q]\n",
		filepath.Join(dir, "state"), port(server.IMAPAddr()), command, port(server.SMTPAddr()), demoBot, git, demoList, web.URL, demoPassword)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	serve := func() *exec.Cmd {
		cmd := patchbotCommand(t.Context(), "serve", "--config", file)
		log := &lockedBuffer{}
		cmd.Stderr = log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if t.Failed() {
				t.Logf("log of a daemon:\n%s", log)
			}
		})
		return cmd
	}
	conf, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	outbox := func() map[string]int {
		db, err := readStore(t.Context(), conf)
		if err != nil {
			return nil
		}
		defer db.Close()
		status, err := db.Status(t.Context())
		if err != nil {
			t.Error(err)
		}
		return status.Outbox
	}
	first := serve()
	for _, name := range scenes()[0].mails {
		if err := st.deliver(name); err != nil {
			t.Fatal(err)
		}
	}
	<-site.shown
	until(t, "the reply", func() bool { return outbox()["sent"] == 1 })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	site.mu.Lock()
	site.mute = false
	site.mu.Unlock()
	serve()
	until(t, "the verdict at the tracker", func() bool {
		site.mu.Lock()
		defer site.mu.Unlock()
		return site.tool["icon"] == "SUCCESS"
	})
	site.mu.Lock()
	defer site.mu.Unlock()
	if made := strings.Count(strings.Join(site.seen, "\n"), "CreateTool"); made != 1 || replies.Load() != 1 {
		t.Errorf("asked %q; %d replies", site.seen, replies.Load())
	}
}
