package deliveryapi_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

// TestMutations damages every answer at random and by cutting. Nothing may panic or hang, a failure must never become a
// status, and whatever comes out must be a whole result.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range fixtures(t, "") {
		f := readFixture(t, name)
		if len(f.body()) == 0 {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			for range 25 {
				survive(t, name, f, damage(random, f.body()))
			}
		})
	}
}

// damage flips, drops, doubles and cuts bytes.
func damage(random *rand.Rand, body []byte) []byte {
	body = bytes.Clone(body)
	for range 1 + random.IntN(4) {
		if len(body) == 0 {
			break
		}
		at := random.IntN(len(body))
		switch random.IntN(4) {
		case 0:
			body[at] ^= 1 << random.IntN(8)
		case 1:
			body = append(body[:at], body[at+1:]...)
		case 2:
			body = append(body[:at:at], append([]byte{body[at]}, body[at:]...)...)
		case 3:
			body = body[:at]
		}
	}
	return body
}

// survive makes every kind of call against one answer.
func survive(t *testing.T, name string, f fixture, body []byte) {
	t.Helper()
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/v1/usage" && f.Request.Path != "/v1/usage" {
			return readFixture(t, "usage").answer(), nil
		}
		return f.answerWith(body), nil
	}))
	qs := oneParcel
	if strings.HasPrefix(name, "trace-") {
		qs, _ = queriesOf(t, f)
	}
	results, err := c.Query(t.Context(), qs)
	if (err == nil) != (results != nil) || err == nil && len(results) != len(qs) {
		t.Fatalf("%s: %d results and error %v from %s", name, len(results), err, body)
	}
	for _, r := range results {
		if (r.Err == nil) == (r.Parcel == nil) {
			t.Errorf("%s: parcel %v and error %v from %s", name, r.Parcel, r.Err, body)
		}
		if r.Parcel != nil && !strings.HasPrefix(name, "trace-") {
			t.Errorf("%s: a status %s out of %s", name, r.Parcel.Status, body)
		}
	}
	_, _ = c.Register(t.Context(), deliveryapi.Registering{Parcels: oneParcel})
	_, _ = c.Subscription(t.Context(), "req_1")
	_, _ = c.Results(t.Context(), oneParcel)
	_, _ = c.Endpoints(t.Context())
	_, _ = c.Quota(t.Context())
	for range c.Couriers(t.Context()) {
	}
	for range c.Subscriptions(t.Context(), deliveryapi.SubscriptionFilter{}) {
	}
}

// FuzzQuery feeds whole answers to the decoder.
func FuzzQuery(f *testing.F) {
	for _, name := range []string{"trace-20-mixed", "trace-members-null", "trace-time-formats", "error-object", "error-429-quota-inline"} {
		fixture := readFixture(f, name)
		f.Add(fixture.Response.Status, fixture.body())
	}
	base := readFixture(f, "trace-members-missing")
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			answer := base
			answer.Response.Status = status
			c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return answer.answerWith(body), nil }))
			results, err := c.Query(t.Context(), oneParcel)
			if (err == nil) != (len(results) == 1) {
				t.Fatalf("%d results and error %v", len(results), err)
			}
			if err != nil {
				if kind := tracking.KindName(err); kind == "other" || kind == "" {
					t.Errorf("%v wraps no sentinel", err)
				}
				return
			}
			if r := results[0]; (r.Err == nil) == (r.Parcel == nil) {
				t.Errorf("parcel %v and error %v", r.Parcel, r.Err)
			}
			if _, err := json.Marshal(results[0].Parcel); err != nil {
				t.Errorf("the parcel cannot be written: %v", err)
			}
		})
	})
}
