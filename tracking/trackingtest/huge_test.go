package trackingtest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"testing"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// endless is a body without an end. It counts what is read of it.
type endless struct {
	start  []byte
	filler byte
	read   int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.filler
		if at := e.read + i; at < len(e.start) {
			p[i] = e.start[at]
		}
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { return nil }

// TestHugeAnswersAreCutOff holds that no more is read of an answer than a bound, and what becomes of it then.
func TestHugeAnswersAreCutOff(t *testing.T) {
	const most, mostOfFailure = 8 << 20, 64 << 10 // as documented by package transport
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				good := record(t, a, w, magic(t, "delivered")).body
				bodies := map[string]endless{
					"an answer that goes on": {start: good[:len(good)-2], filler: '0'},
					"garbage":                {filler: 0xff},
				}
				for name, body := range bodies {
					for status, want := range map[int]error{
						200: tracking.ErrProtocol, 400: tracking.ErrUpstream, 404: tracking.ErrUpstream, 500: tracking.ErrUpstream, 503: tracking.ErrUpstream,
						401: tracking.ErrCredentials, 429: tracking.ErrRateLimited,
					} {
						bound := mostOfFailure
						if status == http.StatusOK {
							bound = most
						}
						x := newWire(w)
						body := body
						x.answer = func(r *http.Request, pass http.RoundTripper) (*http.Response, error) {
							if isToken(r) {
								return pass.RoundTrip(r)
							}
							body.read = 0
							return text(status, "").streamed(r, &body, -1), nil
						}
						_, err := one(t.Context(), a.make(x.site()), magic(t, "delivered"))
						if !errors.Is(err, want) {
							t.Errorf("%s, HTTP %d: got %v, want %v", name, status, err, want)
						}
						if body.read > 2*bound {
							t.Errorf("%s, HTTP %d: %d bytes were read", name, status, body.read)
						}
						x.settled(t)
					}
				}
			})
		})
	}
}

// TestBombsAreDefused holds that a gigabyte which travels as a megabyte takes no more memory than any answer may.
func TestBombsAreDefused(t *testing.T) {
	bomb := gzipBomb(t, 1<<30)
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				s := serve(t, w, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if isToken(r) {
						w.ServeHTTP(rw, r)
						return
					}
					rw.Header().Set("Content-Type", "application/json")
					rw.Header().Set("Content-Encoding", "gzip")
					_, _ = rw.Write(bomb)
				}))
				carrier := a.make(s)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := one(t.Context(), carrier, magic(t, "delivered"))
				runtime.ReadMemStats(&after)
				if !errors.Is(err, tracking.ErrProtocol) {
					t.Errorf("got %v", err)
				}
				if took := after.TotalAlloc - before.TotalAlloc; took > 128<<20 {
					t.Errorf("it took %d MiB", took>>20)
				}
			})
		})
	}
}

// gzipBomb compresses so many spaces, as members one behind the other.
func gzipBomb(t *testing.T, size int) []byte {
	t.Helper()
	const member = 16 << 20
	var one bytes.Buffer
	z, err := gzip.NewWriterLevel(&one, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, io.LimitReader(&endless{filler: ' '}, member)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if one.Len() > member/100 {
		t.Fatal("no bomb: " + strconv.Itoa(one.Len()))
	}
	return bytes.Repeat(one.Bytes(), size/member)
}
