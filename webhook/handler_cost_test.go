package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/webhook"
)

// moreAllocations is how often a handler may allocate beside the floor, its inbox in memory included.
const moreAllocations = 12

// costRound is how many pushes one side takes before the other has its turn.
const costRound = 256

// bareHandler is what any program does with a signed push: it reads the body, checks its HMAC, hashes it, and answers.
func bareHandler(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	mac := hmac.New(sha256.New, []byte(testSecret))
	_, _ = io.WriteString(mac, r.Header.Get("X-Timestamp"))
	_, _ = mac.Write([]byte{'.'})
	_, _ = mac.Write(body)
	given, err := hex.DecodeString(strings.TrimPrefix(r.Header.Get("X-Signature"), "sha256="))
	if err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	key := sha256.Sum256(body)
	w.Header()["Etag"] = bareKey[key[0]&1] // the hash is for something, or the compiler would leave it out
	w.WriteHeader(http.StatusOK)
}

var bareKey = [2][]string{{"even"}, {"odd"}}

// costSide is a handler and pushes of 1 KB for it, which are all different.
type costSide struct {
	handler http.Handler
	pushes  []*http.Request
	bodies  []*rewound
	next    int
	answer  quietWriter
}

// rewound is a body that can be read again and costs nothing.
type rewound struct {
	bytes.Reader
	text []byte
}

func (*rewound) Close() error { return nil }

// quietWriter is a response that costs nothing.
type quietWriter struct {
	header http.Header
	status int
}

func (w *quietWriter) Header() http.Header         { return w.header }
func (w *quietWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *quietWriter) WriteHeader(status int)      { w.status = status }

func newCostSide(tb testing.TB, h http.Handler) *costSide {
	tb.Helper()
	side := &costSide{handler: h, answer: quietWriter{header: http.Header{}}}
	for i := range costRound {
		body := fmt.Sprintf("%s%0*d", event, 1024-len(event), i)
		r := signed(tb, "/webhooks/provider", body, noon)
		text := &rewound{text: []byte(body)}
		r.Body = text
		side.pushes, side.bodies = append(side.pushes, r), append(side.bodies, text)
	}
	return side
}

// push has the next push worked.
func (s *costSide) push() error {
	r, body := s.pushes[s.next%costRound], s.bodies[s.next%costRound]
	body.Reset(body.text)
	s.next++
	s.handler.ServeHTTP(&s.answer, r)
	if s.answer.status != http.StatusOK {
		return fmt.Errorf("answered %d", s.answer.status)
	}
	return nil
}

func costSource(tb testing.TB) webhook.Source {
	tb.Helper()
	return newSigned(tb, "provider", webhook.Terms{ContentTypes: []string{"application/json"}})
}

// costHandler is a handler as a host would have it, with an empty inbox in memory.
func costHandler(tb testing.TB, source webhook.Source) http.Handler {
	tb.Helper()
	h, err := webhook.NewHandler(webhook.Config{
		Sources: []webhook.Source{source},
		Inbox:   webhook.NewMemoryInbox(), Now: func() time.Time { return noon }, Wake: func() {},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func TestHandlerAllocations(t *testing.T) {
	if floortest.RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	count := func(h http.Handler) float64 {
		side := newCostSide(t, h)
		var failed error
		n := testing.AllocsPerRun(costRound-1, func() { // and one to warm up: every push is a fresh one
			if err := side.push(); err != nil {
				failed = err
			}
		})
		if failed != nil {
			t.Fatal(failed)
		}
		return n
	}
	handler, floor := count(costHandler(t, costSource(t))), count(http.HandlerFunc(bareHandler))
	if t.Logf("%v allocations, the floor is %v", handler, floor); handler > floor+moreAllocations {
		t.Errorf("%v allocations over the floor, want at most %d", handler-floor, moreAllocations)
	}
}

// BenchmarkHandler works pushes of 1 KB, in turns with the floor, and reports medians: ns/op, floor-ns/op and the ratio, ×floor.
func BenchmarkHandler(b *testing.B) {
	ours, bare := newCostSide(b, nil), newCostSide(b, http.HandlerFunc(bareHandler))
	source := costSource(b)
	b.ResetTimer()
	took, ratios, err := floortest.Turns(b.N, costRound, func() error {
		if ours.next%costRound == 0 {
			ours.handler = costHandler(b, source) // with an empty inbox: every push is stored
		}
		return ours.push()
	}, bare.push)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(took[0], "ns/op")
	b.ReportMetric(took[1], "floor-ns/op")
	b.ReportMetric(ratios[0], "×floor")
}
