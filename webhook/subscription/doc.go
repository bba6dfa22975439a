// Package subscription keeps registered with providers what should be registered.
//
// Providers push only about parcels that they were told of, and forget: a registration at tracker.delivery lasts 48
// hours, one at deliveryapi 14 days, an endpoint that failed too often is switched off, and a host that was down for a
// day renewed nothing. A [Manager] holds what the host wants against what a [Registry] says was registered, and makes
// the calls that close the gap: register, renew, look up what an interrupted call did, adopt it, register again what got
// lost. What it cannot mend – a parcel that is refused, an endpoint that is down, a renewal that keeps failing, credentials
// that do not work – it tells through [Config.Alarm], and the host's polling goes on as if nobody pushed.
//
// It never cancels or deletes what it did not create itself, and repairs nothing that would cost a paid registration.
//
// One manager at a time may work a registry. Want and Release may be called from anywhere, in other processes too.
package subscription
