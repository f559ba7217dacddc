package review

import "patchbot/internal/checks"

// Mark puts a report into the few words that trackers show beside a series, one line without markup. A nil report is a
// review that has begun.
func (t *Translator) Mark(r *Report, lang Lang) (string, error) {
	v, err := t.voice(lang)
	if err != nil {
		return "", err
	}
	id, n := markID(r)
	say := func() (string, error) { return v.say("mark."+id, nil) }
	if n > 0 {
		say = func() (string, error) { return v.count("mark."+id, n) }
	}
	text, err := say()
	return unglue(text), err
}

// markID names the words for a report, with the number in them, 0 for none.
func markID(r *Report) (id string, n int) {
	if r == nil {
		return "pending", 0
	}
	errors := 0
	for _, f := range r.Findings {
		if f.Severity == checks.Error {
			errors++
		}
	}
	switch r.Verdict {
	case VerdictRemarks:
		return "remarks", max(len(r.Findings), 1) // the mail itself may be what is remarked on
	case VerdictChangesNeeded:
		return "errors", max(errors, 1)
	}
	return string(r.Verdict), 0
}
