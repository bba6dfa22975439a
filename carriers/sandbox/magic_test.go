package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// The numbers are printed in documents and copied into programs, so they never change.
func TestMagicNumbersStayTheSame(t *testing.T) {
	for name, number := range map[string]string{
		"delivered": "550000001072", "in-transit": "550000001050", "not-found": "550000003006",
		"failed": "6000000000108", "hold": "550000001095", "registered": "550000001025",
		"available-for-pickup": "5500000121", "recorded/logen-no-pickup": "55000000206",
		"deliveryapi/item/NOT_FOUND": "550000004001", "sweettracker/105": "550000005051",
		"trackerdelivery/INTERNAL": "550000006075", "rate-limited": "550000007022",
	} {
		if got := magic(t, name).Number; got != number {
			t.Errorf("%s is %s, want %s", name, got, number)
		}
	}
}

func TestMagicNumbersAreDistinctAndValid(t *testing.T) {
	numbers, names := map[key]string{}, map[string]bool{}
	for _, m := range Magic() {
		k := key{m.Courier, m.Number}
		if other := numbers[k]; other != "" || names[m.Case] || m.What == "" {
			t.Errorf("%s %s is also %s (name taken: %t), or says nothing", m.Case, m.Number, other, names[m.Case])
		}
		numbers[k], names[m.Case] = m.Case, true
		if f := courier.Check(m.Courier, m.Number); f.Severity != courier.OK {
			t.Errorf("%s: %s %s: %s", m.Case, m.Courier, m.Number, f.Text)
		}
		if got := courier.Normalize(m.Courier, m.Number); got != m.Number {
			t.Errorf("%s: %s is normalised to %s", m.Case, m.Number, got)
		}
		for _, provider := range []string{courier.DeliveryAPI, courier.SweetTracker, courier.TrackerDelivery} {
			if _, ok := courier.ToProvider(provider, m.Courier); !ok {
				t.Errorf("%s: %s does not serve %s", m.Case, provider, m.Courier)
			}
		}
	}
}

func TestEveryStatusHasANumber(t *testing.T) {
	seen := map[tracking.Status]bool{}
	subs := map[tracking.Sub]bool{}
	for _, m := range Magic() {
		if m.Known && !m.Faulty {
			seen[m.Status], subs[m.Sub] = true, true
			if m.Sub != tracking.SubNone && m.Sub.Of() != m.Status {
				t.Errorf("%s: %s does not refine %s", m.Case, m.Sub, m.Status)
			}
		}
	}
	for _, status := range tracking.Statuses() {
		name := strings.ReplaceAll(strings.ToLower(status.String()), "_", "-")
		if m := magic(t, name); m.Status != status || !m.Known {
			t.Errorf("%s: %s", name, m.Status)
		}
	}
	for sub := tracking.SubAtBranch; sub <= tracking.SubLost; sub++ {
		if !subs[sub] {
			t.Errorf("no number for %s", sub)
		}
	}
}

// Every row of the error tables has a number, and an asker gets what the row says.
func TestFaultsAnswerAtTheirProvider(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	for _, m := range Magic() {
		switch group, code, _ := strings.Cut(m.Case, "/"); {
		case strings.HasPrefix(m.Case, "deliveryapi/item/"):
			code = strings.TrimPrefix(m.Case, "deliveryapi/item/")
			got := api.trace(item(magic(t, "in-transit")), item(m), item(magic(t, "delivered")))
			if bad := got.Data.Results[1]; bad.Success || bad.Error == nil || bad.Error.Code != code || bad.Error.TrackingNumber != m.Number {
				t.Errorf("%s: %+v", m.Case, bad)
			}
			billable := 2
			if code == "NOT_FOUND" {
				billable = 3
			}
			if want := (apiSummary{Total: 3, Successful: 2, Failed: 1, Billable: billable}); got.Data.Summary != want {
				t.Errorf("%s: %+v, want %+v", m.Case, got.Data.Summary, want)
			}
		case strings.HasPrefix(m.Case, "deliveryapi/call/"):
			got := api.trace(item(magic(t, "in-transit")), item(m))
			if got.IsSuccess || got.ErrorCode != strings.TrimPrefix(m.Case, "deliveryapi/call/") || got.Error == "" && got.ErrorCode != "SOMETHING_NEW" {
				t.Errorf("%s: %+v", m.Case, got)
			}
		case group == SweetTracker && len(code) == 3:
			if got := track(t, w, m); got["status"] != false || got["code"] != code {
				t.Errorf("%s: %v", m.Case, got)
			}
		}
		if m.Faulty && !m.Concerns(SweetTracker) {
			if got := track(t, w, m); got["level"] != 3.0 {
				t.Errorf("%s at a provider that it does not concern: %v", m.Case, got)
			}
		}
	}
}

func TestRecordedTimelines(t *testing.T) {
	ended := newWorld(t, Config{})
	for _, r := range recorded {
		m := magic(t, "recorded/"+r.name)
		truth := ended.Truth(m.Courier, m.Number)
		s := truth.Shipments[0]
		yesterday := midnight(referenceStart).AddDate(0, 0, -1)
		if s.Status != tracking.StatusDelivered || !midnight(s.DeliveredAt).Equal(yesterday) {
			t.Errorf("%s: %s at %s, want delivered the day before", m.Case, s.Status, s.DeliveredAt)
		}
	}
	for hour := range 24 {
		start := midnight(referenceStart).Add(time.Duration(hour) * time.Hour)
		w := New(Config{Clock: NewClock(start, 0)})
		for _, r := range recorded {
			m := magic(t, "coming/"+r.name)
			if got := w.Truth(m.Courier, m.Number).Shipments[0]; len(got.Events) != 0 || got.Status != tracking.StatusPending {
				t.Fatalf("%s at %s: %+v", m.Case, start, got)
			}
			w.Clock().Set(start.Add(24 * time.Hour))
			if got := w.Truth(m.Courier, m.Number).Shipments[0]; len(got.Events) == 0 {
				t.Errorf("%s: nothing within a day of %s", m.Case, start)
			}
			w.Clock().Set(start.Add(5 * 24 * time.Hour))
			if got := w.Truth(m.Courier, m.Number).Shipments[0]; got.Status != tracking.StatusDelivered {
				t.Errorf("%s: %s after five days", m.Case, got.Status)
			}
			w.Clock().Set(start)
		}
	}
}

func TestToldIsWhatProvidersSay(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	levels := map[float64]tracking.Status{
		0: tracking.StatusPending, 1: tracking.StatusRegistered, 2: tracking.StatusPickedUp, 3: tracking.StatusInTransit,
		4: tracking.StatusInTransit, 5: tracking.StatusOutForDelivery, 6: tracking.StatusDelivered,
	}
	for _, m := range Magic()[:16] {
		if got := api.trace(item(m)).Data.Results[0].Data.DeliveryStatus; got != m.Told(DeliveryAPI).String() {
			t.Errorf("%s at deliveryapi: %s, told %s", m.Case, got, m.Told(DeliveryAPI))
		}
		if m.Status == tracking.StatusUnknown || m.Status == tracking.StatusReturned { // words decide
			continue
		}
		level, _ := track(t, w, m)["level"].(float64)
		if got := levels[level]; got != m.Told(SweetTracker) {
			t.Errorf("%s at SweetTracker: level %g, told %s", m.Case, level, m.Told(SweetTracker))
		}
	}
}

func TestReusedNumberHasTwoGenerations(t *testing.T) {
	w := newWorld(t, Config{})
	m := magic(t, "reused-number")
	truth := w.Truth(m.Courier, m.Number).Shipments
	if len(truth) != 2 || truth[0].Generation != 1 || truth[0].Status != tracking.StatusDelivered ||
		truth[1].Generation != 2 || truth[1].Status != tracking.StatusInTransit {
		t.Errorf("%+v", truth)
	}
	progresses := newAPI(t, w).trace(item(m)).Data.Results[0].Data.Progresses
	if len(progresses) != 6 || !slices.ContainsFunc(progresses, func(p apiProgress) bool { return p.StatusCode == "DELIVERED" }) {
		t.Errorf("the old scans are not shown: %+v", progresses)
	}
}

func TestReturnEndsAsDeliveredToTheSender(t *testing.T) {
	w := newWorld(t, Config{})
	m := magic(t, "returned-to-sender")
	s := w.Truth(m.Courier, m.Number).Shipments[0]
	if s.Status != tracking.StatusReturned || s.Sub != tracking.SubNone || !s.DeliveredAt.IsZero() {
		t.Errorf("truth: %+v", s)
	}
	if got := track(t, w, m); got["complete"] != true || got["level"] != 6.0 {
		t.Errorf("SweetTracker: %v", got)
	}
	if view, _ := w.Look(m.Courier, m.Number); view.Parcel.Scans[7].trackerDeliveryCode() != "DELIVERED" {
		t.Error("tracker.delivery does not say delivered")
	}
}

func TestCanariesAreOnTheWire(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	m := magic(t, "delivered")
	answers := string(api.do(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(m)}}).body) +
		string(sweet(t, w, "trackingInfo", map[string]string{"t_code": "04", "t_invoice": m.Number}).body)
	for _, canary := range []string{theDriver, theDriverPhone, theBranchPhone, theRecipient.Name, theRecipient.Address, theSender.Name} {
		if !slices.Contains(Canaries(), canary) || !strings.Contains(answers, canary) {
			t.Errorf("%s is not sent", canary)
		}
	}
}

// A source sums up what it shows, even if that belongs to another parcel.
func TestSourcesBelieveOldScans(t *testing.T) {
	w := newWorld(t, Config{})
	for name, want := range map[string]tracking.Status{
		"reused-number-fresh": tracking.StatusDelivered, "coming/cj-stray-scan": tracking.StatusInTransit,
	} {
		m := magic(t, name)
		if !m.Earlier || m.Told(DeliveryAPI) != want || m.Status != tracking.StatusPending {
			t.Errorf("%+v told %s", m, m.Told(DeliveryAPI))
		}
		if got := newAPI(t, w).trace(item(m)).Data.Results[0].Data.DeliveryStatus; got != want.String() {
			t.Errorf("%s: %s", name, got)
		}
		truth := w.Truth(m.Courier, m.Number).Shipments
		if last := truth[len(truth)-1]; last.Status != tracking.StatusPending {
			t.Errorf("%s: the truth is %s", name, last.Status)
		}
	}
}
