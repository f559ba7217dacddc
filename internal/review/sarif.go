package review

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"patchbot/internal/checks"
)

// The types of this file are the parts of SARIF 2.1.0 (OASIS standard, 27 March 2020) that findings need.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string      `json:"id"`
	ShortDescription     sarifText   `json:"shortDescription"`
	FullDescription      sarifText   `json:"fullDescription"`
	DefaultConfiguration sarifConfig `json:"defaultConfiguration"`
}

type sarifConfig struct {
	Enabled bool   `json:"enabled"`
	Level   string `json:"level,omitempty"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	PhysicalLocation sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	ArtifactLocation sarifArtifact `json:"artifactLocation"`
	Region           sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

// WriteSARIF writes the findings of reports as SARIF 2.1.0, one run a report. A series without findings, also one that was
// not reviewed, is a run without results.
func (t *Translator) WriteSARIF(w io.Writer, reports []*Report, lang Lang) error {
	lists := make([][]Finding, 0, len(reports))
	for _, r := range reports {
		lists = append(lists, r.Findings)
	}
	return t.writeSARIF(w, lists, lang)
}

// WriteLintSARIF writes findings about pages as they stand as SARIF 2.1.0, as one run.
func (t *Translator) WriteLintSARIF(w io.Writer, all []checks.Finding, lang Lang) error {
	return t.writeSARIF(w, [][]Finding{plain(all)}, lang)
}

func (t *Translator) writeSARIF(w io.Writer, lists [][]Finding, lang Lang) error {
	v, err := t.voice(lang)
	if err != nil {
		return err
	}
	driver, index, err := v.sarifDriver()
	if err != nil {
		return err
	}
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{}}
	for _, list := range lists {
		run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
		sorted := slices.Clone(list)
		slices.SortStableFunc(sorted, compareFindings)
		for _, f := range sorted {
			result, err := v.sarifResult(f, index)
			if err != nil {
				return err
			}
			run.Results = append(run.Results, result)
		}
		log.Runs = append(log.Runs, run)
	}
	return writeJSON(w, log)
}

func (v *voice) sarifDriver() (sarifDriver, map[string]int, error) {
	d := sarifDriver{Name: "patchbot", Rules: []sarifRule{}}
	index := map[string]int{}
	for _, rule := range checks.All() {
		title, err := v.say(titleOf(rule.ID), nil)
		if err != nil {
			return d, nil, err
		}
		why, err := v.say(whyOf(rule.ID), nil)
		if err != nil {
			return d, nil, err
		}
		index[rule.ID] = len(d.Rules)
		d.Rules = append(d.Rules, sarifRule{
			ID: rule.ID, ShortDescription: sarifText{title}, FullDescription: sarifText{why},
			DefaultConfiguration: sarifConfig{Enabled: rule.Severity > checks.Off, Level: sarifLevel(rule.Severity)},
		})
	}
	return d, index, nil
}

func (v *voice) sarifResult(f Finding, index map[string]int) (sarifResult, error) {
	message, err := v.message(f.Message)
	if err != nil {
		return sarifResult{}, err
	}
	if !f.Suggestion.Zero() {
		suggestion, err := v.message(f.Suggestion)
		if err != nil {
			return sarifResult{}, err
		}
		message += " " + suggestion
	}
	rule, known := index[f.Rule]
	if !known {
		rule = -1 // SARIF 2.1.0, section 3.27.6: no index
	}
	r := sarifResult{RuleID: f.Rule, RuleIndex: rule, Level: sarifLevel(f.Severity), Message: sarifText{unglue(message)}}
	place := sarifPhysical{ArtifactLocation: sarifArtifact{URI: pathURI(f.Path), URIBaseID: "%SRCROOT%"}}
	place.Region = sarifRegion{StartLine: f.Line, StartColumn: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn}
	r.Locations = []sarifLocation{{place}}
	return r, nil
}

func sarifLevel(s checks.Severity) string {
	if s == checks.Off {
		return "none"
	}
	return s.String()
}

// pathURI is a path as a relative URI reference, byte by byte.
func pathURI(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	uri := strings.Join(parts, "/")
	if strings.Contains(parts[0], ":") {
		return "./" + uri // RFC 3986, section 4.2: a colon in the first segment would make a scheme of it
	}
	return uri
}
