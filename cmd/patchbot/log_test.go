package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/testdata"
)

// No address gets into the log, whatever carries it; Message-IDs do, under their own key; at debug everything does.
func TestLogDiscreet(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		conf := config.Default()
		conf.Log.Format = format
		level := new(slog.LevelVar)
		log := logger(conf, &Shell{Err: &out}, level)
		log.With("message_id", "1.2@mail.example.org", "recipient", "élodie@example.org").Error("send: refused for good",
			"error", fmt.Errorf("smtp rcpt: %w", errors.New("550 5.1.1 <camille+x@example.net>: no such user")), "n", 3)
		text := out.String()
		for _, leak := range []string{"élodie", "camille"} {
			if strings.Contains(text, leak) {
				t.Errorf("%s: the log names %s: %s", format, leak, text)
			}
		}
		for _, want := range []string{"1.2@mail.example.org", "550 5.1.1", "…@example.net", "…@example.org"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the log lacks %s: %s", format, want, text)
			}
		}
		out.Reset()
		level.Set(slog.LevelDebug)
		log.Error("send", "error", errors.New("<camille@example.net> is gone"))
		if !strings.Contains(out.String(), "camille@example.net") {
			t.Errorf("%s: at debug the log hides what is looked for: %s", format, out.String())
		}
	}
}

// Below a journal, lines begin with their priority and leave the time to it.
func TestLogJournal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "journal")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	t.Setenv("JOURNAL_STREAM", fmt.Sprintf("%d:%d", stat.Dev, stat.Ino))
	log := logger(config.Default(), &Shell{Err: f}, new(slog.LevelVar)).With("series", "s")
	log.Info("reviewed", "verdict", "clean")
	log.Warn("send: later")
	log.Error("review")
	log.Debug("not shown")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "<6>msg=reviewed series=s verdict=clean\n<4>msg=\"send: later\" series=s\n<3>msg=review series=s\n"
	if string(data) != want {
		t.Errorf("journal:\n%swant:\n%s", data, want)
	}
}

// A series goes its whole way, and a second one is held, with the log at its usual level: none of the addresses that took part
// is in it, and every line about a mail or a series names it.
func TestLogOfASeries(t *testing.T) {
	dir, server, sent := premises(t)
	wiki := filepath.Join(dir, "wiki.git")
	if err := (&stage{dir: dir}).moveBranch("9e36c9802b92f802e85ab66c70371361c51d7616"); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "config.toml")
	text := strings.Replace(reachConfig(t, dir, wiki, server.IMAPAddr(), server.SMTPAddr()), "[reply]", "[reply]\nper_hour = 1", 1)
	text = strings.Replace(text, "[bot]", "[bot]\noperator = \"operator@example.org\"", 1)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addresses := []string{demoBot, demoList, "operator@example.org"}
	deliver := func(names ...string) {
		for _, name := range names {
			raw, err := testdata.Demo.ReadFile("demo/" + name + ".eml")
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Append(append([]byte("List-ID: <"+demoListID+">\n"), raw...)); err != nil {
				t.Fatal(err)
			}
			m := email.Parse(raw, email.DefaultLimits())
			for _, a := range append(append(m.From, m.To...), m.Cc...) {
				addresses = append(addresses, a.Addr)
			}
		}
	}
	log := &lockedBuffer{}
	stop := beside(t.Context(), func(ctx context.Context) {
		if status := run(ctx, []string{"serve", "--config", conf}, &Shell{Out: log, Err: log}); status != exitClean {
			t.Errorf("serve ends with %d", status)
		}
	})
	deliver("07-series-0", "07-series-1", "07-series-2", "07-series-3")
	<-sent
	deliver("06-already-applied")
	until(t, "the second reply to be held", func() bool { return strings.Contains(log.String(), "reply held") })
	stop()
	// git makes Message-IDs that end in an address; they are what the operator looks a mail up by.
	text = regexp.MustCompile(`message_id=\S+`).ReplaceAllString(log.String(), "message_id=x")
	for _, a := range addresses {
		if strings.Contains(strings.ToLower(text), strings.ToLower(a)) {
			t.Errorf("the log names %s:\n%s", a, log.String())
		}
	}
	for line := range strings.Lines(log.String()) {
		about := strings.Contains(line, "reviewed") || strings.Contains(line, "msg=sent") || strings.Contains(line, "held") || strings.Contains(line, "took mail")
		if about && !strings.Contains(line, "message_id=") {
			t.Errorf("a line without a Message-ID: %s", line)
		}
		if strings.Contains(line, "reviewed") && !strings.Contains(line, "series=") {
			t.Errorf("a line without its series: %s", line)
		}
	}
}
