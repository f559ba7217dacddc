package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"patchbot/internal/repo"
)

// baseSource gives the repository of a wiki to the reviews: a mirror that is fetched when a review begins, at most once in
// refetch; or a repository on this machine, opened anew each time.
type baseSource struct {
	url, dir string
	now      func() time.Time
	health   func(ctx context.Context, ok bool, detail string)

	mu      sync.Mutex
	mirror  *repo.Repo
	fetched time.Time
}

// refetch is how long a fetched state of the base counts as the present.
const refetch = 10 * time.Second

// remote reports whether a repository address is reached over a network.
func remote(url string) bool {
	if strings.Contains(url, "://") {
		return !strings.HasPrefix(url, "file://")
	}
	host, _, scp := strings.Cut(url, ":")
	return scp && !strings.Contains(host, "/")
}

func (s *baseSource) get(ctx context.Context) (*repo.Repo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.refresh(ctx)
	if s.health != nil {
		detail := ""
		if err != nil {
			detail = err.Error()
		}
		s.health(ctx, err == nil, detail)
	}
	return r, err
}

func (s *baseSource) refresh(ctx context.Context) (*repo.Repo, error) {
	if !remote(s.url) {
		path := strings.TrimPrefix(s.url, "file://")
		r, err := repo.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		return r, nil
	}
	if s.mirror == nil {
		r, err := repo.Mirror(ctx, repo.MirrorOptions{URL: s.url, Dir: s.dir})
		if err != nil {
			return nil, fmt.Errorf("mirror %s: %w", s.url, err)
		}
		s.mirror = r
	}
	if s.now().Sub(s.fetched) < refetch {
		return s.mirror, nil
	}
	if err := s.mirror.Fetch(ctx); err != nil {
		return nil, fmt.Errorf("fetch %s: %w", s.url, err)
	}
	s.fetched = s.now()
	return s.mirror, nil
}
