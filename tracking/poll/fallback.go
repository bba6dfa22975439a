package poll

import (
	"context"
	"errors"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Fallback lets another carrier take over a watch that its own carrier cannot answer. It costs, for the other carrier
// charges as well, so nothing falls over unless To says so. The zero value is none.
//
// The watch is opened at the other carrier with what is known of the parcel, and the first one is closed as [ReasonMoved], so that
// both are not paid for; pushes for it reach the other. It does not come back by itself: a shipment is taken over by each
// carrier once at most.
//
//	the carrier says                             and the watch goes on
//	courier not supported                        at once
//	credentials, forbidden: this parcel alone    at once
//	daily cap of the number                      at once
//	upstream, open circuit                       at the Failures-th in a row
//	quota exhausted, credentials, forbidden,     once the carrier has been stopped for Patience, or is known to
//	or its own Budget is used up                 stay so for longer: each watch when it is due
//	rate limited, no data                        never
//	invalid number, invalid request, protocol    never
type Fallback struct {
	// To names the carrier that takes over, for the error that w met last; empty means that w stays. It is not asked about
	// second opinions. It is called on the goroutine of the work, concurrently, and should be quick.
	To func(w Watch, err error) (carrier string)
	// Failures is how many upstream failures in a row are borne; 0 means 5, which takes some hours.
	Failures int
	// Patience is how long a carrier may be stopped; 0 means 2 hours.
	Patience time.Duration
}

// passesOn is the table of [Fallback] for a watch of the lane that was asked about.
func (f Fallback) passesOn(w Watch, err error) bool {
	var e *tracking.Error
	if f.To == nil || !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case tracking.ErrUnsupportedCourier, tracking.ErrCredentials, tracking.ErrForbidden, tracking.ErrDailyCap:
		return true
	case tracking.ErrUpstream:
		return w.Failures+1 >= f.Failures
	}
	return false
}

// passesOn tells why watches of the lane go on to others, nil if they do not.
func (l *lane) passesOn(now time.Time) error {
	if l.engine.config.Fallback.To == nil {
		return nil
	}
	return l.lasting(now)
}

// lasting tells why the lane is stopped, if it has been for long or will be.
func (l *lane) lasting(now time.Time) error {
	patience := l.engine.config.Fallback.Patience
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped == "" || !l.until.After(now) || now.Sub(l.since) < patience && l.ends.Sub(now) < patience {
		return nil
	}
	return l.cause
}

// passOn lets others take over what is due while the lane is stopped for long. It tells when to look again.
func (l *lane) passOn(ctx context.Context, now, until time.Time) (next time.Time, err error) {
	e, cause := l.engine, l.passesOn(now)
	if cause == nil {
		return until, nil
	}
	claimed, next, err := l.claim(ctx, now, l.slots*l.batch)
	if err != nil || len(claimed) == 0 {
		return earlier(next, until), err
	}
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout+e.config.Timeout)
	defer cancel()
	for i, w := range claimed {
		if ctx.Err() != nil {
			l.release(keep, claimed[i:])
			break
		}
		if l.unasked(keep, w) {
			continue
		}
		report := Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, At: now}
		if l.handOver(keep, w, cause) {
			_, _ = l.record(keep, report, func(w Watch, _ tracking.Gain) Watch { return moved(w.Untouched(), cause, now) })
			continue
		}
		_, _ = l.record(keep, report, func(w Watch, _ tracking.Gain) Watch {
			return again(w.Untouched(), until, Why{Ground: GroundStopped})
		})
	}
	return now, nil
}

func moved(w Watch, err error, now time.Time) Watch {
	w.LastFailure = tracking.KindName(err)
	return closed(w, ReasonMoved, now)
}

// handOver opens a watch at the carrier that the host names, and reports whether it is asked there now. What the other carrier
// watches already stays as it is; what it has ended is not begun again, so that nothing goes round in circles.
func (l *lane) handOver(ctx context.Context, w Watch, cause error) bool {
	e, now := l.engine, l.engine.config.Now()
	if w.ID.Role != Primary {
		return false
	}
	carrier := ""
	e.hook(func() { carrier = e.config.Fallback.To(w, cause) })
	if carrier == "" || carrier == l.name {
		return false
	}
	id := w.ID
	id.Carrier = carrier
	id, other, err := e.identify(id)
	if err != nil {
		e.log.Error("nobody takes over", "carrier", carrier, "error", err.Error())
		return false
	}
	if !other.serves(id.Shipment.Courier) || other.lasting(now) != nil {
		return false
	}
	taken, err := e.change(ctx, id, func(kept Watch) Watch {
		if kept.Life != "" {
			return kept
		}
		kept.Ref, kept.Since, kept.Extra, kept.Recall, kept.Began = w.Ref, w.Since, w.Extra, w.Recall, w.Began
		kept.Changed, kept.Settled, kept.SettledAs = w.Changed, w.Settled, w.SettledAs
		kept = e.rules.opened(kept, now)
		kept.Why = Why{Ground: GroundTakenOver, Carrier: l.name}
		return kept
	})
	other.ring()
	return err == nil && taken.Life == Active
}

// successor is the watch that is asked in the place of one that was moved; the watch itself where none is.
func (e *Engine) successor(ctx context.Context, id WatchID) (WatchID, *lane, error) {
	if e.config.Fallback.To == nil || id.Role != Primary {
		return id, e.byName[id.Carrier], nil
	}
	same := func(w Watch) Watch { return w }
	w, err := e.change(ctx, id, same)
	if err != nil || w.Reason != ReasonMoved {
		return id, e.byName[id.Carrier], err
	}
	for _, l := range e.lanes {
		other := id
		other.Carrier = l.name
		if w, err = e.change(ctx, other, same); err != nil {
			return id, nil, err
		}
		if w.Life != "" && w.Reason != ReasonMoved {
			return other, l, nil
		}
	}
	return id, e.byName[id.Carrier], nil
}
