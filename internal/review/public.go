package review

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/repo"
)

// The types of this file are the JSON of the command line: their keys are a contract. A pointer without omitempty is a key
// whose value may be null.

type publicSeries struct {
	ID      string        `json:"id"`
	Prefix  string        `json:"prefix"`
	Version int           `json:"version"`
	Total   int           `json:"total"`
	Subject string        `json:"subject"`
	Cover   *string       `json:"cover"`
	Author  publicAddress `json:"author"`
	Parts   []publicPart  `json:"parts"`
	Missing []int         `json:"missing"`
	Defect  *string       `json:"defect"`
}

type publicReport struct {
	publicSeries
	Base      *publicBase     `json:"base"`
	Below     []Under         `json:"below"`
	Unknown   []string        `json:"unknown"`
	Apply     publicApply     `json:"apply"`
	Findings  []publicFinding `json:"findings"`
	Fixed     int             `json:"fixed"`
	Inherited int             `json:"inherited"`
	Unchecked []Unchecked     `json:"unchecked"`
	Settings  *publicSettings `json:"settings"`
	Verdict   Verdict         `json:"verdict"`
}

type publicAddress struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type publicPart struct {
	Index     int           `json:"index"`
	MessageID string        `json:"message_id"`
	Subject   string        `json:"subject"`
	Author    publicAddress `json:"author"`
	Date      *string       `json:"date"`
	Message   string        `json:"message"`
	PatchID   string        `json:"patch_id"`
	Files     []File        `json:"files"`
}

type publicBase struct {
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	How    string `json:"how"`
}

type publicApply struct {
	Status       repo.Status    `json:"status"`
	How          *repo.How      `json:"how"`
	DependsOnGit bool           `json:"depends_on_git"`
	Tree         *string        `json:"tree"`
	Commits      []string       `json:"commits"`
	Failed       *publicFailure `json:"failed"`
	Worked       *publicWorked  `json:"worked"`
	Changed      *publicCommit  `json:"changed"`
	Already      *publicCommit  `json:"already"`
}

// publicWorked is the commit that the author worked on: how many commits the base is ahead of it, and whether the series
// applies to it.
type publicWorked struct {
	publicCommit
	Behind  int  `json:"behind"`
	Applies bool `json:"applies"`
}

type publicCommit struct {
	Commit string `json:"commit"`
	Title  string `json:"title"`
	Date   string `json:"date"`
}

func (c *Commit) public() *publicCommit {
	if c == nil {
		return nil
	}
	return &publicCommit{Commit: c.ID, Title: c.Title, Date: c.When.Format(time.RFC3339)}
}

type publicFailure struct {
	Index  int    `json:"index"`
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

type publicFinding struct {
	Index      *int    `json:"index,omitempty"`
	Path       string  `json:"path"`
	Line       int     `json:"line"`
	Column     int     `json:"column"`
	EndLine    int     `json:"end_line"`
	EndColumn  int     `json:"end_column"`
	Rule       string  `json:"rule"`
	Severity   string  `json:"severity"`
	Message    string  `json:"message"`
	Suggestion *string `json:"suggestion"`
}

// WriteJSON writes reports as the JSON of `patchbot check`, series by arrival. The texts of findings are in lang.
func (t *Translator) WriteJSON(w io.Writer, reports []*Report, lang Lang) error {
	all, err := t.public(reports, lang)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Series []publicReport `json:"series"`
	}{all})
}

// ReportJSON is one element of what WriteJSON writes, for those who put more around it.
func (t *Translator) ReportJSON(r *Report, lang Lang) (json.RawMessage, error) {
	all, err := t.public([]*Report{r}, lang)
	if err != nil {
		return nil, err
	}
	return encodeJSON(all[0])
}

func (t *Translator) public(reports []*Report, lang Lang) ([]publicReport, error) {
	v, err := t.voice(lang)
	if err != nil {
		return nil, err
	}
	sorted := slices.Clone(reports)
	slices.SortStableFunc(sorted, func(a, b *Report) int { return a.Series.Arrived.Compare(b.Series.Arrived) })
	all := make([]publicReport, 0, len(sorted))
	for _, r := range sorted {
		p := publicReport{
			publicSeries: r.Series.public(), Below: orEmpty(r.Below), Unknown: orEmpty(r.Unknown), Apply: r.Apply.public(), Fixed: r.Fixed, Inherited: r.Inherited,
			Unchecked: orEmpty(r.Unchecked), Settings: r.Settings.public(), Verdict: r.Verdict,
		}
		if r.Base.Commit != "" {
			p.Base = &publicBase{Commit: r.Base.Commit, Branch: r.Base.Branch, How: r.Base.How}
		}
		if p.Findings, err = v.publicFindings(r.Findings, true); err != nil {
			return nil, fmt.Errorf("write %s: %w", r.Series.VersionID(), err)
		}
		all = append(all, p)
	}
	return all, nil
}

func (s *Series) public() publicSeries {
	p := publicSeries{
		ID: s.ID, Prefix: s.Prefix, Version: s.Version, Total: s.Total, Subject: s.Subject, Author: publicAuthor(s.Author),
		Parts: make([]publicPart, 0, len(s.Parts)), Missing: orEmpty(s.Missing),
	}
	if s.Cover != "" {
		p.Cover = pointer(brackets(s.Cover))
	}
	if s.Defect != "" {
		p.Defect = pointer(string(s.Defect))
	}
	for _, part := range s.Parts {
		q := publicPart{
			Index: part.Index, MessageID: brackets(part.MessageID), Subject: part.Subject, Author: publicAuthor(part.Author),
			Message: part.Message, PatchID: part.PatchID, Files: orEmpty(part.Files),
		}
		if !part.Date.IsZero() {
			q.Date = pointer(part.Date.Format(time.RFC3339))
		}
		p.Parts = append(p.Parts, q)
	}
	return p
}

func (a *Apply) public() publicApply {
	p := publicApply{Status: a.Status, DependsOnGit: a.DependsOnGit, Commits: orEmpty(a.Commits)}
	if a.How != "" {
		p.How = &a.How
	}
	if a.Tree != "" {
		p.Tree = &a.Tree
	}
	if f := a.Failed; f != nil {
		p.Failed = &publicFailure{Index: f.Index, Path: f.Path, Line: f.Line, Reason: f.Reason}
	}
	if c := a.Worked.public(); c != nil {
		p.Worked = &publicWorked{publicCommit: *c, Behind: a.Behind, Applies: a.Fits}
	}
	p.Changed, p.Already = a.Changed.public(), a.Already.public()
	return p
}

// publicFindings puts findings into words, in the order of part, path, line, column and rule.
func (v *voice) publicFindings(all []Finding, withIndex bool) ([]publicFinding, error) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, compareFindings)
	public := make([]publicFinding, 0, len(sorted))
	for _, f := range sorted {
		p := publicFinding{
			Path: f.Path, Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn,
			Rule: f.Rule, Severity: f.Severity.String(),
		}
		if withIndex {
			p.Index = pointer(f.Part)
		}
		message, err := v.message(f.Message)
		if err != nil {
			return nil, err
		}
		p.Message = unglue(message)
		if !f.Suggestion.Zero() {
			suggestion, err := v.message(f.Suggestion)
			if err != nil {
				return nil, err
			}
			p.Suggestion = pointer(unglue(suggestion))
		}
		public = append(public, p)
	}
	return public, nil
}

func writeJSON(w io.Writer, value any) error {
	data, err := encodeJSON(value)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// encodeJSON is indented JSON that keeps "<" and "&" readable, with a final line end.
func encodeJSON(value any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return []byte(b.String()), nil
}

func publicAuthor(a email.Address) publicAddress { return publicAddress{Name: a.Name, Email: a.Addr} }

func brackets(id string) string { return "<" + id + ">" }

func pointer[T any](v T) *T { return &v }

// orEmpty makes [] of nil: a list is never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
