package webhook_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// toy is a source of one-line messages: "fact NUMBER", "hint NUMBER…", "malformed", "unmatched", "ignored", "fails",
// "panics", "exits", "closed HANDLE" or "broken" (an item that cannot be read).
type toy struct {
	name string

	mu    sync.Mutex
	match bool // "unmatched" is matched from then on
	reads int
}

func (s *toy) Name() string                                     { return s.name }
func (s *toy) Terms() webhook.Terms                             { return webhook.Terms{} }
func (s *toy) Verify(*webhook.Request) (webhook.Receipt, error) { return webhook.Receipt{}, nil }
func (s *toy) Read(_ context.Context, m webhook.Message) (webhook.Reading, error) {
	s.mu.Lock()
	s.reads++
	match := s.match
	s.mu.Unlock()
	words := strings.Fields(string(m.Body))
	word, rest := words[0], words[1:]
	switch word {
	case "fact":
		r := webhook.Reading{Event: "moved"}
		for _, number := range rest {
			r.Parcels = append(r.Parcels, tracking.Parcel{Courier: "truckers", Number: number, Status: tracking.StatusInTransit})
		}
		return r, nil
	case "hint":
		var r webhook.Reading
		for _, number := range rest {
			r.Hints = append(r.Hints, tracking.Query{Courier: "truckers", Number: number})
		}
		return r, nil
	case "malformed":
		return webhook.Reading{}, fmt.Errorf("%w: cut short", webhook.ErrMalformed)
	case "unmatched":
		if match {
			return webhook.Reading{Parcels: []tracking.Parcel{{Courier: "truckers", Number: "1"}}}, nil
		}
		return webhook.Reading{}, webhook.ErrUnmatched
	case "ignored":
		return webhook.Reading{Ignored: "an event that nobody knows"}, nil
	case "fails":
		return webhook.Reading{}, errors.New("the look-up of 010-1234-5678 failed")
	case "panics":
		panic("reading 홍길동")
	case "closed":
		return webhook.Reading{Ended: []webhook.Ended{{Handle: rest[0], Reason: webhook.EndExpired}}}, nil
	default:
		return webhook.Reading{Faults: []error{errors.New("item 1 has no number")}}, nil
	}
}

// bench is a worker over an inbox in memory, in fake time, with notes of what was delivered and asked.
type bench struct {
	*webhook.Worker
	inbox *webhook.MemoryInbox
	toy   *toy

	mu         sync.Mutex
	deliveries []webhook.Delivery
	times      []time.Duration // of the deliveries, since the beginning
	asks       []string
	askTimes   []time.Duration
	worked     []webhook.Worked
	put        int
	begun      time.Time
}

func newBench() *bench {
	b := &bench{inbox: webhook.NewMemoryInbox(), toy: &toy{name: "toy"}, begun: time.Now()}
	b.Worker = &webhook.Worker{Inbox: b.inbox, Sources: []webhook.Source{b.toy}, Deliver: b.deliver, Poll: time.Hour}
	b.Hooks.Worked = func(w webhook.Worked) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.worked = append(b.worked, w)
	}
	return b
}

func (b *bench) deliver(_ context.Context, d webhook.Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deliveries = append(b.deliveries, d)
	b.times = append(b.times, time.Since(b.begun))
	return nil
}

func (b *bench) ask(_ context.Context, q tracking.Query) (*tracking.Parcel, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asks = append(b.asks, q.Number)
	b.askTimes = append(b.askTimes, time.Since(b.begun))
	return &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "truck-net"}, nil
}

// push stores a message as a handler does.
func (b *bench) push(t *testing.T, body string) webhook.LetterID {
	t.Helper()
	b.put++
	m := webhook.Message{
		Source: "toy", Key: webhook.Digest(sha256.Sum256(fmt.Appendf(nil, "%d %s", b.put, body))), Body: []byte(body),
		Proof: tracking.ProofBody, ReceivedAt: time.Now(),
	}
	if _, err := b.inbox.Put(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	b.Wake()
	return webhook.LetterID{Source: m.Source, Key: m.Key}
}

// letters are the states of all messages, in order.
func (b *bench) letters(t *testing.T) []webhook.Letter {
	t.Helper()
	var all []webhook.Letter
	for letter, err := range b.inbox.Letters(t.Context(), webhook.LetterFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, letter)
	}
	return all
}

// onBench runs a case in fake time. The worker runs from start until the case ends or stop is called.
func onBench(t *testing.T, do func(t *testing.T, b *bench, start func() (stop func()))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		do(t, b, func() func() {
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				if err := b.Run(ctx); err != nil {
					t.Errorf("Run: %v", err)
				}
			}()
			stop := func() { cancel(); <-ended }
			t.Cleanup(stop)
			synctest.Wait()
			return stop
		})
	})
}

// pass lets fake time pass. The locks tell the race detector what fake time orders by itself: what a case read before it
// is written to afterwards, and the other way round.
func (b *bench) pass(d time.Duration) {
	b.meet()
	time.Sleep(d)
	synctest.Wait()
	b.meet()
}

func (b *bench) meet() {
	for _, mu := range []*sync.Mutex{&b.mu, &b.toy.mu} {
		mu.Lock()
		mu.Unlock() //nolint:staticcheck // an empty critical section on purpose
	}
}
