package email

import "strings"

// Aligned reports whether the border server of our own side vouches that the mail comes from the domain of its From
// address: by an Authentication-Results field (RFC 8601) of one of the given authserv-ids in which DMARC, DKIM or SPF
// passed for exactly that domain.
//
// Everything doubtful counts as no. Only the topmost such field is read, since a sender can write any number of them below
// it, and the border server must be one that takes forged fields of its own name out. A field with quotes, comments or two
// results of one method is not believed at all: that is where readers of this field have been deceived.
func Aligned(m *Message, servers []string) bool {
	if len(m.Header.Values("From")) != 1 || len(m.From) != 1 {
		return false
	}
	_, domain, ok := cutLast(m.From[0].Addr, '@')
	fields := m.Header.Values("Authentication-Results")
	if !ok || len(fields) == 0 || strings.ContainsAny(fields[0], `"()\`) {
		return false
	}
	results := strings.Split(fields[0], ";")
	if !isOneOf(results[0], servers) {
		return false
	}
	seen := map[string]bool{}
	aligned := false
	for _, result := range results[1:] {
		method, passed, ok := alignedResult(result, domain)
		if !ok || seen[method] {
			return false
		}
		seen[method] = true
		aligned = aligned || passed
	}
	return aligned
}

// isOneOf compares the authserv-id, which a version number may follow.
func isOneOf(id string, servers []string) bool {
	words := strings.Fields(id)
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "1" {
		return false
	}
	for _, s := range servers {
		if strings.EqualFold(s, words[0]) {
			return true
		}
	}
	return false
}

// alignedResult reads "method=result property=value …" and reports whether it is a pass for the domain. ok is false when the
// text has another form.
func alignedResult(text, domain string) (method string, passed, ok bool) {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) == 1 && strings.EqualFold(words[0], "none") {
		return "", false, len(words) == 1
	}
	method, result, ok := strings.Cut(strings.ToLower(words[0]), "=")
	if !ok || method == "" || result == "" {
		return "", false, false
	}
	property := map[string]string{"dmarc": "header.from", "dkim": "header.d", "spf": "smtp.mailfrom"}[method]
	if property == "" || result != "pass" {
		return method, false, true
	}
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return "", false, false
		}
		if strings.EqualFold(name, property) {
			_, host, mailbox := cutLast(value, '@')
			if !mailbox {
				host = value
			}
			passed = strings.EqualFold(host, domain)
		}
	}
	return method, passed, true
}
