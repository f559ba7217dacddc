package review

import (
	"strings"
	"testing"

	"patchbot/internal/checks"
)

func TestMark(t *testing.T) {
	words := translator(t)
	report := func(v Verdict, severities ...checks.Severity) *Report {
		r := clean2()
		r.Verdict, r.Findings = v, nil
		for _, s := range severities {
			r.Findings = append(r.Findings, Finding{Finding: checks.Finding{Severity: s}})
		}
		return r
	}
	for _, tt := range []struct {
		r      *Report
		fr, en string
	}{
		{nil, "vérification en cours", "review under way"},
		{report(VerdictClean), "rien à signaler", "nothing to report"},
		{report(VerdictRemarks, checks.Note), "1 remarque", "1 remark"},
		{report(VerdictRemarks, checks.Note, checks.Warning), "2 remarques", "2 remarks"},
		{report(VerdictRemarks), "1 remarque", "1 remark"},
		{report(VerdictChangesNeeded, checks.Error, checks.Note), "1 erreur à corriger", "1 error to correct"},
		{report(VerdictChangesNeeded, checks.Error, checks.Error, checks.Note), "2 erreurs à corriger", "2 errors to correct"},
		{report(VerdictDoesNotApply), "ne s'applique pas", "does not apply"},
		{report(VerdictIncomplete), "il manque des messages", "some mails are missing"},
		{report(VerdictNotReviewed), "vérification impossible", "could not be reviewed"},
	} {
		for lang, want := range map[Lang]string{French: tt.fr, English: tt.en} {
			got, err := words.Mark(tt.r, lang)
			if err != nil || strings.ReplaceAll(got, "\u00a0", " ") != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		}
	}
	if _, err := words.Mark(nil, "xx"); err == nil {
		t.Error("words in no language")
	}
}
