package fulfill

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

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
			n.actor(s.Pin.By))
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
		seen += " " + seenAt(e)
		if e.Late > 0 {
			seen += n.say(" ("+n.span(e.Late)+" 뒤)", " ("+n.span(e.Late)+" later)")
		}
		add(true, seen)
	}
	add(!e.Window.IsZero(), n.say("예정 ", "window ")+e.Window.String())
	mapping := strings.TrimSpace(e.Mapping + " " + cmp.Or(e.Text, e.Code))
	add(!e.Summary, fmt.Sprintf("%s %s → %s", n.say("매핑", "mapping"), mapping, n.parcel(e.Status, e.Sub)))
	add(e.Summary, n.say("요약", "summary")+" → "+n.parcel(e.Status, tracking.SubNone))
	add(e.Parked, n.say("이전 사용분: 무시", "of an earlier use: decides nothing"))
	add(e.Overruled, n.say("정정으로 무시", "overruled"))
	n.line(2, "%s  %s", text, strings.Join(by, ", "))
}

// seenAt is the hour, and the day where it is not that of the scan.
func seenAt(e *ExplainedEvent) string {
	seen := e.Seen.In(kst)
	if !e.At.IsZero() && seen.Format(time.DateOnly) == e.At.In(kst).Format(time.DateOnly) {
		return seen.Format("15:04")
	}
	return seen.Format("01/02 15:04")
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
			text += ": " + n.failure(t.Why)
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
		if w.Why != (poll.Why{}) {
			text += ", " + n.say(w.Why.Korean(), w.Why.String())
		}
		if w.Failures > 0 {
			text += fmt.Sprintf(n.say(" (연속 실패 %d회: %s)", " (%d failures in a row: %s)"), w.Failures, n.pick(word(failureWords, w.Failure)))
		}
		n.line(2, "%s", text)
	case poll.Paused:
		n.line(2, "%s: %s, %s", n.say("조회 멈춤", "paused"), who, n.say(w.Reason.Korean(), w.Reason.English()))
	case poll.Closed:
		why := n.say(w.Reason.Korean(), w.Reason.English())
		if w.Reason == poll.ReasonMoved && w.Failure != "" {
			why += " (" + n.pick(word(failureWords, w.Failure)) + ")"
		}
		n.line(2, "%s: %s, %s", n.say("조회 끝", "asked no more"), who, why)
	}
}
