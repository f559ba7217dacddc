package tracker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// State is what came of a series, in the words of continuous integration.
type State string

// The states. Sites that know fewer show the nearest.
const (
	Pending   State = "pending"
	Success   State = "success"
	Warning   State = "warning" // it may go in as it is
	Failed    State = "failed"
	Cancelled State = "cancelled" // nothing could be said
)

// Mark is what is to be shown of one version of a series.
type Mark struct {
	Parts []string // Message-IDs of its patches in their order, without angle brackets
	Cover string   // that of its cover letter, empty without one
	State State
	Text  string // one line, plain
	URL   string // where more of it stands; may be empty
}

// Tracker is a site that shows marks.
type Tracker interface {
	// Show makes the site show a mark. The error is ErrAbsent, ErrToken or another one.
	Show(ctx context.Context, m Mark) error
	// Check reports whether the site answers and takes the token. It changes nothing.
	Check(ctx context.Context) error
}

var (
	// ErrAbsent means that the site does not know the patches, or not yet.
	ErrAbsent = errors.New("the site does not know these patches")
	// ErrToken means that the site refuses the token, or what it asks for.
	ErrToken = errors.New("the site refuses the token")
)

// Options describe one site.
type Options struct {
	URL       string                                // of the API, see SourceHut and Patchwork
	List      string                                // what the list is called there: "~owner/name", or the link name of a project
	Name      string                                // of the bot, by which it knows its own rows
	UserAgent string                                // with a contact URL
	Token     func(context.Context) (string, error) // asked for at each call
}

// New makes the tracker of a kind: "sourcehut" or "patchwork". It makes no connection yet.
func New(kind string, o Options) (Tracker, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not the URL of an API", o.URL)
	}
	switch kind {
	case "sourcehut":
		return &SourceHut{client: newClient(o, "Bearer"), url: o.URL, list: o.List, name: o.Name}, nil
	case "patchwork":
		base := strings.TrimSuffix(strings.TrimSuffix(o.URL, "/"), "/api")
		return &Patchwork{client: newClient(o, "Token"), base: base + "/api", project: o.List, context: slug(o.Name)}, nil
	}
	return nil, fmt.Errorf("no tracker is of the kind %q", kind)
}

// slug makes a word of letters, digits, "_" and "-" of a name.
func slug(name string) string {
	s := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	if s == "" {
		return "patchbot"
	}
	return s
}

// line makes one line of a text, of at most so many characters.
func line(s string, most int) string {
	runes := []rune(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f && r < 0xa0 }), " "))
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	return string(runes)
}
