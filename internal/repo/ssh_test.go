package repo_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"patchbot/internal/repo"
)

// serveSSH is an ssh server that lets one key run the real git-upload-pack, and nothing else.
func serveSSH(t *testing.T, host ssh.Signer, allowed ssh.PublicKey) net.Addr {
	t.Helper()
	conf := &ssh.ServerConfig{PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if c.User() != "git" || string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, fmt.Errorf("unknown key of %s", c.User())
		}
		return nil, nil
	}}
	conf.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveSSHConn(conn, conf)
		}
	}()
	return listener.Addr()
}

func serveSSHConn(conn net.Conn, conf *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, conf)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for fresh := range channels {
		channel, requests, err := fresh.Accept()
		if err != nil {
			return
		}
		go func() {
			defer channel.Close()
			for r := range requests {
				var exec1 struct{ Command string }
				path, ok := "", false
				if r.Type == "exec" && ssh.Unmarshal(r.Payload, &exec1) == nil {
					path, ok = strings.CutPrefix(exec1.Command, "git-upload-pack ")
				}
				r.Reply(ok, nil)
				if !ok {
					continue
				}
				c := exec.Command("git", "upload-pack", strings.Trim(path, "'"))
				c.Stdin, c.Stdout, c.Stderr = channel, channel, channel.Stderr()
				status := uint32(0)
				if c.Run() != nil {
					status = 1
				}
				channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
				return
			}
		}()
	}
}

func newKey(t *testing.T) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

func TestMirrorOverSSH(t *testing.T) {
	source := worktree(t)
	host, _ := newKey(t)
	user, key := newKey(t)
	_, stranger := newKey(t)
	addr := serveSSH(t, host, user.PublicKey())
	hosts := filepath.Join(t.TempDir(), "known_hosts")
	writeFile(t, hosts, knownhosts.Line([]string{addr.String()}, host.PublicKey())+"\n")
	noHosts := filepath.Join(t.TempDir(), "known_hosts")
	writeFile(t, noHosts, "")

	o := repo.MirrorOptions{URL: fmt.Sprintf("ssh://git@%s%s/.git", addr, source.dir), Dir: filepath.Join(t.TempDir(), "mirror.git"), SSHKey: key, KnownHosts: hosts}
	r, err := repo.Mirror(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := r.Resolve("main"); err != nil || got != source.must("", "rev-parse", "main") {
		t.Errorf("main: %s, %v", got, err)
	}
	for name, change := range map[string]func(*repo.MirrorOptions){
		"another key":  func(o *repo.MirrorOptions) { o.SSHKey = stranger },
		"no key":       func(o *repo.MirrorOptions) { o.SSHKey = []byte("no key") },
		"unknown host": func(o *repo.MirrorOptions) { o.KnownHosts = noHosts },
	} {
		bad := o
		bad.Dir = filepath.Join(t.TempDir(), "mirror.git")
		change(&bad)
		if r, err := repo.Mirror(t.Context(), bad); err == nil || r != nil {
			t.Errorf("%s: mirrored", name)
		}
	}
}
