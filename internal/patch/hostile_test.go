package patch

import (
	"bytes"
	"crypto/sha256"
	"runtime"
	"testing"
	"time"

	"patchbot/internal/email"
)

const (
	mailSize  = 5 << 20
	maxMemory = 64 << 20 // bytes allocated for one mail beyond reading it, garbage included
)

// hostilePatches are bodies that cost a reader of diffs the most for their size.
func hostilePatches() map[string][]byte {
	header := "From: a@example.org\nMessage-ID: <a@example.org>\nSubject: [PATCH x] y\n"
	fill := func(head, unit string) []byte {
		head = header + head
		return append([]byte(head), bytes.Repeat([]byte(unit), (mailSize-len(head))/len(unit))...)
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

func TestHostilePatchStaysSmall(t *testing.T) {
	for name, raw := range hostilePatches() {
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
	for name, raw := range hostilePatches() {
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
