package review

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"

	"patchbot/internal/checks"
)

// read takes every file of a directory whose name says that it holds words: "fr.toml", "rules.fr.toml", "reply.fr.txt".
func (t *Translator) read(files fs.FS, dir string, skeletons map[Lang]string) error {
	entries, err := fs.ReadDir(files, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		skeleton := strings.HasPrefix(name, "reply.") && strings.HasSuffix(name, ".txt")
		if !skeleton && !strings.HasSuffix(name, ".toml") {
			continue
		}
		data, err := fs.ReadFile(files, path.Join(dir, name))
		if err != nil {
			return fmt.Errorf("read words: %w", err)
		}
		if skeleton {
			lang := Lang(strings.TrimSuffix(strings.TrimPrefix(name, "reply."), ".txt"))
			skeletons[lang] = typeset(lang, string(data))
			continue
		}
		messages, err := parseStrings(name, data)
		if err != nil {
			return err
		}
		if err := t.add(langOf(name), messages); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// langOf is the language of a file of strings: what stands before ".toml".
func langOf(name string) Lang {
	name = strings.TrimSuffix(name, ".toml")
	return Lang(name[strings.LastIndexByte(name, '.')+1:])
}

// add puts strings into the bundle. A string that has one form only serves for every number.
func (t *Translator) add(lang Lang, messages []*i18n.Message) error {
	tag, err := language.Parse(string(lang))
	if err != nil {
		return fmt.Errorf("%q is no language", lang)
	}
	for _, m := range messages {
		m.Other = typeset(lang, m.Other)
		for _, form := range []*string{&m.Zero, &m.One, &m.Two, &m.Few, &m.Many} {
			if *form = typeset(lang, *form); *form == "" {
				*form = m.Other
			}
		}
	}
	return t.bundle.AddMessages(tag, messages...)
}

// parseStrings reads a file of strings. A value is a string; a table whose keys are plural forms (one, two, few, many, zero
// and other, which is required) is a string with those forms; any other table groups strings, whose ids are the keys
// joined by dots.
func parseStrings(name string, data []byte) ([]*i18n.Message, error) {
	var table map[string]any
	if err := toml.Unmarshal(data, &table); err != nil {
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			line, column := bad.Position()
			return nil, fmt.Errorf("%s:%d:%d: %w", name, line, column, err)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	messages, err := flatten("", table)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return messages, nil
}

func flatten(id string, table map[string]any) ([]*i18n.Message, error) {
	if _, ok := table["other"].(string); ok && id != "" {
		m, err := pluralForms(id, table)
		return []*i18n.Message{m}, err
	}
	keys := make([]string, 0, len(table))
	for key := range table {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var all []*i18n.Message
	for _, key := range keys {
		if key == "" || strings.Contains(key, ".") {
			return nil, fmt.Errorf("%q in %q is no part of an id", key, id)
		}
		child := strings.TrimPrefix(id+"."+key, ".")
		switch value := table[key].(type) {
		case string:
			all = append(all, &i18n.Message{ID: child, Other: value})
		case map[string]any:
			below, err := flatten(child, value)
			if err != nil {
				return nil, err
			}
			all = append(all, below...)
		default:
			return nil, fmt.Errorf("%s is neither a string nor a table", child)
		}
	}
	return all, nil
}

func pluralForms(id string, table map[string]any) (*i18n.Message, error) {
	m := &i18n.Message{ID: id}
	forms := map[string]*string{"zero": &m.Zero, "one": &m.One, "two": &m.Two, "few": &m.Few, "many": &m.Many, "other": &m.Other}
	for key, value := range table {
		text, isString := value.(string)
		if forms[key] == nil || !isString {
			return nil, fmt.Errorf("%s has the plural form other, so %s cannot be a key beside it", id, key)
		}
		*forms[key] = text
	}
	return m, nil
}

// ruleMessages are the English words of all rules, as their literals have them: the texts of their findings by rule id and
// key, and what the rule wants and why.
func ruleMessages() []*i18n.Message {
	var all []*i18n.Message
	for _, rule := range checks.All() {
		all = append(all, &i18n.Message{ID: titleOf(rule.ID), Other: rule.Title}, &i18n.Message{ID: whyOf(rule.ID), Other: rule.Why})
		for key, text := range rule.Messages {
			all = append(all, &i18n.Message{ID: rule.ID + "." + key, Other: text})
		}
	}
	return all
}

// titleOf and whyOf are the ids of what a rule wants and why.
func titleOf(rule string) string { return "rule." + rule + ".title" }

func whyOf(rule string) string { return "rule." + rule + ".why" }
