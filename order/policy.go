package order

// A Switch turns a policy event on or off. The zero value is the event's documented default.
type Switch uint8

// The positions of a switch.
const (
	Default Switch = iota
	On
	Off
)

func (s Switch) on(byDefault bool) bool { return s == On || s == Default && byDefault }

// Policy holds the switches of the ten policy events and the numbers that hosts choose. The zero value is the
// documented default.
type Policy struct {
	RevertRelease             Switch // default off
	RevertDelivery            Switch // default off
	CancelNow                 Switch // default: on for unpaid orders only; On: for every order
	RequestReturnAfterConfirm Switch // default off
	FailRecall                Switch // default on
	FailRecallExchange        Switch // default on
	DirectCollect             Switch // default off
	ConvertToReturnEarly      Switch // default off
	ShipReplacementFirst      Switch // default off
	CourierReturn             Switch // default on

	// ReleaseByTracker lets a tracker complete the release of a section that carries the waybill which it sees moving.
	// Default off: such a section is marked as scanned ([WaybillScanned]) and waits for a person.
	ReleaseByTracker Switch
	// ExchangeOnRelease lets CompleteExchange close a claim as soon as the replacement is RELEASED. Default off: it
	// must be DELIVERED.
	ExchangeOnRelease Switch
	// RestockConverted restocks the good units of returns that came out of an exchange. Default off, as X2BEE does.
	RestockConverted Switch
	// ConfirmAfterDays is how many days after delivery a batch may confirm the purchase. 0 means 7, as at Imweb.
	ConfirmAfterDays int
}

// AllOn is the policy with all ten policy events switched on.
func AllOn() Policy {
	return Policy{
		RevertRelease: On, RevertDelivery: On, CancelNow: On, RequestReturnAfterConfirm: On, FailRecall: On,
		FailRecallExchange: On, DirectCollect: On, ConvertToReturnEarly: On, ShipReplacementFirst: On, CourierReturn: On,
	}
}

// AllOff is the policy with all ten policy events switched off.
func AllOff() Policy {
	return Policy{
		RevertRelease: Off, RevertDelivery: Off, CancelNow: Off, RequestReturnAfterConfirm: Off, FailRecall: Off,
		FailRecallExchange: Off, DirectCollect: Off, ConvertToReturnEarly: Off, ShipReplacementFirst: Off, CourierReturn: Off,
	}
}
