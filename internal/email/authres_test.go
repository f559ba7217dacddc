package email

import "testing"

func TestAligned(t *testing.T) {
	const from = "From: Anne <anne@example.org>\n"
	const ar = "Authentication-Results: "
	for _, test := range []struct {
		name, header string
		want         bool
	}{
		{"dkim", ar + "mx.lab.test; dkim=pass header.d=example.org header.s=x\n" + from, true},
		{"dmarc", ar + "MX.lab.test 1; dmarc=pass header.from=example.org; spf=fail smtp.mailfrom=a@elsewhere\n" + from, true},
		{"spf", ar + "mx.lab.test;\n spf=pass smtp.mailfrom=anne@Example.org\n" + from, true},
		{"spf of a bare domain", ar + "mx.lab.test; spf=pass smtp.mailfrom=example.org\n" + from, true},
		{"no field", from, false},
		{"none", ar + "mx.lab.test; none\n" + from, false},
		{"another server", ar + "evil.example; dkim=pass header.d=example.org\n" + from, false},
		{"forged below the real one", ar + "mx.lab.test; dkim=fail\n" + ar + "mx.lab.test; dkim=pass header.d=example.org\n" + from, false},
		{"another domain", ar + "mx.lab.test; dkim=pass header.d=evil.example\n" + from, false},
		{"a subdomain", ar + "mx.lab.test; dkim=pass header.d=mail.example.org\n" + from, false},
		{"fail", ar + "mx.lab.test; dkim=fail header.d=example.org\n" + from, false},
		{"pass in a quoted reason", ar + "mx.lab.test; dkim=fail reason=\"a; dkim=pass header.d=example.org\"\n" + from, false},
		{"pass in a comment", ar + "mx.lab.test; dkim=fail (; dkim=pass header.d=example.org)\n" + from, false},
		{"two results of one method", ar + "mx.lab.test; dkim=fail header.d=example.org; dkim=pass header.d=example.org\n" + from, false},
		{"two From fields", ar + "mx.lab.test; dkim=pass header.d=example.org\n" + from + "From: b@evil.example\n", false},
		{"two From addresses", ar + "mx.lab.test; dkim=pass header.d=example.org\nFrom: anne@example.org, b@evil.example\n", false},
		{"junk", ar + "mx.lab.test; dkim pass header.d=example.org\n" + from, false},
		{"blank around the sign", ar + "mx.lab.test; dkim = pass header.d=example.org\n" + from, false},
		{"empty", ar + "\n" + from, false},
	} {
		m := Parse([]byte(test.header+"\nbody\n"), Limits{})
		if got := Aligned(m, []string{"mx.lab.test"}); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
