// Package webhook is how providers reach you: it proves a push, writes it down, answers as that provider expects, and
// works it afterwards.
//
// A [Handler] is mounted in the host's own server. It verifies, stores in an [Inbox] and answers; nothing else happens
// while the provider waits. A [Worker] takes what was stored, decodes it and hands [tracking.Observation] values on,
// with retries, dead letters and replay. What was answered as accepted is delivered at least once, and takes effect
// once for a host that keys its effects by [Delivery.Key].
//
// What is particular to a provider is a [Source]: the adapters have one each, and a host can add its own, for which
// the usual schemes of signing stand ready as data ([Scheme]). A source reports what exactly was authenticated – body,
// time, identity, or only that the sender knows an address – and a [Policy] decides what that is good for.
package webhook
