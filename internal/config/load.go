package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Problem is one thing wrong with a configuration file.
type Problem struct {
	File string
	Line int // 1-based, 0 when the problem is that something is missing
	Text string
	Hint string // what to write instead, empty when there is no good guess
}

func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where += ":" + strconv.Itoa(p.Line)
	}
	return where + ": " + p.Text
}

// Problems is the error of Load: everything that is wrong, in the order of the file.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
		if p.Hint != "" {
			lines[i] += " (" + p.Hint + ")"
		}
	}
	return strings.Join(lines, "\n")
}

// Load reads and validates the file. The error is Problems when the file could be read.
func Load(file string) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(file, data)
}

// Parse validates the text of a configuration; file names it in messages.
func Parse(file string, data []byte) (*Config, error) {
	c := Default()
	c.file = file
	c.lines = keyLines(data)
	if problems := decode(c, file, data); len(problems) > 0 {
		return nil, problems
	}
	c.fill()
	if problems := c.validate(); len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

func decode(c *Config, file string, data []byte) Problems {
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(c)
	if err == nil {
		return nil
	}
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		var ps Problems
		legal := Keys()
		for _, e := range unknown.Errors {
			key := strings.Join(e.Key(), ".")
			line, _ := e.Position()
			ps = append(ps, Problem{File: file, Line: line, Text: fmt.Sprintf("unknown key %q", key), Hint: didYouMean(key, legal)})
		}
		return ps
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, _ := wrong.Position()
		text := strings.TrimPrefix(wrong.Error(), "toml: ")
		if key := strings.Join(wrong.Key(), "."); key != "" {
			text = fmt.Sprintf("%s: %s", key, plain(text))
		}
		return Problems{{File: file, Line: line, Text: text}}
	}
	return Problems{{File: file, Text: plain(err.Error())}}
}

// plain takes the names of Go types out of an error text of the TOML library.
func plain(text string) string {
	if i := strings.Index(text, " into struct field"); i >= 0 {
		kind := "another type"
		if j := strings.LastIndex(text, " of type "); j >= 0 {
			kind = text[j+len(" of type "):]
		}
		return strings.Replace(text[:i], "cannot decode TOML", "a", 1) + " stands where " + kind + " is wanted"
	}
	return text
}

// fill completes the tables of lists and wikis, whose defaults depend on other keys.
func (c *Config) fill() {
	for i := range c.Lists {
		l, d := &c.Lists[i], DefaultList()
		l.Kind = cmp.Or(l.Kind, d.Kind)
		l.Language = cmp.Or(l.Language, d.Language)
		if l.Tracker.Kind == "sourcehut" {
			l.Tracker.URL = cmp.Or(l.Tracker.URL, "https://lists.sr.ht/query")
			l.Tracker.List = cmp.Or(l.Tracker.List, l.path())
		}
		l.To = cmp.Or(l.To, d.To)
		l.TimeZone = cmp.Or(l.TimeZone, d.TimeZone)
		if l.Verdicts == nil {
			l.Verdicts = d.Verdicts
		}
		if l.Hold {
			l.Moderator = cmp.Or(l.Moderator, c.Bot.Operator)
		}
	}
	for i := range c.Wikis {
		w, d := &c.Wikis[i], DefaultWiki()
		w.Branch = cmp.Or(w.Branch, d.Branch)
		w.Host = cmp.Or(w.Host, d.Host)
		if len(w.Prefixes) == 0 && w.Name != "" {
			w.Prefixes = []string{w.Name}
		}
		if len(w.Lists) == 0 {
			for _, l := range c.Lists {
				w.Lists = append(w.Lists, l.Name)
			}
		}
	}
}

// path is what SourceHut calls a list with the address "~owner/name@lists.sr.ht"; empty for other addresses.
func (l List) path() string {
	for _, a := range l.Addresses {
		if local, _, _ := strings.Cut(a, "@"); strings.HasPrefix(local, "~") && strings.Contains(local, "/") {
			return local
		}
	}
	return ""
}

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// didYouMean names the nearest legal word within a third of its length, or nothing.
func didYouMean(word string, legal []string) string {
	best, distance := "", 1+max(2, len(word)/3)
	sorted := append([]string(nil), legal...)
	sort.Strings(sorted)
	for _, l := range sorted {
		if d := editDistance(word, l); d < distance {
			best, distance = l, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
