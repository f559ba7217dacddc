package web

import "patchbot/internal/store"

// badge is a state at a glance: a word for everybody, a sign for those who see no colours, and a class for the colour.
type badge struct{ Sign, Word, Class string }

// badge is what there is to know first about a series version: its verdict once it is reviewed, its state before.
func (f *frame) badge(row *store.Series) badge {
	if row.State == store.StateDone && row.Verdict != "" {
		return f.verdict(row.Verdict)
	}
	b := badge{Sign: "·", Word: f.wordOr("state.", row.State), Class: "off"}
	switch row.State {
	case store.StateIncomplete:
		b.Sign, b.Class = "…", "wait"
	case store.StateReady:
		b.Sign, b.Class = "→", "wait"
	case store.StateDone, store.StateApplied:
		b.Sign, b.Class = "✓", "good"
	case store.StateFailed:
		b.Sign = "?"
	case store.StateSuperseded:
		b.Sign = "↷"
	}
	return b
}

func (f *frame) verdict(verdict string) badge {
	b := badge{Sign: "?", Word: f.wordOr("verdict.", verdict), Class: "off"}
	switch verdict {
	case "clean":
		b.Sign, b.Class = "✓", "good"
	case "remarks":
		b.Sign, b.Class = "!", "note"
	case "changes-needed":
		b.Sign, b.Class = "✗", "bad"
	case "does-not-apply":
		b.Sign, b.Class = "≠", "bad"
	case "incomplete":
		b.Sign, b.Class = "…", "wait"
	}
	return b
}

// severity is the badge of a finding.
func (f *frame) severity(severity string) badge {
	b := badge{Sign: "·", Word: f.wordOr("severity.", severity), Class: "off"}
	switch severity {
	case "error":
		b.Sign, b.Class = "✗", "bad"
	case "warning":
		b.Sign, b.Class = "!", "note"
	}
	return b
}
