package deliveryapi_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

func TestAbilities(t *testing.T) {
	c := deliveryapi.New(deliveryapi.Config{APIKey: "k", SecretKey: "s"})
	if got := c.Limits(); got != (tracking.Limits{Batch: 20, Concurrency: 1}) {
		t.Errorf("limits %+v", got)
	}
	for of, want := range map[tracking.Courier]bool{
		courier.CJ: true, "deliveryapi:cn.new": true, courier.Chunil: false, "trackerdelivery:kr.new": false, "nobody": false,
	} {
		if got := c.Serves(of); got != want {
			t.Errorf("serves %s: %t", of, got)
		}
	}
	if c.Name() != "deliveryapi" || c.Requests() != 0 || c.Validate() != nil {
		t.Errorf("%s made %d requests, %v", c.Name(), c.Requests(), c.Validate())
	}
	broken := deliveryapi.New(deliveryapi.Config{Name: "second", Batch: 50, Calls: -1})
	if broken.Name() != "second" || broken.Requests() != 0 || broken.Limits() != (tracking.Limits{Batch: 50}) {
		t.Errorf("%s: %+v", broken.Name(), broken.Limits())
	}
	if _, err := broken.Subscribe(t.Context(), nil); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("a carrier without keys subscribes: %v", err)
	}
}

func TestUnservedCourierMakesNoCall(t *testing.T) {
	c := newCarrier(newProvider(t))
	results, err := c.Query(t.Context(), []tracking.Query{{Courier: courier.Chunil, Number: "12345678901"}, {Courier: "nobody", Number: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		var e *tracking.Error
		if !errors.As(r.Err, &e) || e.Kind != tracking.ErrUnsupportedCourier || e.Billed != tracking.No || e.Courier != r.Query.Courier {
			t.Errorf("%v: %v", r.Query, r.Err)
		}
	}
}

func TestPassedThroughCodeIsOurs(t *testing.T) {
	f := readFixture(t, "trace-members-missing")
	qs, _ := queriesOf(t, f)
	want := qs[0].Courier
	qs[0].Courier = "deliveryapi:" + want
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		checkBody(t, f.Request.Body, readBody(t, r))
		return f.answer(), nil
	}))
	results, err := c.Query(t.Context(), qs)
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
	if got := results[0]; got.Parcel.Courier != want || got.Query.Courier != qs[0].Courier {
		t.Errorf("parcel of %s, query of %s", got.Parcel.Courier, got.Query.Courier)
	}
}

// TestDefaultPace holds one call at a time and five a second.
func TestDefaultPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		flying, most := 0, 0
		f := readFixture(t, "usage")
		rt := roundTrip(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			flying++
			most = max(most, flying)
			mu.Unlock()
			time.Sleep(50 * time.Millisecond)
			mu.Lock()
			flying--
			mu.Unlock()
			return f.answer(), nil
		})
		c := newCarrier(rt, func(c *deliveryapi.Config) { c.Limiter = nil })
		begin := time.Now()
		var wg sync.WaitGroup
		for range 11 {
			wg.Go(func() {
				if _, err := c.Quota(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(begin); most != 1 || took < 2*time.Second {
			t.Errorf("%d calls at a time, 11 calls in %s", most, took)
		}
	})
}

// TestStatusWithoutCode holds what a well-formed failure without a known code means, by its HTTP status.
func TestStatusWithoutCode(t *testing.T) {
	tests := []struct {
		status int
		body   string
		kind   error
		retry  tracking.Retry
		billed tracking.Tri
	}{
		{400, `{"isSuccess":false}`, tracking.ErrInvalidRequest, tracking.RetryNever, tracking.No},
		{403, `{"isSuccess":false}`, tracking.ErrForbidden, tracking.RetryNever, tracking.No},
		{404, `{"isSuccess":false}`, deliveryapi.ErrResourceNotFound, tracking.RetryNever, tracking.No},
		{408, `{"isSuccess":false}`, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{409, `{"isSuccess":false}`, tracking.ErrConflict, tracking.RetryNever, tracking.No},
		{418, `{"isSuccess":false,"errorCode":"NEW_CODE"}`, tracking.ErrInvalidRequest, tracking.RetryNever, tracking.No},
		{501, `{"isSuccess":false}`, tracking.ErrUnsupported, tracking.RetryNever, tracking.No},
		{503, `{"isSuccess":false,"errorCode":"NEW_CODE"}`, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{200, `{"isSuccess":false}`, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{200, `{}`, tracking.ErrProtocol, tracking.RetryNever, tracking.Maybe},
		{200, `null`, tracking.ErrProtocol, tracking.RetryNever, tracking.Maybe},
		{200, `[]`, tracking.ErrProtocol, tracking.RetryNever, tracking.Maybe},
		{200, `{"isSuccess":"true","data":{"results":[]}}`, tracking.ErrProtocol, tracking.RetryNever, tracking.Maybe},
		{200, `{"isSuccess":true,"data":"nothing"}`, tracking.ErrProtocol, tracking.RetryNever, tracking.Maybe},
		{200, ``, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{200, `<html></html>`, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{403, `<html></html>`, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{404, `not here`, tracking.ErrUpstream, tracking.RetrySoon, tracking.Maybe},
		{302, ``, tracking.ErrProtocol, tracking.RetryNever, tracking.No},
		{302, `{"isSuccess":false}`, tracking.ErrProtocol, tracking.RetryNever, tracking.No},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
				f := readFixture(t, "error-string")
				f.Response.Status = tt.status
				return f.answerWith([]byte(tt.body)), nil
			}))
			_, err := c.Query(t.Context(), oneParcel)
			var e *tracking.Error
			if !errors.As(err, &e) || !errors.Is(err, tt.kind) || e.Retry != tt.retry || e.Billed != tt.billed {
				t.Errorf("%d %s: %v, want %v, %s, billed %s", tt.status, tt.body, err, tt.kind, tt.retry, tt.billed)
			}
		})
	}
}

// TestWorthlessAnswers holds that an answer without what was asked for is an error, and says what is missing.
func TestWorthlessAnswers(t *testing.T) {
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
		f := readFixture(t, "endpoint-delete")
		return f.answerWith([]byte(`{"isSuccess":true,"data":{}}`)), nil
	}))
	ctx := t.Context()
	errs := map[string]error{
		"quota":         second(c.Quota(ctx)),
		"endpoints":     second(c.Endpoints(ctx)),
		"endpoint id":   second(c.CreateEndpoint(ctx, deliveryapi.NewEndpoint{URL: "https://example.com"})),
		"secret":        second(c.RotateSecret(ctx, "ep", "")),
		"request id":    second(c.Register(ctx, deliveryapi.Registering{Parcels: oneParcel})),
		"request  id":   second(c.Subscription(ctx, "req")),
		"results":       second(c.Results(ctx, oneParcel)),
		"couriers":      last(c.Couriers(ctx)),
		"subscriptions": last(c.Subscriptions(ctx, deliveryapi.SubscriptionFilter{})),
	}
	for what, err := range errs {
		if !errors.Is(err, tracking.ErrProtocol) || !strings.Contains(err.Error(), strings.ReplaceAll(what, "  ", " ")) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func last[T any](seq func(func(T, error) bool)) error {
	var last error
	for _, err := range seq {
		last = err
	}
	return last
}
