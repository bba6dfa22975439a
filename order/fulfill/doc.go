// Package fulfill is the road between parcels and orders: what carriers say of a parcel moves the sections that travel with
// it, and what follows in the warehouse is done once.
//
//	engine, err := fulfill.New(fulfill.Config{
//		Store:    store,
//		Carriers: []tracking.Carrier{carrier},
//		Actions: fulfill.Actions{
//			ConfirmInventory:    inventory.Deduct,
//			NotifyCustomer:      messages.Send,
//			CreateReturnInbound: inbound.Open,
//			AlertOperations:     pager.Page,
//		},
//	})
//	if err != nil {
//		return err // every fault of the configuration at once
//	}
//	office, err := order.NewBackOffice(order.BackOfficeConfig{Orders: engine.Orders()})
//	…
//	err = engine.Run(ctx) // polls, works the inbox, delivers actions
//
// # The road
//
// A waybill that a section comes to carry is linked to a [Shipment] and watched, in the transaction that saves the order, as
// long as the order was saved through [Engine.Orders] or [Engine.Execute]. From then on each answer of a carrier and each push
// takes one way, and one transaction holds all of it: the evidence, the state that is derived from all evidence, the orders
// that it moves, the actions that follow, and when to ask next. An answer with nothing new loads no order.
//
// A fact becomes a command of the role tracker. Its id is made of the shipment, its status and what it is meant for, so that
// the same fact does nothing twice, however often and by whomever it is told. What is refused does not fit the order as it is,
// and is nothing. After every change of an order how its parcels stand is applied again: a parcel that was delivered before
// the evening's sheet completes its section when the sheet comes.
//
// # What a parcel does to a section
//
//	section is                          moving             DELIVERED          FAILED, HOLD       RETURNED             CANCELLED, lost
//	ORDERED … RELEASE_INSTRUCTED, held  scanned, marked    scanned, marked    marked             marked               marked
//	RELEASED                            –                  CompleteDelivery   marked, alert      CourierReturn        marked, alert
//	DELIVERED                           –                  –                  –                  CourierReturn, undo  noted
//	PURCHASE_CONFIRMED                  –                  –                  –                  marked, alert        noted
//	CANCEL_REQUESTED                    scanned, alert     scanned, alert     marked             marked               –
//	CANCELLED                           marked, alert      marked, alert      –                  –                    –
//	under a return or exchange          –                  prior: DELIVERED   –                  ConfirmRecall        alert
//	RETURNED, EXCHANGED                 –                  –                  –                  –                    –
//
// That is the way out. A recall's waybill confirms the recall when it moves and opens the return inbound, alerts when it has
// arrived, and fails the recall when the attempt fails or is cancelled; one that sends goods to the buyer again is only
// evidence. What is marked carries an exception with one of this package's codes, raised once for each cause, and lifted when
// the parcel goes on; what the host marked itself is left alone. PENDING, REGISTERED, PICKUP_READY and UNKNOWN move nothing.
//
// # What is done
//
// Once something has left under a waybill, its parcel causes what package statusmap ties to its status: a notice on the van,
// the stock confirmed and a notice when delivered, a return inbound and an alert when it comes back, an alert for FAILED,
// HOLD, CANCELLED and UNKNOWN. Each is caused once for a shipment, a status and an epoch, and is about everything that left
// under the waybill, whatever claims its sections have since; goods that leave later, such as those of a second order in the
// same box, get one of their own.
//
// When what an action rests on is not believed any more – a return after a delivery, a return that is called off, a correction
// – the epoch rises: what was done, or may have been, is taken back under its key and "/undo", and what nobody tried is
// withdrawn.
//
// # What waits
//
// A return that only the shape of the route tells of marks the section and alerts; nothing else happens until a second carrier
// tells of it, somebody calls [Engine.Confirm], or the goods are counted. With [Quorum] a delivery and a return move stock
// once a second carrier bears them out. It is asked at once, and again after 1, 2, 4 and up to 12 hours, eight times in all;
// when it says otherwise, or has nothing to say in the end, somebody is alerted. Sections move and buyers are told without
// waiting. Where no second carrier serves the courier, the first one's word is all there is, and counts.
//
// # What a person knows better
//
// [Engine.Correct] pins how a parcel stands: what happened before decides nothing any more, whoever reports it, and what
// happens after it counts again. A delivery that an admin takes back ([order.RevertDelivery]) is such a correction.
//
// # Numbers
//
// A number is used again one day. An order that gets one whose parcel has ended, or was silent for 30 days, begins the next
// generation of the shipment, with evidence, watch and actions of its own; before that it shares the parcel (합포장). Scans of a
// later use that come in for an earlier one withdraw nothing.
//
// # What is promised
//
// Evidence, order, actions and the next time to ask commit together or not at all. An action is done at least once for its
// key, and once unless a crash or its own error cut the call. Several engines may share a store.
package fulfill
