package repo

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Modes of tree entries.
const (
	modeTree    uint32 = 0o040000
	modeFile    uint32 = 0o100644
	modeExec    uint32 = 0o100755
	modeSymlink uint32 = 0o120000
	modeGitlink uint32 = 0o160000
	modeType    uint32 = 0o170000
)

// errMissing: an object that the repository should have is not there.
var errMissing = errors.New("object not found")

// objects is where trees and blobs come from: the repository, or it under the objects of a Scratch.
type objects interface {
	tree(id plumbing.Hash) ([]treeEntry, error)
	blob(id plumbing.Hash) ([]byte, error) // not to be changed by the caller
	blobSize(id plumbing.Hash) (int64, error)
	hasBlob(id plumbing.Hash) bool
	blobsWithPrefix(prefix string) ([]plumbing.Hash, error)
}

// treeEntry is one entry of a tree object.
type treeEntry struct {
	name string
	mode uint32
	id   plumbing.Hash
}

// parseTree reads a tree object.
func parseTree(data []byte) ([]treeEntry, error) {
	entries := make([]treeEntry, 0, len(data)/35+1)
	for len(data) > 0 {
		space := bytes.IndexByte(data, ' ')
		nul := bytes.IndexByte(data, 0)
		if space < 0 || nul < space || len(data) < nul+21 {
			return nil, errors.New("malformed tree object")
		}
		mode, err := strconv.ParseUint(string(data[:space]), 8, 32)
		if err != nil {
			return nil, fmt.Errorf("malformed tree object: %w", err)
		}
		e := treeEntry{name: string(data[space+1 : nul]), mode: uint32(mode)}
		copy(e.id[:], data[nul+1:])
		entries = append(entries, e)
		data = data[nul+21:]
	}
	return entries, nil
}

// encodeTree writes a tree object; it sorts entries in git's order.
func encodeTree(entries []treeEntry) []byte {
	slices.SortFunc(entries, func(a, b treeEntry) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	var out []byte
	for _, e := range entries {
		out = strconv.AppendUint(out, uint64(e.mode), 8)
		out = append(append(append(out, ' '), e.name...), 0)
		out = append(out, e.id[:]...)
	}
	return out
}

// sortKey is the name as tree objects order it: directories as if they ended in a slash.
func (e treeEntry) sortKey() string {
	if e.mode == modeTree {
		return e.name + "/"
	}
	return e.name
}

// hashObject is the id of an object.
func hashObject(kind plumbing.ObjectType, data []byte) plumbing.Hash {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	var id plumbing.Hash
	h.Sum(id[:0])
	return id
}

// parseID reads 40 hex digits.
func parseID(s string) (id plumbing.Hash, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// object reads one object from the repository.
func (r *Repo) object(kind plumbing.ObjectType, id plumbing.Hash) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.store.EncodedObject(kind, id)
	if err != nil {
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			return nil, fmt.Errorf("read %s %s: %w", kind, id, errMissing)
		}
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	in, err := o.Reader()
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	defer in.Close()
	data := make([]byte, o.Size())
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return data, nil
}

func (r *Repo) tree(id plumbing.Hash) ([]treeEntry, error) {
	if entries, ok := r.trees.get(id); ok {
		return entries, nil
	}
	if id == emptyTree {
		return nil, nil
	}
	data, err := r.object(plumbing.TreeObject, id)
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	const entrySize = 48
	r.trees.put(id, entries, int64(len(data)+entrySize*len(entries)))
	return entries, nil
}

// emptyTree is the id of the tree without entries, which exists everywhere.
var emptyTree = hashObject(plumbing.TreeObject, nil)

func (r *Repo) blob(id plumbing.Hash) ([]byte, error) {
	if data, ok := r.blobs.get(id); ok {
		return data, nil
	}
	data, err := r.object(plumbing.BlobObject, id)
	if err != nil {
		return nil, err
	}
	r.blobs.put(id, data, int64(len(data)))
	return data, nil
}

func (r *Repo) blobSize(id plumbing.Hash) (int64, error) {
	if data, ok := r.blobs.get(id); ok {
		return int64(len(data)), nil
	}
	if size, ok := r.sizes.get(id); ok {
		return size, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	size, err := r.store.EncodedObjectSize(id)
	if err != nil {
		return 0, fmt.Errorf("read size of %s: %w", id, err)
	}
	r.sizes.put(id, size, 0)
	return size, nil
}

func (r *Repo) hasBlob(id plumbing.Hash) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.store.EncodedObject(plumbing.BlobObject, id)
	return err == nil && o.Type() == plumbing.BlobObject
}
