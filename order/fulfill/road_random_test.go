package fulfill_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var stories = flag.Int("stories", 50, "random stories of orders and parcels")

var errCrash = errors.New("the process died")

// fragile is a store some of whose transactions are lost with the process that made them.
type fragile struct {
	fulfill.Store
	dice *rand.Rand
	odds float64
}

func (f *fragile) Transact(ctx context.Context, do func(context.Context, fulfill.Tx) error) error {
	return f.Store.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
		if err := do(ctx, tx); err != nil || f.dice.Float64() >= f.odds {
			return err
		}
		return errCrash
	})
}

// A tale is what befalls some orders and parcels, by dice.
type tale struct {
	*world
	dice    *rand.Rand
	store   *fragile
	orders  []order.OrderID
	numbers []string // outbound
	recalls []string
	scans   map[string][]scan
}

// TestRandomStories lets polls, pushes, repeats, commands, deliveries of actions and crashes come in any order, and compares
// what is left in the end with what the parcels and sections alone ask for.
func TestRandomStories(t *testing.T) {
	for seed := range uint64(*stories) {
		if t.Failed() {
			return
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { tell(t, seed) })
	}
}

func tell(t *testing.T, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 1))
	m := &tale{dice: dice, numbers: []string{"680100000001", "680100000002", "680100000003"}, recalls: []string{"680200000001"}, scans: map[string][]scan{}}
	m.world = newWorld(t, func(c *fulfill.Config) {
		m.store = &fragile{Store: c.Store, dice: dice}
		c.Store = m.store
		if dice.IntN(4) == 0 {
			c.Machine.Policy.ReleaseByTracker = order.On
		}
		c.ReturnInboundOnFailure = seed%2 == 1
	})
	for i := range 1 + dice.IntN(3) {
		id := order.OrderID(fmt.Sprintf("O%d", i+1))
		m.ordered(id)
		m.orders = append(m.orders, id)
	}
	for _, number := range slices.Concat(m.numbers, m.recalls) {
		m.scans[number] = m.story()
	}
	m.store.odds = 0.15
	for range 50 {
		m.step()
	}
	m.store.odds = 0
	for _, number := range slices.Concat(m.numbers, m.recalls) { // in the end everybody learns of everything
		if err := m.push("toy", number, m.scans[number]...); err != nil && !strings.Contains(err.Error(), "nothing of the host's") {
			t.Fatal(err)
		}
	}
	m.judge()
	history := map[order.OrderID]int{}
	tasks := len(m.tasks())
	for _, id := range m.orders {
		history[id] = len(m.order(id).History)
		if err := m.engine.Follow(m.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range m.orders {
		if n := len(m.order(id).History); n != history[id] {
			t.Errorf("order %s changes by being looked at", id)
		}
	}
	if n := len(m.tasks()); n != tasks {
		t.Errorf("%d tasks more by looking at orders", n-tasks)
	}
}

// story is the life of a parcel.
func (m *tale) story() []scan {
	minute := m.dice.IntN(300)
	var scans []scan
	add := func(status tracking.Status, text string) {
		minute += 1 + m.dice.IntN(200)
		s := on(status, minute)
		s.text = text
		scans = append(scans, s)
	}
	for _, status := range []tracking.Status{tracking.StatusRegistered, pickedUp, inTransit, onTheVan} {
		if m.dice.IntN(3) > 0 {
			add(status, "")
		}
	}
	for range m.dice.IntN(3) {
		add([]tracking.Status{failed, held, unknown, onTheVan}[m.dice.IntN(4)], "")
	}
	if m.dice.IntN(4) > 0 {
		add(delivered, "")
	}
	switch m.dice.IntN(5) {
	case 0:
		add(unknown, "반송")
	case 1:
		add(unknown, "반송")
		add(unknown, "반송취소")
	case 2:
		add(cancelled, "")
	}
	if len(scans) == 0 {
		add(inTransit, "")
	}
	return scans
}

func (m *tale) step() {
	number := m.numbers[m.dice.IntN(len(m.numbers))]
	if m.dice.IntN(6) == 0 {
		number = m.recalls[0]
	}
	story := m.scans[number]
	some := slices.Clone(story[:1+m.dice.IntN(len(story))])
	if m.dice.IntN(3) == 0 && len(some) > 1 { // an answer that leaves something out
		i := m.dice.IntN(len(some))
		some = slices.Delete(some, i, i+1)
	}
	switch m.dice.IntN(10) {
	case 0, 1:
		m.ignore(m.push("toy", number, some...))
	case 2:
		m.ignore(m.push("other", number, some...))
	case 3, 4:
		m.poll(number, some)
	case 5:
		m.work()
	default:
		id := m.orders[m.dice.IntN(len(m.orders))]
		_, err := m.try(id, m.command(id))
		m.ignore(err)
	}
	m.pass(time.Duration(m.dice.IntN(60)) * time.Minute)
}

func (m *tale) ignore(err error) {
	var refused *order.Refused
	if err != nil && !errors.Is(err, errCrash) && !errors.Is(err, poll.ErrLeaseLost) && !errors.As(err, &refused) && !strings.Contains(err.Error(), "nothing of the host's") {
		m.Fatal(err)
	}
}

// poll asks about one parcel, as the engine does.
func (m *tale) poll(number string, scans []scan) {
	now := m.clock()
	for _, s := range scans {
		if s.at.After(now) {
			now = s.at.Add(time.Second)
		}
	}
	m.pass(now.Sub(m.clock()))
	claimed, err := m.engine.Ledger().Claim(m.ctx, poll.ClaimRequest{Now: now, Carrier: "toy", Limit: 10, Lease: time.Minute})
	m.ignore(err)
	for _, w := range claimed {
		if w.ID.Shipment.Number != number {
			m.ignore(m.engine.Ledger().Release(m.ctx, []poll.Watch{w}))
			continue
		}
		report := poll.Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, At: now, Parcel: parcelOf("toy", w.Query(), now, scans...)}
		_, err := m.engine.Ledger().Record(m.ctx, report, func(w poll.Watch, _ tracking.Gain) poll.Watch { w.Due = now; return w })
		m.ignore(err)
	}
}

// work claims some tasks; of some of them nothing is heard again.
func (m *tale) work() {
	err := m.engine.Config().Store.Transact(m.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		claimed, err := tx.ClaimTasks(ctx, m.clock(), 5, time.Minute)
		for _, t := range claimed {
			if m.dice.IntN(4) > 0 {
				t.State, t.DoneAt = fulfill.Done, m.clock()
				err = errors.Join(err, tx.SettleTask(ctx, t))
			}
		}
		return err
	})
	m.ignore(err)
}

// command is one that somebody might give.
func (m *tale) command(id order.OrderID) order.Command {
	odds := m.store.odds
	m.store.odds = 0
	o := m.order(id)
	m.store.odds = odds
	s := o.Sections[m.dice.IntN(len(o.Sections))]
	number := m.numbers[m.dice.IntN(len(m.numbers))]
	c := order.Command{Section: s.ID, Actor: order.Operator("kim")}
	if len(s.Items) > 0 && m.dice.IntN(4) == 0 {
		c.Items = []order.ItemQuantity{{Item: s.Items[m.dice.IntN(len(s.Items))].ID, Quantity: 1}}
	}
	switch m.dice.IntN(14) {
	case 0:
		c.Event, c.Waybill = order.RegisterWaybill, waybill(number)
	case 1, 2, 3:
		c.Event = order.CompleteRelease
		if s.Waybill == nil || m.dice.IntN(2) == 0 {
			c.Waybill = waybill(number)
		}
	case 4:
		c.Event, c.Actor = order.RequestCancel, order.Buyer("b")
	case 5:
		c.Event, c.Actor = order.ApproveCancel, order.Seller("s")
	case 6:
		c.Event, c.Actor = order.RejectCancel, order.Seller("s")
	case 7, 8:
		c.Event, c.Actor = order.RequestReturn, order.Buyer("b")
		c.Claim = &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}
	case 9:
		c.Event, c.Waybill, c.RecallAddress = order.InstructRecall, waybill(m.recalls[0]), &order.Recipient{Address: testAddress}
	case 10:
		c.Event, c.Actor, c.Reason = order.RejectReturn, order.Seller("s"), "worn"
	case 11:
		c.Event, c.Items = order.CompleteRecall, nil
		for _, it := range s.Items {
			c.Reception = append(c.Reception, order.Reception{Item: it.ID, Received: it.Quantity})
		}
	case 12:
		c.Event, c.Refund = order.CompleteReturn, "R1"
	case 13:
		c.Event, c.Actor = order.ConfirmPurchase, order.Buyer("b")
	}
	return c
}

// judge compares what is there with what parcels and sections alone ask for.
func (m *tale) judge() {
	type amount struct {
		what  string // shipment and action
		order order.OrderID
		line  order.LineID
	}
	want, got := map[amount]int{}, map[amount]int{}
	over := map[poll.ShipmentID]bool{}
	for _, id := range m.orders {
		if err := order.Check(m.order(id)); err != nil {
			m.Error(err)
		}
	}
	for s, err := range m.world.store.Shipments(m.ctx, fulfill.ShipmentFilter{}) {
		number, state := s.ID.Number, m.truth(s)
		over[s.ID] = state == delivered || state == returned
		if err != nil || slices.Contains(m.recalls, number) {
			continue
		}
		for _, link := range s.Links {
			id := link.Order
			o := m.order(id)
			for _, section := range o.Sections {
				if section.MergedInto != "" || section.Waybill == nil || section.Waybill.Number != number || !hasLeft(section) {
					continue
				}
				if state == delivered && (section.Status == order.StatusReleased || section.Status.ClaimOpen() && section.Prior == order.StatusReleased) {
					m.Errorf("order %s, section %s is %v<%v, and its parcel delivered", id, section.ID, section.Status, section.Prior)
				}
				for _, it := range section.Items {
					switch state {
					case delivered:
						want[amount{fmt.Sprint(number, "/", s.ID.Generation) + " CONFIRM_INVENTORY", id, it.Line}] += it.Quantity
						want[amount{fmt.Sprint(number, "/", s.ID.Generation) + " NOTIFY_CUSTOMER", id, it.Line}] += it.Quantity
					case returned:
						want[amount{fmt.Sprint(number, "/", s.ID.Generation) + " CREATE_RETURN_INBOUND", id, it.Line}] += it.Quantity
					}
				}
			}
		}
		if s.Parcel.Status != state {
			m.Errorf("the parcel is %v, not %v", s.Parcel.Status, state)
		}
	}
	tasks := map[string]fulfill.Task{}
	for _, t := range m.tasks() {
		tasks[t.Action.Key] = t
	}
	for key, t := range tasks {
		_, undone := tasks[key+"/undo"]
		original, isUndo := strings.CutSuffix(key, "/undo")
		if t.State == fulfill.Withdrawn && t.Attempts > 0 {
			m.Errorf("%s may have been done, and is not taken back", key)
		}
		switch {
		case isUndo:
			if first, ok := tasks[original]; !ok || first.State == fulfill.Withdrawn || first.State == fulfill.Waiting && first.Attempts == 0 {
				m.Errorf("%s takes back what was not done", key)
			}
		case undone || t.State == fulfill.Withdrawn || !strings.HasPrefix(key, "parcel/"):
		case t.Action.Status == delivered && (t.Action.Name == fulfill.ConfirmInventory || t.Action.Name == fulfill.NotifyCustomer),
			t.Action.Status == returned && t.Action.Name == fulfill.CreateReturnInbound && slices.Contains(m.numbers, t.Action.Shipment.Number),
			t.Action.Status == failed && t.Action.Name == fulfill.CreateReturnInbound && over[t.Action.Shipment]: // opened early, for a return or for nothing
			for _, it := range t.Action.Items {
				got[amount{fmt.Sprint(t.Action.Shipment.Number, "/", t.Action.Shipment.Generation) + " " + string(t.Action.Name), it.Order, it.Line}] += it.Quantity
			}
		}
	}
	for a, n := range want {
		if got[a] != n {
			m.Errorf("%s for %s %s: %d units, not %d", a.what, a.order, a.line, got[a], n)
		}
	}
	for a, n := range got {
		if want[a] == 0 {
			m.Errorf("%s for %s %s: %d units, and nothing asks for it", a.what, a.order, a.line, n)
		}
	}
}

// truth is how a parcel ends, read off its story: what is delivered counts unless a return comes after it that nobody calls
// off, and a return counts whether or not anything was delivered.
func (m *tale) truth(s fulfill.Shipment) tracking.Status {
	number := s.ID.Number
	ends := unknown
	var before tracking.Status
	for _, s := range m.scans[number] {
		switch {
		case s.text == "반송":
			before, ends = ends, returned
		case s.text == "반송취소":
			ends = before
		case s.status == delivered:
			ends = delivered
		case s.status == cancelled:
		}
	}
	if ends == unknown { // what matters here has not happened
		return s.Parcel.Status
	}
	return ends
}

func hasLeft(s order.Section) bool {
	switch s.Status {
	case order.StatusReleased, order.StatusDelivered, order.StatusPurchaseConfirmed, order.StatusReturned:
		return true
	}
	return s.Status.ClaimOpen() && s.Prior >= order.StatusReleased && s.Prior <= order.StatusPurchaseConfirmed
}
