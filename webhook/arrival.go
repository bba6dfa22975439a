package webhook

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

const (
	encodingGzip = "gzip"

	smallBuffer = 4 << 10  // of a body whose length was not announced
	firstBuffer = 32 << 10 // at most, before anything arrived: a length is soon announced
	keptBuffer  = 64 << 10 // at most, for the next push
	idleReads   = 100      // a body may give nothing so often in a row
)

// admit looks at what the headers say of a body, before it is read.
func (m *mount) admit(r *http.Request) (encoding string, refusal reply, err error) {
	if r.Method != http.MethodPost {
		return "", reply{Answer: Answer{Status: http.StatusMethodNotAllowed}, header: "Allow", value: http.MethodPost}, ErrMethod
	}
	encoding, ok := encodingOf(r.Header)
	if !ok || encoding != "" && !m.terms.Gzip {
		taken := "identity"
		if m.terms.Gzip {
			taken = "gzip, identity"
		}
		return "", reply{Answer: Answer{Status: http.StatusUnsupportedMediaType}, header: "Accept-Encoding", value: taken}, ErrEncoding
	}
	if !m.takes(r.Header["Content-Type"]) {
		return "", status(http.StatusUnsupportedMediaType), ErrContentType
	}
	if r.ContentLength > m.terms.MaxBody {
		return "", reply{Answer: Answer{Status: http.StatusRequestEntityTooLarge}, end: true}, ErrBodyTooLarge
	}
	return encoding, reply{}, nil
}

// encodingOf knows no encoding and gzip.
func encodingOf(header http.Header) (encoding string, known bool) {
	values := header["Content-Encoding"]
	switch {
	case len(values) == 0:
		return "", true
	case len(values) > 1:
		return "", false
	}
	value := strings.TrimSpace(values[0])
	switch {
	case value == "", strings.EqualFold(value, "identity"):
		return "", true
	case strings.EqualFold(value, "gzip"), strings.EqualFold(value, "x-gzip"):
		return encodingGzip, true
	}
	return "", false
}

func (m *mount) takes(contentTypes []string) bool {
	if len(m.terms.ContentTypes) == 0 {
		return true
	}
	if len(contentTypes) != 1 {
		return false
	}
	kind, _, _ := strings.Cut(contentTypes[0], ";")
	kind = strings.TrimSpace(kind)
	for _, taken := range m.terms.ContentTypes {
		if strings.EqualFold(kind, taken) {
			return true
		}
	}
	return false
}

// An arrival is what is needed to read a push, and is used again for another one.
type arrival struct {
	buffer  []byte // nil when it was lent
	body    []byte // the part of buffer that was read
	request Request
}

var arrivals = sync.Pool{New: func() any { return new(arrival) }}

func openArrival() *arrival { return arrivals.Get().(*arrival) }

// lend gives the buffer away for good.
func (a *arrival) lend() { a.buffer = nil }

func (a *arrival) release() {
	if cap(a.buffer) > keptBuffer {
		a.buffer = nil
	}
	a.body, a.request = nil, Request{}
	arrivals.Put(a)
}

// read reads the body, at most limit bytes. What was announced is believed only as far as it costs little: a buffer
// grows with what arrives.
func (a *arrival) read(r *http.Request, limit int64) error {
	most, size := int(limit)+1, smallBuffer
	if r.ContentLength >= 0 {
		size = int(min(r.ContentLength+1, firstBuffer)) // one more, to see the end without growing
	}
	if size = min(size, most); cap(a.buffer) < size {
		a.buffer = make([]byte, size)
	}
	buffer := a.buffer[:cap(a.buffer)]
	n, idle, body := 0, 0, r.Body
	var err error
	for body != nil && err == nil {
		if n == len(buffer) {
			grown := make([]byte, min(2*len(buffer), most))
			copy(grown, buffer)
			buffer = grown
		}
		var more int
		more, err = body.Read(buffer[n:min(len(buffer), most)])
		if n += more; n > int(limit) {
			err = ErrBodyTooLarge
		} else if idle++; more > 0 {
			idle = 0
		} else if idle > idleReads && err == nil {
			err = io.ErrNoProgress
		}
	}
	a.buffer, a.body = buffer, buffer[:n]
	if err == nil || err == io.EOF {
		return a.whole(r)
	}
	return bodyFault(err)
}

// whole looks whether something else read the body. The server of net/http gives an error when a body breaks off, so that a
// body that ends early without one was read by somebody on this side.
func (a *arrival) whole(r *http.Request) error {
	n := int64(len(a.body))
	parsed := len(r.PostForm) > 0 || r.MultipartForm != nil
	if n < r.ContentLength || n == 0 && (r.ContentLength < 0 || parsed) {
		return ErrBodyConsumed
	}
	return nil
}

func bodyFault(err error) error {
	if _, over := errors.AsType[*http.MaxBytesError](err); over || err == ErrBodyTooLarge {
		return ErrBodyTooLarge
	}
	if errors.Is(err, http.ErrBodyReadAfterClose) {
		return ErrBodyConsumed
	}
	return fmt.Errorf("%w: %w", ErrBodyBroken, &hostError{text: "reading failed", err: err}) // a network's text holds addresses
}

// explain adds to the reason of a refusal that the body is not the one that was sent, where that can be told.
func (a *arrival) explain(r *http.Request, reason error) error {
	if r.ContentLength < 0 || int64(len(a.body)) == r.ContentLength {
		return reason
	}
	return fmt.Errorf("%w (the body was replaced before the handler saw it: %d bytes were announced, %d came)",
		reason, r.ContentLength, len(a.body))
}
