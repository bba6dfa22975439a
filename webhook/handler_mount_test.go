package webhook_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func TestMounting(t *testing.T) {
	for _, c := range []struct {
		name   string
		mount  func(h http.Handler) http.Handler
		target string
		status int
	}{
		{"alone", func(h http.Handler) http.Handler { return h }, "/token/" + testToken, 202},
		{"alone, slashes around", func(h http.Handler) http.Handler { return h }, "//token//" + testToken + "/", 202},
		{"alone, percent encoding", func(h http.Handler) http.Handler { return h }, "/token/" + strings.ReplaceAll(testToken, "-", "%2D"), 202},
		{"mux", inMux("/webhooks/"), "/webhooks/token/" + testToken, 202},
		{"mux with a method", inMux("POST /webhooks/"), "/webhooks/token/" + testToken, 202},
		{"mux with a wildcard", inMux("/{shop}/webhooks/{rest...}"), "/shop-1/webhooks/token/" + testToken, 202},
		{"mux on the name itself", inMux("/token/"), "/token/" + testToken, 202},
		{"StripPrefix", func(h http.Handler) http.Handler {
			return inMux("/webhooks/")(http.StripPrefix("/webhooks", h))
		}, "/webhooks/token/" + testToken, 202},
		{"StripPrefix to the last slash", func(h http.Handler) http.Handler {
			return inMux("/webhooks/")(http.StripPrefix("/webhooks/", h))
		}, "/webhooks/token/" + testToken, 202},
		{"StripPrefix of the name", func(h http.Handler) http.Handler {
			return inMux("/token/")(http.StripPrefix("/token", h))
		}, "/token/" + testToken, 404},
		{"query", inMux("/webhooks/"), "/webhooks/token/" + testToken + "?utm=1", 202},
		{"first name counts", func(h http.Handler) http.Handler { return h }, "/token/provider/" + testToken, 404},
		{"part of a segment", func(h http.Handler) http.Handler { return h }, "/tokens/" + testToken, 404},
		{"another case", func(h http.Handler) http.Handler { return h }, "/Token/" + testToken, 404},
		{"token with more behind it", func(h http.Handler) http.Handler { return h }, "/token/" + testToken + "/x", 404},
		{"token cut short", func(h http.Handler) http.Handler { return h }, "/token/" + testToken[1:], 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, nil, newToken(t, "token"), newSigned(t, "provider", webhook.Terms{}))
				net := newWire(t, c.mount(s))
				defer net.stop()
				resp, err := net.client().Do(signed(t, "http://shop.example"+c.target, event, noon))
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if kept, _, _ := s.inbox.counts(); resp.StatusCode != c.status || (kept == 1) != (c.status == 202) {
					t.Errorf("answered %d, %d kept: %v", resp.StatusCode, kept, s.reports.all)
				}
				checkSecrecy(t, s.log.String())
			})
		})
	}
}

func inMux(pattern string) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(pattern, h)
		return mux
	}
}

// TestUnmountedSaysHow holds that a wrong mounting is explained, without the path.
func TestUnmountedSaysHow(t *testing.T) {
	s := newStage(t, nil, newToken(t, "token"), newSigned(t, "provider", webhook.Terms{}))
	send(s, signed(t, "/"+testToken, event, noon))
	report := s.reports.last(t)
	for _, want := range []string{"sources are token, provider", `mux.Handle("/webhooks/", handler)`, `"/webhooks/token"`} {
		if !errors.Is(report.Err, webhook.ErrNoSource) || !strings.Contains(report.Err.Error(), want) {
			t.Errorf("no %q in %v", want, report.Err)
		}
	}
	checkSecrecy(t, report.Err.Error()+s.log.String())
}

// TestBehindProxy has a proxy that strips a prefix and sends on what it gets.
func TestBehindProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil, newToken(t, "token"), newSigned(t, "provider", webhook.Terms{}))
		inner := newWire(t, s)
		defer inner.stop()
		target := &url.URL{Scheme: "http", Host: "shop.example"}
		outer := newWire(t, http.StripPrefix("/edge/shop", &httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
			Transport: inner.transfer,
		}))
		defer outer.stop()
		for _, r := range []*http.Request{
			signed(t, "http://edge.example/edge/shop/provider", event, noon),
			signed(t, "http://edge.example/edge/shop/token/"+testToken, event, noon),
			chunked(signed(t, "http://edge.example/edge/shop/provider", event+" ", noon)),
		} {
			resp, err := outer.client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode/100 != 2 {
				t.Errorf("answered %d: %v", resp.StatusCode, s.reports.last(t).Err)
			}
		}
		if kept, _, _ := s.inbox.counts(); kept != 3 {
			t.Errorf("%d kept, want 3", kept)
		}
	})
}

func chunked(r *http.Request) *http.Request {
	r.ContentLength = -1
	return r
}

// around wraps a handler with something that looks at requests first.
func around(look func(r *http.Request)) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			look(r)
			h.ServeHTTP(w, r)
		})
	}
}

func TestMiddleware(t *testing.T) {
	form := "fid=1&invoice_no=550000001072"
	restore := around(func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	})
	unpack := around(func(r *http.Request) {
		if unpacker, err := gzip.NewReader(r.Body); err == nil {
			r.Body = unpacker
			r.Header.Del("Content-Encoding")
		}
	})
	for _, c := range []struct {
		name    string
		around  func(http.Handler) http.Handler
		change  func(*http.Request)
		body    string
		status  int
		reason  error
		explain string
	}{
		{"reads everything", around(func(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }), nil, event, 503, webhook.ErrBodyConsumed, "mount"},
		{"reads everything of unknown length", around(func(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }),
			func(r *http.Request) { chunked(r) }, event, 503, webhook.ErrBodyConsumed, "mount"},
		{"reads a part", around(func(r *http.Request) { _, _ = r.Body.Read(make([]byte, 10)) }), nil, event, 503, webhook.ErrBodyConsumed, "mount"},
		{"closes", around(func(r *http.Request) { _ = r.Body.Close() }), nil, event, 503, webhook.ErrBodyConsumed, "mount"},
		{"parses the form", around(func(r *http.Request) { _ = r.ParseForm() }), setHeader("Content-Type", "application/x-www-form-urlencoded"), form,
			503, webhook.ErrBodyConsumed, "mount"},
		{"parses the form of unknown length", around(func(r *http.Request) { _ = r.FormValue("fid") }), func(r *http.Request) {
			chunked(r).Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}, form, 503, webhook.ErrBodyConsumed, "mount"},
		{"parses what is no form", around(func(r *http.Request) { _ = r.ParseForm() }), nil, event, 200, nil, ""},
		{"restores", restore, nil, event, 200, nil, ""},
		{"restores, length unknown", restore, func(r *http.Request) { chunked(r) }, event, 200, nil, ""},
		{"unpacks", unpack, func(r *http.Request) { pack(t, r) }, strings.Repeat(event, 9), 401, webhook.ErrSignatureMismatch, "replaced before the handler saw it: "},
		{"limits", func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 20) }, nil, event, 413, webhook.ErrBodyTooLarge, ""},
		{"times out", func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Second, "") }, nil, event, 200, nil, ""},
		{"packs answers", packAnswers, nil, event, 200, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := newSigned(t, "provider", webhook.Terms{Accepted: webhook.Answer{Status: 200, ContentType: "application/json", Body: `{"ok":true}`}})
				s := newStage(t, nil, source)
				net := newWire(t, c.around(s))
				defer net.stop()
				r := signed(t, "http://shop.example/provider", c.body, noon)
				if c.change != nil {
					c.change(r)
				}
				resp, err := net.client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				report := s.reports.last(t)
				if err != nil || resp.StatusCode != c.status || !errors.Is(report.Err, c.reason) || (string(answer) == `{"ok":true}`) != (c.status == 200) {
					t.Errorf("answered %d %q (%v): %v, want %d, %v", resp.StatusCode, answer, err, report.Err, c.status, c.reason)
				}
				if c.explain != "" && !strings.Contains(report.Err.Error(), c.explain) {
					t.Errorf("%v does not explain", report.Err)
				}
				if kept := s.inbox.bodies(); c.status == 200 && (len(kept) != 1 || kept[0] != c.body) {
					t.Errorf("kept %q", kept)
				}
			})
		})
	}
}

// pack packs the body of a request and signs what will go over the network.
func pack(t *testing.T, r *http.Request) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzipped(t, body)
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(bytes.NewReader(packed)), int64(len(packed)), nil
	r.Header.Set("Content-Encoding", "gzip")
	sign(t, r.Header, string(packed), noon)
}

func gzipped(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// packAnswers is a middleware as they are often written: it neither looks at sizes nor at lengths.
func packAnswers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		packer := gzip.NewWriter(w)
		defer packer.Close()
		h.ServeHTTP(packing{w, packer}, r)
	})
}

type packing struct {
	http.ResponseWriter
	packer *gzip.Writer
}

func (p packing) Write(b []byte) (int, error) { return p.packer.Write(b) }

// TestGzip is about sources that take packed bodies.
func TestGzip(t *testing.T) {
	s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{Gzip: true, MaxBody: 10_000}))
	for name, text := range map[string]string{
		"text": event, "bomb": strings.Repeat("0", 9<<20), // which is packed into less than the source's limit
	} {
		r := signed(t, "/provider", text, noon)
		pack(t, r)
		if w := send(s, r); w.Code != 200 {
			t.Fatalf("%s: answered %d, %v", name, w.Code, s.reports.last(t).Err)
		}
	}
	for _, m := range s.inbox.kept {
		text, err := m.Text()
		switch {
		case m.Encoding != "gzip":
			t.Errorf("the encoding is %q", m.Encoding)
		case len(m.Body) > 1000: // the bomb
			if !errors.Is(err, webhook.ErrMalformed) || !errors.Is(err, webhook.ErrBodyTooLarge) || text != nil {
				t.Errorf("the bomb gave %d bytes, %v", len(text), err)
			}
		case err != nil || string(text) != event:
			t.Errorf("unpacked %q, %v", text, err)
		}
	}
}

// TestHTTP2 goes over real sockets: HTTP/2 needs TLS.
func TestHTTP2(t *testing.T) {
	s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{MaxBody: 1000}), newToken(t, "token"))
	server := httptest.NewUnstartedServer(s)
	var connections atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		body   string
		status int
	}{
		{"announced", func(*http.Request) {}, event, 200},
		{"unannounced", func(r *http.Request) { chunked(r) }, event + " ", 200},
		{"too large", func(*http.Request) {}, strings.Repeat("x", 1001), 413},
		{"too large, unannounced", func(r *http.Request) { chunked(r) }, strings.Repeat("x", 200_000), 413},
		{"after that", func(*http.Request) {}, event + "  ", 200},
		{"empty", func(*http.Request) {}, "", 200},
	} {
		r := signed(t, server.URL+"/provider", c.body, noon)
		c.change(r)
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_ = resp.Body.Close()
		if resp.ProtoMajor != 2 || resp.StatusCode != c.status {
			t.Errorf("%s: HTTP/%d, %d: %v", c.name, resp.ProtoMajor, resp.StatusCode, s.reports.last(t).Err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections: one refusal ended what others share", n)
	}
}

// TestNetwork is about bodies as they come over a connection.
func TestNetwork(t *testing.T) {
	head := func(more ...string) http.Header {
		h := http.Header{"Content-Type": {"application/json"}}
		sign(t, h, event, noon)
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	length := strconv.Itoa(len(event))
	for _, c := range []struct {
		name   string
		header http.Header
		body   string
		hangUp bool // the client goes when it has sent this
		want   string
		reason error
	}{
		{"announced", head("Content-Length", length), event, false, "HTTP/1.1 200 OK", nil},
		{"chunked", head("Transfer-Encoding", "chunked"), "5\r\n" + event[:5] + "\r\n" + strconv.FormatInt(int64(len(event)-5), 16) + "\r\n" + event[5:] + "\r\n0\r\n\r\n",
			false, "HTTP/1.1 200 OK", nil},
		{"chunks broken", head("Transfer-Encoding", "chunked"), "zz\r\n", false, "HTTP/1.1 503 Service Unavailable", webhook.ErrBodyBroken},
		{"breaks off", head("Content-Length", length), event[:20], true, "", webhook.ErrBodyBroken},
		{"breaks off at once", head("Content-Length", length), "", true, "", webhook.ErrBodyBroken},
		{"expects to be told to go on", head("Content-Length", length, "Expect", "100-continue"), event, false, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", nil},
		{"expects and is too large", head("Content-Length", "999999", "Expect", "100-continue"), "", false, "HTTP/1.1 413 Request Entity Too Large", webhook.ErrBodyTooLarge},
		{"lies about a gigabyte", head("Content-Length", "1073741824"), event, false, "HTTP/1.1 413 Request Entity Too Large", webhook.ErrBodyTooLarge},
		{"endless", head("Transfer-Encoding", "chunked"), strings.Repeat("1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n", 300), false,
			"HTTP/1.1 413 Request Entity Too Large", webhook.ErrBodyTooLarge},
		{"slower than the server allows", head("Content-Length", length), event[:20], false, "HTTP/1.1 503 Service Unavailable", webhook.ErrBodyBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{MaxBody: 500_000}))
				net := newWire(t, s)
				net.server.ReadTimeout = 10 * time.Second
				defer net.stop()
				request := rawRequest("POST", "/provider", c.body, c.header)
				if c.hangUp {
					conn, err := net.dial()
					if err != nil {
						t.Fatal(err)
					}
					if _, err := io.WriteString(conn, request); err != nil {
						t.Fatal(err)
					}
					_ = conn.Close()
					synctest.Wait()
				} else if got := net.raw(t, request); !strings.HasPrefix(got, c.want+"\r\n") || !strings.Contains(got, "\r\nConnection: close\r\n") {
					t.Errorf("answered %q, want %q", got, c.want)
				}
				if report := s.reports.last(t); !errors.Is(report.Err, c.reason) || (report.Err == nil) != (c.reason == nil) {
					t.Errorf("reported %v, want %v", report.Err, c.reason)
				}
			})
		})
	}
}

// TestAnnouncedLengthIsNotBelieved measures what a client makes the handler allocate that announces a body and sends none.
func TestAnnouncedLengthIsNotBelieved(t *testing.T) {
	s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{MaxBody: 1 << 30}))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		r := signed(t, "/provider", event, noon)
		r.Body, r.ContentLength = io.NopCloser(failing{io.ErrUnexpectedEOF}), 1<<30
		if w := send(s, r); w.Code != 503 {
			t.Fatalf("answered %d", w.Code)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("ten lies took %d bytes", grown)
	}
}
