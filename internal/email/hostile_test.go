package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	mailSize   = 5 << 20
	maxMemory  = 64 << 20 // bytes allocated for one mail, garbage included
	headerSize = 250 << 10
)

// hostileMails are the shapes that cost mail readers the most for their size: each fills the limit on the mail or on its
// header.
func hostileMails() map[string][]byte {
	header := "From: a@example.org\nMessage-ID: <a@example.org>\n"
	fill := func(head, unit string) []byte {
		return append([]byte(head), bytes.Repeat([]byte(unit), (mailSize-len(head))/len(unit))...)
	}
	field := func(name, unit string) []byte {
		return []byte(header + name + ": " + strings.Repeat(unit, headerSize/len(unit)) + "\n\nbody\n")
	}
	text := func(charset, encoding string) string {
		return header + "Content-Type: text/plain; charset=" + charset + "\nContent-Transfer-Encoding: " + encoding + "\n\n"
	}
	return map[string][]byte{
		"comment in In-Reply-To":  []byte(header + "In-Reply-To: (" + strings.Repeat("a", headerSize) + ")\n\n"),
		"open comments in From":   field("From", "("),
		"open brackets":           field("References", "<"),
		"ids":                     field("References", "<a@b> "),
		"addresses":               field("To", "a@b,"),
		"group colons":            field("To", "a:"),
		"encoded words":           field("Subject", "=?utf-8?q?=C3=A9?= "),
		"encoded words half open": field("Subject", "=?utf-8?q?"),
		"parameters":              field("Content-Type", "multipart/mixed; a*0=b; "),
		"folded lines":            field("X-Folded", "a\n "),
		"fields":                  fill(header, "a:b\n"),
		"junk lines in header":    fill(header, "junk\nA: b\n"),
		"blank lines in front":    fill("", "\n"),
		"From lines in front":     fill("", "From x\n"),
		"no line end":             fill(header+"\n", "a"),
		"only CRs":                fill("", "a: b\r"),
		"CRs in the body":         fill(header+"\n", "\r"),
		"CR LF lines":             fill(header+"\n", "\r\n"),
		"diff with CR lines":      fill(header+"\n@@ -1 +1 @@\r\n", "a\r\n"),
		"windows-1252":            fill(text("windows-1252", "8bit"), "\x80"),
		"raw 8-bit":               fill(text("utf-8", "8bit"), "\x80"),
		"gb18030":                 fill(text("gb18030", "8bit"), "\x81\x30\x81\x30"),
		"utf-16":                  fill(text("utf-16", "8bit"), "a\x00"),
		"iso-2022-jp":             fill(text("iso-2022-jp", "8bit"), "\x1b$B\x1b(B"),
		"utf-7":                   fill(text("utf-7", "8bit"), "+AOk-"),
		"base64":                  fill(text("utf-8", "base64"), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 57)))+"\n"),
		"base64 junk":             fill(text("utf-8", "base64"), "YWJj!"),
		"base64 short lines":      fill(text("utf-8", "base64"), "!\n"),
		"quoted-printable":        fill(text("utf-8", "quoted-printable"), "=C3=A9"),
		"quoted-printable lines":  fill(text("utf-8", "quoted-printable"), "=\n"),
		"quoted-printable junk":   fill(text("utf-8", "quoted-printable"), "=Z\n"),
		"nesting":                 nested(10_000),
		"many parts":              fill(header+"Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\na\n"),
		"near boundaries":         fill(header+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n", "--bx\n"),
		"boundaries in a line":    fill(header+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n", "--b"),
		"half boundaries":         fill(header+"Content-Type: multipart/mixed; boundary="+strings.Repeat("-", 70)+"\n\n", "-"),
		"no boundary named":       fill(header+"Content-Type: multipart/mixed\n\n", "--\n"),
		"part fields":             fill(header+"Content-Type: multipart/mixed; boundary=b\n\n--b\n", "a:b\n"),
		"mails in a mail":         fill(header+"Content-Type: multipart/mixed; boundary=b\n\n", "--b\nContent-Type: message/rfc822\n\nA: b\n\nc\n"),
		"mails in mails":          fill(header, "Content-Type: message/rfc822\n\n"),
		"a mail in base64":        fill(header+"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n", base64.StdEncoding.EncodeToString([]byte("A: b\n\n"+strings.Repeat("a", 51)))+"\n"),
		"a mail of 8-bit":         fill(header+"Content-Type: message/rfc822\n\nContent-Type: text/plain; charset=windows-1252\n\n", "\x80"),
		"eight levels of text":    fill(string(levels(8)), "\n"),
	}
}

func nested(depth int) []byte {
	var out bytes.Buffer
	out.WriteString("From: a@example.org\n")
	for i := range depth {
		fmt.Fprintf(&out, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	return out.Bytes()
}

// levels is the header of a text that stands below as many multiparts.
func levels(n int) []byte { return append(nested(n-1), "\n"...) }

// TestHostileMailStaysSmall holds the bound on memory; it also shows that such mails are read to the end.
func TestHostileMailStaysSmall(t *testing.T) {
	for name, raw := range hostileMails() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m := Parse(raw, Limits{})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > maxMemory {
			t.Errorf("%s: %d MB allocated for %d MB", name, used>>20, len(raw)>>20)
		}
		if m.ID == "" || len(m.References) > 200 || len(m.Header) > 500 || len(m.Bodies) > 50 {
			t.Errorf("%s: %d references, %d fields, %d bodies", name, len(m.References), len(m.Header), len(m.Bodies))
		}
	}
}

// BenchmarkHostileMail reads each shape and says how often the same bytes could be hashed meanwhile: the cost must follow
// the size of the mail, whatever it holds.
func BenchmarkHostileMail(b *testing.B) {
	for name, raw := range hostileMails() {
		b.Run(name, func(b *testing.B) {
			floor := time.Hour
			for range 5 {
				start := time.Now()
				sha256.Sum256(raw)
				floor = min(floor, time.Since(start))
			}
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(raw, Limits{})
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(max(floor, 1)), "x-sha256")
		})
	}
}
