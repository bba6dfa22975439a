package trackingtest_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// misbehaviours are servers that go wrong below HTTP, or at its edges. They are reached through net/http.
var misbehaviours = []struct {
	name   string
	handle func(rw http.ResponseWriter, r *http.Request, right reply)
	want   error // nil: the right answer comes through
}{
	{"compressed, as net/http asks for", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		rw.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(rw)
		_, _ = z.Write(right.body)
		_ = z.Close()
	}, nil},
	{"compressed, and cut", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		rw.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(rw)
		_, _ = z.Write(right.body)
		_ = z.Flush() // and no end
	}, tracking.ErrUpstream},
	{"said to be compressed, and not", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		rw.Header().Set("Content-Encoding", "gzip")
		_, _ = rw.Write(right.body)
	}, tracking.ErrUpstream},
	{"compressed in a way that nobody asked for", func(rw http.ResponseWriter, _ *http.Request, _ reply) {
		rw.Header().Set("Content-Encoding", "br")
		_, _ = rw.Write([]byte("\x8b\x03\x80{}\x03"))
	}, tracking.ErrUpstream},
	{"bit by bit", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		for some := range slices.Chunk(right.body, 50) {
			_, _ = rw.Write(some)
			_ = http.NewResponseController(rw).Flush()
			time.Sleep(time.Millisecond)
		}
	}, nil},
	{"a byte a minute", func(rw http.ResponseWriter, r *http.Request, right reply) {
		for _, b := range right.body {
			_, _ = rw.Write([]byte{b})
			_ = http.NewResponseController(rw).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Minute):
			}
		}
	}, tracking.ErrUpstream},
	{"closed in the middle", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		hijacked(rw, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(right.body), right.body[:len(right.body)/2]))
	}, tracking.ErrUpstream},
	{"closed in the middle of a chunk", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		hijacked(rw, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n%s", right.body[:100]))
	}, tracking.ErrUpstream},
	{"closed before the answer", func(rw http.ResponseWriter, _ *http.Request, _ reply) { hijacked(rw, "") }, tracking.ErrUpstream},
	{"closed in the headers", func(rw http.ResponseWriter, _ *http.Request, _ reply) { hijacked(rw, "HTTP/1.1 200 OK\r\nContent-Ty") }, tracking.ErrUpstream},
	{"a length that is too short", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		hijacked(rw, fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(right.body)/2, right.body))
	}, tracking.ErrUpstream},
	{"a length beyond all bounds", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		hijacked(rw, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9223372036854775807\r\n\r\n%s", right.body))
	}, tracking.ErrUpstream},
	{"a negative length", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		hijacked(rw, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n%s", right.body))
	}, tracking.ErrUpstream},
	{"no HTTP", func(rw http.ResponseWriter, _ *http.Request, _ reply) { hijacked(rw, "220 smtp.example ESMTP\r\n") }, tracking.ErrUpstream},
	{"a byte order mark in front", func(rw http.ResponseWriter, _ *http.Request, right reply) {
		_, _ = rw.Write(append([]byte("\xef\xbb\xbf"), right.body...))
	}, tracking.ErrUpstream},
	{"JSON that calls itself HTML", func(rw http.ResponseWriter, _ *http.Request, _ reply) {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte("<html>maintenance</html>"))
	}, tracking.ErrUpstream},
}

// hijacked writes something to the connection and closes it.
func hijacked(rw http.ResponseWriter, text string) {
	connection, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(connection, text)
	_ = connection.Close()
}

// TestMisbehavingServers points every adapter at servers that go wrong on the connection, in fake time.
func TestMisbehavingServers(t *testing.T) {
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				for _, m := range misbehaviours {
					w := sandbox.New(sandbox.Config{})
					right := record(t, a, w, delivered())
					s := serve(t, w, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						if isToken(r) {
							w.ServeHTTP(rw, r)
							return
						}
						_, _ = io.Copy(io.Discard, r.Body)
						rw.Header().Set("Content-Type", "application/json")
						m.handle(rw, r, right)
					}))
					begun := time.Now()
					r, err := one(t.Context(), a.make(s), delivered())
					switch {
					case m.want != nil && (!errors.Is(err, m.want) || r.Parcel != nil):
						t.Errorf("%s: got %v, %v, want %v", m.name, r.Parcel, err, m.want)
					case m.want == nil && (err != nil || r.Parcel.Status != tracking.StatusDelivered):
						t.Errorf("%s: got %v, %v", m.name, r.Parcel, err)
					}
					if took := time.Since(begun); took > 3*time.Minute {
						t.Errorf("%s: it took %v", m.name, took)
					}
				}
			})
		})
	}
}

// TestRedirectsAreNotFollowed holds that neither keys nor numbers go where a server points.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, a := range everyAdapter() {
		t.Run(a.name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T) {
				for _, status := range []int{301, 302, 303, 307, 308} {
					for _, to := range []string{"https://elsewhere.example/", "http://sandbox.invalid/", "/x", "//elsewhere.example", "://", ""} {
						answer := page(status)
						answer.header.Set("Location", to)
						x := newWire(sandbox.New(sandbox.Config{}))
						x.answer = always(answer)
						for _, op := range operations(t, a, x.site()) {
							before := x.requests()
							_, err := op.run(t.Context())
							if !errors.Is(err, tracking.ErrProtocol) && !op.offline {
								t.Errorf("%s, HTTP %d to %q: got %v", op.name, status, to, err)
							}
							if sent := x.requests() - before; sent > 2 { // a token call, and the one that was pointed elsewhere
								t.Errorf("%s, HTTP %d to %q: %d requests", op.name, status, to, sent)
							}
						}
						x.settled(t)
					}
				}
			})
		})
	}
}

// TestUnknownAuthoritiesAreRefused holds that carriers made with nothing but keys and an address check who it is that answers.
func TestUnknownAuthoritiesAreRefused(t *testing.T) {
	w := sandbox.New(sandbox.Config{})
	var reached atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		w.ServeHTTP(rw, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	for _, a := range adapters {
		s := at(w)
		s.urls, s.client = w.URLs(server.URL), nil
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // too short for a second attempt
		_, err := one(ctx, a.make(s), delivered())
		cancel()
		if err == nil || reached.Load() != 0 {
			t.Errorf("%s: got %v; %d requests were answered", a.name, err, reached.Load())
		}
	}
}

// TestHostsThingsAreLeftAlone holds that a host's client, its defaults and its request context stay as they are.
func TestHostsThingsAreLeftAlone(t *testing.T) {
	type key struct{}
	byDefault, byTransport := *http.DefaultClient, http.DefaultTransport
	for _, a := range adapters {
		inFakeTime(t, func(t *testing.T) {
			x := newWire(sandbox.New(sandbox.Config{}))
			seen := 0
			x.answer = func(r *http.Request, pass http.RoundTripper) (*http.Response, error) {
				if r.Context().Value(key{}) == "span" {
					seen++
				}
				return pass.RoundTrip(r)
			}
			s := x.site()
			s.hooks.Start = func(ctx context.Context, _ transport.AttemptStart) context.Context {
				return context.WithValue(ctx, key{}, "span")
			}
			host := *s.client
			if _, err := one(t.Context(), a.make(s), delivered()); err != nil {
				t.Errorf("%s: %v", a.name, err)
			}
			if s.client.Transport != host.Transport || s.client.CheckRedirect != nil || s.client.Jar != nil || s.client.Timeout != 0 {
				t.Errorf("%s changed the host's client", a.name)
			}
			if seen != x.requests() {
				t.Errorf("%s: %d of %d requests had the context of the hook", a.name, seen, x.requests())
			}
		})
	}
	if http.DefaultTransport != byTransport || http.DefaultClient.Timeout != byDefault.Timeout || http.DefaultClient.Transport != byDefault.Transport {
		t.Error("the process's default client changed")
	}
}

// TestErrorTypesMatchThemselvesAlone holds that no exported error type is found in an error that has nothing to do with it.
func TestErrorTypesMatchThemselvesAlone(t *testing.T) {
	for _, target := range []any{
		new(*tracking.Error), new(*transport.InterruptedError), new(*deliveryapi.FieldError), new(*deliveryapi.InvalidItemsError),
	} {
		if errors.As(io.EOF, target) {
			t.Errorf("io.EOF is a %T", target)
		}
	}
	q := []tracking.Query{{Courier: courier.CJ, Number: "550000001072"}}
	for _, c := range []tracking.Carrier{
		deliveryapi.New(deliveryapi.Config{}), sweettracker.New(sweettracker.Config{}), trackerdelivery.New(trackerdelivery.Config{}),
	} {
		if _, err := c.Query(t.Context(), q); !errors.Is(err, tracking.ErrCredentials) {
			t.Errorf("%s without keys: %v", c.Name(), err)
		}
	}
}
