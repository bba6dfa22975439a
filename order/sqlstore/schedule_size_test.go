package sqlstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestStateOfTheSchedule: what a watch keeps for the schedule's sake, with the byte that SQLite has for the type of each column and
// since when the parcel stands as it does, is at most 64 bytes. The code of the reason, which is for people, comes on top and is short.
func TestStateOfTheSchedule(t *testing.T) {
	const watches = 500
	db := freshSQLite(t)()
	ws := made(t, db, engines[0]).Watches()
	policy := &poll.Adaptive{Others: poll.Price{Call: 100, Batch: 20}}
	for n := range watches {
		id := watchID(n, "toy")
		opened := noon.Add(-time.Duration(n) * time.Minute)
		if _, err := ws.Change(t.Context(), id, func(w poll.Watch) poll.Watch {
			w.Life, w.Began, w.Opened, w.Due = poll.Active, opened, opened, noon
			return w
		}); err != nil {
			t.Fatal(err)
		}
	}
	for asked := 0; asked < watches; {
		claimed, err := ws.Claim(t.Context(), poll.ClaimRequest{Now: noon, Carrier: "toy", Limit: 100, Lease: time.Minute})
		if err != nil || len(claimed) == 0 {
			t.Fatal(len(claimed), err)
		}
		for _, w := range claimed {
			status := []tracking.Status{tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery}[asked%3]
			p := &tracking.Parcel{Courier: w.ID.Shipment.Courier, Number: w.ID.Shipment.Number, Source: "toy", RetrievedAt: noon, Events: []tracking.Event{
				{At: noon.Add(-time.Hour), Status: status, Text: status.Korean()},
			}}
			p.Settle(w.Context())
			report := poll.Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, Parcel: p, At: noon}
			if _, err := ws.Record(t.Context(), report, func(w poll.Watch, _ tracking.Gain) poll.Watch {
				w.Asked, w.Asks = noon, 40
				plan := policy.Next(w, noon)
				w.Due, w.Why, w.Early = plan.At, plan.Why, plan.Early
				return w
			}); err != nil {
				t.Fatal(err)
			}
			asked++
		}
	}
	// Integers take 8 bytes at most, small ones fewer; SQLite stores those of 0 and 1 in none.
	number := func(column string) string {
		return fmt.Sprintf("1 + CASE WHEN %[1]s IN (0, 1) THEN 0 WHEN abs(%[1]s) < 128 THEN 1 WHEN abs(%[1]s) < 32768 THEN 2 WHEN abs(%[1]s) < 8388608 THEN 3 WHEN abs(%[1]s) < 2147483648 THEN 4 WHEN abs(%[1]s) < 140737488355328 THEN 6 ELSE 8 END", column)
	}
	var most, mean, reasons, reason float64
	row := db.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT max(n), avg(n), max(why), avg(why) FROM (SELECT "+
		number("w.due_at")+" + "+number("w.early_at")+" + "+number("w.asks")+" + "+number("w.today")+` + 1 + length(CAST(w.day AS BLOB))
		+ length('"since":' || json_extract(s.state, '$.since') || ',') AS n, 1 + length(CAST(w.why AS BLOB)) AS why
		FROM waybill_watches w JOIN waybill_shipments s ON s.courier = w.courier AND s.number = w.number AND s.generation = w.generation)`)
	if err := row.Scan(&most, &mean, &reasons, &reason); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d watches: %.1f bytes each, at most %.0f; the reason %.1f more, at most %.0f", watches, mean, most, reason, reasons)
	if most > 64 || reasons > 28 {
		t.Errorf("%.0f bytes, and a reason of %.0f", most, reasons)
	}
}
