package main

import "time"

// The shop's calendar, counted from the day on which the orders come in. Labels are counted in working days.
var (
	handedOn  = at(0, 11, 30) // 배송지시
	packing   = at(0, 13, 0)  // 출고지시
	pickup    = at(0, 16, 45) // the first parcels leave
	evening   = at(0, 19, 0)  // the ship-out sheet
	secondRun = at(1, 10, 0)  // the other half of what was split
	regrets   = at(1, 9, 0)   // some buyers want to cancel
	answers   = at(2, 12, 0)  // and are told that it is too late
	found     = at(5, 19, 0)  // the sheet that was forgotten
	claims    = at(7, 10, 0)  // returns and exchanges
	counting  = at(14, 18, 0) // by when what comes back is expected
	replacing = at(15, 11, 0) // replacements go out
	closing   = at(21, 18, 0) // by when those are expected
)

const (
	recallDay  = 5  // the seventh day, without the weekend
	insteadDay = 11 // the fifteenth
)

// at is a time of the shop's n-th day.
func at(day, hour, minute int) time.Time {
	year, month, first := opening.Date()
	return time.Date(year, month, first+day, hour, minute, 0, 0, kst)
}
