package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Operation is how one kind of call is made. The zero value is sent once, under the default time limits, for one
// token, and judged by [Classify].
type Operation struct {
	// Name becomes Error.Op: query, couriers …
	Name string

	// Attempts is how often the request may be sent in all; 0 and 1 mean never repeated.
	Attempts int

	// Attempt is the time limit of one attempt, its answer included, its waiting not; 0 means 15 s.
	Attempt time.Duration

	// Total is the time limit of the call, waits and all attempts included; 0 means 60 s. The deadline of the
	// context counts as well.
	Total time.Duration

	// Tokens is how many tokens of the limiter an attempt takes; 0 means 1, a negative number none.
	Tokens int

	// Classify judges an answer that was read whole; nil means the function [Classify]. It returns nil for success.
	// It is called once per attempt, from the goroutine of Do, and may decode the body into variables of its caller;
	// since an attempt may be followed by another it must set them anew each time. The error is copied, not kept.
	Classify func(resp *Response) *tracking.Error
}

func (o *Operation) tokens() int {
	if o.Tokens == 0 {
		return 1
	}
	return o.Tokens
}

// Request is what is sent. Nothing in it is changed, and nothing is kept after Do has returned; the header may
// be shared by calls at the same time. Keys of Header are in canonical form ("X-Api-Key").
type Request struct {
	Method string // empty means GET
	URL    string // https, without user and password; no secret belongs in it
	Header http.Header
	Body   []byte // sent anew with each attempt; empty means none
}

// String names method and host and nothing else: the rest may hold secrets.
func (r Request) String() string {
	address, err := url.Parse(r.URL)
	if err != nil {
		return r.Method + " (bad address)"
	}
	return fmt.Sprintf("%s %s (%d bytes)", r.Method, address.Hostname(), len(r.Body))
}

// GoString is String.
func (r Request) GoString() string { return r.String() }

// MarshalText writes String, so that neither JSON nor a log record shows more.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Response is an answer that was read whole. It belongs to the caller of Do; that of an attempt which is repeated is
// overwritten by the next, its Header and Body excepted.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte    // never nil; decompressed if net/http asked for compression
	At        time.Time // when it was complete
	Truncated bool      // not a 2xx answer, and longer than MaxErrorBody
}

// HTML says that the body is a page for people, by its content type or its first letters: what gateways send.
func (r *Response) HTML() bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	kind = strings.TrimSpace(kind)
	if strings.EqualFold(kind, "text/html") || strings.EqualFold(kind, "application/xhtml+xml") {
		return true
	}
	start := bytes.TrimLeft(r.Body, "\xef\xbb\xbf \t\r\n")
	return hasPrefixFold(start, "<!doctype html") || hasPrefixFold(start, "<html")
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}

func (r *Response) success() bool { return r.Status >= 200 && r.Status <= 299 }

// request builds the request of all attempts. Its errors are about the caller's mistakes and quote nothing.
func (t *Transport) request(ctx context.Context, op *Operation, r *Request) (*http.Request, error) {
	var body io.Reader
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil { // its text holds the URL
		return nil, errors.New("bad method or address")
	}
	if err := t.permitted(req.URL); err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		for _, value := range values {
			if !validHeaderValue(value) {
				return nil, fmt.Errorf("header %.40q holds control characters", name)
			}
		}
		// The values are shared, and clipped so that appending to them copies.
		req.Header[name] = values[:len(values):len(values)]
	}
	if t.userAgent != nil && req.Header["User-Agent"] == nil {
		req.Header["User-Agent"] = t.userAgent
	}
	if op.Attempts <= 1 && (req.Header["Idempotency-Key"] != nil || req.Header["X-Idempotency-Key"] != nil) {
		return nil, errors.New("an idempotency key lets net/http repeat a request that must be sent once")
	}
	return req, nil
}

// permitted refuses addresses over which secrets would travel in clear, or that hold one.
func (t *Transport) permitted(address *url.URL) error {
	switch {
	case address.Host == "":
		return errors.New("address without a host")
	case address.User != nil:
		return errors.New("address with a user or password")
	case address.Scheme == "https":
		return nil
	case address.Scheme == "http" && (t.config.AllowPlainHTTP || Loopback(address.Hostname())):
		return nil
	case address.Scheme == "http":
		return errors.New("plain http to a host that is not loopback")
	}
	return errors.New("address is not https")
}

// validHeaderValue finds early what net/http would report as if it were a fault of the network: most often the
// line end of a key that was read from a file.
func validHeaderValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
