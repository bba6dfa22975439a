package fulfill

import (
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A Shipment is one use of a waybill number, with the orders whose goods travel under it.
type Shipment struct {
	ID      poll.ShipmentID
	Carrier string    // whose watch is the primary one; empty while nobody is asked
	Since   time.Time // when a section first carried the waybill, as far as known
	Links   []Link    // by order, then role

	Epoch int       // rises when evidence on which actions were taken is withdrawn
	Seen  time.Time // when a fact of it was last applied to its orders
	Pin   *Pin      // what a person knows better
	// Awaiting is why actions that move stock or money are held back; empty when they are not.
	Awaiting Awaiting

	// Forgotten says that what was known of it is forgotten ([Night.KeepParcels]): nothing more comes of it. SaveShipment leaves
	// it alone.
	Forgotten bool

	// Known says that some carrier had data, and Parcel what all evidence amounts to. They come from the evidence:
	// SaveShipment leaves them alone.
	Known  bool
	Parcel tracking.State
}

// A Link says that sections of an order carry, or carried, the waybill.
type Link struct {
	Order order.OrderID
	Role  order.WaybillRole
}

// A Pin is a person's correction: the parcel stands so, whatever evidence from before At says.
type Pin struct {
	Status tracking.Status
	Sub    tracking.Sub // such as LOST
	At     time.Time
	By     order.Actor
	Reason string
}

// Awaiting says what held actions wait for.
type Awaiting string

// What is waited for.
const (
	AwaitingNothing Awaiting = ""
	AwaitingQuorum  Awaiting = "quorum"  // a second carrier's word
	AwaitingReturn  Awaiting = "arrival" // a return that only the route tells of: a second carrier, the host or the arrival confirms it
)

// A ShipmentFilter chooses shipments. The zero value chooses all.
type ShipmentFilter struct {
	From, Until time.Time // Since is not before From, and before Until; zero: no bound
	Awaiting    bool      // only those whose actions are held
}
