package repo_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbot/internal/repo"
)

// authority signs the certificates of a test. There is one for the whole process, which reads the roots that it trusts once.
var authority = sync.OnceValues(func() (*signer, error) { return newSigner(nil, "patchbot test authority") })

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newSigner makes a key and a certificate for it: an authority of its own, or a server of 127.0.0.1 signed by one.
func newSigner(by *signer, name string) (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		IsCA: by == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, parentKey := c, key
	if by != nil {
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		parent, parentKey = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &signer{cert, key}, err
}

// serveHTTPS serves the repositories below root by smart HTTP over TLS to whoever gives the password.
func serveHTTPS(t *testing.T, root string, by *signer, password string) string {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	own, err := newSigner(by, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: path, Args: []string{"http-backend"},
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + root},
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, got, _ := r.BasicAuth(); got != password {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of refused handshakes
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{own.cert.Raw}, PrivateKey: own.key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// TestMirrorOverHTTPS clones and fetches over TLS, from a server whose authority the machine trusts and that wants a
// password; a wrong password and a server that nobody vouches for get nothing, and leave the mirror as it was.
func TestMirrorOverHTTPS(t *testing.T) {
	ca, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, trusted, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})))
	t.Setenv("SSL_CERT_FILE", trusted)
	source := worktree(t)
	o := repo.MirrorOptions{
		URL: serveHTTPS(t, filepath.Dir(source.dir), ca, "geheim") + "/wiki/.git", Dir: filepath.Join(t.TempDir(), "mirror.git"), Password: "geheim",
	}
	r, err := repo.Mirror(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	same := func(r *repo.Repo) {
		t.Helper()
		want := source.must("", "rev-parse", "main")
		if got, err := r.Resolve("main"); err != nil || got != want {
			t.Errorf("main: got %s, %v, want %s", got, err, want)
		}
		tree, err := r.Tree(want)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tree.Read("index.md"); err != nil {
			t.Errorf("index.md: %v", err)
		}
	}
	same(r)
	source.must("", "commit", "-q", "--allow-empty", "-m", "new")
	if err := r.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(r)

	for name, change := range map[string]func(o *repo.MirrorOptions){
		"wrong password": func(o *repo.MirrorOptions) { o.Password = "falsch" },
		"unknown authority": func(o *repo.MirrorOptions) {
			other, err := newSigner(nil, "somebody")
			if err != nil {
				t.Fatal(err)
			}
			o.URL = serveHTTPS(t, filepath.Dir(source.dir), other, "geheim") + "/wiki/.git"
		},
		"another host": func(o *repo.MirrorOptions) { o.URL = strings.Replace(o.URL, "127.0.0.1", "localhost", 1) },
	} {
		bad := o
		change(&bad)
		kept, err := repo.Mirror(t.Context(), bad)
		if err == nil || kept == nil {
			t.Fatalf("%s: mirror %v, error %v", name, kept, err)
		}
		if strings.Contains(err.Error(), bad.Password) {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
		same(kept)
		kept.Close()
		bad.Dir = filepath.Join(t.TempDir(), "empty.git")
		if fresh, err := repo.Mirror(t.Context(), bad); err == nil || fresh != nil {
			t.Errorf("%s: a first mirror: %v, %v", name, fresh, err)
		}
	}
}
