package patch

import (
	"slices"
	"strings"

	"patchbot/internal/email"
)

// Options says whose mail is judged. Addresses and list ids compare without case.
type Options struct {
	Prefixes      []string // subject prefixes of the wikis, aliases included; none takes any
	Own           []string // addresses of the bot itself
	ListIDs       []string // what stands inside the brackets of List-Id; opaque, lists.sr.ht's is no valid RFC 2919 id
	ListAddresses []string // posting addresses, aliases included
	AnyList       bool     // an archive or the command line: do not judge the list
	Private       bool     // take mail that reached the bot without a list, when one of AuthServers vouches for its sender
	AuthServers   []string // authserv-ids of the own border servers, see email.Aligned
}

// guard says why a mail must not be answered whatever it holds: the rules that keep a robot from talking to itself, to
// other robots and to people who wrote to somebody else. The order is from the surest sign to the weakest, so that the
// reason is the most telling one.
func (o Options) guard(m *email.Message) (Reason, string) {
	if o.isOwn(m) {
		return ReasonOwnMail, ""
	}
	if reason := reportKind(m); reason != "" {
		return reason, ""
	}
	for _, value := range m.Header.Values("Auto-Submitted") {
		keyword, _, _ := strings.Cut(value, ";") // RFC 3834, section 5
		keyword, _, _ = strings.Cut(keyword, "(")
		if keyword = strings.ToLower(strings.TrimSpace(keyword)); keyword != "no" && keyword != "" {
			return ReasonAutoSubmitted, "Auto-Submitted: " + keyword
		}
	}
	if name := autoReplyMark(m); name != "" {
		return ReasonAutoSubmitted, name
	}
	if path := m.Header.Values("Return-Path"); len(path) > 0 && strings.Trim(path[0], "<> \t") == "" {
		return ReasonNullSender, ""
	}
	if o.AnyList {
		return "", ""
	}
	switch precedence := strings.ToLower(strings.TrimSpace(m.Header.Get("Precedence"))); precedence {
	case "bulk", "junk", "auto_reply": // "list" is normal here
		if !o.knowsListID(m) {
			return ReasonBulk, "Precedence: " + precedence
		}
	}
	return o.judgeList(m)
}

func (o Options) isOwn(m *email.Message) bool {
	for _, a := range m.From {
		if containsFold(o.Own, a.Addr) {
			return true
		}
	}
	return m.Header.Get("X-Patchbot-Series") != "" || m.Header.Get("X-Patchbot-Job") != "" ||
		containsFold(o.Own, strings.Trim(m.Header.Get("X-Loop"), "<> \t"))
}

// reportKind knows delivery reports (RFC 3464) and read receipts (RFC 8098) by their content type: behind a list, the null
// return path that should mark them cannot be seen.
func reportKind(m *email.Message) Reason {
	ct := strings.ToLower(m.Header.Get("Content-Type"))
	kind, parameters, _ := strings.Cut(ct, ";")
	switch strings.TrimSpace(kind) {
	case "multipart/report":
		if strings.Contains(parameters, "disposition-notification") {
			return ReasonReadReceipt
		}
		return ReasonDeliveryReport
	case "message/delivery-status":
		return ReasonDeliveryReport
	case "message/disposition-notification":
		return ReasonReadReceipt
	}
	return ""
}

// autoReplyMark returns the field by which software from before RFC 3834 asks for no answer.
func autoReplyMark(m *email.Message) string {
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoreply-From"} {
		if v := m.Header.Get(name); v != "" && !strings.EqualFold(v, "no") {
			return name
		}
	}
	for word := range strings.FieldsFuncSeq(m.Header.Get("X-Auto-Response-Suppress"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if strings.EqualFold(word, "all") || strings.EqualFold(word, "autoreply") {
			return "X-Auto-Response-Suppress"
		}
	}
	return ""
}

func (o Options) knowsListID(m *email.Message) bool {
	return len(m.ListIDs) == 1 && slices.ContainsFunc(o.ListIDs, func(id string) bool {
		return strings.EqualFold(bareListID(id), m.ListIDs[0])
	})
}

// bareListID takes an id out of "Name <id>", as people copy it from a mail.
func bareListID(id string) string {
	if _, inside, ok := strings.Cut(id, "<"); ok {
		id, _, _ = strings.Cut(inside, ">")
	}
	return strings.TrimSpace(id)
}

// judgeList decides whether a mail came over a list of ours. A poster's own List-Id survives most lists, so two of them
// prove nothing. Subscribers named in To or Cc get no list copy from some servers: the direct copy, addressed to the list,
// is as good.
func (o Options) judgeList(m *email.Message) (Reason, string) {
	if len(m.ListIDs) > 1 {
		return ReasonForgedList, strings.Join(m.ListIDs, ", ")
	}
	if o.knowsListID(m) {
		return "", ""
	}
	for _, a := range append(slices.Clone(m.To), m.Cc...) {
		if containsFold(o.ListAddresses, a.Addr) {
			return "", ""
		}
	}
	switch {
	case len(m.ListIDs) == 1:
		return ReasonOtherList, m.ListIDs[0]
	case o.Private && email.Aligned(m, o.AuthServers):
		return "", ""
	case o.Private:
		return ReasonUntrustedSender, ""
	}
	return ReasonPrivateMail, ""
}

// isPrivate reports whether a mail came over no list at all.
func (o Options) isPrivate(m *email.Message) bool {
	if o.AnyList || len(m.ListIDs) > 0 {
		return false
	}
	reason, _ := Options{ListAddresses: o.ListAddresses}.judgeList(m)
	return reason == ReasonPrivateMail
}

func containsFold(list []string, s string) bool {
	return s != "" && slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
}
