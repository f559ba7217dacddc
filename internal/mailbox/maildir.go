package mailbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ReadMaildir reads the messages of a maildir, those in new/ and those in cur/, in the order of their arrival. Nothing is
// moved or marked. maxBytes bounds one message; 0 means 5 MB. A message that another program removes meanwhile is left out;
// one that it moves from new/ to cur/ is followed. A file that cannot be read is yielded as an error with its name, and
// reading goes on; a directory that cannot be listed ends it.
func ReadMaildir(dir string, maxBytes int64) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			yield(Archived{}, err)
			return
		}
		defer root.Close()
		files, err := maildirFiles(root.FS())
		if err != nil {
			yield(Archived{}, err)
			return
		}
		for _, f := range files {
			a, err := f.read(root.FS(), cmp.Or(maxBytes, defaultMaxBytes))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// ErrNoMaildir means that a directory lacks new or cur.
var ErrNoMaildir = errors.New("no maildir: it has no directories new and cur")

// maildirFile is one message file.
type maildirFile struct {
	name    string // "cur/1700000000.M1P2.host:2,S"
	arrived time.Time
}

// maildirFiles lists both directories in the order of arrival, then of the unique part of the names.
func maildirFiles(dir fs.FS) ([]maildirFile, error) {
	var files []maildirFile
	for _, sub := range []string{"new", "cur"} {
		entries, err := fs.ReadDir(dir, sub)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, ErrNoMaildir
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			f := maildirFile{name: path.Join(sub, e.Name())}
			var known bool
			if f.arrived, known = arrivalOf(e.Name()); !known {
				if info, err := e.Info(); err == nil {
					f.arrived = info.ModTime()
				}
			}
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b maildirFile) int {
		return cmp.Or(a.arrived.Compare(b.arrived), cmp.Compare(path.Base(a.name), path.Base(b.name)))
	})
	return files, nil
}

// arrivalOf reads the time that a delivery agent puts in a file's name: seconds, then, after the first dot, letters with
// numbers of which M has the microseconds.
func arrivalOf(name string) (time.Time, bool) {
	head, rest, dotted := strings.Cut(name, ".")
	seconds, err := strconv.ParseInt(head, 10, 64)
	if !dotted || err != nil || seconds < 1e8 || seconds > 1e11 {
		return time.Time{}, false
	}
	unique, _, _ := strings.Cut(rest, ".")
	var micros int64
	if i := strings.IndexByte(unique, 'M'); i >= 0 {
		digits := unique[i+1:]
		digits = digits[:len(digits)-len(strings.TrimLeft(digits, "0123456789"))]
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n < 1e6 {
			micros = n
		}
	}
	return time.Unix(seconds, micros*1000), true
}

// read returns the message, wherever it lies now.
func (f maildirFile) read(dir fs.FS, limit int64) (Archived, error) {
	a := Archived{Name: f.name, Arrived: f.arrived}
	file, err := dir.Open(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = f.moved(dir)
	}
	if err != nil {
		return a, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return a, fmt.Errorf("%s: %w", f.name, err)
	}
	a.Raw = raw
	if int64(len(raw)) > limit {
		a.Raw, a.TooLarge = headerOf(raw[:limit]), true
	}
	return a, nil
}

// moved opens a message that a reader has taken to cur/ since it was listed.
func (f maildirFile) moved(dir fs.FS) (fs.File, error) {
	unique, _, _ := strings.Cut(path.Base(f.name), ":")
	entries, err := fs.ReadDir(dir, "cur")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if name, _, _ := strings.Cut(e.Name(), ":"); name == unique {
			return dir.Open(path.Join("cur", e.Name()))
		}
	}
	return nil, fs.ErrNotExist
}
