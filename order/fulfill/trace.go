package fulfill

import (
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A Trace says why a fact about a parcel moved an order, or did not: what [Engine.Explain] tells.
type Trace struct {
	Order    order.OrderID     `json:"order"`
	Command  order.CommandID   `json:"command"` // of the events that it caused; of what caused none, what it would have been
	Sections []order.SectionID `json:"sections,omitempty"`
	Event    order.EventName   `json:"event,omitempty"` // what was asked of the order; none where the fact was only noted

	Shipment poll.ShipmentID   `json:"shipment"`
	Role     order.WaybillRole `json:"role"`
	Status   tracking.Status   `json:"status"`
	Sub      tracking.Sub      `json:"sub,omitempty"`

	// The scan, or the carrier's summary, that decided.
	Carrier    string    `json:"carrier,omitempty"`
	Text       string    `json:"text,omitempty"`
	Place      string    `json:"place,omitempty"`
	Code       string    `json:"code,omitempty"`
	MapVersion string    `json:"map_version,omitempty"`
	At         time.Time `json:"at,omitzero"`   // when it happened
	Seen       time.Time `json:"seen,omitzero"` // when we first saw it

	Door    tracking.Door `json:"door,omitempty"` // by which it came
	Applied time.Time     `json:"applied"`        // when the order was moved
	Rule    string        `json:"rule"`           // the row of the table of facts, for people
	Why     poll.Why      `json:"why,omitzero"`   // why the carrier was asked just then
}
