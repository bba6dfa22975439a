package order_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

func officeSubject(no string) order.Subject { return order.Subject{DeliveryNo: no} }

func officeLabelled(no, number string) order.Subject {
	return order.Subject{DeliveryNo: no, Waybill: waybillOf(number)}
}

// TestBackOfficeStepBetween: at most one event leads from a status to another, and it is the one of the model.
func TestBackOfficeStepBetween(t *testing.T) {
	for _, from := range order.Statuses() {
		for _, to := range order.Statuses() {
			var want []string
			for square, cell := range gridCells {
				if square.state == from.String() && cell.to == to.String() {
					want = append(want, square.event)
				}
			}
			got, err := order.StepBetween(from, to)
			switch {
			case len(want) > 1:
				t.Errorf("%v → %v by any of %v", from, to, want)
			case len(want) == 1 && (err != nil || got.String() != want[0]):
				t.Errorf("%v → %v: %v, %v, want %v", from, to, got, err, want)
			case len(want) == 0 && (!errors.Is(err, order.ErrNoStep) || got != 0):
				t.Errorf("%v → %v: %v, %v", from, to, got, err)
			}
		}
	}
}

// TestBackOfficeDeliver takes two of three orders through the delivery; the third is somewhere else and stays there.
func TestBackOfficeDeliver(t *testing.T) {
	b, m := office(t, 3)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"), officeSubject("O-2-S1"))
	w := order.Work{
		ID: "ship", Actor: order.Operator("kim"), At: nine, Current: order.StatusReleaseInstructed, Target: order.StatusReleased,
		On: []order.Subject{officeLabelled("O-1-S1", "680100000001"), officeLabelled("O-3-S1", "680100000003"), officeLabelled("O-9-S1", "680100000009"), officeLabelled("O-2-S1", "6801-0000-0002")},
	}
	results, err := b.Deliver(t.Context(), w)
	if err != nil || len(results) != 4 {
		t.Fatal(results, err)
	}
	for i, want := range []error{nil, order.ErrExpectedStatus, order.ErrNoOrder, nil} {
		r := results[i]
		if !errors.Is(r.Err, want) || r.Subject.DeliveryNo != w.On[i].DeliveryNo {
			t.Errorf("%d: %v, want %v", i, r.Err, want)
		}
		if want == nil && (r.Status != order.StatusReleased || r.Section != "S1" || r.NoOp || len(r.Events) != 1) {
			t.Errorf("%d: %+v", i, r)
		}
	}
	var refused *order.Refused
	if !errors.As(results[1].Err, &refused) || refused.Actual != order.StatusOrdered || !slices.Contains(refused.Allowed, order.InstructDelivery) {
		t.Errorf("the refusal does not say what is possible: %v", results[1].Err)
	}
	if results[1].Order != "O-3" || results[1].Status != order.StatusOrdered {
		t.Errorf("%+v", results[1])
	}

	saved := m.saves
	again, err := b.Deliver(t.Context(), w)
	if err != nil || !again[0].NoOp || again[0].Err != nil || again[0].Status != order.StatusReleased || m.saves != saved {
		t.Errorf("again: %+v, %v, %d saves", again[0], err, m.saves-saved)
	}
}

// TestBackOfficeWrongSteps: nothing is begun when there is no such step, and the error says what there is.
func TestBackOfficeWrongSteps(t *testing.T) {
	b, m := office(t, 1)
	work := func(current, target order.Status) order.Work {
		return order.Work{ID: "w", Actor: order.Operator("kim"), Current: current, Target: target, On: []order.Subject{officeSubject("O-1-S1")}}
	}
	for _, c := range []struct {
		call func(context.Context, order.Work) ([]order.Result, error)
		work order.Work
		want string
	}{
		{b.Deliver, work(order.StatusOrdered, order.StatusReleased), "leads to [DELIVERY_INSTRUCTED]"},
		{b.Deliver, work(order.StatusReleaseInstructed, order.StatusStockoutHeld), "leads to [RELEASED]"},
		{b.Deliver, work(order.StatusReleased, order.StatusReleaseInstructed), "leads to [DELIVERED]"},
		{b.Deliver, work(order.StatusOrdered, order.StatusCancelled), "leads to [DELIVERY_INSTRUCTED]"},
		{b.UpdateRecall, work(order.StatusReleased, order.StatusDelivered), "nothing of the kind"},
		{b.UpdateRecall, work(order.StatusReturnRequested, order.StatusRecallCompleted), "leads to [RECALL_INSTRUCTED]"},
		{b.ShipOut, order.Work{ID: "w", Target: order.StatusDelivered, On: []order.Subject{officeSubject("O-1-S1")}}, "a ship-out ends in"},
	} {
		results, err := c.call(t.Context(), c.work)
		if !errors.Is(err, order.ErrNoStep) || results != nil || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%v → %v: %v, want %q", c.work.Current, c.work.Target, err, c.want)
		}
	}
	many := work(order.StatusOrdered, order.StatusDeliveryInstructed)
	many.On = make([]order.Subject, order.MaxSubjects+1)
	for i := range many.On {
		many.On[i] = officeSubject("O-1-S1")
	}
	two := work(order.StatusOrdered, order.StatusDeliveryInstructed)
	two.On = []order.Subject{{}, {DeliveryNo: "O-1-S1", Order: "O-1"}, {Section: "S1"}}
	nobody, nameless := work(order.StatusOrdered, order.StatusDeliveryInstructed), work(order.StatusOrdered, order.StatusDeliveryInstructed)
	nobody.On, nameless.ID = nil, ""
	for _, w := range []order.Work{many, nobody, nameless, two, work(0, order.StatusDelivered), work(order.StatusReleased, 0)} {
		if results, err := b.Deliver(t.Context(), w); !errors.Is(err, order.ErrWork) || results != nil {
			t.Errorf("%d subjects: %v, %v", len(w.On), results, err)
		}
	}
	_, err := b.Deliver(t.Context(), two)
	if told := fmt.Sprint(err); !strings.Contains(told, "subject 1 has 0") || !strings.Contains(told, "subject 2 has 2") {
		t.Errorf("not all faults are told: %v", err)
	}
	whole := order.Work{ID: "w", Actor: order.Seller("s"), Reason: "r", On: []order.Subject{{Order: "O-1"}}}
	if _, err := b.RejectClaims(t.Context(), whole); !errors.Is(err, order.ErrWork) {
		t.Errorf("a refusal of a whole order: %v", err)
	}
	if _, err := b.ShipOut(t.Context(), whole); !errors.Is(err, order.ErrWork) {
		t.Errorf("a ship-out of a whole order: %v", err)
	}
	if _, err := order.NewBackOffice(order.BackOfficeConfig{}); !errors.Is(err, order.ErrWork) {
		t.Error("a back office without orders:", err)
	}
	if m.saves != 0 {
		t.Errorf("%d saves", m.saves)
	}
}

// TestBackOfficeStockout holds part of a section and lets it go again, and names what is to be done outside.
func TestBackOfficeStockout(t *testing.T) {
	b, _ := office(t, 1)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"))
	short := order.Work{ID: "short", Actor: order.Operator("kim"), Reason: "접시 2개 파손", On: []order.Subject{
		{DeliveryNo: "O-1-S1", Items: []order.ItemQuantity{{Item: "I2", Quantity: 2}}},
	}}
	held := must(t)(b.RegisterStockout(t.Context(), short))[0]
	if held.Status != order.StatusStockoutHeld || held.Section != "S2" {
		t.Fatalf("%+v", held)
	}
	var names []order.ActionName
	for _, a := range held.Actions() {
		names = append(names, a.Name)
	}
	if !slices.Equal(names, []order.ActionName{order.CallList, order.StockoutNotice}) {
		t.Errorf("to do: %v", names)
	}
	back := order.Work{ID: "back", Actor: order.Operator("kim"), On: []order.Subject{officeSubject("O-1-S2")}}
	if r := must(t)(b.ReleaseStockout(t.Context(), back))[0]; r.Status != order.StatusReleaseInstructed {
		t.Errorf("%+v", r)
	}
	short.ID, short.Reason = "no reason", ""
	if r, err := b.RegisterStockout(t.Context(), short); err != nil || !errors.Is(r[0].Err, order.ErrGuard) {
		t.Errorf("without a reason: %v, %v", r, err)
	}
}

// officeClaim opens a return or an exchange of the whole section of an order.
func officeClaim(t *testing.T, b *order.BackOffice, id order.OrderID, event order.EventName) order.Section {
	t.Helper()
	o, _, err := b.Execute(t.Context(), id, order.Command{
		ID: "claim", Event: event, Section: "S1", Actor: order.Buyer("b"), Reason: "단순 변심", At: nine,
		Claim: &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}, Wanted: []order.WantedOption{{Option: "검정"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o.Sections[0]
}

// TestBackOfficeRecall takes a return and an exchange, named by two kinds of numbers, through the recall in one list; the exchange
// is converted and both are refused, each by its own event.
func TestBackOfficeRecall(t *testing.T) {
	b, m := office(t, 3)
	stepTo(t, b, order.StatusDelivered, officeLabelled("O-1-S1", "680100000001"), officeLabelled("O-2-S1", "680100000002"), officeLabelled("O-3-S1", "680100000003"))
	officeClaim(t, b, "O-1", order.RequestReturn)
	officeClaim(t, b, "O-2", order.RequestExchange)
	officeClaim(t, b, "O-3", order.RequestExchange)
	all := []order.Subject{officeSubject("O-1-S1"), officeSubject("O-2-S1"), officeSubject("O-3-S1")}
	kim := order.Operator("kim")

	for _, r := range must(t)(b.InstructRecall(t.Context(), order.Work{ID: "fetch", Actor: kim, On: all})) {
		if r.Status != order.StatusRecallInstructed {
			t.Fatalf("%+v", r)
		}
	}
	on := []order.Subject{
		{RecallDeliveryNo: "O-1-C1", Waybill: waybillOf("690100000001")}, {RecallDeliveryNo: "O-2-C1", Waybill: waybillOf("690100000002")},
		{RecallDeliveryNo: "O-3-C1", Waybill: waybillOf("690100000003")},
	}
	must(t)(b.UpdateRecall(t.Context(), order.Work{
		ID: "moving", Actor: kim, Current: order.StatusRecallInstructed, Target: order.StatusRecallConfirmed, On: on,
	}))
	converted := must(t)(b.ConvertToReturn(t.Context(), order.Work{ID: "convert", Actor: kim, On: on[1:2]}))[0]
	if o, err := m.get("O-2"); err != nil || o.Claims[0].Type != order.ClaimReturn || o.Claims[0].ConvertedFrom != order.ClaimExchange || converted.Status != order.StatusRecallConfirmed {
		t.Errorf("%+v, %v", o.Claims, err)
	}

	refuse := order.Work{ID: "refuse", Actor: kim, Reason: "사용 흔적", On: []order.Subject{officeSubject("O-1-S1"), officeSubject("O-3-S1")}}
	for range 2 { // the second time all is done already
		results := must(t)(b.RejectClaims(t.Context(), refuse))
		for i, want := range []order.EventName{order.RejectReturn, order.RejectExchange} {
			if r := results[i]; r.Events[0].Name != want || r.Status != order.StatusDelivered {
				t.Errorf("%+v, want %v", r, want)
			}
		}
	}

	counted := on[1]
	counted.Waybill, counted.Reception = nil, []order.Reception{{Item: "I1", Received: 2}, {Item: "I2", Received: 3, Damaged: 1}}
	done := must(t)(b.UpdateRecall(t.Context(), order.Work{
		ID: "arrived", Actor: kim, Current: order.StatusRecallConfirmed, Target: order.StatusRecallCompleted, On: []order.Subject{counted},
	}))
	if done[0].Status != order.StatusRecallCompleted {
		t.Errorf("%+v", done[0])
	}
	for _, o := range m.all() {
		if err := order.Check(o); err != nil {
			t.Error(err)
		}
	}
}

// TestBackOfficeOneWinner: many release the same section at once under a version each has read; one does it.
func TestBackOfficeOneWinner(t *testing.T) {
	b, m := office(t, 1)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"))
	o, err := m.get("O-1")
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			_, _, errs[i] = b.Execute(t.Context(), "O-1", order.Command{
				ID: order.CommandID(fmt.Sprint("scan ", i)), Event: order.CompleteRelease, Section: "S1", Actor: order.Operator("kim"),
				Waybill: waybillOf(fmt.Sprint("68010000000", i)), ExpectedVersion: o.Version, At: nine,
			})
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, order.ErrVersion) {
			t.Errorf("%v, want a version conflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

// TestBackOfficeStale: a command without an expectation is decided again when a fact came in between; it is given up when that
// never ends.
func TestBackOfficeStale(t *testing.T) {
	b, m := office(t, 1)
	scans, limit := 0, 1
	m.onLoad = func(id order.OrderID) {
		if scans == limit {
			return
		}
		scans++
		m.mu.Lock()
		defer m.mu.Unlock()
		o, err := m.get(id)
		if err == nil {
			o, _, err = order.Handle(o, order.Command{
				ID: order.CommandID(fmt.Sprint("odd ", scans)), Event: order.ExceptionRaised, Section: "S1", Actor: order.Tracker("t"),
				Exception: &order.Exception{Code: fmt.Sprint("ODD", scans)},
			})
		}
		if err != nil {
			t.Error(err)
			return
		}
		m.put(o)
	}
	step := order.Work{ID: "w", Actor: order.Operator("kim"), Current: order.StatusOrdered, Target: order.StatusDeliveryInstructed, On: []order.Subject{officeSubject("O-1-S1")}}
	r := must(t)(b.Deliver(t.Context(), step))[0]
	o, err := m.get("O-1")
	if err != nil || r.Status != order.StatusDeliveryInstructed || o.Sections[0].Exception == nil || len(o.History) != 3 {
		t.Errorf("%+v, %v", o.Sections[0], err)
	}
	scans, limit = 10, 1000
	step.ID, step.Current, step.Target = "v", order.StatusDeliveryInstructed, order.StatusReleaseInstructed
	if r, err := b.Deliver(t.Context(), step); err != nil || !errors.Is(r[0].Err, order.ErrStale) || scans > 20 {
		t.Errorf("%v, %v after %d changes by others", r[0].Err, err, scans-10)
	}
}

func TestBackOfficeOtherTenants(t *testing.T) {
	_, m := office(t, 1)
	b, err := order.NewBackOffice(order.BackOfficeConfig{Orders: m, Tenant: "other"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []order.Subject{officeSubject("O-1-S1"), {Order: "O-1", Section: "S1"}, officeSubject("none"), {Order: "none", Section: "S1"}} {
		w := order.Work{ID: "w", Actor: order.Operator("kim"), Current: order.StatusOrdered, Target: order.StatusDeliveryInstructed, On: []order.Subject{s}}
		if r, err := b.Deliver(t.Context(), w); err != nil || r[0].Err == nil || r[0].Err.Error() != order.ErrNoOrder.Error() {
			t.Errorf("%+v: %v, %v", s, r, err)
		}
	}
	if l, err := b.Deliveries(t.Context(), order.Query{Filter: order.Filter{Tenant: ""}}); err != nil || l.Total != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestBackOfficeStopped(t *testing.T) {
	b, m := office(t, 2)
	ctx, stop := context.WithCancel(t.Context())
	m.onLoad = func(order.OrderID) { stop() }
	w := order.Work{ID: "w", Actor: order.Operator("kim"), Current: order.StatusOrdered, Target: order.StatusDeliveryInstructed,
		On: []order.Subject{officeSubject("O-1-S1"), officeSubject("O-2-S1")}}
	r, err := b.Deliver(ctx, w)
	if err != nil || r[0].Err != nil || !errors.Is(r[1].Err, context.Canceled) {
		t.Errorf("%v, %v", r, err)
	}
	m.onLoad = nil
	if r := must(t)(b.Deliver(t.Context(), w)); !r[0].NoOp || r[1].NoOp {
		t.Errorf("given again: %+v", r)
	}
}

// TestBackOfficeWholeOrders: an order without a section is every section in which the event is legal.
func TestBackOfficeWholeOrders(t *testing.T) {
	b, m := office(t, 1)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"))
	must(t)(b.RegisterStockout(t.Context(), order.Work{ID: "short", Actor: order.Operator("kim"), Reason: "결품", On: []order.Subject{
		{Order: "O-1", Section: "S1", Items: []order.ItemQuantity{{Item: "I1"}}},
	}}))
	all := order.Work{ID: "back", Actor: order.Operator("kim"), On: []order.Subject{{Order: "O-1"}}}
	if r := must(t)(b.ReleaseStockout(t.Context(), all))[0]; r.Section != "S2" || r.Status != order.StatusReleaseInstructed {
		t.Errorf("%+v", r)
	}
	all.ID = "once more"
	if r, err := b.ReleaseStockout(t.Context(), all); err != nil || !errors.Is(r[0].Err, order.ErrIllegal) {
		t.Errorf("%+v, %v", r, err)
	}
	if o, err := m.get("O-1"); err != nil || order.Check(o) != nil {
		t.Error(err, order.Check(o))
	}
}

func ExampleBackOffice_Deliver() {
	draft := order.Draft{ID: "O-1", Payment: order.PaymentPaid, Lines: []order.Line{{ID: "A", Quantity: 2}}}
	o, err := order.New(draft, nine, order.System("shop"))
	if err != nil {
		fmt.Println(err)
		return
	}
	office, err := order.NewBackOffice(order.BackOfficeConfig{Orders: newMemory(o)}) // your store
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := office.Deliver(context.Background(), order.Work{
		ID: "screen-17", Actor: order.Operator("kim"), Current: order.StatusOrdered, Target: order.StatusDeliveryInstructed,
		On: []order.Subject{{DeliveryNo: "O-1-S1"}, {DeliveryNo: "O-2-S1"}},
	})
	if err != nil {
		fmt.Println(err) // nothing was begun
		return
	}
	for _, r := range results {
		fmt.Println(r.Subject.DeliveryNo, r.Status, r.Err)
	}
	// Output:
	// O-1-S1 DELIVERY_INSTRUCTED <nil>
	// O-2-S1  order: no such order or number
}
