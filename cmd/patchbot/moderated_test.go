package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbot/internal/email"
	"patchbot/internal/mailbox/loopback"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// letter is a mail that a mail server took.
type letter struct {
	to   []string
	mail *email.Message
}

// TestModerated is the life of a reply on a list with a moderator, while the daemon runs: it is shown to the moderator,
// released and sent; then the branch gets the patch, and the thanks go the same way. No mail comes twice.
func TestModerated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mails := make(chan letter, 8)
	server, err := loopback.Start(t.Context(), loopback.Options{User: "patchbot", Password: demoPassword, OnMail: func(_ string, to []string, raw []byte) {
		mails <- letter{slices.Clone(to), email.Parse(bytes.Clone(raw), email.DefaultLimits())}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	wiki := &stage{dir: dir}
	if _, err := repo.UnpackBundle(testdata.Bundle, filepath.Join(dir, "wiki.git")); err != nil {
		t.Fatal(err)
	}
	if err := wiki.moveBranch(scenes()[0].base); err != nil {
		t.Fatal(err)
	}
	raw, err := testdata.Demo.ReadFile("demo/01-clean.eml")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Append(append([]byte("List-ID: <"+demoListID+">\n"), raw...)); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.toml")
	text := strings.NewReplacer(
		"[series]\n", "[series]\nbase_every = \"100ms\"\n", "[reply]\n", "[reply]\nthanks = true\nmax_age = \"876000h\"\n",
		"[[list]]\n", "[[list]]\nhold = true\nmoderator = \"mod@example.org\"\nlanguage = \"en\"\n",
	).Replace(reachConfig(t, dir, filepath.Join(dir, "wiki.git"), server.IMAPAddr(), server.SMTPAddr()))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	defer beside(t.Context(), func(ctx context.Context) {
		if status := run(ctx, []string{"serve", "--config", config}, &Shell{Out: io.Discard, Err: testWriter{t}}); status != exitClean {
			t.Errorf("serve ends with %d", status)
		}
	})()

	// release reads the command in the moderator's mail and runs it.
	release := func(notice letter) {
		t.Helper()
		_, command, _ := strings.Cut(notice.mail.Text, "\n  patchbot ")
		command, _, _ = strings.Cut(command, "\n")
		words := strings.Fields(command)
		if len(words) != 2 || words[0] != "release" || !slices.Equal(notice.to, []string{"mod@example.org"}) {
			t.Fatalf("to %v:\n%s", notice.to, notice.mail.Text)
		}
		for range 2 { // twice does no harm
			var out bytes.Buffer
			if status := run(t.Context(), []string{"release", "--config", config, words[1]}, &Shell{Out: &out, Err: &out}); status != exitClean && !strings.Contains(out.String(), "was sent") {
				t.Fatalf("release ends with %d: %s", status, &out)
			}
		}
	}
	release(<-mails)
	reply := <-mails
	if reply.mail.Header.Get("X-Patchbot-Verdict") != "clean" || !slices.Equal(reply.to, []string{demoList, "camille@example.org"}) {
		t.Errorf("reply to %v:\n%s", reply.to, reply.mail.Text)
	}
	if err := wiki.moveBranch("dbd7177aeb2b5f1e654c7ea419a19b8864230d89"); err != nil { // the patch, as it was applied
		t.Fatal(err)
	}
	release(<-mails)
	if thanks := <-mails; !strings.Contains(thanks.mail.Text, "Thank you!") || !slices.Equal(thanks.mail.InReplyTo, reply.mail.InReplyTo) {
		t.Errorf("thanks to %v:\n%s", thanks.to, thanks.mail.Text)
	}
	var why bytes.Buffer
	run(t.Context(), []string{"why", "--config", config, reply.mail.InReplyTo[0]}, &Shell{Out: &why, Err: &why})
	for _, event := range []string{"held ", "released ", "applied ", "sent "} {
		if !strings.Contains(why.String(), "  "+event) {
			t.Errorf("no %q in the journal:\n%s", event, &why)
		}
	}
	if len(mails) != 0 {
		t.Errorf("%d mails too many", len(mails))
	}
}
