package tracking

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// defaultConcurrency is the number of calls at a time per carrier (our decision).
const defaultConcurrency = 4

// Config of a [Client]. Only Carriers is required; the zero value of every other field works.
type Config struct {
	// Carriers to ask, in the order in which they are asked. Names must differ. A carrier that is an [Ability] of
	// [Validator] is validated by [NewClient]. A carrier hands over the parcels that it returns and does not write
	// to them afterwards.
	Carriers []Carrier

	// Prefer puts carriers, by name, before the others for one courier. Carriers that are not named there are asked
	// after them, in the general order: a preference never takes fail-over away.
	Prefer map[Courier][]string

	// AskNextOnNotFound asks the next carrier when one has no data. Off by default, because a fresh label, which
	// nobody has scanned yet, would be asked for, and billed, everywhere.
	AskNextOnNotFound bool

	// Concurrency is the number of calls at a time per carrier; 0 means 4. A carrier's own Limits().Concurrency
	// lowers it and never raises it.
	Concurrency int

	// Circuit says when a carrier, or one courier at a carrier, is left alone for a while.
	Circuit CircuitConfig

	// Logger gets circuits that open and close, carriers that break their contract, and batches taken apart; never a
	// number, a secret or a provider's text. Nil means silent.
	Logger *slog.Logger

	// Hooks observe the calls.
	Hooks Hooks

	// Now is the clock of circuits and time stamps; nil means time.Now. Deadlines of contexts are wall-clock times
	// whatever it says. It is called concurrently.
	Now func() time.Time
}

// Validate reports every fault of the configuration at once, as errors joined; nil when there is none. It makes no call.
func (c Config) Validate() error {
	_, err := c.build()
	return err
}

func (c Config) build() ([]*lane, error) {
	lanes, err := c.lanes()
	return lanes, errors.Join(err, c.preferenceFaults(), c.settingFaults())
}

func (c Config) settingFaults() error {
	var faults []error
	if c.Concurrency < 0 {
		faults = append(faults, fmt.Errorf("tracking: Concurrency is %d", c.Concurrency))
	}
	return errors.Join(append(faults, c.Circuit.faults()...)...)
}

func (c Config) preferenceFaults() error {
	names := make(map[string]bool)
	for _, carrier := range c.Carriers {
		if name, err := nameOf(carrier); err == nil {
			names[name] = true
		}
	}
	var faults []error
	for courier, preferred := range c.Prefer {
		if courier == "" || len(preferred) == 0 {
			faults = append(faults, fmt.Errorf("tracking: Prefer[%q] lacks a courier or names no carrier", courier))
		}
		seen := make(map[string]bool, len(preferred))
		for _, name := range preferred {
			switch {
			case !names[name]:
				faults = append(faults, fmt.Errorf("tracking: Prefer[%q] names %q, which is no carrier of this client", courier, name))
			case seen[name]:
				faults = append(faults, fmt.Errorf("tracking: Prefer[%q] names %q twice", courier, name))
			}
			seen[name] = true
		}
	}
	return errors.Join(faults...)
}

// lanes makes a lane for every carrier, in the general order, and reports the faults of all of them.
func (c Config) lanes() ([]*lane, error) {
	if len(c.Carriers) == 0 {
		return nil, errors.New("tracking: no carriers")
	}
	var faults []error
	seen := make(map[string]bool, len(c.Carriers))
	lanes := make([]*lane, 0, len(c.Carriers))
	for i, carrier := range c.Carriers {
		name, err := nameOf(carrier)
		if err != nil {
			faults = append(faults, fmt.Errorf("tracking: carrier %d: %w", i, err))
			continue
		}
		if seen[name] {
			faults = append(faults, fmt.Errorf("tracking: two carriers are named %q", name))
		}
		seen[name] = true
		lane, err := newLane(carrier, name, c)
		faults = append(faults, err)
		lanes = append(lanes, lane)
	}
	return lanes, errors.Join(faults...)
}

// nameOf gives a carrier's name, and an error for carriers that cannot have one: nil, or a wrapper around nothing.
func nameOf(carrier Carrier) (name string, err error) {
	for inner := carrier; ; {
		if inner == nil {
			return "", errors.New("is nil")
		}
		wrapper, ok := inner.(Wrapper)
		if !ok {
			break
		}
		inner = wrapper.Unwrap()
	}
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%T panics when asked for its name; is it a nil pointer?", carrier)
		}
	}()
	name = carrier.Name()
	odd := func(r rune) bool { return unicode.IsUpper(r) || unicode.IsSpace(r) || r == ':' }
	if name == "" || strings.ContainsFunc(name, odd) {
		return "", fmt.Errorf("%q is no name: want lower case without spaces and colons", name)
	}
	return name, nil
}

// A lane is one carrier with everything the client keeps about it.
type lane struct {
	carrier Carrier
	name    string
	serves  Selective // nil: serves everything

	batch       int // queries per call
	concurrency int // calls at a time
	oneCourier  bool
	slots       chan struct{} // one token per call that runs

	circuits circuits
	ledger   ledger
	hopeless atomic.Bool // taking a refused batch apart saved nothing last time
}

func newLane(carrier Carrier, name string, c Config) (*lane, error) {
	l := &lane{carrier: carrier, name: name, batch: 1, concurrency: c.Concurrency}
	if l.concurrency <= 0 {
		l.concurrency = defaultConcurrency
	}
	var faults []error
	if limited, ok := Ability[Limited](carrier); ok {
		limits := limited.Limits()
		if limits.Batch < 0 || limits.Concurrency < 0 {
			faults = append(faults, fmt.Errorf("tracking: %s: negative limits", name))
		}
		l.batch = max(1, limits.Batch)
		if limits.Concurrency > 0 {
			l.concurrency = min(l.concurrency, limits.Concurrency)
		}
		l.oneCourier = limits.OneCourier
	}
	if validator, ok := Ability[Validator](carrier); ok {
		if err := validator.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("tracking: %s: %w", name, err))
		}
	}
	l.serves, _ = Ability[Selective](carrier)
	l.slots = make(chan struct{}, l.concurrency)
	l.circuits.config = c.Circuit.withDefaults()
	l.ledger.begin(carrier)
	return l, errors.Join(faults...)
}

// takes reports whether the lane is asked about a courier. A courier passed through as "provider:code" means
// something to few carriers, so one that does not choose gets it only under its own name.
func (l *lane) takes(courier Courier) bool {
	if l.serves != nil {
		return l.serves.Serves(courier)
	}
	provider, _, through := strings.Cut(string(courier), ":")
	return !through || provider == l.name
}
