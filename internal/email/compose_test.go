package email

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func sampleReply() Reply {
	return Reply{
		From:       Address{"Patchbot", "bot@example.org"},
		To:         []Address{{"Élodie Contributrice, relectrice à l'occasion", "elodie@example.org"}},
		Cc:         []Address{{"", "~etalab/logiciels-libres@lists.example.org"}, {"B, Anne", "anne@example.org"}},
		Subject:    "Re: [PATCH logiciels-libres v2 0/2] Guides : page « publier », déjà relue par l'équipe, avec un titre très long",
		MessageID:  "pb.abc@example.org",
		InReplyTo:  "20221123-1-contributor@example.org",
		References: []string{"root@example.org", "20221123-1-contributor@example.org"},
		Date:       time.Date(2026, 11, 24, 15, 4, 5, 0, time.FixedZone("", 3600)),
		Header: Header{
			{"Auto-Submitted", "auto-replied"},
			{"X-Patchbot-Verdict", "changes-needed"},
			{"X-Auto-Response-Suppress", "All"},
		},
		Body: "À corriger : la série s'applique.\n\n> +Voir la [FAQ](faq-publier) avant de publier. \n\nFrom here on\n.\n\n-- \npatchbot\n",
	}
}

// TestReplyBytes compares whole replies with their goldens, in both transfer encodings.
func TestReplyBytes(t *testing.T) {
	for name, eightBit := range map[string]bool{"quoted-printable": false, "8bit": true} {
		r := sampleReply()
		got, err := r.Bytes(eightBit)
		if err != nil {
			t.Fatal(err)
		}
		golden := "testdata/reply/" + name + ".eml"
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestReplyRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Reply){
		"line break in subject":    func(r *Reply) { r.Subject = "a\r\nBcc: x@example.org" },
		"line feed in name":        func(r *Reply) { r.To[0].Name = "a\nBcc: x@example.org" },
		"line break in address":    func(r *Reply) { r.To[0].Addr = "a@example.org>\r\nBcc: x@example.org" },
		"blank in address":         func(r *Reply) { r.To[0].Addr = "a@example.org SIZE=1" },
		"bracket in address":       func(r *Reply) { r.To[0].Addr = "<a@example.org" },
		"address outside ASCII":    func(r *Reply) { r.To[0].Addr = "é@example.org" },
		"no domain":                func(r *Reply) { r.To[0].Addr = "elodie" },
		"line break in field":      func(r *Reply) { r.Header = Header{{"X-A", "a\r\nBcc: x@example.org"}} },
		"NUL in field":             func(r *Reply) { r.Header = Header{{"X-A", "a\x00"}} },
		"line break in field name": func(r *Reply) { r.Header = Header{{"X-A:\r\nBcc", "x@example.org"}} },
		"empty field":              func(r *Reply) { r.Header = Header{{"X-A", " "}} },
		"field of the composer":    func(r *Reply) { r.Header = Header{{"subject", "x"}} },
		"field without name":       func(r *Reply) { r.Header = Header{{"", "x"}} },
		"no recipient":             func(r *Reply) { r.To, r.Cc = nil, nil },
		"no sender":                func(r *Reply) { r.From = Address{} },
		"no date":                  func(r *Reply) { r.Date = time.Time{} },
		"no id":                    func(r *Reply) { r.MessageID = "" },
		"id with brackets":         func(r *Reply) { r.MessageID = "<a@b>" },
		"id with line break":       func(r *Reply) { r.MessageID = "a@b\r\n" },
		"derived id":               func(r *Reply) { r.MessageID = "a" + missingDomain },
		"invalid UTF-8 in subject": func(r *Reply) { r.Subject = "\xff" },
	} {
		r := sampleReply()
		spoil(&r)
		if raw, err := r.Bytes(false); err == nil {
			t.Errorf("%s: composed\n%s", name, raw)
		}
	}
}

func TestReplyLeavesOutIDs(t *testing.T) {
	r := sampleReply()
	r.InReplyTo = "x" + missingDomain
	r.References = []string{"a@example.org", "é@example.org", "a@example.org", "b c@example.org"}
	raw, err := r.Bytes(false)
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw, Limits{})
	if m.InReplyTo != nil || len(m.References) != 1 || m.References[0] != "a@example.org" {
		t.Errorf("in-reply-to %q, references %q", m.InReplyTo, m.References)
	}
}

func TestReplyEightBitOnlyWhenItFits(t *testing.T) {
	for body, fits := range map[string]bool{
		strings.Repeat("é", 499) + "\n":  true,
		strings.Repeat("é", 500) + "\n":  false,
		"a\x00b\n":                       false,
		strings.Repeat("a\n", 5000):      true,
		strings.Repeat("x", 998):         true,
		strings.Repeat("x", 999) + "\na": false,
	} {
		r := sampleReply()
		r.Body = body
		raw, err := r.Bytes(true)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(raw, []byte("Encoding: 8bit")); got != fits {
			t.Errorf("body of %d bytes: 8bit %t, want %t", len(body), got, fits)
		}
	}
}

// wellFormed checks what every relay may insist on.
func wellFormed(t *rapid.T, raw []byte) {
	header, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		t.Fatal("no end of header")
	}
	for line := range bytes.SplitSeq(header, []byte("\r\n")) {
		limit := foldAt
		if !bytes.Contains(line, []byte("=?")) {
			limit = maxLine
		}
		if len(line) > limit || !isASCII(line) || bytes.ContainsAny(line, "\r\n\x00") || len(bytes.TrimSpace(line)) == 0 {
			t.Fatalf("header line %q", line)
		}
		for word := range bytes.FieldsSeq(line) {
			if bytes.HasPrefix(word, []byte("=?")) && len(word) > maxWord {
				t.Fatalf("encoded word %q", word)
			}
		}
	}
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		if len(line) > maxLine || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("body line %q", line)
		}
	}
}

// TestReplyRoundTrip composes arbitrary replies and reads them back.
func TestReplyRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[a-zA-Z0-9/:.,«»éà=?_(){}"\\-]{1,90}|\[PATCH|日本語|=\?utf-8\?q\?a\?=`)
	line := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 12).Draw(t, "words"), rapid.SampledFrom([]string{" ", "  "}).Draw(t, "blank"))
	})
	id := rapid.StringMatching(`[a-zA-Z0-9.+_-]{1,80}@[a-z0-9.]{1,40}`)
	rapid.Check(t, func(t *rapid.T) {
		r := Reply{
			From:       Address{line.Draw(t, "from"), "bot@example.org"},
			To:         []Address{{line.Draw(t, "to"), "to@example.org"}, {"", "list@example.org"}},
			Subject:    line.Draw(t, "subject"),
			MessageID:  id.Draw(t, "id"),
			InReplyTo:  id.Draw(t, "in-reply-to"),
			References: rapid.SliceOfN(id, 0, 20).Draw(t, "references"),
			Date:       time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "date"), 0).UTC(),
			Header:     Header{{"X-Text", "x" + strings.Join(strings.Fields(line.Draw(t, "field")), " ")}},
			Body:       strings.Join(rapid.SliceOfN(line, 0, 20).Draw(t, "body"), "\n") + "\n",
		}
		raw, err := r.Bytes(rapid.Bool().Draw(t, "8bit"))
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, raw)
		m := Parse(raw, Limits{})
		want := []any{spaced(r.From), []Address{spaced(r.To[0]), r.To[1]}, strings.TrimSpace(r.Subject), r.MessageID, r.Date, r.Body, Defect(""), false}
		got := []any{spaced(m.From[0]), []Address{spaced(m.To[0]), m.To[1]}, m.Subject, m.ID, m.Date.UTC(), m.Text, m.Defect, m.Salvaged}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got:\n%s\n%s", diff, raw)
		}
		if diff := cmp.Diff(r.Header[0].Value, decodeText(m.Header.Get("X-Text"))); diff != "" {
			t.Fatalf("field: -want +got:\n%s\n%s", diff, raw)
		}
		if diff := cmp.Diff(distinct(writableIDs(r.References), maxReferences), m.References); r.MessageID != r.InReplyTo && diff != "" && len(r.References) > 0 {
			t.Fatalf("references: -want +got:\n%s\n%s", diff, raw)
		}
	})
}

// spaced is the address with its name as a header can carry it: single blanks.
func spaced(a Address) Address {
	a.Name = strings.Join(strings.Fields(a.Name), " ")
	return a
}
