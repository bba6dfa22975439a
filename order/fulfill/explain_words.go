package fulfill

import (
	"strings"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// words are one thing in two languages.
type words struct{ korean, english string }

func (n *narrator) pick(w words) string { return n.say(w.korean, w.english) }

// word looks a thing up. What is not in the table is the host's own, and is said as it is.
func word[K ~string](in map[K]words, k K) words {
	w, ok := in[k]
	if !ok {
		return words{string(k), string(k)}
	}
	if w.english == "" {
		w.english = strings.ReplaceAll(string(k), "_", " ")
	}
	return w
}

var claimWords = map[order.ClaimType]words{
	order.ClaimCancel: {"취소", "cancel"}, order.ClaimReturn: {"반품", "return"}, order.ClaimExchange: {"교환", "exchange"},
}

var exceptionWords = map[string]words{
	ExceptionFailed: {"배송 실패", ""}, ExceptionHold: {"택배사 보류", ""}, ExceptionLost: {"분실", ""}, ExceptionCancelled: {"송장 취소", ""},
	ExceptionReturned: {"반송", ""}, ExceptionReturnInferred: {"반송 추정", ""}, ExceptionMovedBeforeRelease: {"출고 전 이동", ""},
	ExceptionCancelledMoving: {"취소했는데 이동 중", ""},
}

var roleWords = map[order.Role]words{
	order.RoleBuyer: {"구매자", ""}, order.RoleSeller: {"판매자", ""}, order.RoleOperator: {"운영자", ""}, order.RoleAdmin: {"관리자", ""},
	order.RoleSystem: {"시스템", ""}, order.RoleBatch: {"배치", ""}, order.RoleBulk: {"대량 출고", ""}, order.RoleTracker: {"추적", ""},
	order.RoleCourier: {"택배사", ""}, order.RoleRefund: {"환불", ""},
}

var waybillWords = map[order.WaybillRole]words{
	order.WaybillOutbound: {"출고", "outbound"}, order.WaybillRecall: {"회수", "recall"}, order.WaybillSendBack: {"재발송", "send-back"},
}

var awaitingWords = map[Awaiting]words{
	AwaitingQuorum: {"다른 조회처의 확인 대기", "until a second carrier says so too"},
	AwaitingReturn: {"추정한 반송: 다른 조회처, 사람 또는 도착 확인 대기", "the return is inferred, until a second carrier, a person or the arrival confirms it"},
}

var taskWords = map[TaskState]words{
	Waiting: {"할 일", "to do"}, Dead: {"포기", "given up"}, Passed: {"기능 없음", "no function"}, Withdrawn: {"철회", "withdrawn"},
}

var actionWords = map[Name]words{
	ConfirmInventory: {"재고 확정", "confirm inventory"}, NotifyCustomer: {"고객 알림", "notify customer"},
	CreateReturnInbound: {"반품 입고 생성", "create return inbound"}, AlertOperations: {"운영 알림", "alert operations"},
	Name(order.CallList): {"콜 리스트", "call list"}, Name(order.StockoutNotice): {"결품 안내", "stock-out notice"},
	Name(order.CustomerMessage): {"고객 안내", "customer message"}, Name(order.OrderRecall): {"회수 접수", "order recall"},
	Name(order.CancelRecall): {"회수 접수 취소", "cancel recall"}, Name(order.Restock): {"재입고", "restock"},
	Name(order.ReleaseReservation): {"재고 예약 해제", "release reservation"}, Name(order.RefundPayment): {"환불", "refund"},
	Name(order.ResetTracking): {"추적 다시 시작", "reset tracking"}, Name(order.CompensateDelivery): {"배송완료 처리 되돌림", "compensate delivery"},
	Name(order.OpenReturnInbound): {"반품입고 예정", "open return inbound"},
}

// failureWords are the kinds of errors, by [tracking.KindName].
var failureWords = map[string]words{
	"not_found": {"조회 결과 없음", ""}, "invalid_number": {"송장번호 오류", ""}, "unsupported_courier": {"지원하지 않는 택배사", ""},
	"invalid_request": {"잘못된 요청", ""}, "credentials": {"인증 실패", ""}, "forbidden": {"권한 없음", ""}, "rate_limited": {"요청 속도 제한", ""},
	"daily_cap": {"하루 조회 한도", ""}, "quota_exhausted": {"사용량 소진", ""}, "upstream": {"조회처 장애", ""}, "protocol": {"알 수 없는 응답", ""},
	"conflict": {"충돌", ""}, "unsupported": {"지원하지 않는 기능", ""}, "other": {"기타 오류", ""},
}

// taskFailureWords are what we say of tasks ourselves, see [Task].Why.
var taskFailureWords = map[string]words{
	errVanished.Error(): {"시도가 결과 없이 끝남 (프로세스 종료로 보임)", ""}, errGone.Error(): {"함수가 돌아오지 않고 끝남", ""},
	errCut.Error(): {"엔진이 멈춰 중단됨", ""}, errLate.Error(): {"너무 오래 걸림", ""}, errPanic.Error(): {"함수가 비정상 종료됨", ""},
	whyWithdrawn: {"근거가 철회됨", ""}, whyOver: {"알리기 전에 끝남", ""},
}

// failure tells why a task failed or was withdrawn. What a host's function says stands as it is.
func (n *narrator) failure(why string) string {
	if kind, ok := strings.CutPrefix(why, failedWith); ok && !strings.Contains(kind, " ") {
		return n.say("실패 ("+kind+")", why)
	}
	return n.pick(word(taskFailureWords, why))
}

var doubtWords = map[string]words{
	"cancelled_after_moving": {"움직인 뒤 취소됨", ""}, "moved_after_end": {"끝난 뒤 움직임", ""}, "held_after_delivery": {"배송 완료 뒤 보류", ""},
	"delivered_flag_contradicts":     {"배송 완료 표시가 상태와 다름", ""},
	"delivered_scan_without_summary": {"배송 완료 스캔을 요약이 뒷받침하지 않음", ""},
	"return_inferred":                {"경로로 추정한 반송", ""},
}

var subWords = map[tracking.Sub]string{
	tracking.SubAtBranch: "배송지 도착", tracking.SubAvailableForPickup: "점포 도착", tracking.SubReturning: "돌아가는 중",
	tracking.SubDelayed: "지연", tracking.SubLost: "분실",
}
