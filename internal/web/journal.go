package web

import (
	"strings"

	"patchbot/internal/store"
)

// stepView is one line of the journal as readers may see it.
type stepView struct {
	At     *moment
	Event  string
	Detail string
	Lang   string // of the detail, empty when it is that of the page
}

func (f *frame) steps(steps []store.Step) []stepView {
	var views []stepView
	for _, s := range steps {
		v := stepView{At: f.At(s.At), Event: f.wordOr("event.", s.Event)}
		v.Detail, v.Lang = f.detail(s)
		views = append(views, v)
	}
	return views
}

// detail is the detail of a step when it is about mails and patches. Details of deliveries and mailboxes speak of servers
// and addresses: those are for the operator, who has `patchbot why`.
func (f *frame) detail(s store.Step) (text, lang string) {
	switch s.Event {
	case "ignored", "not-in-a-series":
		word, _, _ := strings.Cut(s.Detail, ":")
		return f.reason(strings.TrimSpace(word)), ""
	case "taken", "assembled", "reviewed", store.EventSuperseded:
		text = f.server.safe(s.Detail)
		if text != "" && f.lang != "en" {
			lang = "en"
		}
		return text, lang
	default:
		return "", ""
	}
}

// reason says in a sentence why a mail was ignored.
func (f *frame) reason(word string) string {
	return f.wordOr("reason.", word)
}
