package webhook

import "errors"

// Why a push was refused, or a message could not be worked. The outside is told none of these: hooks and logs are.
// None carries a secret, a signature or anything of a body.
var (
	ErrSignatureMissing  = errors.New("webhook: no signature, or more than one header of it")
	ErrSignatureFormat   = errors.New("webhook: the signature is not in the scheme's form")
	ErrSignatureMismatch = errors.New("webhook: the signature fits none of the keys")
	ErrTimestampInvalid  = errors.New("webhook: no readable time of sending")
	ErrTimestampStale    = errors.New("webhook: the time of sending is outside the tolerance")
	ErrIdentityMissing   = errors.New("webhook: no message id, more than one, or one with a dot in it")
	ErrToken             = errors.New("webhook: the address does not end in a valid token")
	ErrRefused           = errors.New("webhook: refused by policy")

	ErrNoSource     = errors.New("webhook: no segment of the path names a source")
	ErrMethod       = errors.New("webhook: not a POST")
	ErrContentType  = errors.New("webhook: content type not taken")
	ErrEncoding     = errors.New("webhook: content encoding not taken")
	ErrBodyTooLarge = errors.New("webhook: body over the limit")
	ErrBodyBroken   = errors.New("webhook: body did not arrive whole")
	// ErrBodyConsumed says that something between the server and the handler read the body. Mount the handler outside
	// of it, or have it put the bytes back: what is signed is the body as it was received.
	ErrBodyConsumed = errors.New("webhook: the body was read before the handler saw it; mount the handler in front of the middleware that does so, or let that restore r.Body")

	ErrMalformed = errors.New("webhook: not a message of this provider")
	ErrUnmatched = errors.New("webhook: nothing of the host's fits the message yet")

	ErrInbox     = errors.New("webhook: the inbox did not take the message")
	ErrClosed    = errors.New("webhook: the handler is shut down")
	ErrLeaseLost = errors.New("webhook: the message was claimed by somebody else")
)
