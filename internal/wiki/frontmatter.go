package wiki

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// FrontRule is how a host finds a page's front matter.
type FrontRule uint8

const (
	// FrontSourceHut: the page begins with "---\n"; the next "---\n" ends it wherever that stands, even behind other text on
	// its line (man.sr.ht, html.py). A byte-order mark or CR LF makes it no front matter.
	FrontSourceHut FrontRule = iota
	// FrontFence: a first line "---" and a later line "---", blanks after them allowed (GitHub, GitLab).
	FrontFence
	// FrontPandoc: as FrontFence, and "..." may end it too (pandoc, yaml_metadata_block).
	FrontPandoc
)

// FrontMatter is the YAML header of a page.
type FrontMatter struct {
	Start, End int // the YAML text, in bytes of the page
	Title      string
	HasTitle   bool
	Toc        bool // true unless it says otherwise
	Keys       []string
	Err        *FrontError // why the host cannot use it, nil when it can
}

// FrontError says what is wrong with a front matter and where.
type FrontError struct {
	// Reason is "open" (nothing ends it), "empty", "colon" (an unquoted ": " in a value), "yaml", "mapping" (no list of keys);
	// or why the host does not see it at all: "bom" (a byte-order mark before it), "crlf" (its line ends), "mark" (blanks
	// behind the first "---").
	Reason string
	Offset int    // in bytes of the page
	Detail string // what the YAML reader says, in English; empty except for "yaml"
	Fix    string // the line to write instead; empty when that is not obvious
}

const maxFront = 64 << 10

// ReadFront reads the front matter of a page alone; nil when it has none.
func ReadFront(src []byte, h Host) *FrontMatter {
	f, _ := cutFront(src, h.Dialect().Front)
	return f
}

// cutFront finds and reads the front matter, and gives the offset where the Markdown begins.
func cutFront(src []byte, rule FrontRule) (*FrontMatter, int) {
	if rule == FrontSourceHut {
		return cutSourceHut(src)
	}
	return cutFence(src, rule)
}

func cutSourceHut(src []byte) (*FrontMatter, int) {
	if !bytes.HasPrefix(src, []byte("---\n")) {
		return cutUnseen(src, FrontSourceHut)
	}
	i := bytes.Index(src[1:], []byte("---\n"))
	if i < 0 {
		return &FrontMatter{Start: 4, End: 4, Toc: true, Err: &FrontError{Reason: "open"}}, 0
	}
	end := i + 1
	f := &FrontMatter{Start: 4, End: max(end, 4), Toc: true}
	f.read(src)
	return f, end + 4
}

func cutFence(src []byte, rule FrontRule) (*FrontMatter, int) {
	line, next := cutLine(src, 0)
	if string(bytes.TrimRight(line, " \t\r")) != "---" {
		return cutUnseen(src, rule)
	}
	start := next
	for off := next; off < len(src); off = next {
		line, next = cutLine(src, off)
		mark := string(bytes.TrimRight(line, " \t\r"))
		if mark == "---" || rule == FrontPandoc && mark == "..." {
			f := &FrontMatter{Start: start, End: off, Toc: true}
			f.read(src)
			return f, next
		}
		if off == start && mark == "" {
			return nil, 0 // a thematic break
		}
	}
	return nil, 0 // a thematic break that begins the page
}

// cutUnseen finds a header that is meant to be one and that the host does not see. It is cut off all the same: what the host
// makes of its lines instead, a rule and a heading, is one mistake with the header and not many.
func cutUnseen(src []byte, rule FrontRule) (*FrontMatter, int) {
	text, bom := bytes.CutPrefix(src, []byte("\uFEFF"))
	first, start := cutLine(text, 0)
	if string(bytes.TrimRight(first, " \t\r")) != "---" {
		return nil, 0
	}
	// A thematic break at the top of a page is no header: there is a key before the next mark.
	second, _ := cutLine(text, start)
	if key, _, ok := bytes.Cut(second, []byte{':'}); !ok || bytes.ContainsAny(key, " \t") {
		return nil, 0
	}
	reason := "mark"
	switch {
	case bom:
		reason = "bom"
	case rule != FrontSourceHut:
		return nil, 0
	case bytes.HasSuffix(first, []byte{'\r'}):
		reason = "crlf"
	}
	before := len(src) - len(text)
	f := &FrontMatter{Start: before + start, End: before + start, Toc: true, Err: &FrontError{Reason: reason}}
	for off := start; off < len(text); {
		line, next := cutLine(text, off)
		if string(bytes.TrimRight(line, " \t\r")) == "---" {
			f.End = before + off
			return f, before + next
		}
		off = next
	}
	return f, 0
}

func cutLine(src []byte, off int) (line []byte, next int) {
	if i := bytes.IndexByte(src[off:], '\n'); i >= 0 {
		return src[off : off+i], off + i + 1
	}
	return src[off:], len(src)
}

// read parses the YAML between Start and End.
func (f *FrontMatter) read(src []byte) {
	text := src[f.Start:f.End]
	if len(bytes.TrimSpace(text)) == 0 {
		f.Err = &FrontError{Reason: "empty", Offset: 0}
		return
	}
	if len(text) > maxFront {
		f.Err = &FrontError{Reason: "yaml", Offset: f.Start, Detail: "front matter larger than 64 kB"}
		return
	}
	if pairs, ok := plainPairs(text); ok && f.take(pairs) {
		return
	}
	doc, err := parseYAML(text)
	if err != nil {
		f.Err = explainYAML(src, f.Start, text, err)
		return
	}
	if doc.Kind != yaml.MappingNode {
		f.Err = &FrontError{Reason: "mapping", Offset: f.Start}
		return
	}
	f.mapping(doc)
}

// mapping reads what the host wants of a list of keys and values.
func (f *FrontMatter) mapping(doc *yaml.Node) {
	for i := 0; i+1 < len(doc.Content); i += 2 {
		key, value := doc.Content[i], doc.Content[i+1]
		f.Keys = append(f.Keys, key.Value)
		switch key.Value {
		case "title":
			f.Title = value.Value
			f.HasTitle = value.Kind != yaml.ScalarNode || value.Value != ""
		case "toc":
			var toc bool
			f.Toc = value.Decode(&toc) != nil || toc
		}
	}
}

// take reads what the host wants of a header of plain values; false when the YAML reader must see it after all.
func (f *FrontMatter) take(pairs []pair) bool {
	for _, p := range pairs {
		if p.key == "toc" && (p.quoted || p.value != "true" && p.value != "false") {
			return false
		}
	}
	for _, p := range pairs {
		f.Keys = append(f.Keys, p.key)
		switch p.key {
		case "title":
			f.Title, f.HasTitle = p.value, true
		case "toc":
			f.Toc = p.value == "true"
		}
	}
	return true
}

// parseYAML reads one document without resolving aliases, whose expansion has no bound.
func parseYAML(text []byte) (*yaml.Node, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("yaml: line 1: invalid UTF-8")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return &doc, nil
	}
	return doc.Content[0], nil
}

var (
	yamlLine = regexp.MustCompile(`line (\d+)`)
	yamlPair = regexp.MustCompile(`^(\s*[\p{L}\p{N}_-]+\s*:[ \t]+)(\S.*?)[ \t]*$`)
)

// explainYAML finds the line to blame and, when quoting values is all it takes, the line to write instead.
func explainYAML(src []byte, start int, text []byte, err error) *FrontError {
	e := &FrontError{Reason: "yaml", Offset: start, Detail: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(e.Detail); m != nil {
		n, _ := strconv.Atoi(m[1])
		e.Offset = start + lineOffset(text, n)
		e.Detail = strings.TrimPrefix(e.Detail, m[0]+": ")
	}
	lines := strings.SplitAfter(string(text), "\n")
	off, first := 0, -1
	for i, line := range lines {
		body := strings.TrimRight(line, "\r\n")
		if fixed, column, colon := quoteValue(body); fixed != "" {
			if first < 0 {
				first = i
				e.Offset = start + off + column
				e.Fix = fixed
				if colon {
					e.Reason = "colon"
				}
			}
			lines[i] = fixed + line[len(body):]
		}
		off += len(line)
	}
	if first >= 0 {
		if _, again := parseYAML([]byte(strings.Join(lines, ""))); again != nil {
			e.Fix = ""
		}
	}
	return e
}

// quoteValue quotes the value of a "key: value" line that does not parse by itself. column is the byte of the line that
// YAML stumbles over; colon tells that it is an unquoted ": ".
func quoteValue(line string) (fixed string, column int, colon bool) {
	m := yamlPair.FindStringSubmatch(line)
	if m == nil {
		return "", 0, false
	}
	if _, err := parseYAML([]byte(line + "\n")); err == nil {
		return "", 0, false
	}
	value := m[2]
	column = len(m[1])
	if i := strings.Index(value+" ", ": "); i >= 0 && !strings.ContainsAny(value[:1], `"'[{|>&*!%@`+"`") {
		column += i
		colon = true
	}
	quoted := strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), `"`, `\"`)
	return m[1] + `"` + quoted + `"`, column, colon
}

// lineOffset is the offset of a line in text; lines count from 1.
func lineOffset(text []byte, line int) int {
	off := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(text[off:], '\n')
		if i < 0 || off+i+1 >= len(text) {
			return off
		}
		off += i + 1
	}
	return off
}
