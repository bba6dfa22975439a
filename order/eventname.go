package order

import "fmt"

// EventName names what happens to an order: 39 status events, which move sections as the table says, and 13 record
// events, which change everything else.
type EventName uint8

// The 39 status events. Those marked "policy" are behind a switch of [Policy].
const (
	InstructDelivery          EventName = iota + 1 // 배송지시
	InstructRelease                                // 출고지시
	RegisterStockout                               // 결품등록
	ReleaseStockout                                // 결품해제
	CompleteRelease                                // 출고완료
	CompleteDelivery                               // 배송완료
	ConfirmPurchase                                // 구매확정
	RegisterWaybill                                // 송장등록/수정, before release
	ReplaceWaybill                                 // 송장수정, after release
	RemoveWaybill                                  // 송장삭제
	RevertRelease                                  // 출고완료 정정 (policy)
	RevertDelivery                                 // 배송완료 정정 (policy)
	RequestCancel                                  // 취소접수
	CancelNow                                      // 즉시취소 (policy)
	CancelForStockout                              // 품절취소
	ApproveCancel                                  // 취소승인
	RejectCancel                                   // 취소거절
	RejectCancelAndShip                            // 취소거절+발송
	WithdrawCancel                                 // 취소철회
	RequestReturn                                  // 반품접수
	RequestReturnAfterConfirm                      // 구매확정 후 반품접수 (policy)
	RequestExchange                                // 교환접수
	InstructRecall                                 // 회수지시
	FailRecall                                     // 회수실패, of a return (policy)
	FailRecallExchange                             // 회수실패, of an exchange (policy)
	ConfirmRecall                                  // 회수확인
	CompleteRecall                                 // 회수완료
	DirectCollect                                  // 수거완료(간이) (policy)
	ConvertToReturn                                // 반품전환(교환중반품)
	ConvertToReturnEarly                           // 반품전환(조기) (policy)
	RejectReturn                                   // 반품불가
	RejectExchange                                 // 교환불가
	WithdrawReturn                                 // 반품철회
	WithdrawExchange                               // 교환철회
	CompleteReturn                                 // 반품완료
	ShipReplacement                                // 교환출고지시
	ShipReplacementFirst                           // 교환 선출고 (policy)
	CompleteExchange                               // 교환완료
	CourierReturn                                  // 반송 (policy)

	statusEventCount = iota
)

// The 13 record events.
const (
	Created              EventName = iota + statusEventCount + 1 // 주문생성
	PaymentChanged                                               // 결제상태 변경
	RecipientChanged                                             // 수령인 변경, while ORDERED
	ClaimHeld                                                    // 클레임 보류; without an open claim: 배송보류
	ClaimReleased                                                // 보류 해제
	SectionsMerged                                               // 섹션 병합
	WaybillScanned                                               // 택배사 스캔: the outbound parcel moves
	PriorStatusUpdated                                           // DELIVERED of a section under a claim, or again of one whose evidence was withdrawn
	ExceptionRaised                                              // 예외 발생
	ExceptionCleared                                             // 예외 해소
	ReplacementCancelled                                         // 교환출고 취소, on request with 반품전환
	EvidenceWithdrawn                                            // 배송완료 근거 철회
	WrittenOff                                                   // 분실 확정

	eventCount = statusEventCount + 13
)

var eventNames = [eventCount + 1]string{
	"", "InstructDelivery", "InstructRelease", "RegisterStockout", "ReleaseStockout", "CompleteRelease",
	"CompleteDelivery", "ConfirmPurchase", "RegisterWaybill", "ReplaceWaybill", "RemoveWaybill", "RevertRelease",
	"RevertDelivery", "RequestCancel", "CancelNow", "CancelForStockout", "ApproveCancel", "RejectCancel",
	"RejectCancelAndShip", "WithdrawCancel", "RequestReturn", "RequestReturnAfterConfirm", "RequestExchange",
	"InstructRecall", "FailRecall", "FailRecallExchange", "ConfirmRecall", "CompleteRecall", "DirectCollect",
	"ConvertToReturn", "ConvertToReturnEarly", "RejectReturn", "RejectExchange", "WithdrawReturn", "WithdrawExchange",
	"CompleteReturn", "ShipReplacement", "ShipReplacementFirst", "CompleteExchange", "CourierReturn",
	"Created", "PaymentChanged", "RecipientChanged", "ClaimHeld", "ClaimReleased", "SectionsMerged", "WaybillScanned",
	"PriorStatusUpdated", "ExceptionRaised", "ExceptionCleared", "ReplacementCancelled", "EvidenceWithdrawn",
	"WrittenOff",
}

// StatusEvents lists the 39 events that move status, in the order of the document.
func StatusEvents() []EventName { return eventRange(1, statusEventCount) }

// RecordEvents lists the 13 events that change everything else.
func RecordEvents() []EventName { return eventRange(statusEventCount+1, eventCount) }

func eventRange(first, last EventName) []EventName {
	all := make([]EventName, 0, last-first+1)
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}

// Records reports whether the event is one of the 13 record events.
func (n EventName) Records() bool { return n > statusEventCount && n <= eventCount }

// String gives the name, as the constant is spelt.
func (n EventName) String() string {
	if int(n) < len(eventNames) {
		return eventNames[n]
	}
	return fmt.Sprintf("EventName(%d)", uint8(n))
}

// MarshalText writes the name.
func (n EventName) MarshalText() ([]byte, error) {
	if int(n) >= len(eventNames) {
		return nil, fmt.Errorf("order: no event %d", uint8(n))
	}
	return []byte(eventNames[n]), nil
}

// UnmarshalText reads a name as [EventName.String] writes it.
func (n *EventName) UnmarshalText(text []byte) (err error) {
	*n, err = ParseEventName(string(text))
	return err
}

// ParseEventName finds an event by its name; the empty name is the zero value.
func ParseEventName(name string) (EventName, error) {
	for i, known := range eventNames {
		if known == name {
			return EventName(i), nil
		}
	}
	return 0, fmt.Errorf("order: no event %.40q", name)
}
