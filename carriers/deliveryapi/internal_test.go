package deliveryapi

import (
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func TestParseTime(t *testing.T) {
	tests := []struct {
		text string
		want string // RFC 3339 in UTC; empty means unreadable
		day  bool
	}{
		{"2026-09-27 15:30:00", "2026-09-27T06:30:00Z", false},
		{"2026/09/27T15:30", "2026-09-27T06:30:00Z", false},
		{"2026-09-27T15:30:00.123456789012+0900", "2026-09-27T06:30:00.123456789Z", false},
		{"2026-09-27 15:30:00-05:30", "2026-09-27T21:00:00Z", false},
		{"2026.02.29", "", false},
		{"2028.02.29", "2028-02-28T15:00:00Z", true},
		{"2026-09/27", "", false},
		{"2026-13-01", "", false},
		{"2026-09-27 15:60", "", false},
		{"2026-09-27 15", "", false},
		{"2026-09-27 --:--", "", false},
		{"2026-09-27 15:30:00.", "", false},
		{"2026-09-27 15:30:00 KST", "", false},
		{"2026-09-27 15:30:00+9", "", false},
		{"2026-09-27 ", "2026-09-26T15:00:00Z", true},
		{"이천이십육년", "", false},
	}
	for _, tt := range tests {
		got := parseTime(tt.text, kst)
		text := ""
		if !got.at.IsZero() {
			text = got.at.UTC().Format(time.RFC3339Nano)
		}
		if text != tt.want || got.day != tt.day {
			t.Errorf("%q is %q, day %t; want %q, %t", tt.text, text, got.day, tt.want, tt.day)
		}
	}
}

// FuzzParseTime compares with the standard library where both know the form.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"2026-09-27 15:30:00", "2026.09.27", "2026-09-27T15:30:00.5+09:00", "-", "2026-02-30"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := parseTime(text, kst)
		if got.at.IsZero() && (got.day || got.zoned) {
			t.Errorf("%q: a precision without a time", text)
		}
		if want, err := time.ParseInLocation("2006-01-02 15:04:05", text, kst); err == nil && !strings.ContainsAny(text, ",") && len(text) >= 19 {
			if !got.at.Equal(want) {
				t.Errorf("%q is %s, want %s", text, got.at, want)
			}
		}
	})
}

func TestParseTimeAllocatesNothing(t *testing.T) {
	for _, text := range []string{"2026-09-27 15:30:00", "2026.09.27", "2026-09-27T15:30:00+09:00", "2026-09-27T06:30:00.000Z", "-"} {
		if n := testing.AllocsPerRun(100, func() { parseTime(text, kst) }); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

// TestMatchNeverGivesAwayAnothersResult tries every permutation and omission of three results, with and without what
// names them.
func TestMatchNeverGivesAwayAnothersResult(t *testing.T) {
	items := []traceItem{
		{CourierCode: "cj", TrackingNumber: "1", ClientID: "A"},
		{CourierCode: "cj", TrackingNumber: "2", ClientID: "A"},
		{CourierCode: "lotte", TrackingNumber: "1", ClientID: "B"},
	}
	result := func(i int) traceResult {
		return traceResult{ClientID: items[i].ClientID, Data: &trackingData{CourierCode: items[i].CourierCode, TrackingNumber: items[i].TrackingNumber}}
	}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {0}, {1}, {2}, {2, 1}, {1, 0}, {0, 0, 1, 2}, {}} {
		var results []traceResult
		present := map[int]bool{}
		for _, i := range order {
			results = append(results, result(i))
			present[i] = true
		}
		all := make([]*traceResult, len(items))
		match(all, items, results)
		for i, found := range all {
			if (found != nil) != present[i] {
				t.Errorf("order %v: item %d found %t", order, i, found != nil)
			}
			if found != nil && (found.Data.TrackingNumber != items[i].TrackingNumber || found.Data.CourierCode != items[i].CourierCode) {
				t.Errorf("order %v: item %d got the result of another", order, i)
			}
		}
	}
	// Nothing but the order tells these apart, and a missing one must not shift the others.
	bare := []traceResult{{Success: true}, {Success: true}}
	all := make([]*traceResult, len(items))
	match(all, items, bare)
	for i, found := range all {
		if found != nil {
			t.Errorf("item %d got a result that names nobody", i)
		}
	}
}

func TestVerdict(t *testing.T) {
	c := New(Config{APIKey: "k", SecretKey: "s"})
	tests := []struct {
		data   trackingData
		want   tracking.Status
		doubt  bool
		asOf   string // day of the month and hour, in Korea
		absent bool
	}{
		{trackingData{DeliveryStatus: "delivered", IsDelivered: true, DateDelivered: "2026-09-27 15:30", DateLastProgress: "2026-09-28 10:00"}, tracking.StatusDelivered, false, "27 15", false},
		{trackingData{DeliveryStatus: "DELIVERED", DateLastProgress: "2026-09-28 10:00"}, tracking.StatusDelivered, false, "28 10", false},
		{trackingData{DeliveryStatus: "IN_TRANSIT", DateDelivered: "2026-09-27 15:30", DateLastProgress: "2026-09-28 10:00"}, tracking.StatusInTransit, false, "28 10", false},
		{trackingData{DeliveryStatus: "IN_TRANSIT", IsDelivered: true}, tracking.StatusDelivered, false, "", false},
		{trackingData{DeliveryStatus: "STORED", IsDelivered: true}, tracking.StatusDelivered, false, "", false},
		{trackingData{IsDelivered: true}, tracking.StatusDelivered, false, "", false},
		{trackingData{DeliveryStatus: "HOLD", IsDelivered: true}, tracking.StatusHold, true, "", false},
		{trackingData{DeliveryStatus: "FAILED", IsDelivered: true}, tracking.StatusFailed, true, "", false},
		{trackingData{DeliveryStatus: "RETURNED", IsDelivered: true, DateDelivered: "2026-09-27 15:30", DateLastProgress: "2026-09-28 10:00"}, tracking.StatusReturned, true, "28 10", false},
		{trackingData{DeliveryStatus: "CANCELLED", IsDelivered: true}, tracking.StatusCancelled, true, "", false},
		{trackingData{}, tracking.StatusUnknown, false, "", true},
	}
	for _, tt := range tests {
		p := c.parcel(&tt.data, tracking.Query{Courier: "cj", Number: "680123456782"}, time.Now())
		if tt.absent {
			if len(p.Verdicts) != 0 {
				t.Errorf("%+v: a verdict out of nothing", tt.data)
			}
			continue
		}
		v := p.Verdicts[0]
		asOf := ""
		if !v.AsOf.IsZero() {
			asOf = v.AsOf.Format("02 15")
		}
		if v.Status != tt.want || v.Doubts.Has(tracking.DoubtDeliveredFlag) != tt.doubt || asOf != tt.asOf || v.Code != tt.data.DeliveryStatus {
			t.Errorf("%+v: %+v", tt.data, v)
		}
	}
}
