package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// rows writes down the rows that lists are found by.
func rows(t *testing.T, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, text := range []string{
		"SELECT * FROM waybill_sections ORDER BY order_id, section_id", "SELECT * FROM waybill_items ORDER BY order_id, section_id, item_id",
		"SELECT * FROM waybill_claims ORDER BY order_id, claim_id", "SELECT task_key, stream, n, action, payload FROM waybill_outbox ORDER BY stream, n", "SELECT stream, last_n, head_key, leased FROM waybill_streams ORDER BY stream",
		"SELECT * FROM waybill_history ORDER BY order_id, seq",
	} {
		found, err := db.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		columns, _ := found.Columns()
		for found.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := found.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, values...)
		}
	}
	return b.String()
}

// wander gives an order a command that it mostly takes.
func wander(random *rand.Rand, m order.Machine, o order.Order, n int) order.Command {
	s := o.Sections[random.IntN(len(o.Sections))]
	c := command(order.CommandID(fmt.Sprint("r", n)), order.ExceptionRaised, s.ID)
	c.Reason, c.Refund, c.Place, c.At = "because", "R", "P", noon.Add(time.Duration(n)*time.Hour)
	c.Claim = &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}, Wanted: []order.WantedOption{{Option: "x"}}}
	c.Exception, c.Hold, c.Waybill = &order.Exception{Code: fmt.Sprint(n)}, &order.Hold{Code: "H"}, shipment(n)
	c.ReleaseHold, c.Convert = true, random.IntN(2) == 0
	if s.Waybill != nil && random.IntN(2) == 0 {
		c.Waybill = s.Waybill
	}
	if allowed := m.Allowed(o, s.ID, c.Actor); len(allowed) > 0 && random.IntN(5) > 0 {
		c.Event = allowed[random.IntN(len(allowed))]
	} else if all := order.RecordEvents(); random.IntN(2) == 0 {
		c.Event = all[random.IntN(len(all))]
	}
	taken := map[order.ItemID]int{}
	for _, it := range s.Items {
		taken[it.ID] = it.Quantity
	}
	if len(s.Items) > 0 && random.IntN(2) == 0 {
		it := s.Items[random.IntN(len(s.Items))]
		part := 1 + random.IntN(it.Quantity)
		c.Items, taken = []order.ItemQuantity{{Item: it.ID, Quantity: part}}, map[order.ItemID]int{it.ID: part}
	}
	for id, quantity := range taken {
		c.Reception = append(c.Reception, order.Reception{Item: id, Received: quantity})
	}
	if like := order.Mergeable(o, s.ID); len(like) > 0 && random.IntN(3) == 0 {
		c.Event, c.Items, c.Sections = order.SectionsMerged, nil, append(like, s.ID)
	}
	return c
}

// way is how far orders are taken before they wander.
var way = []order.EventName{
	order.InstructDelivery, order.InstructRelease, order.CompleteRelease, order.CompleteDelivery, order.RequestExchange,
	order.InstructRecall, order.ConfirmRecall, order.CompleteRecall, order.ShipReplacement,
}

// TestRowsFollowTheOrder: an order that was saved event by event has the rows that one has which is saved whole.
func TestRowsFollowTheOrder(t *testing.T) {
	const strolls, steps = 60, 25
	step, db := store(t, engines[0], sqlstore.Rules(order.Machine{Policy: order.AllOn()}))
	whole, wholeDB := store(t, engines[0])
	m := order.Machine{Policy: order.AllOn()}
	names := map[order.EventName]int{}
	for n := range strolls {
		random := rand.New(rand.NewPCG(5, uint64(n)))
		id := order.OrderID(fmt.Sprint("O-", n))
		o := create(t, step, id)
		for i, event := range way {
			if n%len(way) < i {
				break
			}
			c := wander(random, m, o, -1-i)
			c.Section, c.Event, c.Items, c.Sections, c.Actor = "S1", event, nil, nil, order.Operator("kim")
			c.Reception = []order.Reception{{Item: "I1", Received: 2}, {Item: "I2", Received: 3, Missing: 1}}
			o, _ = execute(t, step, id, c)
		}
		for i := range steps {
			next, events, err := m.Handle(o, wander(random, m, o, i))
			if err != nil || len(next.History) == len(o.History) {
				continue
			}
			if err := step.Save(t.Context(), next, events); err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			for _, e := range events {
				names[e.Name]++
			}
			o = next
		}
		if err := whole.Save(t.Context(), o, o.History); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
	}
	if len(names) < 35 {
		t.Errorf("only %d kinds of events came: %v", len(names), names)
	}
	got, want := strings.Split(rows(t, db), "\n"), strings.Split(rows(t, wholeDB), "\n")
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("row\n%s, want\n%s", got[i], want[i])
		}
	}
}

// TestFiltersUseIndexes: SQLite goes through no table to filter by anything that narrows.
func TestFiltersUseIndexes(t *testing.T) {
	spy := newSpy(t)
	s, err := sqlstore.New(t.Context(), spy.db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := range 30 {
		create(t, s, order.OrderID(fmt.Sprint("O-", n)))
	}
	scan := regexp.MustCompile(`SCAN \w+$`)
	for name, f := range map[string]order.Filter{
		"nothing": {}, "orders": {Orders: []order.OrderID{"O-1", "O-2"}}, "delivery numbers": {DeliveryNos: []string{"O-1-S1"}},
		"recall numbers": {RecallDeliveryNos: []string{"O-1-C1"}}, "waybills": {Waybills: []string{"680100000001"}},
		"statuses": {Statuses: []order.Status{order.StatusReleased}}, "SKU": {SKU: "SKU-A"}, "from": {OrderedFrom: noon},
	} {
		for _, level := range []order.Level{order.BySection, order.ByOrder, order.ByItem} {
			spy.queries = nil
			if _, err := s.Find(t.Context(), order.Query{Filter: f, Level: level}); err != nil {
				t.Fatal(err)
			}
			if len(spy.queries) < 2 && name != "recall numbers" && name != "waybills" && name != "statuses" {
				t.Errorf("%s by %s: %d queries", name, level, len(spy.queries))
			}
			for _, q := range spy.queries {
				plan := explained(t, spy.db, q)
				for _, step := range plan {
					if scan.MatchString(step) {
						t.Errorf("%s by %s: %s\n%v", name, level, q.text, plan)
					}
				}
			}
		}
	}
}

func explained(t *testing.T, db *sql.DB, q query) (plan []string) {
	t.Helper()
	found, err := db.QueryContext(context.WithoutCancel(t.Context()), "EXPLAIN QUERY PLAN "+q.text, q.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var id, parent, unused int
		var detail string
		if err := found.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	return plan
}
