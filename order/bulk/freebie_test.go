package bulk_test

import (
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

// TestFreebieRows: a row's quantity counts what was ordered, and the freebies (사은품) travel with it. The sheet again
// changes nothing, whether it names the freebie or not.
func TestFreebieRows(t *testing.T) {
	for _, c := range []struct{ name, rows, plan, again, shipped string }{
		{"the section", "W-S1,CJ," + cj(1), "2 SHIP", "2 NOOP R10:noop", "S1 3+1"},
		{"all of it, counted", "W-S1,CJ," + cj(1) + ",,3", "2 SHIP", "2 NOOP R10:noop", "S1 3+1"},
		{"all of it, by line", "W-S1,CJ," + cj(1) + ",CUP,3", "2 SHIP", "2 NOOP R10:noop", "S1 3+1"},
		{"a part", "W-S1,CJ," + cj(1) + ",,2", "2 SPLIT_AND_SHIP", "2 NOOP R10:noop", "S2 2+1"},
		{"more than there is", "W-S1,CJ," + cj(1) + ",,4", "2 ERROR R15:error", "2 ERROR R15:error", ""},
		{
			"a part and its freebie", "W-S1,CJ," + cj(1) + ",CUP,2\nW-S1,CJ," + cj(1) + ",BRUSH,1",
			"2 SPLIT_AND_SHIP\n3 NOOP R10:noop", "2 NOOP R10:noop\n3 NOOP R10:noop", "S2 2+1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop()
			s.addDraft(t, order.Draft{ID: "W", Payment: order.PaymentPaid, Orderer: &hong, Lines: []order.Line{
				{ID: "CUP", Quantity: 3}, {ID: "BRUSH", Quantity: 1, FreebieOf: "CUP"},
			}})
			plan := validate(t, s, csv(c.rows), bulk.Options{})
			if got := said(plan); got != c.plan {
				t.Errorf("plan\n%s\nwant\n%s", got, c.plan)
			}
			if _, err := s.shipper().Commit(t.Context(), plan, "first"); err != nil {
				t.Fatal(err)
			}
			if got := freebieParcels(s.orders["W"]); got != c.shipped {
				t.Errorf("shipped %q, want %q", got, c.shipped)
			}
			if got := said(validate(t, s, csv(c.rows), bulk.Options{})); got != c.again {
				t.Errorf("again\n%s\nwant\n%s", got, c.again)
			}
			if err := order.Check(s.orders["W"]); err != nil {
				t.Error(err)
			}
		})
	}
}

// freebieParcels tells of what left how many cups and brushes are in it.
func freebieParcels(o order.Order) string {
	parcels := ""
	for _, s := range o.Sections {
		held := map[order.LineID]int{}
		for _, it := range s.Items {
			held[it.Line] += it.Quantity
		}
		if s.Status == order.StatusReleased {
			parcels += string(s.ID) + " " + string(rune('0'+held["CUP"])) + "+" + string(rune('0'+held["BRUSH"]))
		}
	}
	return parcels
}
