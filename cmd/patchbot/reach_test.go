package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbot/internal/mailbox/loopback"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// TestOutOfReach lets the repository, then the mail server be out of reach: status says so and who it waits for, the mail
// is kept, and the reply leaves once everything is back.
func TestOutOfReach(t *testing.T) {
	dir := t.TempDir()
	sent := make(chan []byte, 4)
	server, err := loopback.Start(t.Context(), loopback.Options{User: "patchbot", Password: demoPassword,
		OnMail: func(_ string, _ []string, raw []byte) { sent <- bytes.Clone(raw) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	raw, err := testdata.Demo.ReadFile("demo/01-clean.eml")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Append(append([]byte("List-ID: <"+demoListID+">\n"), raw...)); err != nil {
		t.Fatal(err)
	}
	closed := "127.0.0.1:" + freePorts(t, 1)[0]

	ahead := time.Duration(0)
	serve := func(repository, smtp string) (config string, stop func()) {
		config = filepath.Join(dir, "config.toml")
		text := reachConfig(t, dir, repository, server.IMAPAddr(), smtp)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		now := func() time.Time { return time.Now().Add(ahead) }
		return config, beside(t.Context(), func(ctx context.Context) {
			if status := run(ctx, []string{"serve", "--config", config}, &Shell{Out: io.Discard, Err: testWriter{t}, Now: now}); status != exitClean {
				t.Errorf("serve ends with %d", status)
			}
		})
	}
	config, stop := serve("http://"+closed+"/wiki.git", closed)
	until(t, "status to name the repository and the waiting series", func() bool {
		st, status := statusOf(t, config)
		return status == exitFindings && st.down("repository") && len(st.Open) == 1 && strings.Contains(st.Open[0].Error, "refused")
	})
	stop()

	wiki := filepath.Join(dir, "wiki.git")
	if _, err := repo.UnpackBundle(testdata.Bundle, wiki); err != nil {
		t.Fatal(err)
	}
	if err := (&stage{dir: dir}).moveBranch(scenes()[0].base); err != nil {
		t.Fatal(err)
	}
	ahead += 5 * time.Minute // what waited is due
	config, stop = serve(wiki, closed)
	until(t, "status to name the reply that waits for the mail server", func() bool {
		st, status := statusOf(t, config)
		return status == exitFindings && len(st.Waiting) == 1 && st.Waiting[0].State == "ready" && strings.Contains(st.Waiting[0].Error, "refused")
	})
	stop()
	if len(sent) != 0 {
		t.Error("a reply left without a mail server")
	}

	ahead += 5 * time.Minute // what waited is due
	_, stop = serve(wiki, server.SMTPAddr())
	reply := <-sent
	stop()
	if !bytes.Contains(reply, []byte("X-Patchbot-Verdict: clean")) {
		t.Errorf("reply:\n%s", reply)
	}
}

// premises are a directory with the sample wiki in it, and mail servers whose mails come out of sent.
func premises(t *testing.T) (dir string, server *loopback.Server, sent chan []byte) {
	t.Helper()
	dir, sent = t.TempDir(), make(chan []byte, 4)
	server, err := loopback.Start(t.Context(), loopback.Options{User: "patchbot", Password: demoPassword,
		OnMail: func(_ string, _ []string, raw []byte) { sent <- bytes.Clone(raw) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if _, err := repo.UnpackBundle(testdata.Bundle, filepath.Join(dir, "wiki.git")); err != nil {
		t.Fatal(err)
	}
	return dir, server, sent
}

type reachStatus struct {
	Health []struct {
		Name string `json:"name"`
		OK   bool   `json:"ok"`
	} `json:"health"`
	Open    []struct{ Error string }        `json:"open"`
	Waiting []struct{ State, Error string } `json:"waiting"`
}

func (s reachStatus) down(name string) bool {
	for _, h := range s.Health {
		if strings.HasPrefix(h.Name, name) {
			return !h.OK
		}
	}
	return false
}

func statusOf(t *testing.T, config string) (reachStatus, int) {
	t.Helper()
	var out bytes.Buffer
	status := run(t.Context(), []string{"status", "--config", config, "--format", "json"}, &Shell{Out: &out, Err: io.Discard})
	var st reachStatus
	_ = json.Unmarshal(out.Bytes(), &st) // before the first start there is nothing to read
	return st, status
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func reachConfig(t *testing.T, dir, repository, imap, smtp string) string {
	t.Helper()
	imapHost, imapPort, err := net.SplitHostPort(imap)
	if err != nil {
		t.Fatal(err)
	}
	smtpHost, smtpPort, err := net.SplitHostPort(smtp)
	if err != nil {
		t.Fatal(err)
	}
	login := fmt.Sprintf("security = \"plain\"\nuser = \"patchbot\"\npassword_command = [\"echo\", %q]\n", demoPassword)
	return fmt.Sprintf(`state_dir = %q
templates = ""
[imap]
host = %q
port = %s
%s[smtp]
host = %q
port = %s
%s[bot]
address = %q
[series]
settle = "0s"
[reply]
enabled = true
[links]
enabled = false
[[list]]
name = "l"
addresses = [%q]
ids = [%q]
[[wiki]]
name = "logiciels-libres"
repository = %q
`, filepath.Join(dir, "state"), imapHost, imapPort, login, smtpHost, smtpPort, login, demoBot, demoList, demoListID, repository)
}
