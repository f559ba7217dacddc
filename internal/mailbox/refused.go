package mailbox

import "errors"

// LoginRefused reports whether an error of this package means that a server knows us and does not let us in: the password
// or the account is wrong, and asking again does not help.
func LoginRefused(err error) bool {
	var imap *refusedError
	if errors.As(err, &imap) {
		return true
	}
	var smtp *SendError
	return errors.As(err, &smtp) && (smtp.Code == 530 || smtp.Code == 534 || smtp.Code == 535)
}
