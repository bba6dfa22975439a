// Package report computes the figures of a dashboard (배송 현황) over a period: what was shipped and where it stands, how long
// delivery takes, what is stuck, how soon deliveries are known, and what knowing them costs.
//
//	from, to := report.Days(now, 30)
//	r, err := report.Make(report.Input{From: from, To: to, Now: now, Shipments: ledger.Shipments(ctx), Usage: usage, Words: words})
//	if err != nil {
//		return err
//	}
//	r.WriteText(os.Stdout, report.Korean) // or give it to a page as JSON
//
// # One vocabulary
//
// Statuses are those of [tracking.Status], as they are stored, and no others. Each of the twelve is in exactly one [Bucket];
// [Bucket.Statuses] is what a screen filters by, so that a list and its count agree. UNKNOWN is a bucket of its own, to be
// looked at, and never counts as moving. A parcel that was delivered and then returned is returned. What fetches goods back
// (회수) or sends them again to the buyer is counted apart, and is never a delivery.
//
// # Which parcels a figure is about
//
//   - by ship date: shipped in the period, whatever became of them since. [Group.Shipped], [Group.Recalls], [Group.SendBacks],
//     [Group.FirstAttempt], [Group.Estimate], [Group.Unmapped].
//   - by delivery date: delivered in the period, whenever they were shipped. [Group.Delivered], [Group.ToDelivery],
//     [Group.Transit], and the parcels that a [Cost] is divided by.
//   - by the date of the fact: [Group.Delays].
//   - open now: shipped before the end of the period, however long ago, and not at an end. [Group.Open].
//
// Everything is as known now: the report of a month that is over changes when a parcel of that month is delivered late.
//
// # Averages and survivors
//
// Hours to delivery are known of delivered parcels alone, and the worst ones are not delivered. So there is no mean over
// the delivered of those shipped in the period, which would flatter most when things go wrong. Beside the hours of those
// delivered in the period stand the ages of those that are open; and [Group.Estimate] tells after how long half, and nine
// tenths, of all shipped are delivered, counting each open one for as long as it has been waited for. Quantiles are nearest
// ranks: values that a parcel really had. Every figure has beside it of how many parcels it is. What cannot be said, for want
// of parcels, is absent ([Figure]) and never 0.
//
// # Memory
//
// Shipments are read once and not kept; what stays of each is a few numbers of four bytes, one for each figure that it is in.
package report
