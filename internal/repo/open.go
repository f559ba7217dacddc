package repo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	gogitcache "github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// Bytes that the caches of one repository may hold.
const (
	blobCacheBytes   = 32 << 20
	treeCacheBytes   = 16 << 20
	commitCacheBytes = 4 << 20
	sizeCacheBytes   = 4 << 20
	spanCacheBytes   = 16 << 20
	patchCacheBytes  = 1 << 20
	packCacheBytes   = 16 << 20 // delta bases, kept by go-git
)

// Repo is a repository under review, read only but for Fetch. It is safe for use by several goroutines.
type Repo struct {
	worktree string   // root of the work tree one stands in, empty for a bare repository
	dirs     []string // object directories on disk, alternates included; none in memory
	mirror   *MirrorOptions

	mu    sync.Mutex // guards store and packs
	store storage.Storer
	packs map[string]*packIndex

	blobs    *cache[plumbing.Hash, []byte]
	trees    *cache[plumbing.Hash, []treeEntry]
	commits  *cache[plumbing.Hash, *commit]
	sizes    *cache[plumbing.Hash, int64]
	spans    *cache[spanKey, []span]
	patchIDs *cache[plumbing.Hash, string]
}

func newRepo(store storage.Storer) *Repo {
	return &Repo{
		store:    store,
		packs:    make(map[string]*packIndex),
		blobs:    newCache[plumbing.Hash, []byte](blobCacheBytes),
		trees:    newCache[plumbing.Hash, []treeEntry](treeCacheBytes),
		commits:  newCache[plumbing.Hash, *commit](commitCacheBytes),
		sizes:    newCache[plumbing.Hash, int64](sizeCacheBytes),
		spans:    newCache[spanKey, []span](spanCacheBytes),
		patchIDs: newCache[plumbing.Hash, string](patchCacheBytes),
	}
}

// ErrNoRepository: neither the path nor a directory above it is a git repository.
var ErrNoRepository = errors.New("not a git repository (nor any of the parent directories)")

// Storage formats of git that are not supported.
var (
	ErrSHA256   = errors.New("its object ids are SHA-256, which is not supported")
	ErrReftable = errors.New("its references are in a reftable, which is not supported")
)

// Open opens the repository at path, or the one in whose work tree path lies, as git finds it: bare repositories, ".git"
// files of linked work trees and submodules, and alternates are followed. No git binary is run and no configuration but the
// storage format is read.
func Open(path string) (*Repo, error) {
	r, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w", path, err)
	}
	return r, nil
}

func open(path string) (*Repo, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(abs); errors.Is(err, os.ErrNotExist) {
		return nil, os.ErrNotExist // without the path, which the caller names
	} else if err != nil {
		return nil, err
	}
	gitDir, worktree, err := discover(abs)
	if err != nil {
		return nil, err
	}
	return openDir(gitDir, worktree)
}

// discover walks upward from dir to a repository. worktree is empty for a bare one.
func discover(dir string) (gitDir, worktree string, err error) {
	for {
		dot := filepath.Join(dir, ".git")
		switch info, err := os.Stat(dot); {
		case err == nil && info.IsDir() && isGitDir(dot):
			return dot, dir, nil
		case err == nil && !info.IsDir():
			target, err := readPointer(dot, "gitdir: ")
			return target, dir, err
		}
		if isGitDir(dir) {
			return dir, "", nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", "", ErrNoRepository
		}
		dir = parent
	}
}

// isGitDir tells whether dir holds a repository: a HEAD, and objects either here or where commondir points.
func isGitDir(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	for _, name := range []string{"objects", "commondir"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// readPointer reads a file that holds prefix and a path, relative to the file's directory.
func readPointer(file, prefix string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), prefix)
	if !ok {
		return "", fmt.Errorf("%s does not start with %q", file, prefix)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(file), target)
	}
	return filepath.Clean(target), nil
}

func openDir(gitDir, worktree string) (*Repo, error) {
	store, dirs, err := openStore(gitDir)
	if err != nil {
		return nil, err
	}
	r := newRepo(store)
	r.worktree, r.dirs = worktree, dirs
	return r, nil
}

// openStore opens the storage under gitDir and lists its object directories.
func openStore(gitDir string) (storage.Storer, []string, error) {
	common := gitDir
	fs := osfs.New(gitDir)
	var repoFS = dotgit.NewRepositoryFilesystem(fs, nil)
	if _, err := os.Stat(filepath.Join(gitDir, "commondir")); err == nil {
		if common, err = readPointer(filepath.Join(gitDir, "commondir"), ""); err != nil {
			return nil, nil, err
		}
		repoFS = dotgit.NewRepositoryFilesystem(fs, osfs.New(common))
	}
	store := filesystem.NewStorageWithOptions(repoFS, gogitcache.NewObjectLRU(packCacheBytes), filesystem.Options{
		KeepDescriptors: true,
		AlternatesFS:    osfs.New("/"),
	})
	// opening checks the storage format; the work tree is never handed over
	if _, err := gogit.Open(store, nil); err != nil {
		return nil, nil, errors.Join(formatError(store, err), store.Close())
	}
	return store, objectDirs(filepath.Join(common, "objects"), nil), nil
}

// formatError says what it is in the storage format of a repository that cannot be read, where that is why it did not open.
func formatError(store storage.Storer, err error) error {
	if !errors.Is(err, gogit.ErrUnknownExtension) {
		return err
	}
	c, failed := store.Config()
	if failed != nil {
		return failed
	}
	extensions := c.Raw.Section("extensions")
	switch {
	case strings.EqualFold(extensions.Option("objectformat"), "sha256"):
		return ErrSHA256
	case strings.EqualFold(extensions.Option("refstorage"), "reftable"):
		return ErrReftable
	}
	return err
}

// objectDirs lists dir and the object directories that its info/alternates names, and theirs.
func objectDirs(dir string, seen []string) []string {
	const most = 16
	for _, s := range seen {
		if s == dir {
			return seen
		}
	}
	if len(seen) >= most {
		return seen
	}
	seen = append(seen, dir)
	data, err := os.ReadFile(filepath.Join(dir, "info", "alternates"))
	if err != nil {
		return seen
	}
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		other := string(bytes.TrimRight(line, "\r"))
		if other == "" || other[0] == '#' {
			continue
		}
		if !filepath.IsAbs(other) {
			other = filepath.Join(dir, other)
		}
		seen = objectDirs(filepath.Clean(other), seen)
	}
	return seen
}

// Worktree is the root directory of the work tree that Open found, empty for a bare repository.
func (r *Repo) Worktree() string { return r.worktree }

// Close releases the files that the repository keeps open.
func (r *Repo) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.store.(interface{ Close() error }); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("close repository: %w", err)
		}
	}
	return nil
}
