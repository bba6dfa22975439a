// Package poll keeps asking carriers where parcels are: as often as is worth it, as long as it matters, and never for ever.
//
//	engine, err := poll.New(poll.Config{Store: poll.NewMemoryStore(), Carriers: []tracking.Carrier{carrier}})
//	if err != nil {
//		return err // every fault of the configuration at once
//	}
//	_, err = engine.Open(ctx, poll.Watch{ID: poll.WatchID{
//		Shipment: poll.ShipmentID{Courier: courier.CJ, Number: "5500-0000-1234"}, Carrier: carrier.Name(),
//	}})
//	…
//	err = engine.Run(ctx) // asks until ctx ends
//
// # Words
//
// A [Watch] is the decision to keep asking one carrier about one shipment. A shipment is one use of a waybill number (운송장번호):
// numbers are used again, and each use is a generation of its own. A [Store] keeps watches and the evidence of their
// shipments; a [Policy] says when to ask next, [Lifetimes] when to stop; the [Engine] does both.
//
// # The life of a watch
//
//	from              what happens                                            to
//	–                 Open                                                    active, due at once
//	active            an answer, a push, a failure                            active, due when the policy says
//	active            DELIVERED for 72 hours and 2 more answers               closed, delivered
//	active            CANCELLED                                               closed, cancelled
//	active            RETURNED, lost: 14 days without news                    closed, returned or lost
//	active            no data, 14 days from the label (Since)                 closed, not-found
//	active            nothing new for 30 days                                 closed, silence
//	active            60 days since it was opened                             closed, age
//	active            wrong number, unknown courier, senseless request        paused, invalid
//	active            this parcel is refused, others are not                  paused, credentials
//	active, paused    Close, Pause                                            closed or paused, host
//	active            a second opinion was given                              closed, host
//	active            another carrier takes over (Fallback)                   closed, moved; active there
//	closed            a push with news, or a hint; not after host, moved      active
//	paused, closed    Reopen                                                  active, due at once
//
// Closing says that nobody looks any more, and nothing of the parcel: its status stays as it was. Each end has a reason, and
// is told once to Hooks.Ended unless it is the host's own.
//
// # What is promised
//
// What an answer says, the watch's next time and its end are written in one transaction of the store. A process that dies
// between the ask and that transaction costs one ask: the lease ends, the question is asked again, and evidence that is
// known is not added twice. Two engines on one store do not ask about one watch at a time, as long as a call is
// shorter than the lease. Answers that say the same change nothing but the next time.
//
// One failing parcel delays itself; it is asked more and more slowly, counted, and found with [Filter].Failing. What
// concerns the whole account stops the carrier instead, is told once to Hooks.Alert, and is not held against the parcels.
//
// Every watch knows why it is due when it is: [Watch].Why, which is data, with words for it in English and Korean.
//
// # When it asks
//
// An engine without another policy has an [Adaptive]: parcels under way are asked about when news is likely and worth something,
// against what an ask costs ([Price]). It can be taught by what became of earlier parcels ([Learning]), and what it learned is kept by a
// store that is a [Keeper]. [Table] and [Fixed] are there for who wants intervals. Where calls are what costs, their free places go to
// watches that are nearly due ([Plan].Early).
//
// # What it costs
//
// A [Budget] limits how many watches a carrier is asked about on a Korean day and in a month, over restarts and over all
// processes on one store ([Meter]). Units are reserved before the call and given back if nobody charges for it; who dies in
// between costs units and never exceeds the limit. When it is reached the carrier stops until midnight, or the first, in Korea;
// watches stay due, and Hooks.Alert is told once. What was used is counted by day and month: [Usage]. An [Adaptive] policy asks the less,
// the sooner a budget would end, so that it lasts ([CarrierStats].Multiplier).
//
// A number's own limit of a day is the policy's ([Capped]). When prices change nothing is rewritten: a [Rejudging] policy judges
// each watch again when it is due. Another carrier is asked only where a [Fallback] says so, and then instead of the first, not beside it.
//
// # Pushes
//
// What a provider tells by itself goes to [Engine.Observe]. [Hints] learns how far it can be relied on, and the adaptive policy asks the
// less for it.
//
// # Where to go next
//
// [NewMemoryStore] keeps everything in memory; package polltest has the suite that stores of other kinds pass.
package poll
