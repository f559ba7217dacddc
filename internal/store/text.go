package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// identBytes is how long an indexed text may be: PostgreSQL refuses index rows over 2,700 bytes, of up to three columns.
const identBytes = 500

// text makes s storable: PostgreSQL takes neither invalid UTF-8 nor NUL, and both engines shall hold the same.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// ident makes s storable and short enough for an index, different texts staying different.
func ident(s string) string {
	clean := text(s)
	if len(clean) <= identBytes && clean == s {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	mark := "…" + hex.EncodeToString(sum[:16])
	cut := min(len(clean), identBytes-len(mark))
	for cut > 0 && cut < len(clean) && !utf8.RuneStart(clean[cut]) {
		cut--
	}
	return clean[:cut] + mark
}

// never is the due time of what only another event makes due again.
const never = math.MaxInt64

// millis is t for the database; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment is the time that millis or due wrote, in UTC; zero for "none" and "never".
func moment(ms int64) time.Time {
	if ms == 0 || ms == never {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// due is a due time for the database; the zero time means otherwise.
func due(t time.Time, otherwise int64) int64 {
	if t.IsZero() {
		return otherwise
	}
	return t.UnixMilli()
}

// packList and unpackList keep a list of texts in one column.
func packList(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	clean := make([]string, len(list))
	for i, s := range list {
		clean[i] = text(s)
	}
	packed, err := json.Marshal(clean)
	if err != nil {
		panic(fmt.Sprintf("store: strings that JSON cannot hold: %v", err)) // there are none
	}
	return string(packed)
}

func unpackList(packed string) ([]string, error) {
	if packed == "[]" {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(packed), &list); err != nil {
		return nil, fmt.Errorf("read a stored list: %w", err)
	}
	return list, nil
}
