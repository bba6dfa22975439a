package fulfill_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

// latin finds words that are not Korean, and called are those that Korean texts may have: what hosts, couriers and languages
// call things.
var (
	latin  = regexp.MustCompile(`[A-Za-z][A-Za-z_.-]+`)
	called = []string{"toy", "toy-", "second", "kim", "shop", "sheet-", "CJ", "HUB", "RETURN_FEE", "errors.errorString"}
)

// story holds the explanation of O1 against a golden file in both languages; UPDATE_GOLDEN=1 rewrites it.
func (w *world) story(name string) fulfill.Explanation {
	w.Helper()
	x, err := w.engine.Explain(w.ctx, "O1")
	if err != nil {
		w.Fatal(err)
	}
	if x.String() != x.Text(fulfill.Korean) {
		w.Error("String is not the Korean text")
	}
	got := x.String() + "\n--- en ---\n" + x.Text(fulfill.English)
	data, err := json.Marshal(x)
	if err != nil {
		w.Fatal(err)
	}
	for _, secret := range []string{"홍길동", "길동", "1234-5678", "테헤란로", "0000#", "왜냐하면"} {
		if strings.Contains(got, secret) || strings.Contains(string(data), secret) {
			w.Errorf("it tells of %s", secret)
		}
	}
	if strings.Contains(got, number) {
		w.Error("the text shows a whole number")
	}
	for _, word := range latin.FindAllString(x.String(), -1) {
		if !slices.Contains(called, word) {
			w.Errorf("the Korean text says %q", word)
		}
	}
	goldentest.Compare(w, filepath.Join("testdata", "explain", name+".txt"), got)
	return x
}

// tells is a push with words of a courier and a mapping.
func (w *world) tells(no string, scans ...scan) {
	w.Helper()
	parcel := parcelOf("toy", tracking.Query{Courier: "cj", Number: no}, w.clock(), scans...)
	for i := range parcel.Events {
		parcel.Events[i].MapVersion = "toy-3"
	}
	if err := w.engine.Deliver(w.ctx, webhook.Delivery{Key: w.clock().String(), Observations: []tracking.Observation{{
		Parcel: *parcel, Carrier: "toy", Door: tracking.DoorPush, Kind: tracking.KindFact, SeenAt: w.clock(),
	}}}); err != nil {
		w.Fatal(err)
	}
}

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

var (
	collected = scan{status: tracking.StatusPickedUp, at: at(300), text: "집화처리", place: "경기고양신삼송"}
	onVan     = scan{status: tracking.StatusOutForDelivery, at: at(1460), text: "배송출발 (17~19시)", place: "충북보은"}
	handed    = scan{status: tracking.StatusDelivered, at: at(1940), text: "배송완료", place: "충북보은"}
)

// shown makes an order with a person in it and releases it.
func (w *world) shown() {
	w.Helper()
	person := &order.Recipient{Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-1234-5678"), Address: privacy.Address("서울특별시 강남구 테헤란로 123"),
		Memo: privacy.Memo("현관 0000#")}
	w.execute("O1", order.Command{Event: order.Created, Draft: &order.Draft{
		ID: "O1", Payment: order.PaymentPaid, Orderer: person,
		Lines:    []order.Line{{ID: "L1", SKU: "red", Quantity: 2}, {ID: "L2", SKU: "blue", Quantity: 1}},
		Sections: []order.DraftSection{{Place: "W1", Lines: []order.LineQuantity{{Line: "L1", Quantity: 2}, {Line: "L2", Quantity: 1}}}},
	}, Actor: order.System("shop")})
	w.execute("O1", order.Command{Event: order.InstructDelivery})
	w.execute("O1", order.Command{Event: order.InstructRelease})
}

func (w *world) sent() {
	w.Helper()
	w.shown()
	w.pass(4 * time.Hour)
	w.execute("O1", order.Command{Event: order.CompleteRelease, Waybill: waybill(number), Actor: order.Bulk("sheet-17")})
}

// until moves the clock to minutes after the start.
func (w *world) until(minutes int) { w.pass(at(minutes).Sub(w.clock())) }

func TestExplainDelivered(t *testing.T) {
	w := newWorld(t)
	w.sent()
	w.until(305)
	w.tells(number, collected)
	w.until(1461)
	w.tells(number, collected, onVan)
	w.until(1942)
	w.tells(number, collected, onVan, handed)
	w.done()
	w.until(1950)
	x := w.story("delivered")
	s := x.Sections[0]
	if s.Status != order.StatusDelivered || !s.Since.Equal(at(1940)) || len(s.Shipments) != 1 || len(s.Shipments[0].Events) != 3 ||
		s.Shipments[0].Events[0].Late != 2*time.Minute || s.Steps[0].Fact == nil {
		t.Errorf("%+v", s)
	}
}

// TestExplainPolled: the carrier is asked, and the functions are called, by an engine that runs.
func TestExplainPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := newToy("toy")
		w := newWorld(t, func(c *fulfill.Config) {
			c.Carriers, c.Now = []tracking.Carrier{carrier}, nil
			well := func(context.Context, fulfill.Action) error { return nil }
			c.Actions = fulfill.Actions{ConfirmInventory: well, NotifyCustomer: func(context.Context, fulfill.Action) error {
				return errors.New("홍길동 010-1234-5678")
			}}
			c.Outbox.Attempts = 3
		})
		w.now = time.Now()
		w.released("O1", number)
		carrier.show(number, scan{status: tracking.StatusInTransit, at: time.Now(), text: "간선상차", place: "대전HUB"})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		<-time.After(3 * time.Hour)
		carrier.show(number, scan{status: tracking.StatusDelivered, at: time.Now(), text: "배송완료"})
		<-time.After(6 * time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.story("polled")
	})
}

func TestExplainDeliveredThenReturned(t *testing.T) {
	w := newWorld(t)
	w.sent()
	w.until(1942)
	w.tells(number, collected, onVan, handed)
	w.done()
	w.until(3010)
	w.tells(number, collected, onVan, handed, scan{status: tracking.StatusReturned, sub: tracking.SubReturning, at: at(3000), text: "반송", place: "충북보은"})
	w.pass(time.Minute)
	w.done()
	w.until(3100)
	w.story("returned")
}

func TestExplainCancelledButMoving(t *testing.T) {
	w := newWorld(t)
	w.shown()
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.pass(time.Hour)
	w.execute("O1", order.Command{Event: order.RequestCancel, Actor: order.Buyer("b1"), Reason: "왜냐하면 홍길동"})
	w.execute("O1", order.Command{Event: order.ApproveCancel, Section: "S1"})
	w.until(305)
	w.tells(number, collected)
	w.story("cancelled-moving")
}

func TestExplainParcelBeforeTheSheet(t *testing.T) {
	w := newWorld(t)
	w.shown()
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.until(1942)
	w.tells(number, collected, onVan, handed)
	w.until(2000)
	w.execute("O1", order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: waybill(number), Actor: order.Bulk("sheet-17")})
	w.story("before-sheet")
}

// TestExplainInferredReturn: the route came back to where it began, and stock is held until somebody bears it out.
func TestExplainInferredReturn(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) {
		c.Carriers = []tracking.Carrier{newToy("toy"), newToy("second")}
		c.Confirm = fulfill.Quorum
	})
	w.sent()
	w.until(3010)
	w.tells(number, collected,
		scan{status: tracking.StatusOutForDelivery, at: at(1460), text: "배송출발", place: "충북보은"},
		scan{status: tracking.StatusFailed, at: at(1500), text: "미배달", place: "충북보은"},
		scan{status: tracking.StatusInTransit, at: at(2000), text: "간선상차", place: "대전HUB"},
		scan{status: tracking.StatusDelivered, at: at(3000), text: "배송완료", place: "경기고양신삼송"})
	x := w.story("inferred-return")
	if s := x.Sections[0].Shipments[0]; !s.Inferred || s.Awaiting == fulfill.AwaitingNothing {
		t.Errorf("inferred %v, awaiting %q", s.Inferred, s.Awaiting)
	}
}

func TestExplainSplitSection(t *testing.T) {
	w := newWorld(t)
	w.shown()
	w.pass(4 * time.Hour)
	w.execute("O1", order.Command{Event: order.CompleteRelease, Section: "S1", Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}},
		Waybill: waybill(number)})
	w.until(1942)
	w.tells(number, collected, onVan, handed)
	w.done()
	w.story("split")
}

func TestExplainExchange(t *testing.T) {
	w := newWorld(t)
	w.sent()
	w.until(1942)
	w.tells(number, collected, onVan, handed)
	w.done()
	w.until(2900)
	w.execute("O1", order.Command{Event: order.RequestExchange, Section: "S1", Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}},
		Actor: order.Buyer("b1"), Claim: &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto},
			Wanted: []order.WantedOption{{Option: "L"}}}})
	w.execute("O1", order.Command{Event: order.InstructRecall, Section: "S2", Waybill: waybill("680123456793")})
	w.until(4000)
	w.tells("680123456793", scan{status: tracking.StatusPickedUp, at: at(3990), text: "회수", place: "충북보은"})
	w.execute("O1", order.Command{Event: order.ClaimHeld, Section: "S2", Hold: &order.Hold{Code: "RETURN_FEE", Text: "홍길동"}})
	w.story("exchange")
}

func TestExplainCorrection(t *testing.T) {
	w := newWorld(t)
	w.sent()
	w.until(1942)
	w.tells(number, collected, onVan, handed)
	w.done()
	w.until(2000)
	if err := w.engine.Correct(w.ctx, shipmentID(number), fulfill.Pin{
		Status: tracking.StatusFailed, Sub: tracking.SubLost, By: order.Operator("kim"), Reason: "홍길동 did not get it",
	}); err != nil {
		t.Fatal(err)
	}
	w.story("correction")
}

// TestExplainReplacedAndShared: a waybill that was replaced, one that another order has too, and a number that was used before.
func TestExplainReplacedAndShared(t *testing.T) {
	w := newWorld(t)
	w.sent()
	w.until(305)
	w.tells(number, collected)
	w.execute("O1", order.Command{Event: order.ReplaceWaybill, Section: "S1", Waybill: waybill("680123456793")})
	w.released("O2", "680123456793")
	w.until(400)
	w.tells("680123456793", scan{status: tracking.StatusDelivered, at: at(-60 * 24 * 40), text: "배송완료", place: "부산"},
		scan{status: tracking.StatusPickedUp, at: at(390), text: "집하"})
	x := w.story("replaced-shared")
	if len(x.Others) != 1 || x.Others[0].Number != number || len(x.Sections[0].Shipments[0].Shared) != 1 || !x.Sections[0].Shipments[0].Events[1].Parked {
		t.Errorf("%+v", x)
	}
}

// TestExplainEndedWatch: a label that was voided is asked about no more.
func TestExplainEndedWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := newToy("toy")
		w := newWorld(t, func(c *fulfill.Config) { c.Carriers, c.Now = []tracking.Carrier{carrier}, nil })
		w.now = time.Now()
		w.released("O1", number)
		carrier.show(number, scan{status: tracking.StatusCancelled, at: time.Now(), text: "신청취소"})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		<-time.After(24 * time.Hour)
		cancel()
		<-ended
		w.story("ended")
	})
}

func TestExplainNothing(t *testing.T) {
	w := newWorld(t)
	if _, err := w.engine.Explain(w.ctx, "O1"); !errors.Is(err, order.ErrNoOrder) {
		t.Error(err)
	}
	w.released("O1", number)
	before := w.watches()
	w.story("nothing-known")
	if after := w.watches(); before != after {
		t.Errorf("looking changed a watch: %s, then %s", before, after)
	}
}

// watches writes the primary watch, to see whether it changes.
func (w *world) watches() string {
	var data []byte
	if err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		id := poll.WatchID{Shipment: shipmentID(number), Carrier: "toy", Role: poll.Primary}
		watch, err := tx.Watches().Change(ctx, id, func(w poll.Watch) poll.Watch { return w })
		data, _ = json.Marshal(watch)
		return err
	}); err != nil {
		w.Fatal(err)
	}
	return string(data)
}
