// Package sandbox is a parcel world: a server that speaks the protocols of deliveryapi, SweetTracker (both products)
// and tracker.delivery (managed, self-hosted and the old REST interface) about the same parcels, on a clock of its
// own. Programs, tests and demonstrations use it in place of the providers: no account, no network, no bill.
//
//	world := sandbox.New(sandbox.Config{})
//	http.ListenAndServe("127.0.0.1:8787", world)
//
// or, without a socket and in fake time if need be:
//
//	carrier := deliveryapi.New(deliveryapi.Config{
//		BaseURL: world.URLs("").DeliveryAPI,
//		APIKey:  world.Demo().DeliveryAPIKey, SecretKey: world.Demo().DeliveryAPISecret,
//		Client:  world.Client(),
//	})
//
// # Parcels
//
// A [Parcel] is a script: what happens to it, what its courier writes about that, and when. A scan appears at every
// provider once it is published, in that provider's words, order and time format; nothing is ever told early. Anybody
// may [World.Add] parcels; every world that is not [Config.Empty] holds the magic numbers besides (see [Magic]): one per
// status, per row of the providers' error tables, per kind of misbehaviour, and six real Korean timelines retold, as
// ended and as coming. Numbers that nobody added are not found, unless the world has a [Population] that knows them: a
// [Crowd] is a warehouse's parcels of some days, generated, with their couriers' hours and holidays and what goes wrong.
//
// # Time
//
// The world lives by its [Clock], which can be set, stepped, stopped and run a thousand times faster: scans, rate limits,
// quotas, days, answers that are slow. Only the network's own time-outs run by the wall clock. Nothing runs by itself:
// what a world shows is computed from the script and the clock when somebody asks.
//
// # Pushes
//
// A [Pusher] delivers what registered hosts are to be told, as each provider does: signed where it signs, at its pace,
// repeated where it repeats. On command it lies ([Pusher.Lie]): drops, repeats, delays, reorders, forges, replays, tampers.
//
// # Faithfulness
//
// Answers have the documented shapes: members, errors, statuses, time formats, order of scans, what is billed. Where
// reports disagree or nothing is known, a comment at the place says that the choice is ours. Two things are
// exaggerated on purpose: drivers' names and numbers, senders and recipients are always there ([Canaries] lists them), so
// that a test can look for them where they must not appear; and a number can ask for any misbehaviour.
//
// # Truth
//
// The world knows what is true of a shipment, from the script and not by the SDK's own reasoning, as far as the
// sources have published it: [World.Truth], and /truth/{courier}/{number} in a JSON form that a
// program can write of what it believes, so that the two can be compared.
// [World.Requests] and /requests tell what was asked. /clock shows the time, and POST {"advance":"90m"} or
// {"now":"2026-09-28T09:00:00+09:00","speed":1000} changes it.
package sandbox
