package checks

import (
	"fmt"
	"sort"
	"strings"
)

// Scope is what a rule looks at.
type Scope string

const (
	// ScopePage: one Markdown page, and where its links lead.
	ScopePage Scope = "page"
	// ScopeFile: one file of any kind, as bytes.
	ScopeFile Scope = "file"
	// ScopeTree: the place of a file among the others.
	ScopeTree Scope = "tree"
	// ScopeSeries: what the series did, which no single tree shows.
	ScopeSeries Scope = "series"
	// ScopeWeb: what other sites answer, which Set.Say puts into findings.
	ScopeWeb Scope = "web"
)

// Rule is one thing that is checked. The texts are English, the source language; findings name them by id.
type Rule struct {
	ID       string   // words joined by "-"
	Aliases  []string // markdownlint's number of the same or the replaced rule
	Severity Severity // unless configured
	Scope    Scope

	Title string // what the rule wants, in one sentence without a full stop
	Why   string // what happens to readers otherwise
	Bad   string // an example that breaks the rule, as it stands on a page
	Good  string // the same, repaired
	// Messages are the texts of findings by key, "{{.Name}}" standing for an argument. A finding names one as ID + "." + key.
	Messages map[string]string

	check func(*pass) // nil for ScopeSeries, which Run does itself, and for ScopeWeb
	links bool        // looks at where links lead, so that an untouched page can break it
}

// ByID finds a rule by its id or an alias, in any case; nil when there is none.
func ByID(id string) *Rule {
	for _, r := range All() {
		if strings.EqualFold(r.ID, id) {
			return r
		}
		for _, a := range r.Aliases {
			if strings.EqualFold(a, id) {
				return r
			}
		}
	}
	return nil
}

// Set is the rules with the severities that apply. It never changes.
type Set struct {
	rules  []*Rule
	levels map[string]Severity
}

// UnknownRuleError is a rule id that nothing has.
type UnknownRuleError struct {
	ID      string
	Nearest string // the id that was probably meant, empty when none is near
}

func (e *UnknownRuleError) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("no rule %q", e.ID)
	}
	return fmt.Sprintf("no rule %q, did you mean %q?", e.ID, e.Nearest)
}

// NewSet takes the configured severities by rule id or alias; rules not named keep their own. The error of an unknown id
// is an *UnknownRuleError, the first in order of the ids.
func NewSet(levels map[string]Severity) (*Set, error) {
	s := &Set{rules: All(), levels: make(map[string]Severity)}
	for _, r := range s.rules {
		s.levels[r.ID] = r.Severity
	}
	ids := make([]string, 0, len(levels))
	for id := range levels {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		r := ByID(id)
		if r == nil {
			return nil, &UnknownRuleError{ID: id, Nearest: nearestRule(id)}
		}
		if l := levels[id]; l.String() == "" {
			return nil, fmt.Errorf("rule %q: invalid severity", id)
		}
		s.levels[r.ID] = levels[id]
	}
	return s, nil
}

// Relax is the set with the severities of levels where they are lower: what a wiki may say about itself. A rule that it
// would raise keeps its severity.
func (s *Set) Relax(levels map[string]Severity) (*Set, error) {
	wanted, err := NewSet(levels)
	if err != nil {
		return nil, err
	}
	out := &Set{rules: s.rules, levels: make(map[string]Severity, len(s.levels))}
	for id, l := range s.levels {
		out.levels[id] = l
	}
	for id := range levels {
		r := ByID(id)
		out.levels[r.ID] = min(out.levels[r.ID], wanted.levels[r.ID])
	}
	return out, nil
}

// Only is the set with every rule off but the named ones, which keep their severity, or get theirs back if it was off. The
// error is that of NewSet.
func (s *Set) Only(ids ...string) (*Set, error) {
	out := &Set{rules: s.rules, levels: make(map[string]Severity, len(s.levels))}
	for id := range s.levels {
		out.levels[id] = Off
	}
	for _, id := range ids {
		r := ByID(id)
		if r == nil {
			return nil, &UnknownRuleError{ID: id, Nearest: nearestRule(id)}
		}
		out.levels[r.ID] = s.levels[r.ID]
		if out.levels[r.ID] == Off {
			out.levels[r.ID] = max(r.Severity, Note)
		}
	}
	return out, nil
}

// Level is the severity that applies to a rule; Off for an unknown id.
func (s *Set) Level(id string) Severity {
	if l, ok := s.levels[id]; ok {
		return l
	}
	return Off
}

func (s *Set) on(id string) bool { return s.Level(id) > Off }

func nearestRule(id string) string {
	var names []string
	written := map[string]string{}
	for _, r := range All() {
		for _, name := range append([]string{r.ID}, r.Aliases...) {
			names = append(names, strings.ToLower(name))
			written[strings.ToLower(name)] = name
		}
	}
	best, _ := nearest(strings.ToLower(id), names, 0.4)
	return written[best]
}
