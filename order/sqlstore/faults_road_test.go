package sqlstore_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// A road is what people and couriers do about some orders within a week, whatever becomes of the database meanwhile. Nothing
// that depends on what was before follows it sooner than six hours, so that who catches up within that time comes to the
// same end as who was never disturbed.
type road struct {
	parcels []sandbox.Parcel
	desk    []instruction // by time
	end     time.Duration
}

// An instruction is a command that somebody at a desk gives, and repeats until the store has it.
type instruction struct {
	after   time.Duration // since the begin
	order   order.OrderID
	command order.Command
}

const roadKinds = 8

// newRoad gives every way that an order can go, one after the other, over and over.
func newRoad(begin time.Time, orders int) road {
	r := road{end: 8 * 24 * time.Hour}
	for i := range orders {
		id := order.OrderID(fmt.Sprintf("O-%03d", i))
		number := roadNumber(i)
		at := time.Duration(i) * 7 * time.Minute
		ship := func(number string, section order.SectionID, after time.Duration) {
			c := order.Command{Event: order.CompleteRelease, Waybill: &order.Waybill{Courier: "cj", Number: number}, Section: section}
			r.instruct(id, after, c)
		}
		sections := 1
		if i%roadKinds == 7 {
			sections = 2
		}
		r.instruct(id, at, order.Command{Event: order.Created, Actor: order.System("shop"), Draft: roadDraft(id, sections)})
		r.instruct(id, at+10*time.Minute, order.Command{Event: order.InstructDelivery})
		r.instruct(id, at+20*time.Minute, order.Command{Event: order.InstructRelease})
		way, released := delivery, at+30*time.Minute
		switch i % roadKinds {
		case 1:
			way = secondAttempt
		case 2:
			way = comesBackLate
		case 3: // cancelled before it goes
			r.instruct(id, released, order.Command{Event: order.RequestCancel, Actor: order.Buyer("b")})
			r.instruct(id, released+time.Hour, order.Command{Event: order.ApproveCancel, Section: "S1", Actor: order.Seller("s")})
			continue
		case 5: // in one box with the order before it
			ship(roadNumber(i-1), "S1", released)
			continue
		case 6: // returned by the buyer
			fetched := roadNumber(i) + "9"
			r.instruct(id, 72*time.Hour, order.Command{Event: order.RequestReturn, Actor: order.Buyer("b"), Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}})
			r.instruct(id, 73*time.Hour, order.Command{Event: order.InstructRecall, Section: "S1", Waybill: &order.Waybill{Courier: "cj", Number: fetched}})
			r.travel(begin.Add(80*time.Hour), fetched, delivery[:2]...)
			r.instruct(id, 110*time.Hour, order.Command{Event: order.CompleteRecall, Section: "S1", Reception: []order.Reception{{Item: "I1", Received: 2}}})
			r.instruct(id, 111*time.Hour, order.Command{Event: order.CompleteReturn, Section: "S1", Refund: "R-1"})
		case 7:
			second := roadNumber(i) + "8"
			ship(second, "S2", released)
			r.travel(begin.Add(at+8*time.Hour), second, comesBack...)
		}
		ship(number, "S1", released)
		r.travel(begin.Add(at+8*time.Hour), number, way...)
	}
	slices.SortStableFunc(r.desk, func(a, b instruction) int { return int(a.after - b.after) })
	return r
}

// orders lists the orders.
func (r *road) orders() (ids []order.OrderID) {
	for i := range r.desk {
		if r.desk[i].command.Event == order.Created {
			ids = append(ids, r.desk[i].order)
		}
	}
	return ids
}

func roadNumber(i int) string { return fmt.Sprintf("6801%07d", 1000*i+17) }

func roadDraft(id order.OrderID, sections int) *order.Draft {
	d := creation(id).Draft
	d.Lines = []order.Line{{ID: "A", SKU: "SKU-A", Quantity: 2 * sections}}
	d.Sections = nil
	for n := range sections {
		d.Sections = append(d.Sections, order.DraftSection{Lines: []order.LineQuantity{{Line: "A", Quantity: 2}}, Place: fmt.Sprintf("WH%d", n+1)})
	}
	return d
}

// instruct puts a command on the desk. Its id is its place, so that a repeat is one.
func (r *road) instruct(id order.OrderID, after time.Duration, c order.Command) {
	c.ID = order.CommandID(fmt.Sprintf("desk/%s/%v", id, c.Event))
	if c.Section != "" {
		c.ID += order.CommandID("/" + c.Section)
	}
	if c.Actor == (order.Actor{}) {
		c.Actor = order.Operator("kim")
	}
	r.desk = append(r.desk, instruction{after, id, c})
}

// A stop is a scan, so long after the one before it.
type stop struct {
	after  time.Duration
	status tracking.Status
	text   string
}

var (
	delivery = []stop{
		{0, tracking.StatusPickedUp, "집화처리"}, {9 * time.Hour, tracking.StatusInTransit, "간선상차"},
		{9 * time.Hour, tracking.StatusOutForDelivery, "배송출발"}, {7 * time.Hour, tracking.StatusDelivered, "배송완료"},
	}
	secondAttempt = []stop{
		delivery[0], delivery[1], delivery[2], {7 * time.Hour, tracking.StatusFailed, "미배달"},
		{9 * time.Hour, tracking.StatusOutForDelivery, "배송출발"}, delivery[3],
	}
	comesBack     = []stop{delivery[0], delivery[1], {11 * time.Hour, tracking.StatusReturned, "반송"}}
	comesBackLate = append(slices.Clip(delivery), stop{9 * time.Hour, tracking.StatusReturned, "반송"})
)

func (r *road) travel(from time.Time, number string, stops ...stop) {
	p := sandbox.Parcel{Courier: "cj", Number: number}
	for i, s := range stops {
		from = from.Add(s.after).Truncate(time.Minute)
		p.Scans = append(p.Scans, sandbox.Scan{At: from, Status: s.status, Text: s.text, Place: fmt.Sprintf("모래%d", i)})
	}
	r.parcels = append(r.parcels, p)
}

// dice gives a number from 0 to n-1 that belongs to a text.
func dice(text string, n uint32) uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, text)
	return h.Sum32() % n
}
