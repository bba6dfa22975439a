package fulfill

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Why a carrier is asked when it is, and why a task failed, is kept as an English line, in the words of the policy or the
// function that says so. Ours are known here in Korean; a host's own are told as they are.

// A phrase is one form that a reason, or a part of it, has. In korean, $1 and so on stand for what the pattern found, told as
// the functions of says tell it.
type phrase struct {
	pattern *regexp.Regexp
	korean  string
	says    []func(*narrator, string) string
}

func phraseOf(pattern, korean string, says ...func(*narrator, string) string) phrase {
	return phrase{regexp.MustCompile(pattern), korean, says}
}

// endings are what a reason may end with, beginnings what it may begin with, and causes what is left then.
var (
	endings = []phrase{
		phraseOf(`, whose cause the carrier hides$`, "조회처가 원인을 숨김"),
		phraseOf(`, after failure (\d+)$`, "연속 실패 $1회", plainly),
		phraseOf(`, at ([\d.]+) times the price to keep the budget$`, "예산에 맞춰 조회 단가 $1배", plainly),
		phraseOf(` and quiet hours$`, "야간에는 드물게"),
		phraseOf(`, poll (\d+) of (\d+) that day$`, "그날 $2회 중 $1회째", plainly, plainly),
	}
	beginnings = []phrase{
		phraseOf(`^in ([\dhms.]+)(?:, |$)`, "$1 뒤", spanOf),
		phraseOf(`^at (\d\d:\d\d), `, "$1에", plainly),
		phraseOf(`^on the next Korean day, `, "다음 날"),
	}
	causes = []phrase{
		phraseOf(`^as always$`, "늘 같은 간격"),
		phraseOf(`^there is no data$`, "조회 결과 없음"),
		phraseOf(`^lost$`, "분실"),
		phraseOf(`^the policy failed$`, "조회 정책의 오류"),
		phraseOf(`^the carrier refuses the account$`, "조회처가 계정을 거절함"),
		phraseOf(`^the carrier's cap of this number is reached$`, "이 송장의 하루 조회 한도를 다 씀"),
		phraseOf(`^it was asked (\d+) times$`, "이미 $1번 조회함", plainly),
		phraseOf(`^ends then, because ([a-z-]+)$`, "그때 조회를 끝냄: $1", endOf),
		phraseOf(`^taken over from (\S+), because (\w+)$`, "$1에서 넘겨받음: $2", plainly, failureOf),
		phraseOf(`^opened$`, "조회를 시작함"),
		phraseOf(`^a person asked$`, "사람이 요청함"),
		phraseOf(`^a push hinted at news$`, "웹훅이 새 소식을 알림"),
		phraseOf(`^the waybill was registered$`, "송장이 등록됨"),
		phraseOf(`^a second opinion is wanted$`, "다른 조회처의 확인이 필요함"),
		phraseOf(`^a second opinion is still wanted$`, "다른 조회처의 확인이 아직 필요함"),
		phraseOf(`^asked after (.+) because nothing is expected before$`, "$1 동안은 새 소식이 예상되지 않음", spanOf),
		phraseOf(`^(?:asked now because )?nothing was expected for (.+)$`, "$1 동안은 새 소식이 예상되지 않았음", spanOf),
		phraseOf(`^nothing is expected before$`, "그 전에는 새 소식이 예상되지 않음"),
		phraseOf(`^(?:asked now because )?([A-Z_]+) has come with a chance of (\d+) %$`, "‘$1’ 확률 $2%", statusOfParcel, plainly),
		phraseOf(`^asked at (\d\d:\d\d) because ([A-Z_]+) has come with a chance of (\d+) %$`, "$1까지 ‘$2’ 확률 $3%", plainly, statusOfParcel, plainly),
		phraseOf(`^asked every 2 h between 20:00 and 10:00$`, "20시부터 10시까지는 2시간마다"),
		phraseOf(`^asked every (.+) while ([A-Z_]+)$`, "$1마다, ‘$2’ 상태", spanOf, statusOfParcel),
		phraseOf(`^asked every (.+)$`, "$1마다", spanOf),
		phraseOf(`^([A-Z_]+)$`, "‘$1’ 상태", statusOfParcel),

		// Of tasks.
		phraseOf(`^the attempts ended without a word, perhaps with the process$`, "시도가 결과 없이 끝남 (프로세스 종료로 보임)"),
		phraseOf(`^its goroutine ended without returning$`, "함수가 돌아오지 않고 끝남"),
		phraseOf(`^cut short, for the engine was shut down$`, "엔진이 멈춰 중단됨"),
		phraseOf(`^it took too long$`, "너무 오래 걸림"),
		phraseOf(`^it panicked$`, "함수가 비정상 종료됨"),
		phraseOf(`^failed with (\S+)$`, "실패 ($1)", plainly),
		phraseOf(`^the evidence was withdrawn$`, "근거가 철회됨"),
		phraseOf(`^it was over before it was told$`, "알리기 전에 끝남"),
		phraseOf(`^the host has no function for it$`, "연결된 기능 없음"),
	}
)

// reason tells why in the narrator's language.
func (n *narrator) reason(why string) string {
	if n.english {
		return why
	}
	rest := strings.TrimPrefix(why, "because ")
	var before, after []string
	for rest != "" {
		said, left, ok := n.phrase(endings, rest)
		if !ok {
			break
		}
		after, rest = append([]string{said}, after...), left
	}
	if said, left, ok := n.phrase(beginnings, rest); ok {
		before, rest = append(before, said), left
	}
	said, _, ok := n.phrase(causes, strings.TrimPrefix(rest, "because "))
	switch {
	case ok:
		return strings.Join(append(append(before, said), after...), ", ")
	case rest == "":
		return strings.Join(append(before, after...), ", ")
	}
	return why
}

// phrase finds the first of some phrases in a text, says it, and gives what is left.
func (n *narrator) phrase(of []phrase, text string) (said, left string, ok bool) {
	for _, p := range of {
		m := p.pattern.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		said = p.korean
		for i, say := range p.says {
			said = strings.ReplaceAll(said, fmt.Sprintf("$%d", i+1), say(n, text[m[2*i+2]:m[2*i+3]]))
		}
		return said, text[:m[0]] + text[m[1]:], true
	}
	return "", text, false
}

func plainly(_ *narrator, text string) string { return text }

// spanOf tells a duration that package time or package schedule wrote.
func spanOf(n *narrator, text string) string {
	d, err := time.ParseDuration(strings.NewReplacer(" min", "m", " h", "h", " ", "").Replace(text))
	if err != nil {
		return text
	}
	return n.span(d)
}

func statusOfParcel(n *narrator, text string) string {
	s, ok := tracking.ParseStatus(text)
	if !ok {
		return text
	}
	return n.parcel(s, tracking.SubNone)
}

func endOf(n *narrator, text string) string { return n.pick(word(reasonWords, poll.Reason(text))) }

func failureOf(n *narrator, text string) string { return n.pick(word(failureWords, text)) }

// failureWords are the kinds of errors, by [tracking.KindName].
var failureWords = map[string]words{
	"not_found": {"조회 결과 없음", ""}, "invalid_number": {"송장번호 오류", ""}, "unsupported_courier": {"지원하지 않는 택배사", ""},
	"invalid_request": {"잘못된 요청", ""}, "credentials": {"인증 실패", ""}, "forbidden": {"권한 없음", ""}, "rate_limited": {"요청 속도 제한", ""},
	"daily_cap": {"하루 조회 한도", ""}, "quota_exhausted": {"사용량 소진", ""}, "upstream": {"조회처 장애", ""}, "protocol": {"알 수 없는 응답", ""},
	"conflict": {"충돌", ""}, "unsupported": {"지원하지 않는 기능", ""}, "other": {"기타 오류", ""},
}
