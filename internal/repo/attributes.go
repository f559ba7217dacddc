package repo

import (
	"bytes"
	"strings"

	"patchbot/internal/patch"
)

// driver is how the contents of a file are merged. Of all attributes (gitattributes) only the built-in values of "merge"
// count: they decide whether git am -3 finds a conflict, and nothing is run for them. A value that names a driver of
// somebody's configuration means text here, as it does to a git without that configuration.
type driver int

const (
	driverText   driver = iota
	driverBinary        // never merged
	driverUnion         // lines of both sides are kept
)

// attributeRule is one line of a .gitattributes file that says something of merging.
type attributeRule struct {
	pattern string
	whole   bool // the pattern is matched against the path below the file's directory, not against the last component
	merge   driver
}

// mergeDriver finds the driver of a path in our tree: the last matching line counts, and a file deeper down before one
// further up.
func (m *treeMerge) mergeDriver(path string) (driver, error) {
	found := driverText
	macros := map[string]*driver{"binary": new(driver)}
	*macros["binary"] = driverBinary
	for dir := ""; ; {
		rules, err := m.attributeRules(dir, macros)
		if err != nil {
			return found, err
		}
		below := path[len(dir):]
		for _, r := range rules {
			text := below
			if !r.whole {
				text = path[strings.LastIndexByte(path, '/')+1:]
			}
			if wildMatch(r.pattern, text) {
				found = r.merge
			}
		}
		next := strings.IndexByte(below, '/')
		if next < 0 {
			return found, nil
		}
		dir += below[:next+1]
	}
}

// attributeRules reads the .gitattributes file of one directory, given with a trailing slash.
func (m *treeMerge) attributeRules(dir string, macros map[string]*driver) ([]attributeRule, error) {
	const longest = 1 << 20
	e, there, err := m.attributeFile(dir + ".gitattributes")
	if err != nil || !there || e.mode&modeType != modeFile&modeType {
		return nil, err
	}
	data, err := m.src.blob(e.id)
	if err != nil || len(data) > longest {
		return nil, err
	}
	var rules []attributeRule
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		pattern, words := attributeLine(string(line))
		if name, ok := strings.CutPrefix(pattern, "[attr]"); ok {
			if dir == "" {
				macros[name] = mergeWord(words, macros)
			}
			continue
		}
		set := mergeWord(words, macros)
		if pattern == "" || set == nil || pattern[0] == '!' || strings.HasSuffix(pattern, "/") {
			continue
		}
		whole := strings.Contains(pattern, "/")
		rules = append(rules, attributeRule{strings.TrimPrefix(pattern, "/"), whole, *set})
	}
	return rules, nil
}

// attributeFile is the .gitattributes file that counts: ours. The older git, though, has already written the patch's version
// of it when it merges contents, unless both sides changed it or the patch removes it.
func (m *treeMerge) attributeFile(path string) (treeEntry, bool, error) {
	o, inOurs, err := m.our(path)
	if err != nil || m.variant == MergeOrt {
		return o, inOurs, err
	}
	b, inBase := m.base[path]
	t, inTheirs := m.theirs[path]
	if inTheirs && inBase == inOurs && b.id == o.id {
		return t, true, nil
	}
	return o, inOurs, nil
}

// attributeLine splits a line into its pattern and its attributes; both are empty for a comment.
func attributeLine(line string) (pattern string, words []string) {
	line = strings.TrimLeft(line, " \t\r")
	if line == "" || line[0] == '#' {
		return "", nil
	}
	if text, rest, ok := patch.Unquote([]byte(line)); ok {
		return text, strings.Fields(string(rest))
	}
	words = strings.Fields(line)
	return words[0], words[1:]
}

// mergeWord is what the attributes of one line say of merging, nil when they do not. Macros hold what their names stand for.
func mergeWord(words []string, macros map[string]*driver) *driver {
	var found *driver
	set := func(d driver) { found = &d }
	for _, w := range words {
		switch name, value, _ := strings.Cut(w, "="); {
		case w == "merge", w == "!merge":
			set(driverText)
		case w == "-merge":
			set(driverBinary)
		case name == "merge":
			set(map[string]driver{"binary": driverBinary, "union": driverUnion}[value])
		case macros[w] != nil:
			set(*macros[w])
		}
	}
	return found
}

// wildMatch matches a path against a pattern of gitignore: "*" and "?" stop at a slash, "**" as a whole component does not.
// The work is bounded by the product of the two lengths.
func wildMatch(pattern, path string) bool {
	w := wildMatcher{pattern: pattern, path: path, failed: make(map[[2]int]bool)}
	return w.match(0, 0)
}

type wildMatcher struct {
	pattern, path string
	failed        map[[2]int]bool // pairs of positions known not to match
}

func (w *wildMatcher) match(p, s int) bool {
	key := [2]int{p, s}
	if w.failed[key] {
		return false
	}
	if w.step(p, s) {
		return true
	}
	w.failed[key] = true
	return false
}

func (w *wildMatcher) step(p, s int) bool {
	if p == len(w.pattern) {
		return s == len(w.path)
	}
	switch w.pattern[p] {
	case '*':
		return w.star(p, s)
	case '?':
		return s < len(w.path) && w.path[s] != '/' && w.match(p+1, s+1)
	case '[':
		if s == len(w.path) || w.path[s] == '/' {
			return false
		}
		in, end, ok := bracket(w.pattern[p:], w.path[s])
		return ok && in && w.match(p+end, s+1)
	case '\\':
		if p++; p == len(w.pattern) {
			return false
		}
	}
	return s < len(w.path) && w.path[s] == w.pattern[p] && w.match(p+1, s+1)
}

func (w *wildMatcher) star(p, s int) bool {
	end := p
	for end < len(w.pattern) && w.pattern[end] == '*' {
		end++
	}
	starts := p == 0 || w.pattern[p-1] == '/'
	if end-p == 2 && starts && (end == len(w.pattern) || w.pattern[end] == '/') {
		if end == len(w.pattern) {
			return true
		}
		if w.match(end+1, s) { // no component at all
			return true
		}
		for i := s; i < len(w.path); i++ {
			if w.path[i] == '/' && w.match(end, i) {
				return true
			}
		}
		return false
	}
	for i := s; ; i++ {
		if w.match(end, i) {
			return true
		}
		if i == len(w.path) || w.path[i] == '/' {
			return false
		}
	}
}

// bracket tells whether c is in the bracket expression that pattern starts with, and where that ends.
func bracket(pattern string, c byte) (in bool, end int, ok bool) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	for first := true; i < len(pattern) && (first || pattern[i] != ']'); first = false {
		if name, after, ok := strings.Cut(pattern[i:], ":]"); ok && strings.HasPrefix(name, "[:") {
			in = in || inClass(name[2:], c)
			i = len(pattern) - len(after)
			continue
		}
		low := pattern[i]
		if low == '\\' && i+1 < len(pattern) {
			i++
			low = pattern[i]
		}
		i++
		high := low
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			if i++; pattern[i] == '\\' && i+1 < len(pattern) {
				i++
			}
			high = pattern[i]
			i++
		}
		in = in || low <= c && c <= high
	}
	return in != negated, i + 1, i < len(pattern)
}

func inClass(name string, c byte) bool {
	lower, upper, digit := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
	switch name {
	case "lower":
		return lower
	case "upper":
		return upper
	case "alpha":
		return lower || upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "xdigit":
		return digit || c|0x20 >= 'a' && c|0x20 <= 'f'
	case "space":
		return strings.IndexByte(" \t\n\r", c) >= 0
	case "blank":
		return c == ' ' || c == '\t'
	case "cntrl":
		return c < ' ' || c == 0x7f
	case "print":
		return c >= ' ' && c < 0x7f
	case "graph":
		return c > ' ' && c < 0x7f
	case "punct":
		return c > ' ' && c < 0x7f && !lower && !upper && !digit
	}
	return false
}
