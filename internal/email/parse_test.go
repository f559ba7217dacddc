package email

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestParse reads every mail of testdata/parse and compares what was understood with the golden beside it.
func TestParse(t *testing.T) {
	mails, err := filepath.Glob("testdata/parse/*.eml")
	if err != nil || len(mails) == 0 {
		t.Fatalf("no test mails: %v", err)
	}
	for _, path := range mails {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			before := string(raw)
			got := dump(Parse(raw, Limits{}))
			if string(raw) != before {
				t.Error("Parse changed its input")
			}
			golden := strings.TrimSuffix(path, ".eml") + ".golden"
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
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// dump shows a message as a reader of the goldens wants it: only what is there.
func dump(m *Message) string {
	var out strings.Builder
	line := func(key string, value any) {
		if s := fmt.Sprintf("%q", value); s != `""` && s != "[]" {
			fmt.Fprintf(&out, "%s: %s\n", key, s)
		}
	}
	for _, e := range m.Enclosed {
		fmt.Fprintf(&out, "enclosed, %d bytes:\n  %s", len(e.Raw), strings.ReplaceAll(strings.TrimSuffix(dump(e.Message), "\n"), "\n", "\n  ")+"\n")
	}
	line("id", m.ID)
	if m.Derived {
		line("derived", "yes")
	}
	line("in-reply-to", m.InReplyTo)
	line("references", m.References)
	line("from", m.From)
	line("sender", m.Sender.String())
	line("reply-to", m.ReplyTo)
	line("to", m.To)
	line("cc", m.Cc)
	line("subject", m.Subject)
	if !m.Date.IsZero() {
		line("date", m.Date.Format(time.RFC3339))
	}
	line("list-ids", m.ListIDs)
	line("defect", string(m.Defect))
	line("detail", m.Detail)
	if m.Salvaged {
		line("salvaged", "yes")
	}
	for _, b := range m.Bodies {
		fmt.Fprintf(&out, "body: %s charset=%q encoding=%q file=%q attachment=%t flowed=%t delsp=%t\n",
			b.Type, b.Charset, b.Encoding, b.FileName, b.Attachment, b.Flowed, b.DelSp)
		for l := range strings.Lines(b.Text) {
			fmt.Fprintf(&out, "\t%q\n", l)
		}
	}
	if len(m.Bodies) > 0 && m.Text != m.Bodies[0].Text {
		fmt.Fprintf(&out, "text: %q\n", m.Text)
	}
	return out.String()
}
