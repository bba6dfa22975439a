package subscription_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// crashing is a registry whose process dies at the n-th write from now on: it and every later one fail.
type crashing struct {
	subscription.Registry
	left int
}

var errDied = errors.New("the process died")

func (r *crashing) died() bool {
	if r.left > 0 {
		r.left--
	}
	return r.left == 0
}

func (r *crashing) Put(ctx context.Context, e subscription.Entry) (int64, error) {
	if r.died() {
		return 0, errDied
	}
	return r.Registry.Put(ctx, e)
}

func (r *crashing) SetEndpoint(ctx context.Context, carrier, id string) error {
	if r.died() {
		return errDied
	}
	return r.Registry.SetEndpoint(ctx, carrier, id)
}

// Whatever is wanted and released, lost, crashed and restarted in between: no parcel is paid for twice, nothing is cancelled that
// a call of ours did not surely make, and once the trouble is over, what is wanted is registered.
func TestManagerThroughRandomTrouble(t *testing.T) {
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t)
		paying, short := newPaying(w), newShortLived(w)
		troubled := true
		paying.fault = func() string {
			if !troubled {
				return ""
			}
			return []string{"", "", "before", "after"}[random.IntN(4)]
		}
		short.err = func(string) error {
			if troubled && random.IntN(3) == 0 {
				return &tracking.Error{Carrier: "short", Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
			}
			return nil
		}
		registry := &crashing{Registry: w.registry, left: -1}
		start := func() *subscription.Manager {
			provider := paying.provider()
			provider.CancelReleased = true
			m, err := subscription.NewManager(subscription.Config{
				Providers: []subscription.Provider{provider, short.provider()}, Registry: registry,
				Now: func() time.Time { return w.now },
			})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		m := start()
		paying.held["foreign"] = "req-foreign"
		wanted := map[string]bool{}
		ended := map[string]bool{}
		for range 60 {
			number := fmt.Sprintf("55000000000%d", random.IntN(6))
			q := tracking.Query{Courier: "cj", Number: number}
			var err error
			switch random.IntN(8) {
			case 0, 1, 2:
				if err = errors.Join(m.Want(t.Context(), "paying", parcel(number)), m.Want(t.Context(), "short", parcel(number))); err == nil {
					wanted[number] = true
				}
			case 3:
				delete(wanted, number)
				err = errors.Join(m.Release(t.Context(), "paying", q), m.Release(t.Context(), "short", q))
			case 4:
				registry.left = 1 + random.IntN(4)
			case 5:
				if handle := paying.held[number]; handle != "" {
					if err = m.Ended(t.Context(), "paying", webhook.Ended{Handle: handle, Reason: webhook.EndDelivered}); err == nil {
						ended[number] = true
					}
				}
			default:
				err = m.Pass(t.Context())
			}
			if errors.Is(err, errDied) || registry.left == 0 {
				registry.left = -1
				m = start()
			}
			w.now = w.now.Add(time.Duration(random.IntN(90)) * time.Minute)
		}
		troubled, registry.left = false, -1
		m = start()
		for range 8 {
			if err := m.Pass(t.Context()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			w.now = w.now.Add(70 * time.Minute)
		}
		if len(paying.endpoints) != 1 {
			t.Errorf("seed %d: %d endpoints", seed, len(paying.endpoints))
		}
		for number := range wanted {
			if !short.until[number].After(w.now) {
				t.Errorf("seed %d: %s is wanted and not registered: %s", seed, number, w.entry("short", number).State)
			}
			if !ended[number] && paying.held[number] == "" {
				t.Errorf("seed %d: %s is wanted and not registered: %s, %s", seed, number, w.entry("paying", number).State, w.entry("paying", number).Why)
			}
		}
		for number, paid := range paying.paid {
			if paid > 1+paying.cancelled[number] && !ended[number] {
				t.Errorf("seed %d: %s was paid %d times and cancelled %d times", seed, number, paid, paying.cancelled[number])
			}
		}
		if paying.held["foreign"] != "req-foreign" {
			t.Errorf("seed %d: cancelled what it did not create", seed)
		}
	}
}
