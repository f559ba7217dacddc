package patch

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestParseSubject holds every shape that was seen to mislead other readers of patch mail.
func TestParseSubject(t *testing.T) {
	const p = "logiciels-libres"
	for _, test := range []struct {
		subject string
		want    Subject
	}{
		{"[PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres v2 1/3] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[PATCH v2 logiciels-libres 1/3] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[PATCH v2 logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 1, Title: "x"}},
		{"[PATCHv2 logiciels-libres 2/3] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 2, Total: 3, Numbered: true, Title: "x"}},
		{"[PATCH RFC logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, RFC: true, Title: "x"}},
		{"[PATCH RESEND logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Resend: true, Title: "x"}},
		{"[RESEND PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Resend: true, Title: "x"}},
		{"[RFC PATCH logiciels-libres v3 2/2] x", Subject{Patch: true, Prefix: p, Version: 3, Index: 2, Total: 2, Numbered: true, RFC: true, Title: "x"}},
		{"[RFC/PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, RFC: true, Title: "x"}},
		{"[PATCH  logiciels-libres  v2  1/2] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 2, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres,v2,2/3] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 2, Total: 3, Numbered: true, Title: "x"}},
		{"[patch logiciels-libres 1/2] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 2, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres 1/2]x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 2, Numbered: true, Title: "x"}},
		{"[PATCH v2 1/3 logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[bluehats] [PATCH logiciels-libres 1/2] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 2, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres 01/12] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 12, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres 6/5] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 6, Total: 5, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres 0.5/3] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"Re: [PATCH logiciels-libres 1/2] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 2, Numbered: true, Title: "x"}},
		{"RE : [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"TR: [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"Tr : [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"Ré\u00a0: Re: [bluehats] TR\u202f: [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[bluehats] Re: [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"回复: [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"答复：[PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"Re: hello", Subject{Reply: true, Version: 1, Index: 1, Total: 1, Title: "hello"}},

		{"[PATCH] x", Subject{Patch: true, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH1/8] x", Subject{Patch: true, Version: 1, Index: 1, Total: 8, Numbered: true, Title: "x"}},
		{"[PATCH v6,19/24] x", Subject{Patch: true, Version: 6, Index: 19, Total: 24, Numbered: true, Title: "x"}},
		{"[PATCH-v3 0/2] x", Subject{Patch: true, Version: 3, Index: 0, Total: 2, Numbered: true, Title: "x"}},
		{"[PATCH 1 of 3] x", Subject{Patch: true, Version: 1, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[PATCH][v2][1/3] x", Subject{Patch: true, Version: 2, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[RFC] [PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, RFC: true, Title: "x"}},
		{"[v2] [PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH v5.1 10/12] x", Subject{Patch: true, Version: 5, Index: 10, Total: 12, Numbered: true, Resend: true, Title: "x"}},
		{"[PATCH (v2)] x", Subject{Patch: true, Version: 2, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres docs 1/2] x", Subject{Patch: true, Prefix: "logiciels-libres docs", Version: 1, Index: 1, Total: 2, Numbered: true, Title: "x"}},
		{"[logiciels-libres PATCH V2] x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres] [docs] Titre 508/512", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "[docs] Titre 508/512"}},
		{"[PATCH logiciels-libres] Fix 508/512 of v3 [PATCH 1/2]", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "Fix 508/512 of v3 [PATCH 1/2]"}},
		{"***SPAM*** [PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"{Spam?} [PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"EXT: [PATCH logiciels-libres] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"Re: EXT: [PATCH logiciels-libres] x", Subject{Reply: true, Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres] ref: Add a page", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "ref: Add a page"}},
		{"[PATCH logiciels-libres] Re: [v2] tr: x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "Re: [v2] tr: x"}},
		{"\u200b[PATCH\u00a0logiciels-libres\u202fv2] x ", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres v2 0/2]", Subject{Patch: true, Prefix: p, Version: 2, Index: 0, Total: 2, Numbered: true}},
		{"[PATCH 12345/99999 v12345] x", Subject{Patch: true, Prefix: "v12345", Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres 1 / 3] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres 1 sur 3] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 3, Numbered: true, Title: "x"}},
		{"[PATCH logiciels-libres v0] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres v2] : x", Subject{Patch: true, Prefix: p, Version: 2, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH logiciels-libres 1/9999] x", Subject{Patch: true, Prefix: p, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH 1234/5] x", Subject{Patch: true, Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH 0/9999] x", Subject{Patch: true, Version: 1, Index: 0, Total: 9999, Numbered: true, Title: "x"}},
		{"[PATCH 0001/0999] x", Subject{Patch: true, Version: 1, Index: 1, Total: 999, Numbered: true, Title: "x"}},
		{"[PATCH 1/0] x", Subject{Patch: true, Version: 1, Index: 1, Total: 1, Title: "x"}},

		{"Question about [PATCH logiciels-libres] x", Subject{Version: 1, Index: 1, Total: 1, Title: "Question about [PATCH logiciels-libres] x"}},
		{"[DISPATCH] x", Subject{Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[v2 1/3] x", Subject{Version: 1, Index: 1, Total: 1, Title: "x"}},
		{"[PATCH x", Subject{Version: 1, Index: 1, Total: 1, Title: "[PATCH x"}},
		{"patch: x", Subject{Version: 1, Index: 1, Total: 1, Title: "patch: x"}},
		{"", Subject{Version: 1, Index: 1, Total: 1}},
	} {
		if diff := cmp.Diff(test.want, ParseSubject(test.subject)); diff != "" {
			t.Errorf("ParseSubject(%q): -want +got\n%s", test.subject, diff)
		}
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, seed := range []string{"[PATCH x v2 1/3] y", "Re: [a] [RFC/PATCH,v2] y", "[PATCH][v2][1/3]", "***SPAM*** {x} [PATCHv2 1 of 3]", "[[PATCH]]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		p := ParseSubject(s)
		if p.Index < 0 || p.Total < 1 || p.Version < 1 || p.Index > 999 || p.Total > 9999 || p.Index > 0 && p.Total > 999 || p.Version > 9999 {
			t.Fatalf("%+v", p)
		}
		if !p.Numbered && (p.Index != 1 || p.Total != 1) || !p.Patch && (p.Numbered || p.Prefix != "") {
			t.Fatalf("%+v", p)
		}
		if !strings.Contains(s, p.Title) {
			t.Fatalf("title %q", p.Title)
		}
		if again := ParseSubject("Re: " + s); !again.Reply || again.Patch != p.Patch || again.Prefix != p.Prefix || again.Index != p.Index {
			t.Fatalf("a reply is read as %+v, the mail as %+v", again, p)
		}
	})
}
