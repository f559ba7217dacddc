package prober

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, tt := range []struct {
		in, want string // the address, or the cause in brackets
	}{
		{"http://example.org", "http://example.org/"},
		{"HTTPS://Example.ORG:443/Path?Q=1#Frag", "https://example.org/Path?Q=1#Frag"},
		{"http://example.org:8080?x", "http://example.org:8080/?x"},
		{"http://example.org./", "http://example.org/"},
		{"http://example.org:/", "http://example.org/"},
		{"https://dépôt.example.org/é?é#é", "https://xn--dpt-bma0d.example.org/%C3%A9?%C3%A9#%C3%A9"},
		{"http://my_host.example.org/a%2Fb%zz|{}", "http://my_host.example.org/a%2Fb%zz|{}"},
		{"http://exam%70le.org/", "http://example.org/"},
		{"http://[2001:41D0::1]:8080/", "http://[2001:41d0::1]:8080/"},
		{"http://0x8.010.2056/", "http://8.8.8.8/"},
		{"http://1.2.3.4.example.org/", "http://1.2.3.4.example.org/"},
		{"  http://exa\nmple.org/a\tb  ", "http://example.org/ab"},
		{`http://example.org\x`, "http://example.org/x"},
		{"http://example.org/a b\x00\x7f", "http://example.org/a%20b%00%7F"},
		{"mailto:a@example.org", "[scheme]"}, {"//example.org/", "[scheme]"}, {"javascript:alert(1)", "[scheme]"}, {"", "[scheme]"},
		{"http:example.org", "[malformed]"}, {"http:///x", "[malformed]"}, {"http://0../", "[malformed]"}, {"http://./", "[malformed]"}, {"http://a..b/", "[malformed]"},
		{"http://.a/", "[malformed]"}, {"http://a:99999/", "[malformed]"}, {"http://a:+80/", "[malformed]"}, {"http://a:x/", "[malformed]"},
		{"http://[::1/", "[malformed]"}, {"http://[1.2.3.4]/", "[malformed]"}, {"http://[::1]x/", "[malformed]"}, {"http://a b/", "[malformed]"},
		{"http://1.2.3.4.5/", "[malformed]"}, {"http://256.1.1.1/", "[malformed]"}, {"http://4294967296/", "[malformed]"}, {"http://08/", "[malformed]"},
		{"http://example.1/", "[malformed]"}, {"http://%zz/", "[malformed]"}, {"http://a%2fb/", "[malformed]"},
		{"http://" + strings.Repeat("a", 64) + ".org/", "[malformed]"}, {"http://a:b@example.org/", "[credentials]"},
	} {
		a, cause := parseAddress(tt.in)
		got := a.String()
		if cause != "" {
			got = "[" + string(cause) + "]"
		}
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct{ base, location, want string }{
		{"http://h/a/b?q#f", "/c", "http://h/c#f"},
		{"http://h/a/b?q#f", "c?d#e", "http://h/a/c?d#e"},
		{"http://h/a/b", "../../../c/./d/..", "http://h/c/"},
		{"http://h/a/b", "?x=../y", "http://h/a/b?x=../y"},
		{"http://h/a/b?q", "#f", "http://h/a/b?q#f"},
		{"http://h/a/b?q", "", "http://h/a/b?q"},
		{"https://h/a", "//other/x", "https://other/x"},
		{"https://h/a", "http://other:8080", "http://other:8080/"},
		{"http://h/a", "/a%2Fb/é", "http://h/a%2Fb/%C3%A9"},
		{"http://h/a", "file:///etc/passwd", "[scheme]"},
		{"http://h/a", "javascript:x", "[scheme]"},
		{"http://h/a", "http://u@h/", "[credentials]"},
		{"http://h/a", "/" + strings.Repeat("a", maxURL), "[too-long]"},
		{"http://h/a", "b:c", "[scheme]"},
		{"http://h/a", "./b:c", "http://h/b:c"},
	} {
		base, cause := parseAddress(tt.base)
		if cause != "" {
			t.Fatal(tt.base, cause)
		}
		a, cause := base.resolve(tt.location)
		got := a.String()
		if cause != "" {
			got = "[" + string(cause) + "]"
		}
		if got != tt.want {
			t.Errorf("%s + %s: %s, want %s", tt.base, tt.location, got, tt.want)
		}
	}
}

// What is shown of an address can break out of nothing.
func FuzzAddress(f *testing.F) {
	f.Add("http://example.org/a?b#c", "../é")
	f.Add("http://0x7f.1:80/", "//[::1]/")
	f.Add("https://①②⑦.⓪.⓪.①", "\\\\x")
	f.Fuzz(func(t *testing.T, raw, location string) {
		a, cause := parseAddress(raw)
		if cause != "" {
			return
		}
		if again, cause := parseAddress(a.String()); cause != "" || again.key() != a.key() {
			t.Errorf("%q is %q, and that is %q (%s)", raw, a.String(), again.String(), cause)
		}
		if next, cause := a.resolve(location); cause == "" {
			a = next
		}
		if u := a.url(); strings.ContainsAny(u.RequestURI(), " \r\n") || !strings.HasPrefix(a.rest, "/") {
			t.Errorf("%q is sent as %q", raw, u.RequestURI())
		}
		for _, c := range []byte(a.shown()) {
			if c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"`\\", c) >= 0 {
				t.Errorf("%q is shown as %q", raw, a.shown())
			}
		}
		if len(a.shown()) > maxShown {
			t.Errorf("%d characters are shown", len(a.shown()))
		}
	})
}
