package sandbox

import (
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// Rhythm is how a courier's day goes in a [Crowd]. The figures are invented after what Korean timelines show: collected
// in the afternoon, between hubs at night, on the van before ten, delivered in the hours after that. They are nobody's
// service promise. Times are of the Korean day.
type Rhythm struct {
	Courier tracking.Courier
	Share   float64 // of the parcels, where [CrowdConfig.Mix] says nothing

	// Whether its vans go out on such days. Nobody works on the three days of Seollal and of Chuseok.
	Saturdays, Sundays, Holidays bool

	Pickup    Hour // 집하
	LineHaul  Hour // 간선상차, in the evening after the pickup
	Hub       Hour // 간선하차, in the night after that; a quarter of an hour later it is sent on
	Branch    Hour // at the delivering branch, on the morning of the tour
	Out       Hour // 배송출발
	Delivered Hour // 배송완료, 20 minutes after Out at the earliest

	// Lag is the mean time from a scan to its publication. It is drawn evenly up to twice that, in whole minutes, and
	// scans are published in the order in which they happen.
	Lag time.Duration
}

// Hour is a time of day that varies: drawn around Mean with the standard deviation Spread, never further from Mean than
// three times that. Both are whole minutes since midnight.
type Hour struct{ Mean, Spread time.Duration }

func hour(h, m, spread int) Hour {
	return Hour{time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, time.Duration(spread) * time.Minute}
}

// Rhythms lists the couriers that a [Crowd] can have, by size.
func Rhythms() []Rhythm {
	return []Rhythm{
		{courier.CJ, 0.45, true, true, true,
			hour(16, 30, 40), hour(22, 30, 25), hour(2, 30, 25), hour(6, 15, 10), hour(8, 40, 30), hour(14, 0, 95), 6 * time.Minute},
		{courier.Hanjin, 0.15, true, false, false,
			hour(17, 0, 30), hour(22, 50, 20), hour(3, 0, 25), hour(7, 0, 15), hour(9, 15, 25), hour(14, 30, 90), 10 * time.Minute},
		{courier.Lotte, 0.15, true, false, false,
			hour(16, 40, 30), hour(22, 40, 20), hour(3, 10, 20), hour(5, 50, 10), hour(7, 45, 25), hour(13, 50, 95), 10 * time.Minute},
		{courier.Logen, 0.1, true, false, false,
			hour(16, 0, 40), hour(22, 0, 30), hour(1, 30, 25), hour(5, 10, 8), hour(6, 50, 20), hour(13, 10, 85), 15 * time.Minute},
		{courier.Post, 0.1, false, false, false,
			hour(15, 30, 30), hour(20, 30, 20), hour(1, 0, 15), hour(6, 40, 10), hour(9, 5, 20), hour(12, 40, 60), 2 * time.Minute},
		{courier.GSPostbox, 0.05, true, false, false,
			hour(17, 10, 30), hour(23, 0, 15), hour(3, 30, 20), hour(7, 10, 10), hour(9, 50, 25), hour(18, 40, 60), 20 * time.Minute},
	}
}

// works reports whether the courier's vans go out on the Korean day of t.
func (r *Rhythm) works(t time.Time) bool {
	switch off, weekday := offOn(t), t.In(kst).Weekday(); {
	case off == festival, off == holiday && !r.Holidays:
		return false
	case weekday == time.Saturday:
		return r.Saturdays
	case weekday == time.Sunday:
		return r.Sundays
	}
	return true
}

// workday gives the first day, from day on, on which the courier works. day is a midnight.
func (r *Rhythm) workday(day time.Time) time.Time {
	for !r.works(day) {
		day = day.AddDate(0, 0, 1)
	}
	return day
}
