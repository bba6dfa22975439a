package trackingtest_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// inFakeTime runs a test in a bubble, out of the year 2000 where fake time begins: some scans are a hundred days old.
func inFakeTime(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		test(t)
	})
}

// wire lies between an adapter and its world. It counts what passes, and may answer in the world's place.
type wire struct {
	world *sandbox.World
	next  http.RoundTripper

	// answer, where there is one, gives the answer to a request, or its error; pass asks the world.
	answer func(r *http.Request, pass http.RoundTripper) (*http.Response, error)

	mu    sync.Mutex
	sent  int
	hosts map[string]bool
	open  int // bodies that were handed out and not closed
}

func newWire(w *sandbox.World) *wire {
	return &wire{world: w, next: w.Client().Transport, hosts: make(map[string]bool)}
}

// site is the world's, behind the wire.
func (x *wire) site() site {
	s := at(x.world)
	s.client = &http.Client{Transport: x}
	return s
}

func (x *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	x.note(func() {
		x.sent++
		x.open++
		x.hosts[r.URL.Host] = true
	})
	var resp *http.Response
	var err error
	if x.answer != nil {
		resp, err = x.answer(r, x.next)
	} else {
		resp, err = x.next.RoundTrip(r)
	}
	if err != nil {
		x.note(func() { x.open-- })
		return nil, err
	}
	resp.Body = &watched{ReadCloser: resp.Body, closed: sync.OnceFunc(func() { x.note(func() { x.open-- }) })}
	return resp, nil
}

func (x *wire) note(change func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change()
}

// requests counts what was sent so far.
func (x *wire) requests() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sent
}

// settled checks what must hold when nothing is under way any more.
func (x *wire) settled(t *testing.T) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.open != 0 {
		t.Errorf("%d bodies were never closed", x.open)
	}
	if len(x.hosts) > 1 {
		t.Errorf("requests went to %v: an adapter talks to its own host alone", x.hosts)
	}
}

// watched tells when a body is closed.
type watched struct {
	io.ReadCloser
	closed func()
}

func (w *watched) Close() error {
	w.closed()
	return w.ReadCloser.Close()
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// page is what a gateway shows to people, and text is JSON of any kind.
func page(status int) reply {
	return reply{status, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte("<html><body>gateway</body></html>")}
}

func text(status int, body string) reply {
	return reply{status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, []byte(body)}
}

func (r reply) response(to *http.Request) *http.Response {
	return r.streamed(to, io.NopCloser(bytes.NewReader(r.body)), int64(len(r.body)))
}

// streamed is the reply with another body, and whatever length is stated for it.
func (r reply) streamed(to *http.Request, body io.ReadCloser, length int64) *http.Response {
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		Status: http.StatusText(r.status), StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: length, Request: to,
	}
}

// readReply takes an answer in.
func readReply(t *testing.T, resp *http.Response) reply {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("the sandbox's answer: %v", err)
	}
	return reply{resp.StatusCode, resp.Header, body}
}

// isToken reports whether a request is for an access token, which tests of answers leave alone.
func isToken(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/token") }

// record asks about a parcel at the world itself and gives the provider's answer.
func record(t *testing.T, a adapter, w *sandbox.World, q tracking.Query) reply {
	t.Helper()
	var got reply
	x := newWire(w)
	x.answer = func(r *http.Request, pass http.RoundTripper) (*http.Response, error) {
		resp, err := pass.RoundTrip(r)
		if err != nil || isToken(r) || got.status != 0 {
			return resp, err
		}
		got = readReply(t, resp)
		return got.response(r), nil
	}
	_, _ = one(t.Context(), a.make(x.site()), q) // an error is as good an answer
	if got.status == 0 {
		t.Fatalf("%s was not asked about %v", a.name, q)
	}
	return got
}

// always answers everything but token calls alike.
func always(r reply) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(req *http.Request, pass http.RoundTripper) (*http.Response, error) {
		if isToken(req) {
			return pass.RoundTrip(req)
		}
		return r.response(req), nil
	}
}

// one asks a carrier about one parcel. The error of the call and that of the parcel are the same to it.
func one(ctx context.Context, c tracking.Carrier, q tracking.Query) (tracking.Result, error) {
	results, err := c.Query(ctx, []tracking.Query{q})
	switch {
	case err != nil:
		return tracking.Result{}, err
	case len(results) != 1:
		return tracking.Result{}, errCount
	}
	return results[0], results[0].Err
}

// network is a network inside the process: a listener and its dialler, joined by pipes. What happens in it takes no real
// time, so that servers can misbehave below HTTP inside a bubble.
type network struct {
	calls  chan net.Conn
	closed chan struct{}
	close  func()
}

func newNetwork() *network {
	n := &network{calls: make(chan net.Conn), closed: make(chan struct{})}
	n.close = sync.OnceFunc(func() { close(n.closed) })
	return n
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.calls:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.close()
	return nil
}

func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.calls <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve runs a server in a network of its own until the test ends, and gives a site that reaches it through net/http.
func serve(t *testing.T, w *sandbox.World, handler http.Handler) site {
	t.Helper()
	n := newNetwork()
	server := &http.Server{Handler: handler}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(n) })
	pool := &http.Transport{DialContext: n.dial}
	t.Cleanup(func() {
		pool.CloseIdleConnections()
		_ = server.Close()
		running.Wait()
	})
	s := at(w)
	s.urls = w.URLs("http://127.0.0.1")
	s.client = &http.Client{Transport: pool}
	return s
}
