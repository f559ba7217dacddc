package email

import "strings"

// String returns the address as a person reads it, `Name <user@host>`, with the name in quotes when it holds a special
// character of RFC 5322 section 3.2.3. It is not encoded for the wire; a [Reply] does that itself.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Addr
	case a.Addr == "":
		return quoteName(a.Name)
	}
	return quoteName(a.Name) + " <" + a.Addr + ">"
}

func quoteName(name string) string {
	if !strings.ContainsAny(name, `()<>[]:;@\,."`) {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// parseAddresses reads an address list in one pass, whatever its nesting of comments. Groups (RFC 5322, section 3.4; RFC
// 6854 for From) give no address: nobody can be answered there. Display names need not be quoted, may hold encoded words
// inside or outside quotes, and may stand in a comment after the address. A mailbox without a usable address keeps its
// name only.
func parseAddresses(value string) []Address {
	p := addressParser{}
	for i := 0; i < len(value); i++ {
		i = p.step(value, i)
	}
	p.flush()
	return p.list
}

type addressParser struct {
	list    []Address
	phrase  strings.Builder // what stands outside brackets and comments
	comment strings.Builder
	angle   string // what stands between < and >
	hasAddr bool
	depth   int // of comments
	group   bool
}

// step consumes the byte at i, and more where a token is longer, and returns the index of the last byte consumed.
func (p *addressParser) step(value string, i int) int {
	c := value[i]
	switch {
	case p.depth > 0:
		p.inComment(value, i)
		if c == '\\' {
			i++
		}
	case c == '(':
		p.depth = 1
	case c == '"':
		text, end := quotedString(value, i+1)
		p.phrase.WriteString(text)
		return end
	case c == '<':
		end := strings.IndexAny(value[i+1:], "<>")
		if end < 0 {
			end = len(value) - i - 1
		}
		if !p.hasAddr {
			p.angle, p.hasAddr = value[i+1:i+1+end], true
		}
		if i+1+end < len(value) && value[i+1+end] == '<' {
			return i + end
		}
		return i + 1 + end
	case c == ':' && !p.hasAddr && strings.IndexByte(value[i:], ';') >= 0:
		p.reset()
		p.group = true
	case c == ';':
		if !p.group {
			p.flush()
		}
		p.reset()
		p.group = false
	case c == ',':
		if !p.group {
			p.flush()
		}
		p.reset()
	default:
		p.phrase.WriteByte(c)
	}
	return i
}

func (p *addressParser) inComment(value string, i int) {
	switch c := value[i]; c {
	case '(':
		p.depth++
	case ')':
		if p.depth--; p.depth == 0 {
			return
		}
	case '\\':
		if i+1 < len(value) {
			p.comment.WriteByte(value[i+1])
		}
		return
	}
	p.comment.WriteByte(value[i])
}

// quotedString returns the text of a quoted-string that begins at i, after its quote, and the index of its closing quote.
// Without one, everything up to the end is the text.
func quotedString(value string, i int) (string, int) {
	var text strings.Builder
	for ; i < len(value) && value[i] != '"'; i++ {
		if value[i] == '\\' && i+1 < len(value) {
			i++
		}
		text.WriteByte(value[i])
	}
	return text.String(), i
}

func (p *addressParser) reset() {
	p.phrase.Reset()
	p.comment.Reset()
	p.angle, p.hasAddr = "", false
}

func (p *addressParser) flush() {
	if p.group {
		return
	}
	name, addr := p.phrase.String(), p.angle
	if !p.hasAddr {
		name, addr = bareAddress(name)
	}
	if i := strings.LastIndexByte(addr, ':'); i >= 0 && strings.HasPrefix(strings.TrimSpace(addr), "@") {
		addr = addr[i+1:] // a source route, RFC 5322 section 4.4
	}
	a := Address{Name: decodeText(name), Addr: cleanAddr(addr)}
	if a.Name == "" {
		a.Name = decodeText(p.comment.String())
	}
	if a != (Address{}) {
		p.list = append(p.list, a)
	}
}

// bareAddress finds the address in a mailbox without angle brackets: the word with an "@". The other words are the name.
func bareAddress(s string) (name, addr string) {
	var words []string
	for word := range strings.FieldsSeq(s) {
		if addr == "" && strings.Contains(word, "@") {
			addr = strings.Trim(word, "<>")
		} else {
			words = append(words, word)
		}
	}
	return strings.Join(words, " "), addr
}

// cleanAddr returns the addr-spec when it has a local part and a domain and neither blanks nor controls, else "".
func cleanAddr(addr string) string {
	addr = legacyText([]byte(strings.TrimSpace(addr)))
	at := strings.LastIndexByte(addr, '@')
	if at <= 0 || at == len(addr)-1 || len(addr) > 320 {
		return ""
	}
	for _, r := range addr {
		if r <= ' ' || r == 0x7f || r == 0xa0 {
			return ""
		}
	}
	return addr
}

// Addresses reads a field value, not yet decoded, as an address list. Groups give none, see [Message].From.
func Addresses(value string) []Address {
	return parseAddresses(value[:min(len(value), DefaultLimits().FieldBytes)])
}
