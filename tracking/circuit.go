package tracking

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

// CircuitConfig says when trouble is bad enough to stop asking for a while. The zero value means the defaults.
//
// Each carrier has one circuit for itself, which counts calls that failed as a whole, and one for every courier, which
// counts what the carrier said of that courier's parcels one by one. Only [ErrUpstream] counts as trouble; an
// answer whose cause the server masks counts neither way, nor does a call that ended with its callers' contexts.
//
// An open circuit answers with ErrUpstream at once, without a call, so that the next carrier is asked. After the pause
// one call goes through on trial; its success closes the circuit, its failure doubles the pause.
type CircuitConfig struct {
	// Failures in a row that open a circuit; 0 means 5, a negative number means that circuits never open. It also
	// opens when half of the last 20 outcomes, all of them within 2 minutes, were failures.
	Failures int
	// Pause is how long a circuit stays open at first; 0 means 30 s.
	Pause time.Duration
	// LongestPause is where doubling ends; 0 means 10 minutes.
	LongestPause time.Duration
}

const (
	outcomesKept   = 20
	outcomesWithin = 2 * time.Minute
	// trialWait is what those are told who come while a trial is under way: its outcome is near.
	trialWait = time.Second
	// couriersKept is how many couriers may have a circuit before those that matter no more are looked for: Korea has
	// fewer couriers, but a host may ask for what is none.
	couriersKept = 256
)

func (c CircuitConfig) faults() []error {
	var faults []error
	if c.Pause < 0 || c.LongestPause < 0 {
		faults = append(faults, fmt.Errorf("tracking: negative pause of circuits: %s, %s", c.Pause, c.LongestPause))
	}
	if full := c.withDefaults(); full.LongestPause < full.Pause {
		faults = append(faults, fmt.Errorf("tracking: LongestPause %s is shorter than Pause %s", full.LongestPause, full.Pause))
	}
	return faults
}

func (c CircuitConfig) withDefaults() CircuitConfig {
	if c.Failures == 0 {
		c.Failures = 5
	}
	if c.Pause == 0 {
		c.Pause = 30 * time.Second
	}
	if c.LongestPause == 0 {
		c.LongestPause = 10 * time.Minute
	}
	return c
}

// A circuit is the recent past of one carrier, or of one courier at a carrier.
type circuit struct {
	failures int // in a row
	recent   [outcomesKept]outcome
	count    int // outcomes noted since the circuit was last closed

	pause time.Duration // 0 while closed
	until time.Time     // while open: when a trial may be made
	trial *call         // while open: the call on trial
}

type outcome struct {
	at     time.Time
	failed bool
}

// admit reports whether a call may be made, and how long to wait otherwise. It makes nothing a trial.
func (c *circuit) admit(now time.Time, by *call) (wait time.Duration, ok bool) {
	switch {
	case c == nil || c.pause == 0 || c.trial != nil && c.trial == by:
		return 0, true
	case now.Before(c.until):
		return c.until.Sub(now), false
	case c.trial != nil:
		return trialWait, false
	}
	return 0, true
}

// note records one outcome of a call and reports whether it opened or closed the circuit.
func (c *circuit) note(config CircuitConfig, now time.Time, by *call, failed bool) (changed bool) {
	if c.pause > 0 {
		if c.trial != by {
			return false // sent before the circuit opened: known already
		}
		if !failed {
			*c = circuit{}
			return true
		}
		c.open(now, min(2*c.pause, config.LongestPause))
		return true
	}
	c.recent[c.count%outcomesKept] = outcome{at: now, failed: failed}
	c.count++
	if !failed {
		c.failures = 0
		return false
	}
	c.failures++
	if c.failures < config.Failures && !c.halfFailed(now) {
		return false
	}
	c.open(now, config.Pause)
	return true
}

func (c *circuit) open(now time.Time, pause time.Duration) {
	*c = circuit{pause: pause, until: now.Add(pause)}
}

func (c *circuit) halfFailed(now time.Time) bool {
	if c.count < outcomesKept {
		return false
	}
	failed := 0
	for _, o := range c.recent {
		if now.Sub(o.at) > outcomesWithin {
			return false
		}
		if o.failed {
			failed++
		}
	}
	return failed >= outcomesKept/2
}

// idle reports that nothing in the circuit speaks against its carrier or courier.
func (c *circuit) idle(now time.Time) bool {
	if c.pause > 0 {
		return false
	}
	for _, o := range c.recent[:min(c.count, outcomesKept)] {
		if o.failed && now.Sub(o.at) <= outcomesWithin {
			return false
		}
	}
	return c.failures == 0
}

// circuits are those of one carrier.
type circuits struct {
	config CircuitConfig

	mu       sync.Mutex
	own      circuit
	couriers map[Courier]*circuit // only those with a failure in their recent past
}

// look reports whether a call about a courier would be let through now. It changes nothing.
func (cs *circuits) look(now time.Time, courier Courier) (wait time.Duration, ok bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if wait, ok = cs.own.admit(now, nil); !ok {
		return wait, false
	}
	return cs.couriers[courier].admit(now, nil)
}

// enter asks for a call to be let through for a courier, on trial where a circuit is half open.
func (cs *circuits) enter(now time.Time, courier Courier, by *call) (wait time.Duration, ok bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if wait, ok = cs.own.admit(now, by); !ok {
		return wait, false
	}
	theirs := cs.couriers[courier]
	if wait, ok = theirs.admit(now, by); !ok {
		return wait, false
	}
	if cs.own.pause > 0 {
		cs.own.trial = by
	}
	if theirs != nil && theirs.pause > 0 {
		theirs.trial = by
	}
	return 0, true
}

// leave ends the trials of a call that brought no verdict.
func (cs *circuits) leave(by *call) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.own.trial == by {
		cs.own.trial = nil
	}
	for _, c := range cs.couriers {
		if c.trial == by {
			c.trial = nil
		}
	}
}

// noteCall records whether the carrier itself answered. A pause above 0 says that its circuit opened for so long.
func (cs *circuits) noteCall(now time.Time, by *call, failed bool) (pause time.Duration, changed bool) {
	if cs.config.Failures < 0 {
		return 0, false
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	changed = cs.own.note(cs.config, now, by, failed)
	return cs.own.pause, changed
}

// noteCourier records what the carrier said of one parcel of a courier.
func (cs *circuits) noteCourier(now time.Time, courier Courier, by *call, failed bool) (pause time.Duration, changed bool) {
	if cs.config.Failures < 0 {
		return 0, false
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.couriers[courier]
	if c == nil {
		if !failed {
			return 0, false
		}
		if cs.couriers == nil {
			cs.couriers = make(map[Courier]*circuit)
		}
		cs.prune(now)
		c = new(circuit)
		cs.couriers[courier] = c
	}
	changed = c.note(cs.config, now, by, failed)
	pause = c.pause
	if !failed && c.idle(now) {
		delete(cs.couriers, courier) // so that the map does not grow with every courier ever asked for
	}
	return pause, changed
}

// prune forgets circuits that have long been left alone, when there are many.
func (cs *circuits) prune(now time.Time) {
	if len(cs.couriers) < couriersKept {
		return
	}
	maps.DeleteFunc(cs.couriers, func(_ Courier, c *circuit) bool {
		last := c.until
		if c.pause == 0 {
			last = c.recent[(c.count-1)%outcomesKept].at
		}
		return c.trial == nil && now.Sub(last) > outcomesWithin
	})
}
