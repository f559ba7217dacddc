package mailbox

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// TestReadMbox compares what is read from the archives of testdata/mbox with the goldens beside them.
func TestReadMbox(t *testing.T) {
	files := mboxFiles(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := readAll(t, bytes.NewReader(data), 0)
		if slow := readAll(t, iotest.OneByteReader(bytes.NewReader(data)), 0); slow != got {
			t.Errorf("%s read byte by byte:\n%s\nat once:\n%s", file, slow, got)
		}
		golden := file + ".want"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant:\n%s", file, got, want)
		}
	}
}

func mboxFiles(t testing.TB) []string {
	t.Helper()
	mboxes, _ := filepath.Glob("testdata/mbox/*.mbox")
	mails, _ := filepath.Glob("testdata/mbox/*.eml")
	if len(mboxes) == 0 || len(mails) == 0 {
		t.Fatal("no archives in testdata/mbox")
	}
	return append(mboxes, mails...)
}

// readAll describes the messages of an archive, a line of Go string for each of theirs.
func readAll(t *testing.T, r io.Reader, limit int64) string {
	t.Helper()
	var out strings.Builder
	for a, err := range ReadMbox(r, limit) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "message %s", a.Name)
		if !a.Arrived.IsZero() {
			fmt.Fprintf(&out, " arrived %s", a.Arrived.UTC().Format(time.DateTime))
		}
		if a.TooLarge {
			out.WriteString(" too large")
		}
		out.WriteByte('\n')
		for line := range bytes.Lines(a.Raw) {
			fmt.Fprintf(&out, "\t%s\n", strconv.Quote(string(line)))
		}
	}
	return out.String()
}

// TestReadMboxLimits: a large message leaves its header and does not disturb the next; a line may have any length.
func TestReadMboxLimits(t *testing.T) {
	first := "From a@b Tue Mar  5 10:11:12 2024\nSubject: one\n\n" + strings.Repeat("x", 200_000) + "\nFrom a@b Tue Mar  5 10:11:13 2024\nSubject: two\n\nbody\n"
	want := "message 1 arrived 2024-03-05 10:11:12 too large\n\t\"Subject: one\\n\"\n\t\"\\n\"\n" +
		"message 2 arrived 2024-03-05 10:11:13\n\t\"Subject: two\\n\"\n\t\"\\n\"\n\t\"body\\n\"\n"
	if got := readAll(t, strings.NewReader(first), 1000); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	header := strings.Repeat("X", 2000)
	if got := readAll(t, strings.NewReader(header), 1000); got != "message 1 too large\n\t"+strconv.Quote(header[:1000])+"\n" {
		t.Errorf("a header without end: %s", got)
	}
}

// TestReadMboxBroken: what was complete is yielded, then the failure.
func TestReadMboxBroken(t *testing.T) {
	broken := errors.New("the disk is broken")
	r := io.MultiReader(strings.NewReader("From a@b Tue Mar  5 10:11:12 2024\nA: b\n\nx\n\nFrom a@b Tue Mar  5 10:11:13 2024\nSubj"), iotest.ErrReader(broken))
	var got []string
	for a, err := range ReadMbox(r, 0) {
		got = append(got, fmt.Sprintf("%s %q %v", a.Name, a.Raw, err))
		if err != nil && !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	want := []string{`1 "A: b\n\nx\n" <nil>`, ` "" reading message 2: the disk is broken`}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// TestReadMboxStops: a receiver that wants no more gets no more.
func TestReadMboxStops(t *testing.T) {
	n := 0
	for range ReadMbox(strings.NewReader(strings.Repeat("From a@b Tue Mar  5 10:11:12 2024\nA: b\n\nx\n\n", 10)), 0) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d messages", n)
	}
}

func TestFromDate(t *testing.T) {
	for line, want := range map[string]string{
		"From a@b Tue Mar  5 10:11:12 2024\n":                             "2024-03-05 10:11:12",
		"From a b c Tue Mar 15 10:11:12 2024\r\n":                         "2024-03-15 10:11:12",
		"From a@b Tue Mar  5 10:11:12 2024 +0100\n":                       "2024-03-05 09:11:12",
		"From a@b Tue Mar  5 10:11:12 UTC 2024\n":                         "2024-03-05 10:11:12",
		"From a@b Tue Mar  5 10:11 2024\n":                                "2024-03-05 10:11:00",
		"From a@b sometime\n":                                             "0001-01-01 00:00:00",
		"From " + strings.Repeat("0", 40) + " Mon Sep 17 00:00:00 2001\n": "0001-01-01 00:00:00",
		"From mboxrd@z Thu Jan  1 00:00:00 1970\n":                        "1970-01-01 00:00:00",
	} {
		if got := fromDate([]byte(line)).UTC().Format(time.DateTime); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

// FuzzMbox: every byte of the input is in some message, in the separators, or is a quoting sign or an added blank line;
// and what is read does not depend on how the bytes come.
func FuzzMbox(f *testing.F) {
	for _, file := range mboxFiles(f) {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := readAll(t, bytes.NewReader(in), 0)
		if slow := readAll(t, iotest.OneByteReader(bytes.NewReader(in)), 0); slow != got {
			t.Fatalf("byte by byte:\n%s\nat once:\n%s", slow, got)
		}
		var size, count int
		for a := range ReadMbox(bytes.NewReader(in), 0) {
			size += len(a.Raw)
			count++
		}
		if size > len(in) || len(bytes.TrimSpace(in)) > 0 && count == 0 {
			t.Fatalf("%d octets in %d messages from %d", size, count, len(in))
		}
		if !bytes.HasPrefix(bytes.TrimLeft(in, " \t\r\n\v\f\x85\xa0"), []byte("From ")) && count > 1 {
			t.Fatalf("a single mail became %d", count)
		}
	})
}

// TestReadMaildir: both directories, in the order of arrival, without what is no message.
func TestReadMaildir(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp", "cur/sub"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, text := range map[string]string{
		"new/1700000002.M5P1.host":      "third",
		"cur/1700000002.M4P1.host:2,S":  "second",
		"cur/1700000001.P7Q1.host:2,RS": "first",
		"cur/odd name":                  "zeroth",
		"new/1700000003.M1.host":        strings.Repeat("Subject: large\n\n", 100),
		"tmp/1700000000.M1.host":        "unfinished",
		"new/.hidden":                   "hidden",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret", filepath.Join(dir, "new/1700000000.M1.link")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for a, err := range ReadMaildir(dir, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %q %v", a.Name, a.Arrived.UTC().Format("2006-01-02T15:04:05.000000"), a.Raw, a.TooLarge))
	}
	want := []string{
		`cur/odd name 2020-01-02T03:04:05.000000 "zeroth" false`,
		`cur/1700000001.P7Q1.host:2,RS 2023-11-14T22:13:21.000000 "first" false`,
		`cur/1700000002.M4P1.host:2,S 2023-11-14T22:13:22.000004 "second" false`,
		`new/1700000002.M5P1.host 2023-11-14T22:13:22.000005 "third" false`,
		`new/1700000003.M1.host 2023-11-14T22:13:23.000001 "Subject: large\n\n" true`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestReadMaildirMoves: another program reads the mailbox meanwhile; a message that it moves is found, one that it deletes
// is left out.
func TestReadMaildirMoves(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i <= 4; i++ {
		if err := os.WriteFile(filepath.Join(dir, "new", fmt.Sprintf("170000000%d.M1.host", i)), fmt.Append(nil, i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got []byte
	for a, err := range ReadMaildir(dir, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			if err := os.Rename(filepath.Join(dir, "new/1700000002.M1.host"), filepath.Join(dir, "cur/1700000002.M1.host:2,S")); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, "new/1700000003.M1.host")); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, a.Raw...)
	}
	if string(got) != "124" {
		t.Errorf("read %q, want 124", got)
	}
}

func TestReadMaildirMissing(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		n := 0
		for _, err := range ReadMaildir(dir, 0) {
			if n++; err == nil {
				t.Error("no error for a directory that is no maildir")
			}
		}
		if n != 1 {
			t.Errorf("%d results", n)
		}
	}
}

// TestSeparator: the lines at which git splits, measured with git-mailsplit 2.39, and those at which it does not.
func TestSeparator(t *testing.T) {
	for line, want := range map[string]bool{
		"From a@b Tue Mar  5 10:11:12 2024":                                      true,
		"From a@b Tue Mar  5 10:11 2024\r":                                       true,
		"From a@b Tue Mar  5 10:11:12 2024 +0100":                                true,
		"From a@b Tue Mar  5 10:11:12 +0100 2024":                                true,
		"From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001": true,
		"From   12:30:00 2024":                                                   true,
		"From x 12:30:00 1991":                                                   true,
		"From 12:30 on in 1066 neither.":                                         false,
		"From x at 9:30 in 2024.":                                                false,
		"From x at host:25 in year 2024":                                         false,
		"From x 12:30 and 2024 words more":                                       false,
		"From x 2024 12:30:00":                                                   false,
		"From x 1:3 2024":                                                        false,
		"From now on":                                                            false,
		"From: a@b Tue Mar  5 10:11:12 2024":                                     false,
	} {
		if got := separator.MatchString(line + "\n"); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
