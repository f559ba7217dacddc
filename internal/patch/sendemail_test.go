package patch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbot/internal/email"
	"patchbot/testdata"
)

// TestSendEmail mails the whole history of the sample wiki with the real git send-email, in each of its transfer encodings,
// and reads the mails with both line ends: the diff, byte for byte, title, author and thread of every commit come out.
func TestSendEmail(t *testing.T) {
	dir := t.TempDir()
	bundle := filepath.Join(dir, "wiki.bundle")
	if err := os.WriteFile(bundle, testdata.Bundle, 0o644); err != nil {
		t.Fatal(err)
	}
	runGit(t, dir, nil, "clone", "-q", "-b", "main", bundle, "wiki")
	wiki := filepath.Join(dir, "wiki")
	root := strings.TrimSpace(string(runGit(t, wiki, nil, "rev-list", "--max-parents=0", "main")))
	commits := strings.Split(string(runGit(t, wiki, nil, "log", "--reverse", "-p", "--binary", "--format=%x00%an%x01%s%x01", root+"..main")), "\x00")[1:]
	if len(commits) != 299 {
		t.Fatalf("the sample wiki has %d commits after the first, want 299", len(commits))
	}
	encodings := []string{"", "quoted-printable", "base64"}
	if testing.Short() {
		encodings = encodings[:1]
	}
	for _, encoding := range encodings {
		t.Run("transfer encoding "+encoding, func(t *testing.T) {
			t.Parallel()
			mails, err := sendEmail(t, wiki, root+"..main", encoding)
			if err != nil {
				if os.Getenv("CI") != "" || os.Getenv("PATCHBOT_E2E") != "" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			if len(mails) != len(commits) {
				t.Fatalf("%d mails of %d commits", len(mails), len(commits))
			}
			for _, eol := range []string{"\n", "\r\n"} {
				checkHistory(t, commits, mails, eol)
			}
		})
	}
}

// sendEmail returns what git send-email hands to the mail system for a range, in the order it was sent.
func sendEmail(t *testing.T, wiki, revisions, encoding string) ([][]byte, error) {
	t.Helper()
	out := t.TempDir()
	capture := filepath.Join(out, "capture")
	script := "#!/bin/sh\ncd '" + out + "' && n=$(ls | wc -l) && exec cat > $(printf %04d $n).eml\n"
	if err := os.WriteFile(capture, []byte(script), 0o755); err != nil {
		return nil, err
	}
	args := []string{"send-email", "--from=Relay <relay@example.org>", "--to=list@example.org", "--confirm=never", "--suppress-cc=all",
		"--subject-prefix=PATCH wiki", "--sendmail-cmd=" + capture}
	if encoding != "" {
		args = append(args, "--transfer-encoding="+encoding)
	}
	if err := tryGit(t, wiki, append(args, revisions)...); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(out, "*.eml"))
	if err != nil {
		return nil, err
	}
	mails := make([][]byte, len(paths))
	for i, path := range paths {
		if mails[i], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return mails, nil
}

func checkHistory(t *testing.T, commits []string, raws [][]byte, eol string) {
	t.Helper()
	var mails []*Mail
	for i, raw := range raws {
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte(eol))
		m := Classify(raw, email.Parse(raw, email.Limits{}), time.Time{}, Options{Prefixes: []string{"wiki"}, ListAddresses: []string{"list@example.org"}})
		mails = append(mails, m)
		name, rest, _ := strings.Cut(commits[i], "\x01")
		title, diff, _ := strings.Cut(rest, "\x01")
		what := fmt.Sprintf("%q with line ends %q", title, eol)
		switch {
		case m.Kind != KindPatch || m.Reason != "" || m.Message.Defect != "" || m.commit == nil:
			t.Errorf("%s: %s %s %s, git: %v", what, m.Kind, m.Reason, m.Detail, m.bad)
			continue
		case strings.TrimSpace(m.Diff) != strings.TrimSpace(diff):
			t.Errorf("%s: the diff is not the commit's", what)
		case m.PatchID != PatchID([]byte(diff)):
			t.Errorf("%s: patch id %s", what, m.PatchID)
		case m.Subject.Title != title || m.Subject.Index != i+1 || m.Subject.Total != len(raws):
			t.Errorf("%s: subject %+v", what, m.Subject)
		case m.Author.Addr != "relay@example.org" || m.commit.AuthorName != name:
			t.Errorf("%s: sent by %s, written by %q, want %q", what, m.Author, m.commit.AuthorName, name)
		}
	}
	a := Assemble(mails)
	if len(a.Series) != 1 || len(a.Ignored) != 0 || len(a.Series[0].Missing) != 0 || len(a.Series[0].Parts) != len(raws) {
		t.Errorf("%d series, %d ignored", len(a.Series), len(a.Ignored))
	}
}
