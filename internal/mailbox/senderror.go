package mailbox

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// Phase is how far a transaction had come when it failed.
type Phase string

const (
	PhaseConnect Phase = "connect" // dialling, TLS, greeting, EHLO
	PhaseAuth    Phase = "auth"
	PhaseMail    Phase = "mail" // the sender, and what can be known of the message before it is sent
	PhaseRcpt    Phase = "rcpt" // the deciding recipient
	PhaseData    Phase = "data" // DATA refused, cut off before its end, or answered with an error
	// PhaseUnknown: the whole message was handed over and no answer came.
	PhaseUnknown Phase = "unknown"
)

// SendError says why a message was not taken, and what that means for the next attempt. At most one of Temporary,
// Configuration and Unknown is set; none of them means that this message will never be taken.
type SendError struct {
	Phase    Phase
	Code     int    // the server's reply code; 0 when it gave none
	Enhanced string // the enhanced status code (RFC 3463), "5.1.1"; may be empty
	// Temporary: the same bytes may be taken later.
	Temporary bool
	// Configuration: the fault is not the message's; every other message would fail in the same way until someone
	// repairs the address, the certificate, the account or the sender.
	Configuration bool
	// Unknown: the server may or may not have taken the message. Sending it again may show it twice.
	Unknown bool
	Err     error
}

// Error implements error.
func (e *SendError) Error() string { return fmt.Sprintf("smtp %s: %v", e.Phase, e.Err) }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// configError is a failure that no retry repairs.
func configError(phase Phase, err error) *SendError {
	return &SendError{Phase: phase, Configuration: true, Err: err}
}

// sendError classifies a failure: RFC 5321, section 4.2.1 for codes, and the phase for everything else.
func sendError(phase Phase, err error) error {
	e := &SendError{Phase: phase, Err: err}
	var answer *smtp.SMTPError
	if !errors.As(err, &answer) {
		switch {
		case phase == PhaseUnknown:
			e.Unknown = true
		case isMisconfigured(err):
			e.Configuration = true
		default:
			e.Temporary = true
		}
		return e
	}
	e.Code = answer.Code
	if c := answer.EnhancedCode; c[0] > 0 {
		e.Enhanced = fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
	}
	words := strings.Fields(strconv.Itoa(e.Code) + " " + e.Enhanced + " " + humanText(answer.Message))
	e.Err = &replyText{answer, strings.Join(words, " ")}
	if phase == PhaseUnknown && e.Code >= 400 {
		e.Phase = PhaseData // an answer came: nothing is unknown
	}
	switch {
	case e.Code/100 == 4:
		e.Temporary = true
	case e.Code/100 != 5: // no code that RFC 5321 allows here
		e.Unknown = phase == PhaseUnknown
		e.Temporary = !e.Unknown
	case e.Code == 530 || e.Code == 534 || e.Code == 535:
		e.Configuration = true
	case phase == PhaseConnect || phase == PhaseAuth:
		e.Configuration = true
	case phase == PhaseMail:
		e.Configuration = e.Code != 552 // 552: this message is too large
	}
	return e
}

// isRefusal reports whether the server answered with a proper refusal, so that it expects the next command.
func isRefusal(err error) bool {
	var answer *smtp.SMTPError
	return errors.As(err, &answer) && answer.Code >= 400
}

// replyText shows a reply with its codes; the library's own text leaves the enhanced code out.
type replyText struct {
	*smtp.SMTPError
	text string
}

func (r *replyText) Error() string { return r.text }
func (r *replyText) Unwrap() error { return r.SMTPError }

// isMisconfigured reports failures of TLS that stay until someone acts.
func isMisconfigured(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	return errors.As(err, &untrusted) || errors.As(err, &noTLS) || errors.Is(err, errNoSTARTTLS) || errors.Is(err, errNotLoopback)
}

// replyError makes the error of a reply that was read without the library.
func replyError(code, text string) error {
	e := &smtp.SMTPError{Message: humanText(text)}
	e.Code, _ = strconv.Atoi(code)
	first, rest, _ := strings.Cut(e.Message, " ")
	var c smtp.EnhancedCode
	if n, _ := fmt.Sscanf(first, "%d.%d.%d", &c[0], &c[1], &c[2]); n == 3 {
		e.EnhancedCode, e.Message = c, rest
	}
	return e
}

// mailAddress is what may stand between the angle brackets of MAIL and RCPT: an ASCII dot-atom and a host name. Quoted
// local parts are left out; the library would let "x@y> SIZE=1" through.
var mailAddress = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.` + "`" + `-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$`)

const helloBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"

// checkMessage refuses what must not reach a server.
func checkMessage(from string, recipients []string, raw []byte) error {
	if !mailAddress.MatchString(from) {
		return configError(PhaseMail, fmt.Errorf("the sender %q is not a mail address", from))
	}
	if len(recipients) == 0 {
		return &SendError{Phase: PhaseRcpt, Err: errors.New("no recipient")}
	}
	for _, to := range recipients {
		if !mailAddress.MatchString(to) {
			return &SendError{Phase: PhaseRcpt, Err: fmt.Errorf("the recipient %q is not a mail address", to)}
		}
	}
	if len(raw) == 0 {
		return &SendError{Phase: PhaseData, Err: errors.New("the message is empty")}
	}
	if at := bareCR(raw); at >= 0 {
		return &SendError{Phase: PhaseData, Err: fmt.Errorf("the message has a CR without LF at octet %d", at)}
	}
	return nil
}

// bareCR returns where a CR stands without its LF, or -1. Servers differ in what they make of it, and a message could
// carry a second one past them.
func bareCR(raw []byte) int {
	for at := 0; ; at++ {
		next := bytes.IndexByte(raw[at:], '\r')
		if next < 0 {
			return -1
		}
		at += next
		if at+1 == len(raw) || raw[at+1] != '\n' {
			return at
		}
	}
}

func is7Bit(raw []byte) bool {
	for _, b := range raw {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// queueWords are the ways in which servers name what they queued: Postfix "queued as X", Exim "id=X", others "Ok: X".
var queueWords = regexp.MustCompile(`(?i)(?:queued as |\bid=|queued mail for delivery \(|message-id:? ?<?)([A-Za-z0-9._-]+)`)

// queueID finds the server's name for a message in its answer.
func queueID(text string) string {
	if m := queueWords.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
