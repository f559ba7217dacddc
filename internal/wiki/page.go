package wiki

// Kind is what a [Node] is.
type Kind uint8

const (
	Paragraph Kind = iota + 1
	Heading
	ThematicBreak
	Quote
	List
	Item
	CodeBlock // indented
	Fence
	HTMLBlock
	Definition // [label]: destination
	Table
	Row
	Cell
	LinkNode // inline or reference
	ImageNode
	Autolink // <https://…>
	BareURL  // a URL in running text that the host makes a link
	CodeSpan
	Emphasis
	Strong
	Strike
	HTML // inline tag, comment or declaration
)

// Style tells variants of one kind apart.
type Style uint8

const (
	StyleNone Style = iota
	ATX
	ATXClosed
	Setext
	Ordered
	Inline // [text](destination)
	Full   // [text][label]
	Collapsed
	Shortcut
)

// Node is one construct of a page. Nodes stand in the order of the source, a container before what it holds.
// All positions are byte offsets into the page's source, ends exclusive.
type Node struct {
	Kind   Kind
	Style  Style
	Level  uint8 // heading: 1 to 6
	Parent int32 // index of the containing node, -1 at the top
	Link   int32 // index into Page.Links, -1 unless the node leads somewhere

	Start, End      int32 // the whole construct, its marks included
	Inner, InnerEnd int32 // what stands between the marks: heading text, link text, code; Start and End where there are none
}

// Link is where a node, or a tag of raw HTML, leads.
type Link struct {
	Node  int32 // index into Page.Nodes; of the HTML node for a tag
	Image bool
	Tag   bool // an href or src of raw HTML

	// Dest is what the browser gets: escapes and entities resolved, percent-encoding as written.
	Dest string
	// Start and End are where the destination is written; the label of a reference, the text of a bare URL.
	Start, End int32
	// Label is the reference's label, folded as CommonMark compares labels; empty for other links.
	Label string
}

// Bracket is a pair of brackets that could have been a reference but whose label nothing defines.
type Bracket struct {
	Start, End int32
	Style      Style // Full, Collapsed or Shortcut
	Image      bool
	Label      string // folded
}

// Title is one heading of a page, free of its place: what the anchors of every host derive from.
type Title struct {
	Level uint8
	Text  string // as read: markup removed, entities resolved
	HTML  string // rendered inner HTML
}

// Page is one Markdown page, parsed. It is a value of the page's bytes and the [Dialect] alone and never changes.
type Page struct {
	Source   []byte
	Front    *FrontMatter // nil when the page has none
	Body     int          // offset where the Markdown begins
	Nodes    []Node
	Links    []Link
	Brackets []Bracket
	Tags     []Tag
	Headings []Title // of the nodes of Kind Heading, in order

	// Refused says why the page was not parsed: "bytes" when it is too large. Cut says what was left out of a page too
	// deep or too crowded to be read whole: "nesting", "brackets", "marks", "table". Both are empty for ordinary pages.
	Refused string
	Cut     string

	lines []int32
}

// Limits of what is parsed. Pages of people stay far below them.
const (
	MaxBytes = 1 << 20 // a larger page is refused whole
	// maxNesting bounds containers in containers and brackets in brackets.
	maxNesting = 64
	// maxMarks bounds the delimiters, brackets and tags within one paragraph: matching them is quadratic at worst.
	maxMarks = 5000
	// maxColumns bounds the cells of one table row, maxCells those of a table: every row is padded to the header's width.
	maxColumns = 200
	maxCells   = 100_000
)

// Dialect is what a host's reading of a page's bytes depends on.
type Dialect struct {
	Front FrontRule
	Bare  BareRule
}

// BareRule says which URLs of running text become links.
type BareRule uint8

const (
	// BareNone: a URL must be put in <> or a link.
	BareNone BareRule = iota
	// BarePlain: any scheme:// runs to the next blank, "<" or ">" with the punctuation that ends it (SourceHut's PlainLink).
	BarePlain
	// BareGFM: http, https, ftp and www. end before trailing punctuation (GitHub Flavored Markdown, section 6.9).
	BareGFM
)

// Parse reads one page. Every input gives a Page; time and memory are bounded by the input's size and the limits.
func Parse(src []byte, d Dialect) *Page {
	p := &Page{Source: src}
	if len(src) > MaxBytes {
		p.Refused = "bytes"
		return p
	}
	p.lines = lineTable(src)
	p.Front, p.Body = cutFront(src, d.Front)
	build(p, d)
	return p
}

// Text returns the source between two offsets.
func (p *Page) Text(start, end int32) string { return string(p.Source[start:end]) }

// Within reports whether node i stands inside a node of the kind, or is one.
func (p *Page) Within(i int32, k Kind) bool {
	for ; i >= 0; i = p.Nodes[i].Parent {
		if p.Nodes[i].Kind == k {
			return true
		}
	}
	return false
}

// At returns the index of the innermost node that holds the offset, -1 when none does.
func (p *Page) At(off int32) int32 {
	lo, hi := 0, len(p.Nodes)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if p.Nodes[mid].Start <= off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	i := int32(lo - 1)
	for i >= 0 && p.Nodes[i].End <= off {
		i = p.Nodes[i].Parent
	}
	return i
}
