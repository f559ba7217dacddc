package email

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddresses(t *testing.T) {
	for _, test := range []struct {
		value string
		want  []Address
	}{
		{"a@example.org", []Address{{"", "a@example.org"}}},
		{"Anne B <a@example.org>", []Address{{"Anne B", "a@example.org"}}},
		{`"B, Anne" <a@example.org>, c@example.org`, []Address{{"B, Anne", "a@example.org"}, {"", "c@example.org"}}},
		{`"A \"quoted\" name" <a@example.org>`, []Address{{`A "quoted" name`, "a@example.org"}}},
		{"=?utf-8?q?=C3=89lodie?= <e@example.org>", []Address{{"Élodie", "e@example.org"}}},
		{`"=?utf-8?q?=C3=89lodie?=" <e@example.org>`, []Address{{"Élodie", "e@example.org"}}},
		{"=?iso-8859-1?q?Dupont=2C_Ren=E9?= <r@example.org>", []Address{{"Dupont, René", "r@example.org"}}},
		{"Ren\xe9 <r@example.org>", []Address{{"René", "r@example.org"}}},
		{"a@example.org (Anne (the first) B)", []Address{{"Anne (the first) B", "a@example.org"}}},
		{"Name <nodomain>", []Address{{"Name", ""}}},
		{"J. Doe <j@example.org>", []Address{{"J. Doe", "j@example.org"}}},
		{"Anne via Liste <liste@example.org>", []Address{{"Anne via Liste", "liste@example.org"}}},
		{"undisclosed-recipients:;", nil},
		{"Team: a@example.org, b@example.org; c@example.org", []Address{{"", "c@example.org"}}},
		{"Foo: Bar <x@example.org>", []Address{{"Foo: Bar", "x@example.org"}}},
		{"<@relay.example:a@example.org>", []Address{{"", "a@example.org"}}},
		{"~etalab/logiciels-libres <~etalab/logiciels-libres@lists.example.org>", []Address{{"~etalab/logiciels-libres", "~etalab/logiciels-libres@lists.example.org"}}},
		{"a@example.org,, b@example.org,", []Address{{"", "a@example.org"}, {"", "b@example.org"}}},
		{"a@example.org; b@example.org", []Address{{"", "a@example.org"}, {"", "b@example.org"}}},
		{"Anne <a@example.org", []Address{{"Anne", "a@example.org"}}},
		{"Anne anne@example.org", []Address{{"Anne", "anne@example.org"}}},
		{"\"open quote <a@example.org>", []Address{{`open quote`, "a@example.org"}}},
		{"é@exämple.org", []Address{{"", "é@exämple.org"}}},
		{"a b@example.org <a @example.org>", []Address{{"a b@example.org", ""}}},
		{"", nil},
	} {
		if diff := cmp.Diff(test.want, parseAddresses(test.value)); diff != "" {
			t.Errorf("parseAddresses(%q): -want +got\n%s", test.value, diff)
		}
	}
}

func TestAddressString(t *testing.T) {
	for _, test := range []struct {
		addr Address
		want string
	}{
		{Address{"Anne B", "a@example.org"}, "Anne B <a@example.org>"},
		{Address{"B, Anne", "a@example.org"}, `"B, Anne" <a@example.org>`},
		{Address{"", "a@example.org"}, "a@example.org"},
		{Address{"Anne", ""}, "Anne"},
		{Address{}, ""},
	} {
		if got := test.addr.String(); got != test.want {
			t.Errorf("%#v = %q, want %q", test.addr, got, test.want)
		}
	}
}
