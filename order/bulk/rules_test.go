package bulk_test

import (
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

func TestSampleNumbersAreGood(t *testing.T) {
	for i := range 100 {
		if f := courier.Check(courier.CJ, cj(i)); f.Severity != courier.OK {
			t.Fatalf("%s: %s", cj(i), f.Text)
		}
	}
}

// world is a shop with everything that rules are about.
func world(t testing.TB) *shop {
	s := newShop()
	s.add(t, "A", hong, order.MethodCourier, 3)
	s.add(t, "B", kim, order.MethodCourier, 1)
	s.add(t, "C", hong, order.MethodCourier, 1)
	s.add(t, "E", hong, order.MethodECoupon, 1)
	s.add(t, "M", hong, order.MethodCourier, 2, 4)
	s.add(t, "Q", hong, order.MethodCourier, 1)
	s.act(t, "Q", order.Command{ID: "c", Event: order.RequestCancel, Actor: order.Buyer("b"), At: noon, Reason: "변심"})
	s.add(t, "R", hong, order.MethodCourier, 1)
	s.act(t, "R", order.Command{ID: "r", Event: order.CompleteRelease, Actor: order.Operator("o"), At: noon, Waybill: &order.Waybill{Courier: "cj", Number: cj(90)}})
	s.tenant = "somebody else"
	s.add(t, "T", hong, order.MethodCourier, 1)
	s.tenant = ""
	return s
}

// TestRowRules has the smallest sheet for each code, beside a neighbour that must not be touched by it.
func TestRowRules(t *testing.T) {
	for _, c := range []struct {
		name, row, want string
		options         bulk.Options
	}{
		{name: "R01 key", row: ",CJ," + cj(1), want: "2 ERROR R01:error"},
		{name: "R01 courier", row: "A-S1,," + cj(1), want: "2 ERROR R01:error"},
		{name: "R01 waybill", row: "A-S1,CJ,", want: "2 ERROR R01:error"},
		{name: "R01 blank rows are no rows", row: " ,,\n,,\n\nA-S1,CJ," + cj(1), want: "5 SHIP"},
		{name: "R03", row: "A-S1,CJ,5.51235E+11", want: "2 ERROR R03:error"},
		{name: "R03 key", row: "2.02601E+15,CJ," + cj(1), want: "2 ERROR R03:error"},
		{name: "R04", row: `A-S1,CJ,"=""` + cj(1) + `"""`, want: "2 ERROR R04:error"},
		{name: "R04 by option", row: `A-S1,CJ,"=""` + cj(1) + `"""`, want: "2 SHIP", options: bulk.Options{CachedFormulas: true}},
		{name: "R05 dashes", row: "A-S1,CJ," + cj(1)[:4] + "-" + cj(1)[4:8] + "ー" + cj(1)[8:], want: "2 SHIP R05:fix"},
		{name: "R05 apostrophe", row: "A-S1,CJ,'" + cj(1), want: "2 SHIP R05:fix"},
		{name: "R06 letter", row: "A-S1,CJ,55123456789A", want: "2 ERROR R06:error"},
		{name: "R06 check digit", row: "A-S1,CJ,551234567899", want: "2 SHIP R06:warn"},
		{name: "R07", row: "A-S1,로젠택배,1234567890", want: "2 SHIP R07:warn"},
		{name: "R08", row: "A-S1,없는회사," + cj(1), want: "2 ERROR R08:error"},
		{name: "R08 alias", row: "A-S1,대한통운," + cj(1), want: "2 SHIP"},
		{name: "R08 code", row: "A-S1,04," + cj(1), want: "2 SHIP"},
		{name: "R09", row: "Z-S1,CJ," + cj(1), want: "2 ERROR R09:error"},
		{name: "R09 tenant", row: "T-S1,CJ," + cj(1), want: "2 ERROR R09:error"},
		{name: "R10 no-op", row: "R-S1,CJ," + cj(90), want: "2 NOOP R10:noop"},
		{name: "R10 other", row: "R-S1,CJ," + cj(91), want: "2 ERROR R10:error"},
		{name: "R11", row: "Q-S1,CJ," + cj(1), want: "2 ERROR R11:error"},
		{name: "R12 same", row: "A-S1,CJ," + cj(1) + "\nA-S1,대한통운," + cj(1), want: "2 SHIP\n3 NOOP R12:noop"},
		{name: "R12 differs", row: "A-S1,CJ," + cj(1) + "\nA-S1,CJ," + cj(2), want: "2 ERROR R12:error\n3 ERROR R12:error"},
		{name: "R12 same and failing", row: "Q-S1,CJ," + cj(1) + "\nQ-S1,CJ," + cj(1), want: "2 ERROR R11:error\n3 ERROR R11:error R12:noop"},
		{name: "R13 stranger", row: "A-S1,CJ," + cj(1) + "\nB-S1,CJ," + cj(1), want: "2 ERROR R13:error\n3 ERROR R13:error"},
		{name: "R13 bundle", row: "A-S1,CJ," + cj(1) + "\nC-S1,CJ," + cj(1), want: "2 SHIP R13:warn\n3 SHIP R13:warn"},
		{name: "R13 no bundles", row: "A-S1,CJ," + cj(1) + "\nC-S1,CJ," + cj(1), want: "2 ERROR R13:error\n3 ERROR R13:error", options: bulk.Options{SeparateOrders: true}},
		{name: "R13 live stranger", row: "B-S1,CJ," + cj(90), want: "2 ERROR R13:error"},
		{name: "R13 live bundle", row: "A-S1,CJ," + cj(90), want: "2 SHIP R13:warn"},
		{name: "R14 waybill", row: "E-S1,CJ," + cj(1), want: "2 ERROR R14:error"},
		{name: "R14 none", row: "E-S1,,", want: "2 SHIP"},
		{name: "R14 method", row: "A-S1,CJ," + cj(1) + ",,,,방문수령", want: "2 ERROR R14:error"},
		{name: "R15 split", row: "A-S1,CJ," + cj(1) + ",,2", want: "2 SPLIT_AND_SHIP"},
		{name: "R15 whole", row: "A-S1,CJ," + cj(1) + ",,3", want: "2 SHIP"},
		{name: "R15 more", row: "A-S1,CJ," + cj(1) + ",,4", want: "2 ERROR R15:error"},
		{name: "R15 none", row: "A-S1,CJ," + cj(1) + ",,0", want: "2 ERROR R15:error"},
		{name: "R15 half", row: "A-S1,CJ," + cj(1) + ",,1.5", want: "2 ERROR R15:error"},
		{name: "R15 which", row: "M-S1,CJ," + cj(1) + ",,2", want: "2 ERROR R15:error"},
		{name: "R15 items", row: "M-S1,CJ," + cj(1) + ",M-L1,2\nM-S1,CJ," + cj(2) + ",SKU2", want: "2 SPLIT_AND_SHIP\n3 SHIP"},
		{name: "R15 unknown item", row: "M-S1,CJ," + cj(1) + ",X", want: "2 ERROR R15:error"},
		{name: "R15 sums up", row: "M-S1,CJ," + cj(1) + ",M-L2,3\nM-S1,CJ," + cj(2) + ",SKU2,2", want: "2 SPLIT_AND_SHIP\n3 ERROR R15:error"},
		{name: "R16 future", row: "A-S1,CJ," + cj(1) + ",,,2026-11-22", want: "2 SHIP R16:warn"},
		{name: "R16 today", row: "A-S1,CJ," + cj(1) + ",,,2026.11.21 09:30", want: "2 SHIP"},
		{name: "R16 nonsense", row: "A-S1,CJ," + cj(1) + ",,,내일", want: "2 SHIP R16:warn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := world(t)
			if got := said(validate(t, s, csv(c.row), c.options)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			// The same row leaves a good neighbour alone.
			s.add(t, "N", kim, order.MethodCourier, 1)
			lines := strings.Split(said(validate(t, s, csv(c.row, "N-S1,CJ,"+cj(99)), c.options)), "\n")
			if last := lines[len(lines)-1]; !strings.HasSuffix(last, " SHIP") {
				t.Errorf("the neighbour became %q", last)
			}
			if s.applied != 0 {
				t.Error("Validate changed an order")
			}
		})
	}
}
