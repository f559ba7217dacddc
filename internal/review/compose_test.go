package review

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"patchbot/internal/email"
)

func composeOptions() ComposeOptions {
	o := onList()
	o.Lang = French
	return ComposeOptions{RenderOptions: o, From: email.Address{Name: "patchbot", Addr: "bot@example.org"}, Domain: "example.org", Date: sampleDate()}
}

func TestCompose(t *testing.T) {
	words := translator(t)
	r := changesNeeded()
	r.Series.References = []string{"older@example.org", r.Series.Root}
	mail, err := words.Compose(r, composeOptions())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := mail.Bytes(true)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "changes.eml", strings.ReplaceAll(string(raw), "\r\n", "\n"))
	again, err := words.Compose(r, composeOptions())
	if err != nil {
		t.Fatal(err)
	}
	if other, err := again.Bytes(true); err != nil || string(other) != string(raw) {
		t.Errorf("composed twice, the mail differs (%v)", err)
	}
}

// The Message-ID tells series, versions, lists and verdicts apart, and nothing else.
func TestMessageID(t *testing.T) {
	words := translator(t)
	id := func(edit func(*Report, *ComposeOptions)) string {
		r, o := cleanSingle(), composeOptions()
		edit(r, &o)
		mail, err := words.Compose(r, o)
		if err != nil {
			t.Fatal(err)
		}
		return mail.MessageID
	}
	first := id(func(*Report, *ComposeOptions) {})
	if same := id(func(r *Report, o *ComposeOptions) { o.Date = o.Date.AddDate(1, 0, 0); o.Lang = English; r.Fixed = 9 }); same != first {
		t.Errorf("date, language or content change the id: %s, %s", first, same)
	}
	seen := map[string]string{first: "the first"}
	for name, edit := range map[string]func(*Report, *ComposeOptions){
		"version": func(r *Report, _ *ComposeOptions) { r.Series.Version++ },
		"series":  func(r *Report, _ *ComposeOptions) { r.Series.ID += "0" },
		"verdict": func(r *Report, _ *ComposeOptions) { r.Verdict = VerdictRemarks },
		"list":    func(_ *Report, o *ComposeOptions) { o.ListAddress = "other@lists.example.org" },
	} {
		got := id(edit)
		if other := seen[got]; other != "" {
			t.Errorf("%s has the id of %s", name, other)
		}
		seen[got] = name
	}
}

func TestRecipients(t *testing.T) {
	list := "~etalab/logiciels-libres@lists.sr.ht"
	addresses := func(all []email.Address) (s []string) {
		for _, a := range all {
			s = append(s, a.Addr)
		}
		return s
	}
	for _, c := range []struct {
		name   string
		author string
		edit   func(*ComposeOptions)
		to, cc []string
	}{
		{"author and list", "camille@example.org", func(*ComposeOptions) {}, []string{"camille@example.org"}, []string{list}},
		{"private", "camille@example.org", func(o *ComposeOptions) { o.Private = true }, []string{"camille@example.org"}, nil},
		{"no list", "camille@example.org", func(o *ComposeOptions) { o.ListAddress = "" }, []string{"camille@example.org"}, nil},
		{"unknown author", "", func(*ComposeOptions) {}, []string{list}, nil},
		{"From rewritten to the list", "~Etalab/logiciels-libres@lists.sr.ht", func(*ComposeOptions) {}, []string{list}, nil},
		{"the bot itself", "BOT@example.org", func(*ComposeOptions) {}, []string{list}, nil},
		{"author alone", "camille@example.org", func(o *ComposeOptions) { o.To = ToAuthor }, []string{"camille@example.org"}, nil},
		{"list alone", "camille@example.org", func(o *ComposeOptions) { o.To = ToList }, []string{list}, nil},
		{"unknown author alone", "", func(o *ComposeOptions) { o.To = ToAuthor }, nil, nil},
		{"nobody", "", func(o *ComposeOptions) { o.ListAddress = "" }, nil, nil},
	} {
		r, o := cleanSingle(), composeOptions()
		r.Series.Author.Addr = c.author
		c.edit(&o)
		audience := o.To
		if o.Private {
			audience = ToAuthor
		}
		to, cc := audience.Recipients(r.Series.Author, o.ListAddress, o.From.Addr)
		if !slices.Equal(addresses(to), c.to) || !slices.Equal(addresses(cc), c.cc) {
			t.Errorf("%s: to %v cc %v, want to %v cc %v", c.name, addresses(to), addresses(cc), c.to, c.cc)
		}
		if _, err := translator(t).Compose(r, o); errors.Is(err, ErrNobody) != (len(c.to) == 0) {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	r := cleanSingle()
	for kind, want := range map[ListKind]string{ListSourceHut: "auto-notified", ListPlain: "auto-replied", "": "auto-replied"} {
		h := Headers(r, kind)
		if got := h.Get("Auto-Submitted"); got != want {
			t.Errorf("%q: Auto-Submitted %s, want %s", kind, got, want)
		}
		if h.Get("X-Patchbot-Verdict") != "clean" || h.Get("X-Patchbot-Series") != "812" || h.Get("X-Auto-Response-Suppress") != "All" {
			t.Errorf("%q: %v", kind, h)
		}
	}
}
