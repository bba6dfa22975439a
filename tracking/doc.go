// Package tracking asks where parcels are, and gives one kind of answer whichever provider is asked.
//
//	client, err := tracking.NewClient(tracking.Config{
//		Carriers: []tracking.Carrier{
//			deliveryapi.New(deliveryapi.Config{APIKey: key, SecretKey: secret}),
//			sweettracker.New(sweettracker.Config{Key: sweetKey}), // asked when the first is down
//		},
//	})
//	if err != nil {
//		return err // every fault of the configuration at once
//	}
//	parcel, err := client.Track(ctx, tracking.Query{Courier: courier.CJ, Number: "5500-0000-1234"})
//	switch {
//	case errors.Is(err, tracking.ErrNotFound): // nothing to show yet
//	case err != nil:
//		return err
//	default:
//		fmt.Println(parcel.Status, parcel.Window) // OUT_FOR_DELIVERY 16:00–18:00
//	}
//
// # Words
//
// A carrier is a source of tracking data: SweetTracker, tracker.delivery, deliveryapi, or one of your own. A courier is
// the company with the vans (택배사): CJ대한통운, 한진, 롯데. A parcel is what a carrier says of one waybill (운송장) at
// one courier; an event is one scan as the courier told it; a verdict is the carrier's own summary. The status is derived from
// events and verdicts by [Derive], a pure function whose rules stand in its comment.
//
// # What is promised
//
// Truth: a status never moves backwards by accident. Late, repeated, reordered or reused scans decide nothing that
// better evidence settled; "no data" is [ErrNotFound] and never a status; a courier's word without a mapping is
// [StatusUnknown] with its text kept, and replaces nothing. What contradicts itself is listed in [Parcel.Doubts].
//
// Time: every time carries a zone. Korean wall-clock times get +09:00 where they enter. A scan without a clock time
// never gets an invented one; [Event.Precision] says what the courier gave.
//
// Errors: every failure is an [*Error] around one sentinel, and says whether it was billed, whether to try again and
// when. Ask with errors.Is and errors.As, never by text.
//
// Privacy: a parcel names no sender, recipient or driver; phone numbers and names in free text are masked before
// anything here sees them, unless a carrier is told to keep the raw form. Errors and logs show the last four digits of a number at most.
//
// Money: one call per batch, equal queries in flight asked once, and a count of what was asked and billed in [Client.Spent].
//
// Concurrency: clients and carriers are safe for concurrent use. What a call starts ends with it.
//
// # Where to go next
//
// [Carrier] is the one interface to implement for a source of your own; package trackingtest is the suite that it
// should pass, and package transport makes its HTTP calls well-behaved. Package carriers/courier knows the couriers and the
// form of their numbers, package statusmap what providers' words mean, and package carriers/sandbox is a parcel world to try all this on without
// credentials.
package tracking
