package patch

import (
	"net/url"
	"slices"
	"strings"

	"patchbot/internal/email"
)

// parseTrailers reads the trailers of a commit message or cover text: the lines "Key: value" of its last paragraphs that
// hold nothing else, as far up as such paragraphs go. Folded lines continue the value. The subject is no part of message,
// and of a long one only the end is read.
func parseTrailers(message string) []Trailer {
	if len(message) > maxTrailerText {
		_, message, _ = strings.Cut(message[len(message)-maxTrailerText:], "\n")
	}
	var blocks [][]Trailer // last first
	paragraphs := strings.Split(strings.TrimSpace(strings.ReplaceAll(message, "\r", "")), "\n\n")
	for _, paragraph := range slices.Backward(paragraphs) {
		block, ok := trailerBlock(paragraph)
		if !ok {
			break
		}
		blocks = append(blocks, block)
	}
	slices.Reverse(blocks)
	return slices.Concat(blocks...)
}

// maxTrailerText bounds the text that is searched for trailers, bytes.
const maxTrailerText = 16 << 10

func trailerBlock(paragraph string) ([]Trailer, bool) {
	var block []Trailer
	for line := range strings.Lines(strings.Trim(paragraph, "\n")) {
		line = strings.TrimRight(line, "\n")
		if len(block) > 0 && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			block[len(block)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		t, ok := trailerLine(line)
		if !ok {
			return nil, false
		}
		block = append(block, t)
	}
	return block, len(block) > 0
}

// trailerLine reads "Key: value". A key is letters, digits and hyphens; "http" is none.
func trailerLine(line string) (Trailer, bool) {
	key, value, ok := strings.Cut(line, ":")
	if !ok || key == "" || strings.HasPrefix(value, "//") || !isAlpha(key[0]) {
		return Trailer{}, false
	}
	for i := 0; i < len(key); i++ {
		if !isAlpha(key[i]) && !isDigit(key[i]) && key[i] != '-' {
			return Trailer{}, false
		}
	}
	value = strings.TrimSpace(value)
	return Trailer{Key: key, Value: value}, value != ""
}

// relations fills what a mail says about other patches. Such lines may stand anywhere outside the diff: git writes
// base-commit below it, people write Depends-on under "---".
func (m *Mail) relations(prose string) {
	found := 0
	for line := range strings.Lines(prose) {
		if strings.IndexByte(line, ':') < len("based-on") { // no key that counts is shorter
			continue
		}
		t, ok := trailerLine(strings.TrimRight(line, "\r\n"))
		if ok && m.relation(t) {
			if found++; found == maxRelations {
				return
			}
		}
	}
}

// relation takes over one line, and reports whether it is about other patches.
func (m *Mail) relation(t Trailer) bool {
	is := func(key string) bool { return strings.EqualFold(t.Key, key) }
	switch {
	case is("base-commit"):
		if id := strings.ToLower(t.Value); m.BaseCommit == "" && len(id) == 40 && isHex(id) {
			m.BaseCommit = id
		}
	case is("prerequisite-patch-id"):
		if id := strings.ToLower(t.Value); len(id) == 40 && isHex(id) {
			m.Requires = appendNew(m.Requires, id)
		}
	case is("depends-on"), is("based-on"), is("prerequisite-message-id"):
		m.DependsOn = appendNew(m.DependsOn, references(t.Value)...)
	case is("supersedes"):
		for _, ref := range references(t.Value) {
			m.Supersedes = appendNew(m.Supersedes, Ref(ref))
		}
	case is("change-id"):
		if m.ChangeID == "" && !strings.Contains(t.Value, " ") {
			m.ChangeID = t.Value
		}
	default:
		return false
	}
	return true
}

// references returns the URLs and message ids of a value, ids without brackets.
func references(value string) []string {
	var refs []string
	for word := range strings.FieldsSeq(value) {
		if strings.Contains(word, "://") {
			refs = append(refs, strings.Trim(word, "<>,;"))
		}
	}
	if refs != nil {
		return refs
	}
	return email.ScanIDs(value)
}

// Ref returns the message id that a reference to a mail names: the id itself, or the one in the path of an archive's
// address, as of lists.sr.ht ("…/%3Cid%3E") and public-inbox ("…/id/"). It returns "" for an address that holds none.
func Ref(ref string) string {
	if !strings.Contains(ref, "://") {
		return ref
	}
	u, err := url.Parse(ref)
	if err != nil {
		return ""
	}
	for _, segment := range slices.Backward(strings.Split(u.EscapedPath(), "/")) {
		if id, err := url.PathUnescape(segment); err == nil && strings.Contains(id, "@") {
			if ids := email.ScanIDs(id); len(ids) == 1 {
				return ids[0]
			}
		}
	}
	return ""
}

func appendNew(list []string, values ...string) []string {
	for _, v := range values {
		if v != "" && len(list) < maxRelations && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// maxRelations bounds the lines that are read and the values that are kept; b4 and git write one for each patch.
const maxRelations = 200
