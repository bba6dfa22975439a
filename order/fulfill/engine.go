package fulfill

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

// An Engine keeps the road: it polls, works the inbox, moves orders and delivers actions. Make one with [New]; its methods may
// be called concurrently, before, during and after Run. Several engines, in several processes, may share a store.
type Engine struct {
	config Config
	poll   *poll.Engine
	worker *webhook.Worker // nil without an inbox
	outbox *dispatcher

	schedule *poll.Adaptive // nil with another policy
	pushes   *pushes        // nil without pushes, or with a policy that has other means to know of them

	running atomic.Bool

	statsMu sync.Mutex
	stats   Stats
}

// New makes an engine, or reports every fault of the configuration at once. It asks and starts nothing.
func New(c Config) (*Engine, error) {
	e, err := build(c)
	if err != nil {
		return nil, err
	}
	if e.pushes != nil {
		e.schedule.Heed(&e.pushes.hints)
	}
	return e, nil
}

// build changes nothing of what the host gave.
func build(c Config) (*Engine, error) {
	e := &Engine{config: c}
	var faults []error
	faults = append(faults, e.config.complete())
	faults = append(faults, e.road()...)
	e.outbox = newDispatcher(e)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return e, nil
}

// Run polls, works the inbox and delivers actions until ctx ends. Then it begins nothing more, lets what runs end, and
// returns nil, or the errors of what could not go on; none of its goroutines is left. It returns an error at once when it
// runs already. It may be run again.
func (e *Engine) Run(ctx context.Context) error {
	if !e.running.CompareAndSwap(false, true) {
		return errors.New("fulfill: the engine runs already")
	}
	defer e.running.Store(false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func(context.Context) error{e.poll.Run, e.outbox.run, e.shift}
	if e.pushes != nil {
		e.pushes.recollect(ctx)
		parts = append(parts, e.pushes.run)
	}
	if e.worker != nil {
		parts = append(parts, e.worker.Run)
	}
	faults := make([]error, len(parts))
	var running sync.WaitGroup
	for i, part := range parts {
		running.Go(func() {
			defer cancel() // none goes on without the others
			faults[i] = part(ctx)
		})
	}
	running.Wait()
	e.pushes.end(ctx)
	return errors.Join(faults...)
}
