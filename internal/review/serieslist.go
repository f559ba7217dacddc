package review

import (
	"fmt"
	"io"
	"strings"

	"patchbot/internal/patch"
)

// WriteSeries writes how mails assemble into series, for people: each series with its parts, then each mail that was not
// taken with the reason.
func (t *Translator) WriteSeries(w io.Writer, a *patch.Assembly, lang Lang) error {
	v, err := t.voice(lang)
	if err != nil {
		return err
	}
	l := &seriesList{voice: v}
	for i, s := range a.Series {
		if i > 0 {
			l.b.WriteString("\n")
		}
		l.series(s)
	}
	if len(a.Series) == 0 {
		l.line("", l.say("series.none", nil))
	}
	if len(a.Ignored) > 0 {
		l.line("\n", l.say("series.ignored", nil))
		for _, m := range a.Ignored {
			text := fmt.Sprintf("%s  %s", l.nameOf(m), l.say("paren", map[string]any{"Text": l.reason(m.Reason)}))
			if m.SameAs != "" {
				text += "  = <" + clean(m.SameAs) + ">"
			}
			l.line("  ", text)
		}
	}
	if l.err != nil {
		return l.err
	}
	_, err = io.WriteString(w, unglue(l.b.String()))
	return err
}

// WriteSeriesJSON writes how mails assemble into series, as the JSON of `patchbot series`.
func WriteSeriesJSON(w io.Writer, a *patch.Assembly) error {
	type ignored struct {
		MessageID string       `json:"message_id"`
		Subject   string       `json:"subject"`
		Reason    patch.Reason `json:"reason"`
		Detail    string       `json:"detail"`
		SameAs    *string      `json:"same_as"`
	}
	out := struct {
		Series  []publicSeries `json:"series"`
		Ignored []ignored      `json:"ignored"`
	}{[]publicSeries{}, []ignored{}}
	for _, s := range a.Series {
		described := Describe(s)
		out.Series = append(out.Series, described.public())
	}
	for _, m := range a.Ignored {
		i := ignored{MessageID: brackets(m.Message.ID), Subject: m.Message.Subject, Reason: m.Reason, Detail: m.Detail}
		if m.SameAs != "" {
			i.SameAs = pointer(brackets(m.SameAs))
		}
		out.Ignored = append(out.Ignored, i)
	}
	return writeJSON(w, out)
}

// nameOf is a mail's subject, or where there is none its Message-ID.
func (l *seriesList) nameOf(m *patch.Mail) string {
	switch subject := clean(m.Message.Subject); {
	case strings.TrimSpace(subject) != "":
		return cut(subject, 60)
	case m.Message.Derived:
		return "…"
	}
	return "<" + clean(m.Message.ID) + ">"
}

// seriesList collects the lines; the first error stays.
type seriesList struct {
	*voice
	b   strings.Builder
	err error
}

func (l *seriesList) say(id string, args map[string]any) string {
	text, err := l.voice.say(id, args)
	if err != nil && l.err == nil {
		l.err = err
	}
	return text
}

func (l *seriesList) line(indent, text string) { l.b.WriteString(indent + text + "\n") }

func (l *seriesList) series(s *patch.Series) {
	d := Describe(s)
	l.line("", fmt.Sprintf("%s  %s  %s", d.VersionID(), clean(d.Subject), l.say("paren", map[string]any{"Text": l.state(s)})))
	l.line("  ", fmt.Sprintf("%s <%s>", clean(d.Author.Name), clean(d.Author.Addr)))
	if d.Cover != "" {
		l.line("  ", fmt.Sprintf("0/%d  %s  <%s>", d.Total, l.say("series.cover", nil), clean(d.Cover)))
	}
	for _, p := range d.Parts {
		l.line("  ", fmt.Sprintf("%d/%d  %s  <%s>", p.Index, d.Total, clean(p.Subject), clean(p.MessageID)))
	}
}

func (l *seriesList) state(s *patch.Series) string {
	switch {
	case s.Defect != "":
		return l.say("series.defect", map[string]any{"Reason": l.reason(s.Defect)})
	case s.SupersededBy != "":
		return l.say("series.replaced", map[string]any{"By": s.SupersededBy})
	case len(s.Missing) > 0:
		return l.say("series.incomplete", map[string]any{"Missing": strings.Join(ranges(s.Missing, s.Total), ", ")})
	default:
		return l.say("series.complete", nil)
	}
}

// reason puts a reason of package patch into words.
func (l *seriesList) reason(r patch.Reason) string { return l.say("reason."+string(r), nil) }

// Reason puts into words why a mail is not taken.
func (t *Translator) Reason(r patch.Reason, lang Lang) (string, error) {
	v, err := t.voice(lang)
	if err != nil {
		return "", err
	}
	return v.say("reason."+string(r), nil)
}
