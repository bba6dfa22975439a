package deliveryapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// A Carrier looks after its endpoint and tells what it holds, for a subscription.Manager.
var (
	_ subscription.EndpointKeeper = (*Carrier)(nil)
	_ subscription.Follower       = (*Carrier)(nil)
)

// FindEndpoint is in subscription.EndpointKeeper. Of several endpoints with one address it gives one that is active, if any is.
func (c *Carrier) FindEndpoint(ctx context.Context, address string) (string, error) {
	endpoints, err := c.Endpoints(ctx)
	if err != nil {
		return "", err
	}
	found := ""
	for _, e := range endpoints {
		if e.URL == address && (found == "" || e.Active) {
			found = e.ID
		}
	}
	return found, nil
}

// MakeEndpoint is in subscription.EndpointKeeper; see [Carrier.CreateEndpoint].
func (c *Carrier) MakeEndpoint(ctx context.Context, address, secret string) (string, error) {
	e, err := c.CreateEndpoint(ctx, NewEndpoint{URL: address, Secret: Secret(secret)})
	return e.ID, err
}

// CheckEndpoint is in subscription.EndpointKeeper; see [Carrier.EndpointHealth].
func (c *Carrier) CheckEndpoint(ctx context.Context, id string) error {
	health, err := c.EndpointHealth(ctx, id)
	if err != nil {
		return err
	}
	switch health[id] {
	case EndpointMissing:
		return fmt.Errorf("deliveryapi: %w", subscription.ErrEndpointMissing)
	case EndpointDown:
		return fmt.Errorf("deliveryapi: %w", subscription.ErrEndpointDown)
	case EndpointDegraded:
		return fmt.Errorf("deliveryapi: %w", subscription.ErrEndpointFailing)
	}
	return nil
}

// Follow is in subscription.Follower, by [Carrier.Results]: it costs nothing (reported).
func (c *Carrier) Follow(ctx context.Context, qs []tracking.Query) ([]subscription.Followed, error) {
	tracked, err := c.Results(ctx, qs)
	if err != nil {
		return nil, err
	}
	followed := make([]subscription.Followed, len(tracked))
	for i, t := range tracked {
		followed[i] = subscription.Followed{Handle: t.RequestID, Parcel: t.Parcel}
		if t.RequestID == "" && !errors.Is(t.Err, tracking.ErrNotFound) {
			followed[i].Err = t.Err
		}
	}
	return followed, nil
}
