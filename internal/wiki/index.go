package wiki

// Index keeps the facts of pages under their blob ids, and the graphs of the trees looked at last. Facts are path-free: a
// page that moves, another branch and another wiki use the same entry. An Index is not safe for concurrent use.
type Index struct {
	facts  map[indexKey]*Facts
	graphs map[string]*Graph
}

type indexKey struct {
	blob    string
	dialect Dialect
}

// NewIndex is an empty index in memory.
func NewIndex() *Index { return &Index{facts: map[indexKey]*Facts{}, graphs: map[string]*Graph{}} }

// Facts gives the facts of a blob as read in a dialect.
func (x *Index) Facts(blob string, d Dialect) (*Facts, bool) {
	f, ok := x.facts[indexKey{blob, d}]
	return f, ok
}

// Put records the facts of a blob. An empty id, of a tree that has none, is ignored.
func (x *Index) Put(blob string, d Dialect, f *Facts) {
	if blob != "" {
		x.facts[indexKey{blob, d}] = f
	}
}
