package review

import (
	"errors"
	"fmt"

	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// tryOut renders every kind of report in every language, with everything that a skeleton may show, so that a field or a
// string that does not exist is found before a contributor waits for an answer.
func (t *Translator) tryOut() error {
	for _, lang := range t.Langs() {
		o := RenderOptions{
			Lang: lang, List: ListSourceHut, ListAddress: "~owner/list@lists.example.org", Archive: "https://lists.example.org/~owner/list",
			GitURL: "https://patchbot.example.org/git", FetchRef: "1-v2", WebURL: "https://patchbot.example.org", Retry: true, Listen: true,
		}
		if _, err := t.Mark(nil, lang); err != nil {
			return err
		}
		for _, r := range samples() {
			if _, err := t.Mark(r, lang); err != nil {
				return err
			}
			if _, err := t.Render(r, o); err != nil {
				return err
			}
			if _, err := t.Render(r, RenderOptions{Lang: lang}); err != nil {
				return err
			}
		}
		if err := t.tryNotes(lang); err != nil {
			return err
		}
	}
	return nil
}

// tryNotes is tryOut for the mails that are no reports.
func (t *Translator) tryNotes(lang Lang) error {
	const web = "https://patchbot.example.org"
	errs := make([]error, 5)
	_, errs[0] = t.Help(lang, "", 3, "")
	_, errs[1] = t.Help(lang, "sample", 3, web)
	_, _, errs[2] = t.Moderation(lang, &email.Reply{MessageID: "1@example.org", Body: "text"}, web)
	for i, total := range []int{1, 3} {
		r := sample(total, func(*Report) {})
		_, errs[3+i] = t.Thanks(lang, &r.Series, "main", &Commit{ID: r.Base.Commit, Title: "Sample", When: sampleDate()}, web)
	}
	return errors.Join(errs...)
}

// samples are reports of every verdict and every reason.
func samples() []*Report {
	var all []*Report
	for _, total := range []int{1, 3} {
		for _, severity := range []checks.Severity{checks.Off, checks.Note, checks.Error} {
			all = append(all, sample(total, func(r *Report) {
				if severity != checks.Off {
					r.Findings = []Finding{{Finding: checks.Finding{Part: 1, Path: "page.md", Line: 1, Column: 1, Severity: severity, Rule: checks.All()[0].ID,
						Message: checks.Message{ID: titleOf(checks.All()[0].ID)}, Source: "text"}, Added: true}}
				}
			}))
		}
		for _, status := range []repo.Status{repo.StatusNoBase, repo.StatusHandEdited, repo.StatusAlreadyApplied, repo.StatusCorrupt, repo.StatusEmpty, repo.StatusBadMail} {
			all = append(all, sample(total, func(r *Report) { stop(r, status, "other") }))
		}
		for _, reason := range []string{"hunk", "exists", "missing", "path", "mode", "binary", "symlink", "directory", "other"} {
			for _, status := range []repo.Status{repo.StatusConflict, repo.StatusRefused} {
				all = append(all, sample(total, func(r *Report) { stop(r, status, reason) }))
			}
		}
		for _, kind := range damages() {
			all = append(all, sample(total, func(r *Report) {
				r.Series.Defect, r.Series.Damage = patch.ReasonBrokenByMailer, &Damage{Kind: kind, Part: total, Line: 9, Text: "text"}
			}))
		}
		for _, kind := range mailedKinds() {
			for _, status := range []repo.Status{repo.StatusConflict, repo.StatusCorrupt} {
				all = append(all, sample(total, func(r *Report) {
					stop(r, status, "hunk")
					r.Mailed = &Mailed{Kind: kind, Part: total, Charset: "iso-8859-1"}
				}))
			}
		}
		all = append(all,
			sample(total, func(r *Report) { r.Apply.How, r.Series.Parts[0].Offset = repo.HowOffset, -3 }),
			sample(total, func(r *Report) { r.Mailed = &Mailed{Kind: MailedOther, Part: total, Altered: true} }),
			sample(total, func(r *Report) { r.Series.Defect = patch.ReasonTooLarge }),
			sample(total, func(r *Report) { r.Series.Defect = patch.ReasonUnmarkedPatch }),
			sample(total, func(r *Report) { r.Trouble = &Trouble{Detail: "no network"} }))
	}
	return append(all,
		sample(3, func(r *Report) { r.Late, r.Findings = 1, all[2].Findings }),
		sample(3, func(r *Report) { r.Series.Missing = []int{2}; r.Series.Parts = r.Series.Parts[:1] }),
		sample(9, func(r *Report) {
			r.Series.Missing = []int{1, 2, 3, 5, 6, 7, 8, 9}
			r.Series.Parts = r.Series.Parts[3:4]
		}))
}

// mailedKinds are all reasons why git reads a mail otherwise than a person.
func mailedKinds() []MailedKind {
	return []MailedKind{
		MailedCharset, MailedUndeclared, MailedUnknown, MailedCRLF, MailedCR, MailedFlowed, MailedWrapped, MailedParts, MailedNoPrefix, MailedCut, MailedOther,
	}
}

// damages are all kinds of damage, the unknown one among them.
func damages() []patch.Damage {
	return []patch.Damage{
		patch.DamageHTML, patch.DamageFlowed, patch.DamageWrapped, patch.DamageBlanks, patch.DamageQuoted, patch.DamageSigned,
		patch.DamageEncoding, patch.DamageAttachment, patch.DamageLost, "",
	}
}

// sample is a series of total parts that applied, changed by edit and then judged.
func sample(total int, edit func(*Report)) *Report {
	day := sampleDate()
	r := &Report{
		Series: Series{ID: "sample", Prefix: "wiki", Version: 2, Total: total, Subject: "Sample", Author: email.Address{Name: "A", Addr: "a@example.org"},
			Root: "root@example.org", Carried: []int{total}, RootSubject: fmt.Sprintf("[PATCH wiki v2 0/%d] Sample", total), Cover: "root@example.org"},
		Base:  Base{Commit: "0123456789abcdef0123456789abcdef01234567", Branch: "main", How: "tip"},
		Apply: Apply{Status: repo.StatusApplied, How: repo.HowThreeWay, DependsOnGit: true},
		Fixed: 1, Inherited: 2, LinkCount: 2, Unchecked: []Unchecked{{URL: "https://example.org/", Reason: "timeout"}},
		Progress: &Progress{Since: 1, Before: 4, Resolved: 3, Dropped: 1, Parts: []Change{{Index: 1, What: "changed"}}}, Moved: true,
		Unknown: []string{"unknown@example.org"},
	}
	for _, state := range []UnderState{UnderApplied, UnderIncomplete, UnderUnusable, UnderConflict, UnderNotTried} {
		r.Below = append(r.Below, Under{ID: string(state), Version: 2, Subject: "Sample", Root: "below@example.org", State: state})
	}
	for i := 1; i <= total; i++ {
		r.Series.Parts = append(r.Series.Parts, Part{
			Index: i, MessageID: fmt.Sprintf("%d@example.org", i), Subject: "Sample", Author: r.Series.Author, Date: day, Status: repo.StatusApplied,
			Files: []File{{Path: fmt.Sprintf("%d.md", i), OldPath: "old.md", Status: patch.StatusRenamed}},
		})
	}
	edit(r)
	r.Verdict = Judge(r)
	return r
}

// stop makes a sample fail at its last part.
func stop(r *Report, status repo.Status, reason string) {
	commit := &Commit{ID: "fedcba9876543210fedcba9876543210fedcba98", Title: "Sample", When: sampleDate()}
	last := len(r.Series.Parts) - 1
	r.Series.Parts[last].Status = status
	r.Apply = Apply{Status: status, Worked: commit, Behind: 2, Fits: true, Changed: commit, DependsOnGit: true,
		Failed: &Failure{Index: last + 1, Path: "page.md", Line: 3, Reason: reason, Expect: []string{"old"}, Found: []string{"new"}}}
	if reason == "other" {
		r.Apply.Already = commit
	}
}
