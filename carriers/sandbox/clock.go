package sandbox

import (
	"context"
	"sync"
	"time"
)

// Clock is the time of a world. Its zero value is the wall clock; it can be set, stepped, stopped and sped up, and
// everything in the world (scans, limits, quotas, delays) goes by it. It is safe for concurrent use, and has no goroutine.
//
// Under testing/synctest "wall clock" means the bubble's clock, so a world made inside a bubble lives in fake time.
type Clock struct {
	mu      sync.Mutex
	set     bool          // false: the zero value, plain wall clock
	real    time.Time     // wall time at which the world's time was at
	at      time.Time     // the world's time then
	speed   float64       // world seconds per wall second; 0 stands still
	changed chan struct{} // closed when somebody set, stepped or sped; nil while nobody waits
}

// NewClock makes a clock that shows at now and runs speed times as fast as the wall clock; 0 stands still until it is
// set or stepped, and a negative speed counts as 0.
func NewClock(at time.Time, speed float64) *Clock {
	return &Clock{set: true, real: time.Now(), at: at, speed: max(speed, 0)}
}

// Now gives the world's time, in the zone of the time it was last set to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

// Set puts the clock to t and leaves its speed. It may go back; the world then shows less again.
func (c *Clock) Set(t time.Time) { c.change(func() { c.at = t }) }

// Advance steps the clock by d and leaves its speed.
func (c *Clock) Advance(d time.Duration) { c.change(func() { c.at = c.at.Add(d) }) }

// Speed lets the clock run factor times as fast as the wall clock from now on; 0 stops it, negative counts as 0.
func (c *Clock) Speed(factor float64) { c.change(func() { c.speed = max(factor, 0) }) }

// Rate gives the present speed.
func (c *Clock) Rate() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.set {
		return 1
	}
	return c.speed
}

// Sleep waits until d of the world's time has passed or ctx has ended, and gives the context's error in that case.
// On a clock that stands still it waits for somebody to step it.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	deadline := c.Now().Add(d)
	for {
		left, changed, running := c.left(deadline)
		if left <= 0 {
			return ctx.Err()
		}
		if err := pause(ctx, left, changed, running); err != nil {
			return err
		}
	}
}

// pause waits for the wall time left (if the clock runs), for a change of the clock, or for the end of ctx.
func pause(ctx context.Context, left time.Duration, changed <-chan struct{}, running bool) error {
	var rung <-chan time.Time
	if running {
		timer := time.NewTimer(left)
		defer timer.Stop()
		rung = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-rung:
	}
	return nil
}

// left gives the wall time until deadline at the present speed, and a channel that tells of a change before that.
func (c *Clock) left(deadline time.Time) (wall time.Duration, changed <-chan struct{}, running bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := deadline.Sub(c.now())
	if left <= 0 {
		return 0, nil, true
	}
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	if !c.set {
		return left, c.changed, true
	}
	if c.speed == 0 {
		return left, c.changed, false
	}
	return max(time.Duration(float64(left)/c.speed), 1), c.changed, true
}

func (c *Clock) now() time.Time {
	if !c.set {
		return time.Now()
	}
	return c.at.Add(time.Duration(float64(time.Since(c.real)) * c.speed))
}

// change brings the clock's base up to now, so that f sees and alters a base without elapsed time, and wakes the waiting.
func (c *Clock) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if !c.set {
		c.set, c.speed = true, 1
	}
	c.real, c.at = time.Now(), now
	f()
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}
