package review

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"patchbot/internal/patch"
)

func overlay(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestTryOut(t *testing.T) {
	if err := translator(t).tryOut(); err != nil {
		t.Error(err)
	}
}

func TestOverlay(t *testing.T) {
	words, err := NewTranslator(Options{Overlay: overlay(map[string]string{
		"fr.toml":      "[count.error]\none = \"{{.N}} faute\"\nmany = \"{{.N}} de fautes\"\nother = \"{{.N}} fautes\"\n",
		"reply.en.txt": "{{.Verdict}} for {{.ID}}",
		"README":       "not words",
	})})
	if err != nil {
		t.Fatal(err)
	}
	french, err := words.Render(changesNeeded(), RenderOptions{Lang: French})
	if err != nil || !strings.Contains(french.Body, "2 fautes") || !strings.Contains(french.Body, "1 remarque") {
		t.Errorf("French with one string replaced: %v\n%s", err, french.Body)
	}
	english, err := words.Render(changesNeeded(), RenderOptions{Lang: English})
	if err != nil || english.Body != "changes-needed for 812-v1\n" {
		t.Errorf("English with another skeleton: %v, %q", err, english.Body)
	}
}

// A third language needs no code: its words where there are some, English ones elsewhere.
func TestNewLanguage(t *testing.T) {
	words, err := NewTranslator(Options{Overlay: overlay(map[string]string{
		"br.toml":      "[count.error]\none = \"{{.N}} fazi\"\ntwo = \"{{.N}} fazi\"\nfew = \"{{.N}} fazi\"\nmany = \"{{.N}} a fazioù\"\nother = \"{{.N}} fazi\"\n",
		"reply.br.txt": "{{.Counts}}\n",
	})})
	if err != nil {
		t.Fatal(err)
	}
	if !words.Knows("br") || words.Knows("de") {
		t.Errorf("languages: %v", words.Langs())
	}
	text, err := words.Render(changesNeeded(), RenderOptions{Lang: "br"})
	if err != nil || text.Body != "2 fazi and 1 warning\n" {
		t.Errorf("Breton: %v, %q", err, text.Body)
	}
	if _, err := words.Render(changesNeeded(), RenderOptions{Lang: "de"}); err == nil || !strings.Contains(err.Error(), "br en fr") {
		t.Errorf("German: %v", err)
	}
}

// What an administrator breaks is refused at the start, with its file and line.
func TestBrokenOverlay(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"TOML", "fr.toml", "[count.error]\none = \"x\nother = \"y\"\n", "fr.toml:2:"},
		{"mixed keys", "fr.toml", "[count]\nerror = \"x\"\nother = \"y\"\n", "fr.toml: count"},
		{"no string", "fr.toml", "and = 3\n", "fr.toml: and"},
		{"template syntax", "reply.fr.txt", "one\n{{if}}\n", "reply.fr.txt:2"},
		{"unknown field", "reply.fr.txt", "one\ntwo {{.Veredict}}\n", "reply.fr.txt:2:"},
		{"unknown field in a rare case", "reply.en.txt", "{{if .Conflict}}\n{{.Conflict.File}}\n{{end}}", "reply.en.txt:2:"},
		{"unknown string", "reply.en.txt", "{{t \"no.such\"}}", `"no.such"`},
		{"unknown placeholder", "en.toml", "[count.error]\none = \"{{.Number}}\"\nother = \"{{.Number}}\"\n", `"count.error" in en`},
		{"no language", "reply.klingonese!.txt", "x", "reply.klingonese!.txt"},
	} {
		_, err := NewTranslator(Options{Overlay: overlay(map[string]string{c.file: c.text})})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestPlurals(t *testing.T) {
	words := translator(t)
	for _, c := range []struct {
		lang Lang
		n    int
		want string
	}{
		{French, 0, "0 erreur"}, {French, 1, "1 erreur"}, {French, 2, "2 erreurs"}, {French, 1000000, "1000000 d'erreurs"},
		{English, 0, "0 errors"}, {English, 1, "1 error"}, {English, 2, "2 errors"},
	} {
		v, err := words.voice(c.lang)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.count("count.error", c.n); err != nil || unglue(got) != c.want {
			t.Errorf("%s: %q, %v, want %q", c.lang, got, err, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	words := translator(t)
	for _, c := range []struct {
		lang Lang
		day  int
		want string
	}{{French, 1, "1er mars 2022"}, {French, 2, "2 mars 2022"}, {English, 1, "1 March 2022"}} {
		v, err := words.voice(c.lang)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.date(day(2022, 3, c.day)); err != nil || unglue(got) != c.want {
			t.Errorf("%s: %q, %v, want %q", c.lang, got, err, c.want)
		}
	}
}

// constants are the values of the string constants of a type in a source file.
func constants(t *testing.T, path, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != name {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, value)
		return true
	})
	if len(all) == 0 {
		t.Errorf("no constants of type %s in %s", name, path)
	}
	return all
}

// What other packages may say has words in every language.
func TestWordsForConstants(t *testing.T) {
	words := translator(t)
	for _, value := range constants(t, "../patch/patch.go", "Reason") {
		for _, lang := range words.Langs() {
			if text, err := words.Reason(patch.Reason(value), lang); err != nil || text == "" {
				t.Errorf("reason %s in %s: %q, %v", value, lang, text, err)
			}
		}
	}
	for _, value := range constants(t, "../repo/repo.go", "Status") {
		for _, lang := range words.Langs() {
			if text, err := words.voices[lang].say("part."+value, nil); err != nil || text == "" {
				t.Errorf("status %s in %s: %q, %v", value, lang, text, err)
			}
		}
	}
	for _, value := range constants(t, "../patch/patch.go", "Damage") {
		if !slices.Contains(damages(), patch.Damage(value)) {
			t.Errorf("damage %s is not tried at the start", value)
		}
	}
}

// Whatever a file of strings holds, it is read or refused; ids are then distinct and no string is without its form other.
func FuzzParseStrings(f *testing.F) {
	for _, s := range []string{"a = \"b\"", "[a]\none = \"x\"\nother = \"y\"", "[a.b]\nc = 'd'", "a = 1", "[a]\nother = \"x\"\nmore = \"y\"", "a = [1]", "[[a]]\nb = \"c\"", "\"\" = \"x\"", "[a]\n\"b.c\" = \"d\"\n[a.b]\nc = \"e\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		messages, err := parseStrings("fuzz.toml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.toml") {
				t.Errorf("error %v does not name the file", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, m := range messages {
			if seen[m.ID] {
				t.Errorf("two strings %q", m.ID)
			}
			seen[m.ID] = true
		}
	})
}

// A list may have words of its own, on top of those of all lists.
func TestListOverlay(t *testing.T) {
	words, err := NewTranslator(Options{
		Overlay: overlay(map[string]string{"en.toml": "[count.error]\none = \"{{.N}} slip\"\nother = \"{{.N}} slips\"\n", "reply.en.txt": "all\n"}),
		Above:   overlay(map[string]string{"reply.en.txt": "one list: {{.Counts}}\n"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := words.Render(changesNeeded(), RenderOptions{Lang: English})
	if err != nil || text.Body != "one list: 2 slips and 1 warning\n" {
		t.Errorf("%v, %q", err, text.Body)
	}
	if _, err := NewTranslator(Options{Above: overlay(map[string]string{"reply.en.txt": "{{.No}}"})}); err == nil {
		t.Error("a broken file of a list is no error")
	}
}
