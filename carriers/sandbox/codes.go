package sandbox

import "github.com/waybill-dev/waybill/tracking"

// deliveryAPICode gives the status as deliveryapi writes it: its twelve are ours.
func (s Scan) deliveryAPICode() string {
	if s.As.DeliveryAPI != "" {
		return s.As.DeliveryAPI
	}
	return s.Status.String()
}

// sweetTrackerLevel gives SweetTracker's step. It has none for trouble, returns and cancellation (1 to 6 is the whole
// documented list), so these keep a step of the way and are told by their words alone: our decision.
func (s Scan) sweetTrackerLevel() int {
	if s.As.SweetTracker != 0 {
		return s.As.SweetTracker
	}
	switch s.Status {
	case tracking.StatusPending:
		return 0
	case tracking.StatusRegistered, tracking.StatusPickupReady, tracking.StatusCancelled:
		return 1
	case tracking.StatusPickedUp:
		return 2
	case tracking.StatusInTransit:
		if s.Sub == tracking.SubAtBranch {
			return 4
		}
	case tracking.StatusOutForDelivery, tracking.StatusFailed:
		return 5
	case tracking.StatusDelivered:
		return 6
	}
	return 3
}

// trackerDeliveryCode gives one of tracker.delivery's nine codes. There is none for returned, cancelled, lost or held.
func (s Scan) trackerDeliveryCode() string {
	if s.As.TrackerDelivery != "" {
		return s.As.TrackerDelivery
	}
	switch s.Status {
	case tracking.StatusRegistered, tracking.StatusPickupReady:
		return "INFORMATION_RECEIVED"
	case tracking.StatusPickedUp:
		return "AT_PICKUP"
	case tracking.StatusInTransit:
		return "IN_TRANSIT"
	case tracking.StatusOutForDelivery:
		if s.Sub == tracking.SubAvailableForPickup {
			return "AVAILABLE_FOR_PICKUP"
		}
		return "OUT_FOR_DELIVERY"
	case tracking.StatusDelivered:
		return "DELIVERED"
	case tracking.StatusFailed:
		if s.Sub == tracking.SubLost {
			return "EXCEPTION"
		}
		return "ATTEMPT_FAIL"
	case tracking.StatusHold, tracking.StatusCancelled:
		return "EXCEPTION"
	default:
		return "UNKNOWN"
	}
}
