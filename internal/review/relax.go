package review

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"patchbot/internal/checks"
	"patchbot/internal/wiki"
)

// settingsFile is where a wiki says which rules it wants to hear less of.
const settingsFile = ".patchbot.toml"

// maxSettings bounds the file, bytes.
const maxSettings = 64 << 10

// Relax gives the rules with the severities that the wiki itself lowers, in the table [rules] of .patchbot.toml at its
// root. tree must be the base: what a series writes into that file counts only once it is in the wiki. A file that cannot
// be used changes nothing; the error says what is wrong with it.
func Relax(set *checks.Set, tree wiki.Tree) (*checks.Set, error) {
	if _, mode, ok := tree.Lookup(settingsFile); !ok || mode != wiki.ModeFile && mode != wiki.ModeExec {
		return set, nil
	}
	data, err := tree.Read(settingsFile)
	if err != nil {
		return set, fmt.Errorf("read %s: %w", settingsFile, err)
	}
	if len(data) > maxSettings {
		return set, fmt.Errorf("read %s: larger than %d bytes", settingsFile, maxSettings)
	}
	var settings struct {
		Rules map[string]string `toml:"rules"`
	}
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&settings); err != nil {
		var unknown *toml.StrictMissingError
		if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
			return set, fmt.Errorf("read %s: unknown key %q", settingsFile, strings.Join(unknown.Errors[0].Key(), "."))
		}
		return set, fmt.Errorf("read %s: %w", settingsFile, err)
	}
	levels := make(map[string]checks.Severity, len(settings.Rules))
	for id, word := range settings.Rules {
		level, ok := checks.ParseSeverity(word)
		if !ok {
			return set, fmt.Errorf("read %s: rule %s: %q is not one of error, warning, note, off", settingsFile, id, word)
		}
		levels[id] = level
	}
	relaxed, err := set.Relax(levels)
	if err != nil {
		return set, fmt.Errorf("read %s: %w", settingsFile, err)
	}
	return relaxed, nil
}
