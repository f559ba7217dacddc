package prober

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Cause is why a link got its class: a stable word that reports and translations name.
type Cause string

// What is not asked.
const (
	CauseScheme      Cause = "scheme"      // neither http nor https
	CauseCredentials Cause = "credentials" // a user name stands in it
	CauseTooLong     Cause = "too-long"
	CauseAction      Cause = "action"  // asking it would do something: confirm, unsubscribe
	CausePort        Cause = "port"    // not one of the web
	CauseSkipped     Cause = "skipped" // the operator said so
	CauseLogin       Cause = "login"   // the operator said that it wants a log-in
	CauseTooMany     Cause = "too-many"
)

// What proves that nobody reaches it, or looks so.
const (
	CauseMalformed Cause = "malformed" // no browser can read it
	CausePrivate   Cause = "private"   // an address that only the author's machine or network has
	CauseNotFound  Cause = "not-found" // 404 or 410
	CauseNoHost    Cause = "no-host"   // the name does not exist
	CauseLoop      Cause = "loop"      // redirections in a circle
	CauseRedirects Cause = "redirects" // too many of them
	CauseRefused   Cause = "refused"   // nobody listens
	CauseSoft      Cause = "soft-404"  // a page that says that there is no page
	CauseRoot      Cause = "root"      // a deep page redirects to the site's front page
	CauseFragment  Cause = "fragment"  // the page has no such anchor
)

// What proves nothing.
const (
	CauseTimeout     Cause = "timeout"
	CauseConnection  Cause = "connection" // none came about, broke, or was refused by the guard
	CauseDNS         Cause = "dns"
	CauseCertificate Cause = "certificate"
	CauseForbidden   Cause = "forbidden"
	CauseServer      Cause = "server-error"
	CauseAnswer      Cause = "answer"     // one that makes no sense for a page
	CauseRateLimit   Cause = "rate-limit" // the host wants to be left alone
	CauseWall        Cause = "wall"       // the host answers everything so
	CauseBudget      Cause = "budget"     // no time was left
)

// CauseGuarded is inside the package only: what is said of it is CauseConnection.
const CauseGuarded Cause = "guarded"

// causeReset is inside the package only too: a connection that broke, which is tried once more.
const causeReset Cause = "reset"

// causeOf gives the cause of a request that got no response.
func causeOf(err error) Cause {
	var de *dialError
	var ne net.Error
	switch {
	case errors.As(err, &de):
		return de.cause
	case certificate(err):
		return CauseCertificate
	case errors.As(err, &ne) && ne.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return CauseTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return causeReset
	}
	return CauseAnswer
}

// certificate reports whether TLS came to nothing: by the certificate, or because the two have nothing in common.
func certificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &record) || errors.As(err, &alert)
}
