package fulfill

import (
	"cmp"
	"fmt"
	"strings"
	"time"

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
	n.line(1, "%s  %s, %s", n.row(s.when(), tracking.PrecisionMinute), what, n.actor(s.By))
	if s.Fact != nil {
		n.line(8, "%s: %s", n.say("규칙", "rule"), n.say(koreanRule(s), s.Fact.Rule))
		if why := s.Fact.Why; why != (poll.Why{}) {
			n.line(8, "%s: %s", n.say("그때 조회한 이유", "asked then because"), n.say(why.Korean(), why.String()))
		}
	}
}

// actor tells who it was. A correction is the tracker's by the name of the person behind it.
func (n *narrator) actor(a order.Actor) string {
	id := a.ID
	if role, person, _ := strings.Cut(id, " "); a.Role == order.RoleTracker && roleWords[order.Role(role)].korean != "" {
		id = "(" + n.actor(order.Actor{Role: order.Role(role), ID: person}) + ")"
	}
	return strings.TrimSpace(n.pick(word(roleWords, a.Role)) + " " + id)
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
		if strings.HasSuffix(t.Rule, ruleAgain) {
			does = "배송완료 시각을 다시 기록"
		}
	}
	return fmt.Sprintf("%s ‘%s’ → %s", whose, strings.TrimSpace(t.Status.Korean()+" "+subWords[t.Sub]), cmp.Or(does, "확정된 상태와 어긋남: 기록만"))
}
