package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// reply is one answer of a script.
type reply struct {
	status int
	header http.Header
	body   string
	cut    bool          // the body ends early
	hang   bool          // nothing comes until the request's context ends
	after  time.Duration // before it answers
	stall  bool          // headers come, the body never does
	err    error
}

func answer(status int, body string, header ...string) reply {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return reply{status: status, header: h, body: body}
}

// script is a RoundTripper that answers in order, the last reply for ever, and counts bodies.
type script struct {
	mu       sync.Mutex
	replies  []reply
	at       []time.Time
	requests []*http.Request
	sent     []string // bodies
	opened   atomic.Int64
	closed   atomic.Int64
}

func replies(rs ...reply) *script { return &script{replies: rs} }

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	s.mu.Lock()
	r := s.replies[min(len(s.at), len(s.replies)-1)]
	s.at = append(s.at, time.Now())
	s.requests = append(s.requests, req)
	s.sent = append(s.sent, string(body))
	s.mu.Unlock()

	if r.hang {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	if r.after > 0 {
		select {
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-time.After(r.after):
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	s.opened.Add(1)
	tracked := &trackedBody{script: s, reader: strings.NewReader(r.body), reply: r, ctx: req.Context()}
	return &http.Response{StatusCode: r.status, Header: header, Body: tracked, ContentLength: -1, Request: req}, nil
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.at)
}

func (s *script) noLeak(t *testing.T) {
	t.Helper()
	if opened, closed := s.opened.Load(), s.closed.Load(); opened != closed {
		t.Errorf("%d bodies opened, %d closed", opened, closed)
	}
}

type trackedBody struct {
	script *script
	reader io.Reader
	reply  reply
	ctx    context.Context
	once   sync.Once
}

func (b *trackedBody) Read(p []byte) (int, error) {
	if b.reply.stall {
		<-b.ctx.Done()
		return 0, b.ctx.Err()
	}
	n, err := b.reader.Read(p)
	if err == io.EOF && b.reply.cut {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *trackedBody) Close() error {
	b.once.Do(func() { b.script.closed.Add(1) })
	return nil
}

// newTransport makes a Transport over a script.
func newTransport(t *testing.T, rt http.RoundTripper, change ...func(*transport.Config)) *transport.Transport {
	t.Helper()
	config := transport.Config{Carrier: "test", Client: &http.Client{Transport: rt}}
	for _, f := range change {
		f(&config)
	}
	made, err := transport.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func get() transport.Request { return transport.Request{Method: http.MethodGet, URL: address} }

func post() transport.Request {
	return transport.Request{Method: http.MethodPost, URL: address, Body: []byte(`{"q":1}`)}
}

func reads(n int) transport.Operation { return transport.Operation{Name: "query", Attempts: n} }

// typed asserts that err is a *tracking.Error of the kind (nil for none).
func typed(t *testing.T, err, kind error) *tracking.Error {
	t.Helper()
	var e *tracking.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is no *tracking.Error", err, err)
	}
	if e.Kind != kind { //nolint:errorlint // the sentinel itself, or nil
		t.Fatalf("kind of %q is %v, want %v", err, e.Kind, kind)
	}
	if e.Carrier != "test" {
		t.Errorf("carrier of %q is %q", err, e.Carrier)
	}
	if text := err.Error(); strings.ContainsAny(text, "\r\n\t") || len(text) > 700 {
		t.Errorf("not a short line: %q", text)
	}
	return e
}

// errReset stands for a connection that broke.
var errReset = errors.New("read tcp 127.0.0.1:1: connection reset by peer")

const okBody = `{"ok":true}`

func ok() reply { return answer(200, okBody) }

func bodyOf(resp *transport.Response) string {
	if resp == nil {
		return ""
	}
	return string(bytes.Clone(resp.Body))
}
