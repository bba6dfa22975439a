package webhook

import "github.com/waybill-dev/waybill/tracking"

// A Policy decides what a push is good for, given what of it was authenticated. Nil is [Apply] for all. A handler refuses
// on its own account what proves nothing, and asks nobody about pings, of which nothing is kept.
type Policy func(source string, proof tracking.Proof) Trust

// Trust is what a push is good for.
type Trust uint8

// The grades. A source whose bodies only name a parcel gives hints under every policy.
const (
	Apply  Trust = iota // facts are facts
	Ask                 // facts are taken as hints: the provider is asked before anything changes
	Refuse              // it is refused like a push that is not authenticated
)

// AskUnlessSigned trusts only pushes whose body was authenticated, and asks about the others.
func AskUnlessSigned(_ string, proof tracking.Proof) Trust {
	if proof&tracking.ProofBody == 0 {
		return Ask
	}
	return Apply
}
