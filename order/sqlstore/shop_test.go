package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// creation is the command that makes a paid order of two cups and four plates.
func creation(id order.OrderID) order.Command {
	return order.Command{
		ID: "create " + order.CommandID(id), Event: order.Created, Actor: order.System("shop"), At: noon,
		Draft: &order.Draft{
			ID: id, Payment: order.PaymentPaid, Orderer: &order.Recipient{Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-1234-5678"), Address: privacy.Address("서울특별시 중구 세종대로 110")},
			Lines:    []order.Line{{ID: "A", SKU: "SKU-A", Quantity: 2}, {ID: "B", SKU: "SKU-B", Quantity: 4}},
			Sections: []order.DraftSection{{Lines: []order.LineQuantity{{Line: "A", Quantity: 2}, {Line: "B", Quantity: 4}}, Place: "WH1"}},
		},
	}
}

// create makes the order, and leaves it as it is ordered.
func create(t testing.TB, s *sqlstore.Store, id order.OrderID) order.Order {
	t.Helper()
	o, _, err := s.Execute(t.Context(), id, creation(id))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// command is one by an operator.
func command(id order.CommandID, event order.EventName, section order.SectionID) order.Command {
	return order.Command{ID: id, Event: event, Section: section, Actor: order.Operator("kim"), At: noon.Add(time.Hour)}
}

// remark is a command that any order takes, again and again.
func remark(id string) order.Command {
	c := command(order.CommandID(id), order.ExceptionRaised, "S1")
	c.Exception = &order.Exception{Code: id}
	return c
}

func execute(t testing.TB, s *sqlstore.Store, id order.OrderID, c order.Command) (order.Order, []order.Event) {
	t.Helper()
	o, events, err := s.Execute(t.Context(), id, c)
	if err != nil {
		t.Fatal(err)
	}
	return o, events
}

// events gives the length of a stored history.
func events(t testing.TB, s *sqlstore.Store, id order.OrderID) int {
	t.Helper()
	o, err := s.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return len(o.History)
}

func shipment(n int) *order.Waybill {
	return &order.Waybill{Courier: "cj", Number: fmt.Sprintf("6801%08d", n)}
}
