package deliveryapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

var sameTimes = cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })

// TestPushIsPoll asks for every recorded parcel, has the same data pushed, and compares the evidence.
func TestPushIsPoll(t *testing.T) {
	compared := 0
	for _, raw := range []bool{false, true} {
		s := newSource(func(c *deliveryapi.WebhookConfig) { c.KeepRaw = raw })
		for _, name := range fixtures(t, "trace-") {
			f := readFixture(t, name)
			qs, sent := queriesOf(t, f)
			c := newCarrier(tracer(t, name, f, sent), func(c *deliveryapi.Config) { c.KeepRaw = raw })
			results, err := c.Query(t.Context(), qs)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.Parcel == nil {
					continue
				}
				compared++
				want := *r.Parcel
				want.Cached = false // a push has no such thing
				got, err := s.Read(t.Context(), webhook.Message{Body: pushOf(t, f, want), SentAt: want.RetrievedAt})
				if err != nil || len(got.Parcels) != 1 || got.Faults != nil {
					t.Fatalf("%s: %+v, %v", name, got, err)
				}
				if diff := cmp.Diff(compacted(t, want), compacted(t, got.Parcels[0]), sameTimes); diff != "" {
					t.Errorf("%s: push is not poll (-poll +push):\n%s", name, diff)
				}
			}
		}
	}
	if compared < 50 {
		t.Errorf("only %d parcels were compared", compared)
	}
}

// compacted takes the white space out of Event.Raw, which the provider chooses.
func compacted(t *testing.T, p tracking.Parcel) tracking.Parcel {
	t.Helper()
	p.Events = slices.Clone(p.Events)
	for i := range p.Events {
		var b bytes.Buffer
		if raw := p.Events[i].Raw; raw != "" {
			if err := json.Compact(&b, []byte(raw)); err != nil {
				t.Fatal(err)
			}
		}
		p.Events[i].Raw = b.String()
	}
	return p
}

// pushOf gives the data of a parcel of the fixture as a push.
func pushOf(t *testing.T, f fixture, p tracking.Parcel) []byte {
	t.Helper()
	var body struct {
		Data struct {
			Results []struct{ Data json.RawMessage }
		}
	}
	if err := json.Unmarshal(f.body(), &body); err != nil {
		t.Fatal(err)
	}
	code, _ := courier.ToProvider(courier.DeliveryAPI, p.Courier)
	for _, result := range body.Data.Results {
		if len(body.Data.Results) > 1 && !bytes.Contains(result.Data, []byte(p.Number)) {
			continue
		}
		return fmt.Appendf(nil, `{"event":"tracking.polled","timestamp":%q,"items":[{"courierCode":%q,"trackingNumber":%q,"currentStatus":"PENDING","trackingData":%s}]}`,
			p.RetrievedAt.UTC().Format(time.RFC3339Nano), code, p.Number, result.Data)
	}
	t.Fatalf("no data of …%s", tracking.Last4(p.Number))
	return nil
}

// bare is a push of one parcel's status, and nothing else.
func bare(status string, at time.Time) string {
	return fmt.Sprintf(`{"event":"tracking.polled","timestamp":%q,"items":[{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":%q}]}`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), status)
}

// traced is a push with the scans of a journey, up to and including the one of the status given.
func traced(upTo int, at time.Time) string {
	var scans []string
	for i, code := range journey[:upTo+1] {
		scans = append(scans, fmt.Sprintf(`{"dateTime":%q,"location":"옥천HUB","status":"단계 %d","statusCode":%q}`, scanTime(i), i, code))
	}
	if upTo%2 == 0 {
		slices.Reverse(scans)
	}
	return fmt.Sprintf(`{"event":"tracking.polled","timestamp":%q,"items":[{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":%[2]q,
		"trackingData":{"trackingNumber":"680123456782","courierCode":"cj","deliveryStatus":%[2]q,"dateLastProgress":%[3]q,"progresses":[%[4]s]}}]}`,
		at.UTC().Format(time.RFC3339), journey[upTo], scanTime(upTo), strings.Join(scans, ","))
}

var journey = [...]string{"REGISTERED", "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "FAILED", "OUT_FOR_DELIVERY", "DELIVERED"}

func scanTime(i int) string {
	return pushedAt.Add(time.Duration(i-8) * time.Hour).In(time.FixedZone("", 9*60*60)).Format("2006-01-02 15:04:05")
}

// TestPushesInAnyOrder has pushes of one parcel arrive in any order and repeatedly: the state is the same, and a push that
// was written earlier than all others takes nothing back.
func TestPushesInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	statuses := []string{
		"PENDING", "REGISTERED", "PICKUP_READY", "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED", "FAILED", "RETURNED",
		"CANCELLED", "HOLD", "UNKNOWN", "STORED_IN_LOCKER",
	}
	s := newSource()
	parcelOf := func(body string) tracking.Parcel { return mustRead(t, s, body).Parcels[0] }
	for range 400 {
		var parcels []tracking.Parcel
		for n := range 2 + random.IntN(5) {
			at := pushedAt.Add(time.Duration(n-8) * 37 * time.Minute)
			if random.IntN(3) == 0 {
				parcels = append(parcels, parcelOf(traced(min(n, len(journey)-1), at)))
				continue
			}
			parcels = append(parcels, parcelOf(bare(statuses[random.IntN(len(statuses))], at)))
		}
		want := merged(parcels...)
		for range 6 {
			random.Shuffle(len(parcels), func(i, j int) { parcels[i], parcels[j] = parcels[j], parcels[i] })
			got := merged(append(parcels, parcels[:random.IntN(len(parcels))]...)...)
			if got.Status != want.Status || got.Sub != want.Sub || got.Doubts != want.Doubts || !got.DeliveredAt.Equal(want.DeliveredAt) {
				t.Fatalf("%s %s in one order, %s %s in another, of %+v", want.Status, want.Doubts, got.Status, got.Doubts, parcels)
			}
		}
		if want.Status == tracking.StatusUnknown || want.Status == tracking.StatusCancelled {
			continue // those say less than that the parcel had moved before
		}
		late := statuses[random.IntN(6)] // on the way, and before everything else
		if got := merged(append(parcels, parcelOf(bare(late, pushedAt.Add(-20*time.Hour))))...); got.Status != want.Status && rankOf(got) <= rankOf(want) {
			t.Fatalf("%s became %s by a late %s", want.Status, got.Status, late)
		}
	}
}

// rankOf is how far a parcel is on its way; whatever is no stage of it counts as beyond.
func rankOf(p tracking.Parcel) int {
	stages := []tracking.Status{
		tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady, tracking.StatusPickedUp, tracking.StatusInTransit,
		tracking.StatusOutForDelivery, tracking.StatusDelivered,
	}
	if at := slices.Index(stages, p.Status); at >= 0 {
		return at
	}
	return len(stages)
}

func TestWhenAPushWasWritten(t *testing.T) {
	for told, want := range map[string]time.Time{
		`"2026-09-27T22:00:00.000Z"`:        pushedAt.Add(-2 * time.Hour),
		`"2026-09-28T07:00:00+09:00"`:       pushedAt.Add(-2 * time.Hour),
		`"2026-09-27 22:00:00"`:             pushedAt.Add(-2 * time.Hour), // the service's times are UTC
		`"2026-09-28T00:05:00Z"`:            pushedAt.Add(5 * time.Minute),
		`"2026-09-28T00:05:01Z"`:            pushedAt, // written after it was sent
		`"9999-12-31T00:00:00Z"`:            pushedAt,
		`"2026-09-27"`:                      pushedAt,
		`"soon"`:                            pushedAt,
		`1790553000`:                        pushedAt,
		`null`:                              pushedAt,
		`"2026-09-27T22:00:00.000Z and on"`: pushedAt,
	} {
		p := mustRead(t, newSource(), `{"event":"tracking.polled","timestamp":`+told+`,"items":[{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD"}]}`).Parcels[0]
		if v := p.Verdicts[0]; !v.AsOf.Equal(want) || !v.AnswerAt.Equal(want) || !p.RetrievedAt.Equal(want) {
			t.Errorf("%s: as of %s, answered %s, want %s", told, v.AsOf, v.AnswerAt, want)
		}
	}
	got, err := newSource().Read(t.Context(), webhook.Message{Body: []byte(`{"items":[{"courierCode":"cj","trackingNumber":"1","currentStatus":"HOLD"}]}`), ReceivedAt: pushedAt})
	if err != nil || !got.Parcels[0].RetrievedAt.Equal(pushedAt) {
		t.Errorf("%+v, %v without any time but ours", got, err)
	}
}

func TestGenerations(t *testing.T) {
	item := `{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"IN_TRANSIT"}`
	const (
		ignored   = "ignored"
		malformed = "malformed"
	)
	tests := []struct {
		body, plain, legacy string // what becomes of it: a status, or one of the above
	}{
		{`{"event":"tracking.polled","items":[` + item + `]}`, "IN_TRANSIT", "IN_TRANSIT"},
		{`{"event":"tracking.polled","type":"delivery.failed","items":[` + item + `]}`, "IN_TRANSIT", "IN_TRANSIT"},
		{`{"event":null,"items":[` + item + `]}`, "IN_TRANSIT", "IN_TRANSIT"},
		{`{"items":[` + item + `],"trackingNumber":"680123456793","currentStatus":"DELIVERED"}`, "IN_TRANSIT", "IN_TRANSIT"},
		{`{"event":"tracking.status_changed","data":` + item + `}`, "IN_TRANSIT", "IN_TRANSIT"},
		{"\n " + `{"event":"tracking.polled","items":[` + item + `]}`, "IN_TRANSIT", "IN_TRANSIT"},

		{`{"event":"tracking.polled","items":[]}`, "", ""},
		{`{"event":"tracking.polled"}`, malformed, malformed},
		{`{"event":"tracking.polled","items":null}`, malformed, malformed},
		{`{"event":"tracking.polled","items":{"0":` + item + `}}`, malformed, malformed},
		{`{"event":"tracking.polled","data":` + item + `}`, malformed, malformed},
		{`{"event":"tracking.status_changed","items":[` + item + `]}`, malformed, malformed},
		{`{"event":"tracking.status_changed","data":[` + item + `]}`, malformed, malformed},

		{`{"event":"TRACKING.POLLED","items":[` + item + `]}`, ignored, ignored},
		{`{"event":"tracking.deleted","items":[` + item + `]}`, ignored, ignored},
		{`{"event":7,"items":[` + item + `]}`, ignored, ignored},
		{`{"event":{},"items":[` + item + `]}`, ignored, ignored},
		{`{"type":"account.closed","items":[` + item + `]}`, ignored, ignored},
		{`{"type":7,"data":` + item + `}`, ignored, ignored},
		{`{"data":` + item + `}`, ignored, ignored},
		{`{}`, ignored, ignored},

		{`{"type":"delivery.created","data":{"trackingNumber":"680123456782"}}`, ignored, "REGISTERED"},
		{`{"type":"delivery.picked_up","data":{"trackingNumber":"680123456782"}}`, ignored, "PICKED_UP"},
		{`{"type":"delivery.in_transit","data":{"trackingNumber":"680123456782"}}`, ignored, "IN_TRANSIT"},
		{`{"type":"delivery.out_for_delivery","data":{"trackingNumber":"680123456782"}}`, ignored, "OUT_FOR_DELIVERY"},
		{`{"type":"delivery.delivered","data":` + item + `}`, ignored, "DELIVERED"},
		{`{"type":"delivery.failed","data":` + item + `}`, ignored, "FAILED"},
		{`{"type":"delivery.lost","data":` + item + `}`, ignored, ignored},
		{`{"type":"delivery.failed"}`, ignored, malformed},
		{item, ignored, "IN_TRANSIT"},
		{`{"trackingNumber":"680123456782","currentStatus":"HOLD"}`, ignored, "HOLD"},

		{``, malformed, malformed}, {`null`, malformed, malformed}, {`[]`, malformed, malformed}, {`[` + item + `]`, malformed, malformed},
		{`"x"`, malformed, malformed}, {`{`, malformed, malformed}, {`{} {}`, malformed, malformed}, {`received=1`, malformed, malformed},
	}
	for _, tt := range tests {
		for legacy, want := range map[bool]string{false: tt.plain, true: tt.legacy} {
			s := newSource(func(c *deliveryapi.WebhookConfig) {
				c.Legacy = legacy
				c.Lookup = func(context.Context, string) ([]tracking.Courier, error) { return []tracking.Courier{courier.CJ}, nil }
			})
			got, err := read(t, s, tt.body)
			became := ""
			switch {
			case errors.Is(err, webhook.ErrMalformed):
				became = malformed
			case err != nil:
				became = err.Error()
			case got.Ignored != "":
				became = ignored
			case len(got.Parcels) == 1:
				became = got.Parcels[0].Status.String()
			}
			if became != want || len(got.Faults) != 0 || got.Ignored != "" && got.Parcels != nil {
				t.Errorf("legacy %t: %s became %q, want %q; %v", legacy, tt.body, became, want, got.Faults)
			}
		}
	}
}

func TestPushedItems(t *testing.T) {
	data := `"trackingData":{"trackingNumber":"680123456782","courierCode":"cj","deliveryStatus":"DELIVERED"}`
	tests := []struct {
		item string
		want string // courier, number and status, or the sentinel of the fault
	}{
		{`{"courierCode":"CJ","trackingNumber":" 6801-2345-6782 ","currentStatus":"delivered"}`, "cj 680123456782 DELIVERED"},
		{`{"courierCode":"cj","trackingNumber":"123456789012","currentStatus":"HOLD"}`, "cj 123456789012 HOLD"}, // its check digit is wrong
		{`{"courierCode":"cj","trackingNumber":"x","currentStatus":"HOLD"}`, "cj X HOLD"},
		{`{"courierCode":"cn.yto","trackingNumber":"a-1","currentStatus":"HOLD"}`, "deliveryapi:cn.yto a-1 HOLD"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"IN_TRANSIT","isDelivered":true}`, "cj 680123456782 DELIVERED"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD","isDelivered":true}`, "cj 680123456782 HOLD"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","isDelivered":true}`, "cj 680123456782 DELIVERED"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"PENDING",` + data + `}`, "cj 680123456782 DELIVERED"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD","trackingData":{}}`, "cj 680123456782 HOLD"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD","error":null}`, "cj 680123456782 HOLD"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD","error":""}`, "cj 680123456782 HOLD"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD","hasChanged":false,"previousStatus":"HOLD"}`, "cj 680123456782 HOLD"},

		{`{"courierCode":"cj","trackingNumber":"680123456782"}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","trackingData":{}}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":"680123456793","currentStatus":"HOLD",` + data + `}`, "protocol"},
		{`{"courierCode":"lotte","trackingNumber":"680123456782","currentStatus":"HOLD",` + data + `}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"HOLD","trackingData":"x"}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":7}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":680123456782,"currentStatus":"HOLD"}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":" ","currentStatus":"HOLD"}`, "protocol"},
		{`{"trackingNumber":"680123456782","currentStatus":"HOLD"}`, "protocol"},
		{`{"courierCode":"홍길동","trackingNumber":"680123456782","currentStatus":"HOLD"}`, "protocol"},
		{`null`, "protocol"}, {`7`, "protocol"}, {`[]`, "protocol"}, {`{}`, "protocol"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"DELIVERED","error":"택배사 조회에 실패했습니다"}`, "upstream"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"DELIVERED","error":{"code":"TRACKING_FAILED"}}`, "upstream"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"DELIVERED","error":true}`, "upstream"},
		{`{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"DELIVERED","error":"x",` + data + `}`, "upstream"},
	}
	other := `{"courierCode":"lotte","trackingNumber":"700000000022","currentStatus":"IN_TRANSIT"}`
	for _, tt := range tests {
		got := mustRead(t, newSource(), `{"event":"tracking.polled","items":[`+tt.item+`,`+other+`]}`)
		last := len(got.Parcels) - 1
		if last < 0 || got.Parcels[last].Number != "700000000022" {
			t.Errorf("%s: the other parcel is lost", tt.item)
			continue
		}
		became := ""
		switch {
		case len(got.Faults) == 1:
			became = tracking.KindName(got.Faults[0])
			mustNotShow(t, tt.item, fmt.Sprintf("%v %+v", got.Faults[0], got.Faults[0]), "680123456782", "680123456793")
		case last == 1:
			p := got.Parcels[0]
			became = fmt.Sprint(p.Courier, " ", p.Number, " ", p.Status)
		}
		if became != tt.want || len(got.Faults)+last != 1 {
			t.Errorf("%s: %q, want %q; %v", tt.item, became, tt.want, got.Faults)
		}
	}
}

// TestParcelWithoutCourier asks the host whose it is.
func TestParcelWithoutCourier(t *testing.T) {
	body := `{"event":"tracking.status_changed","data":{"trackingNumber":"7000-0000-0011","currentStatus":"DELIVERED"}}`
	trouble := errors.New("the row of 700000000011 is locked")
	tests := map[string]struct {
		couriers []tracking.Courier
		err      error
		parcels  int
	}{
		"one":       {[]tracking.Courier{courier.Lotte}, nil, 1},
		"none":      {nil, nil, 0},
		"two":       {[]tracking.Courier{courier.Lotte, courier.CJ}, nil, 0},
		"two alike": {[]tracking.Courier{courier.CJ, courier.CJ}, nil, 0},
		"empty":     {[]tracking.Courier{""}, nil, 0},
		"trouble":   {nil, trouble, 0},
	}
	for name, tt := range tests {
		s := newSource(func(c *deliveryapi.WebhookConfig) {
			c.Lookup = func(_ context.Context, number string) ([]tracking.Courier, error) {
				if number != "700000000011" {
					t.Errorf("asked for %s", number)
				}
				return tt.couriers, tt.err
			}
		})
		got, err := read(t, s, body)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			mustNotShow(t, name, err.Error(), "700000000011")
			continue
		}
		if len(got.Parcels) != tt.parcels || len(got.Faults) != 1-tt.parcels {
			t.Errorf("%s: %d parcels, %v", name, len(got.Parcels), got.Faults)
		}
		for _, fault := range got.Faults {
			if !errors.Is(fault, webhook.ErrUnmatched) {
				t.Errorf("%s: %v", name, fault)
			}
		}
		for _, p := range got.Parcels {
			if p.Courier != courier.Lotte || p.Number != "700000000011" {
				t.Errorf("%s: %s %s", name, p.Courier, p.Number)
			}
		}
	}
	if got := mustRead(t, newSource(), body); len(got.Faults) != 1 || !errors.Is(got.Faults[0], webhook.ErrUnmatched) {
		t.Errorf("%+v without anybody to ask", got)
	}
}

func TestEnded(t *testing.T) {
	item := func(number, status, more string) string {
		return fmt.Sprintf(`{"courierCode":"cj","trackingNumber":%q,"clientId":"ORD-1","currentStatus":%q%s}`, number, status, more)
	}
	tests := []struct {
		event, items string
		once         bool
		reason       webhook.EndReason // empty when it goes on
		open, faults int
	}{
		{"tracking.polled", item("1", "DELIVERED", ""), false, "", 0, 0},
		{"tracking.polled", item("1", "IN_TRANSIT", ""), true, webhook.EndOnce, 1, 0},
		{"tracking.polled", item("1", "DELIVERED", ""), true, webhook.EndDelivered, 0, 0},
		{"tracking.completed", item("1", "DELIVERED", "") + "," + item("2", "CANCELLED", ""), false, webhook.EndDelivered, 0, 0},
		{"tracking.completed", item("1", "DELIVERED", "") + "," + item("2", "CANCELLED", ""), true, webhook.EndDelivered, 0, 0},
		{"tracking.completed", item("1", "DELIVERED", "") + "," + item("2", "RETURNED", ""), false, webhook.EndExpired, 1, 0},
		{"tracking.completed", item("1", "FAILED", ""), true, webhook.EndOnce, 1, 0},
		{"tracking.completed", item("1", "HOLD", `,"isDelivered":true`), false, webhook.EndExpired, 1, 0},
		{"tracking.completed", item("1", "STORED_IN_LOCKER", ""), false, webhook.EndExpired, 1, 0},
		{"tracking.completed", item("1", "DELIVERED", `,"error":"no answer"`), false, webhook.EndExpired, 1, 1},
		{"tracking.completed", item("1", "DELIVERED", "") + `,"x"`, false, webhook.EndExpired, 0, 1},
		{"tracking.completed", item("1", "DELIVERED", "") + `,{"trackingNumber":"2","currentStatus":"DELIVERED"}`, false, webhook.EndExpired, 0, 1},
		{"tracking.completed", "", false, webhook.EndExpired, 0, 1},
	}
	for _, tt := range tests {
		s := newSource(func(c *deliveryapi.WebhookConfig) {
			if tt.once {
				c.Once = func(_ context.Context, requestID string) (bool, error) { return requestID == "req_1", nil }
			}
		})
		got := mustRead(t, s, fmt.Sprintf(`{"event":%q,"requestId":"req_1","items":[%s]}`, tt.event, tt.items))
		if tt.reason == "" {
			if got.Ended != nil {
				t.Errorf("%+v: %+v", tt, got.Ended)
			}
			continue
		}
		if len(got.Ended) != 1 || got.Ended[0].Handle != "req_1" || got.Ended[0].Reason != tt.reason || len(got.Ended[0].Open) != tt.open || len(got.Faults) != tt.faults {
			t.Errorf("%+v: %+v, %v", tt, got.Ended, got.Faults)
		}
	}

	nameless := mustRead(t, newSource(), `{"event":"tracking.completed","items":[`+item("1", "HOLD", "")+`]}`)
	if len(nameless.Ended) != 1 || nameless.Ended[0].Handle != "" || len(nameless.Ended[0].Open) != 1 || len(nameless.Faults) != 1 {
		t.Errorf("%+v of no name", nameless)
	}
	listless := mustRead(t, newSource(), `{"event":"tracking.completed","requestId":"req_1"}`)
	if len(listless.Ended) != 1 || listless.Ended[0].Reason != webhook.EndExpired || len(listless.Faults) != 1 {
		t.Errorf("%+v without items", listless)
	}
	trouble := errors.New("no database")
	s := newSource(func(c *deliveryapi.WebhookConfig) {
		c.Once = func(context.Context, string) (bool, error) { return false, trouble }
	})
	if _, err := read(t, s, `{"event":"tracking.completed","requestId":"req_1","items":[]}`); !errors.Is(err, trouble) {
		t.Errorf("%v, want the host's", err)
	}
}

// TestHandleOfAPush registers a parcel and has the subscription end: one handle names it in both.
func TestHandleOfAPush(t *testing.T) {
	f := readFixture(t, "subscription-register-recurring")
	qs, _ := queriesOf(t, f)
	var subs []tracking.Subscription
	for _, q := range qs {
		subs = append(subs, tracking.Subscription{Courier: q.Courier, Number: q.Number, Ref: "ORD-1", Callback: "ep_1"})
	}
	registrations, err := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil })).Subscribe(t.Context(), subs)
	if err != nil || registrations[0].Err != nil {
		t.Fatal(err, registrations[0].Err)
	}
	handle := registrations[0].Handle
	got := mustRead(t, newSource(), `{"event":"tracking.completed","requestId":"`+handle+`","items":[]}`)
	if handle == "" || got.Ended[0].Handle != handle {
		t.Errorf("registered %q, ended %q", handle, got.Ended[0].Handle)
	}
}

// TestPushesShowNobody has a person and a secret in every place of a push where a text can stand.
func TestPushesShowNobody(t *testing.T) {
	person := "배송담당:홍길동 010-1234-5678"
	data := fmt.Sprintf(`{"trackingNumber":"680123456782","courierCode":"cj","deliveryStatus":"OUT_FOR_DELIVERY","deliveryStatusText":%[1]q,
		"senderName":"홍길동","receiverName":"홍길동","receiverAddress":"홍길동","productName":"홍길동","arrivalBranch":"홍길동",
		"progresses":[{"dateTime":"2026-09-27 09:12:00","location":%[1]q,"status":%[1]q,"statusCode":%[1]q,"description":%[1]q,"telno":"010-1234-5678","telno2":"010-1234-5678"}]}`, person)
	bodies := []string{
		`{"event":"tracking.polled","metadata":{"who":"` + person + `"},"items":[{"courierCode":"cj","trackingNumber":"680123456782","clientId":"ORD-1","currentStatus":"HOLD","trackingData":` + data + `}]}`,
		`{"event":"tracking.polled","items":[{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"` + person + `"}]}`,
		`{"event":"tracking.polled","items":[{"courierCode":"cj","trackingNumber":"680123456782","error":"680123456782 ` + person + `"}]}`,
		`{"event":"tracking.polled","items":[{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":["` + person + `"]}]}`,
		`{"event":"tracking.polled","items":[{"courierCode":"cj","trackingNumber":"680123456782","trackingData":["` + person + `"]}]}`,
		`{"event":"tracking.polled","items":["` + person + `",{"trackingNumber":"` + person + `"},{"courierCode":"` + person + `"}]}`,
		`{"event":"` + person + `","items":[]}`,
		`{"type":"` + person + `","items":[]}`,
		`{"event":"tracking.completed","timestamp":"` + person + `","items":[]}`,
		`{"event":"tracking.polled","items":"` + person + `"}`,
		`not JSON: ` + person,
	}
	canaries := []string{"홍길동", "1234-5678", pushSecret}
	for _, body := range bodies {
		got, err := read(t, newSource(), body)
		shown := fmt.Sprintf("%v %+v %#v %v", err, got, got, got.Faults)
		for _, p := range got.Parcels {
			shown += forms(t, p)
		}
		mustNotShow(t, body, shown, canaries...)
		for _, e := range append(got.Faults, err) {
			if e != nil {
				mustNotShow(t, body, e.Error(), "680123456782")
			}
		}
	}
	config := deliveryapi.WebhookConfig{Keys: keysOf(pushSecret)}
	s := deliveryapi.Webhook(config)
	for name, value := range map[string]any{
		"config": config, "pointer to config": &config, "source": s, "key": config.Keys[0], "nested": []any{struct{ S webhook.Source }{s}},
		"fault": deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: keysOf(pushSecret[:10])}).Validate(),
	} {
		mustNotShow(t, name, forms(t, value), pushSecret, pushSecret[:10])
	}
}

// FuzzWebhookRead feeds signed bodies to the decoder.
func FuzzWebhookRead(f *testing.F) {
	for _, p := range pushes(f) {
		f.Add([]byte(p.Request.Body), true)
	}
	f.Add([]byte(traced(4, pushedAt)), false)
	f.Fuzz(func(t *testing.T, body []byte, legacy bool) {
		s := newSource(func(c *deliveryapi.WebhookConfig) {
			c.Legacy = legacy
			c.Lookup = func(context.Context, string) ([]tracking.Courier, error) { return []tracking.Courier{courier.CJ}, nil }
		})
		m := webhook.Message{Body: body, SentAt: pushedAt, ReceivedAt: pushedAt}
		before := bytes.Clone(body)
		got, err := s.Read(t.Context(), m)
		if err != nil {
			if !errors.Is(err, webhook.ErrMalformed) {
				t.Errorf("%v", err)
			}
			return
		}
		again, _ := s.Read(t.Context(), m)
		if !bytes.Equal(before, body) || cmp.Diff(got.Parcels, again.Parcels) != "" {
			t.Error("reading again gives something else")
		}
		if got.Ignored != "" && len(got.Parcels)+len(got.Faults)+len(got.Ended) > 0 {
			t.Errorf("ignored, and yet %+v", got)
		}
		for _, fault := range got.Faults {
			if strings.Contains(fault.Error(), "\n") || tracking.KindName(fault) == "other" {
				t.Errorf("fault %q", fault)
			}
		}
		for _, p := range got.Parcels {
			if p.Courier == "" || p.Number == "" || len(p.Events)+len(p.Verdicts) == 0 || p.RetrievedAt.After(pushedAt.Add(webhook.DefaultTolerance)) {
				t.Errorf("%+v", p)
			}
			if _, err := json.Marshal(p); err != nil {
				t.Errorf("the parcel cannot be written: %v", err)
			}
		}
	})
}
