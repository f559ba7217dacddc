package repo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	gogitcache "github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"
)

// bundle is a git bundle (gitformat-bundle), split.
type bundle struct {
	refs []*plumbing.Reference
	pack []byte
}

// readBundle reads the header of a complete bundle, version 2 or 3 with SHA-1 ids. A bundle that needs commits it does not
// hold is refused.
func readBundle(data []byte) (*bundle, error) {
	version, rest, _ := bytes.Cut(data, []byte("\n"))
	if v := string(version); v != "# v2 git bundle" && v != "# v3 git bundle" {
		return nil, errors.New("not a git bundle")
	}
	b := &bundle{}
	for {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return nil, errors.New("the bundle ends in its header")
		}
		rest = after
		switch text := string(line); {
		case text == "":
			b.pack = rest
			return b, nil
		case text == "@object-format=sha1":
		case text[0] == '@':
			return nil, fmt.Errorf("the bundle needs %s", text[1:])
		case text[0] == '-':
			return nil, errors.New("the bundle is not complete")
		default:
			hash, name, _ := strings.Cut(text, " ")
			id, ok := parseID(hash)
			if !ok || name == "" {
				return nil, fmt.Errorf("malformed line %q in the bundle", text)
			}
			b.refs = append(b.refs, plumbing.NewHashReference(plumbing.ReferenceName(name), id))
		}
	}
}

// unpack fills a fresh storage.
func (b *bundle) unpack(store storage.Storer) error {
	if err := packfile.UpdateObjectStorage(store, bytes.NewReader(b.pack)); err != nil {
		return err
	}
	head := ""
	for _, ref := range b.refs {
		name := ref.Name().String()
		if name == "HEAD" {
			continue
		}
		if err := store.SetReference(ref); err != nil {
			return err
		}
		if ref.Name().IsBranch() && (head == "" || name == "refs/heads/main") {
			head = name
		}
	}
	if head == "" {
		return errors.New("the bundle holds no branch")
	}
	cfg := config.NewConfig()
	cfg.Core.IsBare = true
	if err := store.SetConfig(cfg); err != nil {
		return err
	}
	return store.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.ReferenceName(head)))
}

// OpenBundle reads a complete git bundle into memory. HEAD is its branch main, else its first branch.
func OpenBundle(data []byte) (*Repo, error) {
	b, err := readBundle(data)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	store := memory.NewStorage()
	if err := b.unpack(store); err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	return newRepo(store), nil
}

// UnpackBundle makes a bare repository at dir, which must not hold one yet, from a complete git bundle, and opens it.
func UnpackBundle(data []byte, dir string) (*Repo, error) {
	b, err := readBundle(data)
	if err != nil {
		return nil, fmt.Errorf("unpack bundle: %w", err)
	}
	if isGitDir(dir) {
		return nil, fmt.Errorf("unpack bundle: %s already holds a repository", dir)
	}
	if err := b.unpackTo(dir); err != nil {
		return nil, fmt.Errorf("unpack bundle: %w", err)
	}
	return Open(dir)
}

func (b *bundle) unpackTo(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o755); err != nil {
		return err
	}
	store := filesystem.NewStorage(osfs.New(dir), gogitcache.NewObjectLRU(packCacheBytes))
	if err := store.Init(); err != nil {
		return err
	}
	if err := b.unpack(store); err != nil {
		return err
	}
	return store.Close()
}
