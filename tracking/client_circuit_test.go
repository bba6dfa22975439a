package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

var down = &tracking.Error{Op: "query", Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon, Billed: tracking.No}

// circuitOf is a carrier whose state a test sets, with a client.
type circuitOf struct {
	*scripted
	client *tracking.Client
	item   error // of each parcel
	whole  error // of the call
}

func newCircuit(t *testing.T, config tracking.Config) *circuitOf {
	c := &circuitOf{scripted: &scripted{name: "a", limits: tracking.Limits{Batch: 20}}}
	c.scripted.answer = func(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
		if c.whole != nil {
			return nil, c.whole
		}
		if c.item != nil {
			return c.each(qs), nil
		}
		results := make([]tracking.Result, len(qs))
		for i, q := range qs {
			results[i] = moving(q)
		}
		return results, nil
	}
	c.scripted.item = func(q tracking.Query) tracking.Result { return failing(c.item)(q) }
	c.client = newClient(t, config, c)
	return c
}

// asked tracks a parcel and reports whether the carrier was asked.
func (c *circuitOf) asked(t *testing.T, courier tracking.Courier) (bool, error) {
	t.Helper()
	before := c.callCount()
	_, err := c.client.Track(t.Context(), query(courier, "680123456782"))
	return c.callCount() > before, err
}

func (c *circuitOf) mustAsk(t *testing.T, courier tracking.Courier, want bool) error {
	t.Helper()
	asked, err := c.asked(t, courier)
	if asked != want {
		t.Errorf("asked: %v, want %v (%v)", asked, want, err)
	}
	return err
}

func TestCourierCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit(t, tracking.Config{})
		c.item = down
		for range 5 {
			c.mustAsk(t, "cj", true)
		}
		err := c.mustAsk(t, "cj", false)
		if e := asError(t, err); !errors.Is(err, tracking.ErrUpstream) || e.Retry != tracking.RetryAfter || e.Wait != 30*time.Second || e.Billed != tracking.No {
			t.Errorf("open: %#v", e)
		}
		c.mustAsk(t, "lotte", true) // another courier is not concerned
		for _, pause := range []time.Duration{30, 60, 120, 240, 480, 600, 600} {
			time.Sleep(pause*time.Second - 1)
			c.mustAsk(t, "cj", false)
			time.Sleep(time.Nanosecond)
			c.mustAsk(t, "cj", true) // the trial, which fails
			c.mustAsk(t, "cj", false)
		}
		time.Sleep(10 * time.Minute)
		c.item = nil
		for range 3 {
			if err := c.mustAsk(t, "cj", true); err != nil {
				t.Error(err)
			}
		}
		c.item = down
		for range 5 { // counting starts anew, and so does the pause
			c.mustAsk(t, "cj", true)
		}
		if e := asError(t, c.mustAsk(t, "cj", false)); e.Wait != 30*time.Second {
			t.Errorf("pause %s after it had been closed", e.Wait)
		}
	})
}

func TestCarrierCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit(t, tracking.Config{})
		c.whole = down
		for _, courier := range []tracking.Courier{"cj", "lotte", "hanjin", "x", "y"} {
			c.mustAsk(t, courier, true)
		}
		c.mustAsk(t, "never asked before", false)
		before := c.callCount()
		n := 0
		for r := range c.client.TrackAll(t.Context(), repeat(100, "cj", "lotte")) {
			if n++; !errors.Is(r.Err, tracking.ErrUpstream) || r.Carrier != "" {
				t.Errorf("got %v", r.Err)
			}
		}
		if n != 100 || c.callCount() != before {
			t.Errorf("%d results, %d calls into an outage", n, c.callCount()-before)
		}
		time.Sleep(30 * time.Second)
		c.whole = nil
		if err := c.mustAsk(t, "lotte", true); err != nil {
			t.Error(err)
		}
	})
}

func TestOneTrialOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit(t, tracking.Config{Concurrency: 10})
		c.whole = down
		for range 5 {
			c.mustAsk(t, "cj", true)
		}
		time.Sleep(30 * time.Second)
		slow(c.scripted, time.Second)
		c.scripted.item = moving
		before := c.callCount()
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := c.client.Track(t.Context(), query("cj", "1")); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for _, number := range []string{"2", "3"} {
			if _, err := c.client.Track(t.Context(), query("cj", number)); asError(t, err).Wait != time.Second {
				t.Errorf("during the trial: %v", err)
			}
		}
		group.Wait()
		if c.callCount() != before+1 {
			t.Errorf("%d calls while half open", c.callCount()-before)
		}
		c.mustAsk(t, "cj", true)
	})
}

func TestTrialWithoutVerdict(t *testing.T) {
	for _, whole := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newCircuit(t, tracking.Config{})
			say := func(err error) { c.item = err }
			if whole {
				say = func(err error) { c.whole = err }
			}
			say(down)
			for range 5 {
				c.mustAsk(t, "cj", true)
			}
			time.Sleep(30 * time.Second)
			say(fault(tracking.ErrRateLimited))
			c.mustAsk(t, "cj", true)
			c.mustAsk(t, "cj", true) // neither proved nor disproved: the next call is the trial
		})
	}
}

func TestHalfOfTheLastTwenty(t *testing.T) {
	for _, test := range []struct {
		gap  time.Duration
		open bool
	}{{time.Second, true}, {10 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCircuit(t, tracking.Config{})
			for i := range 20 {
				c.item = nil
				if i%2 == 1 || i == 0 {
					c.item = down
				}
				if asked, _ := c.asked(t, "cj"); !asked {
					t.Fatalf("open after %d", i)
				}
				time.Sleep(test.gap)
			}
			c.item = nil
			c.mustAsk(t, "cj", !test.open)
		})
	}
}

func TestWhatCircuitsDoNotCount(t *testing.T) {
	masked := *down
	masked.Masked = true
	for name, err := range map[string]error{
		"masked": &masked, "not found": fault(tracking.ErrNotFound), "rate limited": fault(tracking.ErrRateLimited),
		"credentials": fault(tracking.ErrCredentials), "protocol": fault(tracking.ErrProtocol),
	} {
		for _, whole := range []bool{false, true} {
			c := newCircuit(t, tracking.Config{})
			if whole {
				c.whole = err
			} else {
				c.item = err
			}
			for range 30 {
				if asked, _ := c.asked(t, "cj"); !asked {
					t.Errorf("%s (whole call: %v) opened a circuit", name, whole)
					break
				}
			}
		}
	}
}

func TestCircuitsSwitchedOff(t *testing.T) {
	c := newCircuit(t, tracking.Config{Circuit: tracking.CircuitConfig{Failures: -1}})
	c.whole = down
	for range 50 {
		c.mustAsk(t, "cj", true)
	}
}

// TestEndedCallersOpenNoCircuit: not even when the carrier calls it trouble, because it felt the deadline first.
func TestEndedCallersOpenNoCircuit(t *testing.T) {
	t.Run("call", func(t *testing.T) { testEndedCallers(t, false) })
	t.Run("parcel", func(t *testing.T) { testEndedCallers(t, true) })
}

func testEndedCallers(t *testing.T, items bool) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit(t, tracking.Config{})
		c.item = down
		c.scripted.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			deadline, _ := ctx.Deadline()
			time.Sleep(time.Until(deadline))
			if items {
				return c.each(qs), nil
			}
			return nil, down
		}
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := c.client.Track(ctx, query("cj", "680123456782")); err == nil {
				t.Error("no error")
			}
			cancel()
		}
		if c.callCount() != 20 {
			t.Errorf("%d calls, want 20: a circuit opened", c.callCount())
		}
	})
}

// TestMixedBatch: in a batch that mixes couriers each parcel speaks for its own courier only.
func TestMixedBatch(t *testing.T) {
	c := newCircuit(t, tracking.Config{})
	c.scripted.item = func(q tracking.Query) tracking.Result {
		if q.Courier == "cj" {
			return failing(down)(q)
		}
		return moving(q)
	}
	c.item = down
	for range c.client.TrackAll(t.Context(), repeat(10, "cj", "lotte")) {
	}
	c.mustAsk(t, "cj", false)
	c.mustAsk(t, "lotte", true)

	whole := newCircuit(t, tracking.Config{})
	whole.whole = down
	for range whole.client.TrackAll(t.Context(), repeat(20, "cj", "lotte")) {
	}
	whole.whole = nil
	whole.mustAsk(t, "cj", true) // one failed call, whatever it carried
}

// TestWaitingCallsSeeTheCircuitOpen: a queue in front of a carrier that goes down does not run into it one by one.
func TestWaitingCallsSeeTheCircuitOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit(t, tracking.Config{Concurrency: 1})
		c.scripted.answer = func(context.Context, []tracking.Query) ([]tracking.Result, error) {
			time.Sleep(time.Second)
			return nil, down
		}
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() { _, _ = c.client.Track(t.Context(), query("cj", string(rune('A'+i)))) })
		}
		group.Wait()
		if c.callCount() != 5 {
			t.Errorf("%d calls into an outage, want 5", c.callCount())
		}
	})
}

func TestOpenCircuitFallsOver(t *testing.T) {
	c := newCircuit(t, tracking.Config{Carriers: nil})
	second := &scripted{name: "second"}
	c.client = newClient(t, tracking.Config{}, c, second)
	c.whole = down
	for range 8 {
		if _, err := c.client.Track(t.Context(), query("cj", "680123456782")); err != nil {
			t.Error(err)
		}
	}
	n := 0
	for r := range c.client.TrackAll(t.Context(), repeat(40, "cj")) {
		if n++; r.Carrier != "second" {
			t.Errorf("answered by %q", r.Carrier)
		}
	}
	if c.callCount() != 5 || n != 40 {
		t.Errorf("%d calls of the first, %d results", c.callCount(), n)
	}
}

// TestCircuitsOfManyCouriers: a host that asks for couriers that are none does not fill the memory, and does not close circuits that are open.
func TestCircuitsOfManyCouriers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCircuit(t, tracking.Config{})
		c.item = down
		for range 5 {
			c.mustAsk(t, "cj", true)
		}
		for i := range 1000 {
			c.mustAsk(t, tracking.Courier(fmt.Sprint("nonsense ", i)), true)
		}
		c.mustAsk(t, "cj", false)
	})
}
