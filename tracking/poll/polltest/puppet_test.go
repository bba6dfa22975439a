package polltest_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/poll/polltest"
)

type decision = func(poll.Watch, tracking.Gain) poll.Watch

// puppet is a sound store whose methods can be exchanged one by one.
type puppet struct {
	mu sync.Mutex // of what breakages remember

	claim    func(context.Context, poll.ClaimRequest) ([]poll.Watch, error)
	release  func(context.Context, []poll.Watch) error
	record   func(context.Context, poll.Report, decision) (poll.Recorded, error)
	change   func(context.Context, poll.WatchID, func(poll.Watch) poll.Watch) (poll.Watch, error)
	next     func(context.Context, string) (time.Time, error)
	watches  func(context.Context, poll.Filter) iter.Seq2[poll.Watch, error]
	evidence func(context.Context, poll.ShipmentID) (tracking.Evidence, error)
	reserve  func(context.Context, poll.Reservation) (int, error)
	count    func(ctx context.Context, carrier, day string, u poll.Usage) error
	usage    func(ctx context.Context, carrier, period string) (poll.Usage, error)
	keep     func(ctx context.Context, name string, data []byte, at time.Time) error
	kept     func(ctx context.Context, name string) ([]byte, time.Time, error)
	reopen   func()
}

func newPuppet() *puppet {
	p := &puppet{reopen: func() {}}
	p.be(poll.NewMemoryStore())
	return p
}

func (p *puppet) be(m *poll.MemoryStore) {
	p.claim, p.release, p.record, p.change, p.next, p.watches, p.evidence = m.Claim, m.Release, m.Record, m.Change, m.NextDue, m.Watches, m.Evidence
	p.reserve, p.count, p.usage = m.Reserve, m.Count, m.Usage
	p.keep, p.kept = m.Keep, m.Kept
}

func (p *puppet) Claim(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
	return p.claim(ctx, r)
}
func (p *puppet) Release(ctx context.Context, ws []poll.Watch) error { return p.release(ctx, ws) }
func (p *puppet) Record(ctx context.Context, r poll.Report, d func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	return p.record(ctx, r, d)
}
func (p *puppet) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, error) {
	return p.change(ctx, id, change)
}
func (p *puppet) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	return p.next(ctx, carrier)
}
func (p *puppet) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return p.watches(ctx, f)
}
func (p *puppet) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	return p.evidence(ctx, id)
}

func (p *puppet) Reserve(ctx context.Context, r poll.Reservation) (int, error) {
	return p.reserve(ctx, r)
}
func (p *puppet) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	return p.count(ctx, carrier, day, u)
}
func (p *puppet) Usage(ctx context.Context, carrier, period string) (poll.Usage, error) {
	return p.usage(ctx, carrier, period)
}

func (p *puppet) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	return p.keep(ctx, name, data, at)
}
func (p *puppet) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	return p.kept(ctx, name)
}

// note remembers something, for clauses are concurrent.
func (p *puppet) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// each changes what is claimed before it is handed out.
func (p *puppet) each(change func(*poll.Watch)) {
	claim := p.claim
	p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
		ws, err := claim(ctx, r)
		for i := range ws {
			change(&ws[i])
		}
		return ws, err
	}
}

// reports changes what is recorded.
func (p *puppet) reports(change func(*poll.Report)) {
	record := p.record
	p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
		change(&r)
		return record(ctx, r, d)
	}
}

// decisions changes what is decided.
func (p *puppet) decisions(change func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch) {
	record := p.record
	p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
		return record(ctx, r, func(w poll.Watch, gain tracking.Gain) poll.Watch { return change(w, d, gain) })
	}
}

// shows changes the evidence that is given, if there is any.
func (p *puppet) shows(change func(*tracking.Evidence)) {
	evidence := p.evidence
	p.evidence = func(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
		e, err := evidence(ctx, id)
		if len(e.Events)+len(e.Verdicts) > 0 {
			change(&e)
		}
		return e, err
	}
}

// changed changes what a Change gives.
func (p *puppet) changed(f func(*poll.Watch)) {
	change := p.change
	p.change = func(ctx context.Context, id poll.WatchID, g func(poll.Watch) poll.Watch) (poll.Watch, error) {
		w, err := change(ctx, id, g)
		f(&w)
		return w, err
	}
}

// forgive makes a store keep silent about an error of Record.
func (p *puppet) forgive(kind error) {
	record := p.record
	p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
		recorded, err := record(ctx, r, d)
		if errors.Is(err, kind) {
			err = nil
		}
		return recorded, err
	}
}

func runPuppet(t *testing.T, spoil func(*puppet)) {
	polltest.RunStore(t, polltest.StoreHarness{
		New: func(*testing.T) poll.Store {
			p := newPuppet()
			spoil(p)
			return p
		},
		Reopen: func(_ *testing.T, s poll.Store) poll.Store { s.(*puppet).reopen(); return s },
	})
}
