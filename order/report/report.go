package report

import (
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Report is the figures of a period. It is plain data: nothing in it names a parcel or a person.
type Report struct {
	From time.Time `json:"from"` // in it
	To   time.Time `json:"to"`   // not in it
	Now  time.Time `json:"now"`  // when it was so

	Total    Group   `json:"total"`
	Couriers []Group `json:"couriers"` // each courier that has a part in a figure, by code
	Cost     Cost    `json:"cost"`     // of all carriers
	Carriers []Cost  `json:"carriers"` // each, by name
	Words    []Word  `json:"words"`    // unmapped words, the most frequent first
}

// Group is the figures of one courier, or of all. Package documentation says which parcels each is about.
type Group struct {
	Courier tracking.Courier `json:"courier,omitempty"` // empty for all

	// By ship date.
	Shipped      Counts       `json:"shipped"`    // outbound, where they stand now
	Recalls      Counts       `json:"recalls"`    // fetched back (회수); DELIVERED means that it arrived here
	SendBacks    Counts       `json:"send_backs"` // sent to the buyer again after a claim was refused
	FirstAttempt FirstAttempt `json:"first_attempt"`
	Estimate     Estimate     `json:"estimate"`
	Unmapped     int          `json:"unmapped_scans"` // of outbound shipments

	// By delivery date, outbound.
	Delivered  int    `json:"delivered"`
	ToDelivery Spread `json:"to_delivery,omitzero"` // from ship-out
	Transit    Spread `json:"transit,omitzero"`     // from the scan of the pick-up, where there is one

	Open    Open    `json:"open"`
	Delays  []Delay `json:"delays"` // by status, then by door
	LeftOut LeftOut `json:"left_out"`
}

// FirstAttempt tells how many of the parcels that somebody tried to hand over were delivered without a failed attempt. What was
// not yet tried, or not told of, is in neither number. A delivery that was withdrawn counts only if an attempt failed before.
type FirstAttempt struct {
	Attempted int    `json:"attempted"`
	Succeeded int    `json:"succeeded"`
	Rate      Figure `json:"rate"` // 0 to 1
}

// Open is what is neither delivered, returned, cancelled nor lost, of everything shipped before the end of the period. A parcel that is
// to be looked at is open.
type Open struct {
	Count int    `json:"count"`          // those that are watched
	Age   Spread `json:"age,omitzero"`   // since ship-out
	Quiet Spread `json:"quiet,omitzero"` // since the newest scan, of those that have one

	// Open parcels that nobody looks after any more: where they are is not known, and they are in no age.
	GivenUp int            `json:"given_up"`
	Reasons map[string]int `json:"reasons,omitempty"` // of them, by why the watch ended; "unknown" without a reason
}

// Delay tells how long after it happened a fact was known here, for facts that happened in the period.
//
// Two clocks run: the courier's and the provider's until they publish it, which no polling shortens, and ours after that.
type Delay struct {
	Status tracking.Status `json:"status"`         // OUT_FOR_DELIVERY or DELIVERED
	Door   tracking.Door   `json:"door,omitempty"` // that brought it first; empty where that was not kept

	// Share tells which part of SinceEvent, over all doors that were kept, came by this one first, 0 to 1; absent without a door.
	Share Figure `json:"share"`

	SinceEvent     Spread `json:"since_event,omitzero"`     // from when it happened until we saw it
	SincePublished Spread `json:"since_published,omitzero"` // from when the provider learnt of it, where that is known

	// Left out of both.
	BeforeWatch int `json:"before_watch"` // it was there to be seen before anybody looked, so finding it late is no delay
	Ahead       int `json:"ahead"`        // seen before it is said to have happened or been published: some clock is wrong
	Timeless    int `json:"timeless"`     // the courier gave only a day, or nobody kept when we saw it
}

// Cost is what knowing the deliveries of the period took at one carrier, or at all. The figures are absent where nothing was
// delivered, and where no usage was given; over all carriers they are of those whose usage was given.
type Cost struct {
	Carrier   string `json:"carrier,omitempty"` // empty for all, and for shipments that name none
	Calls     int64  `json:"calls"`
	Asked     int64  `json:"asked"`
	Won       int64  `json:"won"`
	Delivered int    `json:"delivered"` // outbound, in the period; what was spent on others is spent for these too

	CallsEach Figure `json:"calls_per_delivered"`
	AskedEach Figure `json:"asked_per_delivered"`
	WonEach   Figure `json:"won_per_delivered"`
}

// LeftOut counts outbound shipments that are missing from figures in which they belong. One may be in several.
type LeftOut struct {
	NoShipTime     int `json:"no_ship_time"`     // nobody knows when it was shipped: in no figure by ship date, no hours and no age
	NoDeliveryTime int `json:"no_delivery_time"` // shipped in the period, DELIVERED, and nobody says when: in no figure by delivery date
	DayOnly        int `json:"day_only"`         // delivered in the period on some day, without a clock time: in no hours
	Backwards      int `json:"backwards"`        // delivered in the period, before it was shipped or picked up: in none of those hours
	Ahead          int `json:"ahead"`            // shipped after now: in no age and not in the estimate
}
