package bot

import "time"

// Quiet is the part of each day in which no reply leaves for a list. The zero value is none.
type Quiet struct {
	From, Until int // minutes since midnight, as the clocks of Zone show them; equal: none
	Zone        *time.Location
}

// Holds reports whether a moment is quiet.
func (q Quiet) Holds(at time.Time) bool {
	if q.From == q.Until || q.Zone == nil {
		return false
	}
	at = at.In(q.Zone)
	minute := at.Hour()*60 + at.Minute()
	if q.From < q.Until {
		return q.From <= minute && minute < q.Until
	}
	return minute >= q.From || minute < q.Until
}

// End is the first moment, from at on, that is not quiet. It walks from minute to minute, so that a night in which the clocks
// are changed is as long as the clocks say, and an hour that does not exist is nobody's end.
func (q Quiet) End(at time.Time) time.Time {
	for q.Holds(at) {
		at = at.Truncate(time.Minute).Add(time.Minute)
	}
	return at
}
