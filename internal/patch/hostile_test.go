package patch

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"patchbot/internal/email"
)

const (
	mailSize  = 5 << 20
	maxMemory = 64 << 20 // bytes allocated for one mail beyond reading it, garbage included
)

// hostilePatches are bodies that cost a reader of diffs the most for their size.
func hostilePatches(size int) map[string][]byte {
	header := "From: a@example.org\nMessage-ID: <a@example.org>\nSubject: [PATCH x] y\n"
	fill := func(head, unit string) []byte {
		head = header + head
		return append([]byte(head), bytes.Repeat([]byte(unit), (size-len(head))/len(unit))...)
	}
	flowed := "Content-Type: text/plain; format=flowed\n\n"
	file := "\n---\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n"
	return map[string][]byte{
		"added lines":        fill(file+"@@ -0,0 +1,2600000 @@\n", "+\n"),
		"hunks":              fill(file, "@@ -1 +1 @@\n-\n+\n"),
		"hunk headers":       fill(file, "@@ -1 +1 @@\n"),
		"short hunks":        fill(file, "@@ -1,9 +1 @@\n-\n"),
		"broken hunks":       fill(file, "@@ -1 +1 @@\nx\n"),
		"files":              fill("\n---\n", "diff --git a/x b/x\n"),
		"renames":            fill("\n---\n", "diff --git a/x b/y\nrename from x\nrename to y\n"),
		"plain diffs":        fill("\n---\n", "--- a\n+++ b\n@@ -1 +1 @@\n-\n+\n"),
		"half plain diffs":   fill("\n---\n", "--- a\n+++ b\n"),
		"header lines":       fill(file, "index 1..2\n"),
		"binary":             fill(file+"GIT binary patch\nliteral 3\n", "KcmYdfNdN!<\n"),
		"binaries":           fill("\n---\n", "diff --git a/x b/x\nGIT binary patch\nliteral 3\nKcmYdfNdN!<\n\n"),
		"one long line":      fill(file+"@@ -0,0 +1 @@\n+", "a"),
		"trailers":           fill("\n", "a: b\n"),
		"paragraphs":         fill("\n", "a: b\n\n"),
		"relations":          fill("\n", "depends-on: <a@b> <c@d>\n"),
		"quoted diff":        fill("\n", "> diff --git a/x b/x\n"),
		"flowed":             fill(flowed+"---\ndiff --git a/x b/x\n@@ -1 +1 @@\n", "- \n"),
		"flowed, stuffed":    fill(flowed+"---\ndiff --git a/x b/x\n@@ -1 +1 @@\n", "  \n"),
		"flowed, no diff":    fill(flowed, "a \n"),
		"scissors":           fill("\n", "-- >8 --\n"),
		"mailbox separators": fill("\n", "From a@b Mon Sep 17 00:00:00 2001\n"),
	}
}

// hostileMails are mails that cost git's reading the most for their size: transfer encodings, charsets and parts.
func hostileMails(size int) map[string][]byte {
	const diff = "---\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	fill := func(head, unit string) []byte {
		head = "From: a@example.org\nSubject: [PATCH x] y\n" + head
		return append(append([]byte(head), bytes.Repeat([]byte(unit), (size-len(head))/len(unit))...), "\n\n"+diff...)
	}
	text := func(charset, encoding string) string {
		return "Content-Type: text/plain; charset=" + charset + "\nContent-Transfer-Encoding: " + encoding + "\n\n"
	}
	return map[string][]byte{
		"base64 without a line end": fill(text("utf-8", "base64"), strings.Repeat("YWFh", 18)+"\n"),
		"base64 on one line":        fill(text("utf-8", "base64"), "YWFh"),
		"base64 of line ends":       fill(text("utf-8", "base64"), strings.Repeat("CgoK", 18)+"\n"),
		"soft line ends":            fill(text("utf-8", "quoted-printable"), "a=\n"),
		"encoded line ends":         fill(text("utf-8", "quoted-printable"), "=0A"),
		"ISO-8859-1":                fill(text("iso-8859-1", "8bit"), "\xe9\n"),
		"ISO-8859-1 on one line":    fill(text("iso-8859-1", "8bit"), "\xe9"),
		"windows-1252":              fill(text("windows-1252", "8bit"), "\x80\n"),
		"Shift_JIS on one line":     fill(text("shift_jis", "8bit"), "\x83\x41"),
		"deleted spaces":            fill("Content-Type: text/plain; format=flowed; delsp=yes\n\n", "a \n"),
		"folded field":              fill("X: y\n", " y\n"),
		"folded field of the body":  fill("\nSubject: y\n", " y\n"),
		"fields":                    fill("", "X: y\n"),
		"encoded words":             fill("Subject: ", "=?utf-8?q?a?= "),
		"encoded words, folded":     fill("Subject: ", "=?utf-8?q?a?=\n "),
		"brackets":                  fill("Subject: ", "[a] "),
		"answers":                   fill("Subject: ", "Re: "),
		"comments":                  fill("From: a ", "("),
		"parts":                     fill("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\na\n"),
		"ended parts":               fill("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\n--b--\n"),
		"boundaries":                fill("", "Content-Type: multipart/mixed; boundary=b\n"),
	}
}

// TestHostileCommitStaysSmall: what git takes from a mail is read in memory that grows with the mail and no faster.
func TestHostileCommitStaysSmall(t *testing.T) {
	const size = 2 << 20
	all := hostilePatches(size)
	maps.Copy(all, hostileMails(size))
	for name, raw := range all {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, bad := ReadCommit(raw)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > maxMemory {
			t.Errorf("%s: %d MB allocated", name, used>>20)
		}
		if c == nil && bad == nil {
			t.Errorf("%s: neither a commit nor a reason why not", name)
		}
	}
}

func TestHostilePatchStaysSmall(t *testing.T) {
	for name, raw := range hostilePatches(mailSize) {
		m := email.Parse(raw, email.Limits{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		mail := classify(raw, m, time.Time{}, Options{AnyList: true})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > maxMemory {
			t.Errorf("%s: %d MB allocated", name, used>>20)
		}
		if mail.Kind != KindPatch {
			t.Errorf("%s: %s %s", name, mail.Kind, mail.Reason)
		}
	}
}

// BenchmarkHostilePatch reads each shape as a person would and says how often the same bytes could be hashed meanwhile.
func BenchmarkHostilePatch(b *testing.B) {
	for name, raw := range hostilePatches(mailSize) {
		b.Run(name, func(b *testing.B) {
			floor := time.Hour
			for range 5 {
				start := time.Now()
				sha256.Sum256(raw)
				floor = min(floor, time.Since(start))
			}
			m := email.Parse(raw, email.Limits{})
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				classify(raw, m, time.Time{}, Options{AnyList: true})
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(max(floor, 1)), "x-sha256")
		})
	}
}
