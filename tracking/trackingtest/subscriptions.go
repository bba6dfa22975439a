package trackingtest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// subscriptionClauses are about asking a provider to push.
func subscriptionClauses() []clause {
	return []clause{
		{name: "one registration per subscription in their order", needs: needsSubscription, hold: holdRegistrations},
		{name: "subscribing again is no error", needs: needsSubscription, hold: holdSubscribedAgain},
		{name: "an ended context ends a subscription", needs: needsSubscription, hold: holdSubscribeEnded},
		{name: "a registration shows no callback", needs: needsSubscription, hold: holdCallbackHidden},
		{name: "a handle can be cancelled and may be gone", needs: needsSubscription, hold: holdCancel},
	}
}

func needsSubscription(h Harness) (string, bool) { return "Subscription", h.Subscription.Number != "" }

// subscribe asks for pushes, and skips where this account or server has none.
func subscribe(t *testing.T, c tracking.Carrier, subs ...tracking.Subscription) []tracking.Registration {
	t.Helper()
	registrations, err := able[tracking.Subscriber](t, c).Subscribe(t.Context(), subs)
	if !offered(t, err) {
		t.FailNow()
	}
	if len(registrations) != len(subs) {
		t.Fatalf("%d registrations for %d subscriptions", len(registrations), len(subs))
	}
	for i := range registrations {
		registrations[i].Err = solid(registrations[i].Err)
	}
	return registrations
}

// holdRegistrations subscribes to a parcel twice, with references of their own, and to nothing in between.
func holdRegistrations(t *testing.T, h Harness, c tracking.Carrier) {
	nothing, second := h.Subscription, h.Subscription
	nothing.Number, nothing.Ref = "", h.Subscription.Ref+"-b"
	second.Ref += "-c"
	subs := []tracking.Subscription{h.Subscription, nothing, second}
	given := slices.Clone(subs)
	registrations := subscribe(t, c, subs...)
	if !reflect.DeepEqual(subs, given) {
		t.Error("Subscribe changed the subscriptions that it was given")
	}
	for i, r := range registrations {
		if !reflect.DeepEqual(r.Subscription, given[i]) || r.Carrier != c.Name() {
			t.Errorf("registration %d is of %v by %q, want %v by %q", i, r.Subscription, r.Carrier, given[i], c.Name())
		}
		switch {
		case i == 1 && !errors.Is(r.Err, tracking.ErrInvalidNumber):
			t.Errorf("no number: got %v, want ErrInvalidNumber", r.Err)
		case i == 1:
			checkError(t, c, tracking.Query{Courier: r.Subscription.Courier}, r.Err)
		case r.Err != nil:
			t.Errorf("registration %d: %v; one bad item harms itself only", i, r.Err)
		case !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(time.Now()):
			t.Errorf("registration %d is over already, at %v", i, r.ExpiresAt)
		}
	}
}

func holdSubscribedAgain(t *testing.T, h Harness, c tracking.Carrier) {
	for range 2 {
		if r := subscribe(t, c, h.Subscription)[0]; r.Err != nil {
			t.Error(r.Err)
		}
	}
}

func holdSubscribeEnded(t *testing.T, h Harness, c tracking.Carrier) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	registrations, err := able[tracking.Subscriber](t, c).Subscribe(ctx, []tracking.Subscription{h.Subscription})
	if err == nil && len(registrations) == 1 {
		err = registrations[0].Err
	}
	checkEnded(t, solid(err), context.Canceled)
}

// holdCallbackHidden looks at registrations that were made and refused: an address is a secret.
func holdCallbackHidden(t *testing.T, h Harness, c tracking.Carrier) {
	if h.Subscription.Callback == "" {
		t.Skip("the harness has no Subscription.Callback")
	}
	refused := h.Subscription
	refused.Number = ""
	for _, r := range subscribe(t, c, h.Subscription, refused) {
		texts := shown(r)
		for _, err := range causes(r.Err) {
			texts = append(texts, shown(err)...)
		}
		for _, text := range texts {
			if strings.Contains(text, h.Subscription.Callback) {
				t.Errorf("the callback shows: %.300s", text)
			}
		}
		if r.Handle != "" && strings.Contains(r.Handle, h.Subscription.Callback) {
			t.Error("the handle, which is stored and logged, holds the callback")
		}
	}
}

func holdCancel(t *testing.T, h Harness, c tracking.Carrier) {
	canceller := able[tracking.Canceller](t, c)
	r := subscribe(t, c, h.Subscription)[0]
	if r.Err != nil || r.Handle == "" {
		t.Fatalf("a carrier that cancels gives a handle, got %q, %v", r.Handle, r.Err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checkEnded(t, solid(canceller.Cancel(ctx, r.Handle)), context.Canceled)
	for _, what := range []string{"what stands", "what is gone"} {
		if err := canceller.Cancel(t.Context(), r.Handle); err != nil {
			t.Errorf("cancelling %s: %v", what, err)
		}
	}
	if r := subscribe(t, c, h.Subscription)[0]; r.Err != nil {
		t.Errorf("subscribing after that: %v", r.Err)
	}
}
