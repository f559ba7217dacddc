package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// rawFiles is a directory of raw mails, in two levels of 256 directories each, so that a million mails stay listable. The
// file of "abcdef…" is ab/cd/abcdef….
type rawFiles struct {
	dir string

	mu      sync.Mutex      // one put at a time, so that none relies on a name that another has not made durable yet
	durable map[string]bool // directories whose own names are known to be durable
}

const rawTemp = "tmp"

func newRawFiles(dir string) *rawFiles {
	return &rawFiles{dir: dir, durable: make(map[string]bool)}
}

// prepare makes the directory and drops what a killed process was writing.
func (r *rawFiles) prepare() error {
	temp := filepath.Join(r.dir, rawTemp)
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	if err := os.MkdirAll(temp, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(r.dir))
}

func (r *rawFiles) path(hash string) string {
	return filepath.Join(r.dir, hash[:2], hash[2:4], hash)
}

func (r *rawFiles) put(_ context.Context, raw []byte) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hash := hashOf(raw)
	path := r.path(hash)
	parent := filepath.Dir(path)
	if err := r.ensure(filepath.Dir(parent), parent); err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(raw)) {
		return hash, syncDir(parent)
	}
	temp, err := r.writeTemp(raw)
	if err != nil {
		return "", err
	}
	if err := os.Rename(temp, path); err != nil {
		return "", errors.Join(err, os.Remove(temp))
	}
	return hash, syncDir(parent)
}

// ensure makes directories, outer first, and their names durable.
func (r *rawFiles) ensure(dirs ...string) error {
	for _, dir := range dirs {
		if r.durable[dir] {
			continue
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncDir(filepath.Dir(dir)); err != nil {
			return err
		}
		r.durable[dir] = true
	}
	return nil
}

// writeTemp writes a complete and durable file under a temporary name, or none.
func (r *rawFiles) writeTemp(raw []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Join(r.dir, rawTemp), "mail-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func (r *rawFiles) get(_ context.Context, hash string) ([]byte, error) {
	if len(hash) != hex.EncodedLen(sha256.Size) {
		return nil, ErrNotFound
	}
	raw, err := os.ReadFile(r.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return raw, err
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
