package patch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/email"
	"patchbot/testdata"
)

// flowing is a mailer that sends format=flowed as RFC 3676 wants it: lines that begin with a blank, ">" or "From " stuffed,
// long ones broken after a blank.
type flowing struct {
	width int
	delSp bool // the broken line ends in a blank of its own, as Apple's mailer does it
	trims bool // blanks at the end of the author's lines get lost
}

func (f flowing) encode(text string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if f.trims && line != "-- " {
			line = strings.TrimRight(line, " ")
		}
		f.line(&out, line)
	}
	return out.String()
}

func (f flowing) line(out *strings.Builder, line string) {
	if line == "-- " {
		out.WriteString("-- \n")
		return
	}
	for {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, ">") || strings.HasPrefix(line, "From ") {
			line = " " + line
		}
		runes := []rune(line)
		at := min(len(runes), f.width) - 1
		for at > 0 && (runes[at] != ' ' || strings.TrimSpace(string(runes[:at])) == "") {
			at--
		}
		if len(runes) <= f.width || at <= 0 {
			out.WriteString(line + "\n")
			return
		}
		out.WriteString(string(runes[:at+1]))
		if f.delSp {
			out.WriteString(" ")
		}
		out.WriteString("\n")
		line = string(runes[at+1:])
	}
}

// TestFlowed sends the history of the sample wiki through such mailers. A patch comes out as it was, or without the blanks
// that the mailer lost, or it is known to be damaged: never another one.
func TestFlowed(t *testing.T) {
	dir := t.TempDir()
	bundle := filepath.Join(dir, "wiki.bundle")
	if err := os.WriteFile(bundle, testdata.Bundle, 0o644); err != nil {
		t.Fatal(err)
	}
	runGit(t, dir, nil, "clone", "-q", "-b", "main", bundle, "wiki")
	mails, bad := SplitMails(runGit(t, filepath.Join(dir, "wiki"), nil, "format-patch", "--stdout", "-120", "main"))
	if bad != nil || len(mails) != 120 {
		t.Fatalf("%d patches, %v", len(mails), bad)
	}
	for _, mailer := range []flowing{{72, false, false}, {72, false, true}, {72, true, false}, {72, true, true}, {66, true, false}, {66, false, false}, {78, false, true}, {60, true, false}} {
		t.Run(fmt.Sprintf("%+v", mailer), func(t *testing.T) {
			same, told := 0, 0
			for _, mail := range mails {
				_, body, _ := strings.Cut(string(mail), "\n\n")
				read := func(format, body string) *Mail {
					raw := []byte("From: A <a@example.org>\nSubject: [PATCH x] y\nContent-Type: text/plain; charset=utf-8" + format + "\n\n" + body)
					return Classify(raw, email.Parse(raw, email.Limits{}), time.Time{}, Options{AnyList: true})
				}
				format := "; format=flowed"
				if mailer.delSp {
					format += "; delsp=yes"
				}
				want, got := read("", body), read(format, mailer.encode(body))
				switch {
				case got.Reason == ReasonBrokenByMailer && got.Damage == DamageFlowed && got.Detail != "":
					told++
				case got.Reason != "" || got.PatchID != want.PatchID || !mailer.trims && got.Diff != want.Diff:
					t.Errorf("%s %s: another patch came out: -want +got\n%s", got.Reason, got.Damage, cmp.Diff(want.Diff, got.Diff))
				default:
					same++
				}
			}
			if told > 10 {
				t.Errorf("%d patches are the same, and %d not to be had", same, told)
			}
		})
	}
}
