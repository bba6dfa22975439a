package report

import "github.com/waybill-dev/waybill/tracking"

// wording is what the text says in one language. Verbs of fmt stand where figures go.
type wording struct {
	title, all string

	parcels, shipped, recalls, sendBacks   string
	delivered, firstAttempt, open, givenUp string
	bucket                                 func(Bucket) string

	hours, count, mean, most                       string
	toDelivery, transit, age, quiet, estimate      string
	delays, delaysOut, sinceEvent, sincePublished  string
	shares                                         string
	beforeWatch, seenAhead, timeless               string
	status                                         func(tracking.Status) string
	door                                           func(tracking.Door) string
	cost, deliveredShort, calls, asked, won        string
	callsEach, askedEach, wonEach                  string
	couriers, shippedShort, firstShort, timedShort string
	meanShort, openShort, givenUpShort             string
	short                                          map[Bucket]string

	leftOut, noShipTime, noDeliveryTime, dayOnly, backwards, ahead string

	unmapped, more string
}

var languages = map[Language]*wording{
	English: {
		title: "Parcels from %s to %s (KST), as known at %s", all: "all carriers",

		parcels: "Parcels", shipped: "shipped in the period; where they stand now:",
		recalls: "fetched back (recall), shipped in the period; %s arrived", sendBacks: "sent back to the buyer, shipped in the period; %s arrived",
		delivered:    "delivered in the period",
		firstAttempt: "of %s attempted, shipped in the period, delivered at the first attempt",
		open:         "open and watched now, whenever shipped", givenUp: "open, and no longer watched: ",
		bucket: func(b Bucket) string { return bucketNames[b].english },

		hours: "Hours", count: "count", mean: "mean", most: "max",
		toDelivery: "from ship-out to delivery, of those delivered in the period",
		transit:    "from pick-up to delivery, of those delivered in the period",
		age:        "age of those open now, since ship-out", quiet: "silence of those open now, since their newest scan",
		estimate: "from ship-out to delivery, of all shipped in the period, %s undelivered among them (Kaplan-Meier)",

		delays: "Minutes until we knew", delaysOut: "Not among these",
		shares:     "Which door was first",
		sinceEvent: "after it happened", sincePublished: "after the provider knew",
		beforeWatch: "it was there before anybody looked", seenAhead: "seen before it happened, so a clock is wrong",
		timeless: "no clock time, or not kept when it was seen",
		status:   tracking.Status.String,
		door: func(d tracking.Door) string {
			switch d {
			case tracking.DoorPoll:
				return "by poll"
			case tracking.DoorPush:
				return "by push"
			default:
				return "door not kept"
			}
		},

		cost: "Cost of the parcels delivered in the period", deliveredShort: "delivered", calls: "calls", asked: "asked", won: "won",
		callsEach: "calls each", askedEach: "asked each", wonEach: "won each",

		couriers: "By courier (those shipped in the period; first: delivered at the first attempt; timed, mean: hours of those delivered in the period;\n" +
			"p50* and p90*: hours until so many of all shipped are delivered; open and given up: now)",
		shippedShort: "shipped", firstShort: "first", timedShort: "timed", meanShort: "mean", openShort: "open", givenUpShort: "given up",
		short: map[Bucket]string{
			BucketWaiting: "waiting", BucketInTransit: "transit", BucketDelivered: "delivered", BucketException: "exception",
			BucketReturned: "returned", BucketCancelled: "cancelled", BucketUnknown: "look at",
		},

		leftOut: "Left out", noShipTime: "without a time of shipping: in no figure by ship date",
		noDeliveryTime: "delivered, nobody says when: in no figure by delivery date",
		dayOnly:        "delivered on a day without a clock time: in no hours", backwards: "delivered before shipping or pick-up: in no hours from there",
		ahead: "shipped after now: in no age and no estimate",

		unmapped: "Words without a mapping", more: "and %s more",
	},
	Korean: {
		title: "배송 현황 %s ~ %s (KST), %s 기준", all: "조회처 전체",

		parcels: "건수", shipped: "기간 내 출고, 현재 상태:",
		recalls: "회수 (기간 내 접수), 입고 %s", sendBacks: "구매자에게 재발송 (기간 내 출고), 도착 %s",
		delivered:    "기간 내 배송 완료",
		firstAttempt: "첫 방문 배송 성공률 (기간 내 출고, 배송 시도 %s건 중)",
		open:         "현재 미완료, 추적 중 (출고일 무관)", givenUp: "현재 미완료, 추적 종료: ",
		bucket: Bucket.Korean,

		hours: "소요 시간 (시간)", count: "건수", mean: "평균", most: "최대",
		toDelivery: "출고부터 배송 완료까지 (기간 내 배송 완료)",
		transit:    "집하부터 배송 완료까지 (기간 내 배송 완료)",
		age:        "현재 미완료 건의 출고 후 경과", quiet: "현재 미완료 건의 마지막 스캔 후 경과",
		estimate: "출고부터 배송 완료까지, 기간 내 출고 전체 추정 (미완료 %s건 포함, 카플란-마이어)",

		delays: "인지 지연 (분)", delaysOut: "인지 지연에서 제외",
		shares:     "먼저 알린 경로",
		sinceEvent: "발생 후", sincePublished: "조회처 게시 후",
		beforeWatch: "추적 시작 전에 이미 있던 기록", seenAhead: "발생보다 먼저 수신 (시계 오류)",
		timeless: "시각 없음, 또는 수신 시각 미보관",
		status:   tracking.Status.Korean,
		door: func(d tracking.Door) string {
			switch d {
			case tracking.DoorPoll:
				return "조회"
			case tracking.DoorPush:
				return "알림"
			default:
				return "경로 미보관"
			}
		},

		cost: "조회 비용 (기간 내 배송 완료 기준)", deliveredShort: "배송 완료", calls: "호출", asked: "조회 건", won: "원",
		callsEach: "건당 호출", askedEach: "건당 조회", wonEach: "건당 원",

		couriers: "택배사별 (상태는 기간 내 출고의 현재 상태, 첫 방문은 첫 방문 배송 성공률, 측정과 평균은 기간 내 배송 완료 건의 시간,\n" +
			"p50*·p90*은 출고 전체의 절반·90%가 배송되기까지의 시간, 미완료와 추적 종료는 현재)",
		shippedShort: "출고", firstShort: "첫 방문", timedShort: "측정", meanShort: "평균", openShort: "미완료", givenUpShort: "추적 종료",
		short: map[Bucket]string{
			BucketWaiting: "집하 전", BucketInTransit: "배송 중", BucketDelivered: "배송 완료", BucketException: "예외",
			BucketReturned: "반송", BucketCancelled: "취소", BucketUnknown: "확인 필요",
		},

		leftOut: "제외", noShipTime: "출고 시각 없음: 출고일 기준 수치에서 제외",
		noDeliveryTime: "배송 완료 시각 없음: 배송 완료일 기준 수치에서 제외",
		dayOnly:        "배송 완료 날짜만 있음: 소요 시간에서 제외", backwards: "출고나 집하보다 이른 배송 완료: 해당 소요 시간에서 제외",
		ahead: "출고 시각이 미래: 경과와 추정에서 제외",

		unmapped: "매핑되지 않은 문구", more: "외 %s건",
	},
}
