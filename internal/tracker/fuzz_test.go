package tracker

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// answers gives every request the same answer.
type answers struct {
	status int
	body   string
	made   int // requests
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.made++
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// Whatever a site answers, a call ends, asks for little, and its error fits into a line of the log.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"data":{"message":{"list":{"name":"y","owner":{"canonicalName":"~x"}},"patchset":{"id":1,"tools":[{"id":2,"icon":"PENDING","details":"bot: x"}]}}}}`)
	f.Add(200, `{"errors":[{"message":"no\u001b[2J\nline"}]}`)
	f.Add(200, `[{"id":1,"msgid":"<1@example.org>","project":{"link_name":"~x/y"},"context":"bot","state":"fail"}]`)
	f.Add(403, "<html>\x00\xff")
	f.Fuzz(func(t *testing.T, status int, body string) {
		for _, kind := range []string{"sourcehut", "patchwork"} {
			a := &answers{status: 200 + abs(status)%400, body: body}
			tr, err := New(kind, Options{URL: "https://site.example.org/query", List: "~x/y", Name: "bot", Token: func(context.Context) (string, error) { return secret, nil }})
			if err != nil {
				t.Fatal(err)
			}
			switch tr := tr.(type) {
			case *SourceHut:
				tr.client.http.Transport = a
			case *Patchwork:
				tr.client.http.Transport = a
			}
			for _, err := range []error{tr.Show(t.Context(), Mark{Parts: []string{"1@example.org", "2@example.org"}, Cover: "0@example.org", State: Failed}), tr.Check(t.Context())} {
				if err != nil && (strings.ContainsAny(err.Error(), "\n\x1b\x00") || len(err.Error()) > 2000 || strings.Contains(err.Error(), secret)) {
					t.Errorf("%s: %q", kind, err)
				}
			}
			if most := 10 + strings.Count(body, "{"); a.made > most {
				t.Errorf("%s: %d requests", kind, a.made)
			}
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

// The bot knows the tools that it made itself, whatever they say.
func FuzzDetails(f *testing.F) {
	f.Add("patchbot", "rien à signaler", "https://bot.example.org/s/1?v=2")
	f.Add("[b](x)", "a\n[b](javascript:x)", "")
	f.Fuzz(func(t *testing.T, name, text, url string) {
		s := &SourceHut{name: name}
		if d := s.details(Mark{Text: text, URL: url}); !s.own(tool{Details: d}) {
			t.Errorf("%q is not the bot's", d)
		}
		if d := s.details(Mark{Text: text}); !s.own(tool{Details: d}) || strings.ContainsAny(d, "\n*_`[]<>\\") {
			t.Errorf("%q", d)
		}
	})
}
