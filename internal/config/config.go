// Package config turns a TOML file into a validated [Config].
//
// Its law: a configuration is right as a whole or refused as a whole. Every unknown key, wrong type and impossible value is
// reported at once, each with its line and the nearest legal spelling. Secrets never stand in the file: it names where they
// are, see [Secret].
//
// It refuses to know what the values are used for: it imports no other package of the project, and only the command
// imports it.
package config

import (
	"encoding"
	"fmt"
	"time"
)

// Duration is a time.Duration written as Go writes it: "90s", "15m".
type Duration time.Duration

var (
	_ encoding.TextUnmarshaler = (*Duration)(nil)
	_ encoding.TextMarshaler   = Duration(0)
)

// UnmarshalText reads "15m"; a negative duration is refused.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as \"90s\" or \"15m\"", text)
	}
	if v < 0 {
		return fmt.Errorf("%q is negative", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the duration as UnmarshalText reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Config is the whole configuration. Every field has its TOML key in its tag and its default in [Default].
type Config struct {
	StateDir   string `toml:"state_dir"`
	Templates  string `toml:"templates"`
	KillSwitch string `toml:"kill_switch"`

	Log    Log               `toml:"log"`
	Store  Store             `toml:"store"`
	IMAP   IMAP              `toml:"imap"`
	SMTP   SMTP              `toml:"smtp"`
	Bot    Bot               `toml:"bot"`
	Mail   Mail              `toml:"mail"`
	Series Series            `toml:"series"`
	Reply  Reply             `toml:"reply"`
	Web    Web               `toml:"web"`
	Links  Links             `toml:"links"`
	Rules  map[string]string `toml:"rules"`
	Lists  []List            `toml:"list"`
	Wikis  []Wiki            `toml:"wiki"`

	Private Private `toml:"private"`
	Apply   Apply   `toml:"apply"`
	Alert   Alert   `toml:"alert"`

	file  string
	lines map[string]int
}

// Log says what the daemon writes to standard error.
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn, error
	Format string `toml:"format"` // text, json
}

// Store says where the state is kept.
type Store struct {
	URL string `toml:"url"` // empty: SQLite in the state directory; postgres://… otherwise
	// PurgeAfterDays is how long series and mails rest before they are erased; 0: they are kept.
	PurgeAfterDays int `toml:"purge_after_days"`
}

// Server is one mail server and how to log in to it.
type Server struct {
	Host            string   `toml:"host"`
	Port            int      `toml:"port"`     // 0: the default of the security
	Security        string   `toml:"security"` // tls, starttls, plain
	CAFile          string   `toml:"ca_file"`  // PEM; empty: the system's authorities
	User            string   `toml:"user"`     // empty: no log-in
	PasswordFile    string   `toml:"password_file"`
	PasswordCommand []string `toml:"password_command"`
	Timeout         Duration `toml:"timeout"` // of one command, beside the bytes it carries
}

// IMAP is the mailbox that the bot reads.
type IMAP struct {
	Server
	Mailbox     string   `toml:"mailbox"`
	IdleReissue Duration `toml:"idle_reissue"`
	Poll        Duration `toml:"poll"`        // where the server has no IDLE
	SentFolder  string   `toml:"sent_folder"` // gets a copy of what was sent; empty: none is kept
}

// SMTP is the server that takes the bot's replies.
type SMTP struct {
	Server
	SentCopy string `toml:"sent_copy"` // second envelope recipient, usually bot+sent@…; empty: none
}

// Bot is who the bot is.
type Bot struct {
	Name     string   `toml:"name"`
	Address  string   `toml:"address"`
	Aliases  []string `toml:"aliases"`  // further addresses that are the bot's own
	Operator string   `toml:"operator"` // address of the people who run it, who get the alerts; empty: none
}

// Mail bounds what is read.
type Mail struct {
	MaxBytes int `toml:"max_bytes"`
}

// Series says how long parts are waited for.
type Series struct {
	IncompleteAfter Duration `toml:"incomplete_after"` // then one reply names the missing parts
	BaseEvery       Duration `toml:"base_every"`       // how often the branches are looked at; 0: only when a series is reviewed
	Settle          Duration `toml:"settle"`           // quiet time after the last part before a complete series is reviewed
}

// Reply says whether and how often the bot may write.
type Reply struct {
	Enabled       bool     `toml:"enabled"`
	MaxAge        Duration `toml:"max_age"` // replies to mails that came longer ago are held for the operator
	PerSenderHour int      `toml:"per_sender_hour"`
	PerHour       int      `toml:"per_hour"`
	PerThreadDay  int      `toml:"per_thread_day"`
	Thanks        bool     `toml:"thanks"`     // a mail when the branch got a series
	BaseMoved     bool     `toml:"base_moved"` // a mail when the branch moved and a series that applied does not any more
}

// Private says whether mails to the bot alone are answered, to their author alone.
type Private struct {
	Enabled    bool   `toml:"enabled"`
	AuthservID string `toml:"authserv_id"` // of the own border server, whose Authentication-Results count (RFC 8601)
}

// Apply says how series are applied.
type Apply struct {
	VerifyWithGit bool `toml:"verify_with_git"` // the git of this machine applies them too; disagreement is logged
}

// Alert says when the operator is told by mail that the bot's work stands still.
type Alert struct {
	After  Duration `toml:"after"`  // how long patches may wait and the mailbox may be out of reach; 0: no alerts
	Remind Duration `toml:"remind"` // between two mails about one incident
}

// Web says where the bot shows what it knows; nothing of it can be changed there.
type Web struct {
	Listen  string `toml:"listen"`  // host:port or unix:/path; empty: no pages
	URL     string `toml:"url"`     // where people reach the pages; written into the replies
	Title   string `toml:"title"`   // of the pages
	Contact string `toml:"contact"` // https: or mailto: URL of the people who run the bot

	MetricsListen string `toml:"metrics_listen"` // host:port on this machine or unix:/path; empty: no metrics
}

// Links says how external links are asked.
type Links struct {
	Enabled       bool       `toml:"enabled"`
	Contact       string     `toml:"contact"`        // URL in the User-Agent; empty: that of the web pages, else none
	Ports         []int      `toml:"ports"`          // that public hosts are asked on
	AllowNetworks []string   `toml:"allow_networks"` // CIDR; not public, and asked all the same, on any port
	DenyNetworks  []string   `toml:"deny_networks"`  // CIDR; never asked
	Resolver      string     `toml:"resolver"`       // ADDRESS:PORT of a name server; empty: those of the system
	Proxy         string     `toml:"proxy"`          // URL; it then decides which addresses are asked; empty: none
	PerSeries     int        `toml:"per_series"`     // links beyond these caps are not asked
	PerHost       int        `toml:"per_host"`
	PerSenderDay  int        `toml:"per_sender_day"`
	Budget        Duration   `toml:"budget"` // time for the links of one series
	Hosts         []LinkHost `toml:"host"`
}

// LinkHost is what is known about a host and those below it.
type LinkHost struct {
	Name  string `toml:"name"`
	Login bool   `toml:"login"` // everything there wants a log-in: taken for fine
	Skip  bool   `toml:"skip"`  // never asked
}

// List is one mailing list that the mailbox is subscribed to.
type List struct {
	Name      string   `toml:"name"`
	Addresses []string `toml:"addresses"` // all addresses that reach it, the one for replies first
	IDs       []string `toml:"ids"`       // List-Id values without <>; empty: any mail to its addresses
	Kind      string   `toml:"kind"`      // sourcehut, plain
	Language  string   `toml:"language"`  // fr, en
	Archive   string   `toml:"archive"`   // URL of the archive, empty: none
	Tracker   Tracker  `toml:"tracker"`

	Verdicts   []string `toml:"verdicts"`    // that are mailed; default: all
	To         string   `toml:"to"`          // author+list, author, list
	QuietHours string   `toml:"quiet_hours"` // "22:00-07:00"; empty: none
	TimeZone   string   `toml:"time_zone"`   // of the quiet hours, a name such as Europe/Paris
	DryRun     bool     `toml:"dry_run"`     // replies are stored and shown, never sent
	Hold       bool     `toml:"hold"`        // replies go to the moderator first
	Moderator  string   `toml:"moderator"`   // address; empty: the operator's
}

// Tracker is a site where people look at the patches of a list; verdicts are shown there too.
type Tracker struct {
	Kind         string   `toml:"kind"` // sourcehut, patchwork; empty: none
	URL          string   `toml:"url"`  // of the API
	List         string   `toml:"list"` // what the list is called there: "~owner/name", or the link name of a project
	TokenFile    string   `toml:"token_file"`
	TokenCommand []string `toml:"token_command"`
}

// Wiki is one repository of pages and the subject prefixes that choose it.
type Wiki struct {
	Name           string   `toml:"name"`
	Prefixes       []string `toml:"prefixes"` // empty: the name
	Lists          []string `toml:"lists"`    // names of lists; empty: all
	Repository     string   `toml:"repository"`
	Branch         string   `toml:"branch"`
	BranchAliases  []string `toml:"branch_aliases"`
	Host           string   `toml:"host"` // sourcehut, github, gitlab, pandoc
	URLs           []string `toml:"urls"`
	RepositoryURLs []string `toml:"repository_urls"`
}

// Default is the configuration of an empty file.
func Default() *Config {
	return &Config{
		StateDir:  "/var/lib/patchbot",
		Templates: "/etc/patchbot/templates",
		Log:       Log{Level: "info", Format: "text"},
		IMAP: IMAP{
			Server:      Server{Security: "tls", Timeout: Duration(time.Minute)},
			Mailbox:     "INBOX",
			IdleReissue: Duration(5 * time.Minute),
			Poll:        Duration(time.Minute),
		},
		SMTP:   SMTP{Server: Server{Security: "starttls", Timeout: Duration(5 * time.Minute)}},
		Bot:    Bot{Name: "patchbot"},
		Mail:   Mail{MaxBytes: 5 << 20},
		Series: Series{IncompleteAfter: Duration(15 * time.Minute), Settle: Duration(5 * time.Second), BaseEvery: Duration(10 * time.Minute)},
		Reply:  Reply{MaxAge: Duration(7 * 24 * time.Hour), PerSenderHour: 30, PerHour: 100, PerThreadDay: 5},
		Alert:  Alert{After: Duration(30 * time.Minute), Remind: Duration(24 * time.Hour)},
		Web:    Web{Title: "patchbot"},
		Links: Links{
			Enabled: true, Ports: []int{80, 443}, PerSeries: 100, PerHost: 20, PerSenderDay: 300, Budget: Duration(time.Minute),
			Hosts: []LinkHost{
				{Name: "tchap.gouv.fr", Login: true},
				{Name: "osmose.numerique.gouv.fr", Login: true},
				{Name: "sr.ht", Skip: true},
			},
		},
		Rules: map[string]string{},
	}
}

// DefaultList is a list of an empty [[list]] table, DefaultWiki a wiki of an empty [[wiki]] table.
func DefaultList() List {
	return List{Kind: "plain", Language: "fr", Verdicts: Verdicts(), To: "author+list", TimeZone: "UTC"}
}

// DefaultWiki is described at DefaultList.
func DefaultWiki() Wiki { return Wiki{Branch: "main", Host: "sourcehut"} }

// File is the path the configuration was loaded from, empty for a default.
func (c *Config) File() string { return c.file }

// Line is the line of a key such as "imap.host" or "wiki[0].branch" in the file, 0 when it does not stand there.
func (c *Config) Line(key string) int { return c.lines[key] }

// Port is the port to connect to: the configured one, or the default of the security given by tls and other.
func (s Server) port(tls, other int) int {
	switch {
	case s.Port != 0:
		return s.Port
	case s.Security == "tls":
		return tls
	default:
		return other
	}
}

// Addr is host:port of the IMAP server: 993 for tls, 143 otherwise, unless a port is given.
func (i IMAP) Addr() string { return hostPort(i.Host, i.port(993, 143)) }

// Addr is host:port of the SMTP server: 465 for tls, 587 for starttls, 25 for plain, unless a port is given.
func (s SMTP) Addr() string {
	other := 587
	if s.Security == "plain" {
		other = 25
	}
	return hostPort(s.Host, s.port(465, other))
}
