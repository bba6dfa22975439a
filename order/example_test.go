package order_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// The numbers here are invented. kr.cjlogistics is courier.CJ of package carriers/courier.
var (
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("KST", 9*3600))
	w1   = order.Waybill{Courier: "kr.cjlogistics", Number: "680123456782"}
	w2   = order.Waybill{Courier: "kr.cjlogistics", Number: "680123456793"}
)

// An order of A×2 and B×4, paid, and being picked: the start of the guide's own case.
func guide() order.Order {
	o, err := order.New(order.Draft{
		ID: "ORD-1", Payment: order.PaymentPaid,
		Orderer: &order.Recipient{Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-1234-5678"),
			Address: privacy.Address("서울특별시 강남구 테헤란로 123")},
		Lines:    []order.Line{{ID: "A", SKU: "SKU-A", Quantity: 2}, {ID: "B", SKU: "SKU-B", Quantity: 4}},
		Sections: []order.DraftSection{{Place: "ICN1", Lines: []order.LineQuantity{{Line: "A", Quantity: 2}, {Line: "B", Quantity: 4}}}},
	}, noon, order.System("shop"))
	if err != nil {
		panic(err)
	}
	o = do(o, order.Command{Event: order.InstructDelivery})
	return do(o, order.Command{Event: order.InstructRelease})
}

// do handles a command that must be accepted, by an operator unless it says otherwise.
func do(o order.Order, c order.Command) order.Order {
	if c.ID == "" {
		c.ID = order.CommandID(fmt.Sprintf("c%d", len(o.History)+1))
	}
	if c.Actor.Role == "" {
		c.Actor = order.Operator("kim")
	}
	if c.At.IsZero() {
		c.At = noon.Add(time.Duration(len(o.History)) * time.Hour)
	}
	next, _, err := order.Handle(o, c)
	if err != nil {
		panic(err)
	}
	return next
}

// show gives one line per section, such as "S1 {A1 B2} RELEASE_INSTRUCTED".
func show(o order.Order) string {
	var b strings.Builder
	for _, s := range o.Sections {
		var items []string
		for _, it := range s.Items {
			items = append(items, fmt.Sprintf("%s%d", it.Line, it.Quantity))
		}
		fmt.Fprintf(&b, "%s {%s} %v", s.ID, strings.Join(items, " "), s.Status)
		if s.Prior != 0 {
			fmt.Fprintf(&b, ", prior %v", s.Prior)
		}
		if s.Kind == order.KindExchangeOut {
			b.WriteString(", replacement")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Ship part of a section, and see what is refused while a claim is open.
func ExampleHandle() {
	current := guide()
	next, events, err := order.Handle(current, order.Command{
		ID: "scan-20261121-17", Event: order.CompleteRelease, Section: "S1",
		Items:   []order.ItemQuantity{{Item: "I1", Quantity: 1}, {Item: "I2", Quantity: 2}}, // the rest stays behind in S1
		Waybill: &order.Waybill{Courier: "kr.cjlogistics", Number: "6801-2345-6782"},
		Actor:   order.Operator("kim"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(show(next))
	fmt.Println(len(events), "event, version", current.Version, "to", next.Version)

	next = do(next, order.Command{Event: order.RequestCancel, Section: "S1"})
	_, _, err = order.Handle(next, order.Command{
		ID: "scan-20261121-18", Event: order.CompleteRelease, Section: "S1", Waybill: &w2, Actor: order.Operator("kim"),
	})
	var refused *order.Refused
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason, refused.Allowed)
	}
	// Output:
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {A1 B2} RELEASED
	// 1 event, version 3 to 4
	// open cancel claim C1 [ApproveCancel RejectCancel WithdrawCancel]
}

// The worked example of the guide: ship A1 and B2 of an order of A×2 and B×4, take A1 back, exchange B1, refuse the
// return.
func Example() {
	o := guide()
	fmt.Printf("start\n%s", show(o))

	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1,
		Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}, {Item: "I2", Quantity: 2}}})
	fmt.Printf("\nA1 and B2 leave\n%s", show(o))

	o = do(o, order.Command{Event: order.RequestReturn, Section: "S2", Items: []order.ItemQuantity{{Item: "I3"}},
		Claim: &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}}, Actor: order.Buyer("b")})
	fmt.Printf("\nreturn of A1\n%s", show(o))

	o = do(o, order.Command{Event: order.CompleteDelivery, Waybill: &w1, Actor: order.Tracker("deliveryapi")})
	fmt.Printf("\nthe waybill is delivered\n%s", show(o))

	o = do(o, order.Command{Event: order.RequestExchange, Section: "S2", Items: []order.ItemQuantity{{Item: "I4", Quantity: 1}},
		Claim: &order.ClaimRequest{Wanted: []order.WantedOption{{Option: "blue"}}}, Actor: order.Buyer("b")})
	fmt.Printf("\nexchange of B1\n%s", show(o))

	o = do(o, order.Command{Event: order.InstructRecall, Section: "S4"})
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S4", Waybill: &w2})
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S4", Reception: []order.Reception{{Item: "I5", Received: 1}}})
	o = do(o, order.Command{Event: order.ShipReplacement, Section: "S4"})
	fmt.Printf("\nit is back, and a replacement goes out\n%s", show(o))

	o = do(o, order.Command{Event: order.RejectReturn, Section: "S3", Reason: "worn"})
	fmt.Printf("\nthe return is refused\n%s", show(o))

	claim, _ := o.Claim("C1")
	fmt.Printf("\n%s %s, %s; order %v; version %d after %d events\n",
		claim.Type, claim.Outcome, claim.Answer, order.Summarize(o).Status, o.Version, len(o.History))
	// Output:
	// start
	// S1 {A2 B4} RELEASE_INSTRUCTED
	//
	// A1 and B2 leave
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {A1 B2} RELEASED
	//
	// return of A1
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {B2} RELEASED
	// S3 {A1} RETURN_REQUESTED, prior RELEASED
	//
	// the waybill is delivered
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {B2} DELIVERED
	// S3 {A1} RETURN_REQUESTED, prior DELIVERED
	//
	// exchange of B1
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {B1} DELIVERED
	// S3 {A1} RETURN_REQUESTED, prior DELIVERED
	// S4 {B1} EXCHANGE_REQUESTED, prior DELIVERED
	//
	// it is back, and a replacement goes out
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {B1} DELIVERED
	// S3 {A1} RETURN_REQUESTED, prior DELIVERED
	// S4 {B1} RECALL_COMPLETED, prior DELIVERED
	// S5 {B1} DELIVERY_INSTRUCTED, replacement
	//
	// the return is refused
	// S1 {A1 B2} RELEASE_INSTRUCTED
	// S2 {B1} DELIVERED
	// S3 {A1} DELIVERED
	// S4 {B1} RECALL_COMPLETED, prior DELIVERED
	// S5 {B1} DELIVERY_INSTRUCTED, replacement
	//
	// RETURN REJECTED, worn; order PARTIALLY_RELEASED; version 12 after 13 events
}
