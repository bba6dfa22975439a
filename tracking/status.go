package tracking

import "fmt"

// Status is where a parcel stands, in twelve values that every provider's words are mapped to.
//
// A status is always derived from evidence (see [Derive]); nobody sets it. The finer distinctions are in
// [Sub]: a reader who knows only the twelve loses nothing. The zero value is [StatusUnknown].
type Status uint8

// The twelve statuses.
const (
	StatusUnknown        Status = iota // 알 수 없음: could not be mapped; never replaces a known status
	StatusPending                      // 접수 대기: nothing known yet; the number is not at the courier
	StatusRegistered                   // 접수 완료: label data exists, nobody has seen the parcel
	StatusPickupReady                  // 집하 준비: waiting to be collected
	StatusPickedUp                     // 집하 완료: the courier has it
	StatusInTransit                    // 배송 중: between hubs
	StatusOutForDelivery               // 배송 출발: on the van, or waiting at a shop
	StatusDelivered                    // 배송 완료: handed over, or left as agreed
	StatusFailed                       // 배송 실패: an attempt failed, another is likely; not an end, unless SubLost
	StatusHold                         // 보류: held; somebody must act or wait
	StatusReturned                     // 반송: going back (SubReturning) or back at the sender
	StatusCancelled                    // 취소: the label was voided
)

var statusNames = [...]string{
	"UNKNOWN", "PENDING", "REGISTERED", "PICKUP_READY", "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY",
	"DELIVERED", "FAILED", "HOLD", "RETURNED", "CANCELLED",
}

var statusKorean = [...]string{
	"알 수 없음", "접수 대기", "접수 완료", "집하 준비", "집하 완료", "배송 중", "배송 출발",
	"배송 완료", "배송 실패", "보류", "반송", "취소",
}

// Statuses lists all twelve, in the order of the constants.
func Statuses() []Status {
	all := make([]Status, len(statusNames))
	for i := range all {
		all[i] = Status(i)
	}
	return all
}

// String gives the name that goes into JSON and databases, such as OUT_FOR_DELIVERY.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Korean gives the Korean display text, such as 배송 출발.
func (s Status) Korean() string {
	if int(s) < len(statusKorean) {
		return statusKorean[s]
	}
	return statusKorean[StatusUnknown]
}

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) {
	if int(s) >= len(statusNames) {
		return nil, fmt.Errorf("tracking: no status %d", uint8(s))
	}
	return []byte(statusNames[s]), nil
}

// UnmarshalText reads a name as [Status.String] writes it. Another word is an error: what providers send
// goes through statusmap, not through here.
func (s *Status) UnmarshalText(text []byte) error {
	found, ok := ParseStatus(string(text))
	if !ok {
		return fmt.Errorf("tracking: no status %.40q", text)
	}
	*s = found
	return nil
}

// ParseStatus finds the status of that exact name.
func ParseStatus(name string) (Status, bool) {
	for i, known := range statusNames {
		if known == name {
			return Status(i), true
		}
	}
	return StatusUnknown, false
}

// ranked reports whether s lies on the way forward from PENDING to DELIVERED, where the constants' order is the rank.
func (s Status) ranked() bool { return s >= StatusPending && s <= StatusDelivered }

// Sub refines a status. The zero value, [SubNone], adds nothing.
type Sub uint8

// The sub-statuses, each with the one status it refines.
const (
	SubNone               Sub = iota
	SubAtBranch               // IN_TRANSIT: at the delivering branch (배송지 도착)
	SubAvailableForPickup     // OUT_FOR_DELIVERY: waits at a shop or locker for the recipient (점포도착)
	SubReturning              // RETURNED: still on its way back; without it the parcel is back, which is an end
	SubDelayed                // HOLD: late, nobody need act
	SubLost                   // FAILED: lost, destroyed or disposed of; an end
)

var subNames = [...]string{"", "AT_BRANCH", "AVAILABLE_FOR_PICKUP", "RETURNING", "DELAYED", "LOST"}

var subOf = [...]Status{
	SubAtBranch: StatusInTransit, SubAvailableForPickup: StatusOutForDelivery, SubReturning: StatusReturned,
	SubDelayed: StatusHold, SubLost: StatusFailed,
}

// String gives the name that goes into JSON and databases; SubNone is the empty string.
func (s Sub) String() string {
	if int(s) < len(subNames) {
		return subNames[s]
	}
	return fmt.Sprintf("Sub(%d)", uint8(s))
}

// Of gives the one status that s refines.
func (s Sub) Of() Status {
	if int(s) < len(subOf) {
		return subOf[s]
	}
	return StatusUnknown
}

// MarshalText writes the name.
func (s Sub) MarshalText() ([]byte, error) {
	if int(s) >= len(subNames) {
		return nil, fmt.Errorf("tracking: no sub-status %d", uint8(s))
	}
	return []byte(subNames[s]), nil
}

// UnmarshalText reads a name as [Sub.String] writes it.
func (s *Sub) UnmarshalText(text []byte) error {
	for i, known := range subNames {
		if known == string(text) {
			*s = Sub(i)
			return nil
		}
	}
	return fmt.Errorf("tracking: no sub-status %.40q", text)
}
