package measure

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
)

func TestTuneRefusesTheImpossible(t *testing.T) {
	policy := func(float64) schedule.Policy { return schedule.Fixed{Every: time.Hour} }
	if _, err := Tune(deliveries(1, 3), 1e6, policy); err != ErrNoPrice {
		t.Errorf("a policy that does not heed the price: %v", err)
	}
	if _, err := Tune(deliveries(1, 3), 1, func(float64) schedule.Policy { return policyFunc(func(v schedule.View) time.Time { return v.Now }) }); err == nil {
		t.Error("a policy that fails is tuned")
	}
}
