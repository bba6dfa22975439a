package fulfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

// road makes the poll engine and the worker, and reports the faults of their configurations.
func (e *Engine) road() (faults []error) {
	c := &e.config
	settings := c.Poll
	settings.Store, settings.Carriers = &ledger{e}, c.Carriers
	settings.Now, settings.Wait, settings.Logger = c.Now, c.Wait, c.Logger
	if settings.Policy == nil {
		settings.Policy = new(poll.Adaptive)
	}
	e.schedule, _ = settings.Policy.(*poll.Adaptive)
	if e.pushes = e.pushed(); e.pushes != nil {
		settings.Hooks.Recorded = both(e.pushes.recorded, c.Poll.Hooks.Recorded)
	}
	settings.Hooks.Alert = both(e.short, c.Poll.Hooks.Alert)
	var err error
	if e.poll, err = poll.New(settings); err != nil {
		faults = append(faults, err)
	}
	for courier, names := range c.Prefer {
		for _, name := range names {
			if !slices.ContainsFunc(c.Carriers, func(t tracking.Carrier) bool { return t != nil && t.Name() == name }) {
				faults = append(faults, fmt.Errorf("fulfill: Prefer[%.40q]: no carrier is named %.40q", string(courier), name))
			}
		}
	}
	if c.Inbox == nil {
		if len(c.Sources) > 0 {
			faults = append(faults, errors.New("fulfill: Sources without an Inbox"))
		}
		return faults
	}
	e.worker = &webhook.Worker{Inbox: c.Inbox, Sources: c.Sources, Deliver: e.deliver, Poll: c.InboxLook, Logger: c.Logger, Now: c.Now}
	if err := e.worker.Validate(); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// both makes one hook of the engine's own and the host's, which may be nil.
func both[T any](own, host func(T)) func(T) {
	if host == nil {
		return own
	}
	return func(told T) {
		own(told)
		host(told)
	}
}

// serving names the carriers that may be asked about a courier's parcels, the first one first.
func (e *Engine) serving(courier tracking.Courier) []string {
	var names []string
	add := func(c tracking.Carrier) {
		if takes(c, courier) && !slices.Contains(names, c.Name()) {
			names = append(names, c.Name())
		}
	}
	for _, name := range e.config.Prefer[courier] {
		for _, c := range e.config.Carriers {
			if c.Name() == name {
				add(c)
			}
		}
	}
	for _, c := range e.config.Carriers {
		add(c)
	}
	return names
}

// takes reports whether a carrier may be asked about a courier, as the client sees it.
func takes(c tracking.Carrier, courier tracking.Courier) bool {
	if selective, ok := tracking.Ability[tracking.Selective](c); ok {
		return selective.Serves(courier)
	}
	provider, _, through := strings.Cut(string(courier), ":")
	return !through || provider == c.Name()
}

// watch names the primary watch of a shipment. One that nobody serves has a paused watch at the first carrier, for what is
// pushed.
func (e *Engine) watch(s *Shipment) poll.WatchID {
	carrier := s.Carrier
	if carrier == "" {
		carrier = e.config.Carriers[0].Name()
	}
	return poll.WatchID{Shipment: s.ID, Carrier: carrier, Role: poll.Primary}
}

// Wake makes the receiving half look at its inbox at once. It never blocks; it fits the Wake of a [webhook.Config].
func (e *Engine) Wake() {
	if e.worker != nil {
		e.worker.Wake()
	}
}

// deliver takes what a message says to the watches of its parcels. A parcel that no order carries yet may be one whose order
// is being committed: the message waits.
func (e *Engine) deliver(ctx context.Context, d webhook.Delivery) error {
	unmatched := false
	for i := range d.Observations {
		o := &d.Observations[i]
		uses, err := e.uses(ctx, o.Parcel.Courier, o.Parcel.Number)
		for i := range uses {
			if err == nil && !uses[i].Forgotten {
				_, err = e.poll.Observe(ctx, e.watch(&uses[i]), *o)
			}
		}
		switch {
		case errors.Is(err, ErrNoShipment), errors.Is(err, poll.ErrNoWatch):
			unmatched = true
		case err != nil:
			return err
		}
	}
	if unmatched {
		e.count(func(s *Stats) { s.Unmatched++ })
		return webhook.ErrUnmatched
	}
	return nil
}

// uses gives the newest use of a number, and those before it of which something was heard so lately that it may be them who
// are meant.
func (e *Engine) uses(ctx context.Context, courier tracking.Courier, no string) (uses []Shipment, err error) {
	err = e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		uses = nil
		id, err := tx.Latest(ctx, courier, number.Normalize(no))
		for err == nil {
			var s Shipment
			if s, err = tx.Shipment(ctx, id); err != nil || len(uses) > 0 && e.config.Now().Sub(s.lastNews()) > slack {
				break
			}
			uses = append(uses, s)
			if id.Generation--; id.Generation < 1 {
				break
			}
		}
		return err
	})
	return uses, err
}

// Stats is what an engine did since it was made.
type Stats struct {
	Polls     poll.Stats
	Quiet     int64 // answers and pushes that had nothing new: no order was loaded for them
	Applied   int64 // times that a shipment was applied to its orders
	Facts     int64 // of them, commands that moved or marked an order
	Tasks     int64 // tasks that parcels caused
	Withdrawn int64 // times that evidence on which actions had been taken was withdrawn
	Unmatched int64 // messages put back because no order carries their parcel yet
}

// Stats tells what was done so far. It may be called at any time.
func (e *Engine) Stats() Stats {
	e.statsMu.Lock()
	stats := e.stats
	e.statsMu.Unlock()
	stats.Polls = e.poll.Stats()
	return stats
}

func (e *Engine) count(add func(*Stats)) {
	e.statsMu.Lock()
	defer e.statsMu.Unlock()
	add(&e.stats)
}
