package poll

import (
	"cmp"
	"fmt"
)

// A form is how a ground is kept and said.
type form struct {
	english, korean string // with a %s for each figure
	figures         []figure
	capped          bool // Count and Cap follow, where there is a cap
	priced          bool // Price follows, where a budget makes it another
}

// forms has every ground. The words go with a time that stands beside them, to come or past.
var forms = map[Ground]form{
	GroundOpened:      {english: "opened", korean: "조회를 시작함"},
	GroundRegistered:  {english: "the waybill was registered", korean: "송장이 등록됨"},
	GroundPerson:      {english: "a person asked", korean: "사람이 요청함"},
	GroundHint:        {english: "a push hinted at news", korean: "웹훅이 새 소식을 알림"},
	GroundSecond:      {english: "a second opinion is wanted", korean: "다른 조회처의 확인이 필요함"},
	GroundSecondAgain: {english: "a second opinion is still wanted", korean: "다른 조회처의 확인이 아직 필요함"},
	GroundTakenOver:   {english: "taken over from %s", korean: "%s에서 넘겨받음", figures: []figure{carrierFigure}},

	GroundChance: {
		english: "%s has come with a chance of %s %%", korean: "%s 가능성 %s%%", figures: []figure{statusFigure, percentFigure}, capped: true, priced: true,
	},
	GroundSilence:  {english: "nothing is expected before", korean: "그 전에 예상되는 변화 없음", capped: true, priced: true},
	GroundInterval: {english: "always the same interval", korean: "늘 같은 간격"},
	GroundStatus:   {english: "the interval while %s", korean: "%s 상태의 조회 간격", figures: []figure{statusFigure}, priced: true},
	GroundLost:     {english: "the interval while lost", korean: "분실 상태의 조회 간격", priced: true},
	GroundNoData:   {english: "the interval while there is no data", korean: "조회 결과가 없을 때의 조회 간격", priced: true},
	GroundNight:    {english: "one of a night's few checks", korean: "야간에는 드물게 조회", priced: true},

	GroundAskedEnough: {english: "put off to the next day, for ask %s was the last of its day", korean: "하루 %s번 조회하여 다음 날로 미룸", figures: []figure{countFigure}},
	GroundDailyCap:    {english: "put off to the next day by the carrier's cap of this number", korean: "조회처의 송장별 하루 한도로 다음 날로 미룸"},
	GroundMidnight:    {english: "put off past midnight, so that it counts for one day", korean: "한 날의 조회로 세도록 자정 뒤로 미룸"},
	GroundFailure:     {english: "the wait after failure %s", korean: "연속 실패 %s회 뒤의 대기", figures: []figure{countFigure}},
	GroundHidden:      {english: "the wait after failure %s, whose cause the carrier hides", korean: "연속 실패 %s회 뒤의 대기, 조회처가 원인을 숨김", figures: []figure{countFigure}},
	GroundRefused:     {english: "the carrier refuses the account", korean: "조회처가 계정을 거절함"},
	GroundStopped:     {english: "when the carrier, which is stopped, is tried again", korean: "멈춘 조회처를 다시 시도할 때"},
	GroundPolicy:      {english: "the policy failed", korean: "조회 정책의 오류"},
	GroundEnd:         {english: "the watch ends then: %s", korean: "그때 조회를 끝냄: %s", figures: []figure{endFigure}},
}

// String is the reason in English; a host's own text is as it is.
func (w Why) String() string {
	english, _ := w.words()
	return english
}

// Korean is the reason in Korean; a host's own text is as it is.
func (w Why) Korean() string {
	_, korean := w.words()
	return korean
}

func (w Why) words() (english, korean string) {
	f, ok := forms[w.Ground]
	if !ok {
		return w.Text, w.Text
	}
	englishFigures, koreanFigures := make([]any, len(f.figures)), make([]any, len(f.figures))
	for i, figure := range f.figures {
		englishFigures[i], koreanFigures[i] = figure.say(&w)
	}
	english, korean = fmt.Sprintf(f.english, englishFigures...), fmt.Sprintf(f.korean, koreanFigures...)
	if f.capped && w.Cap > 0 {
		english += fmt.Sprintf(", ask %d of %d that day", w.Count, w.Cap)
		korean += fmt.Sprintf(", 그날 %d번째 (하루 최대 %d번)", w.Count, w.Cap)
	}
	if f.priced && w.Price > 0 {
		english += fmt.Sprintf(", at %d.%d times the price to keep the budget", w.Price/10, w.Price%10)
		korean += fmt.Sprintf(", 예산에 맞춰 조회 단가 %d.%d배", w.Price/10, w.Price%10)
	}
	return english, korean
}

var reasonWords = map[Reason]struct{ english, korean string }{
	ReasonDelivered:   {"delivered", "배송완료"},
	ReasonReturned:    {"returned", "반송"},
	ReasonCancelled:   {"cancelled", "취소"},
	ReasonLost:        {"lost", "분실"},
	ReasonNotFound:    {"no data", "조회 결과 없음"},
	ReasonSilence:     {"silence", "오래 소식 없음"},
	ReasonNotWorth:    {"not worth asking any more", "더 조회할 가치 없음"},
	ReasonAge:         {"age", "조회 기간 만료"},
	ReasonInvalid:     {"invalid number or courier", "송장번호나 택배사가 맞지 않음"},
	ReasonCredentials: {"the account may not ask", "계정 권한 없음"},
	ReasonMoved:       {"another carrier is asked", "다른 조회처로 넘김"},
	ReasonHost:        {"as the host said, or answered", "더 묻지 않기로 함"},
}

// English is the reason in words; one of the host's own is as it is.
func (r Reason) English() string { return cmp.Or(reasonWords[r].english, string(r)) }

// Korean is the reason in Korean words; one of the host's own is as it is.
func (r Reason) Korean() string { return cmp.Or(reasonWords[r].korean, string(r)) }
