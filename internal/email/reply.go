package email

import "time"

// Reply is an outgoing mail: text/plain in UTF-8, threaded under its parent.
type Reply struct {
	From       Address
	To         []Address
	Cc         []Address
	Subject    string // decoded; the composer encodes and folds it (RFC 2047)
	MessageID  string // without brackets, see ReplyID
	InReplyTo  string // exactly one message id, without brackets
	References []string
	Date       time.Time
	Header     Header // further fields: Auto-Submitted, X-Patchbot-Verdict, …
	Body       string // LF line ends, any UTF-8
}
