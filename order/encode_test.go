package order_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

func TestEncodeForStorage(t *testing.T) {
	d := order.Draft{ID: "O-1", Payment: order.PaymentPaid, Lines: []order.Line{{ID: "1", SKU: "CUP", Quantity: 2}}}
	d.Orderer = &order.Recipient{Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-1234-5678")}
	o, err := order.New(d, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	guard, issue := storageGuard(t)
	every := []privacy.Kind{
		privacy.KindOther, privacy.KindName, privacy.KindPhone, privacy.KindAddress, privacy.KindDetail, privacy.KindMemo, privacy.KindEmail, privacy.KindPCCC,
	}
	data, err := order.EncodeForStorage(t.Context(), guard, issue(every...), o)
	if err != nil || !bytes.Contains(data, []byte("홍길동")) {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	back, err := order.DecodeStored(data, privacy.Strict)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := order.EncodeForStorage(t.Context(), guard, issue(every...), back); err != nil || !bytes.Equal(data, again) {
		t.Errorf("it comes back as another: %v", err)
	}
	if got := back.Orderer.Name.String(); got != "홍**" {
		t.Errorf("the mask is %s", got)
	}
	for name, permit := range map[string]privacy.Permit{"none": {}, "without telephones": issue(privacy.KindName)} {
		if data, err := order.EncodeForStorage(t.Context(), guard, permit, o); len(data) > 0 || err == nil {
			t.Errorf("permit %s: %d bytes, %v", name, len(data), err)
		}
	}
	if _, err := order.EncodeForStorage(t.Context(), guard, issue(privacy.KindName), o); !errors.Is(err, privacy.ErrOutside) {
		t.Errorf("%v, want ErrOutside", err)
	}
	if _, err := order.DecodeStored(data[:len(data)/2], privacy.Standard); err == nil {
		t.Error("half an order is none")
	}
}

// storageGuard gives a guard, and a function that issues STORE permits.
func storageGuard(t *testing.T) (*privacy.Guard, func(fields ...privacy.Kind) privacy.Permit) {
	t.Helper()
	key, err := privacy.NewKey([]byte("a secret of at least sixteen bytes"))
	if err != nil {
		t.Fatal(err)
	}
	sink, err := privacy.NewMemory(key)
	if err != nil {
		t.Fatal(err)
	}
	allow := func(context.Context, privacy.Request) error { return nil }
	guard, err := privacy.NewGuard(privacy.Config{Authorize: allow, Sink: sink, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return guard, func(fields ...privacy.Kind) privacy.Permit {
		permit, err := guard.Issue(t.Context(), privacy.Request{
			Actor: "shop", Purpose: "주문 보관", Action: privacy.Store, Reason: "a table of our own", Source: "shop", Table: "orders", Fields: fields,
		})
		if err != nil {
			t.Fatal(err)
		}
		return permit
	}
}
