package config

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // quiet hours do not depend on what the machine knows of time zones
)

// Verdicts are the words that list.verdicts may hold, from the best to the worst.
func Verdicts() []string {
	return []string{"clean", "remarks", "changes-needed", "does-not-apply", "incomplete", "not-reviewed"}
}

// Quiet is when the quiet hours begin and end, in minutes since midnight; both are 0 when there are none. The configuration
// must have been validated.
func (l List) Quiet() (from, until int, zone *time.Location) {
	from, until, err := span(l.QuietHours)
	if err != nil {
		return 0, 0, time.UTC
	}
	if zone, err = time.LoadLocation(l.TimeZone); err != nil {
		return 0, 0, time.UTC
	}
	return from, until, zone
}

// span reads "22:00-07:00"; an empty text is no time at all.
func span(text string) (from, until int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(text, "-")
	begin, err1 := time.Parse("15:04", strings.TrimSpace(a))
	end, err2 := time.Parse("15:04", strings.TrimSpace(b))
	if !ok || err1 != nil || err2 != nil || begin.Equal(end) {
		return 0, 0, fmt.Errorf("%q is not a part of a day such as \"22:00-07:00\"", text)
	}
	return begin.Hour()*60 + begin.Minute(), end.Hour()*60 + end.Minute(), nil
}

// writing validates what is said to whom and when about the series of a list.
func (k *checker) writing(at string, l List) {
	k.oneOf(at+".to", l.To, "author+list", "author", "list")
	for _, v := range l.Verdicts {
		k.oneOf(at+".verdicts", v, Verdicts()...)
	}
	if len(l.Verdicts) == 0 {
		k.fail(at+".verdicts", "name at least one verdict, or set dry_run = true")
	}
	if _, _, err := span(l.QuietHours); err != nil {
		k.fail(at+".quiet_hours", "%v", err)
	}
	if _, err := time.LoadLocation(l.TimeZone); err != nil || l.TimeZone == "Local" {
		k.fail(at+".time_zone", "%q is not a time zone such as \"Europe/Paris\" or \"UTC\"", l.TimeZone)
	}
	switch {
	case l.Moderator != "":
		k.address(at+".moderator", l.Moderator)
	case l.Hold:
		k.fail(at+".hold", "somebody must release the replies: name a moderator here, or the operator in [bot]")
	}
	for _, a := range l.Addresses {
		if strings.EqualFold(a, l.Moderator) {
			k.fail(at+".moderator", "%q is the list itself", l.Moderator)
		}
	}
}
