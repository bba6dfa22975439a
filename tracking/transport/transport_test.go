package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// A26: zero options, and all faults at once.
func TestNew(t *testing.T) {
	if _, err := transport.New(transport.Config{}); err == nil || !strings.Contains(err.Error(), "Carrier") {
		t.Errorf("zero Config: %v", err)
	}
	bad := transport.Config{Calls: -1, MaxBody: -1, MaxErrorBody: -1, LongestWait: -1, UserAgent: "a\nb"}
	_, err := transport.New(bad)
	for _, part := range []string{"Carrier", "Calls", "MaxBody", "MaxErrorBody", "LongestWait", "UserAgent"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not mentioned in %v", part, err)
		}
	}
	if (err == nil) != (bad.Validate() == nil) {
		t.Error("New and Validate differ")
	}
	calls, err := transport.New(transport.Config{Carrier: "test"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = calls.Do(t.Context(), transport.Operation{}, transport.Request{})
	typed(t, err, tracking.ErrInvalidRequest)
	if err := calls.Close(); err != nil {
		t.Error(err)
	}
}

// What may not be sent is refused before it is.
func TestRequestsThatAreRefused(t *testing.T) {
	key := http.Header{"X-Api-Key": {"key\n"}}
	cases := []struct {
		name    string
		request transport.Request
		plain   bool
		sent    bool
	}{
		{"https", transport.Request{URL: "https://api.example/"}, false, true},
		{"plain", transport.Request{URL: "http://api.example/"}, false, false},
		{"plain, permitted", transport.Request{URL: "http://api.example/"}, true, true},
		{"loopback", transport.Request{URL: "http://127.0.0.1:1/"}, false, true},
		{"loopback 6", transport.Request{URL: "http://[::1]:1/"}, false, true},
		{"mapped", transport.Request{URL: "http://[::ffff:127.0.0.1]:1/"}, false, true},
		{"localhost", transport.Request{URL: "http://localhost:1/"}, false, true},
		{"looks like loopback", transport.Request{URL: "http://127.0.0.1.example/"}, false, false},
		{"looks like localhost", transport.Request{URL: "http://localhost.example/"}, false, false},
		{"scheme", transport.Request{URL: "file:///etc/passwd"}, true, false},
		{"other scheme", transport.Request{URL: "ftp://api.example/"}, true, false},
		{"no host", transport.Request{URL: "https:///path"}, false, false},
		{"relative", transport.Request{URL: "/path"}, false, false},
		{"password", transport.Request{URL: "https://user:hidden@api.example/"}, false, false},
		{"unreadable", transport.Request{URL: "https://api.example/%zz?key=hidden"}, false, false},
		{"method", transport.Request{Method: "GET hidden", URL: address}, false, false},
		{"line end in a key", transport.Request{URL: address, Header: key}, false, false},
		{"idempotency key", transport.Request{Method: "POST", URL: address, Header: http.Header{"Idempotency-Key": {"1"}}}, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := replies(ok())
			calls := newTransport(t, server, func(config *transport.Config) { config.AllowPlainHTTP = c.plain })
			_, err := calls.Do(t.Context(), reads(1), c.request)
			if c.sent != (server.count() == 1) || c.sent != (err == nil) {
				t.Fatalf("%d requests, %v", server.count(), err)
			}
			if c.sent {
				return
			}
			if e := typed(t, err, tracking.ErrInvalidRequest); e.Billed != tracking.No || e.Retry != tracking.RetryNever || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%+v", e)
			}
		})
	}
}

// bodies is a RoundTripper that gives one body, read in odd ways.
type bodies struct {
	status int
	length int64
	body   io.Reader
}

func (b bodies) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: b.status, ContentLength: b.length, Body: io.NopCloser(b.body)}, nil
}

// Any length, any claim about it, any way of reading: the body arrives whole, or is cut exactly at its cap.
func TestBodies(t *testing.T) {
	const most, mostError = 3000, 700
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		want := bytes.Repeat([]byte("0123456789"), random.IntN(400))
		want = want[:len(want)-min(len(want), random.IntN(10))]
		claims := []int64{-1, 0, int64(len(want)), int64(len(want)) + 5, int64(len(want)) / 2, 1 << 62}
		var reader io.Reader = bytes.NewReader(want)
		if random.IntN(2) == 0 {
			reader = iotest.DataErrReader(reader)
		}
		if random.IntN(2) == 0 {
			reader = iotest.HalfReader(reader)
		}
		rt := bodies{200, claims[random.IntN(len(claims))], reader}
		limit := most
		if random.IntN(2) == 0 {
			rt.status, limit = 400, mostError
		}
		var got *transport.Response
		op := reads(1)
		op.Classify = func(r *transport.Response) *tracking.Error { got = r; return nil }
		calls := newTransport(t, rt, func(c *transport.Config) { c.MaxBody, c.MaxErrorBody = most, mostError })
		resp, err := calls.Do(t.Context(), op, get())
		if len(want) > limit && rt.status == 200 {
			if e := typed(t, err, tracking.ErrProtocol); e.Retry != tracking.RetryNever || got != nil {
				t.Fatalf("%+v", e)
			}
			continue
		}
		if err != nil || resp != got || resp.Truncated != (len(want) > limit) || resp.Body == nil || !bytes.Equal(resp.Body, want[:min(limit, len(want))]) {
			t.Fatalf("status %d, claim %d: %d bytes of %d, %v", rt.status, rt.length, len(resp.Body), len(want), err)
		}
	}
}

// A claim of a huge body allocates no more than 64 KiB in advance.
func TestClaimedLengthIsNotBelieved(t *testing.T) {
	calls := newTransport(t, bodies{200, 1 << 40, strings.NewReader("x")})
	resp, err := calls.Do(t.Context(), reads(1), get())
	if err != nil || cap(resp.Body) > 64<<10+1 {
		t.Errorf("%v, %d bytes reserved", err, cap(resp.Body))
	}
}

type broken struct{ resp *http.Response }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return b.resp, nil }

// A6: RoundTrippers that keep no rules bring no panic.
func TestCarelessRoundTrippers(t *testing.T) {
	_, err := newTransport(t, broken{}).Do(t.Context(), reads(1), get())
	typed(t, err, tracking.ErrUpstream)
	_, err = newTransport(t, broken{&http.Response{StatusCode: http.StatusOK}}).Do(t.Context(), reads(1), get())
	typed(t, err, tracking.ErrUpstream)
	resp, err := newTransport(t, broken{&http.Response{StatusCode: http.StatusNoContent}}).Do(t.Context(), reads(1), get())
	if err != nil || resp.Body == nil {
		t.Errorf("%v, %v", resp, err)
	}
}

type contextKey struct{}

// A12: what a hook puts into the context reaches the RoundTripper and the other hook; starts and ends pair up.
func TestHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(answer(500, "{}"), reply{hang: true}, ok())
		var starts []transport.AttemptStart
		var ends []transport.Attempt
		calls := newTransport(t, server, func(c *transport.Config) {
			c.Hooks.Start = func(ctx context.Context, a transport.AttemptStart) context.Context {
				starts = append(starts, a)
				return context.WithValue(ctx, contextKey{}, a.Number)
			}
			c.Hooks.End = func(ctx context.Context, a transport.Attempt) {
				if ctx.Value(contextKey{}) != a.Number {
					t.Errorf("end of %d with the context of %v", a.Number, ctx.Value(contextKey{}))
				}
				ends = append(ends, a)
			}
		})
		if _, err := calls.Do(t.Context(), reads(3), get()); err != nil {
			t.Fatal(err)
		}
		for i, req := range server.requests {
			if req.Context().Value(contextKey{}) != i+1 {
				t.Errorf("request %d has the context of %v", i+1, req.Context().Value(contextKey{}))
			}
		}
		if len(starts) != 3 || len(ends) != 3 {
			t.Fatalf("%d starts, %d ends", len(starts), len(ends))
		}
		for i, end := range ends {
			last := i == 2
			if end.Carrier != "test" || end.Op != "query" || end.Number != i+1 || end.Wait != starts[i].Wait {
				t.Errorf("%+v", end)
			}
			if (end.Err == nil) != last || (end.Next == 0) != last {
				t.Errorf("%+v", end)
			}
		}
		if ends[0].Status != 500 || ends[1].Status != 0 || ends[1].Took != 15*time.Second || ends[1].Wait != ends[0].Next || ends[2].Wait != ends[1].Next {
			t.Errorf("%+v", ends)
		}
		if !errors.Is(ends[0].Err, tracking.ErrUpstream) {
			t.Errorf("%v", ends[0].Err)
		}
	})
}

// A hook that gives no context does no harm.
func TestHookWithoutContext(t *testing.T) {
	calls := newTransport(t, replies(ok()), func(c *transport.Config) {
		c.Hooks.Start = func(context.Context, transport.AttemptStart) context.Context { return nil }
	})
	if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
		t.Error(err)
	}
}

func TestClassify(t *testing.T) {
	for status := 100; status < 1000; status++ {
		for _, body := range []string{"", "{}", "<html>", "\ufeff\r\n<!doctype HTML>"} {
			for _, kind := range []string{"application/json", "Text/HTML; charset=EUC-KR", ""} {
				resp := &transport.Response{Status: status, Header: http.Header{"Content-Type": {kind}}, Body: []byte(body)}
				e := transport.Classify(resp)
				readable := body == "{}" && !resp.HTML()
				switch {
				case status == 204 || status == 205 || status/100 == 2 && readable:
					if e != nil {
						t.Fatalf("%d %q: %v", status, body, e)
					}
				case e == nil || e.HTTPStatus != status:
					t.Fatalf("%d %q: %v", status, body, e)
				case status == 429 && !errors.Is(e, tracking.ErrRateLimited), status == 401 && !errors.Is(e, tracking.ErrCredentials):
					t.Fatalf("%d %q: %v", status, body, e)
				case (status/100 == 5 || status == 408) && (!errors.Is(e, tracking.ErrUpstream) || e.Retry != tracking.RetrySoon):
					t.Fatalf("%d %q: %v", status, body, e)
				case status/100 == 3 && (!errors.Is(e, tracking.ErrProtocol) || e.Retry != tracking.RetryNever):
					t.Fatalf("%d %q: %v", status, body, e)
				}
			}
		}
	}
}
