package webhook_test

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// trivial is a source that costs next to nothing to read, so that what is measured is the worker.
type trivial struct{ *toy }

var trivialParcel = []tracking.Parcel{{Courier: "truckers", Number: "100000000001", Source: "truck-net", RetrievedAt: time.Unix(1, 0)}}

func (trivial) Name() string { return "plain" }
func (trivial) Read(context.Context, webhook.Message) (webhook.Reading, error) {
	return webhook.Reading{Parcels: trivialParcel}, nil
}

// BenchmarkWorker works b.N messages of 1 KB from an inbox in memory. The floor is a loop that reads and delivers them
// with nothing that could be lost: no inbox, no lease, no time limit, no goroutine.
func BenchmarkWorker(b *testing.B) {
	work := func(ctx context.Context, deliver func(ctx context.Context, d webhook.Delivery) error) error {
		m := webhook.Message{Source: "plain", Body: make([]byte, 1024), ReceivedAt: time.Now()}
		for range b.N {
			r, err := trivial{}.Read(ctx, m)
			if err != nil {
				return err
			}
			d := webhook.Delivery{Key: m.Source + ":" + m.Key.String(), Letters: []webhook.LetterID{{Source: m.Source, Key: m.Key}}, At: m.ReceivedAt}
			for _, p := range r.Parcels {
				d.Observations = append(d.Observations, tracking.Observation{Parcel: p, Carrier: p.Source, SeenAt: m.ReceivedAt})
			}
			if err := deliver(ctx, d); err != nil {
				return err
			}
		}
		return nil
	}
	begun := time.Now()
	var mu sync.Mutex
	seen := 0
	if err := work(b.Context(), func(context.Context, webhook.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		seen++
		return nil
	}); err != nil || seen != b.N {
		b.Fatal(err, seen)
	}
	floor := time.Since(begun)

	inbox := webhook.NewMemoryInbox()
	for n := range b.N {
		m := webhook.Message{Source: "plain", Body: make([]byte, 1024), ReceivedAt: time.Now()}
		binary.BigEndian.PutUint64(m.Key[:], uint64(n))
		if _, err := inbox.Put(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	seen = 0
	worker := &webhook.Worker{
		Inbox: inbox, Sources: []webhook.Source{trivial{&toy{}}},
		Deliver: func(context.Context, webhook.Delivery) error {
			mu.Lock()
			defer mu.Unlock()
			if seen++; seen == b.N {
				cancel()
			}
			return nil
		},
	}
	b.ResetTimer()
	if err := worker.Run(ctx); err != nil {
		b.Fatal(err)
	}
	took := b.Elapsed()
	b.ReportMetric(float64(floor)/float64(b.N), "floor-ns/op")
	b.ReportMetric(float64(took)/float64(floor), "×floor")
	b.ReportMetric(float64(b.N)/took.Seconds(), "messages/s")
}

// BenchmarkMemoryInboxClaim takes and gives back one message of an inbox that holds many others, done, dead, or due later.
func BenchmarkMemoryInboxClaim(b *testing.B) {
	for _, others := range []int{1_000, 100_000} {
		b.Run(map[int]string{1_000: "1k", 100_000: "100k"}[others], func(b *testing.B) {
			inbox, now := webhook.NewMemoryInbox(), time.Now()
			for n := range others {
				m := webhook.Message{Source: "plain", ReceivedAt: now}
				binary.BigEndian.PutUint64(m.Key[:], uint64(n))
				if _, err := inbox.Put(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
			claims, err := inbox.Claim(b.Context(), now, others, time.Minute)
			if err != nil {
				b.Fatal(err)
			}
			for i, c := range claims[1:] {
				f := webhook.Finding{State: []webhook.State{webhook.Done, webhook.Dead, webhook.Waiting}[i%3], At: now.Add(time.Hour)}
				if err := inbox.Finish(b.Context(), c, f); err != nil {
					b.Fatal(err)
				}
			}
			back := webhook.Finding{State: webhook.Waiting, At: now}
			if err := inbox.Finish(b.Context(), claims[0], back); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				claims, err := inbox.Claim(b.Context(), now, 10, time.Minute)
				if err != nil || len(claims) != 1 {
					b.Fatal(len(claims), err)
				}
				if err := inbox.Finish(b.Context(), claims[0], back); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
