package sweettracker

import (
	"sync"
	"time"
)

// defaultDailyCap is what the free plan allows per number and day (reported); the paid plans allow 20.
const defaultDailyCap = 10

// countedNumbers bounds the memory of a dailyCap: some 10 MB at the worst. The largest plan published has 30,000
// numbers a month.
const countedNumbers = 65_536

// dailyCap counts how often each number was asked for on this Korean day, before the provider does. It is kept in
// memory and starts anew with the process: who needs more keeps the count in a store. When more numbers are asked
// for on a day than it holds, the further ones are not counted; the provider still is there to refuse them.
type dailyCap struct {
	limit int // queries per number and day; 0 counts nothing
	now   func() time.Time

	mu    sync.Mutex
	until time.Time // the midnight at which counts is emptied
	used  map[cappedNumber]int
}

// cappedNumber is what the provider is presumed to count by.
type cappedNumber struct{ courierCode, number string }

// take counts one query. When the number is used up it counts nothing and tells when it may be asked for again.
func (d *dailyCap) take(n cappedNumber) (resetAt time.Time, ok bool) {
	if d.limit == 0 {
		return time.Time{}, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turnDay()
	used := d.used[n]
	if used >= d.limit {
		return d.until, false
	}
	d.set(n, used+1)
	return time.Time{}, true
}

// again counts a repeat that the transport made inside a query that was let through.
func (d *dailyCap) again(n cappedNumber) {
	if d.limit == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turnDay()
	d.set(n, d.used[n]+1)
}

// giveBack undoes take for a query that was never sent.
func (d *dailyCap) giveBack(n cappedNumber) {
	if d.limit == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if used := d.used[n]; used > 0 {
		d.used[n] = used - 1
	}
}

// exhaust uses up what is left of a number: the provider said so.
func (d *dailyCap) exhaust(n cappedNumber) {
	if d.limit == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turnDay()
	d.set(n, d.limit)
}

func (d *dailyCap) set(n cappedNumber, used int) {
	if _, known := d.used[n]; known || len(d.used) < countedNumbers {
		d.used[n] = used
	}
}

// turnDay forgets yesterday. A clock that is set back keeps the counts: the provider's clock did not go back.
func (d *dailyCap) turnDay() {
	now := d.now()
	if d.used == nil || !now.Before(d.until) {
		d.used = make(map[cappedNumber]int)
		d.until = nextKoreanDay(now)
	}
}
