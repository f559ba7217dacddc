package prober

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// address is a URL as it is asked. The bytes after the host are those that were written, but for blanks, control bytes and
// bytes beyond ASCII, which no request line can carry: "%2F" and "%26" mean something else than "/" and "&".
type address struct {
	scheme   string // http, https
	host     string // ASCII, lower case, without port, brackets or final dot
	port     string
	rest     string // path and query, beginning with "/"
	fragment string // as written, without "#"
}

// maxURL is the longest URL that is asked, bytes.
const maxURL = 8 << 10

// parseAddress reads a URL as browsers do. The cause says why it will not be asked, empty when it can be.
func parseAddress(raw string) (address, Cause) {
	raw = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(strings.Trim(raw, " "))
	if len(raw) > maxURL {
		return address{}, CauseTooLong
	}
	scheme, after, ok := strings.Cut(raw, ":")
	if !ok {
		return address{}, CauseScheme
	}
	a := address{scheme: strings.ToLower(scheme)}
	if a.scheme != "http" && a.scheme != "https" {
		return address{}, CauseScheme
	}
	after, ok = strings.CutPrefix(after, "//")
	if !ok {
		return address{}, CauseMalformed
	}
	authority, rest := after, ""
	if i := strings.IndexAny(after, `/?#\`); i >= 0 {
		authority, rest = after[:i], after[i:]
	}
	if strings.Contains(authority, "@") {
		return address{}, CauseCredentials
	}
	if cause := a.setAuthority(authority); cause != "" {
		return address{}, cause
	}
	a.setRest(rest)
	return a, ""
}

func (a *address) setRest(rest string) {
	rest, a.fragment, _ = strings.Cut(rest, "#")
	rest = strings.Replace(rest, `\`, "/", 1)
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	a.rest = escape(rest)
}

// setAuthority reads host and port.
func (a *address) setAuthority(s string) Cause {
	host, port := s, ""
	if end := strings.LastIndexByte(s, ']'); end >= 0 {
		host, port = s[:end+1], s[end+1:]
	} else if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i:]
	}
	if port != "" && port[0] != ':' {
		return CauseMalformed
	}
	a.port = strings.TrimPrefix(port, ":")
	if a.port == "" {
		a.port = map[string]string{"http": "80", "https": "443"}[a.scheme]
	}
	n, err := strconv.ParseUint(a.port, 10, 16)
	if err != nil || a.port[0] == '+' {
		return CauseMalformed
	}
	a.port = strconv.FormatUint(n, 10)
	var ok bool
	if a.host, ok = readHost(host); !ok {
		return CauseMalformed
	}
	return ""
}

// readHost gives a host its ASCII form, an IP address its usual spelling.
func readHost(s string) (string, bool) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", false
		}
		return addr.String(), true
	}
	s, err := url.PathUnescape(s)
	if err != nil {
		return "", false
	}
	if !simpleHost(s) {
		if s, err = idna.Lookup.ToASCII(s); err != nil {
			return "", false
		}
	}
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	if s == "" || len(s) > 253 || !simpleHost(s) || strings.Contains("."+s+".", "..") {
		return "", false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) > 63 {
			return "", false
		}
	}
	return readIPv4(s)
}

func simpleHost(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// readIPv4 understands every spelling of an IPv4 address that browsers do (WHATWG URL, "IPv4 parser"): fewer parts than
// four, octal and hexadecimal ones. Other hosts pass unchanged; ok is false for a number that is no address.
func readIPv4(s string) (string, bool) {
	parts := strings.Split(s, ".")
	if _, ok := number(parts[len(parts)-1]); !ok {
		return s, true
	}
	if len(parts) > 4 {
		return "", false
	}
	var sum uint64
	for i, p := range parts {
		n, ok := number(p)
		last := i == len(parts)-1
		switch {
		case !ok || !last && n > 255:
			return "", false
		case last && n >= 1<<(8*(5-len(parts))):
			return "", false
		case last:
			sum += n
		default:
			sum += n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}).String(), true
}

// number reads a part of an IPv4 address; ok is false when it is none.
func number(s string) (n uint64, ok bool) {
	if s == "" {
		return 0, false
	}
	base, digits := 10, s
	switch {
	case strings.HasPrefix(s, "0x"):
		base, digits = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, digits = 8, s[1:]
	}
	if digits == "" {
		return 0, base == 16
	}
	n, err := strconv.ParseUint(digits, base, 33)
	if err != nil {
		// Decimal digits that are too many, or no octal ones, are a number all the same: one that is no address.
		return 1 << 32, strings.Trim(s, "0123456789") == ""
	}
	return n, true
}

// escape writes what a request line cannot carry as %XX.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// ip is the address that the host is, when it is one and not a name.
func (a address) ip() (netip.Addr, bool) {
	addr, err := netip.ParseAddr(a.host)
	return addr, err == nil
}

// hostPort is what the Host field carries.
func (a address) hostPort() string {
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.scheme == "http" && a.port == "80" || a.scheme == "https" && a.port == "443" {
		return host
	}
	return host + ":" + a.port
}

// key names what one request fetches: the URL without its fragment.
func (a address) key() string { return a.scheme + "://" + a.hostPort() + a.rest }

// site names the server.
func (a address) site() string { return a.scheme + "://" + a.hostPort() }

// path is rest without the query.
func (a address) path() string {
	p, _, _ := strings.Cut(a.rest, "?")
	return p
}

// with is the same server's other page.
func (a address) with(rest string) address {
	a.rest, a.fragment = rest, ""
	return a
}

// url makes the URL that net/http sends byte for byte.
func (a address) url() *url.URL {
	u := &url.URL{Scheme: a.scheme, Host: a.hostPort()}
	u.Opaque = a.rest
	if strings.HasPrefix(a.rest, "//") { // would be read as a host; the absolute form says the same
		u.Opaque = "//" + u.Host + a.rest
	}
	return u
}

// resolve reads the target of a redirection from a. It inherits the fragment when it has none (RFC 9110, section 10.2.2).
func (a address) resolve(location string) (address, Cause) {
	location = strings.Trim(location, " \t")
	next, cause := a.reference(location)
	if cause == "" && !strings.Contains(location, "#") {
		next.fragment = a.fragment
	}
	return next, cause
}

func (a address) reference(s string) (address, Cause) {
	next := a
	switch {
	case hasScheme(s):
		return parseAddress(s)
	case strings.HasPrefix(s, "//"):
		return parseAddress(a.scheme + ":" + s)
	case strings.HasPrefix(s, "/"):
		next.setRest(withoutDots(s))
	case strings.HasPrefix(s, "?"):
		next.setRest(a.path() + s)
	case s == "" || strings.HasPrefix(s, "#"):
		next.setRest(a.rest + s)
	default:
		next.setRest(withoutDots(a.path()[:strings.LastIndexByte(a.path(), '/')+1] + s))
	}
	if len(next.rest) > maxURL {
		return address{}, CauseTooLong
	}
	return next, ""
}

func hasScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && (c == '+' || c == '-' || c == '.' || '0' <= c && c <= '9'):
		default:
			return c == ':' && i > 0
		}
	}
	return false
}

// withoutDots removes "." and ".." from the path of a relative reference (RFC 3986, section 5.2.4).
func withoutDots(s string) string {
	end := strings.IndexAny(s, "?#")
	if end < 0 {
		end = len(s)
	}
	path, tail := s[:end], s[end:]
	var out []string
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, p := range parts {
		last := i == len(parts)-1
		switch p {
		case ".":
		case "..":
			out = out[:max(len(out)-1, 0)]
		default:
			out = append(out, p)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/") + tail
}

// maxShown is how much of a redirect's target is shown, characters.
const maxShown = 200

// String is the address for people: ASCII alone, the fragment escaped too.
func (a address) String() string {
	s := a.key()
	if a.fragment != "" {
		s += "#" + escape(a.fragment)
	}
	return s
}

// shown is the address as it may stand in a mail; empty when it is too long to be of use.
func (a address) shown() string {
	s := strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", "`", "%60", `\`, "%5C").Replace(a.String())
	if len(s) > maxShown {
		return s[:maxShown-3] + "..."
	}
	return s
}

// domain is the part of a host that someone registered; the host itself when there is none.
func domain(host string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}
