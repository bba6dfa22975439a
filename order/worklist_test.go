package order_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// worklists has the lists as the document has them: name, statuses, actions.
const worklists = `
배송지시처리 | ORD | InstructDelivery
출고지시처리 | DLI | InstructRelease
출고완료처리 · 결품등록 | RLI | CompleteRelease RegisterStockout
결품해제 | STO | ReleaseStockout
배송완료처리 | REL | CompleteDelivery
회수지시처리 | RRQ XRQ | InstructRecall
회수확인처리 | RCI | ConfirmRecall
회수완료처리 | RCC | CompleteRecall ConvertToReturn RejectReturn RejectExchange`

func TestWorkLists(t *testing.T) {
	var b strings.Builder
	for _, l := range order.WorkLists() {
		var statuses, actions []string
		for _, s := range l.Statuses {
			statuses = append(statuses, s.Short())
		}
		for _, a := range l.Actions {
			actions = append(actions, a.String())
			if found, err := order.WorkListFor(a); err != nil || found.Korean != l.Korean {
				t.Errorf("%v: %v, %v", a, found, err)
			}
			for _, s := range l.Statuses { // what a list offers has to start there
				if _, ok := gridCells[square{s.String(), a.String()}]; !ok {
					t.Errorf("%v cannot start from %v", a, s)
				}
			}
		}
		fmt.Fprintf(&b, "\n%s | %s | %s", l.Korean, strings.Join(statuses, " "), strings.Join(actions, " "))
	}
	if b.String() != worklists {
		t.Errorf("the lists are%s", b.String())
	}
	if _, err := order.WorkListFor(order.ApproveCancel); !errors.Is(err, order.ErrQuery) {
		t.Error(err)
	}
}

// TestBuckets: every status is in exactly one bucket, and every bucket has a status and a name.
func TestBuckets(t *testing.T) {
	count := map[order.Status]int{}
	for _, b := range order.Buckets() {
		if b == "" || b.Korean() == "" || len(b.Statuses()) == 0 {
			t.Errorf("bucket %q %s has %v", b, b.Korean(), b.Statuses())
		}
		for _, s := range b.Statuses() {
			count[s]++
			if s.Bucket() != b {
				t.Errorf("%v is in %s and in %s", s, b, s.Bucket())
			}
		}
	}
	for _, s := range order.Statuses() {
		if count[s] != 1 {
			t.Errorf("%v is in %d buckets", s, count[s])
		}
	}
	if len(count) != len(order.Statuses()) || order.Status(0).Bucket() != "" || order.Status(99).Bucket() != "" || len(order.Bucket("NEW").Statuses()) > 0 {
		t.Error("something else is in a bucket")
	}
}

// busy is a back office with an order in every status that one reaches by the ordinary ways, O-1 the oldest.
func busy(t *testing.T) (*order.BackOffice, *memory) {
	t.Helper()
	b, m := office(t, 9)
	delivered := []order.Subject{officeLabelled("O-5-S1", "680100000005"), officeLabelled("O-6-S1", "680100000006"), officeLabelled("O-7-S1", "680100000007")}
	stepTo(t, b, order.StatusDelivered, delivered...)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-2-S1"), officeSubject("O-3-S1"), officeSubject("O-9-S1"))
	stepTo(t, b, order.StatusReleased, officeLabelled("O-4-S1", "680100000004"))
	officeClaim(t, b, "O-5", order.RequestReturn)
	officeClaim(t, b, "O-6", order.RequestExchange)
	kim := order.Operator("kim")
	must(t)(b.InstructRecall(t.Context(), order.Work{ID: "fetch", Actor: kim, On: []order.Subject{officeSubject("O-6-S1")}}))
	must(t)(b.RegisterStockout(t.Context(), order.Work{ID: "short", Actor: kim, Reason: "결품", On: []order.Subject{
		{DeliveryNo: "O-3-S1", Items: []order.ItemQuantity{{Item: "I2", Quantity: 1}}},
	}}))
	for _, c := range []order.Command{
		{ID: "cancel", Event: order.RequestCancel, Section: "S1", Actor: order.Buyer("b")},
		{ID: "approve", Event: order.ApproveCancel, Section: "S1", Actor: order.Seller("s")},
	} {
		if _, _, err := b.Execute(t.Context(), "O-9", c); err != nil {
			t.Fatal(err)
		}
	}
	return b, m
}

func numbers(l order.Listing) string {
	var all []string
	for _, r := range l.Rows {
		no := strings.TrimPrefix(r.DeliveryNo, "O-")
		if len(r.Items) == 1 {
			no += "/" + string(r.Items[0].Item)
		}
		all = append(all, no)
	}
	return strings.Join(all, " ")
}

// TestLists reads every list of a busy warehouse. O-9 was cancelled: no list has it.
func TestLists(t *testing.T) {
	b, _ := busy(t)
	for _, c := range []struct {
		action order.EventName
		want   string
	}{
		{order.InstructDelivery, "1-S1 8-S1"}, {order.InstructRelease, ""}, {order.CompleteRelease, "2-S1 3-S1"},
		{order.RegisterStockout, "2-S1 3-S1"}, {order.ReleaseStockout, "3-S2/I3"}, {order.CompleteDelivery, "4-S1"},
		{order.InstructRecall, "5-S1"}, {order.ConfirmRecall, "6-S1"}, {order.RejectReturn, ""},
	} {
		l, err := b.WorkList(t.Context(), c.action, order.Query{As: order.Operator("kim")})
		if err != nil || numbers(l) != c.want || l.Total != len(strings.Fields(c.want)) {
			t.Errorf("%v: %s, %d, %v, want %s", c.action, numbers(l), l.Total, err, c.want)
		}
		for _, r := range l.Rows {
			if !slices.Contains(r.Allowed, c.action) {
				t.Errorf("%s: %v is not among %v", r.DeliveryNo, c.action, r.Allowed)
			}
		}
	}
	day := func(minute int) time.Time { return nine.Add(time.Duration(minute) * time.Minute) }
	for _, c := range []struct {
		name   string
		filter order.Filter
		want   string
	}{
		{"all", order.Filter{}, "1-S1 2-S1 3-S1 3-S2/I3 4-S1 5-S1 6-S1 7-S1 8-S1"},
		{"bucket", order.Filter{Bucket: order.BucketReleasing}, "2-S1 3-S1 3-S2/I3"},
		{"bucket with a hidden status", order.Filter{Bucket: order.BucketCancels}, ""},
		{"statuses", order.Filter{Statuses: []order.Status{order.StatusDelivered, order.StatusReleased}}, "4-S1 7-S1"},
		{"orders", order.Filter{Orders: []order.OrderID{"O-3", "O-9"}}, "3-S1 3-S2/I3"},
		{"delivery number", order.Filter{DeliveryNos: []string{"O-3-S2"}}, "3-S2/I3"},
		{"recall delivery number", order.Filter{RecallDeliveryNos: []string{"O-6-C1"}}, "6-S1"},
		{"waybill as people write it", order.Filter{Waybills: []string{"6801-0000-0004"}}, "4-S1"},
		{"open claims", order.Filter{Claims: []order.ClaimType{order.ClaimReturn, order.ClaimExchange}}, "5-S1 6-S1"},
		{"channel", order.Filter{Channel: order.ChannelExternal}, ""},
		{"method", order.Filter{Methods: []order.Method{order.MethodECoupon}}, ""},
		{"place", order.Filter{Place: "WH2"}, ""},
		{"product", order.Filter{SKU: "SKU-A", Statuses: []order.Status{order.StatusReleaseInstructed, order.StatusStockoutHeld}}, "2-S1 3-S1"},
		{"exceptions", order.Filter{Exceptions: true}, ""},
		{"time", order.Filter{OrderedFrom: day(1), OrderedUntil: day(3)}, "2-S1 3-S1 3-S2/I3"},
	} {
		l, err := b.Deliveries(t.Context(), order.Query{Filter: c.filter})
		if err != nil || numbers(l) != c.want {
			t.Errorf("%s: %s, %v, want %s", c.name, numbers(l), err, c.want)
		}
	}
	if l, err := b.Recalls(t.Context(), order.Query{}); err != nil || numbers(l) != "5-S1 6-S1" {
		t.Errorf("recalls: %s, %v", numbers(l), err)
	}
}

// TestPages walks the pages at every level: they are what one large page has, and the totals count what is paged.
func TestPages(t *testing.T) {
	b, _ := busy(t)
	for level, total := range map[order.Level]int{order.BySection: 9, order.ByOrder: 8, order.ByItem: 17, "": 9} {
		whole, err := b.Deliveries(t.Context(), order.Query{Level: level})
		if err != nil || whole.Total != total || whole.Page != 1 || whole.Size != order.DefaultPageSize || whole.Pages != 1 {
			t.Fatalf("%s: %+v, %v", level, whole, err)
		}
		for size := 1; size <= 6; size++ {
			var pages []string
			for page := 1; ; page++ {
				l, err := b.Deliveries(t.Context(), order.Query{Level: level, Page: page, Size: size})
				if err != nil || l.Total != total || l.Pages != (total+size-1)/size || l.Page != page || l.Size != size {
					t.Fatalf("%s, page %d of %d: %+v, %v", level, page, size, l, err)
				}
				if len(l.Rows) == 0 {
					if page != l.Pages+1 {
						t.Errorf("%s: page %d of %d is empty", level, page, l.Pages)
					}
					break
				}
				pages = append(pages, numbers(l))
			}
			if got := strings.Join(pages, " "); got != numbers(whole) {
				t.Errorf("%s in pages of %d: %s, want %s", level, size, got, numbers(whole))
			}
		}
	}
}

// TestWrongQueries: all faults are told at once, and the store is not asked.
func TestWrongQueries(t *testing.T) {
	b, m := busy(t)
	many := make([]string, order.MaxFilterValues+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for want, q := range map[string]order.Query{
		"page -1: pages begin at 1":                  {Page: -1},
		"page size 501 is not in 1 to 500":           {Size: 501},
		"page size -1 is not in":                     {Size: -1},
		"beyond row 1000000: narrow the filter":      {Page: 2001, Size: 500},
		`unknown level "parcel"`:                     {Level: "parcel"},
		`unknown role "boss"`:                        {As: order.Actor{Role: "boss"}},
		"unknown status 17":                          {Filter: order.Filter{Statuses: []order.Status{17}}},
		"unknown status 0":                           {Filter: order.Filter{Statuses: []order.Status{0}}},
		"status CANCELLED is in no list":             {Filter: order.Filter{Statuses: []order.Status{order.StatusCancelled}}},
		`unknown bucket "NEW"`:                       {Filter: order.Filter{Bucket: "NEW"}},
		"bucket and statuses exclude":                {Filter: order.Filter{Bucket: order.BucketRecalls, Statuses: []order.Status{order.StatusReleased}}},
		`unknown claim type "REFUND"`:                {Filter: order.Filter{Claims: []order.ClaimType{"REFUND"}}},
		`unknown method "TRUCK"`:                     {Filter: order.Filter{Methods: []order.Method{"TRUCK"}}},
		`unknown channel "SHOP"`:                     {Filter: order.Filter{Channel: "SHOP"}},
		"the time of ordering ends before it begins": {Filter: order.Filter{OrderedFrom: nine, OrderedUntil: nine}},
		"1001 delivery numbers, at most 1000":        {Filter: order.Filter{DeliveryNos: many}},
		"an empty value among the waybills":          {Filter: order.Filter{Waybills: []string{"680100000001", ""}}},
	} {
		m.lastFind = order.Query{}
		if l, err := b.Deliveries(t.Context(), q); !errors.Is(err, order.ErrQuery) || !strings.Contains(err.Error(), want) || len(l.Rows) > 0 {
			t.Errorf("%v, want %s", err, want)
		}
		if m.lastFind.Page != 0 {
			t.Errorf("%s: the store was asked", want)
		}
	}
	if _, err := b.WorkList(t.Context(), order.ApproveCancel, order.Query{}); !errors.Is(err, order.ErrQuery) {
		t.Errorf("a list that is none: %v", err)
	}
	err := order.Query{Page: -1, Level: "x", Filter: order.Filter{Bucket: "y"}}.Validate()
	if told := fmt.Sprint(err); strings.Count(told, "\n") != 2 {
		t.Errorf("not all faults are told: %v", err)
	}
	if _, err := b.WorkList(t.Context(), order.InstructRecall, order.Query{Filter: order.Filter{Statuses: []order.Status{order.StatusReleased}}}); !errors.Is(err, order.ErrQuery) {
		t.Errorf("a status that the list does not have: %v", err)
	}
	l, err := b.WorkList(t.Context(), order.InstructRecall, order.Query{Filter: order.Filter{Statuses: []order.Status{order.StatusExchangeRequested}}})
	if err != nil || l.Total != 0 {
		t.Errorf("a part of the list: %+v, %v", l, err)
	}
}

// TestHidden: what lists leave out.
func TestHidden(t *testing.T) {
	for _, s := range order.Statuses() {
		section := order.Section{Status: s, Items: []order.Item{{ID: "I1", Quantity: 1}}}
		if want := s == order.StatusCancelled || s == order.StatusReturned; section.Hidden() != want {
			t.Errorf("%v is hidden: %v", s, !want)
		}
		tombstone, empty := section, section
		tombstone.MergedInto, empty.Items = "S9", nil
		if !tombstone.Hidden() || !empty.Hidden() {
			t.Errorf("%v without goods is shown", s)
		}
	}
}
