package fulfill

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Outbox says how actions are delivered. The zero value works.
//
// Tasks of one order go out one after the other; those of different orders concurrently. Each function of the host has
// calls of its own, so that one which hangs delays no other. A call that fails, panics or takes too long is made again
// after 1 s, 4 s, 16 s, 64 s, 256 s, about 17 minutes, and then every half hour, each wait shortened by up to half at
// random; so twenty attempts take a night. Then the task is [Dead]: it is listed, logged and told to the hook once, the
// next task of its order goes out, and a person may replay it ([Engine.Replay]).
//
// An attempt is counted before the call, so that one which takes the whole process along is counted too.
type Outbox struct {
	// Concurrency is how many calls of one function run at a time; 0 means 4.
	Concurrency int
	// Timeout ends the context of a call, by the wall clock; 0 means 30 s.
	Timeout time.Duration
	// Lease is how long a task is kept from other engines, by Config.Now: after a crash it goes out again when the lease
	// ends. It must be longer than Timeout, or a task could be in two calls at a time; where Now runs faster than the wall
	// clock, as much longer. 0 means a minute longer.
	Lease time.Duration
	// Attempts is after how many failed ones a task is given up; 0 means 20.
	Attempts int
	// Look is how often the store is looked at when nothing is known to be due, for what other processes queued, by
	// Config.Now; 0 means 5 s.
	Look time.Duration
	// Grace is how long calls may go on when Run is to end, by the wall clock; 0 means 10 s. A call that is cut then
	// failed, but its task is not given up for it.
	Grace time.Duration

	Hooks OutboxHooks
}

// OutboxHooks observe the outbox, for meters and alarms. Nil functions are skipped. They run on the goroutine of the work,
// concurrently, and hold it up; a panic in one is logged and goes no further.
type OutboxHooks struct {
	// Settled is called when it is written what became of an attempt: t.State is Done, Passed, Dead, which is worth an
	// alarm, or Waiting, for the next attempt at t.DueAt. err is what the host's function returned; it is kept nowhere.
	Settled func(t Task, err error)
	// StoreFailed is called when the store gives an error or panics.
	StoreFailed func(op string, err error)
}

// An ActionError is an error of a host's function that says more than that it failed. Of any other error only the type is
// kept with the task, for its text could tell of a person.
type ActionError struct {
	// Reason is kept in Task.Why and logged: one line of at most 200 characters, no personal data. Phone numbers, addresses
	// of the web and waybill numbers in it are masked.
	Reason string
	// Final says that trying again cannot help: the task is given up at once.
	Final bool
	Err   error // may be nil
}

// Error gives the reason and the error.
func (e *ActionError) Error() string {
	switch {
	case e.Err == nil:
		return cmp.Or(e.Reason, "failed")
	case e.Reason == "":
		return e.Err.Error()
	}
	return e.Reason + ": " + e.Err.Error()
}

// Unwrap gives Err.
func (e *ActionError) Unwrap() error { return e.Err }

func (o Outbox) withDefaults() Outbox {
	o.Concurrency = cmp.Or(o.Concurrency, 4)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Lease = cmp.Or(o.Lease, o.Timeout+time.Minute)
	o.Attempts = cmp.Or(o.Attempts, 20)
	o.Look = cmp.Or(o.Look, 5*time.Second)
	o.Grace = cmp.Or(o.Grace, 10*time.Second)
	return o
}

func (o Outbox) faults() (faults []error) {
	for _, field := range []struct {
		name     string
		negative bool
	}{
		{"Concurrency", o.Concurrency < 0}, {"Timeout", o.Timeout < 0}, {"Lease", o.Lease < 0}, {"Attempts", o.Attempts < 0},
		{"Look", o.Look < 0}, {"Grace", o.Grace < 0},
	} {
		if field.negative {
			faults = append(faults, fmt.Errorf("fulfill: Outbox.%s is negative", field.name))
		}
	}
	if o = o.withDefaults(); len(faults) == 0 && o.Lease <= o.Timeout {
		faults = append(faults, fmt.Errorf("fulfill: the Outbox.Lease of %v must be longer than the Timeout of a call, %v", o.Lease, o.Timeout))
	}
	return faults
}

// Errors of the outbox.
var (
	// ErrNoArchive means that the store cannot list: it is no [Archive].
	ErrNoArchive = errors.New("fulfill: the store is no archive")
	// ErrWithdrawn means that a task cannot be replayed: what caused it was withdrawn since, or its undo is queued.
	ErrWithdrawn = errors.New("fulfill: what caused the task was withdrawn")
)
