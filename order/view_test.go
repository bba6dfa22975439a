package order_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// plain are the texts of the sample order that nobody sees without a permit.
var plain = []string{"김하나", "1234-5678", "세종대로 110", "공동현관"}

func leaks(t *testing.T, what string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{string(data), fmt.Sprintf("%v %+v %#v", v, v, v)} {
		for _, secret := range plain {
			if strings.Contains(form, secret) {
				t.Errorf("%s shows %s", what, secret)
			}
		}
	}
}

// TestMaskedViews: without a permit every answer shows masks.
func TestMaskedViews(t *testing.T) {
	b, _ := busy(t)
	l, err := b.Deliveries(t.Context(), order.Query{})
	if err != nil || l.Rows[0].Recipient.Name != "김*나" || l.Rows[0].Orderer.Phone != "010-****-5678" {
		t.Fatalf("%+v, %v", l, err)
	}
	leaks(t, "a list", l)
	d, err := b.Delivery(t.Context(), "O-1-S1", order.Operator("kim"), privacy.Permit{})
	if err != nil || d.Recipient.Address == "" || d.Orderer.Memo != "********" {
		t.Errorf("%+v, %v", d, err)
	}
	leaks(t, "a detail", d)
	r, err := b.RecallDetail(t.Context(), "O-6-C1", order.Operator("kim"), privacy.Permit{})
	if err != nil || r.Claim == nil || r.Claim.Reason != "단순 변심" || r.Claim.Fault != order.FaultBuyer || r.Section != "S1" {
		t.Errorf("%+v, %v", r, err)
	}
	leaks(t, "a recall", r)
	if !slices.Contains(r.Allowed, order.ConfirmRecall) {
		t.Errorf("allowed: %v", r.Allowed)
	}
	checked, err := b.CheckShipOut(t.Context(), sheet("check", officeLabelled("O-2-S1", "680100000002")))
	if err != nil {
		t.Fatal(err)
	}
	leaks(t, "a ship-out", checked)
}

// A register is a guard's host: it keeps the access records, or loses them.
type register struct {
	accesses []privacy.Access
	down     error
}

func (r *register) Record(_ context.Context, accesses []privacy.Access) error {
	if r.down == nil {
		r.accesses = append(r.accesses, accesses...)
	}
	return r.down
}

// guarded is a back office with an order, where permits can be shown.
func guarded(t *testing.T) (*order.BackOffice, *privacy.Guard, *register, *time.Time) {
	t.Helper()
	key, err := privacy.NewKey([]byte("0123456789 test 0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	records, now := new(register), nine
	guard, err := privacy.NewGuard(privacy.Config{
		Authorize: func(context.Context, privacy.Request) error { return nil }, Sink: records, Key: key, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, m := busy(t)
	b, err := order.NewBackOffice(order.BackOfficeConfig{Orders: m, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	return b, guard, records, &now
}

func permitFor(t *testing.T, g *privacy.Guard, kinds ...privacy.Kind) privacy.Permit {
	t.Helper()
	p, err := g.Issue(t.Context(), privacy.Request{Actor: "op-17", Purpose: "배송 문의 응대", Source: "10.0.3.9", Fields: kinds})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPermit: what the permit allows is shown in clear after it was recorded, the rest stays masked.
func TestPermit(t *testing.T) {
	b, guard, records, _ := guarded(t)
	permit := permitFor(t, guard, privacy.KindName, privacy.KindAddress)
	d, err := b.Delivery(t.Context(), "O-9-S1", order.Actor{}, permit) // a cancelled one is found by its number
	if err != nil || d.Status != order.StatusCancelled || d.Allowed != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	for _, c := range []order.Contact{d.Orderer, d.Recipient} {
		if c.Name != "김하나" || c.Address != "서울특별시 중구 세종대로 110" || c.Phone != "010-****-5678" || c.Memo != "********" || c.Email != "" {
			t.Errorf("%+v", c)
		}
	}
	if len(records.accesses) != 1 || !slices.Equal(records.accesses[0].Fields, []privacy.Kind{privacy.KindName, privacy.KindAddress}) {
		t.Errorf("recorded: %+v", records.accesses)
	}
}

// TestNoUnmasking: when the access cannot be recorded, the permit has ended, or nobody guards, there are masks and an error.
func TestNoUnmasking(t *testing.T) {
	b, guard, records, now := guarded(t)
	permit := permitFor(t, guard, privacy.KindName, privacy.KindPhone)
	unguarded, _ := busy(t)
	for _, c := range []struct {
		name    string
		office  *order.BackOffice
		arrange func()
		want    error
	}{
		{"no guard", unguarded, func() {}, privacy.ErrRefused},
		{"no record", b, func() { records.down = errors.New("disk full") }, privacy.ErrNotRecorded},
		{"expired", b, func() { records.down, *now = nil, now.Add(time.Hour) }, privacy.ErrExpired},
	} {
		c.arrange()
		d, err := c.office.Delivery(t.Context(), "O-1-S1", order.Actor{}, permit)
		if !errors.Is(err, c.want) || d.Recipient.Name != "김*나" || d.DeliveryNo != "O-1-S1" {
			t.Errorf("%s: %v, %+v", c.name, err, d.Recipient)
		}
		leaks(t, c.name, d)
	}
	if len(records.accesses) != 0 {
		t.Errorf("recorded: %+v", records.accesses)
	}
}

func TestLookUps(t *testing.T) {
	b, _ := busy(t)
	items, err := b.OrderedItems(t.Context(), "O-3-S2")
	want := order.ItemRow{Item: "I3", Line: "B", SKU: "SKU-B", Name: "접시", Quantity: 1}
	if err != nil || len(items) != 1 || items[0] != want {
		t.Errorf("%+v, %v", items, err)
	}
	if items, err := b.OrderedItems(t.Context(), "O-1-S1"); err != nil || len(items) != 2 || items[0].Option != "흰색" {
		t.Errorf("%+v, %v", items, err)
	}
	if s, err := b.Delivery(t.Context(), "O-9-S1", order.Actor{}, privacy.Permit{}); err != nil || s.Status != order.StatusCancelled || len(s.Items) == 0 {
		t.Errorf("the detail of a cancelled section is %+v, %v", s, err)
	}
	if items, err := b.OrderedItems(t.Context(), "O-9-S1"); err != nil || len(items) != 0 {
		t.Errorf("a cancelled section has items to deliver: %+v, %v", items, err)
	}
	for _, no := range []string{"", "O-1-S9", "O-6-C1"} {
		if _, err := b.OrderedItems(t.Context(), no); !errors.Is(err, order.ErrNoOrder) {
			t.Errorf("items of %q: %v", no, err)
		}
		if _, err := b.Delivery(t.Context(), no, order.Actor{}, privacy.Permit{}); !errors.Is(err, order.ErrNoOrder) {
			t.Errorf("delivery %q: %v", no, err)
		}
	}
	if _, err := b.RecallDetail(t.Context(), "O-1-S1", order.Actor{}, privacy.Permit{}); !errors.Is(err, order.ErrNoOrder) {
		t.Errorf("a delivery number is taken for a recall: %v", err)
	}
}

// TestRowsAreCopies: what a screen does to a row stays with the screen.
func TestRowsAreCopies(t *testing.T) {
	b, _ := busy(t)
	d, err := b.Delivery(t.Context(), "O-4-S1", order.Actor{}, privacy.Permit{})
	if err != nil {
		t.Fatal(err)
	}
	d.Waybill.Number, d.Items[0].Quantity = "0", 99
	again, err := b.Delivery(t.Context(), "O-4-S1", order.Actor{}, privacy.Permit{})
	if err != nil || again.Waybill.Number != "680100000004" || again.Items[0].Quantity != 2 {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestTypedTexts: a telephone number that somebody typed into a reason, a memo or a hold is on no screen.
func TestTypedTexts(t *testing.T) {
	b, _ := busy(t)
	const call, masked = "전화 010-9999-8765", "010-****-8765"
	give := func(c order.Command) {
		c.ID = order.CommandID(fmt.Sprint("typed", c.Event))
		if c.Actor.Role == "" {
			c.Actor = order.Operator("kim")
		}
		if _, _, err := b.Execute(t.Context(), "O-4", c); err != nil {
			t.Fatal(err)
		}
	}
	give(order.Command{Event: order.RequestReturn, Section: "S1", Reason: call, Claim: &order.ClaimRequest{
		Retrieve: order.Retrieve{Type: order.RetrieveOther, Memo: call},
	}})
	give(order.Command{Event: order.ClaimHeld, Section: "S1", Hold: &order.Hold{Code: "FEE", Text: call}})
	give(order.Command{Event: order.ExceptionRaised, Section: "S1", Exception: &order.Exception{Code: "E", Text: call}})
	l, err := b.Recalls(t.Context(), order.Query{Filter: order.Filter{Orders: []order.OrderID{"O-4"}}})
	if err != nil || len(l.Rows) != 1 {
		t.Fatalf("%+v, %v", l, err)
	}
	row := l.Rows[0]
	for name, text := range map[string]string{
		"reason": row.Claim.Reason, "memo": row.Claim.Retrieve.Memo, "hold": row.Claim.Hold.Text, "exception": row.Exception.Text,
	} {
		if text != "전화 "+masked {
			t.Errorf("the %s is shown as %q", name, text)
		}
	}
	give(order.Command{Event: order.RejectReturn, Section: "S1", Reason: call})
	d, err := b.Delivery(t.Context(), "O-4-S1", order.Actor{}, privacy.Permit{})
	if err != nil || d.Claim.Answer != "전화 "+masked {
		t.Errorf("%+v, %v", d.Claim, err)
	}
}
