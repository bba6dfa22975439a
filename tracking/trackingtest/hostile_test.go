package trackingtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// replaying answers every call but those for tokens with the reply of the moment.
func replaying(a adapter, w *sandbox.World) (carrier tracking.Carrier, x *wire, set func(reply)) {
	x = newWire(w)
	var now reply
	x.answer = func(r *http.Request, pass http.RoundTripper) (*http.Response, error) {
		return always(now)(r, pass)
	}
	return a.make(x.site()), x, func(r reply) { now = r }
}

// checkOutcome holds an outcome, whatever the answer was, to what every outcome promises.
func checkOutcome(t *testing.T, what string, q tracking.Query, r tracking.Result, err error) {
	t.Helper()
	if (err == nil) == (r.Parcel == nil) {
		t.Errorf("%s: parcel %v and error %v: want one of them", what, r.Parcel, err)
		return
	}
	if err != nil {
		checkFailure(t, what, err)
		return
	}
	p := r.Parcel
	if p.Number != q.Number || p.Courier != q.Courier {
		t.Errorf("%s: asked about %v, got %s …%s", what, q, p.Courier, tracking.Last4(p.Number))
	}
	if p.Status.String() == "" || !slices.Contains(tracking.Statuses(), p.Status) {
		t.Errorf("%s: the status %d", what, p.Status)
	}
	for _, ev := range p.Events {
		if !utf8.ValidString(ev.Text + ev.Note + ev.Place + ev.Code) {
			t.Errorf("%s: an event is no UTF-8: %+v", what, ev)
		}
	}
}

// checkFailure holds an error to what every error promises.
func checkFailure(t *testing.T, what string, err error) {
	t.Helper()
	var e *tracking.Error
	switch text := err.Error(); {
	case !errors.As(err, &e):
		t.Errorf("%s: %T is no *tracking.Error", what, err)
	case tracking.KindName(err) == "other":
		t.Errorf("%s: no sentinel in %v", what, err)
	case !readable(text):
		t.Errorf("%s: an error is one short readable line, got %.300q", what, text)
	}
}

// readable reports one line, short enough to be read: a provider's words take up at most 200 characters of it.
func readable(text string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= 400 && !strings.ContainsFunc(text, unicode.IsControl)
}

// TestSpoiltAnswersProveNothing spoils a good answer in every place and holds that it never becomes better news: what comes is
// an error, or a parcel that is no further than it was.
func TestSpoiltAnswersProveNothing(t *testing.T) {
	known := []tracking.Status{
		tracking.StatusUnknown, tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady,
		tracking.StatusPickedUp, tracking.StatusInTransit,
	}
	q := magic(t, "in-transit")
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				good := record(t, a, w, q)
				carrier, x, set := replaying(a, w)
				parcels := 0
				try := func(what string, body []byte) {
					set(reply{good.status, good.header, body})
					begun := time.Now()
					r, err := one(t.Context(), carrier, q)
					checkOutcome(t, what, q, r, err)
					if r.Parcel != nil {
						parcels++
					}
					if r.Parcel != nil && !slices.Contains(known, r.Parcel.Status) {
						t.Errorf("%s: a parcel in transit became %v", what, r.Parcel.Status)
					}
					if took := time.Since(begun); took > 3*time.Minute {
						t.Errorf("%s: it took %v", what, took)
					}
				}
				for what, body := range spoilt(t, good.body, true, substitutes...) {
					try(what, body)
				}
				for _, n := range nodes(t, good.body) {
					if n.key != "" && (good.body[n.start] == '[' || good.body[n.start] == '{') {
						try("depth for "+n.key, deep(good.body, n))
					}
				}
				if parcels < 100 {
					t.Errorf("only %d spoilt answers were still good for something: one bad member must not spoil the rest", parcels)
				}
				x.settled(t)
			})
		})
	}
}

// TestFlippedBytesHarmNothing flips random bytes: nothing panics or hangs, and what comes keeps every promise.
func TestFlippedBytesHarmNothing(t *testing.T) {
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				random := rand.New(rand.NewPCG(1, 2))
				for _, name := range []string{"delivered", "out-for-delivery", "returned", "undated"} {
					q := magic(t, name)
					good := record(t, a, w, q)
					carrier, x, set := replaying(a, w)
					for range 100 {
						body := slices.Clone(good.body)
						var flips []int
						for range 1 + random.IntN(4) {
							at := random.IntN(len(body))
							body[at] ^= byte(1 << random.IntN(8))
							flips = append(flips, at)
						}
						set(reply{good.status, good.header, body})
						r, err := one(t.Context(), carrier, q)
						checkOutcome(t, fmt.Sprintf("%s, flipped at %v", name, flips), q, r, err)
					}
					x.settled(t)
				}
			})
		})
	}
}

// TestCutAnswersAreTroubleOnTheWay cuts a good answer off everywhere: what is left is no news about a parcel.
func TestCutAnswersAreTroubleOnTheWay(t *testing.T) {
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				q := magic(t, "delivered")
				good := record(t, a, w, q)
				whole := bytes.TrimRight(good.body, "\n")
				lengths := []int{0, 1, 2, 3, len(whole) - 3, len(whole) - 2, len(whole) - 1}
				for tenth := 1; tenth < 10; tenth++ {
					lengths = append(lengths, len(whole)*tenth/10)
				}
				for _, n := range lengths {
					carrier, x, set := replaying(a, w)
					set(reply{good.status, good.header, whole[:n]})
					if r, err := one(t.Context(), carrier, q); !errors.Is(err, tracking.ErrUpstream) || r.Parcel != nil {
						t.Errorf("cut after %d of %d bytes: got %v, %v", n, len(whole), r.Parcel, err)
					}
					x.settled(t)
				}
			})
		})
	}
}

// TestErrorsNeverBecomeStatuses spoils every failure that a provider knows: not one of them turns into a parcel.
func TestErrorsNeverBecomeStatuses(t *testing.T) {
	values := []string{"true", "1", "6", "null", `""`, `"Y"`, `"DELIVERED"`, "[]", "{}", "[{}]"}
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				seen := map[string]bool{}
				for _, m := range sandbox.Magic() {
					if !m.Faulty || !m.Concerns(a.provider) || strings.HasPrefix(m.Case, "hanging") || strings.HasPrefix(m.Case, "torn") {
						continue
					}
					w := sandbox.New(sandbox.Config{})
					bad := record(t, a, w, m.Query())
					kind := strings.ReplaceAll(string(bad.body), m.Number, "")
					if !json.Valid(bad.body) || seen[kind] {
						continue
					}
					seen[kind] = true
					carrier, _, set := replaying(a, w)
					for what, body := range spoilt(t, bad.body, false, values...) {
						set(reply{bad.status, bad.header, body})
						time.Sleep(time.Hour) // what a carrier remembers of a refusal is forgotten
						r, err := one(t.Context(), carrier, m.Query())
						if checkOutcome(t, m.Case+": "+what, m.Query(), r, err); r.Parcel != nil {
							t.Errorf("%s: %s: it became a parcel, %v", m.Case, what, r.Parcel.Status)
						}
					}
				}
				if len(seen) < 2 {
					t.Errorf("only %d kinds of failure were seen", len(seen))
				}
			})
		})
	}
}

// statusTable is what a status means whatever the body; nil leaves it to the body.
var statusTable = map[int]error{
	200: nil, 204: nil, 301: nil, 400: nil, 401: tracking.ErrCredentials, 403: nil, 404: nil, 408: tracking.ErrUpstream,
	409: nil, 418: nil, 429: tracking.ErrRateLimited, 500: tracking.ErrUpstream, 503: tracking.ErrUpstream,
}

// TestEveryStatusHasASentinel puts every status before every kind of body, for every operation of every adapter.
func TestEveryStatusHasASentinel(t *testing.T) {
	for _, a := range everyAdapter() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				bodies := map[string]reply{
					"no": {0, nil, nil}, "an HTML": page(0), "a list": text(0, "[]"), "a null": text(0, "null"),
					"a cut": text(0, `{"data":{"tr`), "a framework's": text(0, `{"timestamp":1,"status":0,"error":"Bad","path":"/x"}`),
					"an HTML that calls itself JSON": {0, text(0, "").header, page(0).body},
				}
				for status, always := range statusTable {
					for name, body := range bodies {
						body.status = status
						gateway := strings.Contains(name, "HTML") || name == "no" || name == "a cut"
						tryStatus(t, a, w, body, name, gateway, always)
					}
				}
			})
		})
	}
}

func tryStatus(t *testing.T, a adapter, w *sandbox.World, answer reply, name string, gateway bool, want error) {
	t.Helper()
	x := newWire(w)
	x.answer = always(answer)
	if want == nil && gateway && (answer.status < 300 || answer.status > 399) {
		want = tracking.ErrUpstream
	}
	for _, op := range operations(t, a, x.site()) {
		if op.offline {
			continue
		}
		what := fmt.Sprintf("%s, HTTP %d with %s body", op.name, answer.status, name)
		before := x.requests()
		_, err := op.run(t.Context())
		switch {
		case err == nil && op.passes(answer.status, name):
			continue
		case err == nil:
			t.Errorf("%s: no error", what)
			continue
		case want != nil && !errors.Is(err, want) && !op.excuses(answer.status):
			t.Errorf("%s: got %v, want %v", what, err, want)
		case errors.Is(err, tracking.ErrNotFound) && answer.status != http.StatusNotFound:
			t.Errorf("%s: it became a fact about a parcel: %v", what, err)
		}
		checkFailure(t, what, err)
		if sent := x.requests() - before; op.once && sent > 1 {
			t.Errorf("%s: sent %d times, it must not be repeated", what, sent)
		}
	}
	x.settled(t)
}

// TestWaitsEndWithTheCaller holds that nothing a server does keeps a caller longer than the caller's own deadline.
func TestWaitsEndWithTheCaller(t *testing.T) {
	const limit = 2 * time.Second
	refusals := map[string]reply{}
	for _, status := range []int{429, 503} {
		for _, wait := range []string{"", "1", "3600", "99999999999999999999", "-5", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"} {
			r := page(status)
			r.header.Set("Retry-After", wait)
			refusals[fmt.Sprintf("HTTP %d, again after %q", status, wait)] = r
		}
	}
	for _, a := range everyAdapter() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				w := sandbox.New(sandbox.Config{})
				for name, refusal := range refusals {
					x := newWire(w)
					x.answer = always(refusal)
					for _, op := range operations(t, a, x.site()) {
						ctx, cancel := context.WithTimeout(t.Context(), limit)
						begun := time.Now()
						_, err := op.run(ctx)
						if took := time.Since(begun); took > limit {
							t.Errorf("%s: %s took %v", name, op.name, took)
						}
						if err == nil && !op.offline {
							t.Errorf("%s: %s: no error", name, op.name)
						}
						cancel()
					}
				}
			})
		})
	}
}
