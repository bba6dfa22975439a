package fulfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

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
		switch s := (subject{carrier: f.carrier, courier: f.courier}); {
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

// A subject is what can fall silent: a courier at a carrier, or all of a carrier; their answers, or the pushes about their parcels.
type subject struct {
	carrier string
	courier tracking.Courier
	pushes  bool
}

func (s subject) key(n int) string {
	switch {
	case s.pushes && s.courier == "":
		return fmt.Sprintf("alert/pushes/carrier/%s/%d", s.carrier, n)
	case s.pushes:
		return fmt.Sprintf("alert/pushes/courier/%s/%s/%d", s.carrier, s.courier, n)
	case s.courier == "":
		return fmt.Sprintf("alert/carrier/%s/%d", s.carrier, n)
	}
	return fmt.Sprintf("alert/courier/%s/%s/%d", s.carrier, s.courier, n)
}

func (s subject) compare(other subject) int {
	return cmp.Or(strings.Compare(s.carrier, other.carrier), strings.Compare(string(s.courier), string(other.courier)))
}

func subjects(pulses []*pulse) []subject {
	var all []subject
	for _, p := range pulses {
		for _, s := range []subject{{carrier: p.carrier}, {carrier: p.carrier, courier: p.id.Courier}} {
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
