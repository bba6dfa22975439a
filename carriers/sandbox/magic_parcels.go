package sandbox

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// leg is a scan by its distance from the world's begin, in hours.
type leg struct {
	hours  float64
	status tracking.Status
	sub    tracking.Sub
	code   string
	text   string
	place  string
}

// legs turns distances into scans, on whole minutes.
func legs(start time.Time, ls ...leg) []Scan {
	scans := make([]Scan, len(ls))
	for i, l := range ls {
		at := start.Add(time.Duration(l.hours * float64(time.Hour))).In(kst).Truncate(time.Minute)
		scans[i] = Scan{At: at, Status: l.status, Sub: l.sub, Code: l.code, Text: l.text, Place: l.place}.described()
	}
	return scans
}

// The ways of three couriers, by the words that they use, from pickup to delivery around the world's begin.
var (
	cjWay = []leg{
		{-40, pickedUp, none, "11", "집화처리", "서울모래"},
		{-30, inTransit, none, "41", "간선상차", "대전HUB"},
		{-8, inTransit, none, "42", "간선하차", "부산사구"},
		{-5, outFor, none, "82", "배송출발", "부산해변"},
		{-1, delivered, none, "91", "배송완료", "부산해변"},
	}
	postWay = []leg{
		{-40, pickedUp, none, "", "접수", "서울모래우체국"},
		{-30, inTransit, none, "", "발송", "동서울우편집중국"},
		{-8, inTransit, none, "", "도착", "부산사구우체국"},
		{-5, outFor, none, "", "배달준비", "부산사구우체국"},
		{-1, delivered, none, "", "배달완료", "부산사구우체국"},
	}
	hanjinWay = []leg{
		{-44, registered, none, "", "접수", ""},
		{-40, pickedUp, none, "", "집하", "중모래"},
		{-30, inTransit, none, "", "이동중", "칠곡HUB"},
		{-8, inTransit, atBranch, "", "배송 준비중", "울산모래"},
		{-5, outFor, none, "", "배송출발", "울산모래"},
		{-1, delivered, none, "", "배송완료", "울산모래"},
	}
)

// then takes the first n legs of a way and goes on differently.
func then(way []leg, n int, more ...leg) []leg { return slices.Concat(way[:n], more) }

// statusRows has one number for each status and for each sub-status.
func statusRows(start time.Time) []magicRow {
	parcel := func(ls ...leg) Parcel { return Parcel{Scans: legs(start, ls...)} }
	window := parcel(cjWay[:4]...)
	window.Scans[3].Window, window.Scans[3].Note = "16~18시", ""
	window.Scans[3] = window.Scans[3].described()
	unmapped := parcel(leg{-2, tracking.StatusUnknown, none, "", "상품확인중", "서울모래"})
	unmapped.Scans[0].As.SweetTracker = 7
	return []magicRow{
		row(courier.CJ, cj(100), "unknown", "one scan in words and codes that nobody maps", unmapped),
		row(courier.CJ, cj(101), "pending", "the label is known, nothing was scanned",
			Parcel{Label: start.Add(-2 * time.Hour)}),
		row(courier.Lotte, lotte(102), "registered", "label data arrived",
			parcel(leg{-44, registered, none, "12", "운송장 등록", "서울모래"})),
		row(courier.Hanjin, hanjin(103), "pickup-ready", "waits to be collected",
			parcel(hanjinWay[0], leg{-43, tracking.StatusPickupReady, none, "", "집하지시", "중모래"})),
		row(courier.CJ, cj(104), "picked-up", "collected", parcel(cjWay[:1]...)),
		row(courier.CJ, cj(105), "in-transit", "between hubs", parcel(cjWay[:2]...)),
		row(courier.CJ, cj(106), "out-for-delivery", "on the van, with a window of two hours", window),
		row(courier.CJ, cj(107), "delivered", "handed over", parcel(cjWay...)),
		row(courier.Post, post(108), "failed", "an attempt failed",
			parcel(then(postWay, 4, leg{-1, tracking.StatusFailed, none, "", "미배달", "부산사구우체국"})...)),
		row(courier.Hanjin, hanjin(109), "hold", "waits for customs duty",
			parcel(then(hanjinWay, 3, leg{-8, tracking.StatusHold, none, "", "관부가세 납부 대기 중", "인천세관"})...)),
		row(courier.Post, post(110), "returned", "on its way back to the sender",
			parcel(then(postWay, 4, leg{-1, returned, returning, "", "반송", "부산사구우체국"})...)),
		row(courier.Post, post(111), "cancelled", "label voided", parcel(
			leg{-44, registered, none, "", "운송장출력", "서울모래우체국"},
			leg{-43, tracking.StatusCancelled, none, "", "신청취소", "서울모래우체국"})),

		row(courier.Hanjin, hanjin(120), "at-branch", "at the delivering branch", parcel(hanjinWay[:4]...)),
		row(courier.GSPostbox, gs(121), "available-for-pickup", "waits at a shop", parcel(
			leg{-40, registered, none, "C01", "점포접수", "모래점"},
			leg{-36, pickedUp, none, "C015", "배송기사 인수", "모래점"},
			leg{-20, inTransit, none, "C07", "허브 → (도착)일배 출고", "모래허브"},
			leg{-5, outFor, tracking.SubAvailableForPickup, "C10", "점포도착", "해변점"})),
		row(courier.Hanjin, hanjin(122), "delayed", "late; nobody need act",
			parcel(then(hanjinWay, 3, leg{-8, tracking.StatusHold, tracking.SubDelayed, "", "배송지연", "칠곡HUB"})...)),
		row(courier.Post, post(123), "lost", "lost on the way",
			parcel(then(postWay, 2, leg{-8, tracking.StatusFailed, tracking.SubLost, "", "분실", "동서울우편집중국"})...)),
	}
}

// recordedRows has two numbers for each recorded timeline: one that has ended, one that comes.
func recordedRows(start time.Time) []magicRow {
	numbers := map[string]func(int) string{
		courier.CJ: cj, courier.Hanjin: hanjin, courier.Lotte: lotte, courier.Logen: logen,
	}
	var rows []magicRow
	for i, r := range recorded {
		number := numbers[r.courier]
		rows = append(rows,
			row(r.courier, number(201+i), "recorded/"+r.name, "ended the day before: "+r.what,
				Parcel{Scans: r.ended(start)}),
			row(r.courier, number(211+i), "coming/"+r.name, "begins within a day of the world: "+r.what,
				Parcel{Scans: r.coming(start), Label: start}))
	}
	return rows
}

// behaviourRows has the numbers whose data is right in itself and hard to read.
func behaviourRows(start time.Time) []magicRow {
	return slices.Concat(absenceRows(start), listingRows(start), journeyRows(start))
}

// earlierUse is a parcel that was delivered a hundred days before the begin.
func earlierUse(start time.Time) Parcel {
	return Parcel{Scans: legs(start, leg{-2400, pickedUp, none, "11", "집화처리", "광주모래"},
		leg{-2390, inTransit, none, "41", "간선상차", "대전HUB"},
		leg{-2375, outFor, none, "82", "배송출발", "울산모래"}, leg{-2370, delivered, none, "91", "배송완료", "울산모래"})}
}

// absenceRows has numbers without data, or with that of another parcel.
func absenceRows(start time.Time) []magicRow {
	forgotten := earlierUse(start)
	forgotten.Gone = start.Add(-240 * time.Hour)
	return []magicRow{
		row(courier.CJ, cj(300), "not-found", "no such number, ever"),
		row(courier.CJ, cj(301), "not-found-yet", "known two hours after the world begins, scanned a day later",
			Parcel{Label: start.Add(2 * time.Hour), Scans: legs(start, leg{26, pickedUp, none, "11", "집화처리", "서울모래"})}),
		row(courier.CJ, cj(302), "aged-out", "delivered long ago and forgotten", forgotten),
		row(courier.CJ, cj(313), "reused-number", "used and delivered a hundred days before; the new parcel is in transit",
			earlierUse(start), Parcel{Scans: legs(start, cjWay[:2]...)}),
		row(courier.CJ, cj(314), "reused-number-fresh", "used and delivered a hundred days before; nothing but a new label so far",
			earlierUse(start), Parcel{Label: start.Add(-time.Hour)}),
	}
}

// listingRows has numbers whose scans are published late, twice, in no order, without a time, or in new words.
func listingRows(start time.Time) []magicRow {
	hours := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	whole := func(change func(*Parcel)) Parcel {
		p := Parcel{Scans: legs(start, cjWay...)}
		change(&p)
		return p
	}
	return []magicRow{
		row(courier.CJ, cj(310), "late-publication",
			"out for delivery and delivered, published one and three hours after the world begins",
			whole(func(p *Parcel) { p.Scans[3].Published, p.Scans[4].Published = hours(1), hours(3) })),
		row(courier.CJ, cj(311), "duplicates", "two scans are listed twice",
			whole(func(p *Parcel) { p.Scans = append(p.Scans, p.Scans[2], p.Scans[4]) })),
		row(courier.CJ, cj(312), "reordered", "scans are listed in no order", whole(func(p *Parcel) {
			s := p.Scans
			p.Scans, p.AsScripted = []Scan{s[2], s[3], s[4], s[1], s[0]}, true
		})),
		row(courier.CJ, cj(319), "undated", "one scan has no readable time",
			whole(func(p *Parcel) { p.Scans[1].Undated = true })),
		row(courier.CJ, cj(320), "oldest-first", "deliveryapi lists it oldest first",
			whole(func(p *Parcel) { p.OldestFirst = true })),
		row(courier.CJ, cj(321), "withdrawn", "a delivered scan that the courier takes back two hours after the world begins",
			whole(func(p *Parcel) { p.Scans[4].Withdrawn = hours(2) })),
		row(courier.CJ, cj(322), "new-words", "the newest scan has codes that nobody knows", whole(func(p *Parcel) {
			p.Scans = append(p.Scans[:2], legs(start, leg{-2, inTransit, none, "99", "로봇분류", "대전HUB"})...)
			p.Scans[2].As = Codes{DeliveryAPI: "SORTED_BY_ROBOT", SweetTracker: 9, TrackerDelivery: "SORTED_BY_ROBOT"}
		})),
		row(courier.CJ, cj(324), "long-history", "45 scans, more than a page of tracker.delivery", longHistory(start)),
	}
}

// journeyRows has numbers that do not go straight to the recipient.
func journeyRows(start time.Time) []magicRow {
	parcel := func(ls ...leg) Parcel { return Parcel{Scans: legs(start, ls...)} }
	calledOff := parcel(leg{-40, pickedUp, none, "10", "집하", "서울모래"}, leg{-30, inTransit, none, "20", "구간발송", "대전HUB"},
		leg{-20, returned, returning, "", "반송", "대전HUB"}, leg{-18, inTransit, none, "09", "반품취소", "대전HUB"},
		leg{20, outFor, none, "40", "배달전", "부산사구"}, leg{24, delivered, none, "41", "배달완료", "부산사구"})
	calledOff.Scans[3].CallsOff, calledOff.Scans[3].As.TrackerDelivery = true, "EXCEPTION"
	return []magicRow{
		row(courier.Post, post(315), "attempt-failed", "one failed attempt, delivered the next day",
			parcel(then(postWay, 4, leg{-1, tracking.StatusFailed, none, "", "미배달", "부산사구우체국"},
				leg{20, outFor, none, "", "배달준비", "부산사구우체국"}, leg{24, delivered, none, "", "배달완료", "부산사구우체국"})...)),
		row(courier.Post, post(316), "returned-to-sender", "sent back; the courier ends it as delivered, at the sender",
			returnedToSender(start)),
		row(courier.CJ, cj(317), "scan-after-delivery", "a hub scan is listed after the delivery",
			parcel(slices.Concat(cjWay, []leg{{-0.5, inTransit, none, "42", "간선하차", "부산사구"}})...)),
		row(courier.CJ, cj(318), "pickup-late", "a trunk scan comes before the pickup scan",
			parcel(leg{-40, inTransit, none, "41", "간선상차", "대전HUB"}, leg{-39, pickedUp, none, "11", "집화처리", "서울모래"})),
		row(courier.Lotte, lotte(323), "return-called-off", "a return that was called off goes on to be delivered a day later",
			calledOff),
	}
}

// returnedToSender is a parcel whose last scans read like a delivery.
func returnedToSender(start time.Time) Parcel {
	p := Parcel{Scans: legs(start, then(postWay, 4,
		leg{-4, tracking.StatusFailed, none, "", "미배달", "부산사구우체국"},
		leg{-3, returned, returning, "", "반송", "부산사구우체국"},
		leg{-2, returned, returning, "", "배달준비", "서울모래우체국"},
		leg{-1, returned, none, "", "배달완료", "서울모래우체국"})...)}
	p.Scans[6].As = Codes{SweetTracker: 5, TrackerDelivery: "OUT_FOR_DELIVERY", DeliveryAPI: "OUT_FOR_DELIVERY"}
	p.Scans[7].As = Codes{SweetTracker: 6, TrackerDelivery: "DELIVERED", DeliveryAPI: "DELIVERED"}
	return p
}

// longHistory goes round many hubs.
func longHistory(start time.Time) Parcel {
	way := []leg{{-100, pickedUp, none, "11", "집화처리", "서울모래"}}
	for i := range 42 {
		word := leg{-98 + 2*float64(i), inTransit, none, "41", "간선상차", "대전HUB"}
		if i%2 == 1 {
			word.code, word.text, word.place = "42", "간선하차", "곤지암HUB"
		}
		way = append(way, word)
	}
	return Parcel{Scans: legs(start, append(way, cjWay[3], cjWay[4])...)}
}
