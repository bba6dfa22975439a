package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// patience is the longest time that may lie between the last look at a parcel and the end of its watch.
const patience = 26 * time.Hour

// differences lists where what is believed is not what is true.
func differences(b *belief, w *world, stories []story) []string {
	c := comparison{world: w}
	c.shipments(b)
	c.complete(b, stories)
	c.orders(b.Orders, w.expects(stories))
	c.actions(b.Actions, stories)
	return c.found
}

// complete finds parcels of which the ledger knows nothing, and others that are none of the day's.
func (c *comparison) complete(b *belief, stories []story) {
	known := map[string]bool{}
	for _, s := range b.Shipments {
		known[id(s.Courier, s.Number, 1)] = false
	}
	for i := range stories {
		for _, q := range stories[i].parcels() {
			name := id(q.Courier, q.Number, 1)
			if _, ok := known[name]; !ok {
				c.add("%s is missing", name)
			}
			known[name] = true
		}
	}
	for _, s := range b.Shipments {
		if name := id(s.Courier, s.Number, 1); !known[name] {
			c.add("%s is not of this day", name)
		}
	}
}

type comparison struct {
	world *world
	found []string
}

func (c *comparison) add(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *comparison) orders(believed, expected []orderForm) {
	for i, want := range expected {
		switch {
		case i >= len(believed):
			c.add("%s is missing", want.ID)
		case fmt.Sprint(believed[i]) != fmt.Sprint(want):
			c.add("%s: believed %v, true %v", want.ID, believed[i].Sections, want.Sections)
		}
	}
}

// shipments holds every shipment against the script of its parcel: nothing was made up, nothing that was published to us is
// missing, and the status is what those scans mean.
//
// What is published between the last look and the end of the watch, what was withdrawn, and what belongs to a number that the
// courier forgot may have been seen or not.
func (c *comparison) shipments(b *belief) {
	alone := sandbox.New(sandbox.Config{Empty: true, Clock: sandbox.NewClock(opening.AddDate(1, 0, 0), 0)})
	for i, s := range b.Shipments {
		watch := b.watches[i]
		name := id(s.Courier, s.Number, s.Generation)
		if s.Generation != 1 {
			c.add("%s: the number was used once", name)
		}
		if watch.Life == poll.Paused {
			c.add("%s: the watch is paused, %s", name, watch.Reason)
		}
		script := c.world.script(tracking.Query{Courier: s.Courier, Number: s.Number})
		seen := c.scans(name, s, script, watch)
		if !watch.Known {
			continue
		}
		script.Scans, script.Faults, script.Gone, script.Label = seen, nil, time.Time{}, opening
		alone.Add(script)
		truth := alone.Truth(s.Courier, s.Number).Shipments[0]
		if len(seen) == 0 && s.Status == tracking.StatusRegistered { // the label is known, and nothing else
			truth.Status = s.Status
		}
		if s.Status != truth.Status || s.Sub != truth.Sub || !s.DeliveredAt.Equal(truth.DeliveredAt) {
			c.add("%s: believed %v %v %v, true %v %v %v", name, s.Status, s.Sub, s.DeliveredAt, truth.Status, truth.Sub, truth.DeliveredAt)
		}
	}
}

// scans compares the scans of a shipment, and gives those that were seen.
func (c *comparison) scans(name string, s sandbox.Shipment, script sandbox.Parcel, watch poll.Watch) []sandbox.Scan {
	until := watch.Asked
	if closed := watch.Due.Add(-patience); watch.Life == poll.Closed && closed.After(until) {
		until = closed
	}
	known := make([]bool, len(script.Scans))
	for _, e := range s.Events {
		i := slices.IndexFunc(script.Scans, func(scan sandbox.Scan) bool { return !scan.Stray && tells(e, scan) })
		if i < 0 || script.Scans[i].Published.After(e.Published) {
			c.add("%s: %s at %v was not published", name, e.Text, e.At)
			continue
		}
		known[i] = true
	}
	var seen []sandbox.Scan
	for i, scan := range script.Scans {
		switch {
		case known[i]:
			if e := s.Events[slices.IndexFunc(s.Events, func(e sandbox.TruthEvent) bool { return tells(e, scan) })]; e.Status != scan.Status && scan.As == (sandbox.Codes{}) {
				c.add("%s: %s at %v: believed %v, true %v", name, scan.Text, scan.At, e.Status, scan.Status)
			}
			scan.Withdrawn = time.Time{}
			seen = append(seen, scan)
		case !scan.Stray && !scan.Published.After(until) && scan.Withdrawn.IsZero() && script.Gone.IsZero() && !again(script.Scans[:i], scan):
			c.add("%s: %s at %v is missing", name, scan.Text, scan.At)
		}
	}
	return seen
}

// again reports whether a scan is listed a second time.
func again(before []sandbox.Scan, scan sandbox.Scan) bool {
	return slices.ContainsFunc(before, func(o sandbox.Scan) bool { return o.Text == scan.Text && o.Place == scan.Place && o.At.Equal(scan.At) })
}

// tells reports whether a believed event is a scan, as far as the courier tells its time.
func tells(e sandbox.TruthEvent, scan sandbox.Scan) bool {
	if e.Text != scan.Text || e.Place != scan.Place {
		return false
	}
	switch {
	case scan.Undated:
		return e.At.IsZero()
	case scan.DayOnly:
		return e.At.In(kst).Format(time.DateOnly) == scan.At.In(kst).Format(time.DateOnly)
	}
	return sameMinute(e.At, scan.At)
}

func sameMinute(a, b time.Time) bool { return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute)) }

func ordered(times []time.Time) []time.Time {
	times = slices.DeleteFunc(times, time.Time.IsZero)
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}
