package deliveryapi_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

func TestQuota(t *testing.T) {
	for _, name := range fixtures(t, "usage") {
		var want struct {
			Plan                   string
			Limit, Used, Remaining int64
			ResetAt                *string
		}
		readFixture(t, name).expect(t, &want)
		c := newCarrier(newProvider(t, name))
		got, err := c.Quota(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Plan != want.Plan || got.Limit != want.Limit || got.Used != want.Used || got.Remaining != want.Remaining ||
			!got.ResetAt.Equal(utc(t, want.ResetAt)) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if last, ok := c.LastQuota(); !ok || last != got {
			t.Errorf("%s: the last quota is %+v", name, last)
		}
	}
}

func TestLevelOf(t *testing.T) {
	for remaining, want := range map[int64]deliveryapi.QuotaLevel{
		0: deliveryapi.QuotaCritical, 49: deliveryapi.QuotaCritical, 50: deliveryapi.QuotaLow, 199: deliveryapi.QuotaLow,
		200: deliveryapi.QuotaFine, 1000: deliveryapi.QuotaFine,
	} {
		if got := deliveryapi.LevelOf(tracking.Quota{Limit: 1000, Remaining: remaining}); got != want {
			t.Errorf("%d of 1000: %s, want %s", remaining, got, want)
		}
	}
	if got := deliveryapi.LevelOf(tracking.Quota{}); got != deliveryapi.QuotaFine {
		t.Errorf("an unknown plan is %s", got)
	}
}

// TestUsageExplainsForAMinute holds that a limited account is not asked more because it is limited.
func TestUsageExplainsForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited, usage := readFixture(t, "error-429-no-retry-after"), readFixture(t, "usage-exhausted")
		asked := 0
		c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v1/usage" {
				asked++
				return usage.answer(), nil
			}
			return limited.answer(), nil
		}))
		done := make(chan error)
		for range 4 {
			go func() {
				_, err := c.Query(t.Context(), oneParcel)
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; !errors.Is(err, tracking.ErrQuotaExhausted) {
				t.Errorf("%v", err)
			}
		}
		if asked != 1 {
			t.Errorf("the usage was asked for %d times", asked)
		}
		time.Sleep(2 * time.Minute)
		if _, err := c.Query(t.Context(), oneParcel); !errors.Is(err, tracking.ErrQuotaExhausted) || asked != 2 {
			t.Errorf("after two minutes: %v, asked %d times", err, asked)
		}
	})
}

func TestUsageThatFailsProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited, down := readFixture(t, "error-429-no-retry-after"), readFixture(t, "gateway-502-html")
		c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v1/usage" {
				return down.answer(), nil
			}
			return limited.answer(), nil
		}))
		_, err := c.Query(t.Context(), oneParcel)
		if !errors.Is(err, tracking.ErrRateLimited) || tracking.RetryOf(err) != tracking.RetrySoon {
			t.Errorf("%v, retry %s", err, tracking.RetryOf(err))
		}
	})
}
