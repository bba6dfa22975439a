package report_test

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

var (
	kst      = time.FixedZone("KST", 9*60*60)
	now      = time.Date(2026, 11, 22, 9, 0, 0, 0, kst)
	from, to = report.Days(now, 30)
)

// ago is h hours before now.
func ago(h float64) time.Time { return now.Add(-time.Duration(h * float64(time.Hour))) }

// given makes a sequence that fails with err at its end, unless that is nil.
func given(shipments []report.Shipment, err error) iter.Seq2[report.Shipment, error] {
	return func(yield func(report.Shipment, error) bool) {
		for _, s := range shipments {
			if !yield(s, nil) {
				return
			}
		}
		if err != nil {
			yield(report.Shipment{}, err)
		}
	}
}

// made is the report of the last 30 days over shipments.
func made(t *testing.T, shipments ...report.Shipment) report.Report {
	t.Helper()
	r, err := report.Make(report.Input{From: from, To: to, Now: now, Shipments: given(shipments, nil)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// delivered is a parcel shipped and delivered so many hours ago.
func delivered(shipped, at float64) report.Shipment {
	return report.Shipment{
		Courier: "cj", Carrier: "a", Status: tracking.StatusDelivered, Shipped: ago(shipped),
		Delivered: report.Sighting{At: ago(at), Seen: ago(at - 0.25), Door: tracking.DoorPoll},
	}
}

func standing(status tracking.Status, shipped float64) report.Shipment {
	return report.Shipment{Courier: "cj", Carrier: "a", Status: status, Shipped: ago(shipped), Moved: ago(shipped / 2)}
}

func known(value float64) report.Figure { return report.Figure{Value: value, Known: true} }

func TestFaults(t *testing.T) {
	broken := errors.New("the ledger is gone")
	good := report.Input{From: from, To: to, Now: now, Shipments: given([]report.Shipment{delivered(48, 24)}, broken)}
	if _, err := report.Make(good); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	good.Shipments = given([]report.Shipment{{Role: "INBOUND"}, delivered(48, 24)}, nil)
	if _, err := report.Make(good); err == nil {
		t.Error("an unknown role counts as something")
	}
	bad := report.Input{From: to, To: from, Usage: []report.Usage{{Carrier: "a", Won: -1}}, Words: []report.Word{{Count: -1}}}
	_, err := report.Make(bad)
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 5 {
		t.Errorf("the faults are %v", err)
	}
}
