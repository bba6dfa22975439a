package poll_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// ways are what happens to the parcels of the test; every text is a courier's own word for it.
var ways = [][]sandbox.Scan{
	{word(tracking.StatusPickedUp, "집화처리"), word(tracking.StatusInTransit, "간선상차"), word(tracking.StatusOutForDelivery, "배송출발"), word(tracking.StatusDelivered, "배송완료")},
	{word(tracking.StatusRegistered, "접수"), word(tracking.StatusCancelled, "신청취소")},
	{word(tracking.StatusPickedUp, "집화처리"), word(tracking.StatusOutForDelivery, "배송출발"), word(tracking.StatusFailed, "미배달"), word(tracking.StatusOutForDelivery, "배송출발"), word(tracking.StatusDelivered, "배송완료")},
	{word(tracking.StatusPickedUp, "집화처리"), word(tracking.StatusInTransit, "간선상차"), word(tracking.StatusInTransit, "간선하차")}, // never heard of again
}

func word(status tracking.Status, text string) sandbox.Scan {
	return sandbox.Scan{Status: status, Text: text}
}

func waybills(count int) (numbers []string) {
	for n := 550000001000; len(numbers) < count; n++ {
		if number := fmt.Sprint(n); courier.Check(courier.CJ, number).Severity == courier.OK {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// populate adds parcels whose scans are published late, now and then.
func populate(world *sandbox.World, numbers []string) {
	random := rand.New(rand.NewPCG(7, 1))
	for i, number := range numbers {
		at := start.Add(time.Duration(random.IntN(24*60)) * time.Minute)
		p := sandbox.Parcel{Courier: courier.CJ, Number: number}
		for place, scan := range ways[i%len(ways)] {
			scan.At, scan.Place = at, fmt.Sprintf("모래%d", place)
			if random.IntN(3) == 0 {
				scan.Published = at.Add(time.Duration(random.IntN(5*60)) * time.Minute)
			}
			p.Scans = append(p.Scans, scan)
			at = at.Add(time.Duration(6+random.IntN(14)) * time.Hour)
		}
		world.Add(p)
	}
}

// disturb lets the provider misbehave over and over: gateway pages, cut answers, rate limits, silence for hours.
func disturb(world *sandbox.World) {
	for i := range 12 {
		from := start.Add(time.Duration(5+9*i) * time.Hour)
		fault := []sandbox.Fault{{HTML: true}, {Truncated: true}, {Code: "RATE_LIMITED", Status: 429, RetryAfter: "600", Envelope: true}, {Empty: true}, {Status: 503, HTML: true}, {Nonsense: true}}[i%6]
		fault.From, fault.Until = from, from.Add(time.Duration(20+30*i)*time.Minute)
		world.Disturb(fault)
	}
}

// Over simulated weeks in the sandbox, every watch ends, and its status and evidence are the sandbox's truth: without
// disturbance, with all kinds of it, and with a process that dies every few hours.
func TestEngineAgainstTheSandbox(t *testing.T) {
	for name, c := range map[string]struct{ faults, crashes bool }{"calm": {}, "faults": {faults: true}, "crashes": {crashes: true}, "both": {true, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { againstSandbox(t, c.faults, c.crashes) })
		})
	}
}

func againstSandbox(t *testing.T, faults, crashes bool) {
	world := sandbox.New(sandbox.Config{Empty: true})
	numbers := waybills(40)
	populate(world, numbers)
	if faults {
		disturb(world)
	}
	carrier := deliveryapi.New(deliveryapi.Config{
		BaseURL: world.URLs("").DeliveryAPI, APIKey: world.Demo().DeliveryAPIKey, SecretKey: world.Demo().DeliveryAPISecret, Client: world.Client(),
	})
	store := &failingStore{MemoryStore: poll.NewMemoryStore()}
	config := poll.Config{Store: store, Lifetimes: poll.Lifetimes{Silence: 10 * day}, Look: day}
	b := run(t, config, carrier)
	b.store = store.MemoryStore
	watchID := func(number string) poll.WatchID {
		return poll.WatchID{Shipment: poll.ShipmentID{Courier: courier.CJ, Number: number, Generation: 1}, Carrier: carrier.Name(), Role: poll.Primary}
	}
	for _, number := range numbers {
		if _, err := b.engine.Open(t.Context(), poll.Watch{ID: watchID(number), Since: start}); err != nil {
			t.Fatal(err)
		}
	}
	for hour := range 22 * 24 {
		time.Sleep(time.Hour)
		if crashes && hour%7 == 3 { // what it writes from here on is lost with it
			store.set(fmt.Errorf("dead"), nil)
			time.Sleep(30 * time.Minute)
			b.stop()
			store.set(nil, nil)
			b = run(t, config, carrier)
			b.store = store.MemoryStore
		}
	}
	b.stop()
	if stats := b.engine.Stats()[0]; !crashes && faults != (stats.Failed > 10 && stats.Deferred > 10 && len(b.alerts) > 0) {
		t.Errorf("with faults %v: %+v, %d alerts", faults, stats, len(b.alerts))
	}
	for i, number := range numbers {
		w, err := b.engine.Watch(t.Context(), watchID(number))
		if err != nil {
			t.Fatal(err)
		}
		truth := world.Truth(courier.CJ, number).Shipments[0]
		if w.Life != poll.Closed || w.Parcel.Status != truth.Status || w.Parcel.Sub != truth.Sub || !w.Parcel.DeliveredAt.Equal(truth.DeliveredAt) {
			t.Errorf("parcel %d: %v, %v; the truth is %v", i, w, w.Parcel.Status, truth.Status)
		}
		e, err := store.Evidence(t.Context(), w.ID.Shipment)
		if err != nil || len(e.Events) != len(truth.Events) {
			t.Errorf("parcel %d: %d events (%v), %d in truth", i, len(e.Events), err, len(truth.Events))
		}
		for _, want := range truth.Events {
			found := false
			for _, ev := range e.Events {
				found = found || ev.At.Equal(want.At) && ev.Status == want.Status && ev.Text == want.Text && ev.Place == want.Place && !ev.Seen.Before(want.Published)
			}
			if !found {
				t.Errorf("parcel %d: no event like %v at %v", i, want.Status, want.At)
			}
		}
	}
}
