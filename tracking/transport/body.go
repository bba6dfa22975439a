package transport

import "io"

const (
	firstBuffer = 512      // for an answer of unknown length
	largestHint = 64 << 10 // a stated length is believed so far; it is a claim, not a promise
)

// readBody reads up to most bytes, and says whether there would have been more. length is what the server stated, -1 if nothing.
// It reads into one buffer: a right statement costs a single allocation.
func readBody(r io.Reader, length, most int64) (body []byte, more bool, err error) {
	size := int64(firstBuffer)
	if length >= 0 {
		size = min(length, largestHint)
	}
	// The byte beyond lets the end show itself without growing the buffer, and a body that is too long as well.
	body = make([]byte, 0, min(size, most)+1)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > most:
			return body[:most], true, nil
		case err == io.EOF:
			return body, false, nil
		case err != nil:
			return body, false, err
		}
	}
}
