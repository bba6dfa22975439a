package fulfill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// watchLister is what [Stalls] needs of the watches of a transaction: the list of [poll.Archive].
type watchLister interface {
	Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error]
}

var errNoWatches = errors.New("the store does not list watches in a transaction")

// stalls is [Stalls]. What it remembers is in the tasks by which it tells: the alarm about a parcel is named by the time
// of its last news, those about couriers and carriers are counted, and the undo of each ends it.
func (e *Engine) stalls(ctx context.Context, r *Report) error {
	cal := newCalendar(e.config.Night.Holiday)
	pulses, learned, err := e.pulses(ctx, cal)
	if err != nil {
		return err
	}
	d := diagnosis{calendar: cal, rhythms: learned.rhythms()}
	open := map[subject]incident{}
	for _, s := range subjects(pulses) {
		incidents, err := e.incidents(ctx, s)
		if err != nil {
			return err
		}
		for _, i := range incidents {
			d.frozen = append(d.frozen, span{carrier: s.carrier, courier: s.courier, from: i.since, until: i.until})
			if i.until.IsZero() {
				open[s] = i
			}
		}
	}
	for _, f := range d.findings(pulses) {
		switch s := (subject{f.carrier, f.courier}); {
		case f.kind == stuckParcel:
			err = e.tellStuck(ctx, r, f)
		case open[s].n > 0:
			delete(open, s) // it goes on
		default:
			err = e.tellSilent(ctx, r, s, f)
		}
		if err != nil {
			return err
		}
	}
	for s, i := range open {
		if err := e.over(ctx, r, s.key(i.n)); err != nil {
			return err
		}
	}
	return e.unstuck(ctx, r, cal, pulses)
}

// pulsePage is how many watches are read in a transaction.
const pulsePage = 100

// pulses reads what is watched now, and learns how news comes. It holds some hundred bytes for each open parcel.
func (e *Engine) pulses(ctx context.Context, cal calendar) ([]*pulse, gaps, error) {
	var pulses []*pulse
	names := names{}
	learned := gaps{}
	filter := poll.Filter{Life: poll.Active, Limit: pulsePage}
	for {
		watches, evidence, err := e.watchedPage(ctx, filter)
		if err != nil {
			return nil, nil, err
		}
		for i, w := range watches {
			if w.ID.Role == poll.Primary {
				learned.add(w.ID.Shipment.Courier, evidence[i], cal)
				p := pulseOf(w, evidence[i])
				names.share(p)
				pulses = append(pulses, p)
			}
			filter.After = w.ID
		}
		if len(watches) < pulsePage {
			return pulses, learned, nil
		}
	}
}

func (e *Engine) watchedPage(ctx context.Context, f poll.Filter) (watches []poll.Watch, evidence []tracking.Evidence, err error) {
	err = e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		watches, evidence = nil, nil
		list, ok := tx.Watches().(watchLister)
		if !ok {
			return errNoWatches
		}
		for w, err := range list.Watches(ctx, f) {
			if err != nil {
				return err
			}
			watches = append(watches, w)
		}
		for _, w := range watches {
			known, err := tx.Evidence(ctx, w.ID.Shipment)
			if err != nil {
				return err
			}
			evidence = append(evidence, known)
		}
		return nil
	})
	return watches, evidence, err
}

// mostNews is how many of the latest news of a parcel are looked at.
const mostNews = 16

// pulseOf takes from a watch what diagnosis needs.
func pulseOf(w poll.Watch, e tracking.Evidence) *pulse {
	p := &pulse{
		id: w.ID.Shipment, carrier: w.ID.Carrier, stage: stageOf(w.Parcel.Status, w.Parcel.Sub), began: w.Began, since: w.Began,
		heard: w.Asked, failing: w.Failures >= leastFailures,
	}
	for _, scan := range e.Events {
		if !scan.Seen.IsZero() && !scan.Parked {
			p.news = append(p.news, scan.Seen)
		}
	}
	slices.SortFunc(p.news, time.Time.Compare)
	p.news = slices.CompactFunc(p.news, time.Time.Equal)
	p.news = slices.Clone(p.news[max(0, len(p.news)-mostNews):]) // and no more room
	if n := len(p.news); n > 0 {
		p.since = p.news[n-1]
	}
	for _, at := range []time.Time{w.Changed, p.since} {
		if at.After(p.heard) {
			p.heard = at
		}
	}
	return p
}

// names are those of couriers and carriers, of which there are few: all pulses share them.
type names map[string]string

func (n names) share(p *pulse) {
	for _, name := range []*string{(*string)(&p.id.Courier), &p.carrier} {
		if _, known := n[*name]; !known {
			n[*name] = *name
		}
		*name = n[*name]
	}
}

// A subject is what can fall silent: a courier at a carrier, or all of a carrier.
type subject struct {
	carrier string
	courier tracking.Courier
}

func (s subject) key(n int) string {
	if s.courier == "" {
		return fmt.Sprintf("alert/carrier/%s/%d", s.carrier, n)
	}
	return fmt.Sprintf("alert/courier/%s/%s/%d", s.carrier, s.courier, n)
}

func subjects(pulses []*pulse) []subject {
	var all []subject
	for _, p := range pulses {
		for _, s := range []subject{{p.carrier, ""}, {p.carrier, p.id.Courier}} {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

func stuckKey(id poll.ShipmentID, since time.Time) string {
	return fmt.Sprintf("alert/stuck/%s/%s/%d/%s", id.Courier, id.Number, id.Generation, strconv.FormatInt(since.Unix(), 10))
}

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
			t.State, t.DoneAt, t.Why = Withdrawn, now, "it was over before it was told"
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
