package transport_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// counting is a server that counts connections and requests.
type counting struct {
	*httptest.Server
	conns, requests atomic.Int64
}

func serve(t *testing.T, handler http.HandlerFunc) *counting {
	t.Helper()
	s := &counting{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		handler(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// Failing and good calls with bodies of 9 KB share one connection, and the host's connections to another server stay open.
func TestOneConnection(t *testing.T) {
	body := strings.Repeat("x", 9<<10)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, body)
	})
	other := serve(t, func(http.ResponseWriter, *http.Request) {})
	pool := &http.Transport{}
	t.Cleanup(pool.CloseIdleConnections)
	host := &http.Client{Transport: pool}
	calls := newTransport(t, nil, func(c *transport.Config) { c.Client = host })
	for i := range 11 {
		path := []string{"/good", "/bad"}[i%2]
		resp, err := calls.Do(t.Context(), reads(1), transport.Request{URL: server.URL + path})
		if i%2 == 0 && (err != nil || len(resp.Body) != len(body)) {
			t.Fatal(err)
		}
		if i%2 == 1 {
			typed(t, err, tracking.ErrUpstream)
		}
		hostCall(t, host, other.URL)
	}
	if n := server.conns.Load(); n != 1 {
		t.Errorf("%d connections for %d calls", n, server.requests.Load())
	}
	if n := other.conns.Load(); n != 1 {
		t.Errorf("the host had to dial %d times", n)
	}
}

func hostCall(t *testing.T, client *http.Client, url string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

// A8: neither the host's client nor the process-wide one is written to, and A12: nor is the caller's request.
func TestHostIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(answer(500, "{}"), ok())
		host := &http.Client{Transport: server, Timeout: time.Minute}
		hostBefore, defaultBefore, transportBefore := *host, *http.DefaultClient, http.DefaultTransport
		req := post()
		req.Header = http.Header{"X-Api-Key": append(make([]string, 0, 4), "key")}
		headerBefore := req.Header.Clone()

		calls := newTransport(t, nil, func(c *transport.Config) { c.Client, c.UserAgent = host, "waybill" })
		if _, err := calls.Do(t.Context(), reads(3), req); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(hostBefore, *host) || !reflect.DeepEqual(defaultBefore, *http.DefaultClient) || transportBefore != http.DefaultTransport {
			t.Error("a client was changed")
		}
		if !reflect.DeepEqual(headerBefore, req.Header) || string(req.Body) != string(post().Body) {
			t.Error("the request was changed")
		}
		sent := server.requests[0].Header
		for _, r := range server.requests {
			if r.Header.Get("User-Agent") != "waybill" || r.Header.Get("X-Api-Key") != "key" {
				t.Errorf("sent %v", r.Header)
			}
		}
		sent.Add("X-Api-Key", "another") // by a careless RoundTripper
		if spare := req.Header["X-Api-Key"][:2][1]; spare != "" {
			t.Errorf("%q was written into the caller's slice", spare)
		}
	})
}

// The jar of the host works, and repeats do not pile up cookies.
func TestJar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jar, _ := cookiejar.New(nil)
		u, _ := url.Parse(address)
		jar.SetCookies(u, []*http.Cookie{{Name: "a", Value: "1"}})
		server := replies(answer(500, "{}"), answer(500, "{}", "Set-Cookie", "a=2"), ok())
		calls := newTransport(t, nil, func(c *transport.Config) { c.Client = &http.Client{Transport: server, Jar: jar} })
		if _, err := calls.Do(t.Context(), reads(3), get()); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"a=1", "a=1", "a=2"} {
			if got := server.requests[i].Header.Get("Cookie"); got != want {
				t.Errorf("attempt %d sent %q, want %q", i+1, got, want)
			}
		}
	})
}

// 307 and 308 would send body and key to another host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/?key=secret", status)
		})
		calls := newTransport(t, nil, func(c *transport.Config) {
			c.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
		})
		var seen string
		op := reads(3)
		op.Classify = func(r *transport.Response) *tracking.Error {
			seen = r.Header.Get("Location")
			return transport.Classify(r)
		}
		_, err := calls.Do(t.Context(), op, transport.Request{Method: "POST", URL: server.URL, Body: []byte("key=secret")})
		if e := typed(t, err, tracking.ErrProtocol); e.HTTPStatus != status || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
		if seen == "" || server.requests.Load() != 1 || elsewhere.requests.Load() != 0 {
			t.Errorf("%d: classify saw %q, %d and %d requests", status, seen, server.requests.Load(), elsewhere.requests.Load())
		}
	}
}

// A POST on a kept-alive connection that dies is sent once, also by net/http.
func TestDeadConnectionAndPost(t *testing.T) {
	var server *counting
	server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if server.requests.Load() > 1 {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
			return
		}
		_, _ = io.WriteString(w, okBody)
	})
	calls := newTransport(t, nil, func(c *transport.Config) { c.Client = nil })
	defer calls.Close()
	req := transport.Request{Method: "POST", URL: server.URL, Body: []byte("{}")}
	if _, err := calls.Do(t.Context(), reads(1), req); err != nil {
		t.Fatal(err)
	}
	_, err := calls.Do(t.Context(), reads(1), req)
	typed(t, err, tracking.ErrUpstream)
	if n := server.requests.Load(); n != 2 {
		t.Errorf("%d requests for two calls", n)
	}
}

// A9: zero options verify certificates.
func TestSelfSignedIsRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	for _, client := range []*http.Client{nil, {}} {
		calls := newTransport(t, nil, func(c *transport.Config) { c.Client = client })
		_, err := calls.Do(t.Context(), reads(1), transport.Request{URL: server.URL})
		if e := typed(t, err, tracking.ErrUpstream); !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%v", e)
		}
		_ = calls.Close()
	}
}

func TestConnectionRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	calls := newTransport(t, nil)
	_, err := calls.Do(t.Context(), reads(1), transport.Request{URL: server.URL + "/?key=secret"})
	typed(t, err, tracking.ErrUpstream)
	if text := err.Error(); !strings.Contains(text, "connect") || strings.Contains(text, "secret") {
		t.Error(text)
	}
}

// Decompressed size counts.
func TestCapAfterDecompression(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(strings.Repeat("0", 1<<20)))
	})
	for _, c := range []struct {
		most int64
		kind error
	}{{1 << 20, nil}, {1<<20 - 1, tracking.ErrProtocol}} {
		calls := newTransport(t, nil, func(config *transport.Config) { config.MaxBody, config.Client = c.most, nil })
		resp, err := calls.Do(t.Context(), reads(3), transport.Request{URL: server.URL})
		if c.kind != nil {
			typed(t, err, c.kind)
		} else if err != nil || len(resp.Body) != 1<<20 {
			t.Errorf("%v", err)
		}
		_ = calls.Close()
	}
	if n := server.requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2: an answer that is too long is not asked for again", n)
	}
}

// Nothing runs on: neither after cancelled, failed and good calls, nor in a pool of our own after Close.
func TestNoGoroutineLeft(t *testing.T) {
	hang := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			select {
			case <-r.Context().Done():
			case <-hang:
			}
			return
		}
		_, _ = io.WriteString(w, okBody)
	})
	before := runtime.NumGoroutine()
	calls := newTransport(t, nil, func(c *transport.Config) { c.Client = nil })
	for range 5 {
		if _, err := calls.Do(t.Context(), reads(3), transport.Request{URL: server.URL}); err != nil {
			t.Fatal(err)
		}
		op := transport.Operation{Name: "query", Attempt: time.Millisecond}
		_, err := calls.Do(t.Context(), op, transport.Request{URL: server.URL + "/hang"})
		typed(t, err, tracking.ErrUpstream)
	}
	close(hang)
	_ = calls.Close()
	server.CloseClientConnections()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	for runtime.NumGoroutine() > before && ctx.Err() == nil {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}
