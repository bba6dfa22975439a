// Package deliveryapi asks deliveryapi.co.kr about parcels, and takes in what it pushes: tracking in batches, couriers, usage,
// webhook endpoints, subscriptions and webhooks.
//
//	carrier := deliveryapi.New(deliveryapi.Config{APIKey: key, SecretKey: secret})
//	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{carrier}})
//
// [New] never fails; what is wrong with a configuration is told by [Carrier.Validate], all of it at once, and by every
// call. A Carrier is safe for concurrent use and starts no goroutine.
//
// Facts below are marked as in the rest of the module: documented by the provider (its pages and its official SDK), reported by
// integrators, or our decision. Nothing was tried against the live service.
//
// # Tracking
//
// [Carrier.Query] asks about up to [Config.Batch] parcels in one call and more in several, one after the other. One
// bad parcel harms itself only (documented). What can be known to be wrong without a call – an impossible number, a courier
// this provider does not serve – is answered without one, and the rest still goes out. The same parcel asked for twice is
// sent, and billed, once.
//
// A parcel of the provider is a list of scans and a summary. Scans come in either order and are brought into
// one, oldest first; the summary becomes the parcel's one [tracking.Verdict]. The provider has our twelve statuses and a flag
// isDelivered. A flag that goes beyond a status on the way makes it DELIVERED; a flag beside FAILED, HOLD, RETURNED or CANCELLED
// does not, and is noted as [tracking.DoubtDeliveredFlag] (our decision: stock must not hang on a contradiction). RETURNED
// is taken as on its way back, because the provider does not say which it is.
//
// Times are Korean wall-clock text (reported) and get +09:00. The couriers with a dotted code, such as cn.sf, may mean
// another zone; their times are marked as assumed. Names, addresses and phone numbers of people are not even read;
// free text is scrubbed of them.
//
// # Money
//
// A unit is one parcel that was answered, or not found (documented); other failures are free. [tracking.Result.Billed] says it per
// parcel, [Carrier.Billed] in total, as the provider counts. Registering a subscription costs one unit per parcel and its
// pushes nothing (reported).
//
// # Too fast, or too much
//
// The provider has one code for throttling and for a plan that is used up. An answer with Retry-After is
// tracking.ErrRateLimited. Without one, the usage is asked for, once a minute at most: nothing remaining makes it
// tracking.ErrQuotaExhausted, with the time of the reset where the provider gives one; where it does not, ask
// [Carrier.Quota] again hourly.
//
// # Webhooks
//
// [Carrier.CreateEndpoint] and its siblings manage the addresses that the provider calls. [Carrier.Register] and
// [Carrier.Subscribe] ask for pushes to them; [Carrier.Subscriptions], [Carrier.Subscription], [Carrier.Results] and
// [Carrier.Cancel] look after what was asked. A subscription ends at delivery or after 14 days (documented) and has one id
// for all of its parcels: cancelling ends them together. A push is not delivered again (documented), so pushes stretch polling
// but do not replace it; Results is the cheap way to find what was missed.
//
// [Webhook] makes the receiving half, a source for package webhook. Pushes are signed, over the time of sending and the body
// (reported; the provider documents no signature). What a push tells of a parcel is the same evidence as an answer, and older
// forms of payload are understood. A push without tracking data says a status and no more; its scans come with the next poll.
package deliveryapi
