package fulfill

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

var english = regexp.MustCompile(`[A-Za-z]{2,}`)

func TestReasonsInKorean(t *testing.T) {
	n := &narrator{}
	for why, want := range map[string]string{
		"":                                "",
		"in 1h59m16s, because IN_TRANSIT": "1시간 59분 뒤, ‘배송 중’ 상태",
		"in 2h0m0s, because there is no data and quiet hours":                                         "2시간 뒤, 조회 결과 없음, 야간에는 드물게",
		"in 2h0m0s, as always":                                                                        "2시간 뒤, 늘 같은 간격",
		"in 24h0m0s, because lost":                                                                    "1일 뒤, 분실",
		"in 1h0m0s, because the policy failed":                                                        "1시간 뒤, 조회 정책의 오류",
		"in 1h0m0s, because the carrier refuses the account":                                          "1시간 뒤, 조회처가 계정을 거절함",
		"in 5m12s, after failure 1":                                                                   "5분 뒤, 연속 실패 1회",
		"in 2h0m0s, because DELIVERED, after failure 3":                                               "2시간 뒤, ‘배송 완료’ 상태, 연속 실패 3회",
		"in 4h0m0s, after failure 2, whose cause the carrier hides":                                   "4시간 뒤, 연속 실패 2회, 조회처가 원인을 숨김",
		"on the next Korean day, because it was asked 10 times":                                       "다음 날, 이미 10번 조회함",
		"on the next Korean day, because the carrier's cap of this number is reached":                 "다음 날, 이 송장의 하루 조회 한도를 다 씀",
		"ends then, because silence":                                                                  "그때 조회를 끝냄: 오래 소식 없음",
		"taken over from sweettracker, because upstream":                                              "sweettracker에서 넘겨받음: 조회처 장애",
		"because DELIVERED has come with a chance of 15 %, at 2.3 times the price to keep the budget": "‘배송 완료’ 확률 15%, 예산에 맞춰 조회 단가 2.3배",
		"in 18h0m0s, because RETURNED, at 9.0 times the price to keep the budget":                     "18시간 뒤, ‘반송’ 상태, 예산에 맞춰 조회 단가 9.0배",
		"a person asked":        "사람이 요청함",
		"a push hinted at news": "웹훅이 새 소식을 알림",
		"asked after 3 h 20 min because nothing is expected before":                "3시간 20분 동안은 새 소식이 예상되지 않음",
		"asked at 12:37 because DELIVERED has come with a chance of 15 %":          "12:37까지 ‘배송 완료’ 확률 15%",
		"because DELIVERED has come with a chance of 15 %":                         "‘배송 완료’ 확률 15%",
		"at 15:04, because nothing is expected before":                             "15:04에, 그 전에는 새 소식이 예상되지 않음",
		"asked now because nothing was expected for 40 min, poll 3 of 10 that day": "40분 동안은 새 소식이 예상되지 않았음, 그날 10회 중 3회째",
		"the attempts ended without a word, perhaps with the process":              "시도가 결과 없이 끝남 (프로세스 종료로 보임)",
		"창고 시스템이 점검 중":                                                             "창고 시스템이 점검 중",
		"as the host's own policy likes it, because it does":                       "as the host's own policy likes it, because it does",
		"in no time, because IN_TRANSIT":                                           "in no time, because IN_TRANSIT",
		"in 1h0m0s, because the host's policy wants DELIVERED to be looked at":     "in 1h0m0s, because the host's policy wants DELIVERED to be looked at",
	} {
		if got := n.reason(why); got != want {
			t.Errorf("%q: %q, want %q", why, got, want)
		}
		if got := (&narrator{english: true}).reason(why); got != why {
			t.Errorf("in English %q: %q", why, got)
		}
	}
}

// TestOurReasonsAreKnownInKorean: whatever a policy of ours, and this package, says of a due time or a failure has Korean words.
func TestOurReasonsAreKnownInKorean(t *testing.T) {
	now := time.Date(2026, 11, 19, 23, 0, 0, 0, kst)
	said := map[string]bool{}
	for _, policy := range []poll.Policy{poll.DefaultTable(), poll.Fixed(2 * time.Hour)} {
		for _, carrier := range []string{"deliveryapi", "sweettracker", "trackerdelivery"} {
			for _, status := range tracking.Statuses() {
				for _, sub := range []tracking.Sub{tracking.SubNone, tracking.SubLost} {
					w := poll.Watch{ID: poll.WatchID{Carrier: carrier}, Known: true, Parcel: tracking.State{Status: status, Sub: sub}}
					said[policy.Next(w, now).Why] = true
					w.Today, w.Day, w.NotFound = 99, "2026-11-19", 2
					said[policy.Next(w, now).Why] = true
				}
			}
		}
	}
	for _, status := range tracking.Statuses() {
		v := schedule.View{Courier: "kr.cjlogistics", Now: now, Changed: now, Status: status}
		for _, p := range []schedule.Policy{
			schedule.Adaptive{Model: schedule.Prior(), PollWon: 3}, schedule.Fixed{Every: 90 * time.Minute}, schedule.StatusTable{},
		} {
			said[p.Why(v)] = true
			v.Now = now.Add(13 * time.Hour)
			said[p.Why(v)] = true
		}
	}
	for _, err := range []error{errVanished, errGone, errCut, errLate, errPanic} {
		said[reason(err)] = true
	}
	if len(said) < 20 {
		t.Fatalf("only %d reasons", len(said))
	}
	for why := range said {
		if text := (&narrator{}).reason(why); text == "" || english.MatchString(text) {
			t.Errorf("%q: %q", why, text)
		}
	}
	for _, kind := range []error{
		tracking.ErrNotFound, tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrDailyCap, tracking.ErrRateLimited,
		tracking.ErrQuotaExhausted, tracking.ErrCredentials, tracking.ErrForbidden, tracking.ErrUpstream, tracking.ErrProtocol,
		tracking.ErrInvalidRequest, tracking.ErrConflict, tracking.ErrUnsupported, fmt.Errorf("other"),
	} {
		if text := failureOf(&narrator{}, tracking.KindName(kind)); english.MatchString(text) {
			t.Errorf("%v: %q", kind, text)
		}
	}
	if text := failureOf(&narrator{english: true}, "rate_limited"); strings.Contains(text, "_") {
		t.Errorf("in English: %q", text)
	}
}
