package review

import (
	"patchbot/internal/patch"
	"patchbot/internal/wiki"
)

// linksAdded counts the links that the pages touched by a series hold after it and did not hold before, all of them taken
// together: a link that moves from one page to another is not added.
func linksAdded(base, head wiki.Tree, parts []Part, host wiki.Host) int {
	touched := map[string]bool{}
	for _, p := range parts {
		for _, f := range p.Files {
			touched[f.Path] = true
			if f.Status == patch.StatusRenamed {
				touched[f.OldPath] = true
			}
		}
	}
	old := destinations(base, touched, host)
	added := 0
	for dest, n := range destinations(head, touched, host) {
		added += max(0, n-old[dest])
	}
	return added
}

// destinations counts the links of pages by destination.
func destinations(tree wiki.Tree, paths map[string]bool, host wiki.Host) map[string]int {
	n := map[string]int{}
	for path := range paths {
		if _, mode, ok := tree.Lookup(path); !ok || mode&0o170000 != 0o100000 || !wiki.IsPage(path) {
			continue
		}
		source, err := tree.Read(path)
		if err != nil {
			continue
		}
		for _, l := range wiki.ReadPage(source, host).Links {
			if !l.Image {
				n[l.Dest]++
			}
		}
	}
	return n
}
