package sandbox

import (
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// trackerCarrier is one courier as tracker.delivery lists it.
type trackerCarrier struct {
	id, name, tel string
	servers       servers
}

// servers says which of the three doubles serves a courier.
type servers uint8

const (
	onManaged servers = 1 << iota
	onOpen            // self-hosted, as it comes: four couriers of the source are off
	onV1
	onV2  = onManaged | onOpen
	onAll = onV2 | onV1
)

// dummyCarrier is the test courier of the managed service. It is in no list.
const dummyCarrier = "dev.track.dummy"

// trackerCarriers lists the couriers in the order of the managed service; names and phones are those of its lists
// and of the old server's. Where it is not known whether the managed service has a courier, it has it here.
func trackerCarriers() []trackerCarrier {
	return []trackerCarrier{
		{"kr.cjlogistics", "CJ대한통운", "+8215881255", onAll},
		{"kr.hanjin", "한진택배", "+8215880011", onAll},
		{"kr.lotte", "롯데택배", "+8215882121", onAll},
		{"kr.epost", "우체국택배", "+8215881300", onAll},
		{"kr.logen", "로젠택배", "+8215889988", onAll},
		{"kr.coupangls", "쿠팡 로지스틱스 서비스", "", onV2},
		{"kr.cvsnet", "GS Postbox", "+8215771287", onAll},
		{"kr.cupost", "CU 편의점택배", "+8215771287", onAll},
		{"kr.kdexp", "경동택배", "+8218995368", onAll},
		{"kr.daesin", "대신택배", "+82314620100", onAll},
		{"kr.ilyanglogis", "일양로지스", "+8215880002", onAll},
		{"kr.chunilps", "천일택배", "+8218776606", onAll},
		{"kr.kunyoung", "건영택배", "+82533543001", onAll},
		{"kr.honamlogis", "한서호남택배", "+8218770572", onAll},
		{"kr.homepick", "홈픽", "+8218000987", onAll},
		{"kr.hdexp", "합동택배", "+8218993392", onManaged | onV1},
		{"kr.hanips", "HPL (한의사랑택배)", "+8216001055", onManaged | onV1},
		{"kr.slx", "SLX", "+82316375400", onAll},
		{"kr.todaypickup", "오늘의픽업", "+8216665615", onAll},
		{"kr.yongmalogis", "용마로지스", "", onV2},
		{"kr.ltl", "LTL", "", onManaged},
		{"kr.lotte.global", "롯데택배 (국제택배)", "", onV2},
		{"kr.epost.ems", "우체국택배 국제우편(EMS)", "", onV2},
		{"kr.epantos", "LX 판토스", "", onV2},
		{"kr.goodstoluck", "굿투럭", "", onV2},
		{"kr.cway", "CWAY (Woori Express)", "+8215884899", onAll},
		{"kr.actcore.ocean-inbound", "에이스터미널코어물류 (해상수입)", "", onV2},
		{"kr.swgexp.epost", "성원글로벌카고 (우체국)", "+82327469984", onV2},
		{"kr.swgexp.cjlogistics", "성원글로벌카고 (대한통운)", "+82327469984", onV2},
		{"kr.swgexp", "성원글로벌카고", "+82327469984", onV1},
		{"un.upu.ems", "EMS", "", onAll},
		{"cn.cainiao.global", "Cainiao Global", "", onV2},
		{"de.dhl", "DHL", "+8215880001", onManaged | onV1},
		{"jp.sagawa", "Sagawa", "+810120189595", onAll},
		{"jp.yamato", "Kuroneko Yamato", "+810120189595", onAll},
		{"jp.yuubin", "Japan Post", "+810570046111", onManaged | onV1},
		{"nl.tnt", "TNT", "", onAll},
		{"us.fedex", "Fedex", "", onManaged | onV1},
		{"us.ups", "UPS", "", onAll},
		{"us.usps", "USPS", "", onManaged | onV1},
	}
}

// trackerOpenOrder is the order in which a self-hosted server lists its couriers (observed).
func trackerOpenOrder() []string {
	return []string{
		"cn.cainiao.global", "jp.sagawa", "jp.yamato", "kr.actcore.ocean-inbound", "kr.cjlogistics", "kr.coupangls",
		"kr.cupost", "kr.chunilps", "kr.cvsnet", "kr.cway", "kr.daesin", "kr.epantos", "kr.epost", "kr.epost.ems",
		"kr.goodstoluck", "kr.homepick", "kr.hanjin", "kr.honamlogis", "kr.ilyanglogis", "kr.kdexp", "kr.kunyoung",
		"kr.logen", "kr.lotte", "kr.lotte.global", "kr.slx", "kr.swgexp.epost", "kr.swgexp.cjlogistics",
		"kr.todaypickup", "kr.yongmalogis", "nl.tnt", "un.upu.ems", "us.ups",
	}
}

// trackerCarriersOn lists the couriers of one server in its order.
func trackerCarriersOn(server servers) []trackerCarrier {
	var list []trackerCarrier
	if server == onOpen {
		for _, id := range trackerOpenOrder() {
			list = append(list, trackerCarrier{id: id, servers: onOpen})
		}
		return list
	}
	for _, c := range trackerCarriers() {
		if c.servers&server != 0 {
			list = append(list, c)
		}
	}
	return list
}

// trackerCarrierOn finds a courier of a server by its id, the hidden test courier included.
func trackerCarrierOn(server servers, id string) (trackerCarrier, bool) {
	if id == dummyCarrier && server == onManaged {
		return trackerCarrier{id: id, name: "Dummy"}, true
	}
	for _, c := range trackerCarriers() {
		if c.id == id && c.servers&server != 0 {
			return c, true
		}
	}
	return trackerCarrier{}, false
}

// courier gives our code of a courier.
func (t trackerCarrier) courier() tracking.Courier {
	code, _ := courier.FromProvider(courier.TrackerDelivery, t.id)
	return code
}

// matches reports whether a search for text finds the courier. How the service searches is not known.
func (t trackerCarrier) matches(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	return strings.Contains(strings.ToLower(t.name), text) || strings.Contains(t.id, text)
}

// refuses tells what a server says of a number that the courier cannot have, before it asks the courier (observed in
// the open source); empty when it says nothing.
func (t trackerCarrier) refuses(number string) string {
	digits := number != "" && strings.Trim(number, "0123456789") == ""
	wrong := false
	message := "운송장 번호가 올바르지 않습니다."
	switch t.id {
	case "kr.cjlogistics", "kr.cupost", "kr.swgexp.cjlogistics":
		wrong = !digits || len(number) != 10 && len(number) != 12
		message = "운송장 번호는 10자리 혹은 12자리입니다."
	case "kr.hanjin":
		wrong = !digits || len(number) != 12 && len(number) != 14
	case "kr.lotte":
		wrong = !digits || len(number) != 12 || remainder(number[:11], 7) != int(number[11]-'0')
	case "kr.logen":
		wrong = !digits
	}
	if !wrong {
		return ""
	}
	return message
}

// remainder divides a string of digits.
func remainder(digits string, by int) int {
	left := 0
	for _, d := range digits {
		left = (left*10 + int(d-'0')) % by
	}
	return left
}
