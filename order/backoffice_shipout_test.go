package order_test

import (
	"errors"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

func sheet(id order.CommandID, on ...order.Subject) order.Work {
	return order.Work{ID: id, Actor: order.Bulk("upload"), At: nine, On: on}
}

// TestShipOut checks a sheet, applies it, and applies it again under another id.
func TestShipOut(t *testing.T) {
	b, m := office(t, 3)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"), officeSubject("O-2-S1"))
	part := officeLabelled("O-1-S1", "680100000001")
	part.Key, part.Items = "row 2", []order.ItemQuantity{{Item: "I1", Quantity: 1}, {Item: "I2", Quantity: 2}}
	rows := []order.Subject{part, officeLabelled("O-2-S1", "6801-0000-0002"), officeLabelled("O-3-S1", "680100000003"), officeLabelled("none", "680100000004"), officeLabelled("O-2-S1", "x")}
	rows[4].Key = "row 6"

	checked, err := b.CheckShipOut(t.Context(), sheet("check", rows...))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, nil, order.ErrIllegal, order.ErrNoOrder, order.ErrWaybillInvalid} {
		if !errors.Is(checked[i].Err, want) || checked[i].NoOp || checked[i].Split != (i == 0) {
			t.Errorf("row %d: %+v, want %v", i, checked[i].Result, want)
		}
	}
	if c := checked[1]; c.Row.DeliveryNo != "O-2-S1" || c.Row.Recipient.Name != "김*나" || c.Version != 3 || c.Status != order.StatusReleaseInstructed {
		t.Errorf("%+v", c)
	}
	if o, err := m.get("O-1"); err != nil || o.Version != 3 {
		t.Errorf("the check changed the order to version %d, %v", o.Version, err)
	}

	done, err := b.ShipOut(t.Context(), sheet("sheet", rows...))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, nil, order.ErrIllegal, order.ErrNoOrder, order.ErrIllegal} {
		if !errors.Is(done[i].Err, want) {
			t.Errorf("row %d: %v, want %v", i, done[i].Err, want)
		}
	}
	if done[0].Section != "S2" || done[0].Status != order.StatusReleased || done[0].NoOp {
		t.Errorf("%+v", done[0])
	}

	saved := m.saves
	for _, id := range []order.CommandID{"sheet", "another"} {
		again, err := b.ShipOut(t.Context(), sheet(id, rows...))
		if err != nil || !again[0].NoOp || again[0].Section != "S2" || !again[1].NoOp || m.saves != saved {
			t.Errorf("%s: %+v, %v, %d saves", id, again, err, m.saves-saved)
		}
	}
}

// TestShippedLineage: what was shipped in part is found again after its section was divided further.
func TestShippedLineage(t *testing.T) {
	b, _ := office(t, 1)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"))
	row := func(item order.ItemID, quantity int, number string) order.Subject {
		s := officeLabelled("O-1-S1", number)
		s.Items = []order.ItemQuantity{{Item: item, Quantity: quantity}}
		return s
	}
	must(t)(b.ShipOut(t.Context(), sheet("first", row("I2", 3, "680100000001"))))
	_, _, err := b.Execute(t.Context(), "O-1", order.Command{
		ID: "return", Event: order.RequestReturn, Section: "S2", Items: []order.ItemQuantity{{Item: "I3", Quantity: 1}}, Actor: order.Buyer("b"),
		Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}},
	})
	if err != nil {
		t.Fatal(err)
	}
	twice := row("I2", 2, "680100000001")
	twice.Items = append(twice.Items, twice.Items...)
	for _, c := range []struct {
		name string
		row  order.Subject
		noop bool
		err  error
	}{
		{"the same row", row("I2", 3, "680100000001"), true, nil},
		{"less of it", row("I2", 1, "680100000001"), true, nil},
		{"more than was shipped", row("I2", 4, "680100000001"), false, order.ErrQuantity},
		{"more in two entries", twice, false, order.ErrQuantity},
		{"all of the item, of which one is left", row("I2", 0, "680100000001"), false, nil},
		{"another waybill", row("I2", 3, "680100000002"), false, order.ErrQuantity},
		{"another item", row("I1", 1, "680100000001"), false, nil},
		{"the rest", officeLabelled("O-1-S1", "680100000001"), false, nil},
		{"the part by its own number", officeLabelled("O-1-S2", "680100000001"), true, nil},
		{"the part by order and section", order.Subject{Order: "O-1", Section: "S2", Waybill: waybillOf("6801-0000-0001")}, true, nil},
		{"no such section", order.Subject{Order: "O-1", Section: "S9", Waybill: waybillOf("680100000001")}, false, order.ErrNoOrder},
		{"an item that never was", row("I9", 1, "680100000001"), false, order.ErrNoTarget},
		{"the part with another waybill", officeLabelled("O-1-S2", "680100000002"), false, order.ErrIllegal},
	} {
		t.Run(c.name, func(t *testing.T) {
			checked, err := b.CheckShipOut(t.Context(), sheet("check", c.row))
			if err != nil || checked[0].NoOp != c.noop || !errors.Is(checked[0].Err, c.err) {
				t.Errorf("no-op %v, %v, %v; want %v, %v", checked[0].NoOp, checked[0].Err, err, c.noop, c.err)
			}
		})
	}
}

// TestRegisterWaybills attaches waybills and ships later; the status waits.
func TestRegisterWaybills(t *testing.T) {
	b, m := office(t, 1)
	stepTo(t, b, order.StatusReleaseInstructed, officeSubject("O-1-S1"))
	w := sheet("labels", officeLabelled("O-1-S1", "680100000001"))
	w.Target = order.StatusReleaseInstructed
	if r := must(t)(b.ShipOut(t.Context(), w))[0]; r.Status != order.StatusReleaseInstructed || r.NoOp {
		t.Errorf("%+v", r)
	}
	w.ID = "labels again"
	if r := must(t)(b.ShipOut(t.Context(), w))[0]; !r.NoOp {
		t.Errorf("%+v", r)
	}
	if o, err := m.get("O-1"); err != nil || o.Sections[0].Waybill == nil || o.Version != 4 {
		t.Errorf("%+v, %v", o, err)
	}
	bare := sheet("leave", officeSubject("O-1-S1"))
	if r := must(t)(b.ShipOut(t.Context(), bare))[0]; r.Status != order.StatusReleased || r.NoOp {
		t.Errorf("with the waybill that it has: %+v", r)
	}
	bare.ID = "leave again"
	if r := must(t)(b.ShipOut(t.Context(), bare))[0]; !r.NoOp {
		t.Errorf("%+v", r)
	}
}
