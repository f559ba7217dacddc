package main

import (
	"strings"
	"testing"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// TestWriteSteps shows the journal of a mail that nothing came of: the reason is in words, and only known reasons are.
func TestWriteSteps(t *testing.T) {
	words, err := review.NewTranslator(review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	steps := []store.Step{
		{At: at, MessageID: "a@example.org", Event: "received", Detail: "812 bytes, from list wiki"},
		{At: at, MessageID: "a@example.org", Event: "ignored", Detail: "forwarded-patch: the mail <b@example.org> is attached to it"},
		{At: at.Add(time.Minute), MessageID: "a@example.org", Event: "not-in-a-series", Detail: "cover-without-series"},
		{At: at.Add(time.Hour), MessageID: "a@example.org", Event: "ignored", Detail: "unheard-of"},
		{At: at.Add(time.Hour), MessageID: "other@example.org", Event: "sent", Detail: "queue-1"},
	}
	var out strings.Builder
	err = writeSteps(&out, "a@example.org", steps, func(word string) string {
		text, err := words.Reason(patch.Reason(word), review.English)
		if err != nil {
			return ""
		}
		return text
	})
	const want = `2026-11-24 10:00:00Z  received         812 bytes, from list wiki
2026-11-24 10:00:00Z  ignored          forwarded-patch (patch mail passed on as an attachment): the mail <b@example.org> is attached to it
2026-11-24 10:01:00Z  not-in-a-series  cover-without-series (cover letter without patches)
2026-11-24 11:00:00Z  ignored          unheard-of
2026-11-24 11:00:00Z  sent             queue-1  <other@example.org>
`
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}
