// Package sweettracker asks SweetTracker (스윗트래커, 스마트택배) about parcels, registers parcels for its callbacks, and receives
// these.
//
// SweetTracker sells two products that share nothing but their courier codes. A shop has one or both:
//
//   - the on-demand API (조회 API): one question, one answer, a monthly plan. [New] makes a [Carrier] of it.
//   - the trace API (추적 API): a number is registered once, and every scan is pushed to a callback address, under a yearly
//     contract. [NewTrace] makes a [Trace] of it, [Webhook] receives what is pushed.
//
// A first program:
//
//	carrier := sweettracker.New(sweettracker.Config{Key: key})
//	results, err := carrier.Query(ctx, []tracking.Query{{Courier: courier.CJ, Number: "550000001234"}})
//
// Usually a tracking.Client holds the carrier and does the batching, the fail-over and the counting. [Join] makes one
// carrier of both products.
//
// # What an answer says
//
// The provider speaks in levels, 1 (배송준비중) to 6 (배송완료): one for every scan, and one for the parcel. The parcel's
// own, its summary, decides about delivery: any of complete, completeYN and level 6 is enough, and a level-6 scan
// that the summary does not bear out counts as out for delivery, with tracking.DoubtNoSummary. A number that the courier
// does not have yet is PENDING, which is an answer and not an error. There is no level for a return, a failed attempt, a
// loss or a cancellation: those come from words and from the shape of the route, and a parcel sent back may end as 6.
//
// Event.Code is the scan's level, Event.Text the courier's words (kind), Event.Place the branch. Times are Korean; where
// only a wall clock was sent, Event.Assumed says that the zone is ours. Names, phones and addresses are not decoded at all.
//
// # What an error says
//
// HTTP 200 is no success here: the body decides. The codes of the on-demand API (documented) are
//
//	101, 102          ErrCredentials     the key does not exist, or has expired; ends the batch
//	103               ErrQuotaExhausted  the plan is used up; ends the batch
//	104               ErrNotFound        wrong number or wrong courier, perhaps not known yet: nobody can tell which
//	105               ErrDailyCap        this number was asked for too often today; next Korean day
//	106, others       ErrUpstream        trouble at the courier or the provider
//
// Without a code the HTTP status decides: 401, and 403 with JSON, are ErrCredentials, 429 is ErrRateLimited, 3xx is
// ErrProtocol, 408 and 5xx are ErrUpstream, and so is a web page, an empty or a cut body under any other status. What is
// left is ErrProtocol.
//
// In a [tracking.Error], Code is the provider's code. Its text never holds a key, a callback address or a full number.
//
// # What it costs
//
// A plan allows so many numbers a month, and 10 (free plan) or 20 questions per number and day (reported). A Carrier
// counts the latter in memory and refuses the eleventh without sending it; see [Config]. Repeats count, so a
// question is repeated once at most. Requests are 100 ms apart unless [Config.Limiter] says otherwise.
//
// # Callbacks
//
// [Webhook] makes the receiving half of the trace API, for a handler of package webhook; see [WebhookSource] for what it believes
// and [WebhookConfig.Callback] for the address to register. A lost callback is silent, and whether the provider sends one
// again is not known: keep a slow poll, or an alarm on age, beside them.
//
// # What is kept secret
//
// Keys travel in request bodies, never in addresses, and redirects are not followed. The answer about the plan repeats the
// key and is never logged. Nothing of this package shows a secret when it is printed, with any verb, or written as
// JSON. Callbacks are not signed: the token in their address is the only proof, so registration insists on https and a
// token of 16 characters or more (22 where callbacks are received here). The trace API's own hosts are reported with plain http only; that has to be permitted, and
// is warned of.
//
// # Settings
//
// [ConfigFromEnv] and [TraceConfigFromEnv] read the environment, [ReadBackOffice] and [BackOfficeFromEnv] the property
// names that commerce back offices use.
package sweettracker
