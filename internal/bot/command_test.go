package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/store"
)

// answer is a mail of a maintainer that answers another.
func (r *rig) answer(n int, to, text string) []byte {
	return fmt.Appendf(nil, "List-Id: <list.example.org>\nFrom: Maintainer <maintainer@example.org>\nTo: %s\nSubject: Re: [PATCH logiciels-libres] Guides\n"+
		"Message-ID: <answer-%d@example.org>\nIn-Reply-To: <%s>\nDate: Tue, 25 Jan 2022 10:00:00 +0000\n\n%s\n", listAddress, n, to, text)
}

func (r *rig) last() *email.Message {
	r.Helper()
	if len(r.out.mails) == 0 {
		r.Fatal("no mail has left")
	}
	return email.Parse(r.out.mails[len(r.out.mails)-1].raw, email.DefaultLimits())
}

// reviewed is a series of one patch that has been answered.
func (r *rig) reviewed() string {
	r.Helper()
	id := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	return id
}

func TestRecheck(t *testing.T) {
	r := newRig(t, nil)
	id := r.reviewed()
	first := r.last()
	if !strings.Contains(first.Text, "patchbot: recheck") {
		t.Errorf("the reply does not say how to ask again:\n%s", first.Text)
	}
	asked := r.take(r.answer(1, id, "Hello,\n\npatchbot: recheck\n\nthanks"))
	r.pass(0)
	r.wantVerdicts("clean", "clean")
	second := r.last()
	if second.ID == first.ID || !slices.Equal(second.InReplyTo, []string{id}) || second.Text != first.Text {
		t.Errorf("second reply %s to %q, the first was %s:\n%s", second.ID, second.InReplyTo, first.ID, second.Text)
	}
	r.wantEvent(asked, "^command recheck")
	// Through the discussion: an answer to an answer to the bot's own reply, which speaks of nothing else.
	talk := r.take(r.answer(2, second.ID, "I see."))
	r.take(r.answer(3, talk, "PatchBot : Recheck"))
	r.take(r.answer(3, talk, "PatchBot : Recheck")) // the list sends it twice
	r.pass(0)
	r.wantVerdicts("clean", "clean", "clean")
	r.take(r.answer(4, talk, "patchbot: recheck"))
	refused := r.take(r.answer(5, talk, "patchbot: recheck"))
	r.pass(time.Hour)
	r.wantVerdicts("clean", "clean", "clean", "clean")
	r.wantEvent(refused, "^command-refused recheck: 3 commands")
	r.pass(24 * time.Hour)
	r.take(r.answer(6, talk, "patchbot: recheck"))
	r.pass(0)
	r.wantVerdicts("clean", "clean", "clean", "clean", "clean")
}

// A review that was asked for sees the branch as it is now, and answers with what it finds.
func TestRecheckAfterMove(t *testing.T) {
	r := newRig(t, nil)
	id := r.reviewed()
	r.branch("277b628d4ebe13129a4861887a9d1f87e473e9cb")
	r.take(r.answer(1, id, "patchbot: recheck"))
	r.pass(0)
	if got := r.verdicts(); len(got) != 2 {
		t.Errorf("replies %q", got)
	}
	r.wantEvent(id, "^reviewed .* on main 277b628d4ebe")
}

func TestHelp(t *testing.T) {
	r := newRig(t, nil)
	id := r.reviewed()
	asked := r.take(r.answer(1, id, "patchbot: help"))
	r.pass(0)
	help := r.last()
	if !strings.Contains(help.Text, "patchbot: recheck") || !slices.Equal(help.InReplyTo, []string{asked}) {
		t.Errorf("help to %q:\n%s", help.InReplyTo, help.Text)
	}
	if got := r.out.mails[1].to; !slices.Equal(got, []string{listAddress, "maintainer@example.org"}) {
		t.Errorf("help goes to %q", got)
	}
	for n := range 2 {
		r.take(r.answer(10+n, id, fmt.Sprintf("patchbot: make coffee number %d!", n)))
		r.pass(0)
	}
	if len(r.out.mails) != 3 || !strings.Contains(r.last().Text, "make coffee number 0!") {
		t.Errorf("%d mails; the last:\n%s", len(r.out.mails), r.last().Text)
	}
	// What the bot says, sent back by a person who quotes nothing, is no command.
	r.take(r.answer(20, id, help.Text))
	r.pass(time.Hour)
	if len(r.out.mails) != 3 {
		t.Errorf("%d mails after an unquoted copy of the help", len(r.out.mails))
	}
}

// TestNoCommand has everything that looks like a command and is none.
func TestNoCommand(t *testing.T) {
	r := newRig(t, nil)
	id := r.reviewed()
	for i, raw := range [][]byte{
		r.answer(1, id, "> patchbot: recheck"),
		r.answer(2, id, "please write patchbot: recheck"),
		r.answer(3, id, "  patchbot: recheck"),
		r.answer(4, id, "-- \npatchbot: recheck"),
		r.answer(5, id, "patchbot recheck"),
		append([]byte("Auto-Submitted: auto-replied\n"), r.answer(6, id, "patchbot: recheck")...),
		[]byte("From: a@example.org\nTo: bot@example.org\nMessage-ID: <p@example.org>\nIn-Reply-To: <" + id + ">\nSubject: Re: x\n\npatchbot: recheck\n"),
	} {
		r.take(raw)
		r.pass(time.Minute)
		if len(r.out.mails) != 1 {
			t.Fatalf("mail %d was obeyed", i+1)
		}
	}
	stray := r.take(r.answer(8, "unknown@example.org", "patchbot: recheck"))
	r.pass(time.Hour)
	r.wantVerdicts("clean")
	r.wantEvent(stray, "^command-refused recheck: no series in its thread")
}

// TestCommandCrash stops the process between the mail's record and what it asks for.
func TestCommandCrash(t *testing.T) {
	r := newRig(t, nil)
	id := r.reviewed()
	raw := r.answer(1, id, "patchbot: recheck")
	m := email.Parse(raw, email.DefaultLimits())
	_, err := r.db.Record(t.Context(), store.Message{MessageID: m.ID, BodyHash: m.BodyHash, Mailbox: "INBOX", UIDValidity: 1, UID: 9,
		Size: len(raw), Arrived: r.now, Author: "maintainer@example.org", Kind: store.KindCommand, List: "list", Refs: m.InReplyTo}, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.reopen()
	r.pass(0)
	r.wantVerdicts("clean", "clean")
	r.reopen()
	r.pass(time.Hour)
	r.wantVerdicts("clean", "clean")
}
