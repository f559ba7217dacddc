package review

import (
	"cmp"

	"patchbot/internal/patch"
)

// because says why the series was not reviewed: a name for the skeleton, the mail in question, and the line that is broken.
func (w *view) because(b *builder) {
	r := b.r
	if r.Verdict != VerdictNotReviewed {
		return
	}
	switch {
	case r.Trouble != nil:
		w.Reason = "trouble"
	case r.Series.Damage != nil:
		d := r.Series.Damage
		w.Reason, w.Where, w.Line, w.Title = string(d.Kind), b.number(d.Part), d.Line, b.titleOfPart(d.Part)
		if d.Line > 0 {
			w.Broken, w.Short = quoteLine("> ", d.Text), d.Short
		}
	case r.Series.Defect == patch.ReasonTooLarge:
		w.Reason = "too-large"
	case r.Series.Defect != "":
		w.Reason = string(r.Series.Defect)
	default:
		w.Reason = string(r.Apply.Status)
		if f := r.Apply.Failed; f != nil {
			w.Where, w.Why, w.Title = b.number(f.Index), f.Reason, b.titleOfPart(f.Index)
			if len(f.Found) > 0 && f.Reason == "syntax" {
				w.Line, w.Broken = cmp.Or(f.At, f.Line), quoteLine("> ", f.Found[0])
				w.Short = w.Line != f.Line
			}
		}
	}
}

// titleOfPart is the title of one part of a series; empty for a single patch.
func (b *builder) titleOfPart(index int) string {
	if b.r.Series.Single() {
		return ""
	}
	for _, p := range b.r.Series.Parts {
		if p.Index == index {
			return cut(clean(p.Subject), 60)
		}
	}
	return ""
}
