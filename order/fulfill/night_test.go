package fulfill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
)

// begin is noon of a Sunday in Korea.
var begin = time.Date(2026, 11, 22, 12, 0, 0, 0, korea)

// made gives an order with one section of the given method for each status.
func made(t *testing.T, id order.OrderID, at time.Time, sections ...wanted) order.Order {
	t.Helper()
	d := order.Draft{ID: id, Channel: order.ChannelOwn, Payment: order.PaymentPaid}
	for i, s := range sections {
		line := order.LineID(fmt.Sprintf("L%d", i+1))
		d.Lines = append(d.Lines, order.Line{ID: line, SKU: "SKU", Quantity: 1})
		d.Sections = append(d.Sections, order.DraftSection{
			Lines: []order.LineQuantity{{Line: line, Quantity: 1}}, Method: s.method, Place: "WH",
		})
	}
	o, err := order.New(d, at, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sections {
		for step, name := range s.events {
			c := order.Command{
				ID: order.CommandID(fmt.Sprintf("%d-%d", i, step)), Event: name, Section: order.SectionID(fmt.Sprintf("S%d", i+1)),
				At: s.at, Actor: order.Operator("kim"), Reason: "reason",
			}
			switch {
			case name == order.CompleteRelease && s.method == order.MethodCourier:
				c.Waybill = &order.Waybill{Courier: "cj", Number: s.number}
			case name == order.ExceptionRaised:
				c.Exception = &order.Exception{Code: "ODD"}
			case name == order.RequestReturn:
				c.Claim = &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}}
			case name == order.RevertDelivery:
				c.Actor = order.Admin("lee")
			}
			next, _, err := order.Machine{Policy: order.AllOn()}.Handle(o, c)
			if err != nil {
				t.Fatal(err)
			}
			o = next
		}
	}
	return o
}

// wanted says what a section is to be like.
type wanted struct {
	method order.Method
	at     time.Time // of all its events
	number string
	events []order.EventName
}

func toReleased() []order.EventName {
	return []order.EventName{order.InstructDelivery, order.InstructRelease, order.CompleteRelease}
}

func toDelivered() []order.EventName { return append(toReleased(), order.CompleteDelivery) }

// mute is a carrier that never has data.
type mute struct{}

func (mute) Name() string { return "one" }

func (mute) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = tracking.Result{Query: q, Carrier: "one", Err: &tracking.Error{Carrier: "one", Op: "query", Kind: tracking.ErrNotFound}}
	}
	return results, nil
}

// nightEngine gives an engine with a mute carrier.
func nightEngine(t *testing.T, c Config) *Engine {
	t.Helper()
	c.Carriers = []tracking.Carrier{mute{}}
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func keepOrders(t *testing.T, s Store, orders ...order.Order) {
	t.Helper()
	err := s.Transact(t.Context(), func(ctx context.Context, tx Tx) error {
		for _, o := range orders {
			if err := tx.Save(ctx, o, o.History); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func loadOrder(t *testing.T, s Store, id order.OrderID) (o order.Order) {
	t.Helper()
	err := s.Transact(t.Context(), func(ctx context.Context, tx Tx) (err error) {
		o, err = tx.Load(ctx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestEachOrder walks over lists that shrink and grow under it, with many orders of one moment.
func TestEachOrder(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 7))
		store := NewMemoryStore()
		e := nightEngine(t, Config{Store: store, Now: func() time.Time { return begin }})
		want := map[order.OrderID]bool{}
		at := begin.AddDate(0, 0, -20)
		for i := range 450 {
			if random.IntN(200) == 0 {
				at = at.Add(time.Duration(random.IntN(3000)) * time.Millisecond)
			}
			id := order.OrderID(fmt.Sprintf("O%d-%03d", random.IntN(10), i))
			events := toReleased()[:2+random.IntN(2)]
			want[id] = len(events) == 3
			keepOrders(t, store, made(t, id, at, wanted{method: order.MethodDirect, at: at, events: events}))
		}
		given := map[order.OrderID]int{}
		leave := random.IntN(3)
		err := e.eachOrder(t.Context(), order.Filter{Statuses: []order.Status{order.StatusReleased}}, func(o order.Order) error {
			given[o.ID]++
			if leave > 0 && random.IntN(leave+1) > 0 {
				_, _, err := e.Execute(t.Context(), o.ID, order.Command{
					ID: "leave", Event: order.CompleteDelivery, Section: "S1", Actor: order.Operator("kim"), At: begin,
				})
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for id, fits := range want {
			if given[id] > 1 || (given[id] == 1) != fits {
				t.Errorf("seed %d: order %s was given %d times, wanted: %v", seed, id, given[id], fits)
			}
		}
	}
}

func TestEachOrderStops(t *testing.T) {
	store := NewMemoryStore()
	e := nightEngine(t, Config{Store: store})
	for i := range 5 {
		keepOrders(t, store, made(t, order.OrderID(fmt.Sprint("O", i)), begin, wanted{method: order.MethodDirect, events: toReleased()}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := e.eachOrder(ctx, order.Filter{}, func(order.Order) error {
		if n++; n == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n != 2 {
		t.Errorf("%d orders, %v", n, err)
	}
}

// TestCompleteOthers holds the batch against a rule written anew: what is released, and not by courier, is delivered.
func TestCompleteOthers(t *testing.T) {
	for _, days := range []int{0, 1, 3} {
		now := begin
		store := NewMemoryStore()
		e := nightEngine(t, Config{Store: store, Now: func() time.Time { return now }, Night: Night{DeliverAfterDays: days}})
		methods := []order.Method{order.MethodDirect, order.MethodPickup, order.MethodECoupon, order.MethodOther}
		type place struct {
			id      order.OrderID
			section int
		}
		want := map[place]bool{}
		for i := range 40 {
			id := order.OrderID(fmt.Sprintf("O%02d", i))
			var sections []wanted
			for j := range 1 + i%4 {
				s := wanted{method: methods[(i+j)%4], at: begin.Add(-time.Duration(i*2+j) * time.Hour), events: toDelivered()[:(i+j)%5]}
				sections = append(sections, s)
				midnights := 0
				for at := s.at; at.Before(begin); at = at.Add(time.Minute) {
					if c := at.UTC(); c.Hour() == 14 && c.Minute() == 59 { // a minute before midnight in Korea
						midnights++
					}
				}
				want[place{id, j}] = len(s.events) == 4 || len(s.events) == 3 && midnights >= days
			}
			keepOrders(t, store, made(t, id, begin.Add(-100*time.Hour), sections...))
		}
		before := 0
		for range 2 {
			r, err := e.Do(t.Context(), CompleteDeliveries)
			if err != nil || r.Refused != 0 || r.Left != 0 {
				t.Fatalf("%+v, %v", r, err)
			}
			if before > 0 && r.Done > 0 {
				t.Errorf("after %d days: the second time did %d", days, r.Done)
			}
			before = r.Done
		}
		for p, due := range want {
			s := loadOrder(t, store, p.id).Sections[p.section]
			if (s.Status == order.StatusDelivered) != due {
				t.Errorf("after %d days: %s of %s is %v, wanted delivered: %v", days, s.ID, p.id, s.Status, due)
			}
		}
	}
}

// TestCompleteOthersLeavesCorrections does not complete again what a person took back.
func TestCompleteOthersLeavesCorrections(t *testing.T) {
	store := NewMemoryStore()
	e := nightEngine(t, Config{Store: store, Now: func() time.Time { return begin }, Machine: order.Machine{Policy: order.AllOn()}})
	keepOrders(t, store, made(t, "O1", begin, wanted{method: order.MethodDirect, at: begin, events: toReleased()}))
	if r, err := e.Do(t.Context(), CompleteDeliveries); err != nil || r.Done != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	_, _, err := e.Execute(t.Context(), "O1", order.Command{
		ID: "back", Event: order.RevertDelivery, Section: "S1", Actor: order.Admin("lee"), Reason: "still here", At: begin,
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Do(t.Context(), CompleteDeliveries)
	if err != nil || r.Done != 0 || r.Left != 1 || r.Items[0].Why != whyCorrected {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestConfirmPurchases(t *testing.T) {
	delivered := time.Date(2026, 11, 10, 15, 0, 0, 0, korea)
	claimed := append(toDelivered(), order.RequestReturn)
	odd := append(toDelivered(), order.ExceptionRaised)
	for _, test := range []struct {
		name   string
		days   int
		events []order.EventName
		at     time.Time // of the delivery
		now    time.Time
		want   string // confirmed, or why it is left; empty: not yet
	}{
		{name: "the seventh day is not over", events: toDelivered(), at: delivered, now: time.Date(2026, 11, 17, 23, 59, 0, 0, korea)},
		{name: "the seventh day is over", events: toDelivered(), at: delivered, now: time.Date(2026, 11, 18, 0, 0, 0, 0, korea), want: "confirmed"},
		{name: "delivered just before midnight", events: toDelivered(), at: delivered.Add(8*time.Hour + 59*time.Minute), now: time.Date(2026, 11, 18, 0, 0, 0, 0, korea), want: "confirmed"},
		{name: "delivered just after midnight", events: toDelivered(), at: delivered.Add(9*time.Hour + time.Minute), now: time.Date(2026, 11, 18, 23, 0, 0, 0, korea)},
		{name: "the host waits three days", days: 3, events: toDelivered(), at: delivered, now: time.Date(2026, 11, 14, 0, 0, 0, 0, korea), want: "confirmed"},
		{name: "a claim is open", events: claimed, at: delivered, now: begin.AddDate(0, 0, 30)},
		{name: "an exception", events: odd, at: delivered, now: begin, want: "it has an exception: ODD"},
		{name: "not delivered", events: toReleased(), at: delivered, now: begin},
		{name: "nobody knows when", events: toDelivered(), now: begin, want: whyNoTime},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := NewMemoryStore()
			e := nightEngine(t, Config{
				Store: store, Now: func() time.Time { return test.now }, Machine: order.Machine{Policy: order.Policy{ConfirmAfterDays: test.days}},
			})
			o := made(t, "O1", delivered, wanted{method: order.MethodDirect, at: test.at, events: test.events})
			keepOrders(t, store, o)
			r, err := e.Do(t.Context(), ConfirmPurchases)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			switch s := loadOrder(t, store, "O1").Sections[0]; {
			case s.Status == order.StatusPurchaseConfirmed && r.Done == 1:
				got = "confirmed"
			case r.Left == 1:
				got = r.Items[0].Why
			case s.Status != o.Sections[0].Status || r.Done+r.Refused > 0:
				got = fmt.Sprintf("%v, %+v", s.Status, r)
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestConfirmLeavesReplacements confirms a replacement when its exchange is closed.
func TestConfirmLeavesReplacements(t *testing.T) {
	now := begin
	store := NewMemoryStore()
	e := nightEngine(t, Config{
		Store: store, Now: func() time.Time { return now }, Machine: order.Machine{Policy: order.Policy{ShipReplacementFirst: order.On}},
	})
	keepOrders(t, store, made(t, "O1", begin, wanted{method: order.MethodDirect, at: begin, events: toDelivered()}))
	give := func(c order.Command) {
		t.Helper()
		c.ID, c.At = order.CommandID(c.Event.String()+string(c.Section)), now
		if c.Actor.Role == "" {
			c.Actor = order.Operator("kim")
		}
		if _, _, err := e.Execute(t.Context(), "O1", c); err != nil {
			t.Fatal(err)
		}
	}
	give(order.Command{Event: order.RequestExchange, Section: "S1", Reason: "size", Claim: &order.ClaimRequest{
		Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}, Wanted: []order.WantedOption{{Option: "L"}},
	}})
	give(order.Command{Event: order.ShipReplacementFirst, Section: "S1"})
	for _, name := range []order.EventName{order.InstructRelease, order.CompleteRelease, order.CompleteDelivery} {
		give(order.Command{Event: name, Section: "S2"})
	}
	now = now.AddDate(0, 0, 10)
	r, err := e.Do(t.Context(), ConfirmPurchases)
	if err != nil || r.Done != 0 || r.Left != 1 || r.Items[0].Section != "S2" || r.Items[0].Why != whyExchange {
		t.Errorf("%+v, %v", r, err)
	}
	give(order.Command{Event: order.InstructRecall, Section: "S1", RecallAddress: &order.Recipient{Address: privacy.Address("서울특별시 중구 세종대로 110")}})
	give(order.Command{Event: order.ConfirmRecall, Section: "S1"})
	give(order.Command{Event: order.CompleteRecall, Section: "S1", Reception: []order.Reception{{Item: "I1", Received: 1}}})
	give(order.Command{Event: order.CompleteExchange, Section: "S1"})
	if r, err := e.Do(t.Context(), ConfirmPurchases); err != nil || r.Done != 1 || r.Left != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// failingStore fails to save one order.
type failingStore struct {
	Store
	id order.OrderID
}

type failingTx struct {
	Tx
	id order.OrderID
}

var errDisk = errors.New("the disk is full")

func (s failingStore) Transact(ctx context.Context, f func(context.Context, Tx) error) error {
	return s.Store.Transact(ctx, func(ctx context.Context, tx Tx) error { return f(ctx, failingTx{tx, s.id}) })
}

func (tx failingTx) Save(ctx context.Context, o order.Order, events []order.Event) error {
	if o.ID == tx.id {
		return errDisk
	}
	return tx.Tx.Save(ctx, o, events)
}

func TestOneFailingOrderHarmsItselfOnly(t *testing.T) {
	store := NewMemoryStore()
	for i := range 5 {
		keepOrders(t, store, made(t, order.OrderID(fmt.Sprint("O", i)), begin, wanted{method: order.MethodPickup, events: toReleased()}))
	}
	e := nightEngine(t, Config{Store: failingStore{store, "O2"}, Now: func() time.Time { return begin }})
	r, err := e.Do(t.Context(), CompleteDeliveries)
	if err != nil || r.Done != 4 || r.Refused != 1 || r.Items[0].Order != "O2" || !errors.Is(r.Items[0].Err, errDisk) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNightConfig(t *testing.T) {
	for name, n := range map[string]Night{
		"an unknown job":        {Jobs: []Job{"sweep"}},
		"a time of no job":      {At: map[Job]time.Duration{"sweep": 0}},
		"a time after midnight": {At: map[Job]time.Duration{Retain: 24 * time.Hour}},
		"a time after the hour": {At: map[Job]time.Duration{Stalls: time.Hour}},
		"a time before":         {At: map[Job]time.Duration{Retain: -1}},
		"negative days":         {DeliverAfterDays: -1},
		"negative silence":      {SilentAfter: -1},
		"nobody registers":      {Subscribe: []string{"one"}},
		"records nowhere":       {Records: []Records{{Name: "access"}}},
	} {
		if n.complete() == nil {
			t.Errorf("%s: no fault", name)
		}
	}
	if err := (&Night{}).complete(); err != nil {
		t.Error(err)
	}
	if _, err := nightEngine(t, Config{Store: NewMemoryStore()}).Do(t.Context(), "sweep"); err == nil {
		t.Error("an unknown job was done")
	}
	if !slices.IsSortedFunc(Jobs()[:7], func(a, b Job) int { return int(a.usualTime() - b.usualTime()) }) {
		t.Error("the jobs are not in the order of their times")
	}
}
