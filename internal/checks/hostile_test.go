package checks

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"patchbot/internal/wiki"
)

func repeat(unit string, n int) []byte { return []byte(strings.Repeat(unit, n/len(unit)+1)) }

// TestHostilePages: pages made to be expensive give a bounded number of findings, and what was not looked at is said.
func TestHostilePages(t *testing.T) {
	set := everything(t)
	host := wiki.Hosts()[0]
	const n = 100 << 10
	old := repeat("[a](gone.md) ", n)
	for _, unit := range []string{
		"[a](gone.md) ", "[a](gone.md)\n\n", "a\t", "\u200B", "# x\n\n[a](#y)\n\n", "[a](b c.md) ", "[a](", "(a)[b] ", "[[a][b]] ",
		"https://x.fr/1. ", "<col>", "<a name=x>", "![](x) ", "[a][b] ", "[a]: b\n", "| a |\n", "> a\n\n", "` a`", "** a ** ",
		"<!-- patchbot-disable -->\n\n", "[ici](x) ", "#a\n", "https://a.fr/b ",
	} {
		for _, name := range []string{"page.md", "page.ics", "page.csv"} {
			data := repeat(unit, n)
			if name == "page.ics" {
				data = append([]byte("BEGIN:VCALENDAR\n"), data...)
			}
			c := Change{Base: newTree(map[string][]byte{name: old}), Host: host,
				Heads: []Head{{Part: 1, Tree: newTree(map[string][]byte{name: data, "x": nil})}}}
			res, err := Run(set, c)
			if err != nil {
				t.Fatal(err)
			}
			per := map[string]int{}
			for _, f := range res.Findings {
				per[f.Rule]++
			}
			for rule, count := range per {
				if count > maxFindings+1 {
					t.Errorf("%q in %s: %d findings of %s", unit, name, count, rule)
				}
			}
			if len(res.Links) > maxLinks {
				t.Errorf("%q: %d links", unit, len(res.Links))
			}
		}
	}
}

// TestPageOfFiftyMegabytes: it is not read, and that is said.
func TestPageOfFiftyMegabytes(t *testing.T) {
	huge := bytes.Repeat([]byte("[a](gone.md) a million times and more\n"), 50_000_000/38)
	tree := newTree(map[string][]byte{"page.md": huge, "index.md": []byte("[p](page.md#x)\n")})
	c := Change{Base: newTree(map[string][]byte{"index.md": []byte("x\n")}), Host: wiki.Hosts()[0], Heads: []Head{{Part: 1, Tree: tree}}}
	res, err := Run(defaults(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(brief(res.Findings)); got != "[page.md large-file.page page]" {
		t.Errorf("findings: %s", got)
	}
}
