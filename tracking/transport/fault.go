package transport

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
)

// InterruptedError is the cause in the error of a call whose context ended while it was about to try again. It matches the
// context's error; the sentinel of Last is not matched, so that a circuit does not count the caller's own
// impatience as the provider's fault.
type InterruptedError struct {
	Cause error // context.Canceled or context.DeadlineExceeded
	Last  error // what the attempt before had come to, a *tracking.Error
}

// Error gives one line with both.
func (i *InterruptedError) Error() string {
	return i.Cause.Error() + "; before that: " + i.Last.Error()
}

// Unwrap gives Cause only.
func (i *InterruptedError) Unwrap() error { return i.Cause }

// Lengths of texts in errors, in characters.
const (
	longestFault = 200 // the cause of a fault of the network
	longestCause = 400 // what an adapter wrote, a provider's text of at most 200 in it
	longestCode  = 60
)

// faultError is a cause that was reduced to one harmless line. What it came from can be asked about with errors.Is but not
// reached: it may hold the address in a *url.Error, or whatever else a RoundTripper put there.
type faultError struct {
	text    string
	err     error
	timeout bool
}

// Error gives the line.
func (f *faultError) Error() string { return f.text }

// Is compares with what the fault came from. A context's error is never found there: it would be taken for the caller's.
func (f *faultError) Is(target error) bool {
	if target == context.Canceled || target == context.DeadlineExceeded {
		return false
	}
	return f.err != nil && errors.Is(f.err, target)
}

// Timeout says that time ran out, as with net.Error.
func (f *faultError) Timeout() bool { return f.timeout }

// fault reduces an error of the network, of a RoundTripper or of a limiter.
func (t *Transport) fault(err error) *faultError {
	for {
		outer, ok := err.(*url.Error) //nolint:errorlint // the outermost only: its text is the address
		if !ok {
			break
		}
		err = outer.Err
	}
	var timed interface{ Timeout() bool }
	return &faultError{
		text:    t.clean(err.Error(), longestFault),
		err:     err,
		timeout: errors.As(err, &timed) && timed.Timeout(),
	}
}

// redact takes secrets and addresses out of an error, and makes its texts short lines. A cause that needed it becomes a faultError.
func (t *Transport) redact(e *tracking.Error) {
	if e.Code != "" {
		e.Code = t.clean(e.Code, longestCode)
	}
	if e.Err == nil {
		return
	}
	switch e.Err.(type) { //nolint:errorlint // what was made here is clean
	case *faultError, *InterruptedError:
		return
	}
	text := e.Err.Error()
	if clean := t.clean(text, longestCause); clean != text {
		e.Err = &faultError{text: clean, err: e.Err}
	}
}

func (t *Transport) clean(text string, longest int) string {
	if t.config.Secrets != nil {
		text = mask.Secrets(text, t.config.Secrets())
	}
	return mask.Line(withoutAddresses(text), longest)
}

// withoutAddresses replaces everything of the form scheme://…, up to a space or quotation mark.
func withoutAddresses(text string) string {
	for {
		at := strings.Index(text, "://")
		if at < 0 {
			return text
		}
		begin := strings.LastIndexAny(text[:at], " \t\r\n\"'`(<[=,;") + 1
		end := len(text)
		if n := strings.IndexAny(text[at:], " \t\r\n\"'`)>]"); n >= 0 {
			end = at + n
		}
		text = text[:begin] + "(address)" + text[end:]
	}
}
