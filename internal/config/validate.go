package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// checker gathers problems.
type checker struct {
	c        *Config
	problems Problems
}

func (k *checker) fail(key, format string, args ...any) {
	k.problems = append(k.problems, Problem{File: k.c.file, Line: k.c.lines[key], Text: key + ": " + fmt.Sprintf(format, args...)})
}

func (k *checker) oneOf(key, value string, legal ...string) {
	if slices.Contains(legal, value) {
		return
	}
	k.fail(key, "%q is not one of %s", value, strings.Join(legal, ", "))
	k.problems[len(k.problems)-1].Hint = didYouMean(value, legal)
}

func (k *checker) address(key, value string) {
	a, err := mail.ParseAddress(value)
	if err != nil || a.Address != value {
		k.fail(key, "%q is not a plain mail address such as bot@example.org", value)
	}
}

func (k *checker) url(key, value string, schemes ...string) {
	u, err := url.Parse(value)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" {
		k.fail(key, "%q is not a URL that begins with %s://", value, strings.Join(schemes, ":// or "))
	}
}

func (c *Config) validate() Problems {
	k := &checker{c: c}
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "text", "json")
	if c.Store.URL != "" {
		k.url("store.url", c.Store.URL, "postgres", "postgresql")
	}
	if c.StateDir == "" {
		k.fail("state_dir", "must not be empty")
	}
	k.server("imap", c.IMAP.Server)
	k.server("smtp", c.SMTP.Server)
	k.positive("imap.idle_reissue", int64(c.IMAP.IdleReissue))
	k.positive("imap.poll", int64(c.IMAP.Poll))
	k.positive("alert.remind", int64(c.Alert.Remind))
	k.positive("mail.max_bytes", int64(c.Mail.MaxBytes))
	if c.SMTP.SentCopy != "" {
		k.address("smtp.sent_copy", c.SMTP.SentCopy)
	}
	if c.Bot.Address != "" {
		k.address("bot.address", c.Bot.Address)
	}
	for _, a := range c.Bot.Aliases {
		k.address("bot.aliases", a)
	}
	if c.Bot.Operator != "" {
		k.address("bot.operator", c.Bot.Operator)
	}
	if c.Private.Enabled && (c.Private.AuthservID == "" || strings.ContainsAny(c.Private.AuthservID, "; \t\"()")) {
		k.fail("private.authserv_id", "private mails need the name that the own border server writes at the start of Authentication-Results")
	}
	for rule, level := range c.Rules {
		k.oneOf("rules."+rule, level, "error", "warning", "note", "off")
	}
	if c.Store.PurgeAfterDays < 0 {
		k.fail("store.purge_after_days", "must not be negative; 0 keeps everything")
	}
	k.metrics()
	if c.Web.Listen != "" && !strings.HasPrefix(c.Web.Listen, "unix:/") {
		if _, _, err := net.SplitHostPort(c.Web.Listen); err != nil {
			k.fail("web.listen", "%q is neither host:port nor unix:/path", c.Web.Listen)
		}
	}
	if c.Web.URL != "" {
		k.url("web.url", c.Web.URL, "https", "http")
	}
	k.links()
	k.lists()
	k.wikis()
	slices.SortStableFunc(k.problems, func(a, b Problem) int { return a.Line - b.Line })
	return k.problems
}

func (k *checker) positive(key string, v int64) {
	if v <= 0 {
		k.fail(key, "must be more than zero")
	}
}

func (k *checker) server(key string, s Server) {
	k.oneOf(key+".security", s.Security, "tls", "starttls", "plain")
	k.positive(key+".timeout", int64(s.Timeout))
	if s.Port < 0 || s.Port > 65535 {
		k.fail(key+".port", "%d is not a port", s.Port)
	}
	if s.Security == "plain" && s.Host != "" && !loopback(s.Host) {
		k.fail(key+".security", "\"plain\" is for servers on this machine only (localhost); use \"tls\" or \"starttls\"")
	}
	if s.PasswordFile != "" && len(s.PasswordCommand) > 0 {
		k.fail(key+".password_command", "give either password_file or password_command, not both")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// metrics must stay on this machine: they are for the operator.
func (k *checker) metrics() {
	listen := k.c.Web.MetricsListen
	if listen == "" || strings.HasPrefix(listen, "unix:") {
		return
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil || !loopback(host) {
		k.fail("web.metrics_listen", "%q is not an address of this machine such as \"127.0.0.1:9465\", or \"unix:/path\"", listen)
	}
}

func (k *checker) lists() {
	seen := map[string]string{}
	for i, l := range k.c.Lists {
		at := fmt.Sprintf("list[%d]", i)
		k.name(at, l.Name)
		k.oneOf(at+".kind", l.Kind, "sourcehut", "plain")
		k.oneOf(at+".language", l.Language, "fr", "en")
		if len(l.Addresses) == 0 {
			k.fail(at, "a list needs addresses = [\"list@example.org\"]")
		}
		for _, a := range l.Addresses {
			k.address(at+".addresses", a)
			k.unique(seen, at+".addresses", strings.ToLower(a), "address", l.Name)
		}
		for _, id := range l.IDs {
			k.unique(seen, at+".ids", "id "+strings.ToLower(id), "List-Id", l.Name)
		}
		k.unique(seen, at+".name", "name "+l.Name, "name", l.Name)
		if l.Archive != "" {
			k.url(at+".archive", l.Archive, "https", "http")
		}
		k.writing(at, l)
		k.tracker(at+".tracker", l.Tracker)
	}
}

func (k *checker) tracker(at string, t Tracker) {
	if t.Kind == "" {
		if t.URL+t.List+t.TokenFile != "" || len(t.TokenCommand) > 0 {
			k.fail(at, "needs kind = \"sourcehut\" or \"patchwork\"")
		}
		return
	}
	k.oneOf(at+".kind", t.Kind, "sourcehut", "patchwork")
	or := func(key string) string { // the table, where the key does not stand in the file
		if k.c.lines[at+key] == 0 {
			return at
		}
		return at + key
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.User != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		k.fail(or(".url"), "url = %q is not an https:// URL; a token goes nowhere without it", t.URL)
	}
	if t.Kind == "sourcehut" && (!strings.HasPrefix(t.List, "~") || strings.Count(t.List, "/") != 1) {
		k.fail(or(".list"), "list = %q is not what SourceHut calls a list, such as \"~owner/name\"", t.List)
	}
	if t.TokenFile != "" && len(t.TokenCommand) > 0 {
		k.fail(at+".token_command", "give either token_file or token_command, not both")
	}
}

func (k *checker) unique(seen map[string]string, key, value, what, owner string) {
	if other, ok := seen[value]; ok {
		k.fail(key, "%s %q is already used by %q", what, strings.TrimPrefix(strings.TrimPrefix(value, "id "), "name "), other)
		return
	}
	seen[value] = owner
}

// prefix must choose one wiki on a list.
func (k *checker) prefix(seen map[string]string, key, list, prefix, owner string) {
	id := "prefix " + list + " " + strings.ToLower(prefix)
	if other, ok := seen[id]; ok {
		k.fail(key, "prefix %q is already used by %q on the list %q", prefix, other, list)
		return
	}
	seen[id] = owner
}

func (k *checker) name(at, name string) {
	if name == "" {
		k.fail(at, "needs a name")
		return
	}
	for _, r := range name {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)) {
			k.fail(at+".name", "%q: a name is made of letters, digits, \".\", \"_\" and \"-\"", name)
			return
		}
	}
}

func (k *checker) wikis() {
	lists := map[string]bool{}
	var names []string
	for _, l := range k.c.Lists {
		lists[l.Name] = true
		names = append(names, l.Name)
	}
	seen := map[string]string{}
	for i, w := range k.c.Wikis {
		at := fmt.Sprintf("wiki[%d]", i)
		k.name(at, w.Name)
		k.unique(seen, at+".name", "name "+w.Name, "name", w.Name)
		k.oneOf(at+".host", w.Host, "sourcehut", "github", "gitlab", "pandoc")
		if w.Repository == "" {
			k.fail(at, "a wiki needs repository = \"https://…\" or a path")
		}
		for j, l := range w.Lists {
			if slices.Contains(w.Lists[:j], l) {
				continue // two lists of one name are a problem of their own
			}
			if !lists[l] {
				k.fail(at+".lists", "no [[list]] is named %q", l)
				k.problems[len(k.problems)-1].Hint = didYouMean(l, names)
			}
			for _, p := range w.Prefixes {
				k.prefix(seen, at+".prefixes", l, p, w.Name)
			}
		}
		for _, u := range w.URLs {
			k.url(at+".urls", u, "https", "http")
		}
		for _, u := range w.RepositoryURLs {
			k.url(at+".repository_urls", u, "https", "http")
		}
	}
}

// Serviceable lists what a daemon needs and this configuration lacks; commands that send and fetch nothing do not ask.
func (c *Config) Serviceable() Problems {
	k := &checker{c: c}
	need := func(key, value string) {
		if value == "" {
			k.fail(key, "the daemon needs it")
		}
	}
	need("imap.host", c.IMAP.Host)
	need("imap.user", c.IMAP.User)
	need("bot.address", c.Bot.Address)
	if c.Reply.Enabled {
		need("smtp.host", c.SMTP.Host)
	}
	if len(c.Wikis) == 0 {
		k.fail("wiki", "the daemon needs at least one [[wiki]]")
	}
	if len(c.Lists) == 0 {
		k.fail("list", "the daemon needs at least one [[list]]")
	}
	return k.problems
}
