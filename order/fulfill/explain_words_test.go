package fulfill

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var english = regexp.MustCompile(`[A-Za-z]{2,}`)

// TestFailuresInKorean: what we say of tasks and failures ourselves is told in Korean, and what a host says as it is.
func TestFailuresInKorean(t *testing.T) {
	korean := &narrator{}
	ours := []string{whyWithdrawn, whyOver}
	for _, err := range []error{errVanished, errGone, errCut, errLate, errPanic} {
		ours = append(ours, reason(fmt.Errorf("%w: %w", err, errors.New("홍길동"))))
	}
	for _, why := range ours {
		if text := korean.failure(why); english.MatchString(text) || text == "" {
			t.Errorf("%q: %q", why, text)
		}
	}
	for why, want := range map[string]string{
		reason(errors.New("홍길동")):            "실패 (*errors.errorString)",
		"창고 시스템이 점검 중":                       "창고 시스템이 점검 중",
		"failed with an error of the host's": "failed with an error of the host's",
		"it panicked again":                  "it panicked again",
	} {
		if got := korean.failure(why); got != want {
			t.Errorf("%q: %q, want %q", why, got, want)
		}
		ours = append(ours, why)
	}
	for _, why := range ours {
		if got := (&narrator{english: true}).failure(why); got != why {
			t.Errorf("in English %q: %q", why, got)
		}
	}
	for _, kind := range []error{
		tracking.ErrNotFound, tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrDailyCap, tracking.ErrRateLimited,
		tracking.ErrQuotaExhausted, tracking.ErrCredentials, tracking.ErrForbidden, tracking.ErrUpstream, tracking.ErrProtocol,
		tracking.ErrInvalidRequest, tracking.ErrConflict, tracking.ErrUnsupported, errors.New("other"),
	} {
		w := word(failureWords, tracking.KindName(kind))
		if english.MatchString(w.korean) || strings.Contains(w.english, "_") {
			t.Errorf("%v: %+v", kind, w)
		}
	}
}

// TestWatchesInWords: lines about watches in both languages.
func TestWatchesInWords(t *testing.T) {
	at := time.Date(2026, 11, 19, 13, 0, 0, 0, kst)
	x := Explanation{At: at}
	for name, c := range map[string]struct {
		watch           ExplainedWatch
		korean, english string
	}{
		"due": {
			ExplainedWatch{Life: poll.Active, Why: poll.Why{Ground: poll.GroundChance, Status: tracking.StatusDelivered, Percent: 31, Count: 3, Cap: 10}},
			"다음 조회: toy 11월 19일 13:00, 배송 완료 가능성 31%, 그날 3번째 (하루 최대 10번)",
			"next: toy 19 Nov 13:00, DELIVERED has come with a chance of 31 %, ask 3 of 10 that day",
		},
		"due for no known reason":           {ExplainedWatch{Life: poll.Active}, "다음 조회: toy 11월 19일 13:00", "next: toy 19 Nov 13:00"},
		"due as a host's policy has it":     {ExplainedWatch{Life: poll.Active, Why: poll.Why{Text: "창고 점검 뒤"}}, "다음 조회: toy 11월 19일 13:00, 창고 점검 뒤", "next: toy 19 Nov 13:00, 창고 점검 뒤"},
		"due after failures":                {ExplainedWatch{Life: poll.Active, Failures: 2, Failure: "rate_limited"}, "다음 조회: toy 11월 19일 13:00 (연속 실패 2회: 요청 속도 제한)", "next: toy 19 Nov 13:00 (2 failures in a row: rate limited)"},
		"a second opinion":                  {ExplainedWatch{Life: poll.Active, Role: poll.Confirm, Why: poll.Why{Ground: poll.GroundSecond}}, "다음 조회: toy (재확인) 11월 19일 13:00, 다른 조회처의 확인이 필요함", "next: toy (second opinion) 19 Nov 13:00, a second opinion is wanted"},
		"paused":                            {ExplainedWatch{Life: poll.Paused, Reason: poll.ReasonInvalid}, "조회 멈춤: toy, 송장번호나 택배사가 맞지 않음", "paused: toy, invalid number or courier"},
		"ended":                             {ExplainedWatch{Life: poll.Closed, Reason: poll.ReasonSilence, Failure: "upstream"}, "조회 끝: toy, 오래 소식 없음", "asked no more: toy, silence"},
		"moved":                             {ExplainedWatch{Life: poll.Closed, Reason: poll.ReasonMoved, Failure: "upstream"}, "조회 끝: toy, 다른 조회처로 넘김 (조회처 장애)", "asked no more: toy, another carrier is asked (upstream)"},
		"closed for a reason of the host's": {ExplainedWatch{Life: poll.Closed, Reason: "sold"}, "조회 끝: toy, sold", "asked no more: toy, sold"},
	} {
		c.watch.Carrier, c.watch.Due = "toy", at
		x.Others = []ExplainedShipment{{Courier: "x", Number: "1", Watches: []ExplainedWatch{c.watch}}}
		for language, want := range map[Language]string{Korean: c.korean, English: c.english} {
			if text := x.Text(language); !strings.HasSuffix(text, "    "+want+"\n") {
				t.Errorf("%s: %s, want %s", name, text, want)
			}
		}
	}
}
