package order_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// TestModelNoticesEverySlip changes one thing in one row of the table at a time and looks whether the comparisons of
// TestEveryCell, TestEveryPart, TestEveryOmission and TestPicture notice. It is what makes them worth something. What
// was noticed must be gone when the slip is.
//
// It changes the table that all tests share: it is not parallel, and tests that are wait until it is done.
func TestModelNoticesEverySlip(t *testing.T) {
	worlds := situate(t)
	slips := order.Slips()
	unseen := 0
	for _, slip := range slips {
		var seen func() string
		slip.During(func() { seen = noticed(worlds, slip.Event.String(), slip.States) })
		if seen == nil {
			unseen++
			t.Errorf("%s %s: nobody noticed", slip.Event, slip.What)
		} else if difference := seen(); difference != "" {
			t.Errorf("%s %s: there without the slip: %s", slip.Event, slip.What, difference)
		}
	}
	t.Logf("%d slips, %d unseen", len(slips), unseen)
	if len(slips) < 1500 {
		t.Errorf("only %d slips were made", len(slips))
	}
}

// noticed finds the first comparison by which an event differs from the model, to be made again; nil if there is none.
// A slip mostly shows in the plainest command, so all situations are asked for that before any is asked for the rest; the
// picture, which is cheaper than the rest, comes between.
func noticed(worlds []*world, event string, states []order.Status) func() string {
	if seen := differing(worlds, event, states, (*world).plain); seen != nil {
		return seen
	}
	if pictureDiffers(event) != "" {
		return func() string { return pictureDiffers(event) }
	}
	return differing(worlds, event, states, (*world).trials)
}

// differing finds the first of some commands by which an event differs from the model.
func differing(worlds []*world, event string, states []order.Status, trials func(*world, string) iter.Seq[order.Command]) func() string {
	for _, name := range []string{"on", "default", "off"} {
		for _, at := range worlds {
			s, _ := at.order.Section("S1")
			if !slices.Contains(states, s.Status) {
				continue
			}
			w := at.fork(policies[name], order.Machine{Policy: policies[name]})
			for c := range trials(w, event) {
				if w.mindful(c) != "" {
					return func() string { return w.mindful(c) }
				}
			}
		}
	}
	return nil
}

// mindful is try for a machine that may fall over: a slip that does so is noticed, too.
func (w *world) mindful(c order.Command) (difference string) {
	defer func() {
		if fall := recover(); fall != nil {
			difference = fmt.Sprint(fall)
		}
	}()
	_, difference = w.clean().try(c)
	return difference
}

// plain is the command that the event is for.
func (w *world) plain(event string) iter.Seq[order.Command] {
	return func(yield func(order.Command) bool) { yield(w.clean().form("S1", event, owner(event))) }
}

// trials are all the commands of an event that the comparisons give in one situation.
func (w *world) trials(event string) iter.Seq[order.Command] {
	return func(yield func(order.Command) bool) {
		for _, c := range w.aims(event) {
			if !yield(c) {
				return
			}
		}
		for _, role := range []string{owner(event), "tracker", "batch"} {
			for _, c := range w.omissions(w.clean().form("S1", event, role)) {
				if !yield(c) {
					return
				}
			}
		}
		for role := range duties {
			if !yield(w.clean().form("S1", event, role)) {
				return
			}
		}
	}
}
