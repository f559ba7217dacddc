package review

import (
	"strconv"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// Report is everything that is known about one version of a series after its review. It holds no bytes of mails and no
// trees, so it can be kept, and rendered again in another language, long after the review.
type Report struct {
	Series Series `json:"series"`
	Base   Base   `json:"base"` // zero when nothing was applied
	Apply  Apply  `json:"apply"`

	Below   []Under  `json:"below,omitempty"`   // series that it stands on, in the order they lie below it
	Unknown []string `json:"unknown,omitempty"` // message ids, addresses and patch ids of what it stands on and nobody has

	Findings  []Finding   `json:"findings,omitempty"` // by part, path, line, column, rule
	Fixed     int         `json:"fixed"`              // problems of the base that the series repairs
	Inherited int         `json:"inherited"`          // problems of the touched pages that were there before
	Unchecked []Unchecked `json:"unchecked,omitempty"`
	Repaired  []Repaired  `json:"repaired,omitempty"`
	Links     []Link      `json:"links,omitempty"`  // external links that the series adds, to be probed
	Probed    bool        `json:"probed,omitempty"` // Links were probed: what is neither found nor unchecked is fine
	LinkCount int         `json:"link_count"`       // links that the series adds, internal ones included

	Mailed *Mailed `json:"mailed,omitempty"` // what the way of mailing did to it, nil when git reads what a person reads

	Progress *Progress `json:"progress,omitempty"` // against the version before, nil for the first
	Moved    bool      `json:"moved,omitempty"`    // the same version did apply, to an older base
	Late     int       `json:"late,omitempty"`     // not 0: Findings are links that turned out dead after so many rounds of asking again

	Trouble *Trouble `json:"trouble,omitempty"` // the review itself failed; nobody's patch is to blame
	// Settings is what the .patchbot.toml of the base did to the rules; nil when the wiki has none.
	Settings *Settings `json:"settings,omitempty"`

	Verdict Verdict `json:"verdict"`
}

// Series is what a report keeps of a patch.Series.
type Series struct {
	ID      string        `json:"id"`
	Prefix  string        `json:"prefix"`
	Version int           `json:"version"`
	Label   int           `json:"label,omitempty"`   // version that the subjects name, when it is not Version
	Carried []int         `json:"carried,omitempty"` // parts that were not sent again and come from the version before
	Total   int           `json:"total"`
	Subject string        `json:"subject"`
	Cover   string        `json:"cover,omitempty"` // message id of the cover letter, empty without one
	Author  email.Address `json:"author"`
	Parts   []Part        `json:"parts,omitempty"`
	Missing []int         `json:"missing,omitempty"`
	Arrived time.Time     `json:"arrived"`

	Defect patch.Reason `json:"defect,omitempty"` // why it can never be reviewed
	Damage *Damage      `json:"damage,omitempty"` // what the mailer did, when Defect is about that

	// The mail that a reply answers.
	Root        string   `json:"root"`         // its message id, without brackets
	RootSubject string   `json:"root_subject"` // decoded, with its brackets
	References  []string `json:"references,omitempty"`
}

// VersionID names one version of a series: the series id and "-v" and the version.
func (s *Series) VersionID() string { return s.ID + "-v" + strconv.Itoa(s.Version) }

// Labelled is the version that the subjects name.
func (s *Series) Labelled() int {
	if s.Label > 0 {
		return s.Label
	}
	return s.Version
}

// Single reports whether the series is one patch without k/n marks to speak of.
func (s *Series) Single() bool { return s.Total <= 1 }

// Damage is what a mailer did to the first part that cannot be used.
type Damage struct {
	Kind patch.Damage `json:"kind,omitempty"` // empty when it is not known
	Part int          `json:"part"`
	Line int          `json:"line,omitempty"` // of the diff, the first that fits nowhere; 0 when unknown
	Text string       `json:"text,omitempty"` // that line
	// Short: Line is the header of a hunk that has fewer lines than it says.
	Short bool `json:"short,omitempty"`
}

// Part is one patch of a series and what came of it.
type Part struct {
	Index     int           `json:"index"`
	MessageID string        `json:"message_id"` // without brackets
	Subject   string        `json:"subject"`    // title, without brackets and marks
	Author    email.Address `json:"author"`
	Date      time.Time     `json:"date"`    // author date, zero when the mail has none
	Message   string        `json:"message"` // commit message as git am records it
	PatchID   string        `json:"patch_id"`
	Files     []File        `json:"files,omitempty"`
	Diffs     []string      `json:"diffs,omitempty"` // of the files: what the part does to each, see diffDigest

	Status repo.Status `json:"status"`
	How    repo.How    `json:"how,omitempty"`
	Offset int         `json:"offset,omitempty"` // lines
	Commit string      `json:"commit,omitempty"`
	Bad    *Bad        `json:"bad,omitempty"` // why the mail holds no patch, nil when it does
}

// Bad is why git am would not take a mail, see patch.BadMail.
type Bad struct {
	Class  string `json:"class"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// File is one file that a part touches.
type File struct {
	Path    string           `json:"path"`
	OldPath string           `json:"old_path,omitempty"`
	Status  patch.FileStatus `json:"status"`
}

// Base is the commit that a series was applied to and how it was chosen.
type Base struct {
	Commit string `json:"commit"` // 40 hex
	Branch string `json:"branch"`
	How    string `json:"how"` // tip, base-commit, blobs, asked
}

// Apply is the outcome of applying the whole series, as git am -3 would end.
type Apply struct {
	Status       repo.Status `json:"status"`
	How          repo.How    `json:"how,omitempty"`
	DependsOnGit bool        `json:"depends_on_git,omitempty"`
	Tree         string      `json:"tree,omitempty"`    // after the last part that applied
	Commits      []string    `json:"commits,omitempty"` // of the parts that applied
	Failed       *Failure    `json:"failed,omitempty"`

	Worked  *Commit `json:"worked,omitempty"`  // commit that the author worked on, nil when unknown
	Behind  int     `json:"behind,omitempty"`  // how many commits Worked is behind the base
	Fits    bool    `json:"fits,omitempty"`    // the series applies to Worked
	Changed *Commit `json:"changed,omitempty"` // commit that changed the expected line since Worked, or since Already
	Already *Commit `json:"already,omitempty"` // commit that brought the changes: of the part that failed, else of the last
}

// Failure is the place where a series stopped, see repo.Failure.
type Failure struct {
	Index  int      `json:"index"`
	Path   string   `json:"path,omitempty"`
	Line   int      `json:"line,omitempty"`
	Reason string   `json:"reason"`
	Detail string   `json:"detail,omitempty"`
	At     int      `json:"at,omitempty"`
	Expect []string `json:"expect,omitempty"`
	Marks  string   `json:"marks,omitempty"`
	Found  []string `json:"found,omitempty"`
}

// Commit is one commit of the wiki, to be shown.
type Commit struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	When  time.Time `json:"when"`
}

// Finding is a finding of a rule and what a reader needs to recognise the place.
type Finding struct {
	checks.Finding
	Added bool // the line was added by the part; false for a line that stood there before
}

// Link is an external URL that the series adds, and where it is written first.
type Link struct {
	URL       string `json:"url"`
	Part      int    `json:"part"`
	Path      string `json:"path"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
	Source    string `json:"source,omitempty"` // the line, without its line end
}

// Repaired is a finding that one part introduces and a later one takes back.
type Repaired struct {
	Part int    `json:"part"`
	By   int    `json:"by"`
	Rule string `json:"rule"`
}

// Unchecked is a link that nobody could judge. Reason is a stable word: "timeout", "forbidden", "server-error", "dns",
// "too-many", "offline", …
type Unchecked struct {
	URL    string `json:"url"`
	Reason string `json:"reason"`
	Again  bool   `json:"again,omitempty"` // it may be asked again later
}

// Trouble is why a review could not be done although nothing is wrong with the mails.
type Trouble struct {
	Detail string `json:"detail"` // English, for the operator
}
