package poll

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Hints learns how far pushes can be relied on, for each carrier and courier, from what an engine records, and tells [Adaptive] what it
// learned. It asks nobody.
//
//	policy := new(poll.Adaptive)
//	hints := &poll.Hints{Model: policy.Model, Subscribed: …, Alarm: …}
//	policy.Heed(hints)
//	config := poll.Config{Policy: policy, Hooks: poll.Hooks{Recorded: hints.Recorded}, …}
//
// A change of a parcel's status counts as told if a push brought it, or an ask that a push hinted at; as missed if another ask did,
// unless its push may still be under way. See [schedule.Hints] for how silence is noticed, and what then becomes of asks: every watch
// is judged again at the time at which it would be asked without pushes, so that none has to be rewritten when they stop.
//
// The zero value works, without noticing silence. Fields are set before it is used; its methods may be called concurrently. Of several
// processes each learns from what it records itself; where pushes reach one of them only, the others trust none.
type Hints struct {
	// Subscribed tells since when pushes are expected about a watch's parcel, the zero time if none are. Nil means all, since they were
	// opened: also those that a provider does not push about then count as missed, and trust is low. It is called often.
	Subscribed func(w Watch) time.Time
	// Model is what silence is noticed by: how many changes are to be expected; [Adaptive.Model] fits. Nil notices no silence.
	Model func() *schedule.Model
	// Alarm is called when a carrier's pushes are found silent, and when that ends; nil is not. Like [Hooks] it holds up the work that
	// found it.
	Alarm func(s Silence)

	mu       sync.Mutex
	carriers map[string]*schedule.Hints
	silent   map[silenceOf]bool
}

// A Silence is about the pushes of one carrier: none has come for half an hour at least, where five were expected. It need not be an
// outage: on a day off of which the model does not know there is nothing to push.
type Silence struct {
	Carrier  string
	Courier  tracking.Courier // whose parcels it is about; empty: all of the carrier's
	Over     bool             // a push came, or polls found as little as pushes for three hours
	Expected float64          // pushes since the last; of one that is over 0 if a push ended it
	At       time.Time
}

type silenceOf struct {
	carrier string
	courier tracking.Courier
}

// since is when pushes about a watch began to be expected.
func (h *Hints) since(w Watch) (since time.Time, expected bool) {
	if w.ID.Role != Primary {
		return time.Time{}, false
	}
	if h.Subscribed == nil {
		return w.Opened, true
	}
	since = h.Subscribed(w)
	return latest(since, w.Opened), !since.IsZero()
}

// Recorded takes note of what an engine recorded; it is for [Hooks].Recorded.
func (h *Hints) Recorded(r Recorded) {
	since, expected := h.since(r.Before)
	if !expected || r.At.IsZero() {
		return
	}
	var model *schedule.Model
	if h.Model != nil {
		model = h.Model()
	}
	h.tell(r.After.ID, r.At, func(of *schedule.Hints) {
		if r.Before.Life == Active {
			of.Overtaken(model, hintsView(r.Before), r.At, r.Before.Due)
		}
		h.credit(of, r, since)
		if r.After.Life == Active {
			of.Decided(model, hintsView(r.After), r.At, r.After.Due)
		}
	})
}

// credit finds out who told of a change first. One that came before anybody would have pushed it, or at no known time, counts for
// nobody.
func (h *Hints) credit(of *schedule.Hints, r Recorded, since time.Time) {
	courier, happened := r.After.ID.Shipment.Courier, r.After.Parcel.Since
	pushed := r.Pushed()
	counts := r.Before.Life == Active && r.Before.Parcel.Status != r.After.Parcel.Status && happened.After(since)
	switch {
	case pushed && counts:
		of.Pushed(courier, happened, r.At)
	case pushed:
		of.Heard(courier, r.At)
	case counts:
		of.Polled(courier, happened, r.At)
	}
}

// Pushed reports whether a push told of it: brought it, or had the carrier asked.
func (r Recorded) Pushed() bool {
	return r.Door == tracking.DoorPush || r.Before.Why.Ground == GroundHint
}

// hintsView is what a model's hazards go by.
func hintsView(w Watch) schedule.View {
	v := schedule.View{Courier: w.ID.Shipment.Courier, Status: w.Parcel.Status, Opened: w.Opened, Changed: w.Parcel.Since}
	if v.Changed.IsZero() {
		v.Changed = w.Opened
	}
	return v
}

// Recall is the share of the changes of a watch's parcel that a push is expected to tell of before an ask does: what [Adaptive.Heed] goes by.
func (h *Hints) Recall(w Watch, now time.Time) (share float64) {
	if _, expected := h.since(w); expected {
		h.tell(w.ID, now, func(of *schedule.Hints) {
			share = of.Recall(w.ID.Shipment.Courier, latest(w.Asked, w.Changed), now)
		})
	}
	return share
}

// tell works on what is known of a carrier, and raises alarms.
func (h *Hints) tell(id WatchID, now time.Time, work func(of *schedule.Hints)) {
	for _, s := range h.changed(id, now, work) {
		if h.Alarm != nil {
			h.Alarm(s)
		}
	}
}

// changed gives the silences that began or ended with the work.
func (h *Hints) changed(id WatchID, now time.Time, work func(of *schedule.Hints)) (changed []Silence) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.silent == nil {
		h.silent = map[silenceOf]bool{}
	}
	if h.carriers == nil {
		h.carriers = map[string]*schedule.Hints{}
	}
	of := h.carriers[id.Carrier]
	if of == nil {
		of = new(schedule.Hints)
		h.carriers[id.Carrier] = of
	}
	work(of)
	for _, courier := range [...]tracking.Courier{"", id.Shipment.Courier} {
		group := silenceOf{id.Carrier, courier}
		if is, pushes := of.Silent(courier, now); is != h.silent[group] {
			h.silent[group] = is
			changed = append(changed, Silence{Carrier: id.Carrier, Courier: courier, Over: !is, Expected: pushes, At: now})
		}
	}
	return changed
}

// hintsName is what a [Keeper] keeps Hints under.
const hintsName = "schedule/hints"

// Keep keeps what was learned, for a Recollect after a restart. Of several processes on one store the last one's is kept.
func (h *Hints) Keep(ctx context.Context, k Keeper, at time.Time) error {
	h.mu.Lock()
	data, err := json.Marshal(h.carriers)
	h.mu.Unlock()
	if err != nil {
		return fmt.Errorf("poll: what is known of pushes: %w", err)
	}
	return k.Keep(ctx, hintsName, data, at)
}

// Recollect takes what was kept in place of what was learned, if anything was kept. After an error nothing changes.
func (h *Hints) Recollect(ctx context.Context, k Keeper) error {
	data, _, err := k.Kept(ctx, hintsName)
	if err != nil || len(data) == 0 {
		return err
	}
	var carriers map[string]*schedule.Hints
	if err := json.Unmarshal(data, &carriers); err != nil {
		return fmt.Errorf("poll: what is kept of pushes: %w", err)
	}
	for carrier, of := range carriers {
		if of == nil {
			delete(carriers, carrier)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.carriers, h.silent = carriers, nil
	return nil
}
