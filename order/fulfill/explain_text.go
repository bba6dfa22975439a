package fulfill

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A Language is one that explanations are written in.
type Language string

// The languages.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// String is Text in Korean.
func (x Explanation) String() string { return x.Text(Korean) }

// Text writes the explanation for people, in Korean unless it is English that is asked for. Times are Korean. It shows the last four
// digits of waybill numbers.
func (x Explanation) Text(l Language) string {
	n := narrator{english: l == English, year: x.At.In(kst).Year(), told: map[string]bool{}}
	n.line(0, "%s %s, %s", n.say("주문", "order"), x.Order, n.say(n.day(x.At)+" 기준", "as of "+n.day(x.At)))
	for i := range x.Sections {
		n.section(&x.Sections[i])
	}
	for i := range x.Others {
		n.line(0, "%s", n.say("섹션에서 떼어진 운송장", "of a waybill that no section carries now"))
		n.shipment(&x.Others[i])
	}
	return n.text.String()
}

// kst is Korean time, which has no summer time.
var kst = time.FixedZone("KST", 9*60*60)

// A narrator writes an explanation in one language.
type narrator struct {
	text    strings.Builder
	english bool
	year    int             // that need not be said
	told    map[string]bool // shipments
}

func (n *narrator) say(korean, english string) string {
	if n.english {
		return english
	}
	return korean
}

func (n *narrator) line(depth int, format string, args ...any) {
	n.text.WriteString(strings.Repeat("  ", depth))
	n.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	n.text.WriteByte('\n')
}

// day is a time in running text.
func (n *narrator) day(t time.Time) string {
	t = t.In(kst)
	if t.Year() != n.year {
		return t.Format(n.say("2006년 1월 2일 15:04", "2 Jan 2006 15:04"))
	}
	return t.Format(n.say("1월 2일 15:04", "2 Jan 15:04"))
}

// row is a time at the beginning of a line.
func (n *narrator) row(t time.Time, p tracking.Precision) string {
	switch {
	case t.IsZero() || p == tracking.PrecisionNone:
		return "  -     -  "
	case p == tracking.PrecisionDay:
		return t.In(kst).Format("01/02") + "   -  "
	}
	return t.In(kst).Format("01/02 15:04")
}

// span is a duration in words.
func (n *narrator) span(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	var parts []string
	for _, part := range []struct {
		count           int
		korean, english string
	}{{days, "일", " d"}, {hours, "시간", " h"}, {minutes, "분", " min"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", part.count, n.say(part.korean, part.english)))
		}
	}
	return cmp.Or(strings.Join(parts, " "), "0"+n.say("분", " min"))
}

func (n *narrator) status(s order.Status) string {
	if n.english {
		return s.String()
	}
	return s.Korean()
}

func (n *narrator) section(s *ExplainedSection) {
	n.line(0, "")
	text := fmt.Sprintf("%s %s %s", n.say("섹션", "section"), s.Section, n.status(s.Status))
	if !s.Since.IsZero() {
		text += ", " + n.day(s.Since)
	}
	var more []string
	add := func(on bool, korean, english string) {
		if on {
			more = append(more, n.say(korean, english))
		}
	}
	add(s.Kind == order.KindExchangeOut, "교환출고", "replacement")
	add(s.Quantity > 0, fmt.Sprintf("%d개", s.Quantity), fmt.Sprintf("quantity %d", s.Quantity))
	add(s.Parent != "", fmt.Sprintf("%s에서 나뉨", s.Parent), fmt.Sprintf("split from %s", s.Parent))
	add(s.MergedInto != "", fmt.Sprintf("%s로 합쳐짐", s.MergedInto), fmt.Sprintf("merged into %s", s.MergedInto))
	if s.Claim != "" {
		add(true, word(claimWords, s.Claim).korean+" 진행 중", word(claimWords, s.Claim).english+" open")
	}
	add(s.Prior != 0, "이전 상태 "+s.Prior.Korean(), "before it "+s.Prior.String())
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	n.line(0, "%s", text)
	if s.Exception != "" {
		n.line(1, "%s: %s%s", n.say("예외", "exception"), n.pick(word(exceptionWords, s.Exception)), n.since(s.MarkedAt))
	}
	if s.Hold != "" {
		n.line(1, "%s: %s", n.say("보류", "on hold"), s.Hold)
	}
	for i := range s.Steps {
		n.step(&s.Steps[i])
	}
	n.tasks(1, s.Tasks)
	for i := range s.Shipments {
		n.shipment(&s.Shipments[i])
	}
}

func (n *narrator) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", " + n.day(t)
}

func (n *narrator) step(s *ExplainedStep) {
	what := n.say("기록", "noted")
	if s.Event != 0 {
		what = n.say(s.Event.Korean(), s.Event.String())
	}
	if s.To != 0 && s.From != 0 {
		what += fmt.Sprintf(" (%s → %s)", n.status(s.From), n.status(s.To))
	}
	if s.Code != "" {
		what += ": " + n.pick(word(exceptionWords, s.Code))
	}
	by := n.pick(word(roleWords, s.By.Role))
	if s.By.ID != "" {
		by += " " + s.By.ID
	}
	n.line(1, "%s  %s, %s", n.row(s.when(), tracking.PrecisionMinute), what, by)
	if s.Fact != nil {
		n.line(8, "%s: %s", n.say("규칙", "rule"), n.say(koreanRule(s), s.Fact.Rule))
		if s.Fact.Why != "" {
			n.line(8, "%s: %s", n.say("그때 조회한 이유", "asked then because"), s.Fact.Why)
		}
	}
}

// koreanRule is the rule of a trace in Korean, from what the trace tells besides.
func koreanRule(s *ExplainedStep) string {
	t := s.Fact
	whose := "섹션 송장"
	switch t.Role {
	case order.WaybillRecall:
		whose = "회수 송장"
	case order.WaybillSendBack:
		whose = "재발송 송장"
	}
	does := map[order.EventName]string{
		order.WaybillScanned: "섹션에 스캔을 표시", order.CompleteRelease: "정책에 따라 출고를 완료", order.CompleteDelivery: "섹션을 배송완료로",
		order.PriorStatusUpdated: "클레임 중이라 되돌아갈 상태를 배송완료로", order.CourierReturn: "섹션을 반송으로", order.ConfirmRecall: "회수를 확인",
		order.FailRecall: "회수를 실패로", order.FailRecallExchange: "회수를 실패로", order.EvidenceWithdrawn: "배송완료 근거를 철회",
		order.ExceptionRaised: "섹션에 예외를 표시", order.ExceptionCleared: "예외 표시를 해제",
	}[t.Event]
	if t.Event == order.CompleteDelivery && s.Event == order.PriorStatusUpdated {
		does = "클레임 중이라 되돌아갈 상태를 배송완료로"
	}
	return fmt.Sprintf("%s ‘%s’ → %s", whose, strings.TrimSpace(t.Status.Korean()+" "+subWords[t.Sub]), cmp.Or(does, "확정된 상태와 어긋남: 기록만"))
}

func (n *narrator) shipment(s *ExplainedShipment) {
	name := string(s.Courier)
	if c := directory.Get(name); c != nil {
		name = n.say(c.Korean, c.English)
	}
	text := fmt.Sprintf("%s %s", name, short(s.Number))
	if s.Generation > 1 {
		text += fmt.Sprintf("/%d", s.Generation)
	}
	text += fmt.Sprintf(" (%s)", n.pick(word(waybillWords, s.Role)))
	stands := n.say("아직 조회 결과 없음", "nothing known yet")
	if s.Known {
		stands = n.parcel(s.Status, s.Sub)
		if s.Inferred {
			stands += n.say(" (경로로 추정)", " (inferred from the route)")
		}
		stands += n.since(s.DeliveredAt)
	}
	key := fmt.Sprintf("%s %s %d", s.Courier, s.Number, s.Generation)
	if n.told[key] {
		n.line(1, "%s: %s, %s", text, stands, n.say("위와 같음", "as above"))
		return
	}
	n.told[key] = true
	n.line(1, "%s: %s", text, stands)
	if len(s.Shared) > 0 {
		n.line(2, "%s: %s", n.say("합포장 주문", "shared with"), join(s.Shared))
	}
	if s.Pin != nil {
		n.line(2, "%s: %s, %s, %s", n.say("사람의 정정", "corrected by a person"), n.parcel(s.Pin.Status, s.Pin.Sub), n.day(s.Pin.At),
			strings.TrimSpace(n.pick(word(roleWords, s.Pin.By.Role))+" "+s.Pin.By.ID))
	}
	if s.Forgotten {
		n.line(2, "%s", n.say("보존 기간이 지나 근거를 지움", "kept long enough: why is forgotten"))
	}
	for i := range s.Events {
		n.event(&s.Events[i])
	}
	if s.Unmapped > 0 {
		n.line(2, "%s: %d", n.say("매핑 없는 스캔", "scans without a mapping"), s.Unmapped)
	}
	for _, doubt := range s.Doubts {
		n.line(2, "%s: %s", n.say("의심", "doubt"), n.pick(word(doubtWords, doubt)))
	}
	if s.Withdrawn > 0 {
		n.line(2, n.say("근거 철회: %d회, 한 일은 되돌림", "evidence withdrawn: %d×, what was done is taken back"), s.Withdrawn)
	}
	if s.Awaiting != AwaitingNothing {
		n.line(2, "%s: %s", n.say("재고·입고 보류", "stock and inbound held"), n.pick(word(awaitingWords, s.Awaiting)))
	}
	n.tasks(2, s.Tasks)
	for i := range s.Watches {
		n.watch(&s.Watches[i])
	}
}

func (n *narrator) parcel(s tracking.Status, sub tracking.Sub) string {
	if n.english {
		return strings.TrimSuffix(s.String()+"·"+sub.String(), "·")
	}
	return strings.TrimSpace(s.Korean() + " " + subWords[sub])
}

func short(number string) string {
	if last := tracking.Last4(number); last != "" {
		return "…" + last
	}
	return "…"
}

func join[T ~string](all []T) string {
	var b strings.Builder
	for i, one := range all {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(one))
	}
	return b.String()
}

func (n *narrator) event(e *ExplainedEvent) {
	text := fmt.Sprintf("%s  \"%s\"", n.row(e.At, e.Precision), cmp.Or(e.Text, e.Code, n.parcel(e.Status, e.Sub)))
	if e.Place != "" {
		text += " " + e.Place
	}
	var by []string
	add := func(on bool, text string) {
		if on {
			by = append(by, text)
		}
	}
	add(e.Carrier != "", e.Carrier)
	if !e.Seen.IsZero() {
		seen := n.say("확인", "seen")
		switch e.Door {
		case tracking.DoorPoll:
			seen = n.say("조회", "asked")
		case tracking.DoorPush:
			seen = n.say("웹훅", "webhook")
		}
		seen += " " + e.Seen.In(kst).Format("15:04")
		if e.Late > 0 {
			seen += n.say(" ("+n.span(e.Late)+" 뒤)", " ("+n.span(e.Late)+" later)")
		}
		add(true, seen)
	}
	add(!e.Window.IsZero(), n.say("예정 ", "window ")+e.Window.String())
	mapping := strings.TrimSpace(e.Mapping + " " + cmp.Or(e.Text, e.Code))
	add(!e.Summary, fmt.Sprintf("%s %s → %s", n.say("매핑", "mapping"), mapping, strings.TrimSuffix(e.Status.String()+"·"+e.Sub.String(), "·")))
	add(e.Summary, fmt.Sprintf("%s → %v", n.say("요약", "summary"), e.Status))
	add(e.Parked, n.say("이전 사용분: 무시", "of an earlier use: decides nothing"))
	add(e.Overruled, n.say("정정으로 무시", "overruled"))
	n.line(2, "%s  %s", text, strings.Join(by, ", "))
}

// tasks writes what was done in one line, and a line for each task that is anything else.
func (n *narrator) tasks(depth int, tasks []ExplainedTask) {
	var done []string
	for i := range tasks {
		t := &tasks[i]
		if t.State == Done && !t.Undo {
			text := n.task(t) + " " + n.day(t.Done)
			if !t.Undone.IsZero() {
				text += n.say(" (되돌림 ", " (undone ") + n.day(t.Undone) + ")"
			}
			done = append(done, text)
		}
	}
	if len(done) > 0 {
		n.line(depth, "%s: %s", n.say("한 일", "done"), strings.Join(done, ", "))
	}
	for i := range tasks {
		t := &tasks[i]
		if t.State == Done { // an undo shows beside what it undid
			continue
		}
		text := n.task(t)
		switch t.State {
		case Waiting:
			text += ", " + n.day(t.Due)
			if t.Attempts > 0 {
				text += fmt.Sprintf(n.say(", %d회 시도", ", %d attempts"), t.Attempts)
			}
		case Dead:
			text += ", " + n.day(t.Done) + fmt.Sprintf(n.say(", %d회 시도", ", %d attempts"), t.Attempts)
		default:
			text += n.since(t.Done)
		}
		if t.Why != "" && t.State != Passed {
			text += ": " + t.Why
		}
		n.line(depth, "%s: %s", n.pick(word(taskWords, t.State)), text)
	}
}

func (n *narrator) task(t *ExplainedTask) string {
	text := n.pick(word(actionWords, t.Name))
	if t.Status != tracking.StatusUnknown && (t.Name == NotifyCustomer || t.Name == AlertOperations) { // of which a parcel causes several
		text += " (" + n.parcel(t.Status, tracking.SubNone) + ")"
	}
	if t.Undo {
		text = n.say(text+" 되돌리기", "undo: "+text)
	}
	return text
}

func (n *narrator) watch(w *ExplainedWatch) {
	who := w.Carrier
	if w.Role == poll.Confirm {
		who += n.say(" (재확인)", " (second opinion)")
	}
	switch w.Life {
	case poll.Active:
		text := fmt.Sprintf("%s: %s %s", n.say("다음 조회", "next"), who, n.day(w.Due))
		if w.Why != "" {
			text += ", " + w.Why
		}
		if w.Failures > 0 {
			text += fmt.Sprintf(n.say(" (연속 실패 %d회: %s)", " (%d failures in a row: %s)"), w.Failures, w.Failure)
		}
		n.line(2, "%s", text)
	case poll.Paused:
		n.line(2, "%s: %s, %s", n.say("조회 멈춤", "paused"), who, n.pick(word(reasonWords, w.Reason)))
	case poll.Closed:
		n.line(2, "%s: %s, %s", n.say("조회 끝", "asked no more"), who, n.pick(word(reasonWords, w.Reason)))
	}
}
