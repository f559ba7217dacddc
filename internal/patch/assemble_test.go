package patch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/email"
)

// TestAssemble reads the threads of testdata/assemble and compares what they make with the golden beside each. A thread is
// one mail a line, its fields separated by "|":
//
//	id | time since the start | subject | ids it answers, oldest first | file old..new | further header fields
//
// The author is a@example.org unless a From field says otherwise. Every thread is assembled in many orders.
func TestAssemble(t *testing.T) {
	threads, err := filepath.Glob("testdata/assemble/*.txt")
	if err != nil || len(threads) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	for _, path := range threads {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			mails := thread(t, string(text))
			got := describe(Assemble(mails))
			golden := strings.TrimSuffix(path, ".txt") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			random := rand.New(rand.NewPCG(1, 2))
			for range 20 {
				random.Shuffle(len(mails), func(i, j int) { mails[i], mails[j] = mails[j], mails[i] })
				if diff := cmp.Diff(got, describe(Assemble(append(mails, mails[0])[:len(mails)]))); diff != "" {
					t.Fatalf("in another order: -first +now:\n%s", diff)
				}
			}
		})
	}
}

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// thread makes classified mails from the lines of a test thread.
func thread(t *testing.T, text string) []*Mail {
	t.Helper()
	var mails []*Mail
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		fields = append(fields, "", "", "", "")
		after, err := time.ParseDuration(fields[1])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		mails = append(mails, classified(mailText(fields[0], start.Add(after), fields[2], fields[3], fields[4], fields[5])))
	}
	return mails
}

func classified(raw string) *Mail {
	m := email.Parse([]byte(raw), email.Limits{})
	return Classify([]byte(raw), m, time.Time{}, Options{AnyList: true})
}

// mailText writes a mail with a diff that turns the line "old" of a file into "new".
func mailText(id string, date time.Time, subject, answers, change, fields string) string {
	var out strings.Builder
	if !strings.Contains(fields, "From:") {
		out.WriteString("From: Anne A <a@example.org>\n")
	}
	fmt.Fprintf(&out, "To: list@example.org\nSubject: %s\nDate: %s\n", subject, date.Format(time.RFC1123Z))
	if !strings.HasPrefix(id, "file") {
		fmt.Fprintf(&out, "Message-ID: <%s@example.org>\n", id)
	}
	if ids := strings.Fields(answers); len(ids) > 0 {
		fmt.Fprintf(&out, "In-Reply-To: <%s@example.org>\nReferences: <%s@example.org>\n", ids[len(ids)-1], strings.Join(ids, "@example.org> <"))
	}
	for f := range strings.SplitSeq(fields, ";") {
		if f = strings.TrimSpace(f); f != "" && !isRelation(f) {
			out.WriteString(f + "\n")
		}
	}
	out.WriteString("\nWhy this is good.\n")
	for f := range strings.SplitSeq(fields, ";") {
		if f = strings.TrimSpace(f); isRelation(f) {
			out.WriteString("\n" + f + "\n")
		}
	}
	out.WriteString("---\n")
	for c := range strings.FieldsSeq(change) {
		file, content, _ := strings.Cut(c, ":")
		old, now, _ := strings.Cut(content, "..")
		fmt.Fprintf(&out, "diff --git a/%s b/%s\nindex %07x..%07x 100644\n--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-%s\n+%s\n",
			file, file, blob(old), blob(now), file, file, old, now)
	}
	out.WriteString("-- \n2.39.5\n")
	return out.String()
}

func isRelation(f string) bool {
	key, _, _ := strings.Cut(f, ":")
	return slices.Contains([]string{"Supersedes", "Depends-on", "change-id", "base-commit", "prerequisite-patch-id"}, key)
}

// blob makes a stand-in for a blob id.
func blob(content string) int {
	n := 0x1000000
	for _, c := range content {
		n = (n*31 + int(c)) & 0xfffffff
	}
	return n
}

// describe shows an assembly as the goldens have it. Series ids are numbered in order of appearance.
func describe(a *Assembly) string {
	var out strings.Builder
	names := map[string]string{}
	name := func(versionID string) string {
		id, version, _ := strings.Cut(versionID, "-")
		if names[id] == "" {
			names[id] = fmt.Sprintf("S%d", len(names)+1)
		}
		return names[id] + " " + version
	}
	short := func(m *Mail) string {
		if m.Message.Derived {
			return "(" + m.Subject.Title + ")"
		}
		return strings.TrimSuffix(m.Message.ID, "@example.org")
	}
	for _, s := range a.Series {
		fmt.Fprintf(&out, "%s label=%d total=%d %q by %s\n", name(s.VersionID()), s.Label, s.Total, s.Subject, s.Author)
		if s.Cover != nil {
			fmt.Fprintf(&out, "  cover %s\n", short(s.Cover))
		}
		for _, p := range s.Parts {
			fmt.Fprintf(&out, "  %d %s", p.Index, short(p.Mail))
			if slices.Contains(s.Carried, p.Index) {
				out.WriteString(" carried")
			}
			if p.Err != nil {
				fmt.Fprintf(&out, " %s", p.Err)
			}
			out.WriteString("\n")
		}
		for _, fact := range []struct{ name, value string }{
			{"missing", strings.Trim(fmt.Sprint(s.Missing), "[]")}, {"defect", string(s.Defect)},
			{"base", s.BaseCommit}, {"requires", strings.Join(s.Requires, " ")}, {"depends on", strings.Join(s.DependsOn, " ")},
			{"answers to", strings.TrimSuffix(s.Root, "@example.org")},
		} {
			if fact.value != "" && !strings.HasSuffix(fact.value, ".invalid") {
				fmt.Fprintf(&out, "  %s %s\n", fact.name, fact.value)
			}
		}
		if s.Supersedes != "" {
			fmt.Fprintf(&out, "  supersedes %s\n", name(s.Supersedes))
		}
		if s.SupersededBy != "" {
			fmt.Fprintf(&out, "  superseded by %s\n", name(s.SupersededBy))
		}
	}
	for _, m := range a.Ignored {
		fmt.Fprintf(&out, "ignored %s: %s\n", short(m), m.Reason)
	}
	return out.String()
}
