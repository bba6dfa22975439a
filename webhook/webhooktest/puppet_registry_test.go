package webhooktest_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook/subscription"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

// registryPuppet is a sound registry whose methods can be exchanged one by one.
type registryPuppet struct {
	get         func(ctx context.Context, id subscription.ID) (subscription.Entry, error)
	put         func(ctx context.Context, e subscription.Entry) (int64, error)
	due         func(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error)
	byHandle    func(ctx context.Context, carrier, handle string) ([]subscription.Entry, error)
	all         func(ctx context.Context, carrier string, state subscription.State) iter.Seq2[subscription.Entry, error]
	endpoint    func(ctx context.Context, carrier string) (string, error)
	setEndpoint func(ctx context.Context, carrier, endpoint string) error
	reopen      func()
}

func newRegistryPuppet() *registryPuppet {
	r := subscription.NewMemoryRegistry()
	return &registryPuppet{r.Get, r.Put, r.Due, r.ByHandle, r.All, r.Endpoint, r.SetEndpoint, func() {}}
}

func (p *registryPuppet) Get(ctx context.Context, id subscription.ID) (subscription.Entry, error) {
	return p.get(ctx, id)
}

func (p *registryPuppet) Put(ctx context.Context, e subscription.Entry) (int64, error) {
	return p.put(ctx, e)
}

func (p *registryPuppet) Due(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
	return p.due(ctx, carrier, now, limit)
}

func (p *registryPuppet) ByHandle(ctx context.Context, carrier, handle string) ([]subscription.Entry, error) {
	return p.byHandle(ctx, carrier, handle)
}

func (p *registryPuppet) All(ctx context.Context, carrier string, state subscription.State) iter.Seq2[subscription.Entry, error] {
	return p.all(ctx, carrier, state)
}

func (p *registryPuppet) Endpoint(ctx context.Context, carrier string) (string, error) {
	return p.endpoint(ctx, carrier)
}

func (p *registryPuppet) SetEndpoint(ctx context.Context, carrier, endpoint string) error {
	return p.setEndpoint(ctx, carrier, endpoint)
}

func registryHarness(spoil func(p *registryPuppet)) webhooktest.RegistryHarness {
	return webhooktest.RegistryHarness{
		New: func(*testing.T) subscription.Registry {
			p := newRegistryPuppet()
			spoil(p)
			return p
		},
		Reopen: func(_ *testing.T, r subscription.Registry) subscription.Registry {
			r.(*registryPuppet).reopen()
			return r
		},
	}
}
