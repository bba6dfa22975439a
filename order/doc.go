// Package order holds what a warehouse promised: an order, divided into sections that each have one status, and the
// claims that take things back. Its rules are pure. A command goes in, events or a refusal come out, and no order is
// ever changed: every function gives a new one.
//
//	next, events, err := order.Handle(current, order.Command{
//		ID: "scan-20261121-17", Event: order.CompleteRelease, Section: "S1",
//		Items:   []order.ItemQuantity{{Item: "I1", Quantity: 1}, {Item: "I2", Quantity: 2}}, // the rest stays behind in S1
//		Waybill: &order.Waybill{Courier: courier.CJ, Number: "680123456782"},
//		Actor:   order.Operator("kim"),
//	})
//	var refused *order.Refused
//	if errors.As(err, &refused) {
//		fmt.Println(refused.Reason, refused.Allowed) // open cancel claim C7 [ApproveCancel RejectCancel WithdrawCancel]
//	}
//
// # Words
//
// An order (주문) has lines, which were ordered and never change, and sections (섹션), which divide the lines among
// themselves. A section has the status; an item in it is a quantity of one line and has none. When part of a section is
// to have another status it becomes a section of its own: the part gets the new id, the rest keeps everything. A claim
// (클레임) is a cancel, a return or an exchange of one section. While it is open the section remembers in Prior where
// it goes back to if the claim is refused or withdrawn.
//
// The status of the whole order is computed ([Summarize]) and stored nowhere.
//
// # Events
//
// 39 status events move sections, as one table says; 10 of them are behind switches of [Policy]. 13 record events change
// everything else. [Machine.Decide] judges a command in this order: is it complete, was it accepted before, has the
// order the expected version, is there such a target, has it the expected status, does the table allow the event from
// there and with that claim, does the policy have it, may the role, may the event be about part of a section, and do the
// guards hold. A refusal changes nothing and lists what the section does accept; the same list draws a screen's buttons
// ([Machine.Allowed]).
//
// An accepted command is written into the history whole, with the ids it gave, so that [Replay] gives the same order,
// byte for byte. [Apply] judges nothing: what was accepted stays accepted when a policy changes.
//
// # Once, and in turn
//
// A command id works once for each order. The same command again gives the stored events, and another command under the
// id is refused. Every accepted command raises the version by one, however many sections it moves and records it brings
// along; facts that change no status, such as a scan, do not raise it. A store that writes an order only if the version
// is still the one it read lets exactly one of two rivals win: shipping against a cancel request, for instance.
//
// # Facts about parcels
//
// A tracker need not know sections. A command of the role tracker with a waybill and without a section is a fact about
// every section that carries the waybill; where it fits it moves the section, under a claim DELIVERED moves the prior
// status, and everywhere else it is ignored: late, repeated and reordered facts are never an error and never move
// anything backwards. A fact about a waybill that was replaced concerns nobody.
//
// # What follows
//
// Events carry [Action] values: call lists, messages, restock, refunds, recalls to be cancelled. They are data for the
// host's outbox. Their key is order, command and action, so that each happens once.
//
// # Decisions that the table leaves open
//
//   - A replacement found missing after the goods came back: [ReplacementCancelled] with Convert cancels what has not
//     left and makes the exchange a return where it stands, in RECALL_COMPLETED. It is a record event, so that
//     [ConvertToReturn] keeps its single starting point. Without Convert the replacement alone is cancelled, and another
//     may be sent.
//   - Two record events end a section: ReplacementCancelled (CANCELLED) and [WrittenOff] (RETURNED with everything
//     missing; CANCELLED where a cancel was asked for a parcel that had left). Both raise the version.
//   - A refused, withdrawn or converted exchange cancels its unreleased replacement, as far as nothing stands behind it
//     any more: a replacement of two keeps one if the exchange goes on for one.
//   - A replacement can be claimed like what it replaces. Cancelled or lost it stands for nothing, and another may be sent;
//     returned or exchanged in its turn it counts as arrived, for its own claim settles it. An item whose exchange was
//     refused and is asked for again has no share in what was sent the first time.
//   - A freebie (사은품) follows the part that its parent goes in, in every event that cuts a section; [Line.FreebieOf] has the
//     arithmetic. An exchange takes it along, asks for no option of it and does not wait for another.
//   - An answer may lift the hold (보류) in its way ([Command.ReleaseHold]); what is answered in part leaves the rest on hold.
//     Buttons do not offer it: [Allowed] judges a held claim as held.
//   - CancelForStockout has the one reason [ReasonStockout], whatever is said beside it.
//   - "Goods in hand" is RECALL_COMPLETED with units that came; before it a send-back waybill is taken but not asked for.
//   - [ClaimHeld] of a section without an open claim holds the section itself (배송보류) and blocks InstructDelivery.
//   - A part that leaves a section takes a copy of its waybill along, for both were in one parcel; but a released part
//     takes the waybill with it, and a short part leaves it behind.
//   - An admin does the two corrections and nothing else; somebody at work gives commands as an operator.
//
// # Personal data
//
// Recipients mask themselves in fmt, slog and encoding/json; package privacy says how a permitted reader gets at them.
// Actors, reasons, memos of claims and metadata are kept and shown as they are: no names belong there.
//
// All functions are safe for concurrent use, and an [Order] may be read by many goroutines: treat it as read-only.
package order
