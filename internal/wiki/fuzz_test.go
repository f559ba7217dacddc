package wiki

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzPage: any bytes give a page that keeps its promises, on every host, and the same one each time.
func FuzzPage(f *testing.F) {
	for _, s := range []string{
		"# A\n\n[b](c.md \"t\") ![d](<e f>) <https://x.fr> https://[a](https://b).\n", "> - a\n>   ```\n>   b\n>   ```\n",
		"---\ntitle: a : b\n---\n\n| a | b |\n|---|---|\n| `c\\|d` | https://x.fr. |\n", "[a]: b\n[c]: <d>\n  'e'\n\n[a][] [c] [x][y]\n",
		"***a** b*\n~~c~~ `` ` `` <b id='x'>\n\n<div>\n<a href=y>\n</div>\n", "Setext\nof two\n===\n\n    code\n", "\uFEFF---\r\na: b\r\n---\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, h := range Hosts() {
			p := ReadPage(bytes.Clone(src), h)
			sound(t, h.Name(), p)
			facts := p.Facts()
			if got, err := decodeFacts(string(encodeFacts(facts))); err != nil || len(got.Dests) != len(facts.Dests) {
				t.Fatalf("facts do not survive: %v", err)
			}
			h.Anchors(facts)
			for _, d := range facts.Dests {
				r := h.Locate("dir/page.md", d, Own{WikiURLs: []string{"https://man.sr.ht/~a/b"}, RepoURLs: []string{"https://git.sr.ht/~a/b"}, Branches: []string{"main"}})
				if r.Kind == Internal && (strings.HasPrefix(r.Path, "/") || strings.HasPrefix(r.Path, "../") || r.Path == "..") {
					t.Fatalf("%q leads to %q", d, r.Path)
				}
			}
		}
	})
}

// FuzzFront: any bytes give a header or none, and a line that is suggested makes the header valid.
func FuzzFront(f *testing.F) {
	for _, s := range []string{"---\ntitle: a: b\n---\n", "---\n---\n", "---\na: [\n---\n", "---\n\"a\": 'b\n---\n", "---\ntitle: &a *a\n...\n---\n", "---\n- a\n---\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, rule := range []FrontRule{FrontSourceHut, FrontFence, FrontPandoc} {
			m, body := cutFront(src, rule)
			if body < 0 || body > len(src) || m == nil && body != 0 {
				t.Fatalf("body at %d of %d", body, len(src))
			}
			if m == nil {
				continue
			}
			if m.Start > m.End || m.End > len(src) || m.Err != nil && (m.Err.Offset < 0 || m.Err.Offset > len(src)) {
				t.Fatalf("%+v %+v", m, m.Err)
			}
			if m.Err != nil && m.Err.Fix != "" {
				if _, err := parseYAML([]byte(m.Err.Fix + "\n")); err != nil {
					t.Fatalf("the suggested line %q is no YAML: %v", m.Err.Fix, err)
				}
			}
		}
	})
}

// FuzzPlainPairs: what is read without the YAML reader is what that reads.
func FuzzPlainPairs(f *testing.F) {
	for _, s := range []string{
		"title: Publier\ntoc: false\n", "title: \"a : b\"\ntoc: true", "title: l'État, « ici » # non\n", "toc: yes\n", "toc: \"false\"\n", "title: a\ntitle: b\n",
		"title: null\n", "a: b:\n", "a: b :c\n", "true: x\n", "title: e\u0301\u00A0x\n", "a: \"\"\n", "a: b\n  c\n", "a: b\n\nc: d\n", "date: 2022-01-01\n", "a: b \n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		pairs, ok := plainPairs(text)
		fast := FrontMatter{Toc: true}
		if !ok || !fast.take(pairs) {
			return
		}
		doc, err := parseYAML(text)
		if err != nil || doc.Kind != yaml.MappingNode {
			t.Fatalf("%q is no mapping: %v", text, err)
		}
		slow := FrontMatter{Toc: true}
		slow.mapping(doc)
		if !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%q: %+v, by the YAML reader %+v", text, fast, slow)
		}
	})
}
