package email

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// maxReferences is how many ids a reply's References field names: the root of the thread and the nearest parents.
const maxReferences = 20

// ReplySubject returns the subject of a reply to a mail with the decoded subject s: one "Re: ", whatever marks it had.
func ReplySubject(s string) string {
	rest, _ := CutMarks(s)
	return "Re: " + strings.TrimRightFunc(rest, IsBlank)
}

// ReplyReferences returns what the References field of a reply to m holds, oldest first (RFC 5322, section 3.6.4): the
// parent's own References, or its In-Reply-To when that names exactly one mail, then the parent. At most the first and the
// last 19 are kept. The derived id of a mail without Message-ID is left out.
func ReplyReferences(m *Message) []string {
	refs := m.References
	if len(refs) == 0 && len(m.InReplyTo) == 1 {
		refs = m.InReplyTo
	}
	all := append([]string{}, refs...)
	if !m.Derived {
		all = append(all, m.ID)
	}
	return distinct(all, maxReferences)
}

// ReplyID returns a Message-ID, without brackets, that depends on domain and key alone: the same reply composed twice, by
// any process at any time, has one id. The parts of key are separated, so that ("a", "bc") and ("ab", "c") differ.
func ReplyID(domain string, key ...string) string {
	sum := sha256.New()
	for _, part := range key {
		sum.Write([]byte(part))
		sum.Write([]byte{0})
	}
	digest := base32.StdEncoding.EncodeToString(sum.Sum(nil))
	return "pb." + strings.ToLower(digest[:32]) + "@" + strings.ToLower(domain)
}
