package schedule

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Every reason in both languages, planned and when the time has come.
func TestReasonsInWords(t *testing.T) {
	van := View{Courier: "cj", Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(8 * 60), Now: after(12 * 60)}
	rationed, label, night := van, van, van
	rationed.Cap, rationed.Today = 60, 3
	label.Status = tracking.StatusRegistered
	night.Now = after(21 * 60)
	patient := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 1e9}
	eager := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	for name, c := range map[string]struct {
		policy              Policy
		view                View
		english, englishNow string
		korean, koreanNow   string
	}{
		"chance": {eager, van,
			"asked at 13:08 because DELIVERED has come with a chance of 9 %", "asked now because DELIVERED has come with a chance of 9 %",
			"13:08 조회: 배송 완료 가능성 9%", "지금 조회: 배송 완료 가능성 9%"},
		"chance with a cap": {eager, rationed,
			"asked at 13:08 because DELIVERED has come with a chance of 9 %, poll 4 of 60 that day", "asked now because DELIVERED has come with a chance of 9 %, poll 4 of 60 that day",
			"13:08 조회: 배송 완료 가능성 9%, 그날 4번째 (하루 최대 60번)", "지금 조회: 배송 완료 가능성 9%, 그날 4번째 (하루 최대 60번)"},
		"silence": {patient, van,
			"asked after 48 h because nothing is expected before", "asked now because nothing was expected for 48 h",
			"48시간 뒤 조회: 그 전에 예상되는 변화 없음", "지금 조회: 48시간 동안 예상된 변화 없음"},
		"silence with a cap": {patient, rationed,
			"asked after 48 h because nothing is expected before, poll 1 of 60 that day", "asked now because nothing was expected for 48 h, poll 1 of 60 that day",
			"48시간 뒤 조회: 그 전에 예상되는 변화 없음, 그날 1번째 (하루 최대 60번)", "지금 조회: 48시간 동안 예상된 변화 없음, 그날 1번째 (하루 최대 60번)"},
		"interval": {Fixed{Every: 72 * time.Minute}, van, "asked every 1 h 12 min", "asked every 1 h 12 min", "1시간 12분마다 조회", "1시간 12분마다 조회"},
		"status": {StatusTable{}, van,
			"asked every 30 min while OUT_FOR_DELIVERY", "asked every 30 min while OUT_FOR_DELIVERY", "30분마다 조회: 배송 출발 상태", "30분마다 조회: 배송 출발 상태"},
		"label": {StatusTable{}, label, "asked every 2 h while REGISTERED", "asked every 2 h while REGISTERED", "2시간마다 조회: 접수 완료 상태", "2시간마다 조회: 접수 완료 상태"},
		"night": {StatusTable{}, night,
			"asked every 2 h between 20:00 and 10:00", "asked every 2 h between 20:00 and 10:00", "2시간마다 조회: 20:00~10:00", "2시간마다 조회: 20:00~10:00"},
		"plan": {&Optimum{Model: Prior(), Worth: Worths(1), PollWon: 0.05}, van,
			"asked by the cheapest plan for the learned hazards", "asked by the cheapest plan for the learned hazards",
			"학습된 확률에 따른 최저 비용 일정대로 조회", "학습된 확률에 따른 최저 비용 일정대로 조회"},
	} {
		r := c.policy.(Reasoner).Reason(c.view)
		for _, said := range [][2]string{
			{r.String(), c.english}, {r.Now().String(), c.englishNow}, {r.Korean(), c.korean}, {r.Now().Korean(), c.koreanNow}, {c.policy.Why(c.view), c.english},
		} {
			if said[0] != said[1] {
				t.Errorf("%s: %q, want %q", name, said[0], said[1])
			}
		}
		if !r.At.Equal(c.policy.Next(c.view)) {
			t.Errorf("%s: at %v, and Next is %v", name, r.At, c.policy.Next(c.view))
		}
		kept, err := json.Marshal(r)
		var back Reason
		if err != nil || json.Unmarshal(kept, &back) != nil || back.String() != r.String() {
			t.Errorf("%s: %s, %v", name, kept, err)
		}
	}
}
