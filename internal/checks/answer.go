package checks

// Class is what asking an external link came to.
type Class string

const (
	// Broken: nobody will reach it, by a proof that leaves no doubt.
	Broken Class = "broken"
	// LooksBroken: probably nobody reaches it; a person should look.
	LooksBroken Class = "looks-broken"
	// Moved: the site says that another address has taken over for good.
	Moved Class = "moved"
	// Fine: something is there, or wants a log-in.
	Fine Class = "fine"
	// Unknown: the answer proves nothing; it may be asked again later.
	Unknown Class = "unknown"
	// NotAsked: it may not or need not be asked.
	NotAsked Class = "not-asked"
)

// Answer is what is known about one external link.
type Answer struct {
	URL      string // as written
	Class    Class
	Cause    string // a stable word, such as "not-found" or "timeout"; empty when Class says all
	Status   int    // HTTP status that decided, 0 without one
	Looks    int    // how often it was seen so
	Evidence string // for people, in English: "404, 2 looks"
	Target   string // ASCII, at most 200 characters: where Moved leads, or the page that a LooksBroken ended on; else empty
}

// Open reports whether the answer proves nothing and may be another one later. An address that may not be connected to is
// treated as one that could not be: nobody learns from what is said, or asked again, which of the two it was.
func (a Answer) Open() bool {
	return a.Class == Unknown || a.Class == NotAsked && a.Cause == "connection"
}
