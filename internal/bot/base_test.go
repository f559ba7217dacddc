package bot_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/email"
	"patchbot/internal/store"
)

var errNow = errors.New("450 4.7.1 not now")

// Commits of the sample wiki: what came of the parts of the sample series.
const (
	landed1 = "dbbbc5ecc486c73b704da205d87b4cbba14ff19b"
	landed3 = "5d272a3d695999fa8ec2eed254e7c6c7ac658d9e"
)

func watching(o *bot.Options) {
	o.Policy.LookAtBase = 10 * time.Minute
	o.Policy.MaxAge = 7 * 24 * time.Hour
}

// state is the state of the only series.
func (r *rig) state() string {
	r.Helper()
	st, err := r.db.Status(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	for state := range st.Series {
		if len(st.Series) == 1 {
			return state
		}
	}
	r.Fatalf("series %v", st.Series)
	return ""
}

// TestMerged has the branch get a series part by part. Its author hears of it when the operator wants that, once.
func TestMerged(t *testing.T) {
	for _, thanks := range []bool{false, true} {
		r := newRig(t, func(o *bot.Options) { watching(o); o.Policy.Thanks = thanks })
		var id string
		for _, name := range series() {
			id = r.take(r.mail(name))
		}
		r.pass(time.Minute)
		r.wantVerdicts("clean")
		r.branch(landed1)
		r.pass(time.Hour)
		if r.state() != store.StateDone {
			t.Fatalf("with one part of three in the branch the series is %s", r.state())
		}
		r.branch(landed3)
		r.pass(time.Hour)
		r.reopen()
		r.pass(time.Hour)
		if r.state() != store.StateApplied {
			t.Fatalf("the series is %s; %v", r.state(), r.events(id))
		}
		r.wantEvent(id, "^applied commit 5d272a3d6959 of main")
		if !thanks {
			r.wantVerdicts("clean")
			continue
		}
		r.wantVerdicts("clean", "")
		mail := r.last()
		if !strings.Contains(mail.Text, "Merci") || !strings.Contains(mail.Text, "5d272a3d6959") || !slices.Equal(r.out.mails[1].to, []string{listAddress, "camille@example.org"}) {
			t.Errorf("thanks to %v:\n%s", r.out.mails[1].to, mail.Text)
		}
		cover := email.Parse(r.mail("07-series-0"), email.DefaultLimits())
		if !slices.Equal(mail.InReplyTo, []string{cover.ID}) || !strings.HasPrefix(mail.Subject, "Re: [PATCH logiciels-libres 0/3]") {
			t.Errorf("thanks answer %v: %s", mail.InReplyTo, mail.Subject)
		}
	}
}

// TestMergedBefore has a series come that the branch has already.
func TestMergedBefore(t *testing.T) {
	r := newRig(t, func(o *bot.Options) { watching(o); o.Policy.Thanks = true })
	r.branch(landed3)
	for _, name := range series() {
		r.take(r.mail(name))
	}
	r.pass(time.Minute)
	r.wantVerdicts("does-not-apply")
	if r.state() != store.StateApplied {
		t.Errorf("the series is %s", r.state())
	}
}

// A series that applies to a branch which had it once, and took it back, is not merged by the next commit.
func TestMergedOnceAndReverted(t *testing.T) {
	r := newRig(t, watching)
	revert := r.commitOn(landed1, base, "Revert all")
	r.branch(revert)
	r.reviewed()
	r.branch(r.commitOn(revert, base, "Nothing new"))
	r.pass(time.Hour)
	if r.state() != store.StateDone {
		t.Errorf("the series is %s", r.state())
	}
}

// TestMessageIDTrailer has the maintainer change a patch while applying it; the commit names the mail.
func TestMessageIDTrailer(t *testing.T) {
	for _, trailer := range []string{"Message-Id: <%s>", "Message-ID: <%s>", "Link: https://lists.example.org/list/%s"} {
		r := newRig(t, watching)
		id := r.take(r.mail("07-series-1", " 1/3]", "]", "# Présentation", "# Presentation", "4bbf553", "1234567"))
		r.pass(time.Minute)
		r.branch(r.commitOn(base, landed1, "Add a page\n\nChanged a little.\n\n"+fmt.Sprintf(trailer, id)))
		r.pass(time.Hour)
		if r.state() != store.StateApplied {
			t.Errorf("%s: the series is %s: %v", trailer, r.state(), r.events(id))
		}
	}
}

// TestBaseMoves has the branch move away under a series that applied, and come back. One mail says so, when it is wanted.
func TestBaseMoves(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		r := newRig(t, func(o *bot.Options) { watching(o); o.Policy.BaseMoved = wanted })
		id := r.take(r.mail("07-series-1", " 1/3]", "]", "# Présentation", "# Presentation", "4bbf553", "1234567"))
		r.pass(time.Minute)
		r.wantVerdicts("clean")
		want := []string{"clean"}
		for range 2 {
			r.branch(landed1)
			r.pass(30 * 24 * time.Hour)
			if wanted && len(want) == 1 {
				want = append(want, "does-not-apply")
			}
			r.wantVerdicts(want...)
			r.wantVersion(id, "does-not-apply", landed1)
			r.branch(base)
			r.pass(time.Hour)
			r.wantVerdicts(want...)
			r.wantVersion(id, "clean", base)
		}
		if text := r.last().Text; wanted && !strings.Contains(text, "Ne s'applique plus") {
			t.Errorf("the mail:\n%s", text)
		}
		r.reopen()
		r.pass(time.Hour)
		r.wantVerdicts(want...)
	}
}

// wantVersion holds the series of a mail to a verdict on a base.
func (r *rig) wantVersion(id, verdict, commit string) {
	r.Helper()
	rows, err := r.db.MessagesByID(r.Context(), id)
	if err != nil || len(rows) == 0 {
		r.Fatalf("%v, %v", rows, err)
	}
	s, err := r.db.SeriesVersion(r.Context(), rows[0].SeriesID, 1)
	if err != nil || s.Verdict != verdict || s.BaseCommit != commit || s.State != store.StateDone {
		r.Fatalf("%s on %s, %s, want %s on %s; %v", s.Verdict, s.BaseCommit, s.State, verdict, commit, err)
	}
}

// A branch out of reach, and one that did not move, change nothing.
func TestBaseStays(t *testing.T) {
	r := newRig(t, watching)
	id := r.reviewed()
	r.pass(24 * time.Hour)
	r.branch("0123456789012345678901234567890123456789")
	r.pass(24 * time.Hour)
	r.wantVerdicts("clean")
	r.wantVersion(id, "clean", base)
}

// commitOn adds a commit to the wiki: the tree of one commit, on top of another.
func (r *rig) commitOn(parent, content, message string) string {
	r.Helper()
	cmd := exec.Command("git", "-C", filepath.Join(r.dir, "wiki.git"), "commit-tree", content+"^{tree}", "-p", parent, "-m", message)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=M", "GIT_AUTHOR_EMAIL=m@example.org", "GIT_COMMITTER_NAME=M", "GIT_COMMITTER_EMAIL=m@example.org",
		"GIT_AUTHOR_DATE=2022-01-25T11:00:00Z", "GIT_COMMITTER_DATE=2022-01-25T11:00:00Z")
	out, err := cmd.Output()
	if err != nil {
		r.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
