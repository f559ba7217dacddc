package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/config"
	"patchbot/internal/mailbox"
	"patchbot/internal/store"
)

// inbox plugs an IMAP mailbox into the bot.
type inbox struct{ imap *mailbox.IMAP }

// Run hands over what the mailbox fetches.
func (i inbox) Run(ctx context.Context, cursor func(context.Context) (store.Cursor, error), take func(context.Context, bot.Arrival) error) error {
	return i.imap.Run(ctx,
		func(ctx context.Context) (mailbox.Cursor, error) {
			c, err := cursor(ctx)
			return mailbox.Cursor{UIDValidity: c.UIDValidity, UID: c.UID}, err
		},
		func(ctx context.Context, f mailbox.Fetched) error {
			return take(ctx, bot.Arrival{UIDValidity: f.UIDValidity, UID: f.UID, Raw: f.Raw, Size: f.Size, TooLarge: f.TooLarge, At: f.Arrived, Err: f.Err})
		})
}

// Find searches the mailbox for a header field.
func (i inbox) Find(ctx context.Context, name, value string) (bool, error) {
	return i.imap.Find(ctx, [2]string{name, value})
}

// behind is since when the mailbox could not be read to its end, and why.
func (i inbox) behind() (time.Time, string) {
	s := i.imap.State()
	if s.Connected {
		return s.Behind, s.LastError
	}
	return s.Behind, "not connected: " + s.LastError
}

// outlet plugs an SMTP server into the bot.
type outlet struct {
	smtp *mailbox.SMTP
	log  *slog.Logger
}

// Send translates the server's answer.
func (o outlet) Send(ctx context.Context, from string, recipients []string, raw []byte) (string, error) {
	receipt, err := o.smtp.Send(ctx, from, recipients, raw)
	if err == nil {
		for recipient, cause := range receipt.Refused {
			o.log.Warn("the mail was taken, but not for everyone", "recipient", recipient, "error", cause)
		}
		return receipt.QueueID, nil
	}
	var se *mailbox.SendError
	if !errors.As(err, &se) {
		return "", err
	}
	return "", &bot.Refusal{
		Permanent: !se.Temporary && !se.Configuration && !se.Unknown, Configuration: se.Configuration, Unknown: se.Unknown,
		Unreached: se.Phase == mailbox.PhaseConnect || se.Phase == mailbox.PhaseAuth, Err: err,
	}
}

// tlsConfig trusts the system's authorities, or only those of the configured file.
func tlsConfig(s config.Server) (*tls.Config, error) {
	c := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read ca_file: %s holds no certificate", s.CAFile)
	}
	return c, nil
}

var securities = map[string]mailbox.Security{"tls": mailbox.SecurityTLS, "starttls": mailbox.SecuritySTARTTLS, "plain": mailbox.SecurityPlain}

// password asks the configured source at each log-in, so that a rotated secret counts.
func password(s config.Server, credential string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) { return s.Secret(ctx, credential) }
}

// helloName is how the bot introduces itself to an SMTP server.
func helloName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || net.ParseIP(name) != nil {
		return "localhost"
	}
	return name
}
