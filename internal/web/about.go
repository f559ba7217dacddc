package web

import (
	"fmt"
	"net/http"
	"strings"
)

// rulesPage is the view of the rules.
type rulesPage struct {
	*frame
	Rules []ruleView
}

type ruleView struct {
	Rule
	Anchor string
	Badge  badge
}

func (s *Server) rules(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r, "/rules")
	f.Name = f.word("rules.name")
	view := rulesPage{frame: f}
	if s.o.Rules != nil {
		rules, err := s.o.Rules(f.lang)
		if err != nil {
			return fmt.Errorf("list rules: %w", err)
		}
		for _, rule := range rules {
			view.Rules = append(view.Rules, ruleView{rule, ruleAnchor(rule.ID), f.severity(rule.Severity)})
		}
	}
	return s.page(w, r, "rules", f, view)
}

// ruleAnchor is where a rule stands on the page of rules.
func ruleAnchor(id string) string { return "rule-" + strings.ReplaceAll(clean(id), " ", "-") }

func (s *Server) accessibility(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r, "/accessibility")
	f.Name = f.word("access.name")
	return s.page(w, r, "accessibility", f, struct {
		*frame
		Done []string
	}{f, []string{"access.done-1", "access.done-2", "access.done-3", "access.done-4", "access.done-5", "access.done-6"}})
}

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) error {
	sendStatus(w, r, http.StatusOK, textType, []byte("ok\n"))
	return nil
}

// readyz says whether the bot can do its work. Why not is for the operator's log: it may name servers.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	_, err := s.o.Store.SchemaVersion(r.Context())
	if err == nil && s.o.Ready != nil {
		err = s.o.Ready()
	}
	if err != nil {
		s.o.Log.Warn("not ready", "error", err)
		sendStatus(w, r, http.StatusServiceUnavailable, textType, []byte("not ready\n"))
		return nil
	}
	sendStatus(w, r, http.StatusOK, textType, []byte("ready\n"))
	return nil
}

// robots keeps search engines from single mails and from the ways out of the site.
func (s *Server) robots(w http.ResponseWriter, r *http.Request) error {
	send(w, r, textType, fmt.Appendf(nil, "User-agent: *\nDisallow: %s/m\nDisallow: %[1]s/t/\nDisallow: %[1]s/api/\n", s.root))
	return nil
}
