package order_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// refused handles a command that must be refused, with the sentinel, and leaves every byte as it was.
func refused(t *testing.T, m order.Machine, o order.Order, c order.Command, kind error) *order.Refused {
	t.Helper()
	if c.ID == "" {
		c.ID = "refused"
	}
	if c.Actor.Role == "" {
		c.Actor = order.Operator("kim")
	}
	before := encoded(t, o)
	next, events, err := m.Handle(o, c)
	var r *order.Refused
	if !errors.As(err, &r) || !errors.Is(err, kind) {
		t.Fatalf("%v: %v, want %v", c.Event, err, kind)
	}
	if events != nil || !reflect.DeepEqual(next, o) || encoded(t, o) != before {
		t.Errorf("%v: the refusal changed something", c.Event)
	}
	return r
}

func encoded(t testing.TB, o order.Order) string {
	t.Helper()
	data, err := order.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func section(t testing.TB, o order.Order, id order.SectionID) order.Section {
	t.Helper()
	s, ok := o.Section(id)
	if !ok {
		t.Fatalf("no section %s in\n%s", id, show(o))
	}
	return s
}

// sound checks the invariants, which replays the history.
func sound(t testing.TB, o order.Order) {
	t.Helper()
	if err := order.Check(o); err != nil {
		t.Errorf("%v\n%s", err, show(o))
	}
}

func take(item order.ItemID, quantity int) []order.ItemQuantity {
	return []order.ItemQuantity{{Item: item, Quantity: quantity}}
}

func released() order.Order {
	return do(guide(), order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1})
}

func delivered() order.Order {
	return do(released(), order.Command{Event: order.CompleteDelivery, Section: "S1"})
}

func returning() *order.ClaimRequest {
	return &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}}
}

func exchanging() *order.ClaimRequest {
	return &order.ClaimRequest{Fault: order.FaultSeller, Wanted: []order.WantedOption{{Option: "blue"}}}
}

func TestCommandTwice(t *testing.T) {
	c := order.Command{ID: "x", Event: order.RequestCancel, Section: "S1", Items: take("I1", 1), Actor: order.Buyer("b"), At: noon}
	once, events, err := order.Handle(guide(), c)
	if err != nil {
		t.Fatal(err)
	}
	c.At, c.ExpectedVersion = noon.Add(time.Hour), 1 // a retry, by a host that stamps every attempt and read an old version
	again, stored, err := order.Handle(once, c)
	if err != nil || !reflect.DeepEqual(again, once) || !reflect.DeepEqual(stored, events) {
		t.Errorf("the second time: %v\n%s", err, show(again))
	}
	c.Items = take("I1", 2)
	refused(t, order.Machine{}, once, c, order.ErrDuplicateCommand)
	c.Items, c.Reason = take("I1", 1), "another reason"
	refused(t, order.Machine{}, once, c, order.ErrDuplicateCommand)
}

// Every field of a command is part of its content, except those that a retry may change.
func TestContentCoversEveryField(t *testing.T) {
	base := order.Command{ID: "x", Event: order.WaybillScanned, Section: "S1", Actor: order.Tracker("a"), At: noon}
	o := do(guide(), order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: &w1})
	once, _, err := order.Handle(o, base)
	if err != nil {
		t.Fatal(err)
	}
	person := &order.Recipient{Name: privacy.Name("김철")}
	changes := map[string]func(*order.Command){
		"Event":         func(c *order.Command) { c.Event = order.ExceptionCleared },
		"Actor":         func(c *order.Command) { c.Actor.ID = "b" },
		"Section":       func(c *order.Command) { c.Section = "S2" },
		"Items":         func(c *order.Command) { c.Items = take("I1", 1) },
		"Sections":      func(c *order.Command) { c.Sections = []order.SectionID{"S1"} },
		"Reason":        func(c *order.Command) { c.Reason = "r" },
		"Waybill":       func(c *order.Command) { c.Waybill = &w1 },
		"Place":         func(c *order.Command) { c.Place = "p" },
		"Claim":         func(c *order.Command) { c.Claim = &order.ClaimRequest{} },
		"RecallAddress": func(c *order.Command) { c.RecallAddress = person },
		"Reception":     func(c *order.Command) { c.Reception = []order.Reception{{Item: "I1"}} },
		"Refund":        func(c *order.Command) { c.Refund = "r" },
		"Draft":         func(c *order.Command) { c.Draft = &order.Draft{} },
		"Payment":       func(c *order.Command) { c.Payment = order.PaymentPaid },
		"Recipient":     func(c *order.Command) { c.Recipient = person },
		"Hold":          func(c *order.Command) { c.Hold = &order.Hold{} },
		"Exception":     func(c *order.Command) { c.Exception = &order.Exception{} },
		"Convert":       func(c *order.Command) { c.Convert = true },
		"Alone":         func(c *order.Command) { c.Alone = true },
		"ReleaseHold":   func(c *order.Command) { c.ReleaseHold = true },
	}
	free := map[string]bool{"ID": true, "At": true, "ExpectedVersion": true, "ExpectedStatus": true}
	for field := range reflect.TypeFor[order.Command]().Fields() {
		change := changes[field.Name]
		if free[field.Name] != (change == nil) {
			t.Errorf("field %s is not tested", field.Name)
			continue
		}
		if change != nil {
			c := base
			change(&c)
			refused(t, order.Machine{}, once, c, order.ErrDuplicateCommand)
		}
	}
}

func TestExpectations(t *testing.T) {
	o := guide()
	r := refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1, ExpectedVersion: o.Version - 1}, order.ErrVersion)
	if r.Version != o.Version || len(r.Allowed) == 0 {
		t.Errorf("%+v", r)
	}
	r = refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1, ExpectedStatus: order.StatusOrdered}, order.ErrExpectedStatus)
	if r.Actual != order.StatusReleaseInstructed || len(r.Allowed) == 0 {
		t.Errorf("%+v", r)
	}
	do(o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1, ExpectedVersion: o.Version, ExpectedStatus: order.StatusReleaseInstructed})
}

// Shipping and cancelling start from the same version: whoever is first wins, and the other one is told.
func TestRace(t *testing.T) {
	base := guide()
	var mu sync.Mutex
	current := base
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			c := order.Command{ID: order.CommandID("n" + string(rune('A'+i))), Section: "S1", ExpectedVersion: base.Version, Actor: order.Operator("kim"), At: noon}
			if i%2 == 0 {
				c.Event, c.Waybill = order.CompleteRelease, &w1
			} else {
				c.Event = order.RequestCancel
			}
			if _, err := order.Decide(base, c); err != nil { // from a shared, never locked order
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			next, _, err := order.Handle(current, c)
			switch {
			case err == nil:
				won.Add(1)
				current = next
			case errors.Is(err, order.ErrVersion):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 63 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
	sound(t, current)
}

// What a caller does to a command after it was accepted changes nothing.
func TestCommandIsCopied(t *testing.T) {
	w, to := w1, order.Recipient{Name: privacy.Name("김철")}
	c := order.Command{ID: "x", Event: order.RequestReturn, Section: "S1", Waybill: &w, RecallAddress: &to, Claim: returning(), Actor: order.Buyer("b")}
	c.Claim.Wanted = []order.WantedOption{{Option: "red"}}
	o, _, err := order.Handle(delivered(), c)
	if err != nil {
		t.Fatal(err)
	}
	before := encoded(t, o)
	w.Number, to.Name, c.Claim.Fault, c.Claim.Wanted[0].Option = "0", privacy.Name("박"), order.FaultCourier, "x"
	if encoded(t, o) != before {
		t.Error("the order changed with the command")
	}
}

func TestDuplicateEntriesAddUp(t *testing.T) {
	o := guide()
	twice := func(n int) []order.ItemQuantity { return append(take("I1", 1), take("I1", n)...) }
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Section: "S1", Items: twice(2)}, order.ErrQuantity)
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Section: "S1", Items: twice(0)}, order.ErrQuantity)
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Section: "S1", Items: twice(1 << 62)}, order.ErrQuantity)
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Section: "S1", Items: take("I1", -1)}, order.ErrQuantity)
	o = do(o, order.Command{Event: order.RequestCancel, Section: "S1", Items: twice(1)})
	if s := section(t, o, "S2"); s.Quantity() != 2 || s.Items[0].ID != "I1" {
		t.Errorf("%+v", s.Items)
	}
}

func TestTargets(t *testing.T) {
	o := guide()
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Section: "S9"}, order.ErrNoTarget)
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Section: "S1", Items: take("I9", 1)}, order.ErrNoTarget)
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestCancel, Items: take("I9", 1)}, order.ErrNoTarget)
	refused(t, order.Machine{}, o, order.Command{Event: order.ApproveCancel}, order.ErrLevel)
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectCancel}, order.ErrIllegal)
	refused(t, order.Machine{}, released(), order.Command{Event: order.CompleteDelivery, Section: "S1", Items: take("I1", 1)}, order.ErrLevel)
	refused(t, order.Machine{}, o, order.Command{Event: order.RegisterWaybill, Section: "S1", Items: take("I1", 1), Waybill: &w1}, order.ErrQuantity)
	// All items are the section: nothing is split.
	o = do(o, order.Command{Event: order.RequestCancel, Items: append(take("I1", 2), take("I2", 0)...)})
	if len(o.Sections) != 1 {
		t.Error(show(o))
	}
}

// An order-level request makes one claim per section, under one command; if one section may not, none does.
func TestOrderLevel(t *testing.T) {
	o := do(guide(), order.Command{Event: order.RegisterStockout, Section: "S1", Items: take("I1", 1), Reason: "short"})
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S1", Items: take("I2", 1), Waybill: &w1})
	o = do(o, order.Command{ID: "all", Event: order.RequestCancel, Actor: order.Buyer("b")})
	want := "S1 {A1 B3} CANCEL_REQUESTED, prior RELEASE_INSTRUCTED\nS2 {A1} CANCEL_REQUESTED, prior STOCKOUT_HELD\nS3 {B1} RELEASED\n"
	if show(o) != want {
		t.Errorf("%s", show(o))
	}
	if len(o.Claims) != 2 || o.Claims[0].Request != "all" || o.Claims[1].Request != "all" || o.Claims[1].Section != "S2" {
		t.Errorf("%+v", o.Claims)
	}
	last := o.History[len(o.History)-1]
	if len(last.Moves) != 2 || last.Version != o.Version {
		t.Errorf("%+v", last)
	}
	sound(t, o)
	o = do(o, order.Command{Event: order.WaybillScanned, Section: "S3"})
	// Withdrawn together, refused together: S2 is short and cannot be shipped.
	do(o, order.Command{Event: order.WithdrawCancel, Actor: order.Buyer("b")})
	o.Channel = order.ChannelExternal
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectCancelAndShip, Waybill: &w2}, order.ErrGuard)
}

// Commands that name what is not there, and orders that do not exist.
func TestIncompleteCommands(t *testing.T) {
	ok := order.Command{ID: "x", Event: order.RequestCancel, Section: "S1", Actor: order.Operator("kim")}
	for name, spoil := range map[string]func(*order.Command){
		"id":     func(c *order.Command) { c.ID = "" },
		"event":  func(c *order.Command) { c.Event = 0 },
		"event+": func(c *order.Command) { c.Event = 200 },
		"role":   func(c *order.Command) { c.Actor = order.Actor{} },
		"role+":  func(c *order.Command) { c.Actor = order.Actor{Role: "root"} },
		"status": func(c *order.Command) { c.ExpectedStatus = 99 },
		"fault":  func(c *order.Command) { c.Claim = &order.ClaimRequest{Fault: "MOON"} },
		"payer":  func(c *order.Command) { c.Claim = &order.ClaimRequest{Retrieve: order.Retrieve{Payer: "MOON"}} },
		"type":   func(c *order.Command) { c.Claim = &order.ClaimRequest{Retrieve: order.Retrieve{Type: "MOON"}} },
	} {
		c := ok
		spoil(&c)
		if _, err := order.Decide(guide(), c); !errors.Is(err, order.ErrInvalidCommand) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := order.Decide(order.Order{}, ok); !errors.Is(err, order.ErrNoTarget) {
		t.Error(err)
	}
}

// No error says who lives where.
func TestErrorsHoldNoPersonalData(t *testing.T) {
	o := guide()
	r := refused(t, order.Machine{}, o, order.Command{Event: order.CompleteDelivery, Section: "S1"}, order.ErrIllegal)
	for _, secret := range []string{"홍길동", "1234-5678", "테헤란로"} {
		if strings.Contains(r.Error(), secret) || strings.Contains(r.Reason, secret) {
			t.Errorf("%s in %v", secret, r)
		}
	}
	if want := "order: CompleteDelivery refused for S1 (RELEASE_INSTRUCTED): illegal transition: section is RELEASE_INSTRUCTED; " +
		"allowed: [RegisterStockout CompleteRelease RegisterWaybill RequestCancel]"; r.Error() != want {
		t.Errorf("%q", r)
	}
}
