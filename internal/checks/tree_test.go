package checks

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"patchbot/internal/wiki"
	"patchbot/testdata"
)

// memTree is a tree in memory with the object ids that git would give.
type memTree struct {
	files map[string][]byte
	ids   map[string]treeEntry
	dirs  map[string][]string
	fails string // the path whose bytes cannot be read
	err   error
}

func newTree(files map[string][]byte) *memTree {
	t := &memTree{files: files, ids: map[string]treeEntry{}, dirs: map[string][]string{"": nil}}
	seen := map[string]bool{"": true}
	for p, data := range files {
		t.ids[p] = treeEntry{blobID(data), wiki.ModeFile}
		for child := p; ; {
			dir := parent(child)
			t.dirs[dir] = append(t.dirs[dir], child)
			if seen[dir] {
				break
			}
			seen[dir] = true
			child = dir
		}
	}
	t.seal("")
	return t
}

func blobID(data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// seal gives the directories their ids, bottom up.
func (t *memTree) seal(dir string) string {
	key := func(p string) string {
		if _, ok := t.dirs[p]; ok {
			return p + "/"
		}
		return p
	}
	sort.Slice(t.dirs[dir], func(i, j int) bool { return key(t.dirs[dir][i]) < key(t.dirs[dir][j]) })
	h := sha1.New()
	for _, p := range t.dirs[dir] {
		if _, ok := t.dirs[p]; ok {
			t.seal(p)
		}
		fmt.Fprintf(h, "%o %s\x00%s", t.ids[p].mode, p, t.ids[p].id)
	}
	id := hex.EncodeToString(h.Sum(nil))
	t.ids[dir] = treeEntry{id, wiki.ModeTree}
	return id
}

func (t *memTree) Lookup(p string) (string, uint32, bool) {
	e, ok := t.ids[p]
	return e.id, e.mode, ok
}

func (t *memTree) List(dir string, yield func(name, id string, mode uint32) bool) {
	for _, p := range t.dirs[dir] {
		if !yield(strings.TrimPrefix(strings.TrimPrefix(p, dir), "/"), t.ids[p].id, t.ids[p].mode) {
			return
		}
	}
}

func (t *memTree) Err() error { return t.err }

func (t *memTree) Read(p string) ([]byte, error) {
	if p == t.fails && p != "" {
		t.err = fmt.Errorf("read %s: input/output error", p)
		return nil, t.err
	}
	if data, ok := t.files[p]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("read %s: no such file", p)
}

// history is the sample wiki: every commit's tree, oldest first.
type history struct {
	ids   []string
	trees map[string]*memTree
	files map[string][]FileChange // against the parent
}

var theHistory = sync.OnceValues(loadHistory)

func sampleHistory(t testing.TB) *history {
	t.Helper()
	h, err := theHistory()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func loadHistory() (*history, error) {
	dir, err := os.MkdirTemp("", "wiki")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	bundle := filepath.Join(dir, "wiki.bundle")
	if err := os.WriteFile(bundle, testdata.Bundle, 0o600); err != nil {
		return nil, err
	}
	repo := filepath.Join(dir, "wiki.git")
	if out, err := exec.Command("git", "clone", "-q", "--bare", "-b", "main", bundle, repo).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("git clone: %w: %s", err, out)
	}
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", repo, "-c", "core.quotepath=off"}, args...)...).Output()
		return string(out), err
	}
	list, err := git("rev-list", "--reverse", "main")
	if err != nil {
		return nil, err
	}
	h := &history{ids: strings.Fields(list), trees: map[string]*memTree{}, files: map[string][]FileChange{}}
	blobs, err := readBlobs(repo)
	if err != nil {
		return nil, err
	}
	for _, id := range h.ids {
		out, err := git("ls-tree", "-r", "-z", id)
		if err != nil {
			return nil, err
		}
		files := map[string][]byte{}
		for _, line := range strings.Split(strings.Trim(out, "\x00"), "\x00") {
			meta, p, _ := strings.Cut(line, "\t")
			files[p] = blobs[strings.Fields(meta)[2]]
		}
		h.trees[id] = newTree(files)
		out, err = git("diff-tree", "-r", "-M", "-z", "--no-commit-id", "--name-status", id)
		if err != nil {
			return nil, err
		}
		h.files[id] = nameStatus(out)
	}
	return h, nil
}

func nameStatus(out string) []FileChange {
	var list []FileChange
	words := strings.Split(strings.Trim(out, "\x00"), "\x00")
	for i := 0; i+1 < len(words); i += 2 {
		f := FileChange{Status: words[i][:1], Path: words[i+1]}
		if f.Status == "R" {
			f.OldPath, f.Path = words[i+1], words[i+2]
			i++
		}
		list = append(list, f)
	}
	return list
}

func readBlobs(repo string) (map[string][]byte, error) {
	cmd := exec.Command("git", "-C", repo, "cat-file", "--batch", "--batch-all-objects")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	blobs := map[string][]byte{}
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		var id, kind string
		var size int
		if _, err := fmt.Sscan(line, &id, &kind, &size); err != nil {
			return nil, err
		}
		var data bytes.Buffer
		if _, err := io.CopyN(&data, r, int64(size)+1); err != nil {
			return nil, err
		}
		if kind == "blob" {
			blobs[id] = data.Bytes()[:size]
		}
	}
	return blobs, cmd.Wait()
}

// at finds a commit by the beginning of its id.
func (h *history) at(t testing.TB, prefix string) int {
	t.Helper()
	for i, id := range h.ids {
		if strings.HasPrefix(id, prefix) {
			return i
		}
	}
	t.Fatalf("no commit %s in the sample wiki", prefix)
	return 0
}

func (h *history) tree(i int) *memTree { return h.trees[h.ids[i]] }

var sampleOwn = wiki.Own{
	WikiURLs: []string{"https://man.sr.ht/~etalab/logiciels-libres", "https://man.sr.ht/~codegouvfr/logiciels-libres"},
	RepoURLs: []string{"https://git.sr.ht/~etalab/logiciels-libres", "https://git.sr.ht/~codegouvfr/logiciels-libres"},
	Branches: []string{"main", "master"},
}

// review runs the rules on one commit of the sample wiki against its parent.
func (h *history) review(t testing.TB, set *Set, i int, index *wiki.Index) *Result {
	t.Helper()
	host, _ := wiki.HostByName("sourcehut")
	res, err := Run(set, Change{
		Base: h.tree(i - 1), Host: host, Own: sampleOwn, Index: index,
		Heads: []Head{{Part: 1, Tree: h.tree(i), Files: h.files[h.ids[i]]}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func defaults(t testing.TB) *Set {
	t.Helper()
	set, err := NewSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
