package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// faultKind is a group of faults that a crowd's parcels can have.
type faultKind uint8

const (
	noFault faultKind = iota
	faultCourierDown
	faultNotFound
	faultLimited
	faultSlow
	faultHanging
	faultGateway
	faultGarbled
	faultRefused
)

func (f FaultRates) kinds() []rate[faultKind] {
	return []rate[faultKind]{
		{faultCourierDown, f.CourierDown}, {faultNotFound, f.NotFound}, {faultLimited, f.Limited}, {faultSlow, f.Slow},
		{faultHanging, f.Hanging}, {faultGateway, f.Gateway}, {faultGarbled, f.Garbled}, {faultRefused, f.Refused},
	}
}

// refusals are the rows of the providers' error tables, each for one call.
func refusals() [][]Fault {
	var rows [][]Fault
	for _, r := range slices.Concat(deliveryAPIFaults(), sweetTrackerFaults(), trackerDeliveryFaults()) {
		rows = append(rows, once(r.faults...))
	}
	return rows
}

func once(faults ...Fault) []Fault {
	for i := range faults {
		faults[i].Times = 1
	}
	return faults
}

// gateways and garblings are the ways of the magic numbers to spoil a call.
var (
	gateways = []Fault{
		{HTML: true},
		{HTML: true, Status: http.StatusServiceUnavailable, RetryAfter: "2"},
		{Empty: true, Status: http.StatusGatewayTimeout},
	}
	garblings = []Fault{
		{HTML: true, Status: http.StatusOK}, {Empty: true, Status: http.StatusOK}, {Nonsense: true}, {Truncated: true}, {Torn: true},
	}
)

// trouble draws what goes wrong when somebody asks for a parcel.
func (c *Crowd) trouble(d dice, label time.Time) []Fault {
	from := label.Add(time.Duration(d.below(askFault, 1, 72*60)) * time.Minute)
	until := from.Add(3 * time.Hour)
	switch pick(d, askFault, c.faults) {
	case faultCourierDown:
		return begun(from, down(until))
	case faultNotFound:
		return begun(from, missing(until))
	case faultLimited:
		return limited(Fault{RetryAfter: "2", Times: 1})
	case faultSlow:
		return []Fault{{Delay: 5 * time.Second, Times: 2}}
	case faultHanging:
		return []Fault{{Hang: true, Times: 1}}
	case faultGateway:
		return once(gateways[d.below(askFault, 2, len(gateways))])
	case faultGarbled:
		return once(garblings[d.below(askFault, 2, len(garblings))])
	case faultRefused:
		return slices.Clone(c.refusal[d.below(askFault, 2, len(c.refusal))])
	}
	return nil
}

// missing is falsely no data, until a time, in each provider's way.
func missing(until time.Time) []Fault {
	return []Fault{
		{Provider: DeliveryAPI, Code: "NOT_FOUND", Until: until},
		{Provider: SweetTracker, Code: "104", Until: until},
		{Provider: TrackerDelivery, Code: "NOT_FOUND", Until: until},
		{Provider: SelfHosted, Code: "NOT_FOUND", Until: until},
		{Provider: TrackerDeliveryV1, Code: "NOT_FOUND", Until: until},
	}
}

func begun(from time.Time, faults []Fault) []Fault {
	for i := range faults {
		faults[i].From = from
	}
	return faults
}

// Outages gives faults of whole providers for [World.Disturb]; none when [CrowdConfig.Faults] is off. From seven in the
// morning after the first labels on, the five are down for two hours each, one after the other, and thirty hours after its
// outage began each one answers 429 for an hour.
func (c *Crowd) Outages() []Fault {
	if !c.faulty {
		return nil
	}
	var faults []Fault
	for i, provider := range []string{DeliveryAPI, SweetTracker, TrackerDelivery, SelfHosted, TrackerDeliveryV1} {
		from := c.days[0].AddDate(0, 0, 1).Add(time.Duration(4*i)*time.Hour + 7*time.Hour)
		faults = append(faults,
			Fault{Provider: provider, From: from, Until: from.Add(2 * time.Hour), HTML: true, Status: http.StatusServiceUnavailable},
			Fault{Provider: provider, From: from.Add(30 * time.Hour), Until: from.Add(31 * time.Hour),
				Status: http.StatusTooManyRequests, RetryAfter: "60"})
	}
	return faults
}

// Lies gives what goes wrong with pushes, for [Pusher.Lie]; none when [CrowdConfig.Faults] is off. Of a hundred pushes three
// are dropped, and one each is repeated, late, out of order, forged, replayed and tampered with.
func (c *Crowd) Lies() []Lie {
	if !c.faulty {
		return nil
	}
	lies := []Lie{{Kind: Drop, OneIn: 33}}
	for _, kind := range []LieKind{Duplicate, Delay, Reorder, Forge, Replay, Tamper} {
		lies = append(lies, Lie{Kind: kind, OneIn: 100})
	}
	return lies
}
