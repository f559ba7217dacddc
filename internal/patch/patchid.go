package patch

import (
	"crypto/sha1"
	"encoding/hex"
	"hash"
	"strings"
)

// PatchID returns the id that `git patch-id --stable` gives to a text diff, 40 hex digits, or "" when there is no diff. It
// does not change with line numbers, blanks, blob ids, the order of the files, or the text around the diff.
func PatchID(diff []byte) string {
	text := string(diff)
	return patchID(text, outlineOf(text))
}

// patchID adds up the SHA-1 of the diff of each file as numbers of 160 bits, least significant byte first. Of a file's
// lines the blob ids and hunk headers and the marks for a missing final newline do not count, and no white space does. A
// file without hunks, such as a mere renaming, is counted together with the next one.
func patchID(text string, o outline) string {
	if len(o.files) == 0 {
		return ""
	}
	var total [sha1.Size]byte
	sum := sha1.New()
	for i, f := range o.files {
		hashLines(sum, text[f.start:f.end])
		if f.lines == 0 && i+1 < len(o.files) {
			continue
		}
		carry := 0
		for i, b := range sum.Sum(nil) {
			carry += int(total[i]) + int(b)
			total[i] = byte(carry)
			carry >>= 8
		}
		sum.Reset()
	}
	return hex.EncodeToString(total[:])
}

func hashLines(sum hash.Hash, text string) {
	var clean []byte
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "index ") || strings.HasPrefix(line, "@@ -") || strings.HasPrefix(line, `\ `) {
			continue
		}
		clean = clean[:0]
		for i := 0; i < len(line); i++ {
			if !isBlankByte(line[i]) {
				clean = append(clean, line[i])
			}
		}
		sum.Write(clean)
	}
}

// isBlankByte knows C's white space in ASCII.
func isBlankByte(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
