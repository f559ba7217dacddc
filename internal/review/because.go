package review

import "patchbot/internal/patch"

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
		w.Reason, w.Where, w.Line = string(d.Kind), b.number(d.Part), d.Line
		if d.Line > 0 {
			w.Broken = quoteLine("> ", d.Text)
		}
	case r.Series.Defect == patch.ReasonTooLarge:
		w.Reason = "too-large"
	case r.Series.Defect != "":
		w.Reason = string(r.Series.Defect)
	default:
		w.Reason = string(r.Apply.Status)
		if f := r.Apply.Failed; f != nil {
			w.Where = b.number(f.Index)
			if len(f.Found) > 0 && f.Reason == "syntax" {
				w.Line, w.Broken = f.Line, quoteLine("> ", f.Found[0])
			}
		}
	}
}
