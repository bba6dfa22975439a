package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// vans is a source of a host's own: the vans of a shop report where they are.
type vans struct{}

func (vans) Name() string         { return "vans" }
func (vans) Terms() webhook.Terms { return webhook.Terms{ContentTypes: []string{"application/json"}} }

// Verify would check a signature, with a Verifier; here nothing does.
func (vans) Verify(*webhook.Request) (webhook.Receipt, error) {
	return webhook.Receipt{}, webhook.ErrRefused
}

func (vans) Read(_ context.Context, m webhook.Message) (webhook.Reading, error) {
	var body struct {
		Number    string
		At        time.Time
		Delivered bool
	}
	if json.Unmarshal(m.Body, &body) != nil {
		return webhook.Reading{}, webhook.ErrMalformed
	}
	p := tracking.Parcel{
		Courier: "vans", Number: body.Number, Source: "vans", RetrievedAt: m.ReceivedAt,
		Events: []tracking.Event{{At: body.At, Status: tracking.StatusOutForDelivery, Text: "on the van"}},
	}
	if body.Delivered {
		p.Events[0].Status, p.Events[0].Text = tracking.StatusDelivered, "handed over"
	}
	p.Settle(tracking.Context{})
	return webhook.Reading{Parcels: []tracking.Parcel{p}}, nil
}

// A worker hands what was stored to the host. Two pushes came in the wrong order, and one of them came twice: the key of
// a delivery keeps effects single, and Derive makes the same of evidence in any order.
func ExampleWorker() {
	inbox := webhook.NewMemoryInbox()
	store := func(key byte, body string) {
		_, err := inbox.Put(context.Background(), webhook.Message{
			Source: "vans", Key: webhook.Digest{key}, Body: []byte(body), ReceivedAt: time.Now(),
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	store(1, `{"number": "V-1", "at": "2026-03-02T15:40:00+09:00", "delivered": true}`)
	store(2, `{"number": "V-1", "at": "2026-03-02T09:10:00+09:00"}`)
	store(1, `{"number": "V-1", "at": "2026-03-02T15:40:00+09:00", "delivered": true}`)

	ctx, cancel := context.WithCancel(context.Background())
	taken := make(map[string]bool) // in a host: a table, written in the transaction of the effect
	var evidence tracking.Evidence
	worker := &webhook.Worker{
		Inbox:       inbox,
		Sources:     []webhook.Source{vans{}},
		Concurrency: 1, // so that this example needs no lock
		Deliver: func(_ context.Context, d webhook.Delivery) error {
			if taken[d.Key] {
				return nil
			}
			taken[d.Key] = true
			for _, o := range d.Observations {
				evidence.Events = append(evidence.Events, o.Parcel.Events...)
				fmt.Println(o.Door, o.Kind, o.Parcel.Status, "→", tracking.Derive(evidence, tracking.Context{}).Status)
			}
			if len(taken) == 2 {
				cancel()
			}
			return nil
		},
	}
	if err := worker.Run(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// push fact DELIVERED → DELIVERED
	// push fact OUT_FOR_DELIVERY → DELIVERED
}

// Dead letters wait for a person, who replays them when their reason is gone.
func ExampleWorker_Replay() {
	inbox := webhook.NewMemoryInbox()
	message := webhook.Message{Source: "vans", Key: webhook.Digest{1}, Body: []byte("not JSON"), ReceivedAt: time.Now()}
	if _, err := inbox.Put(context.Background(), message); err != nil {
		fmt.Println(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	worker := &webhook.Worker{
		Inbox: inbox, Sources: []webhook.Source{vans{}},
		Deliver: func(context.Context, webhook.Delivery) error { return nil },
		Hooks: webhook.WorkerHooks{Worked: func(w webhook.Worked) {
			if w.Finding.State == webhook.Dead {
				cancel()
			}
		}},
	}
	if err := worker.Run(ctx); err != nil {
		fmt.Println(err)
	}
	for letter, err := range worker.DeadLetters(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(letter.Why)
		n, err := worker.Replay(context.Background(), webhook.LetterID{Source: letter.Message.Source, Key: letter.Message.Key})
		fmt.Println(n, err)
	}
	// Output:
	// read: webhook: not a message of this provider
	// 1 <nil>
}
