package email

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	maxIDBytes = 900 // an id must fit a line of 998 octets with its field name (RFC 5322, section 2.1.1)

	// missingDomain ends the ids derived for mails that have none; the domain can never exist (RFC 2606, section 2).
	missingDomain = "@missing.invalid"
)

// scanIDs returns the message ids in a field value, in order. An id is the byte string between "<" and ">", blanks at its
// ends cut, without blanks or controls inside and of at most 900 octets: more than RFC 5322 section 3.6.4 allows, because
// mailers write more, and nothing of its grammar is needed to compare ids. Comments, commas and prose around the ids are
// passed over. A value without any bracket is read as bare ids separated by blanks, commas or semicolons.
//
// The scan is linear. At most limit ids are kept: the first and the last ones, since those are the root of the thread and
// the nearest parents.
func scanIDs(value string, limit int) []string {
	if !strings.ContainsAny(value, "<>") {
		return bareIDs(value, limit)
	}
	var ids idList
	for rest := value; ; {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		rest = rest[open+1:]
		end := strings.IndexAny(rest, "<>")
		if end < 0 {
			ids.add(strings.TrimSpace(rest), limit)
			break
		}
		if rest[end] == '>' {
			ids.add(strings.TrimSpace(rest[:end]), limit)
			rest = rest[end+1:]
		} else if bare := bareIDs(rest[:end], 1); len(bare) == 1 { // "<a@b <c@d>": the first bracket was never closed
			ids.add(bare[0], limit)
			rest = rest[end:]
		} else {
			rest = rest[end:]
		}
	}
	return ids.list
}

// bareIDs reads ids that lost their angle brackets.
func bareIDs(value string, limit int) []string {
	var ids idList
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t'
	}) {
		if at := strings.IndexByte(word, '@'); at > 0 && at < len(word)-1 {
			ids.add(word, limit)
		}
	}
	return ids.list
}

// idList keeps the first id and the last ones.
type idList struct{ list []string }

func (l *idList) add(id string, limit int) {
	if !validID(id) {
		return
	}
	if len(l.list) >= 2*limit { // shift seldom, so that a long list stays linear
		l.trim(limit)
	}
	l.list = append(l.list, id)
}

func (l *idList) trim(limit int) {
	if len(l.list) > limit && limit > 0 {
		l.list = append(l.list[:1], l.list[len(l.list)-limit+1:]...)
	}
}

func validID(id string) bool {
	if id == "" || len(id) > maxIDBytes {
		return false
	}
	for _, r := range id {
		if r <= ' ' || r == 0x7f || r == 0xa0 || r == '<' || r == '>' {
			return false
		}
	}
	return true
}

// distinct removes repetitions, keeping the first place of each id, and applies the limit of scanIDs.
func distinct(ids []string, limit int) []string {
	seen := make(map[string]bool, len(ids))
	var list idList
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list.list = append(list.list, id)
		}
	}
	list.trim(limit)
	return list.list
}

// deriveID makes an id for a mail that has none, from what two copies of the mail share.
func deriveID(h Header, bodyHash string) string {
	sum := sha256.New()
	for _, part := range []string{h.Get("From"), h.Get("Date"), h.Get("Subject"), bodyHash} {
		sum.Write([]byte(part))
		sum.Write([]byte{0})
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]) + missingDomain
}

// ScanIDs returns the message ids in a value that a person wrote, without brackets: a trailer, a command. See scanIDs for
// what counts as one; at most 200 are returned.
func ScanIDs(value string) []string { return scanIDs(value, DefaultLimits().References) }
