package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"patchbot/internal/checks"
)

// stored is a Finding as the store keeps it: its keys stay when the fields of checks.Finding are renamed.
type stored struct {
	Part       int            `json:"part"`
	Path       string         `json:"path"`
	Line       int            `json:"line"`
	Column     int            `json:"column"`
	EndLine    int            `json:"end_line"`
	EndColumn  int            `json:"end_column"`
	Rule       string         `json:"rule"`
	Severity   string         `json:"severity"`
	Message    storedMessage  `json:"message"`
	Suggestion *storedMessage `json:"suggestion,omitempty"`
	Source     string         `json:"source,omitempty"`
	Detail     string         `json:"detail,omitempty"`
	Added      bool           `json:"added,omitempty"`
}

type storedMessage struct {
	ID   string         `json:"id"`
	Args map[string]any `json:"args,omitempty"`
}

// MarshalJSON writes the finding for the store: language-free, unlike the JSON of the command line.
func (f Finding) MarshalJSON() ([]byte, error) {
	s := stored{
		Part: f.Part, Path: f.Path, Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn,
		Rule: f.Rule, Severity: f.Severity.String(), Message: storedMessage(f.Message), Source: f.Source, Detail: f.Detail, Added: f.Added,
	}
	if !f.Suggestion.Zero() {
		m := storedMessage(f.Suggestion)
		s.Suggestion = &m
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON wrote. Whole numbers among the arguments come back as int, so that they choose
// plural forms as before.
func (f *Finding) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var s stored
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("read finding: %w", err)
	}
	severity, ok := checks.ParseSeverity(s.Severity)
	if !ok {
		return fmt.Errorf("read finding: unknown severity %q", s.Severity)
	}
	*f = Finding{
		Finding: checks.Finding{
			Part: s.Part, Path: s.Path, Line: s.Line, Column: s.Column, EndLine: s.EndLine, EndColumn: s.EndColumn,
			Rule: s.Rule, Severity: severity, Message: s.Message.message(), Source: s.Source, Detail: s.Detail,
		},
		Added: s.Added,
	}
	if s.Suggestion != nil {
		f.Suggestion = s.Suggestion.message()
	}
	return nil
}

func (m storedMessage) message() checks.Message {
	for k, v := range m.Args {
		m.Args[k] = plainNumber(v)
	}
	return checks.Message(m)
}

func plainNumber(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := n.Int64(); err == nil && i >= math.MinInt32 && i <= math.MaxInt32 {
		return int(i)
	}
	x, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return x
}
