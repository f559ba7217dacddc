package checks

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"patchbot/internal/wiki"
)

var update = flag.Bool("update", false, "write what is found into testdata/rules")

// marks stand for bytes that an editor would not show or would change.
var marksIn = strings.NewReplacer("␍", "\r", "␉", "\t", "⟦BOM⟧", "\uFEFF", "⟦FF⟧", "\xff", "⟦ZWSP⟧", "\u200B", "⟦RLO⟧", "\u202E",
	"⟦BEL⟧", "\a", "⟦END⟧\n", "")

// ruleCase is one case of a rule's file: the tree after ("head/"), perhaps the one before ("base/"), and what is said.
type ruleCase struct {
	name string
	base map[string][]byte
	head map[string][]byte
	host string
	web  []Answer // what other sites answer
	want string
}

// TestRules walks testdata/rules: one file a rule, each with a case in which the rule is silent and one in which it speaks.
func TestRules(t *testing.T) {
	for _, r := range All() {
		t.Run(r.ID, func(t *testing.T) {
			file := filepath.Join("testdata", "rules", r.ID+".txtar")
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			silent, noisy := false, false
			for _, c := range ruleCases(ar) {
				got := runCase(t, r, c)
				silent = silent || got == ""
				noisy = noisy || got != ""
				if *update {
					setWant(ar, c.name, got)
				} else if got != c.want {
					t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
				}
			}
			if !silent || !noisy {
				t.Errorf("%s: silent case %v, noisy case %v", file, silent, noisy)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	files, _ := filepath.Glob("testdata/rules/*.txtar")
	for _, f := range files {
		if ByID(strings.TrimSuffix(filepath.Base(f), ".txtar")) == nil {
			t.Errorf("%s: no such rule", f)
		}
	}
}

func ruleCases(ar *txtar.Archive) []*ruleCase {
	var order []*ruleCase
	byName := map[string]*ruleCase{}
	for _, f := range ar.Files {
		name, rest, _ := strings.Cut(f.Name, "/")
		c := byName[name]
		if c == nil {
			c = &ruleCase{name: name, head: map[string][]byte{}, host: "sourcehut"}
			byName[name] = c
			order = append(order, c)
		}
		data := []byte(marksIn.Replace(string(f.Data)))
		switch {
		case rest == "want":
			c.want = string(f.Data)
		case rest == "web":
			c.web = answers(string(data))
		case rest == "host":
			c.host = strings.TrimSpace(string(data))
		case strings.HasPrefix(rest, "base/"):
			if c.base == nil {
				c.base = map[string][]byte{}
			}
			c.base[rest[5:]] = data
		case strings.HasPrefix(rest, "head/"):
			c.head[rest[5:]] = data
		}
	}
	return order
}

// answers reads lines of URL, class, cause, status and target.
func answers(text string) []Answer {
	var out []Answer
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		for len(f) < 5 {
			f = append(f, "")
		}
		a := Answer{URL: f[0], Class: Class(f[1]), Cause: f[2], Target: f[4]}
		a.Status, _ = strconv.Atoi(f[3])
		out = append(out, a)
	}
	return out
}

func setWant(ar *txtar.Archive, name, got string) {
	for i := range ar.Files {
		if ar.Files[i].Name == name+"/want" {
			ar.Files[i].Data = []byte(got)
		}
	}
}

// runCase gives what one rule says, a line a finding: place, severity and words in English.
func runCase(t *testing.T, r *Rule, c *ruleCase) string {
	t.Helper()
	host, ok := wiki.HostByName(c.host)
	if !ok {
		t.Fatalf("no host %q", c.host)
	}
	set, err := defaults(t).Only(r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r == inboundLink { // it says what these find, on pages that the series leaves alone
		if set, err = defaults(t).Only(r.ID, "broken-link", "broken-anchor", "not-served"); err != nil {
			t.Fatal(err)
		}
	}
	own := wiki.Own{
		WikiURLs: []string{"https://man.sr.ht/~owner/wiki", "https://man.sr.ht/~former/wiki"},
		RepoURLs: []string{"https://git.sr.ht/~owner/wiki"}, Branches: []string{"main", "master"},
	}
	var findings []Finding
	if c.base == nil {
		findings, err = Lint(set, LintInput{Tree: newTree(c.head), Host: host, Own: own})
	} else {
		var res *Result
		res, err = Run(set, Change{
			Base: newTree(c.base), Host: host, Own: own, Heads: []Head{{Part: 1, Tree: newTree(c.head)}},
		})
		if res != nil {
			findings = append(res.Findings, said(set, res.Links, c.web)...)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d:%d-%d:%d: %s: %s", f.Path, f.Line, f.Column, f.EndLine, f.EndColumn, f.Severity, inWords(t, f.Message))
		if !f.Suggestion.Zero() {
			fmt.Fprintf(&b, " → %s", inWords(t, f.Suggestion))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// said is what the rules of the web say about the answers.
func said(set *Set, links []Link, web []Answer) []Finding {
	var out []Finding
	for _, l := range links {
		for _, a := range web {
			if f, ok := set.Say(l, a); ok && a.URL == l.URL {
				out = append(out, f)
			}
		}
	}
	return out
}

// inWords fills the English text of a message, and fails on a text that does not exist or an argument that is missing.
func inWords(t testing.TB, m Message) string {
	t.Helper()
	id, key, _ := strings.Cut(m.ID, ".")
	r := ByID(id)
	if r == nil || r.Messages[key] == "" {
		t.Fatalf("no message %q", m.ID)
	}
	return placeholder.ReplaceAllStringFunc(r.Messages[key], func(p string) string {
		v, ok := m.Args[p[3:len(p)-2]]
		if !ok {
			t.Errorf("%s: no argument for %s", m.ID, p)
		}
		return fmt.Sprint(v)
	})
}

// TestRuleTexts: every rule says all that a page of the documentation needs.
func TestRuleTexts(t *testing.T) {
	seen := map[string]string{}
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, r := range All() {
		for _, name := range append([]string{r.ID}, r.Aliases...) {
			if other := seen[strings.ToLower(name)]; other != "" {
				t.Errorf("%q names %s and %s", name, other, r.ID)
			}
			seen[strings.ToLower(name)] = r.ID
		}
		if !word.MatchString(r.ID) {
			t.Errorf("%s: not words joined by hyphens", r.ID)
		}
		if r.Severity.String() == "" || r.Scope == "" || r.Title == "" || r.Why == "" || r.Bad == "" || r.Good == "" || len(r.Messages) == 0 {
			t.Errorf("%s: severity, scope, title, why, bad, good or messages missing", r.ID)
		}
		if strings.HasSuffix(r.Title, ".") {
			t.Errorf("%s: title ends in a full stop", r.ID)
		}
		if (r.check == nil) != (r.Scope == ScopeSeries || r.Scope == ScopeWeb) {
			t.Errorf("%s: a rule of scope %s with check %v", r.ID, r.Scope, r.check != nil)
		}
		for key, text := range r.Messages {
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s.%s: %q", r.ID, key, text)
			}
		}
	}
}

// TestExamples: the bad example of a page's rule is found, the good one is not.
func TestExamples(t *testing.T) {
	for _, r := range All() {
		if r.Scope != ScopePage || r == pageTitle || r == brokenLink || r == notServed || r == largeFile {
			continue // these need other files
		}
		for _, ex := range []struct {
			text  string
			noisy bool
		}{{r.Bad, true}, {r.Good, false}} {
			files := map[string][]byte{"page.md": []byte(ex.text), "guides.md": []byte("# G\n"), "guide de publication.md": nil,
				"lemonldap::ng.md": []byte("x\n"), "x.md": nil, "logo.png": nil}
			c := &ruleCase{head: files, host: "sourcehut"}
			if r == noDuplicateHeading {
				c.host = "github"
			}
			var said []string
			for _, line := range strings.Split(runCase(t, r, c), "\n") {
				if strings.HasPrefix(line, "page.md") {
					said = append(said, line)
				}
			}
			if (len(said) > 0) != ex.noisy {
				t.Errorf("%s: %q gives %q", r.ID, ex.text, said)
			}
		}
	}
}

func TestNewSet(t *testing.T) {
	set, err := NewSet(map[string]Severity{"broken-link": Note, "md051": Off})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Level("broken-link"); got != Note {
		t.Errorf("broken-link: %v", got)
	}
	if got := set.Level("broken-anchor"); got != Off {
		t.Errorf("MD051 did not switch broken-anchor off: %v", got)
	}
	for id, nearest := range map[string]string{
		"broken-links": "broken-link", "frontmatter": "front-matter", "MD0052": "MD052", "heading_style": "heading-style", "no-such-thing-at-all": "",
	} {
		_, err := NewSet(map[string]Severity{id: Error})
		var unknown *UnknownRuleError
		if !errors.As(err, &unknown) || unknown.Nearest != nearest {
			t.Errorf("%s: %v", id, err)
		}
	}
	relaxed, err := set.Relax(map[string]Severity{"broken-link": Error, "front-matter": Note})
	if err != nil {
		t.Fatal(err)
	}
	if relaxed.Level("broken-link") != Note || relaxed.Level("front-matter") != Note {
		t.Errorf("relaxed to %v and %v", relaxed.Level("broken-link"), relaxed.Level("front-matter"))
	}
	if _, err := NewSet(map[string]Severity{"broken-link": 9}); err == nil {
		t.Error("an invalid severity was taken")
	}
}

func TestSeverityWords(t *testing.T) {
	var words []string
	for s := Off; s <= Error; s++ {
		back, ok := ParseSeverity(s.String())
		if !ok || back != s {
			t.Errorf("%v: %v", s, back)
		}
		words = append(words, s.String())
	}
	sort.Strings(words)
	if strings.Join(words, " ") != "error note off warning" {
		t.Error(words)
	}
	if _, ok := ParseSeverity("fatal"); ok {
		t.Error("fatal is a severity")
	}
}
