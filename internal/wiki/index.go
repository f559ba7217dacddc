package wiki

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"sync"
)

// Index keeps the facts of pages under their blob ids, and the graphs of the trees looked at last. Facts are path-free: a
// page that moves, another branch and another wiki use the same entry.
//
// An index can be kept in a file: [Index.Load] reads it, [Index.Save] writes what is new. Records are only ever appended and
// each has a checksum, so a file that was cut short by a crash loses its last record and nothing else; a file that is
// deleted costs the time to read the pages again.
//
// Whoever uses an index holds its lock meanwhile; checks.Run and checks.Lint do.
type Index struct {
	sync.Mutex
	facts  map[indexKey]string // encoded
	fresh  []indexKey          // not yet saved
	graphs map[string]*Graph
}

type indexKey struct {
	blob    [20]byte
	dialect Dialect
}

// NewIndex is an empty index in memory.
func NewIndex() *Index { return &Index{facts: map[indexKey]string{}, graphs: map[string]*Graph{}} }

// Len is the number of pages with facts.
func (x *Index) Len() int { return len(x.facts) }

func keyOf(blob string, d Dialect) (k indexKey, ok bool) {
	if len(blob) != 40 {
		return k, false
	}
	k.dialect = d
	_, err := hex.Decode(k.blob[:], []byte(blob))
	return k, err == nil
}

// Facts gives the facts of a blob as read in a dialect.
func (x *Index) Facts(blob string, d Dialect) (*Facts, bool) {
	k, ok := keyOf(blob, d)
	if !ok {
		return nil, false
	}
	s, ok := x.facts[k]
	if !ok {
		return nil, false
	}
	f, err := decodeFacts(s)
	return f, err == nil
}

// Put records the facts of a blob. An empty id, of a tree that has none, is ignored.
func (x *Index) Put(blob string, d Dialect, f *Facts) {
	k, ok := keyOf(blob, d)
	if !ok {
		return
	}
	if _, known := x.facts[k]; !known {
		x.facts[k] = string(encodeFacts(f))
		x.fresh = append(x.fresh, k)
	}
}

// fileMark begins an index file; its number changes with the format and with how pages are read.
const fileMark = "patchbot pages 2\n"

// ErrOtherIndex: the file is no index of this version. Start it anew.
var ErrOtherIndex = errors.New("no index of this version")

// maxRecord bounds one record of a file; the facts of a page as large as is read stay below.
const maxRecord = 64 << 20

// Load reads an index file. good is how many bytes of it are sound: the file must be cut there before it is appended to. An
// empty file is sound. The error is ErrOtherIndex or one of reading.
func (x *Index) Load(r io.Reader) (good int64, err error) {
	br := bufio.NewReaderSize(r, 1<<20)
	mark := make([]byte, len(fileMark))
	if n, err := io.ReadFull(br, mark); err != nil || string(mark) != fileMark {
		if n == 0 && err == io.EOF {
			return 0, nil
		}
		return 0, ErrOtherIndex
	}
	good = int64(len(fileMark))
	for {
		k, s, n, err := readRecord(br)
		if err == io.EOF {
			return good, nil
		}
		if err != nil {
			return good, fmt.Errorf("read index: %w", err)
		}
		x.facts[k] = s
		good += n
	}
}

// readRecord reads length, checksum, key and facts. A record that is cut short or damaged ends the file: io.EOF.
func readRecord(br *bufio.Reader) (k indexKey, s string, n int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(br, head[:]); err != nil {
		return k, "", 0, endOf(err)
	}
	size := binary.LittleEndian.Uint32(head[:4])
	if size < 22 || size > maxRecord {
		return k, "", 0, io.EOF
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(br, body); err != nil {
		return k, "", 0, endOf(err)
	}
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(head[4:]) {
		return k, "", 0, io.EOF
	}
	copy(k.blob[:], body)
	k.dialect = Dialect{FrontRule(body[20]), BareRule(body[21])}
	return k, string(body[22:]), int64(len(head)) + int64(size), nil
}

func endOf(err error) error {
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return err
}

// Save appends to w what was put since the last Save, in one write, so that two processes may append to one file. The mark
// of a new file comes first when begin is set.
func (x *Index) Save(w io.Writer, begin bool) error {
	var out []byte
	if begin {
		out = append(out, fileMark...)
	}
	for _, k := range x.fresh {
		out = appendRecord(out, k, x.facts[k])
	}
	if len(out) > 0 {
		if _, err := w.Write(out); err != nil {
			return fmt.Errorf("write index: %w", err)
		}
	}
	x.fresh = x.fresh[:0]
	return nil
}

func appendRecord(out []byte, k indexKey, facts string) []byte {
	body := slices.Concat(k.blob[:], []byte{byte(k.dialect.Front), byte(k.dialect.Bare)}, []byte(facts))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(body)))
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	return append(out, body...)
}

// Graph gives the graph of a tree, from the one that the index holds for the same host and addresses. The graph is valid
// until the next call.
func (x *Index) Graph(t Tree, h Host, own Own) *Graph {
	key := strings.Join([]string{h.Name(), strings.Join(own.WikiURLs, "\x01"), strings.Join(own.RepoURLs, "\x01"),
		strings.Join(own.Branches, "\x01")}, "\x00")
	g := x.graphs[key]
	if g == nil {
		g = &Graph{index: x, host: h, own: own, dirs: map[string]*folder{}, sources: map[string][]string{}, names: map[string][]string{}}
		x.graphs[key] = g
	}
	id, _, _ := t.Lookup("")
	g.update(t, "", id, 0)
	if t.Err() != nil {
		delete(x.graphs, key) // it lacks what could not be read, and would never be asked to look again
	}
	return g
}
