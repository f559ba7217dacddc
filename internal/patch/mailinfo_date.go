package patch

import (
	"strings"
	"time"
)

// dateReader collects what the tokens of a date say. A negative field has not been seen.
type dateReader struct {
	year, month, day     int // year since 1900, month from 0
	hour, minute, second int
	offset               int // minutes east of UTC
	hasOffset            bool
	utc                  bool // the time of day is UTC whatever the zone: it came as seconds since 1970
}

// parseDate reads a date as git does for the author of a commit: any order of day, month, year, time and zone, in the
// forms of mail, ISO 8601 and git itself. A date without a zone is UTC. ok is false when git refuses the date.
func parseDate(s string) (t time.Time, ok bool) {
	if strings.HasPrefix(s, "@") {
		if t, ok = parseRawDate(s[1:]); ok {
			return t, true
		}
	}
	d := dateReader{year: -1, month: -1, day: -1, hour: -1, minute: -1, second: -1}
	for s != "" && s[0] != '\n' && s[0] != 0 {
		n := 0
		switch c := s[0]; {
		case isAlpha(c):
			n = d.word(s)
		case isDigit(c):
			n = d.number(s)
		case (c == '-' || c == '+') && len(s) > 1 && isDigit(s[1]):
			n = d.zone(s)
		}
		s = s[max(n, 1):]
	}
	return d.time()
}

// parseRawDate reads seconds since 1970 and a zone, as commit objects have them.
func parseRawDate(s string) (time.Time, bool) {
	n := countDigits(s)
	if n == 0 || n > 18 || len(s) < n+6 || s[n] != ' ' || s[n+1] != '+' && s[n+1] != '-' || countDigits(s[n+2:]) != 4 {
		return time.Time{}, false
	}
	if len(s) > n+6 && s[n+6] != '\n' {
		return time.Time{}, false
	}
	zone := atoi(s[n+2 : n+6])
	zone = zone/100*60 + zone%100
	if s[n+1] == '-' {
		zone = -zone
	}
	return inZone(int64(atoi(s[:n])), zone), true
}

func inZone(seconds int64, minutes int) time.Time {
	return time.Unix(seconds, 0).In(time.FixedZone("", minutes*60))
}

func (d *dateReader) time() (time.Time, bool) {
	const lastYear = 199 // 2099
	if d.year < 70 || d.year > lastYear || d.month < 0 || d.month > 11 || d.hour < 0 || d.minute < 0 || d.second < 0 {
		return time.Time{}, false
	}
	utc := time.Date(1900+d.year, time.Month(d.month+1), d.day, d.hour, d.minute, d.second, 0, time.UTC)
	if utc.Unix() == -1 {
		return time.Time{}, false
	}
	if d.utc {
		return inZone(utc.Unix(), d.offset), true
	}
	return inZone(utc.Unix()-int64(d.offset)*60, d.offset), true
}

var monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

var dayNames = [...]string{"Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"}

// zoneHours are the zone names git knows, with hours east of UTC, summer time included.
var zoneHours = map[string]int{
	"IDLW": -12, "NT": -11, "CAT": -10, "HST": -10, "HDT": -9, "YST": -9, "YDT": -8, "PST": -8, "PDT": -7, "MST": -7, "MDT": -6,
	"CST": -6, "CDT": -5, "EST": -5, "EDT": -4, "AST": -3, "ADT": -2, "WAT": -1, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "BST": 1,
	"MET": 1, "MEWT": 1, "MEST": 2, "CET": 1, "CEST": 2, "FWT": 1, "FST": 2, "EET": 2, "EEST": 3, "WAST": 7, "WADT": 8, "CCT": 8,
	"JST": 9, "EAST": 10, "EADT": 11, "GST": 10, "NZT": 12, "NZST": 12, "NZDT": 13, "IDLE": 12,
}

// word reads the name of a month, weekday or zone, or a half of the day, and returns its length.
func (d *dateReader) word(s string) int {
	n := 0
	for n < len(s) && (isAlpha(s[n]) || isDigit(s[n])) {
		n++
	}
	word := s[:n]
	for i, name := range monthNames {
		if n >= 3 && len(name) >= n && strings.EqualFold(name[:n], word) {
			d.month = i
			return n
		}
	}
	for _, name := range dayNames {
		if n >= 3 && len(name) >= n && strings.EqualFold(name[:n], word) {
			return n
		}
	}
	if hours, ok := zoneHours[strings.ToUpper(word)]; ok {
		if !d.hasOffset {
			d.offset, d.hasOffset = hours*60, true
		}
		return n
	}
	switch {
	case strings.EqualFold(word, "PM"):
		d.hour = d.hour%12 + 12
		return n
	case strings.EqualFold(word, "AM"):
		d.hour %= 12
		return n
	}
	n = 1
	for n < len(s) && isAlpha(s[n]) {
		n++
	}
	return n
}

// zone reads +hhmm, +hh:mm or +hh; anything else is skipped.
func (d *dateReader) zone(s string) int {
	n := countDigits(s[1:])
	end := 1 + n
	hour, minute := atoi(s[1:end]), 0
	switch {
	case n == 4:
		hour, minute = hour/100, hour%100
	case n != 2:
		return end
	case end < len(s) && s[end] == ':':
		rest := strings.TrimLeft(s[end+1:], spaces)
		m := countDigits(rest)
		minute = atoi(rest[:m])
		if m == 0 {
			return end
		}
		after := len(s) - len(rest) + m
		if after-end != 3 {
			return after
		}
		end = after
	}
	if minute < 60 && hour < 24 {
		d.offset, d.hasOffset = hour*60+minute, true
		if s[0] == '-' {
			d.offset = -d.offset
		}
	}
	return end
}

// number reads one number, or several joined by colons, dots, slashes or dashes.
func (d *dateReader) number(s string) int {
	n := countDigits(s)
	num := atoi(s[:n])
	const looksLikeEpoch = 100000000
	noDate := d.year&d.month&d.day&d.hour&d.minute&d.second < 0
	if num >= looksLikeEpoch && noDate {
		u := time.Unix(int64(num), 0).UTC()
		d.utc, d.year, d.month, d.day = true, u.Year()-1900, int(u.Month())-1, u.Day()
		d.hour, d.minute, d.second = u.Clock()
		return n
	}
	if n+1 < len(s) && strings.IndexByte(":./-", s[n]) >= 0 && isDigit(s[n+1]) {
		if m := d.joined(s, num, n); m > 0 {
			return m
		}
	}
	switch n {
	case 8:
		d.setDate(num/10000, num/100%100, num%100)
		return n
	case 6:
		if d.setTime(num/10000, num/100%100, num%100) && n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) {
			n += 1 + countDigits(s[n+1:])
		}
		return n
	}
	d.lone(num, n)
	return n
}

// lone guesses what a number of n digits means that stands by itself.
func (d *dateReader) lone(num, n int) {
	switch {
	case n == 4:
		if num <= 1400 && !d.hasOffset {
			d.offset, d.hasOffset = num/100*60+num%100, true
		} else if num > 1900 && num < 2100 {
			d.year = num - 1900
		}
	case n > 2:
	case num > 0 && num < 32 && d.day < 0:
		d.day = num
	case n == 2 && d.year < 0 && num < 10 && d.day >= 0:
		d.year = num + 100
	case n == 2 && d.year < 0 && num >= 70:
		d.year = num
	case num > 0 && num < 13 && d.month < 0:
		d.month = num - 1
	}
}

// joined reads num, whose end is at, and the one or two numbers joined to it; 0 when they are neither a time nor a date.
func (d *dateReader) joined(s string, num, at int) int {
	sep := s[at]
	end := at + 1 + countDigits(s[at+1:])
	second, third := atoi(s[at+1:end]), -1
	if end+1 < len(s) && s[end] == sep && isDigit(s[end+1]) {
		from := end + 1
		end = from + countDigits(s[from:])
		third = atoi(s[from:end])
	}
	if sep == ':' {
		if !d.setTime(num, second, max(third, 0)) {
			return 0
		}
		if end+1 < len(s) && s[end] == '.' && isDigit(s[end+1]) && d.year >= 0 && d.month >= 0 && d.day >= 0 {
			end += 1 + countDigits(s[end+1:])
		}
		return end
	}
	if num > 70 && (d.setYearFirst(num, second, third) || d.setYearFirst(num, third, second)) ||
		sep != '.' && d.setDate(third, num, second) ||
		d.setDate(third, second, num) ||
		sep == '.' && d.setDate(third, num, second) {
		return end
	}
	return 0
}

// setYearFirst is setDate for a date that starts with its year; git keeps month and day even when the year is impossible.
func (d *dateReader) setYearFirst(year, month, day int) bool {
	ok := d.setDate(year, month, day)
	if month >= 1 && month <= 12 && day >= 1 && day <= 31 {
		d.month, d.day = month-1, day
	}
	return ok
}

// setDate takes a date unless it is impossible; year is -1 when unstated.
func (d *dateReader) setDate(year, month, day int) bool {
	switch {
	case month < 1 || month > 12 || day < 1 || day > 31:
		return false
	case year == -1:
		year = d.year
	case year >= 1970 && year < 2100:
		year -= 1900
	case year > 70 && year < 100:
	case year >= 0 && year < 38:
		year += 100
	default:
		return false
	}
	d.year, d.month, d.day = year, month-1, day
	return true
}

func (d *dateReader) setTime(hour, minute, second int) bool {
	if hour > 24 || minute > 59 || second > 60 {
		return false
	}
	d.hour, d.minute, d.second = hour, minute, second
	return true
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func countDigits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// atoi reads a string of digits; it stops growing before it could overflow.
func atoi(s string) int {
	n := 0
	for i := 0; i < len(s) && n < 1<<50; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
