package checks

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"patchbot/internal/wiki"
)

// TestHosts holds testdata/hosts.txt: one way of writing a line, as it may stand on sub/page.md, and what each host makes of
// it, as the rules that speak.
func TestHosts(t *testing.T) {
	const file = "testdata/hosts.txt"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, table, ok := strings.Cut(string(want), "\n\n")
	if !ok {
		t.Fatalf("%s: no table", file)
	}
	set := defaults(t)
	got := bytes.NewBufferString(head + "\n\n")
	for row := range strings.Lines(table) {
		written, _, _ := strings.Cut(strings.TrimSuffix(row, "\n"), "\t")
		fmt.Fprint(got, written)
		for _, h := range wiki.Hosts() {
			files := map[string][]byte{"sub/page.md": []byte("---\ntitle: T\n---\n\n# Frag\n\n" + strings.ReplaceAll(written, `\n`, "\n") + "\n")}
			for _, p := range []string{"sub/x.md", "up.md", "abs.md", "sub/dir/index.md", "sub/a b.md", "sub/é.md", "sub/lemonldap::ng.md", "sub/X.MD"} {
				files[p] = []byte("---\ntitle: T\n---\n\n# Frag\n\n# Code `x` d'été\n")
			}
			for _, p := range []string{"file.pdf", "file.ics", "file.csv", "file.txt", "MAINTAINERS", "logo.png", "logo.svg", "empty/x.png"} {
				files["sub/"+p] = []byte("x,y\n")
			}
			fs, err := Lint(set, LintInput{Tree: newTree(files), Paths: []string{"sub/page.md"}, Host: h, Own: sampleOwn})
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, f := range fs {
				rules = append(rules, f.Rule)
			}
			fmt.Fprintf(got, "\t%s", strings.Join(append(rules[:len(rules):len(rules)], "ok")[:max(1, len(rules))], " "))
		}
		fmt.Fprintln(got)
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
