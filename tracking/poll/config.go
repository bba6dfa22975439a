package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Config of an [Engine]. Store and Carriers are required; the zero value of every other field works.
type Config struct {
	Store Store

	// Carriers that watches may name. Each is asked through a [tracking.Client] of its own: the clients never fall over
	// from one to another, for each costs.
	Carriers []tracking.Carrier

	Policy    Policy    // when to ask next; nil means an [Adaptive] of its own
	Lifetimes Lifetimes // when to stop

	// Confirm is asked after each record that changed what is known of a parcel, and may name another carrier for a second opinion: it
	// is then asked once, in a watch of the role [Confirm]. Empty, or a nil Confirm, means none.
	Confirm func(r Recorded) (carrier string)

	// Budgets limit, by carrier, how much is asked on a day and in a month, over restarts and over all processes on one store. They
	// need a Store that is a [Meter]; it is a fault of the configuration where it is none, since a limit that a restart
	// forgets would be none.
	Budgets map[string]Budget

	// Fallback lets another carrier take over what one cannot answer. Nothing falls over without it.
	Fallback Fallback

	// Concurrency is the number of calls at a time per carrier; 0 means 4. A carrier's own Limits().Concurrency lowers it.
	Concurrency int
	// Fill is how long a watch that has just become due waits for others to share its call with; 0 means 20 s, less than
	// 0 not at all. A watch is asked that much later than planned at most, and only while nothing else is overdue.
	Fill time.Duration
	// Lease is how long a claimed watch is kept from others; it must be longer than a call can take. 0 means 10 minutes.
	Lease time.Duration
	// Look is how often the store is looked at when nothing is known to be due, for what other processes opened; 0 means
	// a minute.
	Look time.Duration
	// Timeout ends a call that takes longer, by the wall clock; 0 means 5 minutes, well beyond the transport's own limits.
	Timeout time.Duration
	// Grace is how long calls may go on when Run is to end, by the wall clock; 0 means 10 s.
	Grace time.Duration
	// FailingAfter is the number of failures in a row at which Hooks.Failing is called; 0 means 10.
	FailingAfter int

	// Circuit and ClientHooks are for the clients.
	Circuit     tracking.CircuitConfig
	ClientHooks tracking.Hooks

	Hooks  Hooks
	Logger *slog.Logger // never a number or a person; nil is silent

	// Now is the clock of the schedule, of leases, caps and ages; nil means time.Now. It may run faster than the wall
	// clock; then Wait must keep its pace. It is called concurrently.
	Now func() time.Time
	// Wait returns when d of the clock's time has passed, never sooner, or with an error when ctx has ended; nil waits by the
	// wall clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Hooks observe an engine, for alarms, meters, and what a host does about a change. Nil functions are skipped. They run on
// the goroutine of the work, concurrently, and hold it up; a panic in one is logged and goes no further.
//
// They are called after the store has written, once each; a process that dies in between does not call them. What must not be
// missed belongs into the store's transaction, or is found by comparing the lists of an [Archive].
type Hooks struct {
	// Recorded is called after each ask and each push that was written. See [Recorded.Changed].
	Recorded func(r Recorded)
	// Ended is called when the engine closes or pauses a watch; After.Reason says why. One that is paused wants a person. What
	// the host closes or pauses itself is not told.
	Ended func(r Recorded)
	// Failing is called when the FailingAfter-th failure in a row of a watch is written.
	Failing func(w Watch)
	// Alert is called when a carrier is stopped, when it answers nonsense, when a stopped one answers again, and once a month when its
	// budget will not last ([ShortageError]), by each of several processes that find that in one moment.
	Alert func(a Alert)
	// StoreFailed is called when the store gives an error or panics.
	StoreFailed func(op string, err error)
}

// Alert is about a carrier as a whole.
type Alert struct {
	Carrier string
	Kind    string    // [tracking.KindName], or budget_short; empty when the carrier answers again
	Err     error     // nil when the carrier answers again
	Until   time.Time // when it is expected to be asked again; zero when it was not stopped
}

// Validate reports every fault of the configuration at once, as errors joined; nil when there is none.
func (c Config) Validate() error {
	_, err := c.build()
	return err
}

// build makes a lane for each carrier, and reports all faults.
func (c Config) build() ([]*lane, error) {
	var faults []error
	if c.Store == nil {
		faults = append(faults, errors.New("poll: no store"))
	}
	for _, field := range []struct {
		name     string
		negative bool
	}{
		{"Concurrency", c.Concurrency < 0}, {"Lease", c.Lease < 0}, {"Look", c.Look < 0}, {"Timeout", c.Timeout < 0}, {"Grace", c.Grace < 0},
		{"FailingAfter", c.FailingAfter < 0}, {"Fallback.Failures", c.Fallback.Failures < 0}, {"Fallback.Patience", c.Fallback.Patience < 0},
		{"Lifetimes", c.Lifetimes.negative()},
	} {
		if field.negative {
			faults = append(faults, fmt.Errorf("poll: %s is negative", field.name))
		}
	}
	meter, _ := c.Store.(Meter)
	if meter == nil && len(c.Budgets) > 0 {
		faults = append(faults, errors.New("poll: Budgets need a Store that is a Meter"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Budgets)) {
		if b := c.Budgets[name]; min(b.Day, b.Month) < 0 || b.Won < 0 {
			faults = append(faults, fmt.Errorf("poll: the budget of %.40q is negative", name))
		}
	}
	if lease, longest := cmp.Or(c.Lease, 10*time.Minute), cmp.Or(c.Timeout, 5*time.Minute); c.Now == nil && lease <= longest {
		faults = append(faults, fmt.Errorf("poll: the Lease of %v must be longer than the Timeout of a call, %v", lease, longest))
	}
	// The names and the carriers' own configurations are judged by the client, all together.
	config := tracking.Config{Carriers: c.Carriers, Concurrency: max(c.Concurrency, 0), Circuit: c.Circuit, Hooks: c.ClientHooks, Logger: c.Logger, Now: c.Now}
	if err := config.Validate(); err != nil {
		return nil, errors.Join(append(faults, err)...)
	}
	lanes := make([]*lane, len(c.Carriers))
	for i, carrier := range c.Carriers {
		config.Carriers = []tracking.Carrier{carrier}
		client, err := tracking.NewClient(config)
		if err != nil {
			return nil, errors.Join(append(faults, err)...)
		}
		l := &lane{name: carrier.Name(), client: client, serves: serving(carrier), meter: meter, budget: c.Budgets[carrier.Name()], batch: 1, slots: cmp.Or(c.Concurrency, 4), bell: make(chan struct{}, 1)}
		if limited, ok := tracking.Ability[tracking.Limited](carrier); ok {
			limits := limited.Limits()
			l.batch = max(limits.Batch, 1)
			if limits.Concurrency > 0 {
				l.slots = min(l.slots, limits.Concurrency)
			}
		}
		lanes[i] = l
	}
	for _, name := range slices.Sorted(maps.Keys(c.Budgets)) {
		if !slices.ContainsFunc(lanes, func(l *lane) bool { return l.name == name }) {
			faults = append(faults, fmt.Errorf("poll: there is a budget of %.40q, which is none of the Carriers", name))
		}
	}
	return lanes, errors.Join(faults...)
}

// serving tells which couriers a carrier serves, as the client would: all, where it does not say.
func serving(carrier tracking.Carrier) func(tracking.Courier) bool {
	if selective, ok := tracking.Ability[tracking.Selective](carrier); ok {
		return selective.Serves
	}
	return func(c tracking.Courier) bool {
		provider, _, through := strings.Cut(string(c), ":")
		return !through || provider == carrier.Name()
	}
}

func (l Lifetimes) negative() bool {
	return min(l.Delivered, l.Returned, l.NotFound, l.Silence, l.Age, time.Duration(l.DeliveredChecks)) < 0
}

// waitByTimer is the default of Config.Wait.
func waitByTimer(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
