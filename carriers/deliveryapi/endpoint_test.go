package deliveryapi_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

func TestCreateEndpoint(t *testing.T) {
	for name, secret := range map[string]deliveryapi.Secret{"endpoint-create": "", "endpoint-create-own-secret": ownSecret} {
		c := newCarrier(newProvider(t, name))
		e, err := c.CreateEndpoint(t.Context(), deliveryapi.NewEndpoint{
			URL: "https://wms.example.com/webhook/delivery", Name: "main", Secret: secret,
		})
		if err != nil || e.ID != "ep_example" || string(e.Secret) != ownSecret || e.Created.IsZero() || !e.Active {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func TestEndpointsThatCannotBe(t *testing.T) {
	c := newCarrier(newProvider(t))
	for name, err := range map[string]error{
		"plain http":   second(c.CreateEndpoint(t.Context(), deliveryapi.NewEndpoint{URL: "http://wms.example.com"})),
		"short secret": second(c.CreateEndpoint(t.Context(), deliveryapi.NewEndpoint{URL: "https://wms.example.com", Secret: "short"})),
		"short rotate": second(c.RotateSecret(t.Context(), "ep_example", "short")),
		"no id":        c.DeleteEndpoint(t.Context(), ""),
		"up the path":  c.CancelSubscription(t.Context(), ".."),
		"no name":      c.RenameEndpoint(t.Context(), "ep_example", ""),
	} {
		if !errors.Is(err, tracking.ErrInvalidRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestEndpointHealth(t *testing.T) {
	for _, name := range fixtures(t, "endpoint-list") {
		var want struct {
			Health map[string]deliveryapi.EndpointState
		}
		readFixture(t, name).expect(t, &want)
		var ids []string
		for id := range want.Health {
			ids = append(ids, id)
		}
		got, err := newCarrier(newProvider(t, name)).EndpointHealth(t.Context(), ids...)
		if diff := cmp.Diff(want.Health, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func TestEndpointCalls(t *testing.T) {
	c := newCarrier(newProvider(t, "endpoint-rename", "endpoint-rotate", "endpoint-delete", "endpoint-delete-missing",
		"subscription-cancel", "subscription-cancel-missing"))
	ctx := t.Context()
	if err := c.RenameEndpoint(ctx, "ep_example", "staging"); err != nil {
		t.Error(err)
	}
	secret, err := c.RotateSecret(ctx, "ep_example", "")
	if err != nil || string(secret) != "whsec_test_rotated_0123456789" {
		t.Errorf("%q, %v", string(secret), err)
	}
	if err := c.DeleteEndpoint(ctx, "ep_example"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteEndpoint(ctx, "ep_missing"); !errors.Is(err, deliveryapi.ErrResourceNotFound) || errors.Is(err, tracking.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if err := c.Cancel(ctx, "req_example_1"); err != nil {
		t.Error(err)
	}
	if err := c.CancelSubscription(ctx, "req_missing"); !errors.Is(err, deliveryapi.ErrResourceNotFound) {
		t.Errorf("%v", err)
	}
	if err := c.Cancel(ctx, "req_missing"); err != nil {
		t.Errorf("a handle that is gone is no error of Canceller: %v", err)
	}
	own := newCarrier(newProvider(t, "endpoint-rotate-own-secret"))
	if secret, err := own.RotateSecret(ctx, "ep_example", "whsec_test_rotated_0123456789"); err != nil || secret == "" {
		t.Errorf("%q, %v", string(secret), err)
	}
}

func TestIDsAreEscaped(t *testing.T) {
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.EscapedPath() != "/v1/webhooks/endpoints/a%2F..%2Fb%3Fc" {
			t.Errorf("path %s", r.URL.EscapedPath())
		}
		return readFixture(t, "endpoint-delete").answer(), nil
	}))
	if err := c.DeleteEndpoint(t.Context(), "a/../b?c"); err != nil {
		t.Error(err)
	}
}
