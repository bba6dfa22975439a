package sweettracker

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// pushes reads callbacks, each received a minute after the one before.
func pushes(t *testing.T, source *WebhookSource, messages ...webhook.Message) []tracking.Parcel {
	t.Helper()
	var parcels []tracking.Parcel
	for i, m := range messages {
		m.ReceivedAt = m.ReceivedAt.Add(time.Duration(i) * time.Minute)
		reading, err := source.Read(t.Context(), m)
		if err != nil || len(reading.Parcels) != 1 {
			t.Fatalf("%+v, %v", reading, err)
		}
		parcels = append(parcels, reading.Parcels[0])
	}
	return parcels
}

// history settles what came by all doors, as a host's store would.
func history(parcels ...tracking.Parcel) tracking.Parcel {
	all := tracking.Parcel{Source: Name}
	for _, p := range parcels {
		all.Courier, all.Number = p.Courier, p.Number
		all.Events, all.Verdicts = append(all.Events, p.Events...), append(all.Verdicts, p.Verdicts...)
		if p.RetrievedAt.After(all.RetrievedAt) {
			all.RetrievedAt = p.RetrievedAt
		}
	}
	all.Events = slices.Clone(all.Events)
	all.Settle(tracking.Context{})
	return all
}

// callbackOf writes a scan of an answer as the callback that tells of it.
func callbackOf(t *testing.T, s scan, at time.Time) webhook.Message {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"fid": hookFID, "invoice_no": "550000001234", "level": fmt.Sprint(s.Level), "time_trans": s.TimeString,
		"time_sweet": at.In(kst).Format(time.DateTime), "where": s.Where, "details": s.Kind,
	})
	if err != nil {
		t.Fatal(err)
	}
	return webhook.Message{Source: Name, Body: body, ContentType: "application/json", ReceivedAt: at}
}

// TestBothDoorsAreOneEvidence asks about parcels, and gets told of every scan of them as well: each scan stays one event, and
// the status is that of the answer, whichever came first.
func TestBothDoorsAreOneEvidence(t *testing.T) {
	source := Webhook(hookConfig())
	for _, name := range []string{
		"query-delivered", "query-in-transit-level1", "query-in-transit-level2", "query-in-transit-level3", "query-in-transit-level4",
		"query-in-transit-level5", "query-lastdetail-newer", "query-events-unsorted-duplicate",
	} {
		t.Run(name, func(t *testing.T) {
			f := loadFixture(t, name)
			var a answer
			if err := a.read(f.Response.bytes(), false); err != nil {
				t.Fatal(err)
			}
			q := tracking.Query{Courier: "cj", Number: "550000001234"}
			for _, polledAt := range []time.Time{receivedAt.Add(-time.Hour), receivedAt.Add(time.Hour)} {
				polled := newReader(nil, false).parcel(q, &a, polledAt)
				var messages []webhook.Message
				for _, s := range a.scans() {
					if !s.empty() {
						messages = append(messages, callbackOf(t, s, receivedAt))
					}
				}
				both := history(append(pushes(t, source, messages...), *polled)...)
				if both.Status != polled.Status || both.Sub != polled.Sub || len(both.Events) != len(polled.Events) || !both.DeliveredAt.Equal(polled.DeliveredAt) {
					t.Errorf("asked: %v·%v with %d events; asked and told: %v·%v with %d events",
						polled.Status, polled.Sub, len(polled.Events), both.Status, both.Sub, len(both.Events))
				}
				if len(both.Events) != len(polled.Events) {
					continue
				}
				for i := range both.Events {
					x, y := both.Events[i], polled.Events[i]
					if !x.At.Equal(y.At) || x.Precision != y.Precision || x.Status != y.Status || x.Sub != y.Sub || x.Code != y.Code || x.Text != y.Text || x.Place != y.Place {
						t.Errorf("event %d: told %+v, asked %+v", i, x, y)
					}
				}
			}
		})
	}
}

// TestScanErrorDecidesNothing puts −99 behind every level, with words that would mean something.
func TestScanErrorDecidesNothing(t *testing.T) {
	source := Webhook(hookConfig())
	for level := 1; level <= 6; level++ {
		for _, words := range []string{"배달완료", "반송", "반품완료", "반품취소", "배송출발", "미배달", ""} {
			for _, when := range []string{"2026-03-03 14:31:00", "2026-03-07 09:00:00", "2026-03-01 09:00:00", ""} {
				scanned := callbackOf(t, scan{Level: level, TimeString: "2026-03-03 14:31:00", Where: "부산가상", Kind: "배달완료"}, receivedAt)
				failed := callbackOf(t, scan{Level: -99, TimeString: when, Where: "부산가상", Kind: words}, receivedAt)
				before := history(pushes(t, source, scanned)...)
				both := history(pushes(t, source, scanned, failed, failed)...)
				if both.Status != before.Status || both.Sub != before.Sub || !both.DeliveredAt.Equal(before.DeliveredAt) || both.Doubts != before.Doubts {
					t.Errorf("level %d, then −99 %q at %q: %v·%v became %v·%v", level, words, when, before.Status, before.Sub, both.Status, both.Sub)
				}
				if len(both.Events) != 2 {
					t.Errorf("level %d, then −99 %q at %q: %d events", level, words, when, len(both.Events))
				}
			}
		}
	}
}

// TestCallbacksNeverMoveBackwards delivers the way of a parcel in any order, with repeats: no step goes back, and the
// end is always the same.
func TestCallbacksNeverMoveBackwards(t *testing.T) {
	source := Webhook(hookConfig())
	var way []webhook.Message
	for _, name := range fixtureNames(t, "callback-json-level", "callback-form-level", "callback-json-minus99", "callback-form-minus99") {
		r := posted(t, loadFixture(t, name))
		way = append(way, stored(r, webhook.Receipt{}))
	}
	want := history(pushes(t, source, way...)...)
	if want.Status != tracking.StatusDelivered || len(want.Events) != 7 {
		t.Fatalf("%v with %d events", want.Status, len(want.Events))
	}
	rng := rand.New(rand.NewPCG(20260303, 7))
	for round := range 300 {
		arrived := slices.Clone(way)
		for range rng.IntN(8) {
			arrived = append(arrived, way[rng.IntN(len(way))])
		}
		rng.Shuffle(len(arrived), func(i, j int) { arrived[i], arrived[j] = arrived[j], arrived[i] })
		parcels := pushes(t, source, arrived...)
		reached := tracking.StatusUnknown
		for n := range parcels {
			now := history(parcels[:n+1]...)
			if now.Status < reached {
				t.Fatalf("round %d: %v became %v with callback %d", round, reached, now.Status, n)
			}
			reached = now.Status
		}
		got := history(parcels...)
		if got.Status != want.Status || len(got.Events) != len(want.Events) || !got.DeliveredAt.Equal(want.DeliveredAt) {
			t.Fatalf("round %d: %v with %d events, delivered at %v", round, got.Status, len(got.Events), got.DeliveredAt)
		}
		for i := range got.Events { // of one time, the order is that in which they were last told
			if x, y := got.Events[i], want.Events[i]; !x.At.Equal(y.At) {
				t.Fatalf("round %d: event %d is %s at %v, want %s at %v", round, i, x.Code, x.At, y.Code, y.At)
			}
		}
	}
}

// TestDoorsContradict holds what ROUGH_EDGES says: a callback's delivery, and an answer whose summary does not bear it out.
func TestDoorsContradict(t *testing.T) {
	source := Webhook(hookConfig())
	s := scan{Level: 6, TimeString: "2026-03-03 14:31:00", Where: "부산가상", Kind: "배달완료"}
	told := pushes(t, source, callbackOf(t, s, receivedAt))[0]
	q := tracking.Query{Courier: "cj", Number: "550000001234"}
	for after, want := range map[time.Duration]tracking.Status{
		-time.Hour: tracking.StatusDelivered, time.Hour: tracking.StatusOutForDelivery,
	} {
		asked := newReader(nil, false).parcel(q, &answer{Result: "Y", Level: 5, Details: []scan{s}}, receivedAt.Add(after))
		both := history(told, *asked)
		if both.Status != want || len(both.Events) != 1 || !both.Doubts.Has(tracking.DoubtNoSummary) {
			t.Errorf("asked %v after: %v, %d events, doubts %v", after, both.Status, len(both.Events), both.Doubts)
		}
	}
}
