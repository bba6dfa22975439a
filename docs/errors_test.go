package docs_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// docSentinel is one of the kinds of error and what a program does about it.
type docSentinel struct {
	name   string
	err    error
	advice string
	korean string
}

func docSentinelList() []docSentinel {
	return []docSentinel{
		{"ErrNotFound", tracking.ErrNotFound, "show \"nothing yet\"; ask again later", "\"아직 조회할 것이 없음\"으로 보이고 나중에 다시 묻습니다"},
		{"ErrInvalidNumber", tracking.ErrInvalidNumber, "ask a person for the right number", "번호를 사람이 확인합니다"},
		{"ErrUnsupportedCourier", tracking.ErrUnsupportedCourier, "ask another carrier, or a person", "다른 조회처나 사람이 확인합니다"},
		{"ErrDailyCap", tracking.ErrDailyCap, "ask again after midnight in Korea (`ResetAt`)", "한국 시간 자정 뒤에 다시 묻습니다"},
		{"ErrRateLimited", tracking.ErrRateLimited, "ask again after `Wait`; spread the load", "`Wait` 뒤에 다시 묻고 호출을 나눕니다"},
		{"ErrQuotaExhausted", tracking.ErrQuotaExhausted, "stop, tell a person, go on at `ResetAt`", "멈추고 알립니다. `ResetAt`에 다시 시작합니다"},
		{"ErrCredentials", tracking.ErrCredentials, "stop, tell a person: the key", "멈추고 알립니다. 키 문제입니다"},
		{"ErrForbidden", tracking.ErrForbidden, "stop, tell a person: the account's rights", "멈추고 알립니다. 계정 권한 문제입니다"},
		{"ErrUpstream", tracking.ErrUpstream, "ask again later; keep what is known", "나중에 다시 묻습니다. 아는 것은 지우지 않습니다"},
		{"ErrProtocol", tracking.ErrProtocol, "tell a developer; do not repeat", "개발자에게 알립니다. 반복하지 않습니다"},
		{"ErrInvalidRequest", tracking.ErrInvalidRequest, "a mistake in the program: mend it", "프로그램의 실수입니다. 고칩니다"},
		{"ErrConflict", tracking.ErrConflict, "read what the provider holds, then decide", "조회처의 상태를 읽고 결정합니다"},
		{"ErrUnsupported", tracking.ErrUnsupported, "use another carrier for this", "이 기능은 다른 조회처를 씁니다"},
	}
}

// docSeen is how errors of one kind came out of the carriers.
type docSeen struct {
	retries map[tracking.Retry]bool
	billed  map[tracking.Tri]bool
}

// docObserve asks every carrier about every number of the sandbox and gathers the errors, in fake time. The second
// registration path of SweetTracker and the caller's own mistakes are asked for as well.
func docObserve(t *testing.T) map[error]docSeen {
	t.Helper()
	seen := map[error]docSeen{}
	note := func(err error) {
		told, ok := errors.AsType[*tracking.Error](err)
		if !ok || told.Kind == nil {
			return
		}
		of, ok := seen[told.Kind]
		if !ok {
			of = docSeen{map[tracking.Retry]bool{}, map[tracking.Tri]bool{}}
			seen[told.Kind] = of
		}
		of.retries[told.Retry], of.billed[told.Billed] = true, true
	}
	queries := []tracking.Query{
		{Courier: courier.CJ, Number: "없는 번호"}, {Courier: "nobody", Number: "1"}, {Courier: courier.Dummy, Number: "1"},
	}
	for _, m := range sandbox.Magic() {
		if m.Faulty || !m.Known {
			queries = append(queries, m.Query())
		}
	}
	for _, c := range docCarriers() {
		for _, query := range queries {
			synctest.Test(t, func(t *testing.T) {
				world := sandbox.New(sandbox.Config{})
				carrier := c.make(world, world.Client())
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				results, err := carrier.Query(ctx, []tracking.Query{query})
				note(err)
				for _, r := range results {
					note(r.Err)
				}
				if s, ok := tracking.Ability[tracking.Subscriber](carrier); ok {
					_, err := s.Subscribe(ctx, nil)
					note(err)
				}
			})
		}
	}
	return seen
}

func docSentinels(t *testing.T, _ []string) string {
	means, seen := docMeanings(t, "tracking"), docObserve(t)
	table := newDocTable("sentinel", "`tracking.KindName`", "means", "`Retry`", "billed", "what to do", "할 일")
	for _, s := range docSentinelList() {
		of := seen[s.err]
		if means[s.name] == "" || len(of.retries) == 0 {
			t.Errorf("%s has no meaning in its comment, or no number of the sandbox leads to it", s.name)
		}
		table.row(docCode("tracking."+s.name), docCode(tracking.KindName(s.err)), means[s.name],
			docSet(of.retries), docSet(of.billed), s.advice, s.korean)
		delete(means, s.name)
	}
	for name := range means {
		t.Errorf("the page does not tell of %s", name)
	}
	return table.String()
}

// docSet lists what was seen, in the order of its constants.
func docSet[T interface {
	~uint8
	fmt.Stringer
}](set map[T]bool) string {
	var names []string
	for value := range T(32) {
		if set[value] {
			names = append(names, value.String())
		}
	}
	return strings.Join(names, ", ")
}

// docMeanings reads what the comments of a package's exported errors say after "means".
func docMeanings(t *testing.T, pkg string) map[string]string {
	t.Helper()
	means := map[string]string{}
	for _, f := range docPackage(t, pkg) {
		f.specs(func(spec ast.Spec, comment *ast.CommentGroup) {
			s, ok := spec.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(s.Names[0].Name, "Err") {
				return
			}
			_, text, _ := strings.Cut(docPlain(comment), " means ")
			means[s.Names[0].Name] = strings.TrimPrefix(text, "that ")
		})
	}
	return means
}

// docOwnErrors lists the errors that single operations of carriers have besides the sentinels.
func docOwnErrors(t *testing.T, _ []string) string {
	table := newDocTable("error", "means")
	for _, pkg := range []string{"deliveryapi", "sweettracker", "trackerdelivery"} {
		comments, _ := docConsts(t, pkg)
		means := docMeanings(t, pkg)
		names := make([]string, 0, len(means))
		for name := range means {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			meaning := means[name]
			if meaning == "" {
				meaning = strings.TrimPrefix(comments[name], name+" ")
			}
			if meaning == "" {
				t.Errorf("%s.%s has no comment", pkg, name)
			}
			table.row(docCode(pkg+"."+name), meaning)
		}
	}
	return table.String()
}

// docFailOver lets the first of two carriers fail in every way and sees whether the second is asked.
func docFailOver(t *testing.T, _ []string) string {
	table := newDocTable("first carrier says · 첫 조회처의 답", "next carrier asked? · 다음 조회처에 묻나")
	for _, s := range docSentinelList() {
		asked := docAskedNext(t, s.err, 0, false)
		answer := docYes(asked)
		switch {
		case asked:
		case docAskedNext(t, s.err, 0, true):
			answer = "only with `tracking.Config.AskNextOnNotFound`"
		case docAskedNext(t, s.err, time.Minute, false):
			answer = "only if its wait cannot end before the deadline of the context"
		}
		table.row(docCode("tracking."+s.name), answer)
	}
	return table.String()
}

func docAskedNext(t *testing.T, kind error, wait time.Duration, onNotFound bool) (asked bool) {
	synctest.Test(t, func(t *testing.T) {
		first, second := trackingtest.NewMemory("first"), trackingtest.NewMemory("second")
		first.Fail(courier.CJ, "550000001072", tracking.Error{Kind: kind, Retry: tracking.RetryAfter, Wait: wait})
		second.Put(courier.CJ, "550000001072")
		client, err := tracking.NewClient(tracking.Config{
			Carriers: []tracking.Carrier{first, second}, AskNextOnNotFound: onNotFound,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = client.Track(ctx, tracking.Query{Courier: courier.CJ, Number: "550000001072"})
		asked = err == nil
	})
	return asked
}

// docDefaults lists constants of the packages: exported ones by value, the others as they stand in the source.
func docDefaults(t *testing.T, _ []string) string {
	table := newDocTable("default", "기본값", "value", "changed by")
	table.row("time limit of one request", "요청 하나의 제한 시간", docCode(transport.DefaultAttempt.String()), "`transport.Operation.Attempt`; see the adapters' own")
	table.row("time limit of a call with all its waits", "대기와 재시도를 모두 합친 제한 시간", docCode(transport.DefaultTotal.String()), "`transport.Operation.Total`, the context's deadline")
	table.row("longest single wait inside a call", "호출 안에서 기다리는 최대 시간", docCode(transport.DefaultLongestWait.String()), "`transport.Config.LongestWait`")
	table.row("bytes of an answer", "응답 크기", docCode(fmt.Sprint(transport.DefaultMaxBody)), "`transport.Config.MaxBody`")
	table.row("bytes of an error answer", "오류 응답 크기", docCode(fmt.Sprint(transport.DefaultMaxErrorBody)), "`transport.Config.MaxErrorBody`")
	for _, row := range []struct{ pkg, name, what, korean, option string }{
		{"transport", "firstPause", "back-off: first pause, doubling, each cut at random to between half and all of it", "첫 재시도 대기. 두 배씩 늘고 절반까지 무작위로 줄어듭니다", ""},
		{"transport", "longestPause", "back-off: where doubling ends", "재시도 대기의 상한", ""},
		{"transport", "budgetPerCall", "retry budget: repeats earned by a call", "호출 하나가 버는 재시도", ""},
		{"transport", "budgetPerSecond", "retry budget: repeats earned by a second", "1초마다 버는 재시도", ""},
		{"transport", "budgetMost", "retry budget: most that is saved up", "모아 둘 수 있는 재시도", ""},
		{"tracking", "defaultConcurrency", "calls at a time per carrier", "조회처마다 동시 호출", "`tracking.Config.Concurrency`"},
		{"tracking", "outcomesKept", "circuit: outcomes looked at", "차단기가 보는 최근 결과 수", ""},
		{"tracking", "outcomesWithin", "circuit: … if all lie within", "그 결과가 들어야 하는 기간", ""},
		{"trackerdelivery", "rejectedFor", "how long a refused key of tracker.delivery is not sent again", "거절된 키를 다시 보내지 않는 시간", ""},
		{"deliveryapi", "usageKept", "how long one answer about deliveryapi's usage explains its rate limits", "사용량 응답 하나로 속도 제한을 설명하는 시간", ""},
	} {
		_, values := docConsts(t, row.pkg)
		if values[row.name] == "" {
			t.Errorf("%s has no constant %s", row.pkg, row.name)
		}
		option := row.option
		if option == "" {
			option = "–"
		}
		table.row(row.what, row.korean, docCode(values[row.name]), option)
	}
	return table.String()
}
