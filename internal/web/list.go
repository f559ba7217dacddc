package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"patchbot/internal/store"
)

const (
	pageSize = 50
	// scanMost is how many series versions a search looks at before it asks the reader whether to go on.
	scanMost = 5000
	// queryMost is the length of a search in bytes.
	queryMost = 200
)

// filter is what a reader wants to see of the series.
type filter struct {
	Text    string
	State   string // a state, "all", or empty for all but superseded versions
	Verdict string
	Before  time.Time // only versions made before; zero: from the newest on
}

// allStates shows superseded versions too.
const allStates = "all"

// states and verdicts are what the forms offer. The words are those of the store and of the JSON of the command line.
func states() []string {
	return []string{store.StateIncomplete, store.StateReady, store.StateDone, store.StateApplied, store.StateFailed, store.StateSuperseded}
}

func verdicts() []string {
	return []string{"clean", "remarks", "changes-needed", "does-not-apply", "incomplete", "not-reviewed"}
}

// readFilter reads the parameters q, state, verdict and before.
func readFilter(q url.Values) (filter, error) {
	f := filter{Text: clean(q.Get("q")), State: q.Get("state"), Verdict: q.Get("verdict")}
	bad := len(f.Text) > queryMost ||
		f.State != "" && f.State != allStates && !slices.Contains(states(), f.State) ||
		f.Verdict != "" && !slices.Contains(verdicts(), f.Verdict)
	if before := q.Get("before"); before != "" {
		ms, err := strconv.ParseInt(before, 10, 64)
		bad = bad || err != nil || ms <= 0
		f.Before = time.UnixMilli(ms)
	}
	if bad {
		return filter{}, problem(http.StatusBadRequest)
	}
	return f, nil
}

// params are the parameters that readFilter reads, for the page that begins before a time.
func (f filter) params(before time.Time) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "state": f.State, "verdict": f.Verdict} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !before.IsZero() {
		q.Set("before", strconv.FormatInt(before.UnixMilli(), 10))
	}
	return q
}

func (f filter) narrow() bool { return f.Text != "" || f.Verdict != "" || f.State != "" }

// matcher says of each series version whether the filter takes it. All words must stand in the subject; case and accents do
// not count.
func (f filter) matcher() func(*store.Series) bool {
	words := strings.Fields(fold(f.Text))
	return func(row *store.Series) bool {
		if !public(row.List) || f.Verdict != "" && row.Verdict != f.Verdict {
			return false
		}
		if f.State == "" && row.State == store.StateSuperseded || f.State != "" && f.State != allStates && row.State != f.State {
			return false
		}
		if len(words) == 0 {
			return true
		}
		subject := fold(row.Subject)
		for _, word := range words {
			if !strings.Contains(subject, word) {
				return false
			}
		}
		return true
	}
}

// public reports whether what the store has under a list may be shown: it came through one.
func public(list string) bool { return list != "" }

// fold makes texts comparable without case and accents.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}

// found is one page of series versions.
type found struct {
	Rows   []store.Series
	Next   time.Time // where the next page begins; zero when this is the last
	Search bool      // the search stopped there before the page was full
}

// search reads series versions, newest first, until limit of them are found. Versions made in the same millisecond stay on
// one page.
func (s *Server) search(ctx context.Context, f filter, limit int) (found, error) {
	takes := f.matcher()
	batch := limit + 1
	if f.narrow() {
		batch = max(batch, 250)
	}
	var page found
	last := f.Before
	for scanned := 0; scanned < scanMost; {
		rows, err := s.o.Store.Recent(ctx, batch, last)
		if err != nil {
			return found{}, err
		}
		for i := range rows {
			if len(page.Rows) >= limit && rows[i].Created.Before(last) {
				page.Next = last
				return page, nil
			}
			last = rows[i].Created
			if takes(&rows[i]) {
				page.Rows = append(page.Rows, rows[i])
			}
		}
		if len(rows) < batch {
			return page, nil
		}
		scanned += len(rows)
	}
	page.Next, page.Search = last, true
	return page, nil
}

// listPage is the view of the list of series.
type listPage struct {
	*frame
	Filter   filter
	States   []option
	Verdicts []option
	Rows     []listRow
	Narrow   bool
	Older    string // address of the next page, empty when there is none
	Newest   string // address of the first page, empty on it
	Far      *moment
}

type option struct {
	Value, Label string
	Selected     bool
}

type listRow struct {
	Href    string
	Badge   badge
	Subject foreign
	Author  string
	Version int
	Parts   int
	Wiki    string // empty when all rows are of the same
	Verdict *badge // of a superseded version
	At      *moment
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) error {
	want, err := readFilter(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := s.search(r.Context(), want, pageSize)
	if err != nil {
		return err
	}
	f := s.frame(r, "/")
	f.Name = f.word("list.name")
	f.NoIndex = want.narrow() || !want.Before.IsZero()
	view := listPage{frame: f, Filter: want, Narrow: want.narrow()}
	view.States = append(view.States, option{allStates, f.word("state.all"), want.State == allStates})
	for _, state := range states() {
		view.States = append(view.States, option{state, f.word("state." + state), want.State == state})
	}
	for _, verdict := range verdicts() {
		view.Verdicts = append(view.Verdicts, option{verdict, f.word("verdict." + verdict), want.Verdict == verdict})
	}
	several := slices.ContainsFunc(page.Rows, func(row store.Series) bool { return row.Wiki != page.Rows[0].Wiki })
	for i := range page.Rows {
		row := f.listRow(&page.Rows[i])
		if !several {
			row.Wiki = ""
		}
		view.Rows = append(view.Rows, row)
	}
	if !page.Next.IsZero() {
		view.Older = f.link("/", want.params(page.Next))
		if page.Search {
			view.Far = f.At(page.Next)
		}
	}
	if !want.Before.IsZero() {
		view.Newest = f.link("/", want.params(time.Time{}))
	}
	return s.page(w, r, "list", f, view)
}

func (f *frame) listRow(row *store.Series) listRow {
	l := listRow{
		Href: f.Link(seriesPath(row.ID), "v", strconv.Itoa(row.Version)), Badge: f.badge(row),
		Subject: f.subject(row.Subject, row.List), Author: f.author(row),
		Version: row.Version, Parts: row.Total, Wiki: f.server.safe(row.Wiki), At: f.At(row.Created),
	}
	if row.State == store.StateSuperseded && row.Verdict != "" {
		b := f.verdict(row.Verdict)
		l.Verdict = &b
	}
	return l
}

func seriesPath(id string) string { return "/s/" + url.PathEscape(id) }
