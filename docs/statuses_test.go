package docs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// docStatusWords says in Korean what a status means, and to which class of statuses it belongs.
var docStatusWords = map[tracking.Status][2]string{
	tracking.StatusUnknown:        {"–", "뜻을 아는 표가 없는 말. 이미 아는 상태를 바꾸지 않습니다"},
	tracking.StatusPending:        {"before · 시작 전", "아직 아는 것이 없음. 번호가 택배사에 없습니다"},
	tracking.StatusRegistered:     {"before · 시작 전", "송장 정보만 있고 아무도 물건을 보지 못했습니다"},
	tracking.StatusPickupReady:    {"before · 시작 전", "집하를 기다립니다"},
	tracking.StatusPickedUp:       {"moving · 이동", "택배사가 물건을 받았습니다"},
	tracking.StatusInTransit:      {"moving · 이동", "터미널 사이를 이동합니다"},
	tracking.StatusOutForDelivery: {"moving · 이동", "배송 차량에 실렸거나 점포에서 수령을 기다립니다"},
	tracking.StatusDelivered:      {"end · 끝", "전달했거나 약속한 곳에 두었습니다"},
	tracking.StatusFailed:         {"exception · 예외", "배송 시도가 실패했고 다시 시도할 수 있습니다. 분실(LOST)이 아니면 끝이 아닙니다"},
	tracking.StatusHold:           {"exception · 예외", "멈춰 있습니다. 누군가 처리하거나 기다려야 합니다"},
	tracking.StatusReturned:       {"exception · 예외", "보낸 사람에게 돌아가는 중(RETURNING)이거나 이미 돌아왔습니다"},
	tracking.StatusCancelled:      {"end · 끝", "송장이 취소되었습니다"},
}

// docIdent makes the name of a constant from that of a status: OUT_FOR_DELIVERY is StatusOutForDelivery.
func docIdent(prefix, name string) string {
	var b strings.Builder
	b.WriteString(prefix)
	for word := range strings.SplitSeq(name, "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}

func docStatuses(t *testing.T, _ []string) string {
	comments, _ := docConsts(t, "tracking")
	table := newDocTable("status", "한국어", "class · 구분", "meaning", "뜻", "WMS step", "WMS actions")
	for _, s := range tracking.Statuses() {
		meaning, ok := strings.CutPrefix(comments[docIdent("Status", s.String())], s.Korean()+": ")
		words, known := docStatusWords[s]
		if !ok || !known {
			t.Errorf("%s: the comment of its constant does not begin with its Korean name, or the page has no words for it", s)
		}
		step, actions := statusmap.Step(s, tracking.SubNone)
		table.row(docCode(s.String()), s.Korean(), words[0], meaning, words[1], docCode(step.String()), docList(actions.String()))
	}
	return table.String()
}

func docList(names string) string {
	if names == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(names, ",", "`, `") + "`"
}

func docSubs(t *testing.T, _ []string) string {
	comments, _ := docConsts(t, "tracking")
	table := newDocTable("sub-status", "of", "meaning")
	for s := tracking.SubNone + 1; ; s++ {
		if _, err := s.MarshalText(); err != nil {
			return table.String()
		}
		meaning, ok := strings.CutPrefix(comments[docIdent("Sub", s.String())], s.Of().String()+": ")
		if !ok {
			t.Errorf("%s: the comment of its constant does not begin with %s", s, s.Of())
		}
		table.row(docCode(s.String()), docCode(s.Of().String()), meaning)
	}
}

func docDoubts(t *testing.T, _ []string) string {
	comments, _ := docConsts(t, "tracking")
	names := map[string]string{}
	for name, d := range map[string]tracking.Doubts{
		"DoubtCancelled": tracking.DoubtCancelled, "DoubtMoved": tracking.DoubtMoved, "DoubtHeldDelivered": tracking.DoubtHeldDelivered,
		"DoubtDeliveredFlag": tracking.DoubtDeliveredFlag, "DoubtNoSummary": tracking.DoubtNoSummary, "DoubtInferred": tracking.DoubtInferred,
	} {
		names[d.String()] = name
	}
	table := newDocTable("in JSON", "in Go", "what contradicts itself")
	all := (^tracking.Doubts(0)).List()
	for _, doubt := range all {
		table.row(docCode(doubt), docCode("tracking."+names[doubt]), comments[names[doubt]])
	}
	if len(all) != len(names) {
		t.Errorf("there are %d doubts, the page has %d", len(all), len(names))
	}
	return table.String()
}

// docReasons lists the reasons that the built-in tables give.
func docReasons(_ *testing.T, _ []string) string {
	table := newDocTable("reason", "given for", "caused by", "who must act")
	seen := map[tracking.Reason]bool{}
	for _, m := range []*statusmap.Table{statusmap.DeliveryAPI(), statusmap.SweetTracker(), statusmap.TrackerDelivery()} {
		for _, row := range m.Rows() {
			if row.Reason == "" || seen[row.Reason] {
				continue
			}
			seen[row.Reason] = true
			info, _ := courier.Get(row.Courier)
			table.row(docCode(string(row.Reason)), info.Korean+" "+row.Text, row.Reason.Owner(), row.Reason.Action())
		}
	}
	return table.String()
}

// docScan is a line of a courier's page: when (11-20 18:02, 11-20 for a day alone, nothing for no time), the provider's
// code, the courier's words, the place.
type docScan struct{ when, code, text, place string }

// docStory is a parcel whose scans become known one after the other.
type docStory struct {
	courier tracking.Courier
	since   string // when set, a column more: what one knows who says since when
	scans   []docScan
}

var docStories = map[string]docStory{
	"sticky": {courier: courier.CJ, scans: []docScan{
		{"11-20 18:02", "AT_PICKUP", "집화처리", "서울"}, {"11-21 09:17", "OUT_FOR_DELIVERY", "배송출발", "부산"},
		{"11-21 14:10", "DELIVERED", "배송완료", "부산"}, {"11-21 02:40", "IN_TRANSIT", "간선하차", "대전HUB"},
		{"11-21 15:30", "IN_TRANSIT", "간선상차", "대전HUB"},
	}},
	"same-minute": {courier: courier.Hanjin, scans: []docScan{
		{"11-20 18:02", "AT_PICKUP", "집하", "서울"}, {"11-21 02:14", "IN_TRANSIT", "도착", "칠곡HUB"},
		{"11-21 02:14", "IN_TRANSIT", "출발", "칠곡HUB"}, {"11-21 02:14", "IN_TRANSIT", "출발", "칠곡HUB"},
		{"11-21 09:01", "OUT_FOR_DELIVERY", "배송출발", "울산"},
	}},
	"undated": {courier: courier.Lotte, scans: []docScan{
		{"11-20", "AT_PICKUP", "집하", "서울"}, {"11-20 21:10", "IN_TRANSIT", "구간발송", "서울"},
		{"", "IN_TRANSIT", "구간도착", "부산"}, {"11-21 08:40", "OUT_FOR_DELIVERY", "배달전", "부산"},
		{"", "DELIVERED", "배달완료", "부산"},
	}},
	"reused": {courier: courier.CJ, since: "11-20 10:00", scans: []docScan{
		{"07-03 19:11", "AT_PICKUP", "집화처리", "광주"}, {"07-04 13:25", "DELIVERED", "배송완료", "울산"},
		{"11-20 18:02", "AT_PICKUP", "집화처리", "서울"}, {"11-21 09:17", "OUT_FOR_DELIVERY", "배송출발", "부산"},
	}},
	"returned": {courier: courier.Post, scans: []docScan{
		{"11-17 18:02", "INFORMATION_RECEIVED", "접수", "서울우체국"}, {"11-18 09:05", "OUT_FOR_DELIVERY", "배달준비", "부산우체국"},
		{"11-18 14:31", "ATTEMPT_FAIL", "미배달", "부산우체국"}, {"11-19 10:00", "UNKNOWN", "반송", "부산우체국"},
		{"11-20 09:02", "OUT_FOR_DELIVERY", "배달준비", "서울우체국"}, {"11-20 11:47", "DELIVERED", "배달완료", "서울우체국"},
	}},
	"inferred": {courier: courier.CJ, scans: []docScan{
		{"11-17 18:02", "AT_PICKUP", "집화처리", "서울"}, {"11-18 09:05", "OUT_FOR_DELIVERY", "배송출발", "부산"},
		{"11-19 02:10", "IN_TRANSIT", "간선상차", "대전HUB"}, {"11-20 09:02", "OUT_FOR_DELIVERY", "배송출발", "서울"},
		{"11-20 11:47", "DELIVERED", "배송완료", "서울"},
	}},
	"called-off": {courier: courier.Lotte, scans: []docScan{
		{"11-18 18:02", "AT_PICKUP", "집하", "서울"}, {"11-18 23:10", "IN_TRANSIT", "구간발송", "서울"},
		{"11-19 10:00", "UNKNOWN", "반품", "대전"}, {"11-19 12:30", "EXCEPTION", "반품취소", "대전"},
		{"11-20 11:47", "DELIVERED", "배달완료", "부산"},
	}},
	"unknown": {courier: courier.CJ, scans: []docScan{
		{"11-20 18:02", "AT_PICKUP", "집화처리", "서울"}, {"11-20 22:10", "UNKNOWN", "로봇분류", "대전HUB"},
		{"11-21 09:17", "OUT_FOR_DELIVERY", "배송출발", "부산"},
	}},
}

// docStoryTable tells a story: after each scan, what the parcel is, by the built-in table of tracker.delivery and Settle.
func docStoryTable(t *testing.T, words []string) string {
	story, ok := docStories[words[0]]
	if !ok {
		t.Fatalf("no story %q", words[0])
	}
	columns := []string{"when", "the courier's words", "where", "the scan means", "the parcel is then"}
	if story.since != "" {
		columns = append(columns, "… for one who asks with `Since` "+story.since)
	}
	table := newDocTable(columns...)
	var last tracking.Parcel
	for i, scan := range story.scans {
		last = story.parcel(t, i+1, "")
		row, _ := statusmap.TrackerDelivery().Map(story.courier, scan.code, scan.text)
		cells := []string{scan.when, scan.text, scan.place, docStanding(row.Status, row.Sub, 0), docStanding(last.Status, last.Sub, last.Doubts)}
		if story.since != "" {
			told := story.parcel(t, i+1, story.since)
			cells = append(cells, docStanding(told.Status, told.Sub, told.Doubts))
		}
		table.row(cells...)
	}
	order := make([]string, len(last.Events))
	for i, event := range last.Events {
		order[i] = event.Text
	}
	table.b.WriteString("\n`Parcel.Events` in the end: " + strings.Join(order, " → ") + ".")
	if last.Status == tracking.StatusDelivered {
		delivered := "empty"
		if !last.DeliveredAt.IsZero() {
			delivered = last.DeliveredAt.Format("01-02 15:04")
		}
		table.b.WriteString(" `Parcel.DeliveredAt`: " + delivered + ".")
	}
	return table.String()
}

// parcel is what an answer with the first n scans makes.
func (s docStory) parcel(t *testing.T, n int, since string) tracking.Parcel {
	p := tracking.Parcel{Courier: s.courier, Number: "550000001234", Source: "trackerdelivery", RetrievedAt: docTime(t, "11-22 09:00")}
	mapping := statusmap.TrackerDelivery()
	for _, scan := range s.scans[:n] {
		row, _ := mapping.Map(s.courier, scan.code, scan.text)
		event := tracking.Event{Status: row.Status, Sub: row.Sub, Reason: row.Reason, Code: scan.code, Text: scan.text, Place: scan.place}
		switch len(scan.when) {
		case 0:
			event.Precision = tracking.PrecisionNone
		case len("11-20"):
			event.At, event.Precision = docTime(t, scan.when+" 00:00"), tracking.PrecisionDay
		default:
			event.At = docTime(t, scan.when)
		}
		p.Events = append(p.Events, event)
	}
	var c tracking.Context
	if since != "" {
		c.Since = docTime(t, since)
	}
	p.Settle(c)
	return p
}

func docTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, time.FixedZone("KST", 9*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func docStanding(s tracking.Status, sub tracking.Sub, doubts tracking.Doubts) string {
	text := s.String()
	if sub != tracking.SubNone {
		text += " · " + sub.String()
	}
	text = docCode(text)
	if doubts != 0 {
		text += ", doubt " + docList(doubts.String())
	}
	return text
}

// TestDocStories holds the stories against what they are told for: a page must not go on teaching when the rules change.
func TestDocStories(t *testing.T) {
	ends := map[string]string{
		"sticky": "DELIVERED", "same-minute": "OUT_FOR_DELIVERY", "undated": "DELIVERED", "reused": "OUT_FOR_DELIVERY",
		"returned": "RETURNED", "inferred": "RETURNED", "called-off": "DELIVERED", "unknown": "OUT_FOR_DELIVERY",
	}
	for name, story := range docStories {
		p := story.parcel(t, len(story.scans), story.since)
		if p.Status.String() != ends[name] || p.Sub != tracking.SubNone {
			t.Errorf("%s ends as %s %s, want %q", name, p.Status, p.Sub, ends[name])
		}
		if inferred := slices.Contains(p.Doubts.List(), "return_inferred"); inferred != (name == "inferred") {
			t.Errorf("%s has the doubts %s", name, p.Doubts)
		}
	}
}
