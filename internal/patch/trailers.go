package patch

import (
	"net/url"
	"slices"
	"strings"

	"patchbot/internal/email"
)

// parseTrailers reads the trailers of a commit message or cover text: the lines "Key: value" of its last paragraphs that
// hold nothing else, as far up as such paragraphs go. Folded lines continue the value. The subject is no part of message.
func parseTrailers(message string) []Trailer {
	var trailers []Trailer
	paragraphs := strings.Split(strings.TrimSpace(strings.ReplaceAll(message, "\r", "")), "\n\n")
	for _, paragraph := range slices.Backward(paragraphs) {
		block, ok := trailerBlock(paragraph)
		if !ok {
			break
		}
		trailers = append(block, trailers...)
	}
	return trailers
}

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
	for line := range strings.Lines(prose) {
		t, ok := trailerLine(strings.TrimRight(line, "\r\n"))
		if !ok {
			continue
		}
		switch strings.ToLower(t.Key) {
		case "base-commit":
			if id := strings.ToLower(t.Value); m.BaseCommit == "" && len(id) == 40 && isHex(id) {
				m.BaseCommit = id
			}
		case "prerequisite-patch-id":
			if id := strings.ToLower(t.Value); len(id) == 40 && isHex(id) {
				m.Requires = appendNew(m.Requires, id)
			}
		case "depends-on", "based-on", "prerequisite-message-id":
			m.DependsOn = appendNew(m.DependsOn, references(t.Value)...)
		case "supersedes":
			for _, ref := range references(t.Value) {
				m.Supersedes = appendNew(m.Supersedes, Ref(ref))
			}
		case "change-id":
			if m.ChangeID == "" && !strings.Contains(t.Value, " ") {
				m.ChangeID = t.Value
			}
		}
	}
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

// maxRelations bounds what one mail may name; b4 and git write one line for each patch of a series.
const maxRelations = 200
