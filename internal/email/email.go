// Package email turns the bytes of one mail into a [Message] that other packages can reason about, and composes the bytes
// of a [Reply].
//
// It promises three things. Every input gives a Message: a mail that cannot be read is data with a [Defect], never an
// error that loses it. No input costs more than its [Limits] allow, whatever its nesting, comments or encodings. And
// nothing is trusted to be unique: repeated header fields are kept, in order, for the caller to judge.
//
// It refuses to know what a patch is, which list a mail belongs to, and what time it is.
//
// The reading is tolerant: it finds what a person would see, whatever the mailer did. What git makes of the same bytes is
// another reading, done by package patch.
package email

import "time"

// Address is one mailbox of RFC 5322, section 3.4: a decoded display name and an addr-spec. Addr is empty when the field
// held no usable address (a group, for instance); Name is empty when there was none.
type Address struct {
	Name string
	Addr string
}

// Field is one header field in the order of the mail. Value is unfolded (RFC 5322, section 2.2.3) and not decoded.
type Field struct {
	Name  string
	Value string
}

// Header is the list of fields of a mail, first to last. Names compare without case.
type Header []Field

// Defect says why a mail cannot be used as it is. The zero value means that nothing is wrong.
type Defect string

const (
	// DefectUnreadable: no header could be found, or the MIME structure gave no text at all.
	DefectUnreadable Defect = "unreadable"
	// DefectTooLarge: a limit of Limits was exceeded; what lies beyond it was not read.
	DefectTooLarge Defect = "too-large"
	// DefectHTMLOnly: the mail has a text/html part and no plain text.
	DefectHTMLOnly Defect = "html-only"
	// DefectEncoding: a transfer encoding or a charset could not be decoded, so text was lost.
	DefectEncoding Defect = "encoding"
)

// Limits bounds the work on one mail. The zero value of a field means its default, see DefaultLimits.
type Limits struct {
	Bytes       int // whole mail, bytes
	HeaderBytes int // top-level header block, bytes
	Fields      int // header fields
	FieldBytes  int // one structured field, bytes
	References  int // message ids in References
	Depth       int // nesting of multiparts
	Parts       int // MIME leaves
	TextBytes   int // decoded text of all parts, bytes
}

// DefaultLimits are the limits of a mail on a patch list: 5 MB in all, see the fields for the rest.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 5 << 20, HeaderBytes: 256 << 10, Fields: 500, FieldBytes: 16 << 10,
		References: 200, Depth: 8, Parts: 50, TextBytes: 5 << 20,
	}
}

// Body is one leaf of the MIME tree that may hold text for a reader or a patch: every text/* part, and every part whose
// file name ends in .patch or .diff or whose type says so (text/x-patch, text/x-diff, application/octet-stream .patch).
type Body struct {
	Type       string // media type in lower case: "text/plain"
	Charset    string // as declared, lower case; empty when undeclared
	Encoding   string // Content-Transfer-Encoding, lower case; empty when undeclared
	FileName   string // decoded, empty when there is none
	Attachment bool   // Content-Disposition: attachment
	Flowed     bool   // format=flowed (RFC 3676): Text is as sent, its lines neither joined nor unstuffed
	DelSp      bool   // delsp=yes: the blank before a soft line break is no part of the text
	Text       string // decoded, UTF-8, line ends as RFC 5322 transport leaves them after decoding: LF, content CRs kept
}

// Message is one mail, read for people and threads.
type Message struct {
	// ID is the Message-ID without its angle brackets, case kept. A mail without one gets an ID derived from its content,
	// ending in "@missing.invalid"; Derived is then true and the ID must not be written into any mail.
	ID      string
	Derived bool

	InReplyTo  []string // message ids without brackets, in order
	References []string // message ids without brackets, oldest first, repetitions removed

	From    []Address // usually one; none when the field holds only groups
	Sender  Address
	ReplyTo []Address
	To      []Address
	Cc      []Address

	Subject string    // decoded and unfolded, blanks kept
	Date    time.Time // zero when missing or unreadable
	ListIDs []string  // every List-Id field, what stands inside its <>, or the whole value without one
	Header  Header    // every field, for rules that need more

	Bodies []Body // in the order of the mail
	Others int    // MIME leaves that are no Body: images, archives, signatures, forwarded mails
	// Enclosed are the first of the forwarded mails, in the order of the mail.
	Enclosed []Enclosed
	Text     string // what a reader sees first: the first text/plain body that is no attachment, else empty

	Defect   Defect // why the mail cannot be used as it is, or empty
	Detail   string // for the operator: what was wrong, in English
	Salvaged bool   // the header had to be repaired (mbox "From " line, lines without a colon, CR CR LF)

	Size     int    // bytes of the raw mail
	BodyHash string // SHA-256 (hex) of the raw body after its header, line ends made LF: what tells two copies of one mail from two mails with one Message-ID
}
