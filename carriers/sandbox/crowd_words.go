package sandbox

import (
	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// word is what a courier writes of a step, with its own code where it has one.
type word struct{ code, text string }

// wording is how a courier names the steps of a way. A step without a text is not scanned at that courier.
type wording struct {
	registered, ready, pickedUp word
	loaded, unloaded, sentOn    word
	atBranch                    word
	branchKnown                 bool // the word tells that it is the delivering branch
	out, shop, delivered        word
	cancelled                   word
	window                      string // form of the driver's window; empty: none is published
}

// wordings are the words of real couriers, as far as they are known from timelines and open adapters.
var wordings = map[tracking.Courier]*wording{
	courier.CJ: {
		pickedUp: word{"11", "집화처리"}, loaded: word{"41", "간선상차"}, unloaded: word{"42", "간선하차"}, sentOn: word{"41", "간선상차"},
		atBranch: word{"42", "간선하차"}, out: word{"82", "배송출발"}, delivered: word{"91", "배송완료"}, window: "%d~%d시",
	},
	courier.Hanjin: {
		registered: word{"", "접수"}, ready: word{"", "집하지시"},
		pickedUp: word{"", "집하"}, loaded: word{"", "이동중"}, unloaded: word{"", "도착"}, sentOn: word{"", "이동중"},
		atBranch: word{"", "배송 준비중"}, branchKnown: true, out: word{"", "배송출발"}, delivered: word{"", "배송완료"},
	},
	courier.Lotte: {
		registered: word{"12", "운송장 등록"},
		pickedUp:   word{"10", "집하"}, loaded: word{"20", "구간발송"}, unloaded: word{"21", "구간도착"}, sentOn: word{"20", "구간발송"},
		atBranch: word{"21", "구간도착"}, out: word{"40", "배달전"}, delivered: word{"41", "배달완료"}, window: "%d~%d시",
	},
	courier.Logen: {
		loaded: word{"", "터미널입고"}, unloaded: word{"", "터미널입고"}, sentOn: word{"", "터미널출고"},
		atBranch: word{"", "배송입고"}, branchKnown: true, out: word{"", "배송출고"}, delivered: word{"", "배송완료"}, window: "%d시~%d시",
	},
	courier.Post: {
		registered: word{"", "운송장출력"},
		pickedUp:   word{"", "접수"}, loaded: word{"", "발송"}, unloaded: word{"", "도착"}, sentOn: word{"", "발송"},
		atBranch: word{"", "도착"}, out: word{"", "배달준비"}, delivered: word{"", "배달완료"}, cancelled: word{"", "신청취소"},
	},
	courier.GSPostbox: {
		registered: word{"C01", "점포접수"}, pickedUp: word{"C015", "배송기사 인수"},
		loaded: word{"", "(집화)일배 → 허브 출고"}, unloaded: word{"", "(집화)일배 → 허브 입고"}, sentOn: word{"C07", "허브 → (도착)일배 출고"},
		atBranch: word{"", "허브 → (도착)일배 입고"}, out: word{"", "배송기사 인계"}, shop: word{"C10", "점포도착"}, delivered: word{"", "고객전달"},
	},
}

// Words that several couriers write. Those of trouble are invented where no timeline shows them.
var (
	wordFailed    = word{"", "미배달"}
	wordLost      = word{"", "분실"}
	wordHeld      = word{"", "배송보류"}
	wordDelayed   = word{"", "배송지연"}
	wordReturn    = word{"", "반송"}
	wordCalledOff = word{"09", "반품취소"}
	wordNew       = word{"99", "로봇분류"}
	wordUnknown   = word{"", "상품확인중"}
)

// Places are invented. Branches that send and branches that deliver have no name in common: a parcel that ends where it
// began looks like a return.
var (
	sendingBranches    = [...]string{"서울모래", "경기모래", "인천모래", "용인모래", "파주모래"}
	hubs               = [...]string{"대전HUB", "곤지암HUB", "칠곡HUB", "옥천HUB", "이천HUB"}
	deliveringBranches = [...]string{"부산사구", "광주사구", "대구사구", "울산사구", "전주사구", "강릉사구", "춘천사구", "제주사구"}
)
