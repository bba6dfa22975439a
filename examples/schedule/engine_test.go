package main

import (
	"math"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// engines plays a policy of the poll engine, which sees a watch instead of a view.
type engines struct{ poll.Policy }

func (e engines) Next(v schedule.View) time.Time {
	return e.Policy.Next(poll.Watch{
		ID:   poll.WatchID{Shipment: poll.ShipmentID{Courier: v.Courier, Number: v.Opened.Format("150405"), Generation: 1}, Carrier: "toy"},
		Life: poll.Active, Opened: v.Opened, Began: v.Opened, Asked: v.Now, Asks: v.Asks, Known: true,
		Parcel: tracking.State{Status: v.Status, Since: v.Changed},
	}, v.Now).At
}

func (engines) Why(schedule.View) string { return "" }

// TestEngineSpendsAsTheGuide: nobody pays more for an engine that is given no policy than for the guide's advice, and it tells
// sooner.
func TestEngineSpendsAsTheGuide(t *testing.T) {
	worlds := []uint64{1, 2, 3}
	if *bars == 0 {
		worlds = worlds[:1]
	}
	for _, world := range worlds {
		_, judged, err := options{world: world, split: 1}.parcels()
		if err != nil {
			t.Fatal(err)
		}
		play := func(p poll.Policy) (polls float64, door, van float64) {
			o, err := measure.Replay(engines{p}, timelines(judged))
			if err != nil {
				t.Fatal(err)
			}
			return o.PollsPerParcel(), o.Delay(tracking.StatusDelivered).Mean, o.Delay(tracking.StatusOutForDelivery).Mean
		}
		polls, door, van := play(new(poll.Adaptive))
		guided, guidedDoor, guidedVan := play(poll.DefaultTable())
		t.Logf("world %d: %.2f polls, %.3f h to the door and %.3f to the van; the guide's advice: %.2f polls, %.3f h and %.3f h",
			world, polls, door, van, guided, guidedDoor, guidedVan)
		if math.Abs(polls/guided-1) > 0.05 {
			t.Errorf("world %d: %.2f polls, the guide's advice takes %.2f", world, polls, guided)
		}
		if door > 0.6*guidedDoor || van > 0.8*guidedVan {
			t.Errorf("world %d: %.3f h to the door, %.3f h to the van; with the guide's advice %.3f and %.3f", world, door, van, guidedDoor, guidedVan)
		}
	}
}
