package checks

import (
	"bytes"
	"strings"
	"time"
)

var calendar = &Rule{
	ID:       "calendar",
	Severity: Error,
	Scope:    ScopeFile,
	Title:    "Calendars can be read",
	Why: "A calendar program refuses a file that is not complete (RFC 5545), shows an event that ends before it begins in odd " +
		"places, and takes two events with one UID for one.",
	Bad:  "DTSTART:20220301T150000Z\nDTEND:20220301T140000Z\n",
	Good: "DTSTART:20220301T140000Z\nDTEND:20220301T150000Z\n",
	Messages: map[string]string{
		"not-calendar": "the file does not begin with “BEGIN:VCALENDAR”: no calendar program can read it.",
		"unclosed":     "“BEGIN:{{.Name}}” has no “END:{{.Name}}”.",
		"unopened":     "“END:{{.Name}}” without “BEGIN:{{.Name}}”.",
		"line":         "the line is neither “NAME:value” nor the continuation of one, which begins with a blank.",
		"missing":      "the event has no {{.Name}}.",
		"uid":          "the UID is that of another event, on line {{.Line}}: calendar programs keep one of them.",
		"date":         "“{{.Value}}” is not a date: “20220301” or “20220301T140000Z” was expected.",
		"order":        "the event ends before it begins ({{.Start}}).",
	},
	check: checkCalendar,
}

// property is one content line of a calendar, unfolded (RFC 5545, section 3.1).
type property struct {
	name, params, value string
	line                int
}

func checkCalendar(p *pass) {
	if !strings.HasSuffix(strings.ToLower(p.path), ".ics") || p.lines.LineCount() == 0 || len(p.lines.Source) == 0 {
		return
	}
	first := bytes.TrimPrefix(p.lines.Line(1), []byte("\uFEFF"))
	if !bytes.EqualFold(bytes.TrimSpace(first), []byte("BEGIN:VCALENDAR")) {
		p.line(1, "not-calendar", nil).Detail = "not-calendar"
		return
	}
	c := calendarCheck{pass: p, uids: map[string]int{}}
	for i := 1; i <= p.lines.LineCount() && !p.full(); {
		prop, next, ok := p.property(i)
		if !ok {
			if len(bytes.TrimSpace(p.lines.Line(i))) > 0 {
				p.line(i, "line", nil).Detail = string(p.lines.Line(i))
			}
		} else {
			c.take(prop)
		}
		i = next
	}
	for _, open := range c.open {
		p.line(open.line, "unclosed", map[string]any{"Name": open.value}).Detail = open.value
	}
}

// property reads the content line that begins at line i, and gives the line after it.
func (p *pass) property(i int) (prop property, next int, ok bool) {
	text := string(p.lines.Line(i))
	for next = i + 1; next <= p.lines.LineCount(); next++ {
		line := p.lines.Line(next)
		if len(line) == 0 || line[0] != ' ' && line[0] != '\t' {
			break
		}
		text += string(line[1:])
	}
	colon, quoted := -1, false
	for j := 0; j < len(text) && colon < 0; j++ {
		switch text[j] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				colon = j
			}
		}
	}
	if colon <= 0 {
		return prop, next, false
	}
	name, params, _ := strings.Cut(text[:colon], ";")
	for j := range len(name) {
		if c := name[j]; c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return prop, next, false
		}
	}
	return property{strings.ToUpper(name), strings.ToUpper(params), text[colon+1:], i}, next, true
}

// calendarCheck follows the components of one calendar.
type calendarCheck struct {
	*pass
	open  []property
	event map[string]property // of the innermost event
	uids  map[string]int
}

func (c *calendarCheck) take(prop property) {
	switch prop.name {
	case "BEGIN":
		prop.value = strings.ToUpper(strings.TrimSpace(prop.value))
		if len(c.open) < 50 {
			c.open = append(c.open, prop)
		}
		if prop.value == "VEVENT" {
			c.event = map[string]property{}
		}
	case "END":
		name := strings.ToUpper(strings.TrimSpace(prop.value))
		if len(c.open) == 0 || c.open[len(c.open)-1].value != name {
			c.line(prop.line, "unopened", map[string]any{"Name": name}).Detail = name
			return
		}
		begin := c.open[len(c.open)-1]
		c.open = c.open[:len(c.open)-1]
		if name == "VEVENT" && c.event != nil {
			c.finish(begin)
			c.event = nil
		}
	default:
		if c.event != nil && len(c.open) > 0 && c.open[len(c.open)-1].value == "VEVENT" {
			if _, ok := c.event[prop.name]; !ok {
				c.event[prop.name] = prop
			}
		}
	}
}

// finish judges one event (RFC 5545, section 3.6.1).
func (c *calendarCheck) finish(begin property) {
	uid, ok := c.event["UID"]
	if !ok || strings.TrimSpace(uid.value) == "" {
		c.line(begin.line, "missing", map[string]any{"Name": "UID"}).Detail = "UID"
	} else if _, instance := c.event["RECURRENCE-ID"]; !instance {
		if at, ok := c.uids[uid.value]; ok {
			f := c.line(uid.line, "uid", map[string]any{"Line": at})
			f.Detail = uid.value
			f.Severity = min(f.Severity, Warning)
		} else {
			c.uids[uid.value] = uid.line
		}
	}
	start, ok := c.event["DTSTART"]
	if !ok {
		c.line(begin.line, "missing", map[string]any{"Name": "DTSTART"}).Detail = "DTSTART"
		return
	}
	from, okFrom := c.date(start)
	end, ok := c.event["DTEND"]
	if !ok || !okFrom {
		return
	}
	to, okTo := c.date(end)
	if okTo && zone(start) == zone(end) && to.Before(from) {
		c.line(end.line, "order", map[string]any{"Start": start.value}).Detail = uid.value
	}
}

func (c *calendarCheck) date(prop property) (time.Time, bool) {
	value := strings.TrimSpace(prop.value)
	for _, layout := range []string{"20060102", "20060102T150405", "20060102T150405Z"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, true
		}
	}
	c.line(prop.line, "date", map[string]any{"Value": value}).Detail = value
	return time.Time{}, false
}

// zone is what two dates must have in common to be compared: a time zone, and being days or times.
func zone(prop property) string {
	value := strings.TrimSpace(prop.value)
	if strings.HasSuffix(value, "Z") {
		return "UTC"
	}
	if len(value) == len("20060102") {
		return "day"
	}
	for _, param := range strings.Split(prop.params, ";") {
		if id, ok := strings.CutPrefix(param, "TZID="); ok {
			return "TZID=" + id
		}
	}
	return ""
}
