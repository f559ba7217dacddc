package review

import (
	"testing"

	"patchbot/internal/checks"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

func TestJudge(t *testing.T) {
	with := func(severities ...checks.Severity) func(*Report) {
		return func(r *Report) {
			for _, s := range severities {
				r.Findings = append(r.Findings, Finding{Finding: checks.Finding{Severity: s}})
			}
		}
	}
	status := func(s repo.Status) func(*Report) { return func(r *Report) { r.Apply.Status = s } }
	for _, c := range []struct {
		name string
		edit func(*Report)
		want Verdict
	}{
		{"nothing found", func(*Report) {}, VerdictClean},
		{"only inherited problems", func(r *Report) { r.Inherited = 40 }, VerdictClean},
		{"unchecked links", func(r *Report) { r.Unchecked = []Unchecked{{URL: "https://example.org", Reason: "timeout"}} }, VerdictClean},
		{"a rule that is off", with(checks.Off), VerdictClean},
		{"a note", with(checks.Note), VerdictRemarks},
		{"a warning", with(checks.Warning), VerdictRemarks},
		{"a note, then an error", with(checks.Note, checks.Error), VerdictChangesNeeded},
		{"an error, then a note", with(checks.Error, checks.Note), VerdictChangesNeeded},
		{"conflict", status(repo.StatusConflict), VerdictDoesNotApply},
		{"already applied", status(repo.StatusAlreadyApplied), VerdictDoesNotApply},
		{"no base", status(repo.StatusNoBase), VerdictDoesNotApply},
		{"edited by hand", status(repo.StatusHandEdited), VerdictDoesNotApply},
		{"refused", status(repo.StatusRefused), VerdictDoesNotApply},
		{"corrupt", status(repo.StatusCorrupt), VerdictNotReviewed},
		{"empty", status(repo.StatusEmpty), VerdictNotReviewed},
		{"bad mail", status(repo.StatusBadMail), VerdictNotReviewed},
		{"too large", status(repo.StatusTooLarge), VerdictNotReviewed},
		{"not tried", status(repo.StatusNotTried), VerdictNotReviewed},
		{"a part is missing", func(r *Report) { r.Series.Missing = []int{2}; r.Apply.Status = repo.StatusNotTried }, VerdictIncomplete},
		{"a defect", func(r *Report) { r.Series.Defect = patch.ReasonBrokenByMailer }, VerdictNotReviewed},
		{"a defect and a part missing", func(r *Report) { r.Series.Defect = patch.ReasonBrokenByMailer; r.Series.Missing = []int{1} }, VerdictNotReviewed},
		{"trouble", func(r *Report) { r.Trouble = &Trouble{Detail: "disk full"}; with(checks.Error)(r) }, VerdictNotReviewed},
	} {
		r := &Report{Apply: Apply{Status: repo.StatusApplied}}
		c.edit(r)
		if got := Judge(r); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if r.Verdict != "" {
			t.Errorf("%s: Judge wrote the verdict", c.name)
		}
	}
}

// Every verdict has a mail among the golden files, so none can be forgotten there.
func TestVerdictsHaveSamples(t *testing.T) {
	seen := map[Verdict]bool{}
	for _, c := range replies() {
		seen[c.report.Verdict] = true
	}
	for _, v := range Verdicts() {
		if !seen[v] {
			t.Errorf("no sample reply of verdict %s", v)
		}
	}
}
