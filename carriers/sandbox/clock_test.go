package sandbox

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(referenceStart, 60)
		time.Sleep(time.Minute)
		if got := c.Now(); !got.Equal(referenceStart.Add(time.Hour)) {
			t.Errorf("a minute at speed 60: %s", got)
		}
		c.Advance(time.Hour)
		c.Speed(0)
		time.Sleep(time.Hour)
		if got := c.Now(); !got.Equal(referenceStart.Add(2 * time.Hour)) {
			t.Errorf("a stopped clock moved: %s", got)
		}
		c.Speed(1)
		c.Set(referenceStart)
		time.Sleep(time.Second)
		if got := c.Now(); !got.Equal(referenceStart.Add(time.Second)) {
			t.Errorf("set back and running: %s", got)
		}
		c.Speed(-3)
		if c.Rate() != 0 {
			t.Errorf("negative speed: %g", c.Rate())
		}
	})
}

func TestZeroClockIsTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(Clock)
		if !c.Now().Equal(time.Now()) || c.Rate() != 1 {
			t.Errorf("%s at %g, wall %s", c.Now(), c.Rate(), time.Now())
		}
		c.Advance(time.Hour)
		time.Sleep(time.Second)
		if got := time.Until(c.Now()); got != time.Hour {
			t.Errorf("an hour ahead is %s ahead", got)
		}
	})
}

func TestSleepFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(referenceStart, 0)
		woke := make(chan error)
		go func() { woke <- c.Sleep(t.Context(), time.Hour) }()
		asleep := func(when string) {
			t.Helper()
			synctest.Wait()
			select {
			case <-woke:
				t.Fatalf("woke %s", when)
			default:
			}
		}
		time.Sleep(24 * time.Hour)
		asleep("on a clock that stands still")
		c.Advance(59 * time.Minute)
		asleep("a minute early")
		c.Speed(30)
		begin := time.Now()
		if err := <-woke; err != nil || time.Since(begin) != 2*time.Second {
			t.Errorf("a minute at speed 30 took %s, %v", time.Since(begin), err)
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []*Clock{new(Clock), NewClock(referenceStart, 0), NewClock(referenceStart, 1000)} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := c.Sleep(ctx, 10_000*time.Hour); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("speed %g: %v", c.Rate(), err)
			}
			cancel()
		}
	})
}
