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
)

func testOptions() Options {
	return Options{
		Prefixes: []string{"wiki", "wiki-alias", "logiciels-libres"}, Own: []string{"bot@example.org"},
		ListIDs:       []string{"list.example.org", "~etalab/logiciels-libres <~etalab/logiciels-libres.lists.sr.ht>"},
		ListAddresses: []string{"list@example.org", "~etalab/logiciels-libres@lists.example.org"},
	}
}

// TestClassify classifies every mail of testdata/classify and compares with the golden beside it.
func TestClassify(t *testing.T) {
	mails, err := filepath.Glob("testdata/classify/*.eml")
	if err != nil || len(mails) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	for _, path := range mails {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := show(Classify(raw, email.Parse(raw, email.Limits{}), time.Time{}, testOptions()))
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

func show(m *Mail) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s\n", m.Kind, m.Reason)
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&out, "%s: %s\n", key, value)
		}
	}
	line("damage", string(m.Damage))
	line("detail", m.Detail)
	s := m.Subject
	line("subject", fmt.Sprintf("prefix=%q v%d %d/%d reply=%t %q", s.Prefix, s.Version, s.Index, s.Total, s.Reply, s.Title))
	line("author", m.Author.String())
	if m.Private {
		line("private", "yes")
	}
	for _, f := range m.Files {
		line("file", fmt.Sprintf("%s %q from %q modes %o %o blobs %s %s binary=%t hunks=%d", f.Status, f.Path, f.OldPath, f.OldMode, f.NewMode, f.OldBlob, f.NewBlob, f.Binary, len(f.Hunks)))
	}
	for _, t := range m.Trailers {
		line("trailer", t.Key+": "+t.Value)
	}
	line("base-commit", m.BaseCommit)
	line("requires", strings.Join(m.Requires, " "))
	line("depends-on", strings.Join(m.DependsOn, " "))
	line("supersedes", strings.Join(m.Supersedes, " "))
	line("change-id", m.ChangeID)
	line("patch-id", m.PatchID)
	if m.bad != nil {
		line("git", m.bad.Error())
	}
	return out.String()
}
