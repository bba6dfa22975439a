package statusmap

import (
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// WMSStep is where a parcel stands in the words of a warehouse management system. The values are those of the
// integration guide of deliveryapi (documented); the zero value is no step.
type WMSStep uint8

// The steps.
const (
	WMSNone          WMSStep = iota // nothing has left the warehouse yet
	WMSShipped                      // SHIPPED: the courier has it
	WMSInTransit                    // IN_TRANSIT: between hubs
	WMSDelivering                   // DELIVERING: on the van, or waiting at a shop
	WMSCompleted                    // COMPLETED: delivered
	WMSException                    // EXCEPTION: a person must look
	WMSReturnPending                // RETURN_PENDING: goods come back
	WMSReview                       // MANUAL_REVIEW: nobody can tell
)

var stepNames = [...]string{
	"", "SHIPPED", "IN_TRANSIT", "DELIVERING", "COMPLETED", "EXCEPTION", "RETURN_PENDING", "MANUAL_REVIEW",
}

// String gives the name that goes into JSON and databases; WMSNone is the empty string.
func (s WMSStep) String() string {
	if int(s) < len(stepNames) {
		return stepNames[s]
	}
	return fmt.Sprintf("WMSStep(%d)", uint8(s))
}

// MarshalText writes the name.
func (s WMSStep) MarshalText() ([]byte, error) {
	if int(s) >= len(stepNames) {
		return nil, fmt.Errorf("statusmap: no step %d", uint8(s))
	}
	return []byte(stepNames[s]), nil
}

// UnmarshalText reads a name as [WMSStep.String] writes it.
func (s *WMSStep) UnmarshalText(text []byte) error {
	for i, name := range stepNames {
		if name == string(text) {
			*s = WMSStep(i)
			return nil
		}
	}
	return fmt.Errorf("statusmap: no step %.40q", text)
}

// WMSActions is a set of things that a warehouse does when a parcel reaches a step. The zero value is none.
// That each is done once, and undone when its cause is withdrawn, is the host's business.
type WMSActions uint8

// The actions.
const (
	ActionNotify           WMSActions = 1 << iota // tell the customer
	ActionConfirmInventory                        // finalise the stock deduction
	ActionAlert                                   // tell the operator
	ActionReturnInbound                           // prepare receiving
)

var actionNames = [...]string{"notify", "confirm_inventory", "alert", "return_inbound"}

// Has reports whether every action of x is in a.
func (a WMSActions) Has(x WMSActions) bool { return a&x == x }

// String gives the names, separated by commas, in a fixed order.
func (a WMSActions) String() string {
	var names []string
	for i, name := range actionNames {
		if a.Has(1 << i) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// Step gives the step of a parcel's status and the actions that reaching it asks for.
//
// It follows the integration guide of deliveryapi (documented), with three decisions of ours: HOLD and CANCELLED are
// exceptions instead of "review by hand"; the statuses before pickup are no step at all; and FAILED, which a second
// attempt often cures, raises an alert but prepares no return; a host that wants what the guide does adds
// [ActionReturnInbound] itself. No sub-status changes the step so far: a lost parcel is an exception like any failure, and the
// receiving of a return is prepared while it is still on its way.
func Step(status tracking.Status, _ tracking.Sub) (WMSStep, WMSActions) {
	switch status {
	case tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady:
		return WMSNone, 0
	case tracking.StatusPickedUp:
		return WMSShipped, 0
	case tracking.StatusInTransit:
		return WMSInTransit, 0
	case tracking.StatusOutForDelivery:
		return WMSDelivering, ActionNotify
	case tracking.StatusDelivered:
		return WMSCompleted, ActionConfirmInventory | ActionNotify
	case tracking.StatusFailed, tracking.StatusHold, tracking.StatusCancelled:
		return WMSException, ActionAlert
	case tracking.StatusReturned:
		return WMSReturnPending, ActionReturnInbound | ActionAlert
	case tracking.StatusUnknown:
		return WMSReview, 0
	}
	return WMSReview, 0
}
