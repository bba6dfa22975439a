package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// inProcess is the host that adapters are pointed at when they use [World.Client]; no such name can resolve.
const inProcess = "https://sandbox.invalid"

// Client gives an HTTP client whose requests the world answers in the caller's own goroutine, whatever their host:
// no socket, no goroutine, so it works inside a testing/synctest bubble. Requests end with their context.
func (w *World) Client() *http.Client {
	return &http.Client{Transport: handlerTripper{w}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// handlerTripper is a transport that calls a handler.
type handlerTripper struct{ handler http.Handler }

func (t handlerTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := drain(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	in.RequestURI, in.Host = in.URL.RequestURI(), in.URL.Host
	answer := newAnswer()
	t.handler.ServeHTTP(answer, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return answer.response(r), nil
}

// drain reads and closes a request's body.
func drain(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	read, err := io.ReadAll(body)
	return read, errors.Join(err, body.Close())
}

// answer keeps a response until it is complete.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}} }

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// response makes the client's view. A Content-Length beyond what was written is a connection that broke half-way.
func (a *answer) response(r *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	var body io.Reader = bytes.NewReader(a.body.Bytes())
	length := int64(a.body.Len())
	if declared, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64); err == nil && declared > length {
		body, length = io.MultiReader(body, brokenReader{}), declared
	}
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(body), ContentLength: length, Request: r,
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
