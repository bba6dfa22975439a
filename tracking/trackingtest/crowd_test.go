package trackingtest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// eventful are rates under which a few hundred parcels show everything that a crowd can do.
func eventful() *sandbox.Rates {
	return &sandbox.Rates{
		Forgotten: 0.04, Cancelled: 0.06, Lost: 0.05, Held: 0.07, Delayed: 0.07, Failed: 0.1, Returned: 0.1, CalledOff: 0.12,
		WrongDelivered: 0.1, Reused: 0.1, Stray: 0.1,
		Late: 0.1, Duplicated: 0.07, Shuffled: 0.07, OldestFirst: 0.07, Undated: 0.07, DayOnly: 0.12, NewWords: 0.07, Unreadable: 0.07,
		NoPickup: 0.07, AfterDelivered: 0.05, LongHistory: 0.01, Remote: 0.1, Unannounced: 0.3, Window: 0.7,
	}
}

// TestAdaptersTellTheTruthAboutACrowd follows generated parcels through their lives at every provider, and compares what the
// carriers make of the answers with the truth, as far as the provider can tell it.
func TestAdaptersTellTheTruthAboutACrowd(t *testing.T) {
	for _, a := range adapters {
		if a.provider == sandbox.TrackerDeliveryV1 {
			continue // it leaves out what it cannot map, and tells nobody
		}
		t.Run(a.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 9, 16, 0, 0, 0, 0, time.UTC))) // on the world's day: adapters have a clock too
				followCrowd(t, a)
			})
		})
	}
}

func followCrowd(t *testing.T, a adapter) {
	crowd, err := sandbox.NewCrowd(sandbox.CrowdConfig{Start: time.Now(), Days: 2, Parcels: 150, Rates: eventful()})
	if err != nil {
		t.Fatal(err)
	}
	w := sandbox.New(sandbox.Config{Empty: true, Population: crowd})
	carrier := a.make(at(w))
	compared, statuses := 0, map[tracking.Status]int{}
	for range 28 { // eleven days, over a weekend and Chuseok
		time.Sleep(9*time.Hour + 37*time.Minute)
		for q := range crowd.All() {
			told := sandbox.MagicNumber{Courier: q.Courier}
			if !standing(w, crowd, q, &told) {
				continue
			}
			results, err := carrier.Query(t.Context(), []tracking.Query{q})
			if err != nil || results[0].Err != nil {
				t.Fatalf("%s:%s at %s: %v %v", q.Courier, q.Number, time.Now(), err, results)
			}
			compared++
			p := results[0].Parcel
			statuses[p.Status]++
			want := told.Told(a.provider)
			if told.Status == tracking.StatusPending && len(p.Events) > 0 { // all of them another parcel's
				want = tracking.StatusPending
			}
			if p.Status != want {
				t.Errorf("%s:%s at %s: %v·%v, want %v (the truth is %v·%v)\n%s", q.Courier, q.Number, time.Now(), p.Status, p.Sub, want,
					told.Status, told.Sub, listed(p))
			}
		}
	}
	if compared < 3000 || len(statuses) < 7 {
		t.Errorf("only %d states were compared, of %v", compared, statuses)
	}
}

// TestFaultsOfACrowdEnd asks for parcels that are in trouble until every one has been answered rightly.
func TestFaultsOfACrowdEnd(t *testing.T) {
	for _, a := range adapters {
		if a.provider == sandbox.TrackerDeliveryV1 {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)))
				outlast(t, a)
			})
		})
	}
}

func outlast(t *testing.T, a adapter) {
	const each = 0.125
	crowd, err := sandbox.NewCrowd(sandbox.CrowdConfig{
		Start: time.Now(), Parcels: 200, Rates: new(sandbox.Rates), Faults: true,
		FaultRates: &sandbox.FaultRates{
			CourierDown: each, NotFound: each, Limited: each, Slow: each, Hanging: each, Gateway: each, Garbled: each, Refused: each,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := sandbox.New(sandbox.Config{Empty: true, Population: crowd})
	carrier := a.make(at(w))
	ask := func(q tracking.Query) (*tracking.Parcel, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		results, err := carrier.Query(ctx, []tracking.Query{q})
		if err == nil {
			err = results[0].Err
		}
		if err != nil {
			return nil, err
		}
		return results[0].Parcel, nil
	}
	troubles := -crowd.Len() // calls repeated at once by the carrier, and questions that came to nothing
	time.Sleep(30 * time.Hour)
	for q := range crowd.All() {
		if _, err := ask(q); err != nil {
			troubles++
		}
	}
	troubles += w.Counts()[a.provider].Requests
	time.Sleep(6 * 24 * time.Hour)
	for q := range crowd.All() {
		p, err := ask(q)
		for range 2 {
			if err != nil {
				p, err = ask(q)
			}
		}
		if err != nil || p.Status != tracking.StatusDelivered {
			t.Errorf("%s:%s: %v, %v", q.Courier, q.Number, p, err)
		}
	}
	if troubles < 40 {
		t.Errorf("only %d troubles with 200 parcels", troubles)
	}
}

// standing fills in the truth about a shipment; false when its courier does not know it.
func standing(w *sandbox.World, crowd *sandbox.Crowd, q tracking.Query, m *sandbox.MagicNumber) bool {
	shipments := w.Truth(q.Courier, q.Number).Shipments
	if len(shipments) < len(crowd.Parcels(q.Courier, q.Number)) {
		return false // nothing, or only the earlier use of the number
	}
	last := shipments[len(shipments)-1]
	m.Status, m.Sub = last.Status, last.Sub
	return true
}

func listed(p *tracking.Parcel) (text string) {
	for _, e := range p.Events {
		text += fmt.Sprintf("  %s %v·%v %s %s\n", e.At, e.Status, e.Sub, e.Text, e.Place)
	}
	return text
}
