// Package checks holds the rules and finds what a series introduces.
//
// Its law: only what the series introduced is reported. Findings of the tree after the series are compared with those of
// the base by content, through moved lines and renamed files; what was there before is at most counted.
//
// A rule is one literal in one file; the list of rules, their documentation and the validation of a configuration are
// derived from it. The package refuses to know mail, git objects and languages: a finding names its message and the
// arguments, and others put it into words.
package checks

// Severity is the weight of a finding. The zero value is invalid.
type Severity int

const (
	Off Severity = iota + 1
	Note
	Warning
	Error
)

var severities = [...]string{Off: "off", Note: "note", Warning: "warning", Error: "error"}

// String is the word for the severity in configurations and reports; empty for an invalid one.
func (s Severity) String() string {
	if s < Off || s > Error {
		return ""
	}
	return severities[s]
}

// ParseSeverity is the inverse of String; ok is false for any other word.
func ParseSeverity(word string) (s Severity, ok bool) {
	for s = Off; s <= Error; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return 0, false
}

// Message is a text to be put into words later: an id of the rule's Messages and what fills its placeholders.
type Message struct {
	ID   string         // "broken-link.no-page"
	Args map[string]any // values of the placeholders; nil when there are none
}

// Zero reports whether there is no message.
func (m Message) Zero() bool { return m.ID == "" }

// Finding is one thing a rule has to say about one place. Lines and columns count from 1, columns in Unicode code points,
// the end is exclusive; a finding about a whole file stands at its very beginning, 1:1 to 1:1, and has no Source. (While
// findings are compared, it has Line 0.)
type Finding struct {
	Part       int // 1-based part of the series to blame; 0 in a lint of a tree
	Path       string
	Line       int
	Column     int
	EndLine    int
	EndColumn  int
	Rule       string
	Severity   Severity
	Message    Message
	Suggestion Message // what to write instead; zero when there is none
	Source     string  // the line of the page, without its line end, for quoting

	// Detail tells the finding from others of its rule on the same line, and is the same before and after an edit that
	// leaves the problem alone: the destination of a link, an id, a tag. Empty where the rule needs none.
	Detail string
}
