package fulfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// An incident is a silence that was told.
type incident struct {
	n            int
	since, until time.Time // until is zero while it goes on
}

// longestMemory is how far back incidents are looked for: no watch lives through a longer silence.
const longestMemory = 60 * 24 * time.Hour

// incidents gives those of a subject that matter still, the latest first.
func (e *Engine) incidents(ctx context.Context, s subject) (found []incident, err error) {
	err = e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		found = nil
		last, err := lastNumbered(func(n int) (bool, error) { return has(ctx, tx, s.key(n)) })
		for n := last; n > 0 && err == nil; n-- {
			var i incident
			if i, err = incidentOf(ctx, tx, s.key(n)); err != nil {
				break
			}
			if !i.until.IsZero() && e.config.Now().Sub(i.until) > longestMemory {
				break
			}
			i.n = n
			found = append(found, i)
		}
		return err
	})
	return found, err
}

// lastNumbered finds the last of things that are numbered from 1 without gaps, in steps that double and then halve.
func lastNumbered(is func(n int) (bool, error)) (int, error) {
	low, high := 0, 1
	for {
		there, err := is(high)
		if err != nil {
			return 0, err
		}
		if !there {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := (low + high) / 2
		there, err := is(middle)
		if err != nil {
			return 0, err
		}
		if there {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

func has(ctx context.Context, tx Tx, key string) (bool, error) {
	_, err := tx.Task(ctx, key)
	if errors.Is(err, ErrNoTask) {
		return false, nil
	}
	return err == nil, err
}

func incidentOf(ctx context.Context, tx Tx, key string) (incident, error) {
	t, err := tx.Task(ctx, key)
	if err != nil {
		return incident{}, err
	}
	i := incident{since: t.Action.At}
	if t.State == Withdrawn {
		i.until = t.DoneAt
		return i, nil
	}
	switch undo, err := tx.Task(ctx, undoKey(key)); {
	case errors.Is(err, ErrNoTask):
		return i, nil
	case err != nil:
		return incident{}, err
	default:
		i.until = undo.Action.At
		return i, nil
	}
}

// tellStuck tells of a parcel, once for each silence of it.
func (e *Engine) tellStuck(ctx context.Context, r *Report, f finding) error {
	return e.tell(ctx, r, Action{
		Key: stuckKey(f.shipment, f.since), Name: AlertOperations, Shipment: f.shipment, At: f.since,
		Reason: fmt.Sprintf("no news for %.0f working hours", f.hours),
	})
}

// tellSilent tells of a courier or a carrier. Such an action belongs to no order.
func (e *Engine) tellSilent(ctx context.Context, r *Report, s subject, f finding) error {
	reason := fmt.Sprintf("%s at %s has no news of any of %d parcels for %.0f working hours", s.courier, s.carrier, f.parcels, f.hours)
	switch {
	case s.courier == "" && f.failing:
		reason = fmt.Sprintf("%s answers about none of its couriers", s.carrier)
	case s.courier == "":
		reason = fmt.Sprintf("%s has no news of any of %d parcels for %.0f working hours, whatever the courier", s.carrier, f.parcels, f.hours)
	case f.failing:
		reason = fmt.Sprintf("%s does not answer about %s", s.carrier, s.courier)
	case f.alone:
		reason += "; it may be the carrier, which is asked about no other courier"
	}
	last, err := e.incidents(ctx, s)
	if err != nil {
		return err
	}
	n := 1
	if len(last) > 0 {
		n += last[0].n
	}
	return e.tell(ctx, r, Action{Key: s.key(n), Name: AlertOperations, At: f.since, Reason: reason})
}

func (e *Engine) tell(ctx context.Context, r *Report, a Action) error {
	added := 0
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		if there, err := has(ctx, tx, a.Key); there || err != nil {
			return err
		}
		var err error
		if (a.Shipment != poll.ShipmentID{}) {
			if a.Order, err = firstOrder(ctx, tx, a.Shipment); err != nil {
				return err
			}
			s, err := tx.Shipment(ctx, a.Shipment)
			if err == nil {
				a.Status, a.Sub, a.Epoch = s.Parcel.Status, s.Parcel.Sub, s.Epoch
			}
		}
		now := e.config.Now()
		added, err = tx.Queue(ctx, Task{Action: a, State: Waiting, DueAt: now, CreatedAt: now})
		return err
	})
	if err == nil {
		r.Done += added
		e.outbox.ring()
	}
	return err
}

// firstOrder is the order in whose stream an action about a shipment goes out.
func firstOrder(ctx context.Context, tx Tx, id poll.ShipmentID) (order.OrderID, error) {
	s, err := tx.Shipment(ctx, id)
	if errors.Is(err, ErrNoShipment) || err == nil && len(s.Links) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return s.Links[0].Order, nil
}

// over ends what was told: by its undo, or by withdrawing what nobody has tried to tell yet.
func (e *Engine) over(ctx context.Context, r *Report, key string) error {
	ended := 0
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		ended = 0
		now := e.config.Now()
		t, err := tx.Task(ctx, key)
		switch {
		case errors.Is(err, ErrNoTask) || err == nil && t.State == Withdrawn:
			return nil
		case err != nil:
			return err
		case t.State == Waiting && t.Attempts == 0:
			t.State, t.DoneAt, t.Why = Withdrawn, now, whyOver
			ended = 1
			return tx.AmendTask(ctx, t)
		}
		undo := t.Action
		undo.Key, undo.Undo, undo.At, undo.Reason = undoKey(key), true, now, "over: "+undo.Reason
		ended, err = tx.Queue(ctx, Task{Action: undo, State: Waiting, DueAt: now, CreatedAt: now})
		return err
	})
	if err == nil {
		r.Done += ended
		e.outbox.ring()
	}
	return err
}

// unstuck ends the alarms about parcels that have news since. News of a week ago was looked at before.
func (e *Engine) unstuck(ctx context.Context, r *Report, cal calendar, pulses []*pulse) error {
	week := e.config.Now().AddDate(0, 0, -7)
	for _, p := range pulses {
		last := p.began
		for _, at := range p.news {
			if at.After(week) && cal.hours(last, at) >= leastSilence {
				if err := e.over(ctx, r, stuckKey(p.id, last)); err != nil {
					return err
				}
			}
			last = at
		}
	}
	return nil
}
