package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// What a call answers, at the wire, when something goes wrong with all of it.
func TestCallFaultsOnTheWire(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	const html, none = "text/html; charset=utf-8", ""
	for _, c := range []struct {
		name                  string
		apiStatus, sweetState int
		apiType, retry        string
	}{
		{"rate-limited", 429, 429, "application/json; charset=utf-8", "2"},
		{"rate-limited-without-wait", 429, 429, "application/json; charset=utf-8", ""},
		{"html", 200, 200, html, ""},
		{"bad-gateway", 502, 502, html, ""},
		{"unavailable", 503, 503, html, "2"},
		{"gateway-timeout", 504, 504, none, ""},
		{"empty", 200, 200, none, ""},
		{"nonsense", 200, 200, "application/json; charset=utf-8", ""},
	} {
		m := magic(t, c.name)
		a := api.do(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(magic(t, "delivered")), item(m)}})
		if a.status != c.apiStatus || a.header.Get("Content-Type") != c.apiType || a.header.Get("Retry-After") != c.retry {
			t.Errorf("%s at deliveryapi: %d %v", c.name, a.status, a.header)
		}
		s := sweet(t, w, "trackingInfo", map[string]string{"t_code": "04", "t_invoice": m.Number})
		if s.status != c.sweetState || s.header.Get("Retry-After") != c.retry {
			t.Errorf("%s at SweetTracker: %d %v", c.name, s.status, s.header)
		}
		if empty := c.name == "empty" || c.name == "gateway-timeout"; empty != (len(a.body) == 0) || empty != (len(s.body) == 0) {
			t.Errorf("%s: %q, %q", c.name, a.body, s.body)
		}
	}
	whole := api.do(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(magic(t, "delivered"))}})
	cut := api.do(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(magic(t, "truncated"))}})
	if !json.Valid(whole.body) || json.Valid(cut.body) || !strings.HasPrefix(string(cut.body), `{"isSuccess":true`) {
		t.Errorf("not cut: %s", cut.body)
	}
}

func TestFaultsThatHappenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Clock: NewClock(referenceStart, 1)})
		api := newAPI(t, w)
		for _, m := range Magic() {
			if !m.Once || m.Case == "hanging-once" {
				continue
			}
			if got := api.do(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(m)}}); got.status < 400 {
				t.Errorf("%s: the first call is answered", m.Case)
			}
			if got := api.trace(item(m)); !got.IsSuccess || !got.Data.Results[0].Success {
				t.Errorf("%s: the second call: %+v", m.Case, got)
			}
			if got := sweet(t, w, "trackingInfo", map[string]string{"t_code": "04", "t_invoice": m.Number}); got.status < 400 {
				t.Errorf("%s: the first call at another provider is answered", m.Case)
			}
		}
	})
}

func TestQuotaGoneSaysSo(t *testing.T) {
	got := newAPI(t, newWorld(t, Config{})).trace(item(magic(t, "quota-gone")))
	if got.ErrorCode != "RATE_LIMITED" || got.APIKeyInfo.Quota.Remaining != 0 || got.APIKeyInfo.Quota.Used != got.APIKeyInfo.Quota.Limit {
		t.Errorf("%+v", got)
	}
}

func TestOutageEnds(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	m := magic(t, "courier-down-for-an-hour")
	if got := api.trace(item(m)).Data.Results[0]; got.Error == nil || got.Error.Code != "TRACKING_FAILED" || got.Error.Billable {
		t.Errorf("%+v", got)
	}
	w.Clock().Advance(time.Hour)
	if got := api.trace(item(m)).Data.Results[0]; !got.Success {
		t.Errorf("%+v", got.Error)
	}
}

// The slowest item decides how long a call takes, not the sum.
func TestBatchWaitsForItsSlowestItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Clock: NewClock(referenceStart, 1)})
		w.Add(Parcel{Courier: courier.CJ, Number: cj(9), Label: referenceStart, Faults: []Fault{{Delay: 2 * time.Second}}})
		begin := time.Now()
		newAPI(t, w).trace(item(magic(t, "slow")), apiItem{CourierCode: "cj", TrackingNumber: cj(9)}, item(magic(t, "slow")))
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestCodesOfStatuses(t *testing.T) {
	for _, c := range []struct {
		status  tracking.Status
		sub     tracking.Sub
		level   int
		tracker string
	}{
		{tracking.StatusUnknown, none, 3, "UNKNOWN"},
		{tracking.StatusPending, none, 0, "UNKNOWN"},
		{tracking.StatusRegistered, none, 1, "INFORMATION_RECEIVED"},
		{tracking.StatusPickupReady, none, 1, "INFORMATION_RECEIVED"},
		{tracking.StatusPickedUp, none, 2, "AT_PICKUP"},
		{tracking.StatusInTransit, none, 3, "IN_TRANSIT"},
		{tracking.StatusInTransit, atBranch, 4, "IN_TRANSIT"},
		{tracking.StatusOutForDelivery, none, 5, "OUT_FOR_DELIVERY"},
		{tracking.StatusOutForDelivery, tracking.SubAvailableForPickup, 5, "AVAILABLE_FOR_PICKUP"},
		{tracking.StatusDelivered, none, 6, "DELIVERED"},
		{tracking.StatusFailed, none, 5, "ATTEMPT_FAIL"},
		{tracking.StatusFailed, tracking.SubLost, 5, "EXCEPTION"},
		{tracking.StatusHold, none, 3, "EXCEPTION"},
		{tracking.StatusReturned, returning, 3, "UNKNOWN"},
		{tracking.StatusCancelled, none, 1, "EXCEPTION"},
	} {
		s := Scan{Status: c.status, Sub: c.sub}
		if s.sweetTrackerLevel() != c.level || s.trackerDeliveryCode() != c.tracker || s.deliveryAPICode() != c.status.String() {
			t.Errorf("%s %s: level %d, %s, %s", c.status, c.sub, s.sweetTrackerLevel(), s.trackerDeliveryCode(), s.deliveryAPICode())
		}
		s.As = Codes{"WORD", -3, "OTHER"}
		if s.sweetTrackerLevel() != -3 || s.trackerDeliveryCode() != "OTHER" || s.deliveryAPICode() != "WORD" {
			t.Errorf("%s: overrides are ignored", c.status)
		}
	}
}

func TestTimesThatAreNotClockTimes(t *testing.T) {
	at := time.Date(2026, 9, 28, 14, 44, 0, 0, kst)
	for _, c := range []struct {
		scan      Scan
		api, text string
		millis    int64
	}{
		{Scan{At: at}, "2026-09-28 14:44:00", "2026-09-28 14:44:00", at.UnixMilli()},
		{Scan{At: at.UTC()}, "2026-09-28 14:44:00", "2026-09-28 14:44:00", at.UnixMilli()},
		{Scan{At: at, DayOnly: true}, "2026-09-28", "2026-09-28 23:59:59", time.Date(2026, 9, 28, 23, 59, 59, 0, kst).UnixMilli()},
		{Scan{At: at, Undated: true}, "", "", 0},
	} {
		e := sweetEventOf(c.scan)
		if c.scan.wallClock() != c.api || e.TimeString != c.text || e.Time != c.millis {
			t.Errorf("%+v: %q, %q, %d", c.scan, c.scan.wallClock(), e.TimeString, e.Time)
		}
	}
}
