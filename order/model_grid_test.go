package order_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// The grid is the reference that the package's table is held against. It was typed from the rules of the document, not
// derived from the table, and it is written the other way round: a table row says where an event may start, a line of
// the grid says what may happen to a section that stands somewhere.
//
// Each line is a state and then the events that it accepts, each with the state that follows. "=" leaves the status
// alone, "<" goes back to the status held when the claim was opened, and a trailing "?" marks an event that exists only
// while its switch is on. Letters before a colon are the types of claim under which the event is possible at all: C
// cancel, R return, E exchange.
const grid = `
ORD  InstructDelivery>DLI  RequestCancel>CRQ  CancelNow>CAN?
DLI  InstructRelease>RLI  RequestCancel>CRQ
RLI  RegisterStockout>STO  CompleteRelease>REL  RegisterWaybill=  RemoveWaybill=  RequestCancel>CRQ
STO  ReleaseStockout>RLI  RequestCancel>CRQ  CancelForStockout>CAN
REL  CompleteDelivery>DLV  ReplaceWaybill=  RevertRelease>RLI?  RequestReturn>RRQ  RequestExchange>XRQ
     CourierReturn>RCC?
DLV  ConfirmPurchase>PCF  RevertDelivery>REL?  RequestReturn>RRQ  RequestExchange>XRQ  CourierReturn>RCC?
PCF  RequestReturnAfterConfirm>RRQ?
CRQ  C:ApproveCancel>CAN  C:RejectCancel<  C:RejectCancelAndShip>REL  C:WithdrawCancel<
CAN
RRQ  R:InstructRecall>RCI  R:DirectCollect>RCD?  R:RejectReturn<  R:WithdrawReturn<
XRQ  E:InstructRecall>RCI  E:DirectCollect>RCD?  E:ConvertToReturnEarly>RRQ?  E:RejectExchange<  E:WithdrawExchange<
     E:ShipReplacementFirst=?
RCI  RE:ConfirmRecall>RCC  R:FailRecall>RRQ?  E:FailRecallExchange>XRQ?  R:WithdrawReturn<  E:WithdrawExchange<
     E:ShipReplacementFirst=?
RCC  RE:CompleteRecall>RCD  E:ConvertToReturn=  R:RejectReturn<  E:RejectExchange<  E:ShipReplacementFirst=?
RCD  R:RejectReturn<  E:RejectExchange<  R:CompleteReturn>RTN  E:ShipReplacement=  E:CompleteExchange>XCH
RTN
XCH
`

// abbreviations spell out the grid's states.
const abbreviations = `
ORD ORDERED             DLI DELIVERY_INSTRUCTED  RLI RELEASE_INSTRUCTED  STO STOCKOUT_HELD
REL RELEASED            DLV DELIVERED            PCF PURCHASE_CONFIRMED
CRQ CANCEL_REQUESTED    CAN CANCELLED            RRQ RETURN_REQUESTED    XRQ EXCHANGE_REQUESTED
RCI RECALL_INSTRUCTED   RCC RECALL_CONFIRMED     RCD RECALL_COMPLETED
RTN RETURNED            XCH EXCHANGED
`

// gridStates are the sixteen, in the document's order.
var gridStates = []string{
	"ORDERED", "DELIVERY_INSTRUCTED", "RELEASE_INSTRUCTED", "STOCKOUT_HELD", "RELEASED", "DELIVERED",
	"PURCHASE_CONFIRMED", "CANCEL_REQUESTED", "CANCELLED", "RETURN_REQUESTED", "EXCHANGE_REQUESTED",
	"RECALL_INSTRUCTED", "RECALL_CONFIRMED", "RECALL_COMPLETED", "RETURNED", "EXCHANGED",
}

// gridEvents are the thirty-nine, in the document's order.
var gridEvents = strings.Fields(`
InstructDelivery InstructRelease RegisterStockout ReleaseStockout CompleteRelease CompleteDelivery ConfirmPurchase
RegisterWaybill ReplaceWaybill RemoveWaybill RevertRelease RevertDelivery
RequestCancel CancelNow CancelForStockout ApproveCancel RejectCancel RejectCancelAndShip WithdrawCancel
RequestReturn RequestReturnAfterConfirm RequestExchange
InstructRecall FailRecall FailRecallExchange ConfirmRecall CompleteRecall DirectCollect
ConvertToReturn ConvertToReturnEarly RejectReturn RejectExchange WithdrawReturn WithdrawExchange
CompleteReturn ShipReplacement ShipReplacementFirst CompleteExchange CourierReturn`)

// same and back stand in a cell for "status unchanged" and "the status held when the claim was opened".
const (
	same = "="
	back = "<"
)

// A cell is one legal square of the grid.
type cell struct {
	to     string // a state, same or back
	claims string // claim letters under which it is possible; empty: without an open claim
	policy bool   // behind a switch
}

type square struct{ state, event string }

// readGrid spells the grid out.
func readGrid() map[square]cell {
	long := map[string]string{}
	words := strings.Fields(abbreviations)
	for pair := range slices.Chunk(words, 2) {
		long[pair[0]] = pair[1]
	}
	cells := map[square]cell{}
	state := ""
	for _, word := range strings.Fields(grid) {
		if name, isState := long[word]; isState {
			state = name
			continue
		}
		word, policy := strings.CutSuffix(word, "?")
		claims, rest, hasClaims := strings.Cut(word, ":")
		if !hasClaims {
			claims, rest = "", word
		}
		at := strings.IndexAny(rest, "<>=")
		to := rest[at:]
		if target, moves := strings.CutPrefix(to, ">"); moves {
			to = long[target]
		}
		cells[square{state, rest[:at]}] = cell{to: to, claims: claims, policy: policy}
	}
	return cells
}

// opens is the type of claim that an event opens, as its letter. CancelNow and CancelForStockout open and complete one.
func opens(event string) string {
	switch event {
	case "RequestCancel", "CancelNow", "CancelForStockout":
		return "C"
	case "RequestReturn", "RequestReturnAfterConfirm", "CourierReturn":
		return "R"
	case "RequestExchange":
		return "E"
	}
	return ""
}

// closes tells how the event ends the section's claim; empty when it stays open.
func closes(event string) string {
	switch {
	case strings.HasPrefix(event, "Reject"):
		return "REJECTED"
	case strings.HasPrefix(event, "Withdraw"):
		return "WITHDRAWN"
	}
	switch event {
	case "ApproveCancel", "CancelNow", "CancelForStockout", "CompleteReturn", "CompleteExchange":
		return "COMPLETED"
	}
	return ""
}

// duties lists, role by role, what each actor may do in its own name.
var duties = map[string][]string{
	"operator": strings.Fields(`InstructDelivery InstructRelease RegisterStockout ReleaseStockout CompleteRelease CompleteDelivery
		RegisterWaybill ReplaceWaybill RemoveWaybill InstructRecall FailRecall FailRecallExchange ConfirmRecall CompleteRecall
		ConvertToReturn ConvertToReturnEarly CompleteReturn ShipReplacement ShipReplacementFirst CompleteExchange`),
	"buyer": strings.Fields(`ConfirmPurchase RequestCancel CancelNow WithdrawCancel RequestReturn RequestExchange
		WithdrawReturn WithdrawExchange`),
	"seller": strings.Fields(`RequestCancel CancelNow CancelForStockout ApproveCancel RejectCancel RejectCancelAndShip RequestReturn
		RequestReturnAfterConfirm RequestExchange DirectCollect RejectReturn RejectExchange`),
	"admin":   {"RevertRelease", "RevertDelivery"},
	"bulk":    {"CompleteRelease", "RegisterWaybill"},
	"tracker": {"CompleteDelivery", "CourierReturn", "ConfirmRecall", "FailRecall", "FailRecallExchange", "CompleteExchange"},
	"batch":   {"CompleteDelivery", "ConfirmPurchase"},
	"courier": {"ConfirmRecall", "FailRecall", "FailRecallExchange"},
	"refund":  {"CompleteReturn"},
	"system":  {"CancelNow"},
}

// mayAct tells whether a role may cause an event. The operator may act for seller and buyer; that a tracker completes a
// release is a switch.
func mayAct(p order.Policy, role, event string) bool {
	switch {
	case slices.Contains(duties[role], event), role == "tracker" && event == "CompleteRelease" && p.ReleaseByTracker == order.On:
		return true
	}
	return role == "operator" && (mayAct(p, "seller", event) || mayAct(p, "buyer", event))
}

// The parts of a section that an event may be applied to.
const (
	wholeOnly  = "whole"    // the section as it is
	someItems  = "items"    // whole items of it, each with all its quantity
	someAmount = "quantity" // items and quantities
)

// part tells how finely an event may cut a section: where the document says "subset" without a quantity, by items. A
// claim is completed for a section or for items of it, although the table names no split there.
func part(event string) string {
	switch event {
	case "CompleteDelivery", "ReplaceWaybill", "RemoveWaybill", "RevertRelease", "RevertDelivery", "WithdrawCancel",
		"FailRecall", "FailRecallExchange", "DirectCollect", "CourierReturn":
		return wholeOnly
	case "InstructDelivery", "ConfirmPurchase", "RegisterWaybill", "RejectCancel", "RejectCancelAndShip", "InstructRecall",
		"ConvertToReturn", "ConvertToReturnEarly", "RejectReturn", "RejectExchange", "WithdrawReturn", "WithdrawExchange",
		"CompleteReturn", "CompleteExchange":
		return someItems
	}
	return someAmount
}

// orderLevel tells whether an event may be addressed to the order as a whole, which means every section in which it is
// legal: the delivery steps with their holds, requests, rejections and withdrawals, as the contract lists them and no
// others. An approval or a completion must name a section or items, so that it hits one homogeneous unit.
func orderLevel(event string) bool {
	for _, start := range []string{"Request", "Reject", "Withdraw"} {
		if strings.HasPrefix(event, start) {
			return true
		}
	}
	switch event {
	case "InstructDelivery", "InstructRelease", "RegisterStockout", "ReleaseStockout", "CompleteRelease", "CompleteDelivery",
		"ConfirmPurchase", "CancelNow":
		return true
	}
	return false
}

// switchedOnByDefault are the policy events that a host gets without asking. CancelNow is one of them for orders that
// nobody has paid.
var switchedOnByDefault = []string{"CourierReturn", "FailRecall", "FailRecallExchange"}

func TestGridHasTheDocumentsCounts(t *testing.T) {
	cells := readGrid()
	core, policy, policyEvents := 0, 0, map[string]bool{}
	for at, c := range cells {
		if !slices.Contains(gridEvents, at.event) || !slices.Contains(gridStates, at.state) {
			t.Errorf("the grid names %v, which does not exist", at)
		}
		if c.policy {
			policy++
			policyEvents[at.event] = true
		} else {
			core++
		}
	}
	if core != 41 || policy != 14 {
		t.Errorf("core %d, policy %d; want 41 and 14", core, policy)
	}
	if len(gridStates) != 16 || len(gridEvents) != 39 || len(policyEvents) != 10 {
		t.Errorf("%d states, %d events, %d policy events; want 16, 39, 10", len(gridStates), len(gridEvents), len(policyEvents))
	}
	for _, event := range gridEvents {
		if !slices.ContainsFunc(gridStates, func(s string) bool { _, ok := cells[square{s, event}]; return ok }) {
			t.Errorf("%s starts nowhere", event)
		}
	}
}

func TestGridDeadEnds(t *testing.T) {
	cells := readGrid()
	var dead []string
	for _, state := range gridStates {
		if !slices.ContainsFunc(gridEvents, func(e string) bool { _, ok := cells[square{state, e}]; return ok }) {
			dead = append(dead, state)
		}
	}
	if want := []string{"CANCELLED", "RETURNED", "EXCHANGED"}; !slices.Equal(dead, want) {
		t.Errorf("dead ends %v, want %v", dead, want)
	}
}
