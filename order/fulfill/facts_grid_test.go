package fulfill

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// states has parcels of every kind.
var states = map[string][]tracking.State{
	"moving":    {{Status: tracking.StatusPickedUp}, {Status: tracking.StatusInTransit, Sub: tracking.SubAtBranch}, {Status: tracking.StatusOutForDelivery}},
	"DELIVERED": {{Status: tracking.StatusDelivered}},
	"FAILED":    {{Status: tracking.StatusFailed}},
	"HOLD":      {{Status: tracking.StatusHold}, {Status: tracking.StatusHold, Sub: tracking.SubDelayed}},
	"RETURNED":  {{Status: tracking.StatusReturned}, {Status: tracking.StatusReturned, Sub: tracking.SubReturning}},
	"INFERRED":  {{Status: tracking.StatusReturned, Inferred: true}},
	"CANCELLED": {{Status: tracking.StatusCancelled}},
	"LOST":      {{Status: tracking.StatusFailed, Sub: tracking.SubLost}},
	"silent":    {{Status: tracking.StatusUnknown}, {Status: tracking.StatusPending}, {Status: tracking.StatusRegistered}, {Status: tracking.StatusPickupReady}},
}

// TestFactsAreWhatHappens puts a section into every cell of the table by hand, and looks at what becomes of it.
func TestFactsAreWhatHappens(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(factsByHand), "\n")
	heading := strings.Split(rows[0], "\t")
	for _, row := range rows[1:] {
		fields := strings.Split(row, "\t")
		role := order.WaybillRole(fields[0])
		status, err := order.ParseStatus(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		for i, words := range fields[2:] {
			for _, state := range states[heading[i+2]] {
				for _, claim := range claimsIn(status) {
					for _, policy := range []order.Switch{order.Default, order.On} {
						before := placed(role, status, claim)
						got := happened(t, before, role, state, policy)
						want := expected(before, role, words, state, policy == order.On)
						if policy == order.On && strings.Contains(words, "release?") && heading[i+2] == "DELIVERED" {
							want.status = order.StatusDelivered // the release, and then what follows from it
						}
						if role == order.WaybillOutbound && slices.Contains(strings.Fields(words), "alert") &&
							!slices.Contains((&Engine{}).asked(&parcel{state: state, kind: kindOf(state)}), AlertOperations) {
							t.Errorf("%v alerts nobody by itself", state.Status)
						}
						if got != want {
							t.Errorf("%s %v (%s), parcel %v·%v, release by tracker %v:\n%+v\n%+v wanted for %q",
								role, status, claim, state.Status, state.Sub, policy == order.On, got, want, words)
						}
					}
				}
			}
		}
	}
}

func claimsIn(status order.Status) []order.ClaimType {
	switch status {
	case order.StatusCancelRequested:
		return []order.ClaimType{order.ClaimCancel}
	case order.StatusReturnRequested:
		return []order.ClaimType{order.ClaimReturn}
	case order.StatusExchangeRequested:
		return []order.ClaimType{order.ClaimExchange}
	case order.StatusRecallInstructed, order.StatusRecallConfirmed, order.StatusRecallCompleted:
		return []order.ClaimType{order.ClaimReturn, order.ClaimExchange}
	}
	return []order.ClaimType{""}
}

var cell = order.Waybill{Courier: "cj", Number: "680123456782"}

// placed is an order of one section in a status, which carries the waybill in a role.
func placed(role order.WaybillRole, status order.Status, claim order.ClaimType) order.Order {
	s := order.Section{
		ID: "S1", Kind: order.KindOriginal, Status: status, Method: order.MethodCourier, Place: "W1",
		Items: []order.Item{{ID: "I1", Line: "L1", Quantity: 2}},
	}
	o := order.Order{
		ID: "O1", Version: 1, Channel: order.ChannelOwn, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L1", Quantity: 2}},
		Counters: order.Counters{Section: 1, Item: 1, Claim: 1},
	}
	if claim != "" {
		s.Claim, s.Prior = "C1", order.StatusReleased
		if claim == order.ClaimCancel {
			s.Prior = order.StatusReleaseInstructed
		}
		o.Claims = []order.Claim{{ID: "C1", Type: claim, Section: "S1", Outcome: order.OutcomeOpen, Items: []order.ClaimItem{{Item: "I1", Quantity: 2}}}}
	}
	w := cell
	switch role {
	case order.WaybillOutbound:
		s.Waybill = &w
	case order.WaybillRecall:
		s.Waybill, s.RecallWaybill = &order.Waybill{Courier: "cj", Number: "680999999999"}, &w
	case order.WaybillSendBack:
		s.Waybill, s.SendBackWaybill = &order.Waybill{Courier: "cj", Number: "680999999999"}, &w
	}
	o.Sections = []order.Section{s}
	return o
}

// outcome is what can be seen of a section, and of what it asks for.
type outcome struct {
	status, prior order.Status
	scanned       bool
	exception     string
	inbound       bool
	alert         string
}

// happened applies a state to an order.
func happened(t *testing.T, o order.Order, role order.WaybillRole, state tracking.State, policy order.Switch) (got outcome) {
	t.Helper()
	e := &Engine{config: Config{Machine: order.Machine{Policy: order.Policy{ReleaseByTracker: policy}}}}
	p := &parcel{
		s: &Shipment{
			ID: poll.ShipmentID{Courier: "cj", Number: cell.Number, Generation: 1}, Carrier: "toy", Links: []Link{{Order: "O1", Role: role}},
		},
		waybill: cell, known: true, state: state, kind: kindOf(state), by: decider{carrier: "toy", key: "scan", at: time.Unix(1e9, 0)},
	}
	f := &folio{order: o}
	var found findings
	err := NewMemoryStore().Transact(t.Context(), func(ctx context.Context, tx Tx) error {
		w := &work{engine: e, tx: tx, now: time.Unix(1e9+60, 0)}
		if err := w.facts(ctx, p, f, &found); err != nil {
			return err
		}
		once := len(f.order.History)
		if err := w.facts(ctx, p, f, &findings{}); err != nil {
			return err
		}
		if len(f.order.History) != once {
			t.Errorf("%s %v: the same parcel %v did something again", role, o.Sections[0].Status, state.Status)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := f.order.Sections[0]
	got = outcome{status: s.Status, prior: s.Prior, scanned: s.Scanned}
	if s.Exception != nil {
		got.exception = s.Exception.Code
	}
	for _, key := range found.keys {
		if key.name == CreateReturnInbound {
			got.inbound = true
		} else {
			got.alert, _, _ = strings.Cut(key.cause, "/")
		}
	}
	return got
}

// expected is what the words of a cell mean for a section.
func expected(o order.Order, role order.WaybillRole, words string, state tracking.State, releases bool) outcome {
	s := o.Sections[0]
	want := outcome{status: s.Status, prior: s.Prior}
	release := releases && strings.Contains(words, "release?")
	for _, word := range strings.Fields(words) {
		switch {
		case word == "scan":
			want.scanned = true
		case word == "release?" && release:
			want.status = order.StatusReleased
		case word == "CompleteDelivery":
			want.status = order.StatusDelivered
		case word == "prior":
			want.prior = order.StatusDelivered
		case word == "CourierReturn":
			want.status, want.prior = order.StatusRecallConfirmed, order.StatusReleased
		case word == "ConfirmRecall" && s.Status == order.StatusRecallInstructed:
			want.status = order.StatusRecallConfirmed
		case word == "FailRecall" && o.Claims[0].Type == order.ClaimExchange:
			want.status = order.StatusExchangeRequested
		case word == "FailRecall":
			want.status = order.StatusReturnRequested
		case word == "inbound":
			want.inbound = true
		case word == "alert" && role == order.WaybillRecall:
			want.alert = state.Status.String()
			if state.Sub == tracking.SubLost {
				want.alert = "LOST"
			}
		case strings.HasPrefix(word, "!") && !release:
			want.exception = word[1:]
		case strings.HasPrefix(word, "alert:"):
			want.alert = word[len("alert:"):]
		}
	}
	return want
}
