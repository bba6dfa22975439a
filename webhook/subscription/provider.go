package subscription

import (
	"context"
	"errors"
	"fmt"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// A Registrar is somebody to register with: a carrier, or the half of one that only registers. It is asked for the
// other abilities in this file by type, through tracking.Wrapper where it is a carrier.
type Registrar interface {
	Name() string
	tracking.Subscriber
}

// A Provider is whom to register with, and how to be reached.
type Provider struct {
	Carrier Registrar // required

	// Callback is where the provider calls. It is a secret where the provider signs nothing. Empty leaves it to what the
	// carrier was configured with. For a carrier that is an EndpointKeeper it is the address of the endpoint.
	Callback string
	// Secret is what an EndpointKeeper signs with; the receiving side must hold it before the manager starts.
	Secret webhook.Key
	// Endpoint is the id of an endpoint that exists already and is to be used. The manager then makes none.
	Endpoint string

	// RenewPaid renews registrations that cost again, too. Without it those run out, which is told, and the parcel
	// is left to polling.
	RenewPaid bool
	// CancelReleased cancels what is not wanted any more, where the carrier can and the registration was ours.
	// Without it, it runs out by itself.
	CancelReleased bool
}

// Format writes the carrier's name for every verb: Callback and Secret are secrets.
func (p Provider) Format(f fmt.State, _ rune) {
	name := "none"
	if p.Carrier != nil {
		name = p.Carrier.Name()
	}
	_, _ = fmt.Fprintf(f, "subscription provider %s", name)
}

// An EndpointKeeper is a carrier whose provider calls endpoints that have to be made first.
type EndpointKeeper interface {
	// FindEndpoint gives the id of the account's endpoint with that address, empty when there is none.
	FindEndpoint(ctx context.Context, address string) (id string, err error)
	// MakeEndpoint makes one that signs with secret.
	MakeEndpoint(ctx context.Context, address, secret string) (id string, err error)
	// CheckEndpoint is nil for an endpoint in order, and wraps ErrEndpointFailing, ErrEndpointDown or ErrEndpointMissing.
	CheckEndpoint(ctx context.Context, id string) error
}

// What CheckEndpoint finds.
var (
	ErrEndpointFailing = errors.New("subscription: the provider's last calls to the endpoint failed")
	ErrEndpointDown    = errors.New("subscription: the provider switched the endpoint off")
	ErrEndpointMissing = errors.New("subscription: the endpoint is not in the account")
)

// A Follower is a carrier that tells, without a charge, what it holds of registered parcels. With it the manager
// finds out what an interrupted call did, notices registrations that got lost, and makes up for pushes that were missed.
type Follower interface {
	// Follow gives one Followed per query, in order.
	Follow(ctx context.Context, qs []tracking.Query) ([]Followed, error)
}

// Followed is what a provider holds of a registered parcel.
type Followed struct {
	Handle string           // empty: it is not registered
	Parcel *tracking.Parcel // what the provider last saw; nil when it has nothing
	Err    error            // nothing is known about this one
}

// ability finds an optional ability of a registrar.
func ability[T any](r Registrar) (T, bool) {
	if found, ok := r.(T); ok {
		return found, true
	}
	if c, ok := r.(tracking.Carrier); ok {
		return tracking.Ability[T](c)
	}
	var none T
	return none, false
}
