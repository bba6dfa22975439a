package poll

import (
	"context"
	"errors"

	"github.com/waybill-dev/waybill/tracking"
)

// settle records one answer. It reports false when the claim is to be given back, because nobody was asked or the carrier
// is stopped. What could not be written is not given back: its lease ends, and it is asked about again then, instead of
// again and again while the store fails.
func (l *lane) settle(ctx context.Context, a *answer, stopping bool, used *Usage) bool {
	now := l.engine.config.Now()
	report := Report{ID: a.watch.ID, Fence: a.watch.Fence, Door: tracking.DoorPoll, At: now}
	rules, err := l.engine.rules, a.result.Err
	if unclear := err == nil && a.result.Parcel == nil || tracking.KindName(err) == "other"; unclear {
		if stopping {
			return false
		}
		err = &tracking.Error{Carrier: l.name, Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon} // it took longer than Timeout
	}
	var decide func(Watch, tracking.Gain) Watch
	switch {
	case a.result.Parcel != nil:
		report.Parcel = a.result.Parcel
		decide = func(w Watch, gain tracking.Gain) Watch { return rules.answered(w, gain, true, now) }
		used.Asked++
		used.Found++
	case errors.Is(err, tracking.ErrNotFound):
		decide = func(w Watch, gain tracking.Gain) Watch { return rules.answered(w, gain, false, now) }
		used.Asked++
		used.NotFound++
	case a.doomed && (errors.Is(err, tracking.ErrCredentials) || errors.Is(err, tracking.ErrForbidden)):
		// Not given back: were this watch alone refused, it would be the one that is tried each time.
		kind := tracking.KindName(err)
		gone := l.passesOn(now) != nil && l.handOver(ctx, a.watch, err)
		decide = func(w Watch, _ tracking.Gain) Watch {
			if gone {
				return moved(w.Untouched(), err, now)
			}
			w.LastFailure = kind
			return again(w.Untouched(), now.Add(carrierPause), Why{Ground: GroundRefused})
		}
		l.count(func(s *CarrierStats) { s.Deferred++ })
	case a.doomed:
		return false
	case l.engine.config.Fallback.passesOn(a.watch, err) && l.handOver(ctx, a.watch, err):
		decide = func(w Watch, _ tracking.Gain) Watch {
			w.Failures++
			return moved(w, err, now)
		}
		used.Asked++
		used.Failed++
	default:
		decide = func(w Watch, _ tracking.Gain) Watch { return rules.failed(w, err, now) }
		used.Asked++
		used.Failed++
	}
	_, _ = l.record(ctx, report, decide)
	return true
}

// record writes a report and tells the host.
func (l *lane) record(ctx context.Context, report Report, decide func(Watch, tracking.Gain) Watch) (Recorded, error) {
	e := l.engine
	var recorded Recorded
	err := e.guarded("record", func() (fault error) {
		recorded, fault = e.config.Store.Record(ctx, report, decide)
		return fault
	})
	if err != nil {
		if errors.Is(err, ErrLeaseLost) {
			l.count(func(s *CarrierStats) { s.LeasesLost++ })
		}
		return recorded, err
	}
	recorded.Door, recorded.At = report.Door, report.At
	l.count(func(s *CarrierStats) {
		if recorded.Changed() {
			s.Changed++
		}
		if recorded.Ended() {
			s.Ended++
		}
	})
	hooks := e.config.Hooks
	e.hook(func() {
		if hooks.Recorded != nil {
			hooks.Recorded(recorded)
		}
	})
	e.hook(func() {
		if hooks.Ended != nil && recorded.Ended() {
			hooks.Ended(recorded)
		}
	})
	e.hook(func() {
		if hooks.Failing != nil && recorded.After.Failures == e.config.FailingAfter && recorded.Before.Failures < e.config.FailingAfter {
			hooks.Failing(recorded.After)
		}
	})
	l.confirm(ctx, recorded)
	return recorded, nil
}

// confirm opens a watch at a second carrier, if the host wants one.
func (l *lane) confirm(ctx context.Context, r Recorded) {
	e := l.engine
	if e.config.Confirm == nil || !r.Changed() || r.After.ID.Role == Confirm {
		return
	}
	carrier := ""
	e.hook(func() { carrier = e.config.Confirm(r) })
	if carrier == "" {
		return
	}
	second := r.After
	second.ID.Carrier, second.ID.Role = carrier, Confirm
	id, other, err := e.identify(second.ID)
	if err != nil {
		e.log.Error("no second opinion", "carrier", carrier, "error", err.Error())
		return
	}
	now := e.config.Now()
	_, _ = e.change(ctx, id, func(w Watch) Watch {
		if w.Life == "" {
			w.Ref, w.Since, w.Extra, w.Recall, w.Began = second.Ref, second.Since, second.Extra, second.Recall, second.Began
		}
		return e.rules.opened(w, now)
	})
	other.ring()
}

// release gives claims back.
func (l *lane) release(ctx context.Context, ws []Watch) {
	if len(ws) == 0 {
		return
	}
	l.count(func(s *CarrierStats) { s.Deferred += int64(len(ws)) })
	_ = l.engine.guarded("release", func() error { return l.engine.config.Store.Release(ctx, ws) }) // else the lease ends by itself
}
