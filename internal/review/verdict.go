package review

import (
	"strconv"

	"patchbot/internal/checks"
	"patchbot/internal/repo"
)

// Verdict is the one word for a whole series. The values are part of the command line's JSON and of the header field
// X-Patchbot-Verdict.
type Verdict string

const (
	VerdictClean         Verdict = "clean"
	VerdictRemarks       Verdict = "remarks"
	VerdictChangesNeeded Verdict = "changes-needed"
	VerdictDoesNotApply  Verdict = "does-not-apply"
	VerdictIncomplete    Verdict = "incomplete"
	VerdictNotReviewed   Verdict = "not-reviewed"
)

// Verdicts lists every verdict, from the best to the worst.
func Verdicts() []Verdict {
	return []Verdict{VerdictClean, VerdictRemarks, VerdictChangesNeeded, VerdictDoesNotApply, VerdictIncomplete, VerdictNotReviewed}
}

// Judge gives the verdict on what a report holds. It does not look at r.Verdict, and changes nothing.
//
// A report with Trouble, and one whose mails cannot be patches any more, is not reviewed: neither says anything about the
// content. A missing part makes it incomplete. What git am would not apply does not apply, whether it conflicts, is refused
// or is in the branch already. Only then do the findings count: an error asks for changes, anything less is a remark, and so is a
// mail of which git makes something else than what it shows.
func Judge(r *Report) Verdict {
	switch {
	case r.Trouble != nil || r.Series.Defect != "":
		return VerdictNotReviewed
	case len(r.Series.Missing) > 0:
		return VerdictIncomplete
	}
	switch r.Apply.Status {
	case repo.StatusApplied:
		if v := judgeFindings(r.Findings); v != VerdictClean || r.Mailed == nil {
			return v
		}
		return VerdictRemarks
	case repo.StatusConflict, repo.StatusNoBase, repo.StatusHandEdited, repo.StatusRefused, repo.StatusAlreadyApplied:
		return VerdictDoesNotApply
	default: // corrupt, empty, bad-mail, too-large, not-tried: there was no patch to judge
		return VerdictNotReviewed
	}
}

func judgeFindings(all []Finding) Verdict {
	v := VerdictClean
	for _, f := range all {
		switch f.Severity {
		case checks.Error:
			return VerdictChangesNeeded
		case checks.Warning, checks.Note:
			v = VerdictRemarks
		}
	}
	return v
}

// Kind names the mail that the outbox may hold once for this version of the series: the verdict. A second mail on the same
// version exists only when its verdict changes, or when links turn out dead.
func (r *Report) Kind() string {
	if r.Late > 0 {
		return "links-" + strconv.Itoa(r.Late)
	}
	return string(r.Verdict)
}

// Failed reports whether the review could not be done for reasons that are not the author's: a network, a permission, a
// defect of the program.
func (r *Report) Failed() bool { return r.Trouble != nil }
