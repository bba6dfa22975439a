// Package trackerdelivery asks tracker.delivery (딜리버리트래커) about parcels: the managed service, or the open-source
// server that a host runs itself. Both speak one GraphQL interface, V2.
//
//	carrier := trackerdelivery.New(trackerdelivery.Config{ClientID: id, ClientSecret: secret}) // managed
//	carrier := trackerdelivery.New(trackerdelivery.Config{BaseURL: "http://127.0.0.1:4000/"})  // self-hosted
//	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{carrier}})
//
// The provider's word "carrier" is our courier. Here "carrier" is a [tracking.Carrier], which [Carrier] is, and
// [V1] for the provider's old REST interface.
//
// # Two servers
//
//	                     managed                       self-hosted
//	credentials          required                      none; never sent any
//	several parcels      one call each; documents of   documents of 10, one courier each
//	in a document        aliases are an option
//	callbacks, links     yes                           ErrUnsupported, nothing sent
//	test courier         yes, see [DummyNumber]        no
//	errors               say what happened             hide it, see below
//	names of couriers    told                          from our table
//	default pace         5 calls a second, burst 2     4 documents in flight, no rate
//
// Which one it is follows from the configuration, see [Config], and is never probed.
//
// # Status
//
// The service's own summary, lastEvent, is the newest DELIVERED of the list, or else the last row (documented). It becomes the
// [tracking.Verdict], as of its time; the rows become events in the order of the answer, oldest first. Status codes
// are looked up in package statusmap together with the courier's words, for the nine codes know no return and no
// cancellation. A parcel without rows is REGISTERED: the courier knows it and has seen nothing.
//
// Times keep the offset they come with. Three couriers are known to give less than a time: Lotte's 23:59:59 stands for a
// day without a clock, Yongma gives days only, and the zone of EMS times is not known ([tracking.Event].Assumed).
//
// # Errors
//
// GraphQL reports failures with HTTP 200, so the errors of the answer decide, and then the status. The rows, first match first:
//
//	UNAUTHENTICATED, HTTP 401                   ErrCredentials, after one try with a fresh key or token
//	FORBIDDEN or 403 naming a rate limit, 429   ErrRateLimited; the credential waits, at least a second
//	FORBIDDEN, HTTP 403                         ErrForbidden
//	NOT_FOUND "Carrier not found"               ErrUnsupportedCourier
//	NOT_FOUND                                   ErrNotFound
//	BAD_REQUEST at one parcel                   ErrInvalidNumber; of Homepick ErrNotFound
//	BAD_REQUEST, other HTTP 4xx                 ErrInvalidRequest
//	INTERNAL at one parcel, self-hosted         masked, see below
//	INTERNAL, other codes, no code              ErrUpstream
//	no GraphQL: 408, 5xx, 2xx                   ErrUpstream, repeated
//	no GraphQL: 4xx with a web page or nothing  ErrUpstream, repeated
//	no GraphQL: 3xx, other 4xx                  ErrProtocol: the address is wrong
//	neither data nor errors                     ErrProtocol
//
// A failed part of a parcel (a path below it) leaves the rest, marked Partial. One odd row or parcel never harms another.
//
// A self-hosted server answers not found, malformed number, unknown courier and a courier's site that is down with the same
// bytes (observed). The package tells apart what can be: a courier that is not in the server's own list is
// ErrUnsupportedCourier, a number that the server's own check refuses is ErrInvalidNumber. The rest is ErrUpstream with
// Masked set, "no data or courier trouble, cannot tell"; a self-hosted server never gives ErrNotFound of a parcel that it hides so.
//
// # Callbacks
//
// [Carrier.Subscribe] registers an address, [Webhook] receives what is sent there, for a handler of package webhook.
// A callback names a parcel and nothing more, and nobody signs it, so that it is a hint to ask: see [WebhookSource], and
// [WebhookConfig.Callbacks] for the addresses. A registration that ran out is silent; keep a slow poll beside them.
//
// # Privacy
//
// Names and phones of sender, recipient and driver are not even asked for, unless [Config.KeepRaw] is set. Descriptions
// are scrubbed. Secrets, tokens and callback addresses appear in no error, log or printed value.
//
// # Cost
//
// A number counts once a month at the managed service, however often it is asked for (documented); pages of history,
// registrations and each alias are taken to count as calls. There is no query for what is left: [Carrier.Usage] counts
// this month's numbers, [Carrier.Requests] the calls.
//
// # What is ours and what is known
//
// Comments say "documented" for what the provider states, "observed" for what a running open-source server did, "reported"
// for what integrators say, and "ours" for decisions. Where the provider is silent there is an option with a cautious default.
package trackerdelivery
