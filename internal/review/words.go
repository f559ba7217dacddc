package review

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	i18ntemplate "github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

// Lang is the language of a reply.
type Lang string

// The languages that are built in. An overlay may add more.
const (
	French  Lang = "fr"
	English Lang = "en"
)

//go:embed lang templates
var builtin embed.FS

// Translator holds all words: strings with their plural forms, and the skeletons of the replies. It is safe for use by
// several goroutines.
type Translator struct {
	bundle *i18n.Bundle
	voices map[Lang]*voice
}

// voice is one language of a Translator.
type voice struct {
	lang      Lang
	localizer *i18n.Localizer
	skeleton  *template.Template
}

// Options says where words come from besides the built-in ones.
type Options struct {
	// Overlay holds an administrator's own files, each optional: fr.toml, rules.fr.toml and reply.fr.txt, and likewise for
	// other languages. A string or a file found there replaces the built-in one. Nil means none.
	Overlay fs.FS
	// Above holds such files for one list. They count before those of Overlay.
	Above fs.FS
}

// NewTranslator reads all words. With an overlay it then tries each skeleton on sample reports, so that a broken override is
// found at the start of a program and not in the middle of a reply. Errors name the file and, where there is one, the line.
func NewTranslator(o Options) (*Translator, error) {
	t := &Translator{bundle: i18n.NewBundle(language.English), voices: map[Lang]*voice{}}
	if err := t.add(English, ruleMessages()); err != nil {
		return nil, fmt.Errorf("read words of the rules: %w", err)
	}
	skeletons := map[Lang]string{}
	for _, dir := range []string{"lang", "templates"} {
		if err := t.read(builtin, dir, skeletons); err != nil {
			return nil, err
		}
	}
	for _, own := range []fs.FS{o.Overlay, o.Above} {
		if own == nil {
			continue
		}
		if err := t.read(own, ".", skeletons); err != nil {
			return nil, err
		}
	}
	for lang, text := range skeletons {
		v, err := t.newVoice(lang, text)
		if err != nil {
			return nil, err
		}
		t.voices[lang] = v
	}
	if o.Overlay == nil && o.Above == nil {
		return t, nil // the tests have tried the built-in words
	}
	return t, t.tryOut()
}

func (t *Translator) newVoice(lang Lang, text string) (*voice, error) {
	if _, err := language.Parse(string(lang)); err != nil {
		return nil, fmt.Errorf("reply.%s.txt: %q is no language", lang, lang)
	}
	v := &voice{lang: lang, localizer: i18n.NewLocalizer(t.bundle, string(lang))}
	skeleton, err := template.New("reply." + string(lang) + ".txt").Option("missingkey=error").Funcs(v.funcs()).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	v.skeleton = skeleton
	return v, nil
}

// Langs lists the languages that replies can be written in, sorted.
func (t *Translator) Langs() []Lang {
	var all []Lang
	for lang := range t.voices {
		all = append(all, lang)
	}
	slices.Sort(all)
	return all
}

// Knows reports whether replies can be written in lang.
func (t *Translator) Knows(lang Lang) bool { return t.voices[lang] != nil }

// voice gives the words of one language.
func (t *Translator) voice(lang Lang) (*voice, error) {
	v := t.voices[lang]
	if v == nil {
		return nil, fmt.Errorf("no replies in language %q; there are %v", lang, t.Langs())
	}
	return v, nil
}

// say puts a string into words. args may be nil.
func (v *voice) say(id string, args map[string]any) (string, error) {
	return v.localize(config(id, args, nil))
}

// count puts a string with a number into words, in the plural form of the language; its placeholder is {{.N}}. No line
// ends between the number and what it counts.
func (v *voice) count(id string, n int) (string, error) {
	text, err := v.localize(config(id, map[string]any{"N": n}, n))
	number := strconv.Itoa(n)
	return strings.Replace(text, number+" ", number+string(glue), 1), err
}

// config asks for a string; number is nil, or the int that chooses the plural form. A placeholder that has no value is an
// error: "<no value>" must not reach a contributor.
func config(id string, args map[string]any, number any) *i18n.LocalizeConfig {
	return &i18n.LocalizeConfig{
		MessageID: id, TemplateData: args, PluralCount: number,
		TemplateParser: &i18ntemplate.TextParser{Option: "missingkey=error"},
	}
}

// localize falls back to English when a language lacks a string: a mail in two languages is better than none.
func (v *voice) localize(c *i18n.LocalizeConfig) (string, error) {
	text, err := v.localizer.Localize(c)
	var missing *i18n.MessageNotFoundErr
	if errors.As(err, &missing) && text != "" {
		return text, nil
	}
	if err != nil {
		return "", fmt.Errorf("words %q in %s: %w", c.MessageID, v.lang, err)
	}
	return text, nil
}
