package patch

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"patchbot/internal/email"
)

// The matrix writes one patch in every way that mailers do and knows what a reader must find in each: the same diff, byte
// for byte, the same title, person and thread.

const matrixDiff = `diff --git a/guides/été.md b/guides/été.md
index 1111111..2222222 100644
--- a/guides/été.md
+++ b/guides/été.md
@@ -1,4 +1,5 @@
 # Déjà vu : « l'été »
 
-Ancienne ligne
+Nouvelle ligne, plus longue que les soixante-seize colonnes du codage quoted-printable, à coup sûr.
+Trailing blank ` + `
 fin=3D
diff --git a/rdv.ics b/rdv.ics
index 3333333..4444444 100644
--- a/rdv.ics
+++ b/rdv.ics
@@ -1,2 +1,2 @@
 BEGIN:VCALENDAR
-DTSTAMP:1
+DTSTAMP:2
`

// matrixTransfers are the transfer encodings; canonical is whether the encoded text has CR LF line ends, as RFC 2045 wants,
// or LF as git writes it.
var matrixTransfers = []struct {
	name, field string
	canonical   bool
	keepsCR     bool // content may have CRs of its own
	encode      func(b []byte, eol string) []byte
}{
	{"undeclared", "", false, false, asIs},
	{"8bit", "8bit", false, false, asIs},
	{"8bit with a comment", "8BIT (as is)", false, false, asIs},
	{"quoted-printable", "quoted-printable", false, true, encodeQP},
	{"base64", "base64", false, true, encode64},
	{"base64 of CR LF", "base64", true, true, encode64},
	{"quoted-printable of CR LF", "Quoted-Printable", true, true, encodeQP},
}

// encodeQP encodes line by line, so that a CR of the content is "=0D" and a line end is one.
func encodeQP(b []byte, eol string) []byte {
	var out bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSuffix(string(b), eol), eol) {
		w := quotedprintable.NewWriter(&out)
		w.Binary = true
		w.Write([]byte(line))
		w.Close()
		out.WriteString(eol)
	}
	return out.Bytes()
}

func asIs(b []byte, _ string) []byte { return b }

func encode64(b []byte, _ string) []byte {
	text := base64.StdEncoding.EncodeToString(b)
	var out bytes.Buffer
	for len(text) > 76 {
		out.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	out.WriteString(text + "\n")
	return out.Bytes()
}

// matrixCharsets are what Content-Type may say and the bytes that stand behind it.
var matrixCharsets = []struct {
	declared string
	table    *charmap.Charmap // nil for UTF-8
}{
	{"utf-8", nil}, {"", nil}, {"us-ascii", nil}, {"x-unknown-thing", nil}, {"iso-8859-1", nil}, {`"utf-8; x=y"`, nil},
	{"iso-8859-1", charmap.ISO8859_1}, {"windows-1252", charmap.Windows1252}, {"ISO-8859-15", charmap.ISO8859_15},
	{"", charmap.Windows1252}, {"utf-8", charmap.ISO8859_1},
}

// matrixShapes build a mail's MIME structure around the encoded text, whose own fields are given.
var matrixShapes = []struct {
	name  string
	build func(fields, text string) string
}{
	{"plain", func(fields, text string) string { return fields + "\n" + text }},
	{"git format-patch --attach", func(fields, text string) string {
		return multipart("mixed", "Content-Type: text/plain\n\nWhy.\n---\n stat\n", strings.Replace(fields, "text/plain", "text/x-patch", 1)+"Content-Disposition: attachment; filename=\"0001-x.patch\"\n\n"+text)
	}},
	{"git format-patch --inline", func(fields, text string) string {
		return multipart("mixed", "Content-Type: text/plain\n\nWhy.\n---\n stat\n", strings.Replace(fields, "text/plain", "text/x-diff", 1)+"Content-Disposition: inline; filename=\"0001-x.patch\"\n\n"+text)
	}},
	{"octet-stream attachment", func(fields, text string) string {
		return multipart("mixed", "\nvoici\n", strings.Replace(fields, "text/plain", "application/octet-stream; name=\"a.PATCH\"", 1)+"Content-Disposition: attachment\n\n"+text)
	}},
	{"HTML beside", func(fields, text string) string {
		return multipart("alternative", fields+"\n"+text, "Content-Type: text/html\n\n<pre>diff --git a/x b/x</pre>\n")
	}},
	{"PGP/MIME with a list footer", func(fields, text string) string {
		inner := multipart("mixed", fields+"\n"+text)
		return multipart("mixed", multipart("signed; protocol=\"application/pgp-signature\"", inner, "Content-Type: application/pgp-signature\n\nsig\n"), "Content-Type: text/plain\n\n_______\nlist footer\n--- footer\n")
	}},
	{"S/MIME", func(fields, text string) string {
		return multipart("signed; protocol=\"application/pkcs7-signature\"", fields+"\n"+text, "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMIIB\n")
	}},
}

// multipart writes an entity of parts, each with its header; the boundary differs by content so that entities can nest.
func multipart(kind string, parts ...string) string {
	boundary := fmt.Sprintf("=_%d_%d", len(kind), len(strings.Join(parts, "")))
	var out strings.Builder
	fmt.Fprintf(&out, "Content-Type: multipart/%s; boundary=%q\n\nThis is MIME.\n", kind, boundary)
	for _, p := range parts {
		fmt.Fprintf(&out, "--%s\n%s\n", boundary, p)
	}
	fmt.Fprintf(&out, "--%s--\n", boundary)
	return out.String()
}

// matrixMailers write the people and the subject; each is one mailer's habit.
var matrixMailers = []struct {
	name   string
	header string
}{
	{"git send-email", "From: =?UTF-8?q?=C3=89lodie=20Contributrice?= <elodie@example.org>\nSubject: [PATCH logiciels-libres v2 1/3] =?UTF-8?q?=C3=89t=C3=A9=20:=20d=C3=A9?=\n =?UTF-8?q?j=C3=A0=20vu?=\n"},
	{"all in one word", "From: =?utf-8?b?w4lsb2RpZSBDb250cmlidXRyaWNl?= <elodie@example.org>\nSubject: " + mime.BEncoding.Encode("utf-8", "[PATCH logiciels-libres v2 1/3] Été : déjà vu") + "\n"},
	{"latin-1 words", "From: \"=?iso-8859-1?q?=C9lodie?= Contributrice\" <elodie@example.org>\nSubject: =?iso-8859-1?Q?[PATCH_v2_logiciels-libres_1/3]_=C9t=E9_:_d=E9j=E0_vu?=\n"},
	{"raw UTF-8", "From: Élodie Contributrice <elodie@example.org>\nSubject: [logiciels] [PATCHv2 logiciels-libres,1/3] Été : déjà vu\n"},
	{"raw latin-1", "From: \xc9lodie Contributrice <elodie@example.org>\nSubject: [PATCH logiciels-libres v2 01/03]\n \xc9t\xe9 : d\xe9j\xe0 vu\n"},
	{"behind a list", "From: \"=?utf-8?q?=C3=89lodie?= Contributrice via Liste\" <liste@example.org>\nReply-To: =?utf-8?q?=C3=89lodie?= Contributrice <elodie@example.org>\nSubject: [PATCH logiciels-libres v2 1/3] =?utf-8?q?=C3=89t=C3=A9_=3A_d=C3=A9j=C3=A0_vu?=\n"},
	{"archive", "From elodie@example.org Tue Nov 24 15:32:21 2026\nFrom: elodie@example.org (=?utf-8?q?=C3=89lodie?= Contributrice)\nSubject: [patch logiciels-libres v2 1/3]Été : déjà vu\nthis line lost its colon\n"},
}

const matrixThread = "To: liste@example.org\nDate: Tue, 24 Nov 2026 15:32:21 +0000\nMessage-Id: <part@example.org>\nIn-Reply-To: <cover@example.org>\nReferences: <v1@example.org>\n\t<cover@example.org>\nMIME-Version: 1.0\n"

func TestMatrix(t *testing.T) {
	options := Options{Prefixes: []string{"logiciels-libres"}, ListAddresses: []string{"liste@example.org"}}
	count := 0
	for _, transfer := range matrixTransfers {
		for _, charset := range matrixCharsets {
			for _, shape := range matrixShapes {
				for _, crs := range []int{0, 1, 2} {
					mailer := matrixMailers[count%len(matrixMailers)]
					count++
					diff := matrixDiff
					if transfer.keepsCR { // a file with CR LF lines
						for _, line := range []string{" BEGIN:VCALENDAR", "-DTSTAMP:1", "+DTSTAMP:2"} {
							diff = strings.Replace(diff, line, line+"\r", 1)
						}
					}
					eol := "\n"
					text := "---\n stat\n\n" + diff + "-- \n2.39.5\n"
					if transfer.canonical {
						eol = "\r\n"
						text = strings.ReplaceAll(text, "\n", eol)
					}
					encoded := []byte(text)
					if charset.table != nil {
						var err error
						if encoded, err = charset.table.NewEncoder().Bytes(encoded); err != nil {
							t.Fatal(err)
						}
					}
					fields := "Content-Type: text/plain"
					if charset.declared != "" {
						fields += "; charset=" + charset.declared
					}
					fields += "\n"
					if transfer.field != "" {
						fields += "Content-Transfer-Encoding: " + transfer.field + "\n"
					}
					raw := mailer.header + matrixThread + shape.build(fields, string(transfer.encode(encoded, eol)))
					raw = endLines(raw, crs)
					name := fmt.Sprintf("%s, %q as %v, %s, %s, %d CRs", transfer.name, charset.declared, charset.table, shape.name, mailer.name, crs)
					checkMatrix(t, name, raw, diff, options)
				}
			}
		}
	}
	if count < 500 {
		t.Errorf("only %d mails", count)
	}
}

// endLines gives every line n CRs where it has none, as transport does.
func endLines(raw string, n int) string {
	raw = strings.ReplaceAll(raw, "\r\n", "\n\x00")
	raw = strings.ReplaceAll(raw, "\n", strings.Repeat("\r", n)+"\n")
	return strings.ReplaceAll(raw, strings.Repeat("\r", n)+"\n\x00", strings.Repeat("\r", max(n, 1))+"\n")
}

func checkMatrix(t *testing.T, name, raw, diff string, options Options) {
	m := Classify([]byte(raw), email.Parse([]byte(raw), email.Limits{}), time.Time{}, options)
	s := m.Subject
	if m.Kind != KindPatch || m.Reason != "" {
		t.Errorf("%s: %s %s %s\n%s", name, m.Kind, m.Reason, m.Detail, raw)
		return
	}
	if strings.TrimSuffix(m.Diff, "\n") != strings.TrimSuffix(diff, "\n") {
		t.Errorf("%s: diff\n%q, want\n%q\n%s", name, m.Diff, diff, raw)
	}
	if m.PatchID != PatchID([]byte(diff)) || len(m.Files) != 2 || m.Files[0].Path != "guides/été.md" || len(m.Files[1].Hunks) != 1 {
		t.Errorf("%s: patch id %s, files %v", name, m.PatchID, m.Files)
	}
	if s.Title != "Été : déjà vu" || s.Prefix != "logiciels-libres" || s.Version != 2 || s.Index != 1 || s.Total != 3 {
		t.Errorf("%s: subject %+v", name, s)
	}
	if m.Author != (email.Address{Name: "Élodie Contributrice", Addr: "elodie@example.org"}) {
		t.Errorf("%s: author %v", name, m.Author)
	}
	if m.Message.ID != "part@example.org" || strings.Join(m.ancestors(), " ") != "cover@example.org v1@example.org" {
		t.Errorf("%s: id %q, ancestors %q", name, m.Message.ID, m.ancestors())
	}
}
