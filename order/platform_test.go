package order_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/order"
)

// TestPlatformTable holds both directions of every platform against a golden file.
func TestPlatformTable(t *testing.T) {
	var b strings.Builder
	for _, p := range order.Platforms() {
		fmt.Fprintf(&b, "%s\n", p)
		for _, c := range p.Codes() {
			fmt.Fprintf(&b, "  %s → %s\n", c.Code, translated(p.Status(c.Code)))
		}
		for _, s := range order.Statuses() {
			fmt.Fprintf(&b, "  %v → %s\n", s, translated(p.Code(s)))
		}
	}
	goldentest.Compare(t, "testdata/platforms.txt", b.String())
}

func translated[T any](value T, err error) string {
	if err != nil {
		_, told, _ := strings.Cut(err.Error(), "order: platform ")
		_, told, _ = strings.Cut(told, ": ")
		return told
	}
	return fmt.Sprint(value)
}

// crosswalk has what the document says, platform by platform: status and codes. A code in two rows is ambiguous.
const crosswalk = `
x2bee RLI 22 STO 23 RCD 36 RTN 37
imweb RLI SHIPPING_READY REL SHIPPING DLV SHIPPING_COMPLETE CRQ CANCEL_REQUEST RRQ RETURN_REQUEST
naver ORD PAYED+NOT_YET DLI PAYED+OK RLI PAYED+OK REL DELIVERING DLV DELIVERED PCF PURCHASE_DECIDED
 CRQ CANCEL_REQUEST CANCELING CAN CANCEL_DONE RRQ RETURN_REQUEST XRQ EXCHANGE_REQUEST RCI COLLECTING RCC COLLECTING
 RCD COLLECT_DONE RTN RETURN_DONE RETURNED XCH EXCHANGE_DONE EXCHANGED
coupang ORD ACCEPT DLI INSTRUCT RLI INSTRUCT REL DEPARTURE DELIVERING NONE_TRACKING DLV FINAL_DELIVERY
 CRQ RELEASE_STOP_UNCHECKED RRQ RETURNS_UNCHECKED RCD VENDOR_WAREHOUSE_CONFIRM RTN RETURNS_COMPLETED
cafe24 ORD N10 DLI N20 RLI N21 REL N30 DLV N40 PCF N50 CRQ C00 C10 CAN C40 C41 C42 C43 RRQ R00 R10 XRQ E00 E10
 RCI R30 E30 RCC R30 E30 RCD R20 R31 E31 RTN R40 R41 R42 R43 XCH E40
shopify ORD FulfillmentOrder.OPEN DLI FulfillmentOrder.IN_PROGRESS RLI FulfillmentOrder.IN_PROGRESS
 STO FulfillmentOrder.ON_HOLD CAN FulfillmentOrder.CANCELLED RRQ Return.REQUESTED Return.OPEN
 RCI ReverseFulfillmentOrder.OPEN RCD ReverseFulfillmentOrder.CLOSED RTN Return.CLOSED
vendure ORD PaymentSettled RLI Pending REL Shipped DLV Delivered CAN Cancelled`

// TestCrosswalk compares the shipped codes with the document, neither more nor less.
func TestCrosswalk(t *testing.T) {
	type pair struct {
		platform order.Platform
		code     string
		status   order.Status
	}
	var want, got []pair
	var p order.Platform
	var s order.Status
	for _, word := range strings.Fields(crosswalk) {
		if slices.Contains(order.Platforms(), order.Platform(word)) {
			p = order.Platform(word)
		} else if i := slices.IndexFunc(order.Statuses(), func(s order.Status) bool { return s.Short() == word }); i >= 0 {
			s = order.Statuses()[i]
		} else {
			want = append(want, pair{p, word, s})
		}
	}
	for _, p := range order.Platforms() {
		for _, c := range p.Codes() {
			for _, s := range c.Statuses {
				got = append(got, pair{p, c.Code, s})
			}
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%v is not shipped", w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%v is not in the document", g)
		}
	}
}

// TestPlatformsBothWays: a code maps to what it stands for, or the error lists all of that; a status maps to a code that
// stands for it, or the error lists all of those.
func TestPlatformsBothWays(t *testing.T) {
	for _, p := range order.Platforms() {
		if len(p.Codes()) == 0 {
			t.Errorf("%s has no codes", p)
		}
		for _, c := range p.Codes() {
			s, err := p.Status(c.Code)
			var fault *order.PlatformError
			switch {
			case err == nil && (len(c.Statuses) != 1 || s != c.Statuses[0]):
				t.Errorf("%s %s is %v, not %v", p, c.Code, s, c.Statuses)
			case err != nil && (!errors.As(err, &fault) || !errors.Is(err, order.ErrAmbiguous) || !slices.Equal(fault.Statuses, c.Statuses) || s != 0):
				t.Errorf("%s %s: %v, %v", p, c.Code, s, err)
			}
		}
		for _, s := range order.Statuses() {
			var codes []string
			for _, c := range p.Codes() {
				if slices.Contains(c.Statuses, s) {
					codes = append(codes, c.Code)
				}
			}
			code, err := p.Code(s)
			var fault *order.PlatformError
			errors.As(err, &fault)
			switch len(codes) {
			case 0:
				if !errors.Is(err, order.ErrNoCode) || code != "" || fault.Status != s {
					t.Errorf("%s %v: %q, %v", p, s, code, err)
				}
			case 1:
				if err != nil || code != codes[0] {
					t.Errorf("%s %v: %q, %v, want %v", p, s, code, err, codes)
				}
			default:
				if !errors.Is(err, order.ErrAmbiguous) || code != "" || !slices.Equal(fault.Codes, codes) {
					t.Errorf("%s %v: %q, %v, want %v", p, s, code, err, codes)
				}
			}
		}
	}
}

// TestUnknownCodes: labels, codes of other platforms, unsure codes and other spellings are errors that name what was asked.
func TestUnknownCodes(t *testing.T) {
	for _, c := range []struct {
		platform order.Platform
		code     string
	}{
		{order.PlatformX2BEE, "11"}, {order.PlatformX2BEE, "출고지시"}, {order.PlatformX2BEE, "22 "}, {order.PlatformX2BEE, ""},
		{order.PlatformCoupang, "배송지시"}, {order.PlatformCoupang, "accept"}, {order.PlatformCoupang, "N10"},
		{order.PlatformCafe24, "N22"}, {order.PlatformCafe24, "N01"}, {order.PlatformCafe24, "NEW"},
		{order.PlatformImweb, "PRODUCT_PREPARATION"}, {order.PlatformImweb, "EXCHANGE_REQUEST"}, {order.PlatformNaver, "PAYED"},
		{order.PlatformShopify, "OPEN"}, {order.PlatformVendure, "Created"},
	} {
		s, err := c.platform.Status(c.code)
		var fault *order.PlatformError
		if s != 0 || !errors.Is(err, order.ErrUnknownCode) || !errors.As(err, &fault) || fault.Platform != c.platform || fault.Code != c.code {
			t.Errorf("%s %q: %v, %v", c.platform, c.code, s, err)
		} else if !strings.Contains(err.Error(), string(c.platform)) || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%v names neither platform nor code", err)
		}
	}
	for _, p := range []order.Platform{"", "toss", "X2BEE"} {
		if s, err := p.Status("22"); s != 0 || !errors.Is(err, order.ErrUnknownPlatform) {
			t.Errorf("%q: %v, %v", p, s, err)
		}
		if code, err := p.Code(order.StatusOrdered); code != "" || !errors.Is(err, order.ErrUnknownPlatform) {
			t.Errorf("%q: %v, %v", p, code, err)
		}
		if len(p.Codes()) > 0 {
			t.Errorf("%q has codes", p)
		}
	}
}

// TestPlatformCodesAreCopies: what a caller does to the list stays with the caller.
func TestPlatformCodesAreCopies(t *testing.T) {
	codes := order.PlatformX2BEE.Codes()
	codes[0].Code, codes[1].Statuses[0] = "99", order.StatusOrdered
	if s, err := order.PlatformX2BEE.Status("22"); s != order.StatusReleaseInstructed || err != nil {
		t.Errorf("%v, %v", s, err)
	}
	if s, err := order.PlatformX2BEE.Status("23"); s != order.StatusStockoutHeld || err != nil {
		t.Errorf("%v, %v", s, err)
	}
	_, err := order.PlatformCoupang.Status("INSTRUCT")
	var fault *order.PlatformError
	if errors.As(err, &fault) {
		fault.Statuses[0] = order.StatusCancelled
	}
	if _, again := order.PlatformCoupang.Status("INSTRUCT"); strings.Contains(again.Error(), "CANCELLED") {
		t.Error(again)
	}
}

func ExamplePlatform_Status() {
	fmt.Println(order.PlatformX2BEE.Status("22"))
	_, err := order.PlatformCoupang.Status("INSTRUCT")
	fmt.Println(err)
	_, err = order.PlatformCoupang.Status("배송지시")
	fmt.Println(err)
	// Output:
	// RELEASE_INSTRUCTED <nil>
	// order: platform "coupang", code "INSTRUCT": ambiguous: [DELIVERY_INSTRUCTED RELEASE_INSTRUCTED]
	// order: platform "coupang", code "배송지시": unknown code
}
