package checks

import (
	"bytes"
	"path"

	"patchbot/internal/wiki"
)

// moves says which files of the newer tree are files of the older one under another name: those that the parts say they
// renamed, then those whose content is the same, then pages that kept at least half of their lines.
func moves(a, b *site, deltas []delta, said map[string]string) move {
	m := move{from: map[string]string{}, to: map[string]string{}}
	var gone, come []delta
	for _, d := range deltas {
		switch {
		case d.mode == 0:
			gone = append(gone, d)
		case d.oldMode == 0:
			come = append(come, d)
		}
	}
	pair := func(old, now string) { m.from[now], m.to[old] = old, now }
	free := map[string]bool{}
	byID := map[string][]string{}
	for _, d := range gone {
		free[d.path] = true
	}
	for _, d := range come {
		if old := said[d.path]; free[old] {
			pair(old, d.path)
			free[old] = false
		}
	}
	for _, d := range gone {
		if free[d.path] && d.old != "" {
			byID[d.old] = append(byID[d.old], d.path)
		}
	}
	for _, d := range come {
		if _, done := m.from[d.path]; !done && len(byID[d.now]) > 0 {
			old := closest(d.path, byID[d.now])
			pair(old, d.path)
			free[old] = false
			byID[d.now] = without(byID[d.now], old)
		}
	}
	similar(a, b, gone, come, free, m, pair)
	return m
}

// maxSimilar bounds the pairs of pages that are compared for likeness.
const maxSimilar = 2500

func similar(a, b *site, gone, come []delta, free map[string]bool, m move, pair func(old, now string)) {
	var olds, news []string
	for _, d := range gone {
		if free[d.path] && wiki.IsPage(d.path) {
			olds = append(olds, d.path)
		}
	}
	for _, d := range come {
		if _, done := m.from[d.path]; !done && wiki.IsPage(d.path) {
			news = append(news, d.path)
		}
	}
	if len(olds) == 0 || len(olds)*len(news) > maxSimilar {
		return
	}
	sets := map[string]map[string]int{}
	for _, p := range olds {
		sets[p] = lineBag(a, p)
	}
	for _, now := range news {
		bag := lineBag(b, now)
		best, score := "", 0.5
		for _, old := range olds {
			if !free[old] {
				continue
			}
			s := likeness(sets[old], bag)
			if s > score || s == score && (best == "" || path.Base(old) == path.Base(now)) {
				best, score = old, s
			}
		}
		if best != "" {
			pair(best, now)
			free[best] = false
		}
	}
}

// lineBag counts the bytes of each line of a page, blank ones left out.
func lineBag(s *site, p string) map[string]int {
	bag := map[string]int{}
	pg, ok := s.page(p)
	if !ok || len(pg.Source) > wiki.MaxBytes {
		return bag
	}
	for _, line := range splitLines(pg.Source) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			bag[string(line)] += len(line)
		}
	}
	return bag
}

// likeness is the share of bytes that two pages have in common, line by line, of the larger one.
func likeness(a, b map[string]int) float64 {
	common, na, nb := 0, 0, 0
	for line, n := range a {
		na += n
		common += min(n, b[line])
	}
	for _, n := range b {
		nb += n
	}
	if max(na, nb) == 0 {
		return 0
	}
	return float64(common) / float64(max(na, nb))
}

// closest is the path that shares the longest end, then the longest beginning, with p; the first of equals.
func closest(p string, candidates []string) string {
	best, score := "", -1
	for _, c := range candidates {
		s := 0
		if path.Base(c) == path.Base(p) {
			s = 1000
		}
		for i := 0; i < len(c) && i < len(p) && c[i] == p[i]; i++ {
			if c[i] == '/' {
				s += 10
			}
		}
		if s > score {
			best, score = c, s
		}
	}
	return best
}

func without(list []string, s string) []string {
	var out []string
	for _, x := range list {
		if x != s {
			out = append(out, x)
		}
	}
	return out
}
