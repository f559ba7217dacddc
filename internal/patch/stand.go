package patch

import "slices"

// Foundation returns the series of the set that s stands on, in the order they must be applied before it, and the message
// ids, URLs and patch ids that s names but no mail of the set is. What those series stand on themselves comes first. Of a
// series that was replaced since, the newest whole version is taken, except where a patch id names the very patch.
func (a *Assembly) Foundation(s *Series) (below []*Series, unknown []string) {
	seen := map[*Series]bool{s: true}
	var visit func(s *Series)
	visit = func(s *Series) {
		put := func(base *Series, ref string) {
			switch {
			case base == nil:
				unknown = appendNew(unknown, ref)
			case !seen[base] && base.ID != s.ID:
				seen[base] = true // before its own foundation: series may name each other
				visit(base)
				below = append(below, base)
			}
		}
		for _, ref := range s.DependsOn {
			put(a.newest(a.Of(Ref(ref))), ref)
		}
		for _, id := range s.Requires {
			put(a.withPatch(id), id)
		}
	}
	visit(s)
	return below, unknown
}

// newest follows the versions of a series to the last one that is whole.
func (a *Assembly) newest(s *Series) *Series {
	best := s
	for s != nil && s.SupersededBy != "" {
		next := slices.IndexFunc(a.Series, func(x *Series) bool { return x.VersionID() == s.SupersededBy })
		if next < 0 {
			break
		}
		if s = a.Series[next]; len(s.Missing) == 0 && s.Defect == "" {
			best = s
		}
	}
	return best
}

// withPatch returns the last version that holds the patch of that id.
func (a *Assembly) withPatch(id string) *Series {
	for _, s := range slices.Backward(a.Series) {
		if slices.ContainsFunc(s.Parts, func(p *Part) bool { return p.Mail.PatchID == id }) {
			return s
		}
	}
	return nil
}
