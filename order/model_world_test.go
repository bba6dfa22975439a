package order_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// A judge is a machine under test: the package's, or one with a rule changed.
type judge interface {
	Handle(order.Order, order.Command) (order.Order, []order.Event, error)
	Allowed(order.Order, order.SectionID, order.Actor) []order.EventName
	Allows(order.Order, order.SectionID, order.Actor, order.EventName) bool
}

// A world walks an order and its model side by side.
type world struct {
	policy order.Policy
	judge  judge
	order  order.Order
	model  model
	given  int // commands given, for their ids and waybills
	now    time.Time

	buttons map[string][]order.EventName // what the model allows, by section and role, as long as nothing happens
}

func person(name string) *order.Recipient {
	return &order.Recipient{Name: privacy.Name(name), Phone: privacy.Phone("010-1234-5678"), Address: privacy.Address("서울특별시 중구 세종대로 110")}
}

// draft is an order of two As and four Bs in one section, ready to be shipped from a place.
func draft(channel order.Channel, payment order.PaymentState) order.Draft {
	return order.Draft{
		ID: "O-1", Channel: channel, Payment: payment, Orderer: person("김하나"),
		Lines: []order.Line{{ID: "A", SKU: "SKU-A", Quantity: 2}, {ID: "B", SKU: "SKU-B", Quantity: 4}},
		Sections: []order.DraftSection{{
			Lines: []order.LineQuantity{{Line: "A", Quantity: 2}, {Line: "B", Quantity: 4}}, Method: order.MethodCourier, Place: "WH1",
		}},
	}
}

func newWorld(p order.Policy, d order.Draft) (*world, error) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	o, err := order.New(d, start, order.System("shop"))
	if err != nil {
		return nil, err
	}
	return &world{policy: p, judge: order.Machine{Policy: p}, order: o, model: modelOf(o), now: start, buttons: map[string][]order.EventName{}}, nil
}

// fork gives a world that starts where this one stands and is judged by another machine.
func (w *world) fork(p order.Policy, j judge) *world {
	other := *w
	other.policy, other.judge, other.buttons = p, j, map[string][]order.EventName{}
	return &other
}

// clean is a copy to try something in.
func (w *world) clean() *world {
	other := *w
	return &other
}

func eventOf(name string) order.EventName {
	event, err := order.ParseEventName(name)
	if err != nil {
		panic(err)
	}
	return event
}

// owner is a role that an event belongs to.
func owner(event string) string {
	for _, role := range []string{"operator", "seller", "buyer", "admin", "tracker"} {
		if slices.Contains(duties[role], event) {
			return role
		}
	}
	return "operator"
}

// form fills in a command with everything that the event needs, for a whole section.
func (w *world) form(id order.SectionID, event, role string) order.Command {
	w.given++
	w.now = w.now.Add(time.Minute)
	s, _ := w.order.Section(id)
	c := order.Command{
		ID: order.CommandID(fmt.Sprintf("c%d", w.given)), Event: eventOf(event), At: w.now, Section: id,
		Actor: order.Actor{Role: order.Role(role), ID: "x"},
	}
	fresh := &order.Waybill{Courier: "kr.cjlogistics", Number: fmt.Sprintf("6%09d", w.given)}
	byCourier := s.Method == order.MethodCourier
	switch event {
	case "RegisterStockout", "RevertRelease", "RevertDelivery":
		c.Reason = "counted again"
	case "CancelForStockout":
		c.Reason = order.ReasonStockout
	case "RejectReturn", "RejectExchange":
		c.Reason = "used"
		if byCourier && (s.Status == order.StatusRecallCompleted || s.Status == order.StatusRecallConfirmed) {
			c.Waybill = fresh
		}
	case "CompleteRelease", "RegisterWaybill", "ReplaceWaybill", "RejectCancelAndShip", "InstructRecall":
		if byCourier {
			c.Waybill = fresh
		}
		if event == "CompleteRelease" && role == "tracker" {
			c.Waybill = s.Waybill
		}
	case "ConfirmRecall":
		c.Waybill = s.RecallWaybill
		if byCourier && role != "tracker" {
			c.Waybill = fresh
		}
	case "CompleteDelivery", "CourierReturn":
		if role == "tracker" {
			c.Waybill = s.Waybill
		}
	case "FailRecall", "FailRecallExchange":
		c.Reason = "nobody there"
		if role == "tracker" {
			c.Waybill = s.RecallWaybill
		}
	case "ConfirmPurchase":
		w.now = w.now.Add(8 * 24 * time.Hour)
		c.At = w.now
	case "InstructRelease":
		if s.Place == "" {
			c.Place = "WH2"
		}
	case "CompleteReturn":
		c.Refund = "refund-1"
	}
	c.Claim = requestForm(event)
	c.Reception = receptionForm(event, s.Items)
	return c
}

func requestForm(event string) *order.ClaimRequest {
	retrieve := order.Retrieve{Type: order.RetrieveAuto}
	switch event {
	case "RequestReturn", "RequestReturnAfterConfirm":
		return &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: retrieve}
	case "RequestExchange":
		return &order.ClaimRequest{Fault: order.FaultSeller, Retrieve: retrieve, Wanted: []order.WantedOption{{Option: "blue"}}}
	}
	return nil
}

func receptionForm(event string, items []order.Item) []order.Reception {
	if event != "CompleteRecall" && event != "DirectCollect" {
		return nil
	}
	var counts []order.Reception
	for i, item := range items {
		damaged := min(i, item.Quantity)
		counts = append(counts, order.Reception{Item: item.ID, Received: item.Quantity - damaged, Damaged: damaged})
	}
	return counts
}

// try gives a status command to the machine and to the model and tells where they differ; empty if they agree. It tells
// also whether the command was accepted.
func (w *world) try(c order.Command) (accepted bool, difference string) {
	if w.undecided(c) {
		return false, ""
	}
	next, why := w.model.step(w.policy, w.order, c)
	after, events, err := w.judge.Handle(w.order, c)
	if err != nil {
		if why == "" {
			return false, fmt.Sprintf("refused (%v), the model accepts", err)
		}
		return false, w.differsRefusal(c, after, err)
	}
	if len(events) == 0 || why != "" && c.Actor.Role == order.RoleTracker {
		return false, w.differsIgnored(c, after, events, why)
	}
	if why != "" {
		return true, "accepted, the model refuses: " + why
	}
	if d := next.differs(after); d != "" {
		return true, d
	}
	if after.Version != w.order.Version+1 {
		return true, fmt.Sprintf("version %d after %d", after.Version, w.order.Version)
	}
	if d := differsOutcome(c.Event.String(), after, events); d != "" {
		return true, d
	}
	w.order, w.model, w.buttons = after, next, map[string][]order.EventName{}
	return true, ""
}

// differsOutcome checks what became of the claims that an event was about.
func differsOutcome(event string, after order.Order, events []order.Event) string {
	for _, e := range events {
		for _, move := range e.Moves {
			s, _ := after.Section(move.Target())
			claim, _ := after.Claim(s.Claim)
			if want := closes(event); e.Name.String() == event && want != "" && (string(claim.Outcome) != want || string(move.Outcome) != want) {
				return fmt.Sprintf("claim %s of %s is %s, told as %s; want %s", claim.ID, s.ID, claim.Outcome, move.Outcome, want)
			}
		}
	}
	return ""
}

// undecided are the commands that the document says nothing about: a fact that names no parcel, or where none is carried.
func (w *world) undecided(c order.Command) bool {
	if c.Actor.Role != order.RoleTracker || c.Waybill != nil || c.Section == "" ||
		w.model.legal(w.policy, w.order, c.Section, c.Event.String()) != "" {
		return false
	}
	s, _ := w.order.Section(c.Section)
	switch c.Event {
	case order.CompleteDelivery:
		return s.Waybill == nil
	case order.CourierReturn, order.ConfirmRecall, order.FailRecall, order.FailRecallExchange:
		return true
	}
	return false
}

// differsKind checks that a refusal says that the event is illegal, or switched off, where the grid says so.
func (w *world) differsKind(c order.Command, err error) string {
	if c.Section == "" || c.Items != nil || c.ExpectedStatus != 0 || c.ExpectedVersion != 0 || !mayAct(w.policy, string(c.Actor.Role), c.Event.String()) {
		return "" // there may be more than one reason
	}
	section, _ := w.order.Section(c.Section)
	if takes, _ := w.model.takes(w.order, c.Section, c); misses(w.order, section, c, takes) != "" {
		return ""
	}
	want := order.ErrIllegal
	switch why := w.model.legal(w.policy, w.order, c.Section, c.Event.String()); {
	case why == "" || w.model.sections[c.Section].items == nil:
		return ""
	case why == "switched off":
		want = order.ErrPolicyOff
	}
	if !errors.Is(err, want) {
		return fmt.Sprintf("refused as %v, want %v", err, want)
	}
	return ""
}

// differsRefusal checks what a refusal tells.
func (w *world) differsRefusal(c order.Command, after order.Order, err error) string {
	var refused *order.Refused
	if !errors.As(err, &refused) || refused.Unwrap() == nil {
		return fmt.Sprintf("the error is not a refusal: %v", err)
	}
	if after.Version != w.order.Version || len(after.History) != len(w.order.History) {
		return "a refused command gave another order"
	}
	if d := w.differsKind(c, err); d != "" {
		return d
	}
	if refused.Section == "" || w.model.sections[refused.Section].items == nil {
		return ""
	}
	s := w.model.sections[refused.Section]
	if got := refused.Actual.String(); got != s.status {
		return fmt.Sprintf("the refusal says %s, it is %s", got, s.status)
	}
	if want := w.allowed(refused.Section, string(c.Actor.Role)); !slices.Equal(refused.Allowed, want) {
		return fmt.Sprintf("the refusal allows %v, want %v", refused.Allowed, want)
	}
	return ""
}

// differsIgnored checks a fact that moves nothing: no status changes, but what is remembered under a claim may.
func (w *world) differsIgnored(c order.Command, after order.Order, events []order.Event, why string) string {
	if why == "" {
		return "ignored, the model accepts"
	}
	if c.Actor.Role != order.RoleTracker {
		return "ignored, although no fact; the model refuses: " + why
	}
	for _, e := range events {
		if !e.Name.Records() {
			return fmt.Sprintf("%s happened, the model refuses: %s", e.Name, why)
		}
	}
	for _, s := range after.Sections {
		if got := s.Status.String(); s.MergedInto == "" && got != w.model.sections[s.ID].status {
			return fmt.Sprintf("an ignored fact moved %s to %s", s.ID, got)
		}
	}
	return ""
}

func (w *world) allowed(id order.SectionID, role string) []order.EventName {
	key := string(id) + role
	if allowed, ok := w.buttons[key]; ok {
		return allowed
	}
	var allowed []order.EventName
	for _, event := range gridEvents {
		if w.model.accepts(w.policy, w.order, id, event, role) {
			allowed = append(allowed, eventOf(event))
		}
	}
	w.buttons[key] = allowed
	return allowed
}

// record gives a record event, which the model takes as it comes, but for what it says about statuses.
func (w *world) record(c order.Command) error {
	w.given++
	w.now = w.now.Add(time.Minute)
	c.ID, c.At = order.CommandID(fmt.Sprintf("c%d", w.given)), w.now
	after, _, err := w.judge.Handle(w.order, c)
	if err == nil {
		w.order, w.buttons = after, map[string][]order.EventName{}
	}
	return err
}

// walk takes a road: events on the first section, each in full and by the role that it belongs to. A word before a colon
// sends the event elsewhere: "out:" to the newest section. Small letters are record events.
func (w *world) walk(road string) error {
	for _, word := range strings.Fields(road) {
		id := order.SectionID("S1")
		event, out := strings.CutPrefix(word, "out:")
		if out {
			id = sectionID(w.model.made)
		}
		if err := w.walkStep(id, event); err != nil {
			return fmt.Errorf("%s on the road %s: %w", word, road, err)
		}
	}
	return nil
}

func (w *world) walkStep(id order.SectionID, event string) error {
	s, _ := w.order.Section(id)
	operator, tracker := order.Operator("kim"), order.Tracker("t")
	switch event {
	case "scan":
		return w.record(order.Command{Event: order.WaybillScanned, Actor: tracker, Section: id, Waybill: s.Waybill})
	case "hold":
		return w.record(order.Command{Event: order.ClaimHeld, Actor: operator, Section: id, Hold: &order.Hold{Code: "FEE"}})
	case "unpay":
		return w.record(order.Command{Event: order.PaymentChanged, Actor: order.System("shop"), Payment: order.PaymentPending})
	case "late":
		prior := w.model.sections[id]
		prior.prior = "DELIVERED"
		w.model.sections[id] = prior
		return w.record(order.Command{Event: order.PriorStatusUpdated, Actor: tracker, Section: id, Waybill: s.Waybill})
	}
	accepted, difference := w.try(w.form(id, event, owner(event)))
	if difference == "" && !accepted {
		difference = "refused by both"
	}
	if difference != "" {
		return errors.New(difference)
	}
	return nil
}

func encode(t testing.TB, o order.Order) []byte {
	t.Helper()
	data, err := order.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(data)
}
