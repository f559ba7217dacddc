package review

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"patchbot/internal/checks"
	"patchbot/internal/wiki"
)

// settingsFile is where a wiki says which rules it wants to hear less of.
const settingsFile = ".patchbot.toml"

// maxSettings bounds the file, bytes.
const maxSettings = 64 << 10

// Settings is what a wiki's own .patchbot.toml did to the rules.
type Settings struct {
	Relaxed map[string]string `json:"relaxed"` // id of a rule to the severity that it has been lowered to
	Problem string            `json:"problem"` // why the file was not used, in English and for those who keep the wiki; empty when it was
}

// Relax gives the rules with the severities that the wiki itself lowers, in the table [rules] of .patchbot.toml at its
// root, and says what that came to; nil when there is no such file. Where a series is judged, tree must be its base: what a
// series writes into that file counts only once it is in the wiki. A file that cannot be used changes nothing.
func Relax(set *checks.Set, tree wiki.Tree) (*checks.Set, *Settings) {
	if _, mode, ok := tree.Lookup(settingsFile); !ok || mode != wiki.ModeFile && mode != wiki.ModeExec {
		return set, nil
	}
	levels, err := readSettings(tree)
	if err == nil {
		var relaxed *checks.Set
		if relaxed, err = set.Relax(levels); err == nil {
			return relaxed, &Settings{Relaxed: lowered(set, relaxed)}
		}
	}
	return set, &Settings{Problem: fmt.Sprintf("read %s: %v", settingsFile, err)}
}

// lowered lists the rules that weigh less in the second set.
func lowered(before, after *checks.Set) map[string]string {
	list := map[string]string{}
	for _, r := range checks.All() {
		if level := after.Level(r.ID); level < before.Level(r.ID) {
			list[r.ID] = level.String()
		}
	}
	return list
}

// readSettings reads the severities that the file asks for.
func readSettings(tree wiki.Tree) (map[string]checks.Severity, error) {
	data, err := tree.Read(settingsFile)
	if err != nil {
		return nil, err
	}
	if len(data) > maxSettings {
		return nil, fmt.Errorf("larger than %d bytes", maxSettings)
	}
	var settings struct {
		Rules map[string]string `toml:"rules"`
	}
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&settings); err != nil {
		var unknown *toml.StrictMissingError
		if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
			return nil, fmt.Errorf("unknown key %q", strings.Join(unknown.Errors[0].Key(), "."))
		}
		return nil, err
	}
	levels := make(map[string]checks.Severity, len(settings.Rules))
	for id, word := range settings.Rules {
		level, ok := checks.ParseSeverity(word)
		if !ok {
			return nil, fmt.Errorf("rule %s: %q is not one of error, warning, note, off", id, word)
		}
		levels[id] = level
	}
	return levels, nil
}

// Line is the settings in one line for those who run a command: "3 rules relaxed by .patchbot.toml: orphan (off), …". It is
// empty when nothing has changed.
func (s *Settings) Line() string {
	switch {
	case s == nil:
		return ""
	case s.Problem != "":
		return s.Problem + "; it is not used"
	case len(s.Relaxed) == 0:
		return ""
	}
	var each []string
	for _, id := range slices.Sorted(maps.Keys(s.Relaxed)) {
		each = append(each, id+" ("+s.Relaxed[id]+")")
	}
	return "relaxed by " + settingsFile + ": " + strings.Join(each, ", ")
}

type publicSettings struct {
	Relaxed map[string]string `json:"relaxed"`
	Problem *string           `json:"problem"`
}

// public is null in JSON when the wiki has no such file.
func (s *Settings) public() *publicSettings {
	if s == nil {
		return nil
	}
	p := &publicSettings{Relaxed: s.Relaxed}
	if p.Relaxed == nil {
		p.Relaxed = map[string]string{}
	}
	if s.Problem != "" {
		p.Problem = pointer(s.Problem)
	}
	return p
}
