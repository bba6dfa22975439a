package floortest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Provider is a RoundTripper that gives every request the same answer, from memory. It is safe for concurrent use.
type Provider struct {
	header http.Header // of all answers; nobody may write to it
	body   []byte
}

// NewProvider makes a provider that answers 200 with a JSON body.
func NewProvider(body []byte) *Provider {
	return &Provider{header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// RoundTrip reads the request's body to the end and answers, with one allocation.
func (p *Provider) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body) // of a bytes.Reader, as is closing it
		_ = req.Body.Close()
	}
	a := &answer{}
	a.text.Reset(p.body)
	a.response = http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: p.header, Body: a, ContentLength: int64(len(p.body)), Request: req,
	}
	return &a.response, nil
}

// answer is a response and its body in one.
type answer struct {
	response http.Response
	text     bytes.Reader
}

func (a *answer) Read(b []byte) (int, error) { return a.text.Read(b) }
func (a *answer) Close() error               { return nil }

// recorder keeps the requests that pass, until it is switched off.
type recorder struct {
	next  http.RoundTripper
	calls []call
	off   bool
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.off {
		return r.next.RoundTrip(req)
	}
	c := call{method: req.Method, url: req.URL.String(), header: req.Header.Clone()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
		c.body, req.Body = body, io.NopCloser(bytes.NewReader(body))
	}
	r.calls = append(r.calls, c)
	return r.next.RoundTrip(req)
}
