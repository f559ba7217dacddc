package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"patchbot/internal/config"
	"patchbot/internal/mailbox"
	"patchbot/internal/repo"
)

// credentials says where the passwords and tokens come from and whether they can be read, never what they are.
func (d *doctor) credentials(ctx context.Context) {
	d.credential(ctx, "imap-password", d.conf.IMAP.Server)
	d.credential(ctx, "smtp-password", d.conf.SMTP.Server)
	d.tokens(ctx)
}

func (d *doctor) credential(ctx context.Context, name string, s config.Server) {
	if s.Host == "" || s.User == "" {
		return
	}
	section := strings.TrimSuffix(name, "-password")
	put := fmt.Sprintf("put it into /etc/patchbot/credentials/%s (root, mode 0600), or set password_file or password_command in [%s]", name, section)
	read := func(ctx context.Context) (string, error) { return s.Secret(ctx, name) }
	d.secret(ctx, name, s.SecretSource(name), read, put, fmt.Sprintf("user = %q is to log in", s.User))
}

// secret says whether a secret can be read; need is what it is for.
func (d *doctor) secret(ctx context.Context, name, source string, read func(context.Context) (string, error), put, need string) {
	ctx, cancel := d.within(ctx)
	defer cancel()
	secret, err := read(ctx)
	switch {
	case errors.Is(err, config.ErrNoSecret):
		d.unknown(name, put+"; the daemon's own credentials are seen with CREDENTIALS_DIRECTORY=/etc/patchbot/credentials", "no source, while %s", need)
	case errors.Is(err, fs.ErrPermission):
		d.unknown(name, "run as root, or as the user of the daemon", "%s: %s", source, oneLine(err))
	case err != nil:
		d.trouble(name, put, "%s: %s", source, oneLine(err))
	case secret == "":
		d.trouble(name, put, "%s: the first line is empty", source)
	default:
		if file, perm := openCredential(name); perm != 0 {
			d.trouble(name, "chmod 600 "+file, "%s can be read by others (mode %04o)", file, perm)
			return
		}
		d.ok(name, "from %s", source)
	}
}

// openCredential finds a credential that others than its owner can read; a mode of 0 means that there is none.
func openCredential(name string) (file string, perm fs.FileMode) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", 0
	}
	file = filepath.Join(dir, name)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return file, 0
	}
	return file, info.Mode().Perm()
}

// names asks for the addresses of every host that the daemon talks to.
func (d *doctor) names(ctx context.Context) {
	uses := map[string][]string{}
	use := func(host, what string) {
		if host != "" && net.ParseIP(host) == nil {
			uses[host] = append(uses[host], what)
		}
	}
	use(d.conf.IMAP.Host, "imap")
	use(d.conf.SMTP.Host, "smtp")
	if u, err := url.Parse(d.conf.Store.URL); err == nil {
		use(u.Hostname(), "store")
	}
	for _, l := range d.conf.Lists {
		if u, err := url.Parse(l.Tracker.URL); err == nil && l.Tracker.Kind != "" {
			use(u.Hostname(), "tracker "+l.Name)
		}
	}
	for _, w := range d.conf.Wikis {
		use(hostOf(w.Repository), "repository "+w.Name)
	}
	for _, host := range slices.Sorted(maps.Keys(uses)) {
		ctx, cancel := d.within(ctx)
		addresses, err := net.DefaultResolver.LookupHost(ctx, host)
		cancel()
		name := "dns " + host
		if err != nil {
			d.trouble(name, "correct the name in the configuration, or the resolver in /etc/resolv.conf: `getent hosts "+host+"` must answer",
				"%s (for %s)", oneLine(err), strings.Join(uses[host], ", "))
			continue
		}
		d.ok(name, "%s", strings.Join(addresses, ", "))
	}
}

// hostOf is the host of a repository address, empty for one on this machine.
func hostOf(address string) string {
	if !remote(address) {
		return ""
	}
	if strings.Contains(address, "://") {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		return u.Hostname()
	}
	host, _, _ := strings.Cut(address, ":")
	return host[strings.LastIndexByte(host, '@')+1:]
}

func (d *doctor) imap(ctx context.Context) {
	c := d.conf.IMAP
	if c.Host == "" {
		return
	}
	ctx, cancel := d.within(ctx)
	defer cancel()
	client, err := openIMAP(d.conf, slog.New(slog.DiscardHandler))
	if err == nil {
		err = client.Check(ctx)
	}
	if errors.Is(err, config.ErrNoSecret) {
		d.unknown("imap", "see imap-password", "%s: not tried without a password", c.Addr())
		return
	}
	if err != nil {
		d.trouble("imap", repairServer("imap", c.Server, c.Addr(), err), "%s: %s", c.Addr(), oneLine(err))
		return
	}
	d.ok("imap", "%s: logged in as %s and opened %s", c.Addr(), c.User, c.Mailbox)
	if c.SentFolder == "" {
		return
	}
	there := *d.conf
	there.IMAP.Mailbox = c.SentFolder
	if client, err = openIMAP(&there, slog.New(slog.DiscardHandler)); err == nil {
		err = client.Check(ctx)
	}
	if err != nil {
		d.trouble("sent folder", "make the folder "+c.SentFolder+" in the account, or set imap.sent_folder = \"\"", "%s", oneLine(err))
		return
	}
	d.ok("sent folder", "%s", c.SentFolder)
}

func (d *doctor) smtp(ctx context.Context) {
	c := d.conf.SMTP
	if c.Host == "" {
		return
	}
	ctx, cancel := d.within(ctx)
	defer cancel()
	features, err := d.askSMTP(ctx)
	if errors.Is(err, config.ErrNoSecret) {
		d.unknown("smtp", "see smtp-password", "%s: not tried without a password", c.Addr())
		return
	}
	if err != nil {
		d.trouble("smtp", repairServer("smtp", c.Server, c.Addr(), err), "%s: %s", c.Addr(), oneLine(err))
		return
	}
	detail := c.Addr() + ": takes mails"
	if features.MaxSize > 0 {
		detail += fmt.Sprintf(" of up to %d bytes", features.MaxSize)
	}
	if !features.EightBit {
		detail += ", of seven bits"
	}
	d.ok("smtp", "%s", detail)
}

func (d *doctor) askSMTP(ctx context.Context) (mailbox.Features, error) {
	out, err := openSMTP(d.conf, slog.New(slog.DiscardHandler))
	if err != nil {
		return mailbox.Features{}, err
	}
	o, ok := out.(outlet)
	if !ok {
		return mailbox.Features{}, errors.New("no SMTP server")
	}
	return o.smtp.Features(ctx)
}

// repairServer says what to do about a mail server that cannot be used.
func repairServer(section string, s config.Server, addr string, err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case mailbox.LoginRefused(err):
		return fmt.Sprintf("correct user or password; the password came from: %s", s.SecretSource(section+"-password"))
	case errors.As(err, &dns):
		return fmt.Sprintf("correct %s.host, or the resolver in /etc/resolv.conf", section)
	case errors.As(err, &unknown):
		return fmt.Sprintf("install ca-certificates, or name the authority's certificate in %s.ca_file", section)
	case errors.As(err, &host):
		return fmt.Sprintf("use the name in %s.host that the certificate is for", section)
	case errors.As(err, &invalid):
		return "have the certificate of the server renewed, and look at the clock of this machine"
	case errors.As(err, &record):
		return fmt.Sprintf("the server does not speak TLS first: set %s.security = \"starttls\", or another port", section)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens on %s: correct %[2]s.host, %[2]s.port and %[2]s.security", addr, section)
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
		return fmt.Sprintf("a firewall or a wrong port: `openssl s_client -connect %s` must connect from this machine", addr)
	}
	return fmt.Sprintf("compare [%s] with what the provider says", section)
}

// repositories asks for the branch of every wiki.
func (d *doctor) repositories(ctx context.Context) {
	for _, w := range d.conf.Wikis {
		ctx, cancel := d.within(ctx)
		branches, err := repo.Branches(ctx, repo.MirrorOptions{URL: w.Repository})
		cancel()
		name := "repository " + w.Name
		switch {
		case err != nil && remote(w.Repository):
			d.trouble(name, "`git ls-remote "+w.Repository+"` must work from this machine, without a password", "%s", oneLine(err))
		case err != nil:
			d.trouble(name, "correct wiki.repository; the user of the daemon must be able to read it", "%s", oneLine(err))
		case branches[w.Branch] == "":
			d.trouble(name, "set wiki.branch to one of: "+strings.Join(slices.Sorted(maps.Keys(branches)), ", "), "it has no branch %q", w.Branch)
		default:
			d.ok(name, "%s stands at %s", w.Branch, branches[w.Branch][:12])
		}
	}
}
