package prober

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"patchbot/internal/checks"
)

// unasked is the answer of a link that was not asked.
func unasked(c Cause) checks.Answer {
	a := checks.Answer{Class: checks.NotAsked, Cause: string(c)}
	switch c {
	case CauseMalformed:
		a.Class, a.Evidence = checks.Broken, "no browser can read this address"
	case CausePrivate:
		a.Class, a.Evidence = checks.Broken, "an address that only your own machine or network has"
	case CauseLogin:
		a.Class, a.Evidence = checks.Fine, "wants a log-in, as configured"
	case CauseScheme:
		a.Evidence = "neither http nor https"
	case CauseCredentials:
		a.Evidence = "a user name stands in it"
	case CauseTooLong:
		a.Evidence = "too long"
	case CauseAction:
		a.Evidence = "asking it may do something"
	case CausePort:
		a.Evidence = "not a port of the web"
	case CauseSkipped:
		a.Evidence = "this host is not asked"
	case CauseTooMany:
		a.Evidence = "too many links"
	case CauseGuarded:
		a.Cause, a.Evidence = string(CauseConnection), "no connection"
	}
	return a
}

// unsure is the answer of a link that was asked in vain.
func unsure(c Cause, evidence string) checks.Answer {
	return checks.Answer{Class: checks.Unknown, Cause: string(c), Evidence: evidence}
}

func fine(evidence string) checks.Answer {
	return checks.Answer{Class: checks.Fine, Evidence: evidence}
}

// look asks one URL, as often as its answer needs, and settles the links that lead there.
func (r *run) look(ctx context.Context, links []*link) {
	a := links[0].address
	v := r.visit()
	first := v.follow(ctx, a, "")
	answer, decided := v.judge(ctx, a, first)
	if !decided && ctx.Err() == nil {
		answer = v.judgePage(ctx, a, first)
	}
	for _, l := range links {
		mine := answer
		if first.resp != nil && first.resp.page != nil && (mine.Class == checks.Fine || mine.Class == checks.Moved) {
			mine = anchored(l.address, first, mine)
		}
		l.learnt = true
		l.settle(mine)
	}
}

// judge decides what needs no page: faults and statuses. decided is false for a success.
func (v *visit) judge(ctx context.Context, a address, o outcome) (answer checks.Answer, decided bool) {
	switch {
	case o.fault != "":
		return v.judgeFault(ctx, a, o), true
	case o.resp.mitigated:
		return fine(o.trail() + ", behind a wall against robots"), true
	case o.gone():
		return v.judgeGone(ctx, a, o), true
	}
	switch s := o.resp.status; {
	case s/100 == 2:
		return checks.Answer{}, false
	case s == 401, s == 407, s == 300, s == 405, s == 406, s == 451, s == 999:
		return fine(o.trail()), true
	case s == 429 && o.resp.after <= v.p.o.Patience:
		return fine(o.trail()), true
	case s == 429:
		return unsure(CauseRateLimit, o.trail()+", the host wants to be left alone"), true
	case s == 403:
		return unsure(CauseForbidden, o.trail()), true
	case s/100 == 5:
		return unsure(CauseServer, fmt.Sprintf("%s, %s", o.trail(), times(o.tries, "try", "tries"))), true
	default:
		return unsure(CauseAnswer, o.trail()), true
	}
}

func times(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (v *visit) judgeFault(ctx context.Context, a address, o outcome) checks.Answer {
	switch o.fault {
	case CauseNoHost:
		return v.judgeNoHost(ctx, a, o)
	case CauseLoop:
		return checks.Answer{Class: checks.Broken, Cause: string(CauseLoop), Looks: 1, Evidence: "redirections in a circle: " + o.trail()}
	case CauseRedirects:
		return checks.Answer{Class: checks.LooksBroken, Cause: string(CauseRedirects), Looks: 1, Evidence: fmt.Sprintf("more than %d redirections", v.p.o.MaxHops)}
	case CauseRefused:
		return checks.Answer{Class: checks.LooksBroken, Cause: string(CauseRefused), Looks: o.tries, Evidence: "connection refused, " + times(o.tries, "look", "looks")}
	case CauseLogin:
		return fine(o.trail() + ", to a host that wants a log-in")
	case CauseGuarded, CausePort, CauseAction, CauseSkipped:
		return unasked(o.fault)
	}
	evidence := map[Cause]string{
		CauseTimeout: "timed out", CauseConnection: "no connection", CauseDNS: "the name server failed", CauseCertificate: "the certificate could not be verified",
		CauseRateLimit: "the host wants to be left alone", CauseBudget: "no time was left", CauseAnswer: "an answer that makes no sense",
	}[o.fault]
	return unsure(o.fault, evidence)
}

// judgeGone believes a 404 when it is seen twice, and the site does not say it of everything.
func (v *visit) judgeGone(ctx context.Context, a address, first outcome) checks.Answer {
	if v.walled(first.last) {
		return unsure(CauseWall, first.trail()+", and no better from the front page")
	}
	if pause(ctx, v.p.o.Gap) != nil {
		return unsure(CauseBudget, first.trail()+", seen once")
	}
	second := v.follow(ctx, a, "")
	if !second.gone() {
		return unconfirmed(second)
	}
	if !v.standing(ctx, second.last, first.at) {
		return unsure(CauseWall, second.trail()+", and no better from the front page")
	}
	return checks.Answer{Class: checks.Broken, Cause: string(CauseNotFound), Status: second.status(), Looks: 2, Evidence: second.trail() + ", 2 looks"}
}

// unconfirmed is the answer of a second look that did not confirm the first: nothing bad.
func unconfirmed(second outcome) checks.Answer {
	switch {
	case second.fault == CauseGuarded:
		return unasked(CauseGuarded)
	case second.fault != "":
		return unsure(second.fault, "two looks, two answers")
	case second.resp.status/100 == 2:
		return fine(second.trail() + " at the second look")
	}
	return unsure(CauseAnswer, "two looks, two answers")
}

// judgeNoHost believes that a name does not exist when it is said twice, by a name server that knows others.
func (v *visit) judgeNoHost(ctx context.Context, a address, first outcome) checks.Answer {
	if pause(ctx, v.p.o.Gap) != nil {
		return unsure(CauseBudget, "no such host, seen once")
	}
	second := v.follow(ctx, a, "")
	switch {
	case second.fault != CauseNoHost:
		return unconfirmed(second)
	case !v.p.names.believable(ctx, first.at):
		return unsure(CauseDNS, "no such host, but the name server knows no other either")
	}
	return checks.Answer{Class: checks.Broken, Cause: string(CauseNoHost), Looks: 2, Evidence: "no such host, 2 looks"}
}

// judgePage decides about a success: a page that says it is none, a front page instead of the page, a new address.
func (v *visit) judgePage(ctx context.Context, a address, o outcome) checks.Answer {
	p := o.resp.page
	ok := fine(o.trail())
	if p != nil && p.password || login(o.last) && len(o.hops) > 0 {
		return fine(o.trail() + ", a log-in form")
	}
	if p != nil && (p.sorry() || len(o.hops) > 0 && errorPath(o.last)) {
		if p.noindex {
			return checks.Answer{Class: checks.LooksBroken, Cause: string(CauseSoft), Status: o.status(), Looks: 1, Evidence: o.trail() + ", a page that says there is none, hidden from search engines", Target: target(o)}
		}
		if v.sibling(ctx, o) {
			return checks.Answer{Class: checks.LooksBroken, Cause: string(CauseSoft), Status: o.status(), Looks: 1, Evidence: o.trail() + ", a page that says there is none, as for any address", Target: target(o)}
		}
		return ok
	}
	if toFront(a, o.last) {
		return checks.Answer{Class: checks.LooksBroken, Cause: string(CauseRoot), Status: o.status(), Looks: 1, Evidence: o.trail() + ", ends on the front page", Target: o.last.shown()}
	}
	if !movable(a, o) {
		return ok
	}
	if v.moved.Add(1) > int64(v.p.o.SecondLooks) || pause(ctx, v.p.o.Gap) != nil {
		return checks.Answer{Class: checks.Fine, Cause: movedOnce, Evidence: o.trail() + ", 1 look"}
	}
	second := v.follow(ctx, a, o.last.key())
	if second.fault != "" || second.resp != nil || !second.permanent() || second.last.key() != o.last.key() {
		return ok
	}
	return checks.Answer{Class: checks.Moved, Cause: string(CauseMoved), Status: o.hops[0], Looks: 2, Evidence: o.trail() + ", 2 looks", Target: target(o)}
}

// target is where redirections ended, when there were some.
func target(o outcome) string {
	if len(o.hops) == 0 {
		return ""
	}
	return o.last.shown()
}

// sibling reports whether a page that cannot exist, beside the one that was asked, gets the same answer.
func (v *visit) sibling(ctx context.Context, o outcome) bool {
	p := o.last.path()
	beside := o.last.with(p[:strings.LastIndexByte(p, '/')+1] + strings.ToLower(rand.Text()))
	other := v.follow(ctx, beside, "")
	return other.fault == "" && other.resp.status/100 == 2 && o.resp.page.same(other.resp.page)
}

// login reports whether an address is, by its looks, that of a log-in form.
func login(a address) bool {
	words := strings.FieldsFunc(strings.ToLower(a.host+a.path()), func(r rune) bool { return strings.ContainsRune("/.-_", r) })
	for i, w := range words {
		switch w {
		case "login", "signin", "logon", "sso", "cas", "oauth", "oauth2", "openid", "saml", "saml2", "auth", "authenticate", "connexion", "idp":
			return true
		case "sign":
			return i+1 < len(words) && words[i+1] == "in"
		}
	}
	return false
}

// errorPath reports whether an address is, by its looks, that of a page for what is not found.
func errorPath(a address) bool {
	path := strings.ToLower(a.path())
	last := path[strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1:]
	name, _, _ := strings.Cut(strings.TrimSuffix(last, "/"), ".")
	switch name {
	case "404", "error404", "erreur404", "error-404", "erreur-404", "notfound", "not-found", "not_found", "page-not-found", "page-introuvable":
		return true
	}
	return false
}

// toFront reports whether a deep page has ended on the front page of its own site: that is how many say "not found".
func toFront(a, last address) bool {
	if last.rest != "/" || domain(a.host) != domain(last.host) {
		return false
	}
	deep := 0
	for s := range strings.SplitSeq(a.path(), "/") {
		if s != "" && !strings.HasPrefix(s, "index.") {
			deep++
		}
	}
	return deep >= 2
}

// movable reports whether a new address may be proposed: all redirections are for good and stay with the same owner.
func movable(a address, o outcome) bool {
	mine, theirs := domain(a.host), domain(o.last.host)
	switch {
	case !o.permanent() || o.last.key() == a.key():
		return false
	case len(target(o)) >= maxShown:
		return false
	case a.rest == "/" && o.last.rest != "/": // a front page that has another page in front today
		return false
	}
	return mine == theirs || a.host == o.last.host
}

// anchored looks for the anchor that a link names. A page whose scripts may make it, or whose end was not read, says
// nothing.
func anchored(a address, o outcome, answer checks.Answer) checks.Answer {
	p := o.resp.page
	if !checkable(a.fragment) {
		return answer
	}
	if p.has(a.fragment) || p.scripts || p.partial || p.password {
		if answer.Class == checks.Moved && answer.Target != "" {
			to := o.last
			to.fragment = a.fragment
			answer.Target = to.shown()
		}
		return answer
	}
	return checks.Answer{Class: checks.LooksBroken, Cause: string(CauseFragment), Status: o.status(), Looks: 1, Evidence: o.trail() + ", the page has no such anchor"}
}
