package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const example = "../../config.example.toml"

// TestExample holds the example against the code: it loads, names every key, and every value outside the example tables
// is the default.
func TestExample(t *testing.T) {
	c, err := Load(example)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	index := regexp.MustCompile(`\[\d+\]`)
	var have []string
	for key := range keyLines(data) {
		have = append(have, index.ReplaceAllString(key, ""))
	}
	slices.Sort(have)
	have = slices.Compact(have)
	if diff := cmp.Diff(Keys(), have); diff != "" {
		t.Errorf("keys of the code (-) and of the example (+):\n%s", diff)
	}
	got, want := *c, *Default()
	got.Lists, got.Wikis = nil, nil
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("defaults of the code (-) and of the example (+):\n%s", diff)
	}
	if c.Lists[0].Kind != "sourcehut" || c.Wikis[0].Prefixes[0] != "logiciels-libres" {
		t.Errorf("example tables: %+v %+v", c.Lists, c.Wikis)
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown keys, all at once", "[imap]\nhots = \"x\"\n[[wiki]]\nname = \"w\"\nrepositry = \"/x\"\n", []string{
			`f.toml:2: unknown key "imap.hots" (did you mean "imap.host"?)`,
			`f.toml:5: unknown key "wiki.repositry" (did you mean "wiki.repository"?)`,
		}},
		{"wrong type", "[imap]\nport = \"993\"\n", []string{"f.toml:2: imap.port: a string stands where int is wanted"}},
		{"syntax", "[imap\n", []string{"f.toml:1: "}},
		{"bad duration", "[series]\nsettle = \"soon\"\n", []string{`f.toml:2: `}},
		{"enumeration", "[imap]\nhost = \"h\"\nsecurity = \"startls\"\n", []string{
			`f.toml:3: imap.security: "startls" is not one of tls, starttls, plain (did you mean "starttls"?)`}},
		{"plain across the network", "[smtp]\nhost = \"mail.example.org\"\nsecurity = \"plain\"\n", []string{"f.toml:3: smtp.security: \"plain\" is for servers on this machine"}},
		{"plain here is fine", "[smtp]\nhost = \"127.0.0.1\"\nsecurity = \"plain\"\n", nil},
		{"rule level", "[rules]\nbroken-link = \"fatal\"\n", []string{`f.toml:2: rules.broken-link: "fatal" is not one of`}},
		{"unknown list", "[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\n[[wiki]]\nname = \"w\"\nrepository = \"/x\"\nlists = [\"b\"]\n",
			[]string{`f.toml:7: wiki[0].lists: no [[list]] is named "b"`}},
		{"two wikis, one prefix on one list", "[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\n[[wiki]]\nname = \"w\"\nrepository = \"/x\"\n[[wiki]]\nname = \"v\"\nprefixes = [\"W\"]\nrepository = \"/y\"\n",
			[]string{`f.toml:9: wiki[1].prefixes: prefix "W" is already used by "w" on the list "a"`}},
		{"two lists of one name, and a wiki on all", "[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\n[[list]]\nname = \"a\"\naddresses = [\"b@example.org\"]\n[[wiki]]\nname = \"w\"\nprefixes = [\"x\"]\nrepository = \"/x\"\n",
			[]string{`f.toml:5: list[1].name: name "a" is already used by "a"`}},
		{"address", "[bot]\naddress = \"Bot <bot@example.org>\"\n", []string{"f.toml:2: bot.address: "}},
		{"zero", "[mail]\nmax_bytes = 0\n", []string{"f.toml:2: mail.max_bytes: must be more than zero"}},
		{"two secrets", "[imap]\npassword_file = \"/x\"\npassword_command = [\"y\"]\n", []string{"f.toml:3: imap.password_command: give either"}},
		{"missing parts of tables", "[[list]]\nname = \"a b\"\n", []string{"f.toml:1: list[0]: a list needs addresses", "f.toml:2: list[0].name: \"a b\""}},
		{"links", "[links]\nports = [0]\nallow_networks = [\"10.0.0.0\"]\nresolver = \"dns.example.org\"\nbudget = \"0s\"\n[[links.host]]\nname = \"*.example.org\"\n", []string{
			"f.toml:2: links.ports: 0 is not a port", `f.toml:3: links.allow_networks: "10.0.0.0" is not a network`, `f.toml:4: links.resolver: "dns.example.org"`,
			"f.toml:5: links.budget: must be more than zero", `f.toml:7: links.host[0].name: "*.example.org" is not the name of a host`}},
		{"writing", "[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\nverdicts = [\"clen\"]\nto = \"all\"\nquiet_hours = \"10pm-7am\"\ntime_zone = \"Paris\"\nhold = true\n", []string{
			`f.toml:4: list[0].verdicts: "clen" is not one of clean, remarks, changes-needed, does-not-apply, incomplete, not-reviewed (did you mean "clean"?)`,
			`f.toml:5: list[0].to: "all" is not one of author+list, author, list`, `f.toml:6: list[0].quiet_hours: "10pm-7am" is not a part of a day`,
			`f.toml:7: list[0].time_zone: "Paris" is not a time zone such as "Europe/Paris"`, "f.toml:8: list[0].hold: somebody must release the replies"}},
		{"nothing to write", "[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\nverdicts = []\nmoderator = \"A@example.org\"\n", []string{
			"f.toml:4: list[0].verdicts: name at least one verdict", `f.toml:5: list[0].moderator: "A@example.org" is the list itself`}},
		{"quiet nights", "[bot]\noperator = \"o@example.org\"\n[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\nquiet_hours = \"22:00-7:00\"\ntime_zone = \"Europe/Paris\"\nhold = true\n", nil},
		{"days", "[store]\npurge_after_days = -1\n", []string{"f.toml:2: store.purge_after_days: must not be negative"}},
		{"metrics for everybody", "[web]\nmetrics_listen = \":9465\"\n", []string{`f.toml:2: web.metrics_listen: ":9465" is not an address of this machine`}},
		{"metrics here", "[web]\nmetrics_listen = \"[::1]:9465\"\n", nil},
		{"web address", "[web]\nlisten = \"nonsense\"\n", []string{"f.toml:2: web.listen: \"nonsense\" is neither host:port nor unix:/path"}},
		{"web socket", "[web]\nlisten = \"unix:/run/patchbot/web.sock\"\n", nil},
		{"trackers", "[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\n[list.tracker]\nkind = \"sourcehut\"\nurl = \"http://lists.example.org/query\"\n" +
			"[[list]]\nname = \"b\"\naddresses = [\"b@example.org\"]\n[list.tracker]\nkind = \"patchwerk\"\ntoken_file = \"/x\"\ntoken_command = [\"y\"]\n" +
			"[[list]]\nname = \"c\"\naddresses = [\"c@example.org\"]\n[list.tracker]\nlist = \"wiki\"\n", []string{
			`f.toml:4: list[0].tracker: list = "" is not what SourceHut calls a list`, `f.toml:6: list[0].tracker.url: url = "http://lists.example.org/query" is not an https:// URL`,
			`f.toml:10: list[1].tracker: url = "" is not`, `f.toml:11: list[1].tracker.kind: "patchwerk" is not one of sourcehut, patchwork (did`, `f.toml:13: list[1].tracker.token_command: give either`,
			`f.toml:17: list[2].tracker: needs kind`}},
		{"trackers are fine", "[[list]]\nname = \"a\"\naddresses = [\"u.x.y@lists.sr.ht\", \"~x/y@lists.sr.ht\"]\n[list.tracker]\nkind = \"sourcehut\"\n" +
			"[[list]]\nname = \"b\"\naddresses = [\"b@example.org\"]\n[list.tracker]\nkind = \"patchwork\"\nurl = \"http://127.0.0.1:8000\"\n", nil},
		{"postgres", "[store]\nurl = \"mysql://x/y\"\n", []string{"f.toml:2: store.url: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.toml", []byte(tt.text))
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], tt.want[i]) {
					t.Errorf("problem %d: got %q, want %q", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func TestTracker(t *testing.T) {
	c, err := Parse("f.toml", []byte("[[list]]\nname = \"a\"\naddresses = [\"u.x.y@lists.sr.ht\", \"~x/y@lists.sr.ht\"]\n[list.tracker]\nkind = \"sourcehut\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	l := &c.Lists[0]
	if l.Tracker.URL != "https://lists.sr.ht/query" || l.Tracker.List != "~x/y" {
		t.Errorf("defaults: %+v", l.Tracker)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", t.TempDir())
	if _, err := l.Token(t.Context()); !errors.Is(err, ErrNoSecret) || l.TokenSource() != "none" {
		t.Errorf("no token: %v from %s", err, l.TokenSource())
	}
	l.Tracker.TokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(l.Tracker.TokenFile, []byte("second\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Token(t.Context()); got != "second" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "tracker-token-a"), []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Token(t.Context()); got != "first" || err != nil || l.TokenSource() != "credential tracker-token-a" {
		t.Errorf("%q, %v from %s", got, err, l.TokenSource())
	}
}

func TestServiceable(t *testing.T) {
	c := Default()
	if got := len(c.Serviceable()); got != 5 {
		t.Errorf("an empty configuration lacks %d things, want 5: %v", got, c.Serviceable())
	}
	full, err := Load(example)
	if err != nil {
		t.Fatal(err)
	}
	full.IMAP.Host, full.IMAP.User, full.Bot.Address = "imap.example.org", "bot", "bot@example.org"
	if ps := full.Serviceable(); len(ps) != 0 {
		t.Errorf("complete configuration: %v", ps)
	}
	full.Reply.Enabled = true
	if ps := full.Serviceable(); len(ps) != 1 || !strings.Contains(ps[0].Text, "smtp.host") {
		t.Errorf("replies without a server: %v", ps)
	}
}

func TestPrintMasksSecrets(t *testing.T) {
	c, err := Parse("f.toml", []byte("[store]\nurl = \"postgres://u:secret@db.example.org/x?password=secret\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Print()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "secret") {
		t.Errorf("a secret is printed:\n%s", text)
	}
	again, err := Parse("again.toml", []byte(text))
	if err != nil {
		t.Fatalf("the printed configuration does not load: %v\n%s", err, text)
	}
	if diff := cmp.Diff(c.IMAP, again.IMAP, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("printed and loaded again:\n%s", diff)
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pw")
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "from file\nsecond line\n", 0o600)
	s := Server{PasswordFile: file}
	if got, err := s.Secret(t.Context(), "imap-password"); err != nil || got != "from file" {
		t.Errorf("file: %q, %v", got, err)
	}
	write(file+"2", "x", 0o644)
	if _, err := (Server{PasswordFile: file + "2"}).Secret(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others can read: %v", err)
	}
	if got, err := (Server{PasswordCommand: []string{"printf", "from command\\n"}}).Secret(t.Context(), "x"); err != nil || got != "from command" {
		t.Errorf("command: %q, %v", got, err)
	}
	if _, err := (Server{PasswordCommand: []string{"false"}}).Secret(t.Context(), "x"); err == nil {
		t.Error("a failing command gives no error")
	}
	if _, err := (Server{}).Secret(context.Background(), "x"); err != ErrNoSecret {
		t.Errorf("nothing configured: %v", err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	write(filepath.Join(dir, "imap-password"), "from systemd\n", 0o600)
	if got, err := s.Secret(t.Context(), "imap-password"); err != nil || got != "from systemd" {
		t.Errorf("credential: %q, %v", got, err)
	}
	if got := s.SecretSource("imap-password"); got != "credential imap-password" {
		t.Errorf("source: %q", got)
	}
}

func TestAddr(t *testing.T) {
	for _, tt := range []struct {
		s          Server
		imap, smtp string
	}{
		{Server{Host: "h", Security: "tls"}, "h:993", "h:465"},
		{Server{Host: "h", Security: "starttls"}, "h:143", "h:587"},
		{Server{Host: "::1", Security: "plain"}, "[::1]:143", "[::1]:25"},
		{Server{Host: "h", Security: "tls", Port: 7}, "h:7", "h:7"},
	} {
		if got := (IMAP{Server: tt.s}).Addr(); got != tt.imap {
			t.Errorf("IMAP %+v: %s, want %s", tt.s, got, tt.imap)
		}
		if got := (SMTP{Server: tt.s}).Addr(); got != tt.smtp {
			t.Errorf("SMTP %+v: %s, want %s", tt.s, got, tt.smtp)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("[imap]\nhost = 3\n[[wiki]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.toml", data)
		if (c == nil) == (err == nil) {
			t.Errorf("config %v and error %v", c, err)
		}
	})
}
