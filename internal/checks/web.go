package checks

// Say puts the answer of an external link into a finding; ok is false when there is nothing to say, because the link is
// fine, nobody knows, or the rule is off.
func (s *Set) Say(l Link, a Answer) (f Finding, ok bool) {
	rule := map[Class]*Rule{Broken: deadLink, LooksBroken: doubtfulLink, Moved: movedLink}[a.Class]
	if rule == nil || !s.on(rule.ID) || rule.Messages[a.Cause] == "" {
		return Finding{}, false
	}
	args := map[string]any{"URL": l.URL, "Status": a.Status, "Target": a.Target}
	f = Finding{
		Part: l.Part, Path: l.Path, Line: l.Line, Column: l.Column, EndLine: l.EndLine, EndColumn: l.EndColumn, Source: l.Source,
		Rule: rule.ID, Severity: s.Level(rule.ID), Message: Message{ID: rule.ID + "." + a.Cause, Args: args}, Detail: l.URL,
	}
	if a.Cause == "not-found" || a.Cause == "no-host" {
		f.Suggestion = Message{ID: rule.ID + ".archive", Args: map[string]any{"URL": l.URL}}
	}
	return f, true
}
