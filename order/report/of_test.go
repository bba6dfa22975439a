package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

// heard is what a store keeps of answers: each is a carrier, the hours before now at which it was given, and its scans.
type heard struct {
	carrier string
	seen    float64
	scans   []tracking.Event
	verdict *tracking.Verdict
}

func scanned(status tracking.Status, hours float64, text string) tracking.Event {
	return tracking.Event{At: ago(hours), Status: status, Text: text, Place: "고양"}
}

// doors are those by which carriers tell.
var doors = map[string]tracking.Door{"a": tracking.DoorPoll, "b": tracking.DoorPush}

// kept makes the shipment as a ledger would: each answer joins the evidence, and the state is derived over all of it.
func kept(about tracking.Context, answers ...heard) report.Shipment {
	var e tracking.Evidence
	for _, a := range answers {
		p := tracking.Parcel{Source: a.carrier, RetrievedAt: ago(a.seen), Events: a.scans}
		if a.verdict != nil {
			p.Verdicts = []tracking.Verdict{*a.verdict}
		}
		p.Settle(about)
		e, _ = e.With(&p, tracking.Sight{At: ago(a.seen), Door: doors[a.carrier]})
	}
	return report.Of("cj", tracking.Derive(e, about), e, about)
}

func TestOf(t *testing.T) {
	taken := scanned(tracking.StatusPickedUp, 60, "집화처리")
	out := scanned(tracking.StatusOutForDelivery, 34, "배송출발")
	failed := scanned(tracking.StatusFailed, 30, "미배달")
	again := scanned(tracking.StatusOutForDelivery, 10, "배송출발")
	done := scanned(tracking.StatusDelivered, 4, "배송완료")
	back := scanned(tracking.StatusReturned, 2, "반송")
	back.Sub = tracking.SubReturning
	published := done
	published.Published = ago(3.5)
	day := tracking.Event{At: ago(9).Add(15 * time.Hour), Precision: tracking.PrecisionDay, Status: tracking.StatusDelivered, Text: "배송완료", Place: "고양"}
	label := tracking.Context{Since: ago(70), Watched: ago(68)}
	base := report.Shipment{
		Courier: "cj", Carrier: "a", Role: order.WaybillOutbound, Shipped: ago(70), Watched: ago(68), PickedUp: ago(60),
	}
	with := func(change func(*report.Shipment)) report.Shipment {
		s := base
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		got, want report.Shipment
	}{
		"nothing": {
			kept(tracking.Context{}),
			report.Shipment{Courier: "cj", Role: order.WaybillOutbound, Status: tracking.StatusRegistered},
		},
		"delivered at the second attempt, seen twice": {
			kept(label, heard{"a", 33, []tracking.Event{taken, out}, nil},
				heard{"a", 3, []tracking.Event{taken, out, failed, again, published}, nil},
				heard{"a", 1, []tracking.Event{taken, out, failed, again, published}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Failed, s.Moved = tracking.StatusDelivered, 1, ago(4)
				s.Out = report.Sighting{At: ago(34), Seen: ago(33), Door: tracking.DoorPoll}
				s.Delivered = report.Sighting{At: ago(4), Published: ago(3.5), Seen: ago(3), Door: tracking.DoorPoll}
			}),
		},
		"two carriers tell of one attempt and one delivery": {
			kept(label, heard{"a", 33, []tracking.Event{taken, out, failed}, nil},
				heard{"b", 3, []tracking.Event{taken, out, failed, done}, nil},
				heard{"a", 1, []tracking.Event{taken, out, failed, done}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Failed, s.Moved, s.Carrier = tracking.StatusDelivered, 1, ago(4), "b"
				s.Out = report.Sighting{At: ago(34), Seen: ago(33), Door: tracking.DoorPoll}
				s.Delivered = report.Sighting{At: ago(4), Seen: ago(3), Door: tracking.DoorPush}
			}),
		},
		"a summary alone tells of the delivery": {
			kept(label, heard{"a", 3, []tracking.Event{taken, failed}, &tracking.Verdict{Status: tracking.StatusDelivered, AsOf: ago(4), DeliveredAt: ago(4)}}),
			with(func(s *report.Shipment) {
				s.Status, s.Failed, s.Moved = tracking.StatusDelivered, 1, ago(30)
				s.Delivered = report.Sighting{At: ago(4), Seen: ago(3), Door: tracking.DoorPoll}
			}),
		},
		"a summary tells of the delivery before the scan does": {
			kept(label, heard{"b", 3, []tracking.Event{taken}, &tracking.Verdict{Status: tracking.StatusDelivered, AsOf: ago(4), DeliveredAt: ago(4)}},
				heard{"a", 1, []tracking.Event{taken, published}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Moved, s.Carrier = tracking.StatusDelivered, ago(4), "b"
				s.Delivered = report.Sighting{At: ago(4), Seen: ago(3), Door: tracking.DoorPush}
			}),
		},
		"a summary and a scan tell of the delivery together": {
			kept(label, heard{"a", 3, []tracking.Event{taken, published}, &tracking.Verdict{Status: tracking.StatusDelivered, AsOf: ago(4), DeliveredAt: ago(4)}}),
			with(func(s *report.Shipment) {
				s.Status, s.Moved = tracking.StatusDelivered, ago(4)
				s.Delivered = report.Sighting{At: ago(4), Published: ago(3.5), Seen: ago(3), Door: tracking.DoorPoll}
			}),
		},
		"failed after it was delivered": {
			kept(label, heard{"a", 1, []tracking.Event{taken, done, scanned(tracking.StatusFailed, 2, "미배달")}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Moved = tracking.StatusDelivered, ago(2)
				s.Delivered = report.Sighting{At: ago(4), Seen: ago(1), Door: tracking.DoorPoll}
			}),
		},
		"failed after a summary told of the delivery": {
			kept(label, heard{"a", 1, []tracking.Event{taken, scanned(tracking.StatusFailed, 2, "미배달")},
				&tracking.Verdict{Status: tracking.StatusDelivered, AsOf: ago(4), DeliveredAt: ago(4)}}),
			with(func(s *report.Shipment) {
				s.Status, s.Moved = tracking.StatusDelivered, ago(2)
				s.Delivered = report.Sighting{At: ago(4), Seen: ago(1), Door: tracking.DoorPoll}
			}),
		},
		"another carrier knew first": {
			kept(label, heard{"b", 33.5, []tracking.Event{taken, out}, nil}, heard{"a", 33, []tracking.Event{taken, out}, nil},
				heard{"b", 3, []tracking.Event{taken, out, scanned(tracking.StatusDelivered, 3.9, "배송완료")}, nil},
				heard{"a", 2, []tracking.Event{taken, out, done}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Moved, s.Carrier = tracking.StatusDelivered, ago(3.9), "b"
				s.Out = report.Sighting{At: ago(34), Seen: ago(33.5), Door: tracking.DoorPush}
				s.Delivered = report.Sighting{At: ago(4), Seen: ago(3), Door: tracking.DoorPush}
			}),
		},
		"a day behind a clock time": {
			kept(label, heard{"a", 3, []tracking.Event{
				scanned(tracking.StatusPickedUp, 5, "집화처리"),
				{At: ago(5).Add(19 * time.Hour), Precision: tracking.PrecisionDay, Status: tracking.StatusOutForDelivery, Text: "배송출발"},
			}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.PickedUp, s.Moved = tracking.StatusOutForDelivery, ago(5), ago(5)
			}),
		},
		"a delivery without a clock time": {
			kept(label, heard{"a", 3, []tracking.Event{taken, day}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Moved = tracking.StatusDelivered, ago(9) // the beginning of that day
				s.Delivered = report.Sighting{At: day.At, DayOnly: true, Seen: ago(3), Door: tracking.DoorPoll}
			}),
		},
		"delivered and sent back": {
			kept(label, heard{"a", 3, []tracking.Event{taken, done}, nil}, heard{"a", 1, []tracking.Event{taken, done, back}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.Sub, s.Moved = tracking.StatusReturned, tracking.SubReturning, ago(2)
			}),
		},
		"an earlier use of the number": {
			kept(label, heard{"a", 3, []tracking.Event{scanned(tracking.StatusPickedUp, 2000, "집화처리"), scanned(tracking.StatusFailed, 1990, "미배달"),
				scanned(tracking.StatusDelivered, 1980, "배송완료"), taken}, nil}),
			with(func(s *report.Shipment) { s.Status, s.Moved = tracking.StatusPickedUp, ago(60) }),
		},
		"a recall of unknown age": {
			kept(tracking.Context{Recall: true}, heard{"a", 3, []tracking.Event{taken, done}, nil}),
			report.Shipment{
				Courier: "cj", Carrier: "a", Role: order.WaybillRecall, Status: tracking.StatusDelivered, Shipped: ago(60), PickedUp: ago(60), Moved: ago(4),
				Delivered: report.Sighting{At: ago(4), Seen: ago(3), Door: tracking.DoorPoll},
			},
		},
		"a word without a mapping": {
			kept(label, heard{"a", 3, []tracking.Event{taken, scanned(tracking.StatusUnknown, 20, "대리점")}, nil}),
			with(func(s *report.Shipment) { s.Status, s.Moved, s.Unmapped = tracking.StatusPickedUp, ago(20), 1 }),
		},
		"lost is no attempt": {
			kept(label, heard{"a", 3, []tracking.Event{taken, {At: ago(9), Status: tracking.StatusFailed, Sub: tracking.SubLost, Text: "분실"}}, nil}),
			with(func(s *report.Shipment) { s.Status, s.Sub, s.Moved = tracking.StatusFailed, tracking.SubLost, ago(9) }),
		},
		"scans without any time": {
			kept(label, heard{"a", 3, []tracking.Event{{Status: tracking.StatusPickedUp, Text: "집화처리"}, {Status: tracking.StatusDelivered, Text: "배송완료"}}, nil}),
			with(func(s *report.Shipment) {
				s.Status, s.PickedUp = tracking.StatusDelivered, time.Time{}
				s.Delivered = report.Sighting{Seen: ago(3), Door: tracking.DoorPoll}
			}),
		},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestOfChangesNothing: evidence belongs to the store.
func TestOfChangesNothing(t *testing.T) {
	evidence := func() tracking.Evidence {
		return tracking.Evidence{
			Events:   []tracking.Event{scanned(tracking.StatusDelivered, 4, "배송완료"), scanned(tracking.StatusPickedUp, 9000, "집화처리")},
			Verdicts: []tracking.Verdict{{Status: tracking.StatusDelivered, AsOf: ago(9000)}},
		}
	}
	e := evidence()
	report.Of("cj", tracking.Derive(e, tracking.Context{}), e, tracking.Context{})
	if diff := cmp.Diff(evidence(), e); diff != "" {
		t.Error(diff)
	}
}
