package email

import "testing"

func TestCutMarks(t *testing.T) {
	for _, test := range []struct {
		subject, rest string
		marked        bool
	}{
		{"[PATCH x] y", "[PATCH x] y", false},
		{"Re: [PATCH x] y", "[PATCH x] y", true},
		{"RE : [PATCH x] y", "[PATCH x] y", true},
		{"Ré : y", "y", true},
		{"Rép : y", "y", true},
		{"TR: y", "y", true},
		{"Tr : y", "y", true},
		{"Fwd: y", "y", true},
		{"AW: y", "y", true},
		{"WG: y", "y", true},
		{"SV: y", "y", true},
		{"回复: y", "y", true},
		{"答复：y", "y", true},
		{"Re: RE : Fwd: TR\u00a0: y", "y", true},
		{"Re\u202f:\u00a0[PATCH x] y", "[PATCH x] y", true},
		{"\u200bRe: y", "y", true},
		{"Re[2]: y", "y", true},
		{"Re(3): y", "y", true},
		{"Re^2: y", "y", true},
		{"Re (2) : y", "y", true},
		{"Réponse\u00a0: Transféré : y", "y", true},
		{"re:y", "y", true},
		{"xyz: [PATCH x] y", "[PATCH x] y", true},
		{"doc: y", "doc: y", false},
		{"README: y", "README: y", false},
		{"guides: [docs] y", "guides: [docs] y", false},
		{"Re y", "Re y", false},
		{"Re:", "", true},
		{"", "", false},
	} {
		rest, marked := CutMarks(test.subject)
		if rest != test.rest || marked != test.marked {
			t.Errorf("CutMarks(%q) = %q, %t, want %q, %t", test.subject, rest, marked, test.rest, test.marked)
		}
	}
}

func TestReplySubject(t *testing.T) {
	for subject, want := range map[string]string{
		"[PATCH x 0/2] Guides : déjà":          "Re: [PATCH x 0/2] Guides : déjà",
		"Re: RE : Ré\u00a0: TR: [PATCH x] y":   "Re: [PATCH x] y",
		"Réf : y ":                             "Re: y",
		"":                                     "Re: ",
		"bsoc2022/vlc.md: Update":              "Re: bsoc2022/vlc.md: Update",
		"Fwd: Re: [bluehats] Re: [PATCH x] y ": "Re: [bluehats] Re: [PATCH x] y",
		"Regarding: the patch":                 "Re: Regarding: the patch",
		"Re: Re[4]: 回复： [PATCH logiciels] titre": "Re: [PATCH logiciels] titre",
	} {
		if got := ReplySubject(subject); got != want {
			t.Errorf("ReplySubject(%q) = %q, want %q", subject, got, want)
		}
	}
}
