package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	gogitcache "github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// MirrorOptions says what to mirror and how to reach it.
type MirrorOptions struct {
	// URL is an https, http, ssh, git or file URL, "user@host:path", or a path on this machine. A repository on this machine
	// is read where it is: nothing is copied and Dir is not used.
	URL string
	Dir string // of the bare mirror, made when missing

	Username string // of https and ssh; "git" for ssh when empty
	Password string // of https; may be a token
	SSHKey   []byte // PEM; without it an ssh-agent is asked
	// SSHKeyPassword opens an encrypted SSHKey.
	SSHKeyPassword string
	// KnownHosts names a file of ssh host keys; empty means the user's and the system's.
	KnownHosts string

	// Timeout bounds one fetch; 0 means five minutes.
	Timeout time.Duration
}

// Mirror opens the mirror of a repository and fetches it once. When that fails but an earlier fetch succeeded, the mirror
// is returned as it was, together with the error: its commits are good, only perhaps not the newest.
func Mirror(ctx context.Context, o MirrorOptions) (*Repo, error) {
	if path, ok := localPath(o.URL); ok {
		r, err := Open(path)
		if err != nil {
			return nil, err
		}
		r.mirror = &o
		return r, nil
	}
	if err := initMirror(o.Dir); err != nil {
		return nil, fmt.Errorf("mirror %s: %w", redact(o.URL), err)
	}
	r, err := openDir(o.Dir, "")
	if err != nil {
		return nil, fmt.Errorf("mirror %s: %w", redact(o.URL), err)
	}
	r.mirror = &o
	if err := r.Fetch(ctx); err != nil {
		if _, bad := r.Resolve("HEAD"); bad == nil {
			return r, err
		}
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// localPath tells whether url is a place on this machine.
func localPath(url string) (string, bool) {
	if path, ok := strings.CutPrefix(url, "file://"); ok {
		return path, true
	}
	if strings.Contains(url, "://") {
		return "", false
	}
	colon, slash := strings.IndexByte(url, ':'), strings.IndexByte(url, '/')
	if colon > 0 && (slash < 0 || colon < slash) { // host:path, as ssh has it
		return "", false
	}
	return url, true
}

// redact removes a password from a URL for messages.
func redact(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	return scheme + "://" + host + "/" + path
}

// initMirror makes an empty bare repository at dir unless one is there.
func initMirror(dir string) error {
	if dir == "" {
		return errors.New("no directory given")
	}
	if isGitDir(dir) {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o750); err != nil {
		return err
	}
	store := filesystem.NewStorage(osfs.New(dir), gogitcache.NewObjectLRU(packCacheBytes))
	if err := store.Init(); err != nil {
		return err
	}
	cfg := config.NewConfig()
	cfg.Core.IsBare = true
	if err := store.SetConfig(cfg); err != nil {
		return err
	}
	return store.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, "refs/heads/main"))
}

// fetched are the references a mirror follows.
var fetched = []config.RefSpec{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}

// Fetch brings a mirror up to date, deleted branches included. A failure leaves what was there before. On a repository of
// this machine it only makes new objects visible.
func (r *Repo) Fetch(ctx context.Context) error {
	if r.mirror == nil || len(r.dirs) == 0 {
		return nil
	}
	if _, local := localPath(r.mirror.URL); local {
		return r.reopen()
	}
	timeout := r.mirror.Timeout
	if timeout == 0 {
		timeout = 5 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := r.mirror.fetch(ctx, r.mirror.Dir); err != nil {
		return fmt.Errorf("fetch %s: %w", redact(r.mirror.URL), err)
	}
	if err := r.mirror.renew(ctx); err != nil {
		return fmt.Errorf("renew the mirror of %s: %w", redact(r.mirror.URL), err)
	}
	return r.reopen()
}

// mostPacks is how many packs a mirror may have: each fetch that brings something adds one, and each keeps a file open.
const mostPacks = 200

// renew mirrors anew when fetches have left too many packs. The old mirror stays until the new one is complete.
func (o *MirrorOptions) renew(ctx context.Context) error {
	packs, err := filepath.Glob(filepath.Join(o.Dir, "objects", "pack", "*.pack"))
	if err != nil || len(packs) <= mostPacks {
		return err
	}
	fresh, old := o.Dir+".new", o.Dir+".old"
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(old)); err != nil {
		return err
	}
	if err := initMirror(fresh); err != nil {
		return err
	}
	if err := o.fetch(ctx, fresh); err != nil {
		return err
	}
	if err := os.Rename(o.Dir, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, o.Dir); err != nil {
		return errors.Join(err, os.Rename(old, o.Dir))
	}
	return os.RemoveAll(old)
}

// fetch brings the bare repository at dir up to date.
func (o *MirrorOptions) fetch(ctx context.Context, dir string) error {
	auth, err := o.auth()
	if err != nil {
		return err
	}
	// a storage of its own: readers go on with the old one meanwhile
	store, _, err := openStore(dir)
	if err != nil {
		return err
	}
	if c, ok := store.(interface{ Close() error }); ok {
		defer c.Close()
	}
	remote := gogit.NewRemote(store, &config.RemoteConfig{Name: "origin", URLs: []string{o.URL}, Fetch: fetched})
	refs, err := remote.ListContext(ctx, &gogit.ListOptions{Auth: auth})
	if err != nil {
		return err
	}
	err = remote.FetchContext(ctx, &gogit.FetchOptions{RefSpecs: fetched, Auth: auth, Tags: gogit.NoTags, Force: true, Prune: true})
	if err != nil && !errors.Is(err, gogit.NoErrAlreadyUpToDate) {
		return err
	}
	for _, ref := range refs {
		if ref.Name() == plumbing.HEAD && ref.Type() == plumbing.SymbolicReference {
			return store.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, ref.Target()))
		}
	}
	return nil
}

// auth is how to sign in, nil where nothing is needed.
func (o *MirrorOptions) auth() (transport.AuthMethod, error) {
	endpoint, err := transport.NewEndpoint(o.URL)
	if err != nil {
		return nil, err
	}
	switch endpoint.Protocol {
	case "http", "https":
		if o.Password == "" {
			return nil, nil
		}
		user := o.Username
		if user == "" {
			user = "git" // servers that take a token ignore the name, but want one
		}
		return &http.BasicAuth{Username: user, Password: o.Password}, nil
	case "ssh":
		return o.sshAuth(endpoint.User)
	}
	return nil, nil
}

func (o *MirrorOptions) sshAuth(user string) (transport.AuthMethod, error) {
	if o.Username != "" {
		user = o.Username
	}
	if user == "" {
		user = "git"
	}
	var helper ssh.HostKeyCallbackHelper
	if o.KnownHosts != "" {
		callback, err := ssh.NewKnownHostsCallback(o.KnownHosts)
		if err != nil {
			return nil, fmt.Errorf("read known hosts: %w", err)
		}
		helper.HostKeyCallback = callback
	}
	if len(o.SSHKey) == 0 {
		auth, err := ssh.NewSSHAgentAuth(user)
		if err != nil {
			return nil, fmt.Errorf("no ssh key and no ssh-agent: %w", err)
		}
		auth.HostKeyCallbackHelper = helper
		return auth, nil
	}
	auth, err := ssh.NewPublicKeys(user, o.SSHKey, o.SSHKeyPassword)
	if err != nil {
		return nil, fmt.Errorf("read ssh key: %w", err)
	}
	auth.HostKeyCallbackHelper = helper
	return auth, nil
}

// reopen makes objects visible that came after the repository was opened.
func (r *Repo) reopen() error {
	dir := filepath.Dir(r.dirs[0])
	store, dirs, err := openStore(dir)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old, packs := r.store, r.packs
	r.store, r.dirs, r.packs = store, dirs, make(map[string]*packIndex)
	for _, p := range packs {
		p.file.Close()
	}
	if c, ok := old.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}
