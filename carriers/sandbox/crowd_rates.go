package sandbox

import (
	"fmt"
	"reflect"
)

// Rates say how often something happens to a parcel of a [Crowd], from 0 to 1, with the value of [DefaultRates] in front
// of each comment. There are four groups: what becomes of the parcel (the rest is delivered at the first attempt), what is
// behind its number, how its scans are listed, and what happens independently of all else. Of each of the first three
// groups a parcel has one thing at most.
type Rates struct {
	Forgotten      float64 // 0.01: a label was printed, nobody ever scans the parcel
	Cancelled      float64 // 0.01: the label is voided; Korea Post says so, the others forget the number
	Lost           float64 // 0.002: lost on the way (분실)
	Held           float64 // 0.01: somebody must act; goes on the next working day
	Delayed        float64 // 0.02: late, nobody need act; goes on the next working day
	Failed         float64 // 0.04: one or two attempts fail, then it is delivered
	Returned       float64 // 0.01: two attempts fail, then it goes back; the courier ends it as delivered, at the sender
	CalledOff      float64 // 0.01: a return begins and is called off (반품취소); at Lotte alone
	WrongDelivered float64 // 0.005: a delivered scan is withdrawn two to nine hours later; delivered the next working day

	Reused float64 // 0.01: it was used before, 60 to 150 days ago
	Stray  float64 // 0.005: one scan of 100 to 150 days ago is not this parcel's

	Late           float64 // 0.03: one scan is published two to eight hours late, perhaps after its successor
	Duplicated     float64 // 0.01: two scans are listed twice
	Shuffled       float64 // 0.005: in no order
	OldestFirst    float64 // 0.02: deliveryapi lists it oldest first
	Undated        float64 // 0.01: one scan has no readable time
	DayOnly        float64 // 0.05: the pickup has its day alone; at Lotte alone
	NewWords       float64 // 0.005: one scan has codes that nobody knows
	Unreadable     float64 // 0.003: before the pickup stands a scan that nobody can map
	NoPickup       float64 // 0.02: the pickup is not scanned
	AfterDelivered float64 // 0.01: a hub scan is listed after the delivery
	LongHistory    float64 // 0.001: goes round hubs, with more scans than one page of tracker.delivery

	Remote      float64 // 0.06: one more night between hubs, as to the islands
	Unannounced float64 // 0.3: not known to the courier before its first scan
	Window      float64 // 0.7: the driver publishes a window of two hours
}

// DefaultRates gives the rates that a crowd has otherwise. They are chosen so that two thousand parcels show everything
// that is not rare, and are no statistics of any courier.
func DefaultRates() Rates {
	return Rates{
		Forgotten: 0.01, Cancelled: 0.01, Lost: 0.002, Held: 0.01, Delayed: 0.02, Failed: 0.04, Returned: 0.01,
		CalledOff: 0.01, WrongDelivered: 0.005,
		Reused: 0.01, Stray: 0.005,
		Late: 0.03, Duplicated: 0.01, Shuffled: 0.005, OldestFirst: 0.02, Undated: 0.01, DayOnly: 0.05, NewWords: 0.005,
		Unreadable: 0.003, NoPickup: 0.02, AfterDelivered: 0.01, LongHistory: 0.001,
		Remote: 0.06, Unannounced: 0.3, Window: 0.7,
	}
}

// FaultRates say how often asking for a parcel of a [Crowd] goes wrong, from 0 to 1; a parcel has one of these faults at
// most, and every fault ends. Each share is of the parcels, not of the calls. [DefaultFaults] has the values that
// [CrowdConfig.Faults] switches on.
type FaultRates struct {
	CourierDown float64 // 0.02: the courier's own site is down for three hours of the parcel's first three days
	NotFound    float64 // 0.02: there is falsely no data for as long
	Limited     float64 // 0.01: 429 once, with a wait of two seconds
	Slow        float64 // 0.01: two answers take five seconds
	Hanging     float64 // 0.002: no answer once
	Gateway     float64 // 0.01: a gateway's 502, 503 or 504, once
	Garbled     float64 // 0.01: an answer that is a page, empty, nonsense, cut or torn, once
	Refused     float64 // 0.01: one row of the provider's own error tables once, credentials and plan included
}

// DefaultFaults gives the rates that [CrowdConfig.Faults] switches on.
func DefaultFaults() FaultRates {
	return FaultRates{
		CourierDown: 0.02, NotFound: 0.02, Limited: 0.01, Slow: 0.01, Hanging: 0.002, Gateway: 0.01, Garbled: 0.01, Refused: 0.01,
	}
}

// The things that can happen, by name. They are the names of the rates' fields.
type (
	journey uint8
	origin  uint8
	listing uint8
)

const (
	journeyStraight journey = iota
	journeyForgotten
	journeyCancelled
	journeyLost
	journeyHeld
	journeyDelayed
	journeyFailed
	journeySentBack
	journeyCalledOff
	journeyWrongDelivered
)

const (
	originFresh origin = iota
	originReused
	originStray
)

const (
	listingPlain listing = iota
	listingLate
	listingDuplicated
	listingShuffled
	listingOldestFirst
	listingUndated
	listingDayOnly
	listingNewWords
	listingUnreadable
	listingNoPickup
	listingAfterDelivered
	listingLongWay
)

func (r Rates) journeys() []rate[journey] {
	return []rate[journey]{
		{journeyForgotten, r.Forgotten}, {journeyCancelled, r.Cancelled}, {journeyLost, r.Lost}, {journeyHeld, r.Held}, {journeyDelayed, r.Delayed},
		{journeyFailed, r.Failed}, {journeySentBack, r.Returned}, {journeyCalledOff, r.CalledOff}, {journeyWrongDelivered, r.WrongDelivered},
	}
}

func (r Rates) origins() []rate[origin] {
	return []rate[origin]{{originReused, r.Reused}, {originStray, r.Stray}}
}

func (r Rates) listings() []rate[listing] {
	return []rate[listing]{
		{listingLate, r.Late}, {listingDuplicated, r.Duplicated}, {listingShuffled, r.Shuffled}, {listingOldestFirst, r.OldestFirst}, {listingUndated, r.Undated},
		{listingDayOnly, r.DayOnly}, {listingNewWords, r.NewWords}, {listingUnreadable, r.Unreadable}, {listingNoPickup, r.NoPickup},
		{listingAfterDelivered, r.AfterDelivered}, {listingLongWay, r.LongHistory},
	}
}

// checkRates refuses rates that are no shares, or groups of them that are more than everything.
func checkRates(r Rates, f FaultRates) error {
	for _, group := range []any{r, f} {
		v := reflect.ValueOf(group)
		for i := range v.NumField() {
			if x := v.Field(i).Float(); !(x >= 0 && x <= 1) {
				return fmt.Errorf("sandbox: the rate %s is not from 0 to 1", v.Type().Field(i).Name)
			}
		}
	}
	for name, sum := range map[string]float64{
		"journeys": total(r.journeys()), "origins": total(r.origins()), "listings": total(r.listings()), "faults": total(f.kinds()),
	} {
		if sum > 1+1e-9 {
			return fmt.Errorf("sandbox: the rates of the %s add up to more than 1", name)
		}
	}
	return nil
}

func total[T any](rates []rate[T]) (sum float64) {
	for _, r := range rates {
		sum += r.share
	}
	return sum
}
