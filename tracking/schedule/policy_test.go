package schedule

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func TestStatusTable(t *testing.T) {
	for _, c := range []struct {
		clock  string
		status tracking.Status
		want   time.Duration
		why    string
	}{
		{"09:59", tracking.StatusOutForDelivery, 2 * time.Hour, "asked every 2 h between 20:00 and 10:00"},
		{"10:00", tracking.StatusOutForDelivery, 30 * time.Minute, "asked every 30 min while OUT_FOR_DELIVERY"},
		{"19:59", tracking.StatusPickedUp, 30 * time.Minute, "asked every 30 min while PICKED_UP"},
		{"20:00", tracking.StatusPickedUp, 2 * time.Hour, "asked every 2 h between 20:00 and 10:00"},
		{"00:00", tracking.StatusInTransit, 2 * time.Hour, "asked every 2 h between 20:00 and 10:00"},
		{"12:00", tracking.StatusRegistered, 2 * time.Hour, "asked every 2 h while REGISTERED"},
		{"12:00", tracking.StatusFailed, 2 * time.Hour, "asked every 2 h while FAILED"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-02 "+c.clock, korea)
		if err != nil {
			t.Fatal(err)
		}
		v := View{Status: c.status, Now: now.UTC()} // the zone of the caller does not matter
		if got := (StatusTable{}).Next(v).Sub(v.Now); got != c.want {
			t.Errorf("%s %s: after %v, want %v", c.clock, c.status, got, c.want)
		}
		if got := (StatusTable{}).Why(v); got != c.why {
			t.Errorf("%s %s: %q, want %q", c.clock, c.status, got, c.why)
		}
	}
}

func TestFixed(t *testing.T) {
	for every, want := range map[time.Duration]time.Duration{
		2 * time.Hour: 2 * time.Hour, time.Second: time.Minute, 0: time.Minute, -time.Hour: time.Minute,
	} {
		if got := (Fixed{Every: every}).Next(View{Now: monday}).Sub(monday); got != want {
			t.Errorf("every %v: after %v, want %v", every, got, want)
		}
	}
	for every, want := range map[time.Duration]string{
		2 * time.Hour: "asked every 2 h", 72 * time.Minute: "asked every 1 h 12 min", 5 * time.Minute: "asked every 5 min",
	} {
		if got := (Fixed{Every: every}).Why(View{}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
