package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A wire is a server and its network in memory, so that it runs in fake time. What it is for must be done with it
// before the test ends.
type wire struct {
	server   *http.Server
	accept   chan net.Conn
	closed   chan struct{}
	shut     sync.Once
	serving  sync.WaitGroup
	transfer *http.Transport
}

// newWire serves a handler over pipes.
func newWire(tb testing.TB, h http.Handler) *wire {
	tb.Helper()
	w := &wire{accept: make(chan net.Conn), closed: make(chan struct{})}
	w.server = &http.Server{Handler: h, Protocols: new(http.Protocols)}
	w.server.Protocols.SetHTTP1(true)
	w.transfer = &http.Transport{
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return w.dial() },
		MaxIdleConnsPerHost: 100,
	}
	w.server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			w.serving.Add(1)
		case http.StateClosed: // which is up to half a second after a refusal: so long the server lets a client read
			w.serving.Done()
		}
	}
	w.serving.Go(func() { _ = w.server.Serve(w) })
	return w
}

// Accept, Close and Addr make it a [net.Listener].
func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.accept:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.shut.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (w *wire) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case w.accept <- server:
		return client, nil
	case <-w.closed:
		return nil, errors.New("nobody listens")
	}
}

// client sends over a connection of its own if nobody else's is idle.
func (w *wire) client() *http.Client { return &http.Client{Transport: w.transfer} }

// stop ends everything that newWire and client started.
func (w *wire) stop() {
	w.transfer.CloseIdleConnections()
	_ = w.server.Close()
	w.serving.Wait()
}

// raw writes bytes to a fresh connection and reads what comes back until the server closes it.
func (w *wire) raw(t *testing.T, request string) string {
	t.Helper()
	conn, err := w.dial()
	if err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	writing.Go(func() { _, _ = io.WriteString(conn, request) }) // the server may answer before it read everything
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	_ = conn.Close()
	writing.Wait()
	return string(answer)
}

// rawRequest writes a request as it goes over the network. The server closes the connection after it.
func rawRequest(method, target, body string, header http.Header) string {
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n")
	_ = header.Write(&b)
	b.WriteString("\r\n" + body)
	return b.String()
}
