package order

import (
	"fmt"
	"strings"
)

// Status is where a section stands. Items have no status of their own, and the order's is derived (see [Summarize]).
//
// The zero value means "none": no prior status, no expectation.
type Status uint8

// The sixteen statuses.
const (
	StatusOrdered            Status = iota + 1 // 주문완료: paid or awaiting payment, nothing instructed
	StatusDeliveryInstructed                   // 배송지시: handed to logistics
	StatusReleaseInstructed                    // 출고지시: being picked and packed; a waybill may be attached
	StatusStockoutHeld                         // 출고대기(결품): short at picking, held
	StatusReleased                             // 출고완료: left the warehouse; covers the whole journey
	StatusDelivered                            // 배송완료: with the buyer
	StatusPurchaseConfirmed                    // 구매확정: the buyer accepted, or time ran out
	StatusCancelRequested                      // 취소접수: cancel asked before release
	StatusCancelled                            // 취소완료: terminal
	StatusReturnRequested                      // 반품접수: return asked
	StatusExchangeRequested                    // 교환접수: exchange asked
	StatusRecallInstructed                     // 회수지시: fetching ordered
	StatusRecallConfirmed                      // 회수확인: on its way back
	StatusRecallCompleted                      // 회수완료: received and counted
	StatusReturned                             // 반품완료: terminal
	StatusExchanged                            // 교환완료: terminal for the section that came back

	statusCount = iota
)

var statusNames = [statusCount + 1]string{
	"", "ORDERED", "DELIVERY_INSTRUCTED", "RELEASE_INSTRUCTED", "STOCKOUT_HELD", "RELEASED", "DELIVERED",
	"PURCHASE_CONFIRMED", "CANCEL_REQUESTED", "CANCELLED", "RETURN_REQUESTED", "EXCHANGE_REQUESTED",
	"RECALL_INSTRUCTED", "RECALL_CONFIRMED", "RECALL_COMPLETED", "RETURNED", "EXCHANGED",
}

var statusKorean = [statusCount + 1]string{
	"", "주문완료", "배송지시", "출고지시", "출고대기", "출고완료", "배송완료", "구매확정", "취소접수", "취소완료", "반품접수",
	"교환접수", "회수지시", "회수확인", "회수완료", "반품완료", "교환완료",
}

var statusShort = [statusCount + 1]string{
	"", "ORD", "DLI", "RLI", "STO", "REL", "DLV", "PCF", "CRQ", "CAN", "RRQ", "XRQ", "RCI", "RCC", "RCD", "RTN", "XCH",
}

// Statuses lists the sixteen, in the order of the constants.
func Statuses() []Status {
	all := make([]Status, statusCount)
	for i := range all {
		all[i] = Status(i + 1)
	}
	return all
}

// String gives the name that goes into JSON and databases, such as RELEASE_INSTRUCTED. It is empty for the zero value.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Korean gives the Korean display text, such as 출고지시.
func (s Status) Korean() string {
	if int(s) < len(statusKorean) {
		return statusKorean[s]
	}
	return ""
}

// Short gives the three letters used in tables and pictures, such as RLI.
func (s Status) Short() string {
	if int(s) < len(statusShort) {
		return statusShort[s]
	}
	return ""
}

// Terminal reports whether nothing follows by itself: CANCELLED, RETURNED, EXCHANGED. Only a policy switch leads out
// of PURCHASE_CONFIRMED, which is not terminal here: such a section counts as live.
func (s Status) Terminal() bool {
	return s == StatusCancelled || s == StatusReturned || s == StatusExchanged
}

// ClaimOpen reports whether a section of this status has an open claim.
func (s Status) ClaimOpen() bool {
	return underClaim.has(s)
}

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) {
	if int(s) >= len(statusNames) {
		return nil, fmt.Errorf("order: no status %d", uint8(s))
	}
	return []byte(statusNames[s]), nil
}

// UnmarshalText reads a name as [Status.String] writes it.
func (s *Status) UnmarshalText(text []byte) (err error) {
	*s, err = ParseStatus(string(text))
	return err
}

// ParseStatus finds the status of a name as [Status.String] writes it; the empty name is the zero value. What shop
// platforms call their statuses goes through the platform tables, not through here.
func ParseStatus(name string) (Status, error) {
	for i, known := range statusNames {
		if known == name {
			return Status(i), nil
		}
	}
	return 0, fmt.Errorf("order: no status %.40q", name)
}

// underClaim are the statuses of sections whose claim is open.
const underClaim = statusSet(1<<StatusCancelRequested | 1<<StatusReturnRequested | 1<<StatusExchangeRequested |
	1<<StatusRecallInstructed | 1<<StatusRecallConfirmed | 1<<StatusRecallCompleted)

// A statusSet is a set of statuses, one bit each.
type statusSet uint32

func in(statuses ...Status) statusSet {
	var set statusSet
	for _, s := range statuses {
		set |= 1 << s
	}
	return set
}

func (set statusSet) has(s Status) bool { return set&(1<<s) != 0 }

// String lists the set as the table file writes it: names divided by |.
func (set statusSet) String() string {
	var names []string
	for _, s := range Statuses() {
		if set.has(s) {
			names = append(names, s.String())
		}
	}
	return strings.Join(names, "|")
}
