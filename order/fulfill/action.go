package fulfill

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// An Action is something to be done in the warehouse or the shop, because of a parcel or a command. It holds no personal
// data.
type Action struct {
	// Key names the effect: every call about the same thing has the same. Whoever keeps keys with effects does nothing
	// twice.
	Key  string `json:"key"`
	Name Name   `json:"action"`
	Undo bool   `json:"undo,omitempty"` // what was done under the key without "/undo" is to be taken back

	Order order.OrderID `json:"order"` // the first order, in whose stream the action goes out
	Items []Item        `json:"items,omitempty"`

	// Of actions that a parcel caused.
	Shipment poll.ShipmentID `json:"shipment,omitzero"`
	Epoch    int             `json:"epoch,omitempty"`
	Status   tracking.Status `json:"status,omitempty"`
	Sub      tracking.Sub    `json:"sub,omitempty"`

	// Of actions that a command caused.
	Command  order.CommandID `json:"command,omitempty"`
	Waybills []order.Waybill `json:"waybills,omitempty"`

	Reason string    `json:"reason,omitempty"` // for people
	At     time.Time `json:"at,omitzero"`      // when what caused it happened
}

// An Item is a quantity of an order that an action is about.
type Item struct {
	Order    order.OrderID   `json:"order"`
	Section  order.SectionID `json:"section"`
	Item     order.ItemID    `json:"item"`
	Line     order.LineID    `json:"line"`
	SKU      string          `json:"sku,omitempty"`
	Quantity int             `json:"quantity"`
}

// A Name says what is to be done. The names of package order are names too: those of actions that commands cause.
type Name string

// What parcels cause.
const (
	ConfirmInventory    Name = "CONFIRM_INVENTORY"     // the stock deduction becomes final: the goods are with the buyer
	NotifyCustomer      Name = "NOTIFY_CUSTOMER"       // the buyer is told where the parcel stands
	CreateReturnInbound Name = "CREATE_RETURN_INBOUND" // receiving is prepared: goods come back
	AlertOperations     Name = "ALERT_OPERATIONS"      // somebody must look
)

// parcelKey is the key of what a parcel causes once in an epoch. The status is part of it because a buyer is told of
// more than one.
func parcelKey(id poll.ShipmentID, name Name, cause string, epoch int) string {
	return fmt.Sprintf("parcel/%s/%s/%d/%s/%s/%d", id.Courier, id.Number, id.Generation, name, cause, epoch)
}

// commandKey is the key of what a command causes.
func commandKey(k order.ActionKey) string {
	return fmt.Sprintf("order/%s/%s/%s", k.Order, k.Command, k.Action)
}

// undoKey is the key under which the effect of a key is taken back.
func undoKey(key string) string { return key + "/undo" }

// Commanded gives the tasks of an order's new events, as a [Tx] queues them when it saves the order. They are due at once.
// A store has no clock but that of the computer, now, which may be far from that of the world where the host has another
// one: where the order has a time before it, the latest such time counts.
func Commanded(o *order.Order, events []order.Event, now time.Time) []Task {
	var tasks []Task
	due := dueAt(o, now)
	for i := range events {
		e := &events[i]
		for _, a := range e.Actions {
			action := Action{
				Key: commandKey(order.ActionKey{Order: o.ID, Command: e.Command, Action: a.Name}), Name: Name(a.Name), Order: o.ID,
				Command: e.Command, Waybills: a.Waybills, Reason: a.Reason, At: e.At,
			}
			for _, q := range a.Items {
				line, _ := o.Line(q.Line)
				action.Items = append(action.Items, Item{
					Order: o.ID, Section: q.Section, Item: q.Item, Line: q.Line, SKU: line.SKU, Quantity: q.Quantity,
				})
			}
			tasks = append(tasks, Task{Action: action, State: Waiting, DueAt: due, CreatedAt: due})
		}
	}
	return tasks
}

// dueAt is the last time of an order's events that is not after now; now itself, if there is none.
func dueAt(o *order.Order, now time.Time) time.Time {
	for i := len(o.History) - 1; i >= 0; i-- {
		if at := o.History[i].At; !at.IsZero() && !at.After(now) {
			return at
		}
	}
	return now
}
