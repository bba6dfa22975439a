package schedule

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Policy decides when a parcel is asked about next.
//
// Implementations are pure: the same View gives the same answer, whatever was decided before, and they are safe for concurrent
// use. They keep no clock and know no parcel but the one in the View.
type Policy interface {
	// Next is the time of the next poll, later than v.Now.
	Next(v View) time.Time
	// Why says in a few words for a person what Next decided and on what ground.
	Why(v View) string
}

// Fixed asks in the same interval always.
type Fixed struct {
	Every time.Duration // more than zero; below a minute it is a minute
}

// Next is Every after the last poll.
func (f Fixed) Next(v View) time.Time { return v.Now.Add(max(f.Every, time.Minute)) }

// Why names the interval.
func (f Fixed) Why(v View) string { return f.Reason(v).String() }

// StatusTable is the table that a provider of batches once advised for its own poller (documented by the provider): every half
// hour while a parcel moves, else every two hours, and never oftener than every two hours from 20:00 to 10:00 in Korea.
type StatusTable struct{}

// Next is half an hour or two hours after the last poll.
func (s StatusTable) Next(v View) time.Time { return v.Now.Add(s.interval(v)) }

// Why names the row of the table.
func (s StatusTable) Why(v View) string { return s.Reason(v).String() }

func (s StatusTable) interval(v View) time.Duration {
	if s.night(v) || !moving(v.Status) {
		return 2 * time.Hour
	}
	return 30 * time.Minute
}

func (StatusTable) night(v View) bool {
	hour := minuteOf(v.Now) / 60 % 24
	return hour >= 20 || hour < 10
}

func moving(s tracking.Status) bool {
	return s >= tracking.StatusPickedUp && s <= tracking.StatusOutForDelivery
}

// shortly writes a duration as people say it: 30 min, 2 h, 1 h 12 min.
func shortly(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch hours := minutes / 60; {
	case hours == 0:
		return fmt.Sprintf("%d min", minutes)
	case minutes%60 == 0:
		return fmt.Sprintf("%d h", hours)
	default:
		return fmt.Sprintf("%d h %d min", hours, minutes%60)
	}
}

// minuteOf counts minutes of Korea's clock from the beginning of 1970, which was a Thursday.
func minuteOf(t time.Time) int64 { return t.Unix()/60 + 9*60 }
