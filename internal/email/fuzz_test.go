package email

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// FuzzParse holds the promises of Parse on any bytes: no panic, limits kept, valid text, and a reply can be made.
func FuzzParse(f *testing.F) {
	mails, err := filepath.Glob("testdata/parse/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range mails {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("A: b\nContent-Type: message/rfc822\n\nFrom: a@b\nContent-Type: message/rfc822\n\nc"))
	lim := Limits{Bytes: 1 << 16, HeaderBytes: 1 << 12, Fields: 40, FieldBytes: 1 << 10, References: 5, Depth: 3, Parts: 6, TextBytes: 1 << 14}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw, lim)
		if m.ID == "" || len(m.BodyHash) != 64 || m.Size != len(raw) {
			t.Fatalf("id %q, hash %q, size %d", m.ID, m.BodyHash, m.Size)
		}
		if len(m.Bodies) > lim.Parts || len(m.Header) > lim.Fields || len(m.References) > lim.References {
			t.Fatalf("%d bodies, %d fields, %d references", len(m.Bodies), len(m.Header), len(m.References))
		}
		total, bodies := 0, m.Bodies
		for _, e := range m.Enclosed {
			bodies = append(bodies[:len(bodies):len(bodies)], e.Bodies...)
			if len(e.Raw) > len(raw) || len(m.Enclosed) > maxEnclosed || len(e.Enclosed) > 0 {
				t.Fatalf("%d bytes of %d enclosed mails", len(e.Raw), len(m.Enclosed))
			}
		}
		for _, b := range bodies {
			total += len(b.Text)
			if !utf8.ValidString(b.Text) {
				t.Fatalf("body is no UTF-8: %q", b.Text)
			}
		}
		if total > 3*lim.TextBytes { // a byte of a legacy charset becomes at most three
			t.Fatalf("%d bytes of text", total)
		}
		for _, field := range m.Header {
			if !utf8.ValidString(field.Name + field.Value) {
				t.Fatalf("field %q: %q", field.Name, field.Value)
			}
		}
		answer(t, m)
	})
}

// answer composes a reply to m with everything of m that a reply quotes.
func answer(t *testing.T, m *Message) {
	r := sampleReply()
	r.Subject, r.InReplyTo, r.References, r.Body = ReplySubject(m.Subject), m.ID, ReplyReferences(m), m.Text
	if len(m.From) > 0 {
		r.To[0].Name = m.From[0].Name
	}
	raw, err := r.Bytes(true)
	if err != nil {
		t.Fatalf("reply: %v", err)
	}
	back := Parse(raw, Limits{})
	if back.ID != r.MessageID || back.Salvaged || back.Defect != "" {
		t.Fatalf("reply is read as %q, salvaged %t, defect %q", back.ID, back.Salvaged, back.Defect)
	}
}

// FuzzSplitHeader holds that header and body never overlap and that fields are clean.
func FuzzSplitHeader(f *testing.F) {
	for _, seed := range []string{"A: b\n c\n\nbody", "From x\n>From y\nA:b\r\r\n\r\r\n", " A: b\n", "junk\nA: b\n\n", "A: b\rC: d\r\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := splitHeader(raw, 1<<10, 8)
		size := len(s.body)
		for _, field := range s.header {
			if field.Name == "" {
				t.Fatal("field without a name")
			}
			size += len(field.Value)
		}
		if len(s.header) > 8 || size > len(raw) {
			t.Fatalf("%d fields, %d bytes of %d", len(s.header), size, len(raw))
		}
	})
}
