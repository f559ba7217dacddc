package review

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

func TestTypeset(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"À corriger : la série", "À corriger\u00A0: la série"},
		{"« main »", "«\u00A0main\u00A0»"},
		{"« {{.Text}} »", "«\u00A0{{.Text}}\u00A0»"},
		{"vraiment ?", "vraiment\u202F?"},
		{"« vraiment ? »", "«\u00A0vraiment\u202F?\u00A0»"},
		{"oui ; non !", "oui\u202F; non\u202F!"},
		{"déjà\u202F? oui", "déjà\u202F? oui"},
		{"{{.A}} : {{.B}}", "{{.A}}\u00A0: {{.B}}"},
		{"{{if eq .A \" : \"}}x{{end}}", "{{if eq .A \" : \"}}x{{end}}"},
		{"une image ![texte](cible)", "une image ![texte](cible)"},
		{"https://a.example.org/?v=2", "https://a.example.org/?v=2"},
		{"a :: b", "a :: b"},
		{"x :\ny", "x\u00A0:\ny"},
	} {
		if got := typeset(French, c.in); got != c.want {
			t.Errorf("typeset(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := typeset(English, "a “b” : c"); got != `a "b" : c` {
		t.Errorf("English: %q", got)
	}
}

// strings of one language by id, as the files and the rules have them.
func stringsOf(t *testing.T, lang Lang) map[string]*i18n.Message {
	t.Helper()
	all := map[string]*i18n.Message{}
	files, err := fs.Glob(builtin, "lang/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !strings.HasSuffix(name, "/"+string(lang)+".toml") && !strings.HasSuffix(name, "."+string(lang)+".toml") {
			continue
		}
		data, err := fs.ReadFile(builtin, name)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := parseStrings(name, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			if all[m.ID] != nil {
				t.Errorf("%s: %s is there twice", name, m.ID)
			}
			all[m.ID] = m
		}
	}
	if lang == English {
		for _, m := range ruleMessages() {
			all[m.ID] = m
		}
	}
	return all
}

func forms(m *i18n.Message) map[string]string {
	all := map[string]string{"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other}
	for form, text := range all {
		if text == "" {
			delete(all, form)
		}
	}
	return all
}

// placeholders are the fields that a text uses, sorted.
func placeholders(t *testing.T, text string) []string {
	t.Helper()
	trees, err := parse.Parse("text", text, "", "")
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return nil
	}
	var names []string
	if tree := trees["text"]; tree != nil {
		for _, node := range tree.Root.Nodes {
			if a, ok := node.(*parse.ActionNode); ok {
				names = append(names, a.Pipe.String())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Every string exists in every language, with the same placeholders in each form; the singular may do without its number.
func TestStringsAreComplete(t *testing.T) {
	english, french := stringsOf(t, English), stringsOf(t, French)
	for id, m := range english {
		other := french[id]
		if other == nil {
			t.Errorf("%s has no French", id)
			continue
		}
		want := placeholders(t, m.Other)
		for lang, message := range map[Lang]*i18n.Message{English: m, French: other} {
			if message.Other == "" {
				t.Errorf("%s: no form other in %s", id, lang)
			}
			for form, text := range forms(message) {
				if got := placeholders(t, text); !slices.Equal(got, want) && (form != "one" || len(got) > 0) {
					t.Errorf("%s, %s, %s: placeholders %v, want %v", id, lang, form, got, want)
				}
			}
		}
		if m.One != "" && (other.One == "" || other.Many == "") && id != "day" {
			t.Errorf("%s: French needs the forms one, many and other", id)
		}
	}
	for id := range french {
		if english[id] == nil {
			t.Errorf("%s has no English", id)
		}
	}
}

// frenchFaults are what French typography does not allow in a text that has been typeset.
var frenchFaults = map[string]*regexp.Regexp{
	"plain blank before a mark":     regexp.MustCompile(`[^ ] [:;!?]([ \n"'».,)]|$)`),
	"no blank before a colon":       regexp.MustCompile(`[\p{L}»)] ?[^\p{Zs}:]?:( |$)`),
	"no narrow blank before a mark": regexp.MustCompile(`[\p{L}»)][;!?]([ \n]|$)`),
	"straight or English quotation": regexp.MustCompile(`[“”]`),
	"typographic apostrophe":        regexp.MustCompile(`’`),
	"three dots":                    regexp.MustCompile(`\.\.\.`),
}

var (
	guillemets = regexp.MustCompile(`«[^\x{A0}]|[^\x{A0}]»`)
	quoted     = regexp.MustCompile(`«[^»]*»`) // code stands there as it is written
)

func TestFrenchTypography(t *testing.T) {
	for id, m := range stringsOf(t, French) {
		for form, text := range forms(m) {
			checkFrench(t, id+", "+form, regexp.MustCompile(`{{[^}]*}}`).ReplaceAllString(typeset(French, text), "x"))
		}
	}
	skeleton, err := fs.ReadFile(builtin, "templates/reply.fr.txt")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`{{[^}]*}}`).ReplaceAllString(typeset(French, string(skeleton)), "x")
	for i, line := range strings.Split(words, "\n") {
		checkFrench(t, fmt.Sprintf("reply.fr.txt, line %d", i+1), line)
	}
}

func checkFrench(t *testing.T, where, text string) {
	t.Helper()
	if at := guillemets.FindString(text); at != "" {
		t.Errorf("%s: guillemet without no-break space at %q in %q", where, at, text)
	}
	text = quoted.ReplaceAllString(text, "«\u00A0x\u00A0»")
	for fault, pattern := range frenchFaults {
		if at := pattern.FindString(text); at != "" {
			t.Errorf("%s: %s at %q in %q", where, fault, at, text)
		}
	}
}
