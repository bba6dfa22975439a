package sqlstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestStateOfTheSchedule: what a watch keeps for the schedule's sake, its reason too and the byte that SQLite has for the type of each
// column, is at most 64 bytes. Since when the parcel stands as it does is in its summary, and would be without a schedule.
func TestStateOfTheSchedule(t *testing.T) {
	t.Run("a batch has a price", func(t *testing.T) {
		stateOfTheSchedule(t, "toy", func(p *poll.Plan) {
			if p.Early.IsZero() {
				t.Fatal("a call is not filled early")
			}
		})
	})
	t.Run("a cap, and a budget that makes asks dearer", func(t *testing.T) {
		stateOfTheSchedule(t, "sweettracker", func(p *poll.Plan) { p.Why.Price = 999 })
	})
}

func stateOfTheSchedule(t *testing.T, carrier string, check func(*poll.Plan)) {
	const watches = 500
	db := freshSQLite(t)()
	ws := made(t, db, engines[0]).Watches()
	policy := &poll.Adaptive{Others: poll.Price{Call: 100, Batch: 20}}
	for n := range watches {
		id := watchID(n, carrier)
		opened := noon.Add(-time.Duration(n) * time.Minute)
		if _, err := ws.Change(t.Context(), id, func(w poll.Watch) poll.Watch {
			w.Life, w.Began, w.Opened, w.Due = poll.Active, opened, opened, noon
			return w
		}); err != nil {
			t.Fatal(err)
		}
	}
	for asked := 0; asked < watches; {
		claimed, err := ws.Claim(t.Context(), poll.ClaimRequest{Now: noon, Carrier: carrier, Limit: 100, Lease: time.Minute})
		if err != nil || len(claimed) == 0 {
			t.Fatal(len(claimed), err)
		}
		for _, w := range claimed {
			status := []tracking.Status{tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery}[asked%3]
			p := &tracking.Parcel{Courier: w.ID.Shipment.Courier, Number: w.ID.Shipment.Number, Source: carrier, RetrievedAt: noon, Events: []tracking.Event{
				{At: noon.Add(-time.Hour), Status: status, Text: status.Korean()},
			}}
			p.Settle(w.Context())
			report := poll.Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, Parcel: p, At: noon}
			if _, err := ws.Record(t.Context(), report, func(w poll.Watch, _ tracking.Gain) poll.Watch {
				w.Asked, w.Asks = noon, 40
				plan := policy.Next(w, noon)
				check(&plan)
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
	text := func(column string) string { return "1 + length(CAST(" + column + " AS BLOB))" }
	var most, mean, reason float64
	row := db.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT max(n + why), avg(n + why), avg(why) FROM (SELECT "+
		number("due_at")+" + "+number("early_at")+" + "+number("asks")+" + "+number("today")+" + "+text("day")+" AS n, "+text("why")+" AS why FROM waybill_watches)")
	if err := row.Scan(&most, &mean, &reason); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d watches: %.1f bytes each, at most %.0f, of which the reason has %.1f", watches, mean, most, reason)
	if most > 64 || mean < 32 {
		t.Errorf("%.1f bytes each, at most %.0f", mean, most)
	}
}
