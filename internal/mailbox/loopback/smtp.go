package loopback

import (
	"crypto/subtle"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxMessage is the largest message that the SMTP server takes.
const maxMessage = 25 << 20

// newSMTP makes the SMTP server.
func (s *Server) newSMTP() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &submission{server: s, trusted: s.o.User == ""}, nil
	}))
	server.Domain = "localhost"
	server.MaxMessageBytes = maxMessage
	server.MaxRecipients = 100
	server.AllowInsecureAuth = s.o.TLS == nil
	server.ErrorLog = printfLogger{s.o.Log}
	if !s.o.Implicit {
		server.TLSConfig = s.o.TLS
	}
	return server
}

// submission is one client of the SMTP server and its transaction.
type submission struct {
	server  *Server
	trusted bool
	from    string
	to      []string
}

// AuthMechanisms implements [smtp.AuthSession].
func (c *submission) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements [smtp.AuthSession].
func (c *submission) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		o := &c.server.o
		if user != o.User || subtle.ConstantTimeCompare([]byte(password), []byte(o.Password)) != 1 {
			return smtp.ErrAuthFailed
		}
		c.trusted = true
		return nil
	}), nil
}

// Mail implements [smtp.Session].
func (c *submission) Mail(from string, _ *smtp.MailOptions) error {
	if !c.trusted {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "authentication required"}
	}
	c.from = from
	return nil
}

// Rcpt implements [smtp.Session].
func (c *submission) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = append(c.to, to)
	return nil
}

// Data implements [smtp.Session].
func (c *submission) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if c.server.o.OnMail != nil {
		c.server.o.OnMail(c.from, c.to, raw)
	}
	return nil
}

// Reset implements [smtp.Session].
func (c *submission) Reset() { c.from, c.to = "", nil }

// Logout implements [smtp.Session].
func (c *submission) Logout() error { return nil }
