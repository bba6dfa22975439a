package ordertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// draft is a paid order of two cups and four plates in one section.
func draft(id order.OrderID) order.Draft {
	return order.Draft{
		ID: id, Channel: order.ChannelOwn, Payment: order.PaymentPaid,
		Orderer: &order.Recipient{
			Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-1234-5678"), Postal: privacy.Other("04524"),
			Address: privacy.Address("서울특별시 중구 세종대로 110"), Detail: privacy.Detail("101동 1202호"),
			Memo: privacy.Memo("현관 \"1234\" <벨>\n"), Email: privacy.Email("hong@example.com"),
		},
		Lines: []order.Line{
			{ID: "A", SKU: "SKU-A", Name: "머그컵", Option: "흰색", Quantity: 2}, {ID: "B", SKU: "SKU-B", Name: "접시", Quantity: 4},
		},
		Sections: []order.DraftSection{{Lines: []order.LineQuantity{{Line: "A", Quantity: 2}, {Line: "B", Quantity: 4}}, Place: "WH1"}},
		Metadata: map[string]string{"amount": "52000", "쿠폰": "봄"},
	}
}

// created makes the order of a draft.
func created(t *testing.T, d order.Draft, at time.Time) order.Order {
	t.Helper()
	o, err := order.New(d, at, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// released is an order of which a part left under a waybill and the rest is ordered.
func released(t *testing.T, id order.OrderID, at time.Time, number string) order.Order {
	t.Helper()
	o := created(t, draft(id), at)
	o, _ = do(t, o, order.Command{Event: order.InstructDelivery, Section: "S1", Items: []order.ItemQuantity{{Item: "I1"}}})
	o, _ = do(t, o, order.Command{Event: order.InstructRelease, Section: "S2", Place: "WH2"})
	o, _ = do(t, o, order.Command{Event: order.CompleteRelease, Section: "S2", Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}}, Waybill: &order.Waybill{Courier: "cj", Number: number}})
	return o
}

// returning is an order of which a part was delivered and comes back.
func returning(t *testing.T, id order.OrderID, at time.Time, number, back string) order.Order {
	t.Helper()
	o := released(t, id, at, number)
	o, _ = do(t, o, order.Command{Event: order.CompleteDelivery, Section: "S3"})
	o, _ = do(t, o, order.Command{
		Event: order.RequestReturn, Section: "S3", Reason: "단순 변심",
		Claim: &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}},
	})
	o, _ = do(t, o, order.Command{Event: order.InstructRecall, Section: "S3", Waybill: &order.Waybill{Courier: "cj", Number: back}})
	return o
}

// population is orders of many kinds, some of them made at the same time.
func population(t *testing.T) []order.Order {
	t.Helper()
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	var all []order.Order
	add := func(o order.Order) { all = append(all, o) }
	for i := range 6 {
		add(created(t, draft(order.OrderID(fmt.Sprintf("ORD-%d", 9-i))), at(i/3)))
	}
	add(released(t, "ORD-20", at(30), "680100000001"))
	add(released(t, "ORD-21", at(20), "680100000002"))
	add(returning(t, "ORD-30", at(-10), "680100000003", "680200000001"))
	add(returning(t, "ORD-31", at(40), "680100000004", "680200000002"))

	other := draft("ORD-40")
	other.Channel, other.Tenant = order.ChannelExternal, "tenant-2"
	add(created(t, other, at(5)))
	external := draft("ORD-41")
	external.Channel = order.ChannelExternal
	external.Sections = []order.DraftSection{
		{Lines: []order.LineQuantity{{Line: "A", Quantity: 2}}, Method: order.MethodPickup, Place: "WH2"},
		{Lines: []order.LineQuantity{{Line: "B", Quantity: 4}}, DeliveryNo: "D-41"},
	}
	add(created(t, external, at(6)))
	undated := draft("ORD-50")
	undated.Lines[0].SKU = "sku-a"
	add(created(t, undated, time.Time{}))
	close := draft("ORD-51")
	add(created(t, close, at(0).Add(time.Nanosecond)))

	add(cancelling(t, "ORD-60", at(7)))
	cancelled, _ := do(t, cancelling(t, "ORD-61", at(7)), order.Command{Event: order.ApproveCancel, Section: "S2"})
	add(cancelled)
	divided, _ := do(t, cancelling(t, "ORD-62", at(7)), order.Command{Event: order.RejectCancel, Section: "S2"})
	add(divided)
	add(merged(t, "ORD-63", at(7)))
	flagged, _ := do(t, released(t, "ORD-70", at(50), "680100000070"), order.Command{Event: order.ExceptionRaised, Section: "S3", Exception: &order.Exception{Code: "FAILED"}})
	add(flagged)
	return all
}

// cancelling is an order of which a part is to be cancelled.
func cancelling(t *testing.T, id order.OrderID, at time.Time) order.Order {
	t.Helper()
	o, _ := do(t, created(t, draft(id), at), order.Command{
		Event: order.RequestCancel, Section: "S1", Items: []order.ItemQuantity{{Item: "I2", Quantity: 3}}, Reason: "단순 변심",
	})
	return o
}

// merged is an order whose cancel was refused, and that was put together again after it.
func merged(t *testing.T, id order.OrderID, at time.Time) order.Order {
	t.Helper()
	o, _ := do(t, cancelling(t, id, at), order.Command{Event: order.RejectCancel, Section: "S2"})
	o, _ = do(t, o, order.Command{Event: order.SectionsMerged, Sections: []order.SectionID{"S1", "S2"}})
	return o
}
