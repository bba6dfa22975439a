package order_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// The fast tier gives three thousand commands; -commands, or WAYBILL_ORDER_COMMANDS, asks for another number.
var (
	commands = flag.Int("commands", envInt("WAYBILL_ORDER_COMMANDS", 3_000), "random commands that the order's model is compared on")
	seed     = flag.Uint64("commands-seed", 1, "seed of the random commands")
)

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// tally counts what a run did, so that a run that did nothing shows.
type tally struct {
	orders, commands, accepted, refused, splits, merges, repeats, records int
	again                                                                 int // claims on what was sent instead
	events                                                                map[string]int
}

func (t *tally) add(other tally) {
	t.orders += other.orders
	t.commands += other.commands
	t.accepted += other.accepted
	t.refused += other.refused
	t.splits += other.splits
	t.merges += other.merges
	t.repeats += other.repeats
	t.records += other.records
	t.again += other.again
	for event, n := range other.events {
		t.events[event] += n
	}
}

// TestRandomCommands walks orders at random, hand in hand with the model, as many at a time as there are processors.
// What happens to the nth order depends on the seed and n alone.
func TestRandomCommands(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var given, next atomic.Int64
	walks := make(chan tally)
	walkers := runtime.GOMAXPROCS(0)
	for range walkers {
		go func() {
			counts := tally{events: map[string]int{}}
			defer func() { walks <- counts }()
			for given.Load() < int64(*commands) && !t.Failed() {
				n, before := next.Add(1)-1, counts.commands
				if trail, err := wander(rand.New(rand.NewPCG(*seed, uint64(n))), &counts); err != nil {
					t.Errorf("order %d of seed %d: %v\nafter:\n%s", n, *seed, err, trail)
				}
				given.Add(int64(counts.commands - before))
			}
		}()
	}
	counts := tally{events: map[string]int{}}
	for range walkers {
		counts.add(<-walks)
	}
	t.Logf("%d orders, %d commands (%d accepted, %d refused, %d repeated), %d splits, %d merges, %d record events, %d of 39 events, %v",
		counts.orders, counts.commands, counts.accepted, counts.refused, counts.repeats, counts.splits, counts.merges,
		counts.records, len(counts.events), time.Since(start).Round(time.Millisecond))
	t.Logf("%d claims on replacements", counts.again)
	if *commands >= 100_000 && len(counts.events) != 39 {
		for _, event := range gridEvents {
			if counts.events[event] == 0 {
				t.Errorf("%s never happened", event)
			}
		}
	}
	if *commands >= 10_000 && counts.again == 0 {
		t.Error("no replacement was ever claimed")
	}
}

// wander takes one order through up to sixty commands.
func wander(r *rand.Rand, counts *tally) (trail []byte, err error) {
	counts.orders++
	policy := []order.Policy{order.AllOn(), everyWay(), order.AllOff(), {}}[r.IntN(4)]
	w, err := newWorld(policy, randomDraft(r))
	if err != nil {
		return nil, err
	}
	if r.IntN(6) == 0 && w.order.Payment == order.PaymentPaid {
		// Few orders get that far by themselves.
		if err := w.walk(toReplaced + []string{"", replaced, replaced + " out:CompleteDelivery"}[r.IntN(3)]); err != nil {
			return nil, err
		}
	}
	for range 20 + r.IntN(40) {
		before, check := w.order, r.IntN(16) == 0
		var was []byte
		if check {
			was, _ = order.Encode(before)
		}
		var said string
		if said, err = w.stroll(r, counts); said != "" {
			trail = fmt.Appendf(trail, "  %s\n", said)
		}
		if err == nil {
			err = w.inspect(before)
		}
		if check && err == nil {
			err = untouched(before, was)
		}
		if check && err == nil {
			err = order.Check(w.order)
		}
		if err != nil {
			return trail, err
		}
	}
	return trail, errors.Join(replayed(w.order), order.Check(w.order))
}

// untouched checks that a command left the order that it was given as it was, byte for byte.
func untouched(before order.Order, was []byte) error {
	is, err := order.Encode(before)
	if err != nil {
		return err
	}
	if !bytes.Equal(was, is) {
		return fmt.Errorf("a command wrote into the order it was given:\n%s\nwas\n%s", is, was)
	}
	return nil
}

func randomDraft(r *rand.Rand) order.Draft {
	d := order.Draft{ID: "O-1", Orderer: person("김하나"), Payment: order.PaymentPaid}
	if r.IntN(5) == 0 {
		d.Payment = order.PaymentPending
	}
	if r.IntN(2) == 0 {
		d.Channel = order.ChannelExternal
	}
	method := order.MethodCourier
	if r.IntN(4) == 0 {
		method = []order.Method{order.MethodDirect, order.MethodECoupon, order.MethodPickup}[r.IntN(3)]
	}
	sections := make([]order.DraftSection, 1+r.IntN(3))
	for i := range sections {
		sections[i] = order.DraftSection{Method: method, Place: []string{"WH1", "WH1", ""}[r.IntN(3)]}
		if r.IntN(4) == 0 {
			sections[i].Recipient = person("이둘")
		}
	}
	for i := range max(len(sections), 1+r.IntN(3)) {
		line := order.Line{ID: order.LineID(rune('A' + i)), SKU: "SKU", Quantity: 1 + r.IntN(7)}
		d.Lines = append(d.Lines, line)
		s := &sections[i%len(sections)]
		s.Lines = append(s.Lines, order.LineQuantity{Line: line.ID, Quantity: line.Quantity})
		if r.IntN(3) == 0 {
			gift := order.Line{ID: line.ID + "-gift", SKU: "GIFT", Quantity: 1 + r.IntN(5), FreebieOf: line.ID}
			d.Lines = append(d.Lines, gift)
			s.Lines = append(s.Lines, order.LineQuantity{Line: gift.ID, Quantity: gift.Quantity})
		}
	}
	d.Sections = sections
	return d
}

// stroll gives one command, mostly one that should succeed, and tells what it was.
func (w *world) stroll(r *rand.Rand, counts *tally) (string, error) {
	switch r.IntN(12) {
	case 0:
		return w.strollRecord(r, counts)
	case 1:
		return w.strollMerge(r, counts)
	case 2:
		return w.strollRepeat(r, counts)
	}
	c, ok := w.pick(r)
	if !ok {
		return "", nil
	}
	sections := len(w.order.Sections)
	accepted, difference := w.try(c)
	counts.commands++
	if accepted {
		counts.accepted++
		counts.events[c.Event.String()]++
		counts.splits += len(w.order.Sections) - sections
		if w.model.sections[c.Section].serves != 0 && opens(c.Event.String()) != "" {
			counts.again++
		}
	} else {
		counts.refused++
	}
	said := fmt.Sprintf("%s %s %s items %v by %s: accepted %v", c.ID, c.Event, c.Section, c.Items, c.Actor.Role, accepted)
	if difference != "" {
		return said, errors.New(difference)
	}
	return said, nil
}

// pick chooses a command: mostly an event that is possible where it is aimed, in full or with something spoilt.
func (w *world) pick(r *rand.Rand) (order.Command, bool) {
	id, candidates := w.candidates(r)
	if r.IntN(12) == 0 {
		candidates = gridEvents
	}
	if len(candidates) == 0 {
		return order.Command{}, false
	}
	event := candidates[r.IntN(len(candidates))]
	role := owner(event)
	if r.IntN(8) == 0 {
		role = randomRole(r)
	}
	c := w.form(id, event, role)
	c.ReleaseHold = r.IntN(5) == 0
	switch r.IntN(10) {
	case 0, 1, 2, 5:
		w.narrow(r, &c)
	case 3:
		w.spoil(r, &c)
	case 4:
		w.widen(&c)
	}
	return c, true
}

// candidates picks a section in which something can happen, if there is one, and lists what. What leads an order on is
// on the list more often than what ends it, or orders would not live long enough to be exchanged.
func (w *world) candidates(r *rand.Rand) (order.SectionID, []string) {
	ids := w.model.ids()
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids {
		s, _ := w.order.Section(id)
		var events []string
		for _, event := range gridEvents {
			if w.model.legal(w.policy, w.order, id, event) != "" || w.model.forbids(w.policy, w.order, s, event, w.model.whole(id), false) != "" && r.IntN(8) != 0 {
				continue
			}
			events = append(events, event)
			if closes(event) == "" && event != "RequestCancel" || event == "CompleteExchange" {
				events = append(events, event, event)
			}
		}
		if events != nil {
			return id, events
		}
	}
	return ids[0], nil
}

func randomRole(r *rand.Rand) string {
	roles := make([]string, 0, len(duties))
	for role := range duties {
		roles = append(roles, role)
	}
	slices.Sort(roles)
	return roles[r.IntN(len(roles))]
}

// narrow names items, mostly a real part, sometimes more than there is, sometimes one item twice.
func (w *world) narrow(r *rand.Rand, c *order.Command) {
	s, _ := w.order.Section(c.Section)
	for _, item := range s.Items {
		if r.IntN(2) == 0 {
			continue
		}
		quantity := item.Quantity
		if r.IntN(2) == 0 {
			quantity = 1 + r.IntN(item.Quantity)
		}
		switch r.IntN(12) {
		case 0:
			quantity += 1 + r.IntN(3)
		case 1:
			quantity = 0
		case 2:
			c.Items = append(c.Items, order.ItemQuantity{Item: item.ID, Quantity: 1})
		}
		c.Items = append(c.Items, order.ItemQuantity{Item: item.ID, Quantity: quantity})
	}
	if c.Items == nil {
		return
	}
	c.Alone = r.IntN(6) == 0
	w.count(c)
}

// spoil takes something away that the event needs, or says something that is not so.
func (w *world) spoil(r *rand.Rand, c *order.Command) {
	switch r.IntN(8) {
	case 0:
		if c.Event != order.CancelForStockout && c.Event != order.FailRecall && c.Event != order.FailRecallExchange {
			c.Reason = ""
		}
	case 1:
		c.Waybill = nil
	case 2:
		if c.Waybill != nil && c.Event != order.RejectReturn && c.Event != order.RejectExchange &&
			c.Event != order.ConfirmRecall {
			c.Waybill = &order.Waybill{Courier: "kr.cjlogistics", Number: "!?"}
		}
	case 3:
		if c.Event == order.RequestReturn || c.Event == order.RequestExchange {
			c.Claim = &order.ClaimRequest{}
		}
	case 4:
		if len(c.Reception) > 0 {
			c.Reception[0].Missing++
		}
	case 5:
		c.Refund = ""
	case 6:
		c.ExpectedVersion = w.order.Version + int64(r.IntN(2))
	case 7:
		c.ExpectedStatus = order.Statuses()[r.IntN(16)]
	}
}

// widen addresses a command to the whole order, where one form fits every section.
func (w *world) widen(c *order.Command) {
	switch c.Event.String() {
	case "CompleteDelivery", "CourierReturn", "RejectReturn", "RejectExchange", "WithdrawExchange", "ConvertToReturn", "ConvertToReturnEarly",
		"ReplaceWaybill", "FailRecall", "FailRecallExchange", "ConfirmRecall", "InstructRelease":
		return
	}
	if c.Event == order.CompleteRelease && c.Actor.Role == order.RoleTracker {
		return // the waybill would be the address
	}
	c.Section, c.Items = "", nil
}

// inspect holds the order against the model and the invariants.
func (w *world) inspect(before order.Order) error {
	if difference := w.model.differs(w.order); difference != "" {
		return errors.New(difference)
	}
	if faults := broken(before, w.order); faults != nil {
		return fmt.Errorf("%q", faults)
	}
	return nil
}
