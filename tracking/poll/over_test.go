package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A slow store is still looking when Run is to end, and gives the error of the context then, as a database does.
type slow struct {
	*poll.MemoryStore
	claim bool // and is quick to tell what is due
}

func (s slow) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	if s.claim {
		return s.MemoryStore.NextDue(ctx, carrier)
	}
	<-ctx.Done()
	return time.Time{}, ctx.Err()
}

func (s slow) Claim(ctx context.Context, _ poll.ClaimRequest) ([]poll.Watch, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestEndOfRunIsNoFaultOfTheStore: nobody is woken at night because a process was shut down in the middle of a look.
func TestEndOfRunIsNoFaultOfTheStore(t *testing.T) {
	for _, claim := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := slow{poll.NewMemoryStore(), claim}
			config := poll.Config{Store: store, Carriers: []tracking.Carrier{&scripted{name: "toy"}}}
			config.Hooks.StoreFailed = func(op string, err error) { t.Errorf("%s: %v", op, err) }
			engine, err := poll.New(config)
			if err != nil {
				t.Fatal(err)
			}
			id := poll.WatchID{Shipment: poll.ShipmentID{Courier: "cj", Number: "680123456782"}, Carrier: "toy"}
			if _, err := engine.Open(t.Context(), poll.Watch{ID: id}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if err := engine.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
