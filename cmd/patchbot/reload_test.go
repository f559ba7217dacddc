package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"patchbot/internal/config"
	"patchbot/testdata"
)

// manager is a service manager that keeps what it is told (sd_notify(3)).
type manager struct {
	socket string
	said   lockedBuffer
}

func newManager(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "pb-notify-") // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{socket: filepath.Join(dir, "s")}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		os.RemoveAll(dir)
	})
	go func() {
		for buf := make([]byte, 4096); ; {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			_, _ = m.said.Write(append(bytes.Clone(buf[:n]), "\n\n"...))
		}
	}()
	return m
}

// serveWith starts a daemon under a service manager.
func serveWith(t *testing.T, m *manager, conf string, env ...string) *daemon {
	t.Helper()
	cmd := patchbotCommand(context.Background(), "serve", "--config", conf)
	cmd.Env = append(append(cmd.Env, "NOTIFY_SOCKET="+m.socket), env...)
	return (&lab{}).start(t, cmd)
}

// TestReload changes the configuration of a running daemon: what can be changed counts at once, what cannot is named, a file
// with a mistake changes nothing, and the service manager is told each time.
func TestReload(t *testing.T) {
	dir, server, sent := premises(t)
	wiki := filepath.Join(dir, "wiki.git")
	conf := filepath.Join(dir, "config.toml")
	text := reachConfig(t, dir, wiki, server.IMAPAddr(), server.SMTPAddr())
	write := func(changes ...string) {
		t.Helper()
		if err := os.WriteFile(conf, []byte(strings.NewReplacer(changes...).Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	deliver := func(n int, waits func(reachStatus) bool) {
		t.Helper()
		s := scenes()[n]
		if err := (&stage{dir: dir}).moveBranch(s.base); err != nil {
			t.Fatal(err)
		}
		raw, err := testdata.Demo.ReadFile("demo/" + s.mails[0] + ".eml")
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Append(append([]byte("List-ID: <"+demoListID+">\n"), raw...)); err != nil {
			t.Fatal(err)
		}
		if waits != nil {
			until(t, "the reply to be stored", func() bool { st, _ := statusOf(t, conf); return waits(st) })
		}
	}

	write("enabled = true", "enabled = false")
	m := newManager(t)
	d := serveWith(t, m, conf)
	reload := func() {
		t.Helper()
		ready := strings.Count(m.said.String(), "READY=1")
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		until(t, "the daemon to be ready again", func() bool { return strings.Count(m.said.String(), "READY=1") > ready })
	}
	until(t, "the daemon to be ready", func() bool { return strings.Contains(m.said.String(), "READY=1") })
	deliver(0, func(st reachStatus) bool { return len(st.Waiting) == 1 && st.Waiting[0].State == "held" })

	write("state_dir = ", "state_dir = \"/nowhere\" # ", "[imap]", "[log]\nlevel = \"warn\"\n[imap]")
	reload()
	if !regexp.MustCompile(`RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]+\n`).MatchString(m.said.String()) {
		t.Errorf("the service manager heard only %q", m.said.String())
	}
	for _, want := range []string{`msg="this key keeps its value until a restart" key=state_dir`, `msg="configuration reloaded" changed="log.level reply.enabled"`} {
		if !strings.Contains(d.log.String(), want) {
			t.Errorf("the log does not say %s", want)
		}
	}
	write()
	deliver(1, nil)
	if reply := <-sent; !bytes.Contains(reply, []byte("X-Patchbot-Verdict: changes-needed")) {
		t.Errorf("reply:\n%s", reply)
	}
	if n := strings.Count(d.log.String(), `msg="took mail"`); n != 1 {
		t.Errorf("the log tells of %d mails, want one, before its level changed", n)
	}

	write("[reply]", "[repyl]")
	reload()
	if !strings.Contains(d.log.String(), "reload refused") || !strings.Contains(d.log.String(), "config.toml:") || !strings.Contains(d.log.String(), "repyl") {
		t.Error("the log does not say why the reload was refused")
	}
	deliver(3, nil)
	if reply := <-sent; !bytes.Contains(reply, []byte("X-Patchbot-Verdict: changes-needed")) {
		t.Errorf("reply after a refused reload:\n%s", reply)
	}
	d.stop(t)
	until(t, "the word that the daemon stops", func() bool { return strings.Contains(m.said.String(), "STOPPING=1") })
	if len(sent) != 0 {
		t.Errorf("%d more replies", len(sent))
	}
}

// Every key either can be reloaded or is one of those that cannot, and these exist.
func TestReloadFixedKeys(t *testing.T) {
	for key := range fixed() {
		if !slices.Contains(config.Keys(), key) {
			t.Errorf("%s is no key", key)
		}
	}
	a, b := config.Default(), config.Default()
	if changed := config.Changed(a, b); len(changed) != 0 {
		t.Errorf("two defaults differ: %v", changed)
	}
	b.StateDir, b.Store.URL, b.IMAP.Host, b.Rules = "/b", "postgres://b", "b", map[string]string{"toc": "off"}
	changed, kept := compare(a, b)
	if !slices.Equal(changed, []string{"imap.host", "rules"}) || !slices.Equal(kept, []string{"state_dir", "store.url"}) {
		t.Errorf("changed %v, kept %v", changed, kept)
	}
	if b.StateDir != a.StateDir || b.Store.URL != "" || b.IMAP.Host != "b" {
		t.Errorf("after the comparison: %+v", b)
	}
}
