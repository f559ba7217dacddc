package checks

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"patchbot/internal/wiki"
)

// FuzzRun: any two versions of a page, beside one that leads to it, are judged without a panic, as a full check of both trees
// judges them; each finding stands inside its page.
func FuzzRun(f *testing.F) {
	for _, s := range [][2]string{
		{"# A\n", "# B\n\n[x](gone.md)\n"}, {"---\ntitle: a: b\n---\n", "---\r\ntitle: a\r\n---\r\n"},
		{"<a id=\"a\"></a>\n# A\n\n[[x.md][y]]\n", "<span id='a'>\n[y](x y.md) (a)[b](c)\n"}, {"https://x.fr.\n\xff", "\u202e[a](#a)\n\n[b]: <c d>\n"},
		{"<!-- patchbot-disable -->\n[x](y)\n", "<!-- patchbot-disable-next-line -->\n[x](y)\n> a\n\n> b\n"}, {"| a |\n|---|\n| b | c |\n", "Text\n---\n#x\n"},
	} {
		f.Add([]byte(s[0]), []byte(s[1]))
	}
	f.Fuzz(func(t *testing.T, old, now []byte) {
		set := everything(t)
		files := func(page []byte) map[string][]byte {
			return map[string][]byte{"page.md": page, "index.md": []byte("[a](page.md#a) [b](page.md)\n"), "b.md": []byte("# B\n"), "t.csv": page, "c.ics": page}
		}
		base, head := newTree(files(old)), newTree(files(now))
		for _, host := range wiki.Hosts() {
			c := Change{Base: base, Host: host, Own: sampleOwn, Heads: []Head{{Part: 1, Tree: head}}}
			res, err := Run(set, c)
			if err != nil {
				t.Fatal(err)
			}
			if want := naive(t, set, c); len(res.Findings)+len(want.Findings) > 0 && !reflect.DeepEqual(res.Findings, want.Findings) {
				t.Fatalf("%s: %v, by a full check %v", host.Name(), brief(res.Findings), brief(want.Findings))
			}
			for _, x := range res.Findings {
				if err := inside(x, head.files[x.Path]); err != nil {
					t.Fatalf("%s: %+v: %v", host.Name(), x, err)
				}
			}
		}
	})
}

// inside checks a finding's place against the text that it is about.
func inside(f Finding, text []byte) error {
	lines := bytes.Count(text, []byte("\n")) + 1
	switch {
	case f.Line < 1 || f.Column < 1 || f.EndLine < f.Line || f.EndLine == f.Line && f.EndColumn < f.Column:
		return fmt.Errorf("ends before it begins, or does not count from 1")
	case f.Line > lines:
		return fmt.Errorf("the file has %d lines", lines)
	}
	return nil
}
