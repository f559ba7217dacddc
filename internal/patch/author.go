package patch

import (
	"strings"

	"patchbot/internal/email"
)

// authorOf returns the person who sent a mail, for display and for telling series apart, never for authority.
//
// Lists that protect themselves against DMARC replace From by their own address, "Anne via List <list@host>". The person is
// then looked for where such lists put it: X-Original-From; a Reply-To or Cc with the same name; X-Original-Sender; the
// From line that git writes at the top of the body; and last, an address folded into the list's ("anne=host@list").
func (o Options) authorOf(m *email.Message) email.Address {
	if len(m.From) == 0 {
		return email.Address{}
	}
	from := m.From[0]
	name, mangled := o.unmangleName(m, from)
	if !mangled {
		return from
	}
	for _, found := range [][]email.Address{
		email.Addresses(m.Header.Get("X-Original-From")),
		sameName(append(append([]email.Address{}, m.ReplyTo...), m.Cc...), name),
		email.Addresses(m.Header.Get("X-Original-Sender")),
		bodyFrom(m.Text),
	} {
		for _, a := range found {
			if a.Addr == "" || strings.EqualFold(a.Addr, from.Addr) || containsFold(o.ListAddresses, a.Addr) {
				continue
			}
			if a.Name == "" {
				a.Name = name
			}
			return a
		}
	}
	local, _, _ := strings.Cut(from.Addr, "@")
	if user, host, ok := strings.Cut(local, "="); ok && strings.Contains(host, ".") {
		return email.Address{Name: name, Addr: user + "@" + host}
	}
	return email.Address{Name: name}
}

// unmangleName cuts " via List" from a display name, and reports whether the address is the list's and not the person's.
func (o Options) unmangleName(m *email.Message, from email.Address) (string, bool) {
	name := from.Name
	via := strings.LastIndex(strings.ToLower(name), " via ")
	if via >= 0 {
		name = strings.Trim(name[:via], `"' `)
	}
	listed := containsFold(o.ListAddresses, from.Addr) || from.Addr != "" && strings.Contains(strings.ToLower(m.Header.Get("List-Post")), strings.ToLower("mailto:"+from.Addr))
	return name, listed || via >= 0 && (len(m.ListIDs) > 0 || m.Header.Get("X-Original-From") != "" || m.Header.Get("X-Original-Sender") != "")
}

func sameName(list []email.Address, name string) []email.Address {
	var same []email.Address
	for _, a := range list {
		if a.Name != "" && strings.EqualFold(strings.Join(strings.Fields(a.Name), " "), strings.Join(strings.Fields(name), " ")) {
			same = append(same, a)
		}
	}
	return same
}

// bodyFrom reads the From line that git send-email puts first in a body when the author is not the sender.
func bodyFrom(text string) []email.Address {
	line, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	value, ok := strings.CutPrefix(strings.TrimSpace(line), "From:")
	if !ok {
		return nil
	}
	return email.Addresses(value)
}
