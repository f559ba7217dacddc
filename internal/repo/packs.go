package repo

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"
)

// shortestPrefix is the least number of hex digits that name an object.
const shortestPrefix = 4

// packIndex finds object ids by prefix in one pack's .idx file (gitformat-pack, "pack-*.idx files have the following
// format"), by binary search: the file is not read as a whole.
type packIndex struct {
	file   *os.File
	fanout [256]uint32
	start  int64 // of the first id
	stride int64 // from one id to the next
}

func openPackIndex(path string) (*packIndex, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	const fanoutBytes = 256 * 4
	head := make([]byte, 8+fanoutBytes)
	if _, err := f.ReadAt(head, 0); err != nil {
		f.Close()
		return nil, err
	}
	p := &packIndex{file: f, start: 8 + fanoutBytes, stride: 20}
	table := head[8:]
	if !bytes.HasPrefix(head, []byte("\xfftOc\x00\x00\x00\x02")) { // version 1: no header, offsets between the ids
		p.start, p.stride = fanoutBytes+4, 24
		table = head
	}
	for i := range p.fanout {
		p.fanout[i] = binary.BigEndian.Uint32(table[4*i:])
	}
	return p, nil
}

// find appends the ids that start with the bytes of low up to those of high to out.
func (p *packIndex) find(low, high plumbing.Hash, out []plumbing.Hash) ([]plumbing.Hash, error) {
	from := 0
	if low[0] > 0 {
		from = int(p.fanout[low[0]-1])
	}
	to := int(p.fanout[low[0]])
	if from > to {
		return nil, errors.New("malformed pack index")
	}
	var failed error
	read := func(i int) (id plumbing.Hash) {
		if _, err := p.file.ReadAt(id[:], p.start+int64(i)*p.stride); err != nil && failed == nil {
			failed = err
		}
		return id
	}
	i := from + sort.Search(to-from, func(i int) bool {
		id := read(from + i)
		return bytes.Compare(id[:], low[:]) >= 0
	})
	for ; i < to && failed == nil; i++ {
		id := read(i)
		if bytes.Compare(id[:], high[:]) > 0 {
			break
		}
		out = append(out, id)
	}
	return out, failed
}

// idsWithPrefix lists the objects whose id starts with the given hex digits, in any order, each once.
func (r *Repo) idsWithPrefix(prefix string) ([]plumbing.Hash, error) {
	prefix = strings.ToLower(prefix)
	if len(prefix) < shortestPrefix || len(prefix) > 40 || strings.Trim(prefix, "0123456789abcdef") != "" {
		return nil, nil
	}
	low, _ := parseID(prefix + strings.Repeat("0", 40-len(prefix)))
	high, _ := parseID(prefix + strings.Repeat("f", 40-len(prefix)))
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []plumbing.Hash
	if m, ok := r.store.(*memory.Storage); ok {
		for id := range m.Objects {
			if bytes.Compare(id[:], low[:]) >= 0 && bytes.Compare(id[:], high[:]) <= 0 {
				out = append(out, id)
			}
		}
	}
	for _, dir := range r.dirs {
		var err error
		if out, err = r.idsInDir(dir, prefix, low, high, out); err != nil {
			return nil, fmt.Errorf("look up %s: %w", prefix, err)
		}
	}
	slices.SortFunc(out, func(a, b plumbing.Hash) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(out), nil
}

// idsInDir searches the packs and the loose objects of one object directory.
func (r *Repo) idsInDir(dir, prefix string, low, high plumbing.Hash, out []plumbing.Hash) ([]plumbing.Hash, error) {
	packs, err := filepath.Glob(filepath.Join(dir, "pack", "pack-*.idx"))
	if err != nil {
		return nil, err
	}
	for _, path := range packs {
		p := r.packs[path]
		if p == nil {
			if p, err = openPackIndex(path); err != nil {
				return nil, err
			}
			r.packs[path] = p
		}
		if out, err = p.find(low, high, out); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	loose, err := os.ReadDir(filepath.Join(dir, prefix[:2]))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, e := range loose {
		name := prefix[:2] + e.Name()
		if id, ok := parseID(name); ok && strings.HasPrefix(hex.EncodeToString(id[:]), prefix) {
			out = append(out, id)
		}
	}
	return out, nil
}

func (r *Repo) blobsWithPrefix(prefix string) ([]plumbing.Hash, error) {
	ids, err := r.idsWithPrefix(prefix)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id plumbing.Hash) bool { return !r.hasBlob(id) }), nil
}
