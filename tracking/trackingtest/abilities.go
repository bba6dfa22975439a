package trackingtest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
)

// abilityClauses are about the optional abilities: what is declared is what is observed.
func abilityClauses() []clause {
	return []clause{
		{name: "limits do not change", hold: holdLimits},
		{name: "it serves the courier it is asked for", hold: holdServes},
		{name: "its configuration is valid", hold: holdValid},
		{name: "couriers are listed", hold: holdCouriers},
		{name: "couriers are detected", hold: holdDetect},
		{name: "the quota adds up", hold: holdQuota},
		{name: "links are addresses", hold: holdLink},
		{name: "requests are counted", hold: holdRequests},
	}
}

// able finds an ability or skips.
func able[T any](t *testing.T, c tracking.Carrier) T {
	t.Helper()
	ability, ok := tracking.Ability[T](c)
	if !ok {
		t.Skip("the carrier does not have this ability")
	}
	return ability
}

// offered skips when an ability says that this account or server does not have it.
func offered(t *testing.T, err error) bool {
	t.Helper()
	if errors.Is(err, tracking.ErrUnsupported) {
		t.Skipf("not offered: %v", err)
	}
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

func holdLimits(t *testing.T, h Harness, c tracking.Carrier) {
	limited := able[tracking.Limited](t, c)
	before := limited.Limits()
	if before.Batch < 0 || before.Concurrency < 0 {
		t.Errorf("negative limits: %+v", before)
	}
	ask(t, c, h.Known)
	if after := limited.Limits(); after != before {
		t.Errorf("limits changed from %+v to %+v", before, after)
	}
}

func holdServes(t *testing.T, h Harness, c tracking.Carrier) {
	selective := able[tracking.Selective](t, c)
	if !selective.Serves(h.Known.Courier) {
		t.Errorf("it says that it does not serve %s, and answers for it", h.Known.Courier)
	}
	const nobody tracking.Courier = "no-such-courier"
	if selective.Serves(nobody) {
		t.Skip("it serves any courier")
	}
	q := h.Known
	q.Courier = nobody
	if r := ask(t, c, q); !errors.Is(r.Err, tracking.ErrUnsupportedCourier) {
		t.Errorf("a courier it does not serve: got %v", r.Err)
	}
}

func holdValid(t *testing.T, _ Harness, c tracking.Carrier) {
	if err := able[tracking.Validator](t, c).Validate(); err != nil {
		t.Error(err)
	}
}

func holdCouriers(t *testing.T, _ Harness, c tracking.Carrier) {
	lister := able[tracking.Lister](t, c)
	listed := 0
	for info, err := range lister.Couriers(t.Context()) {
		if !offered(t, err) {
			return
		}
		listed++
		if info.Courier == "" || info.Code == "" {
			t.Errorf("a courier without a code: %+v", info)
		}
	}
	if listed == 0 {
		t.Error("no courier is listed")
	}
	taken := 0
	lister.Couriers(t.Context())(func(tracking.CourierInfo, error) bool { taken++; return false })
	if taken > 1 {
		t.Errorf("the sequence went on %d times after its reader had stopped", taken-1)
	}
	holdLastError(t, lister)
}

// holdLastError lists with a context that has ended: a carrier that asks its provider has an error then.
func holdLastError(t *testing.T, lister tracking.Lister) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var failed error
	for info, err := range lister.Couriers(ctx) {
		if failed != nil {
			t.Fatalf("after the error %v, which is the last element, came %+v, %v", failed, info, err)
		}
		failed = err
	}
}

func holdDetect(t *testing.T, h Harness, c tracking.Carrier) {
	guesses, err := able[tracking.Detector](t, c).Detect(t.Context(), h.Known.Number)
	if offered(t, err) && slices.Contains(guesses, "") {
		t.Errorf("a guess without a code: %q", guesses)
	}
}

func holdQuota(t *testing.T, _ Harness, c tracking.Carrier) {
	quota, err := able[tracking.QuotaReporter](t, c).Quota(t.Context())
	if !offered(t, err) {
		return
	}
	switch {
	case quota.Limit < 0 || quota.Used < 0 || quota.Remaining < 0:
		t.Errorf("negative figures: %+v", quota)
	case quota.Limit > 0 && quota.Remaining > quota.Limit:
		t.Errorf("more is left than there is: %+v", quota)
	case !quota.From.IsZero() && !quota.ResetAt.IsZero() && quota.ResetAt.Before(quota.From):
		t.Errorf("the period ends before it begins: %+v", quota)
	}
}

func holdLink(t *testing.T, h Harness, c tracking.Carrier) {
	before := requests(c)
	link, err := able[tracking.Linker](t, c).Link(h.Known)
	if !offered(t, err) {
		return
	}
	if address, err := url.Parse(link); err != nil || address.Scheme != "https" || address.Host == "" {
		t.Errorf("the link %q: %v", link, err)
	}
	if after := requests(c); after != before {
		t.Errorf("a link costs %d requests; it is to make no call", after-before)
	}
	for _, secret := range h.Secrets {
		if secret != "" && strings.Contains(link, secret) {
			t.Error("the link shows a secret")
		}
	}
}

// requests counts what the carrier sent; always 0 for one that does not count.
func requests(c tracking.Carrier) int64 {
	if counter, ok := tracking.Ability[tracking.Counter](c); ok {
		return counter.Requests()
	}
	return 0
}

func holdRequests(t *testing.T, h Harness, c tracking.Carrier) {
	counter := able[tracking.Counter](t, c)
	before := counter.Requests()
	ask(t, c, h.Known)
	if after := counter.Requests(); after <= before {
		t.Errorf("%d requests before a call, %d after it", before, after)
	}
}
