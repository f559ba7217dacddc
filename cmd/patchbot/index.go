package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"patchbot/internal/wiki"
)

// pageIndex is what is known of the pages of all wikis, and the file in the state directory that remembers it. The file
// may be deleted at any time: the pages are then read again.
type pageIndex struct {
	*wiki.Index
	file  string
	begin bool // the file is new
}

// openIndex reads the file. One that cannot be used is put aside by starting anew; that is worth a line in the log only.
func openIndex(file string, log *slog.Logger) (*pageIndex, error) {
	x := &pageIndex{Index: wiki.NewIndex(), file: file}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("open page index: %w", err)
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open page index: %w", err)
	}
	defer f.Close()
	good, err := x.Load(f)
	if err != nil {
		if !errors.Is(err, wiki.ErrOtherIndex) {
			return nil, fmt.Errorf("read page index: %w", err)
		}
		log.Info("the page index is of another version and begins anew", "file", file)
		x.Index, good = wiki.NewIndex(), 0
	}
	if err := f.Truncate(good); err != nil {
		return nil, fmt.Errorf("cut page index: %w", err)
	}
	x.begin = good == 0
	return x, nil
}

// save appends what is new.
func (x *pageIndex) save() error {
	f, err := os.OpenFile(x.file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write page index: %w", err)
	}
	x.Lock()
	err = x.Save(f, x.begin)
	x.Unlock()
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write page index: %w", err)
	}
	x.begin = false
	return nil
}

// keep saves the index now and then, and when ctx ends.
func (x *pageIndex) keep(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(30 * time.Second)
	defer ticker.Stop()
	for alive := true; alive; {
		select {
		case <-ctx.Done():
			alive = false
		case <-ticker.C:
		}
		if err := x.save(); err != nil {
			log.Error("the page index is not kept", "error", err) // it only saves time
		}
	}
}
