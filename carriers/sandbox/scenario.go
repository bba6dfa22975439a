package sandbox

import (
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// step is one scan of a scenario, on a day counted from the scenario's first.
type step struct {
	day    int
	clock  string // KST, 15:04; empty where the courier publishes no time
	status tracking.Status
	sub    tracking.Sub
	code   string
	text   string
	place  string
	window string
}

// scenario is a parcel's way as a courier would publish it.
type scenario struct {
	courier string
	steps   []step
}

// ended plays a scenario so that its last scan was on the Korean day before start.
func (s scenario) ended(start time.Time) []Scan {
	last := s.steps[len(s.steps)-1].day
	return s.scans(midnight(start).AddDate(0, 0, -1-last))
}

// coming plays a scenario so that its first dated scan comes within the 24 hours after start. Whatever lies long
// before it, such as a scan of an earlier use of the number, has been already.
func (s scenario) coming(start time.Time) []Scan {
	day := midnight(start)
	for _, step := range s.steps {
		if step.day >= 0 && step.clock != "" {
			if !step.at(day).After(start) {
				day = day.AddDate(0, 0, 1)
			}
			break
		}
	}
	return s.scans(day)
}

func (s scenario) scans(first time.Time) []Scan {
	scans := make([]Scan, 0, len(s.steps))
	for i, step := range s.steps {
		scan := Scan{
			At: step.at(first), Status: step.status, Sub: step.sub,
			Code: step.code, Text: step.text, Place: step.place, Window: step.window,
			Stray: step.day < 0,
		}
		if step.clock == "" { // published with the next scan, filed under its day
			scan.DayOnly = true
			scan.Published = s.steps[i+1].at(first)
			scan.At = scan.Published.Add(-time.Hour)
		}
		scans = append(scans, scan.described())
	}
	return scans
}

func (s step) at(first time.Time) time.Time {
	clock, _ := time.Parse("15:04", s.clock)
	return first.AddDate(0, 0, s.day).Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
}

// midnight gives the begin of the Korean day.
func midnight(t time.Time) time.Time {
	year, month, day := t.In(kst).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, kst)
}

// The people that every invented parcel has. They exist so that tests can look for them where they must not be.
var (
	theSender    = Person{Name: "이모래", Phone: "02-0000-1357", Address: "서울 모래구 사구로 12"}
	theRecipient = Person{Name: "박모래", Phone: "010-0000-2468", Address: "경기 모래시 해변동 34"}
)

const (
	theDriver      = "김모래"
	theDriverPhone = "010-0000-4321"
	theBranchPhone = "031-000-1234"
)

// Canaries lists the names, phone numbers and addresses that invented parcels and their drivers carry, in the forms
// in which providers show them. None of them may come out of an SDK.
func Canaries() []string {
	return []string{
		theSender.Name, theSender.Phone, theSender.Address,
		theRecipient.Name, theRecipient.Phone, theRecipient.Address,
		theDriver, theDriverPhone, theBranchPhone,
		e164(theSender.Phone), e164(theRecipient.Phone), e164(theDriverPhone),
		strings.ReplaceAll(theDriverPhone, "-", ""),
	}
}

// e164 writes a Korean phone number in E.164, as tracker.delivery does.
func e164(phone string) string {
	digits := strings.ReplaceAll(phone, "-", "")
	return "+82" + strings.TrimPrefix(digits, "0")
}

// described gives a scan the driver and the long description that couriers publish with it, unless it has them.
func (s Scan) described() Scan {
	if s.BranchPhone == "" && s.Place != "" {
		s.BranchPhone = theBranchPhone
	}
	switch s.Status {
	case tracking.StatusOutForDelivery, tracking.StatusDelivered, tracking.StatusFailed:
		if s.Driver == "" {
			s.Driver, s.Phone = theDriver, theDriverPhone
		}
	}
	if s.Note != "" {
		return s
	}
	window := ""
	if s.Window != "" {
		window = "(" + s.Window + ")"
	}
	switch s.Status {
	case tracking.StatusPickedUp:
		s.Note = "보내시는 고객님으로부터 상품을 인수받았습니다"
	case tracking.StatusOutForDelivery:
		s.Note = "고객님의 상품을 배송할 예정입니다." + window + "(배송담당:" + s.Driver + " " + s.Phone + ")"
	case tracking.StatusDelivered:
		s.Note = "고객님의 상품이 배송완료 되었습니다.(담당사원:" + s.Driver + " " + s.Phone + ")"
	case tracking.StatusFailed:
		s.Note = "고객님께 전달하지 못하였습니다.(배송담당:" + s.Driver + " " + s.Phone + ")"
	default:
		s.Note = s.Text + " 처리되었습니다."
	}
	return s
}

// Short names, so that scenarios read as tables.
const (
	registered = tracking.StatusRegistered
	pickedUp   = tracking.StatusPickedUp
	inTransit  = tracking.StatusInTransit
	outFor     = tracking.StatusOutForDelivery
	delivered  = tracking.StatusDelivered
	returned   = tracking.StatusReturned

	atBranch  = tracking.SubAtBranch
	returning = tracking.SubReturning
	none      = tracking.SubNone
)

// recorded retells six real Korean parcels: their stages, words, order and relative times. Branch names are others.
// On purpose: a rest over a holiday, a parcel within a day, a scan 4½ months before the pickup, pairs within one
// minute and a rest over Sunday, a pickup without a clock time and a doubled end, a way without a pickup scan.
var recorded = [...]struct {
	name, what string
	scenario
}{
	{"cj-holiday", "rests over a public holiday at the delivering branch; window met", scenario{courier.CJ, []step{
		{0, "18:15", pickedUp, none, "11", "집화처리", "부산사구장전", ""},
		{0, "19:02", inTransit, none, "41", "간선상차", "사구", ""},
		{1, "00:10", inTransit, none, "21", "SM입고", "부산모래MP", ""},
		{1, "07:17", inTransit, none, "44", "간선상차", "대전HUB", ""},
		{1, "11:39", inTransit, atBranch, "42", "간선하차", "광주모래", ""},
		{3, "12:19", outFor, none, "82", "배송출발", "광주모래해변", "16~18시"},
		{3, "17:17", delivered, none, "91", "배송완료", "광주모래해변", ""},
	}}},
	{"cj-overnight", "delivered 22 hours after pickup", scenario{courier.CJ, []step{
		{0, "11:05", pickedUp, none, "11", "집화처리", "[집화]모래", ""},
		{1, "03:26", inTransit, none, "41", "간선상차", "곤지암Hub", ""},
		{1, "07:52", inTransit, none, "42", "간선하차", "천안모래", ""},
		{1, "08:02", outFor, none, "82", "배달출발", "충남모래불당", ""},
		{1, "09:20", delivered, none, "91", "배달완료", "충남모래불당", ""},
	}}},
	{"cj-stray-scan", "first scan belongs to an earlier use of the number, 140 days before", scenario{courier.CJ, []step{
		{-140, "14:58", inTransit, none, "41", "간선상차", "모래1", ""},
		{0, "15:26", pickedUp, none, "11", "집화처리", "경기사구신삼", ""},
		{0, "17:15", inTransit, none, "21", "SM입고", "사구AMP", ""},
		{1, "06:28", inTransit, none, "41", "간선상차", "대전HUB", ""},
		{1, "09:17", outFor, none, "82", "배송출발", "충북모래", "17~19시"},
		{1, "17:19", delivered, none, "91", "배송완료", "충북모래", ""},
	}}},
	{"hanjin-sunday", "arrives and departs within one minute; rests over Sunday", scenario{courier.Hanjin, []step{
		{0, "17:08", pickedUp, none, "", "집하", "중모래", ""},
		{0, "17:08", inTransit, none, "", "이동중", "중모래", ""},
		{0, "22:53", inTransit, none, "", "도착", "칠곡HUB", ""},
		{0, "22:53", inTransit, none, "", "이동중", "칠곡HUB", ""},
		{1, "08:19", inTransit, none, "", "도착", "울산", ""},
		{1, "08:19", inTransit, atBranch, "", "배송 준비중", "울산", ""},
		{3, "09:23", outFor, none, "", "배송출발", "울산모래", ""},
		{3, "14:10", delivered, none, "", "배송완료", "울산모래", ""},
	}}},
	{"lotte-no-clock", "pickup without a clock time; delivered twice in one minute", scenario{courier.Lotte, []step{
		{0, "", pickedUp, none, "10", "인수/상품접수", "광주모래지점", ""},
		{0, "22:58", inTransit, none, "20", "상품 이동중", "광주TML", ""},
		{1, "03:20", inTransit, none, "21", "상품 이동중", "중부권MEGAHUB(터)", ""},
		{1, "09:07", inTransit, none, "21", "상품 이동중", "모래서브집배센터", ""},
		{3, "07:22", outFor, none, "40", "배송 출발", "모래서부(대)", "17~19시"},
		{3, "14:44", delivered, none, "41", "배달 완료", "모래서부(대)", ""},
		{3, "14:44", delivered, none, "45", "배달 완료(고객 수령)", "고객", ""},
	}}},
	{"logen-no-pickup", "no pickup scan", scenario{courier.Logen, []step{
		{0, "01:02", inTransit, none, "", "터미널입고", "이천센터", ""},
		{0, "01:12", inTransit, none, "", "행낭적입", "이천센터", ""},
		{0, "02:06", inTransit, none, "", "터미널출고", "이천센터", ""},
		{0, "06:07", inTransit, none, "", "터미널입고", "광주센터", ""},
		{0, "06:12", inTransit, none, "", "터미널출고", "광주센터", ""},
		{1, "06:29", inTransit, atBranch, "", "배송입고", "서모래", ""},
		{1, "06:31", outFor, none, "", "배송출고", "동모래", "12시~14시"},
		{1, "13:27", delivered, none, "", "배송완료", "동모래", ""},
	}}},
}
