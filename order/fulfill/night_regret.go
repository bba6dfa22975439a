package fulfill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

const (
	regretName = "fulfill/regret" // what a [poll.Keeper] keeps them under
	playEvery  = 10               // the optimum takes some ten milliseconds a parcel
)

// regrets are what asking has cost, of the parcels that [LearnSchedule] has seen, by the carrier that was asked.
type regrets struct {
	Until    time.Time                   `json:"until"` // of the last parcel's watch: those that closed later are new
	Carriers map[string][]measure.Regret `json:"carriers"`

	policy *poll.Adaptive
	now    time.Time
	meters map[string]*measure.Meter
}

// Regrets tells what asking about parcels has cost, against the best that was possible, by the carrier that was asked and then for each
// courier. [LearnSchedule] measures it, of the parcels that it learns from, once each (one that is opened again after its end counts
// anew), and keeps it in the store; the optimum is played on the first twenty parcels of a courier and every tenth after them. There are none before
// it was done, with another policy than [poll.Adaptive], or where the store keeps nothing by name.
func (e *Engine) Regrets(ctx context.Context) (map[string][]measure.Regret, error) {
	r, err := e.regrets(ctx)
	if errors.Is(err, errNoKeeper) {
		return nil, nil
	}
	return r.Carriers, err
}

// regrets reads what is kept.
func (e *Engine) regrets(ctx context.Context) (r regrets, err error) {
	data, _, err := (&ledger{e}).Kept(ctx, regretName)
	if err != nil || len(data) == 0 {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return regrets{}, fmt.Errorf("fulfill: what is kept of regrets: %w", err)
	}
	return r, nil
}

// add measures a parcel that is new, by the model that it was asked about with.
func (r *regrets) add(w poll.Watch, e tracking.Evidence) {
	if w.Began.IsZero() || !w.Due.After(r.Until) || w.Due.After(r.now) {
		return
	}
	r.meter(w.ID.Carrier).Add(w.Finished(e))
}

func (r *regrets) meter(carrier string) *measure.Meter {
	m := r.meters[carrier]
	if m == nil {
		m = r.policy.Meter(carrier)
		m.Every = playEvery
		m.Restore(r.Carriers[carrier])
		r.meters[carrier] = m
	}
	return m
}

// keep keeps what there is after all were added.
func (r *regrets) keep(ctx context.Context, k poll.Keeper) error {
	all := regrets{Until: r.now, Carriers: map[string][]measure.Regret{}}
	for carrier, kept := range r.Carriers {
		all.Carriers[carrier] = kept
	}
	for carrier, m := range r.meters {
		all.Carriers[carrier] = m.Regrets()
	}
	data, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("fulfill: regrets: %w", err)
	}
	return k.Keep(ctx, regretName, data, r.now)
}
