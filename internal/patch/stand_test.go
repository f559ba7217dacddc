package patch

import (
	"slices"
	"testing"
	"time"

	"patchbot/internal/email"
)

func TestFoundation(t *testing.T) {
	named := thread(t, `p | 0s | [PATCH x] a: Update | | a.md:1..2`)[0]
	mails := thread(t, `
		p  | 0s | [PATCH x] a: Update | | a.md:1..2
		q  | 1h | [PATCH x] b: Update | | b.md:1..2 | Depends-on: <p@example.org>
		q2 | 2h | [PATCH x v2] b: Update | q | b.md:1..3 | Depends-on: <p@example.org>; Depends-on: <s@example.org>
		r  | 3h | [PATCH x] c: Update | | c.md:1..2 | Depends-on: https://lists.example.org/x/%3Cq@example.org%3E; Depends-on: <gone@example.org>
		s  | 4h | [PATCH x] d: Update | | d.md:1..2 | prerequisite-patch-id: `+named.PatchID+`; prerequisite-patch-id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; Depends-on: <q2@example.org>`)
	a := Assemble(mails)
	for _, test := range []struct {
		id             string
		below, unknown []string
	}{
		{"p", nil, nil},
		{"q", []string{"p"}, nil},
		{"q2", []string{"p", "s"}, []string{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
		{"r", []string{"p", "s", "q2"}, []string{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "gone@example.org"}},
		{"s", []string{"p", "q2"}, []string{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
	} {
		series, unknown := a.Foundation(a.Of(test.id + "@example.org"))
		var below []string
		for _, s := range series {
			below = append(below, s.Root[:len(s.Root)-len("@example.org")])
		}
		if !slices.Equal(below, test.below) || !slices.Equal(unknown, test.unknown) {
			t.Errorf("%s stands on %q, unknown %q; want %q, %q", test.id, below, unknown, test.below, test.unknown)
		}
	}
}

func TestPrivateMail(t *testing.T) {
	raw := []byte(mailText("p", start, "[PATCH wiki] a: Update", "", "a.md:1..2", "Authentication-Results: mx.example.org; dkim=pass header.d=example.org; From: Anne <anne@example.org>"))
	raw = []byte("Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n" + string(raw))
	m := email.Parse(raw, email.Limits{})
	m.To = []email.Address{{Addr: "bot@example.org"}}
	for _, test := range []struct {
		private bool
		servers []string
		want    Reason
	}{
		{false, []string{"mx.example.org"}, ReasonPrivateMail},
		{true, nil, ReasonUntrustedSender},
		{true, []string{"other.example.org"}, ReasonUntrustedSender},
		{true, []string{"mx.example.org"}, ""},
	} {
		o := testOptions()
		o.Private, o.AuthServers = test.private, test.servers
		mail := Classify(raw, m, time.Time{}, o)
		if mail.Reason != test.want || !mail.Private || (mail.Kind == KindPatch) != (test.want == "") {
			t.Errorf("private %t, servers %q: %s %q private=%t", test.private, test.servers, mail.Kind, mail.Reason, mail.Private)
		}
	}
}
