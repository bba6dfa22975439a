package poll

import (
	"errors"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// judge draws the conclusions that concern the carrier as a whole.
func (l *lane) judge(answers []*answer) {
	now := l.engine.config.Now()
	well := slices.ContainsFunc(answers, func(a *answer) bool {
		return a.result.Parcel != nil || errors.Is(a.result.Err, tracking.ErrNotFound)
	})
	var alerts []Alert
	l.mu.Lock()
	if well {
		l.strikes = 0
		if l.stopped != "" && !l.until.After(now) { // an answer to what was asked before the stop proves nothing
			alerts = append(alerts, Alert{Carrier: l.name})
			l.stopped = ""
		}
	}
	nonsense := false
	for _, a := range answers {
		var told *tracking.Error
		if !errors.As(a.result.Err, &told) {
			continue
		}
		switch told.Kind {
		case tracking.ErrRateLimited:
			a.doomed = true
			wait := told.Wait
			if wait <= 0 {
				wait = min(briefPause<<min(l.strikes, 6), carrierPause)
			}
			l.delay(now.Add(wait))
		case tracking.ErrQuotaExhausted:
			a.doomed = true
			until := told.ResetAt
			if !until.After(now) {
				until = now.Add(carrierPause)
			}
			alerts = l.stop(alerts, told, until, until)
		case tracking.ErrCredentials, tracking.ErrForbidden:
			if !well {
				a.doomed = true
				alerts = l.stop(alerts, told, now.Add(carrierPause), time.Time{})
			}
		case tracking.ErrProtocol:
			if !nonsense {
				nonsense = true
				alerts = append(alerts, Alert{Carrier: l.name, Kind: tracking.KindName(told), Err: told})
			}
		}
	}
	if slices.ContainsFunc(answers, func(a *answer) bool { return errors.Is(a.result.Err, tracking.ErrRateLimited) }) {
		l.strikes++
	}
	l.mu.Unlock()
	for _, alert := range alerts {
		l.alert(alert)
	}
}

// delay keeps the lane from calls until then; a longer delay stands.
func (l *lane) delay(until time.Time) {
	if until.After(l.until) {
		l.until = until
	}
}

// stop ends calls until a time, and raises an alert unless the carrier is stopped for the same reason already. It is expected to
// last until ends, which may be later: then it is looked in between whether it does.
func (l *lane) stop(alerts []Alert, told *tracking.Error, until, ends time.Time) []Alert {
	l.delay(until)
	l.ends, l.cause = latest(ends, l.until), told
	if l.stopped == "" {
		l.since = l.engine.config.Now()
	}
	kind := tracking.KindName(told)
	if l.stopped == kind {
		return alerts
	}
	l.stopped = kind
	return append(alerts, Alert{Carrier: l.name, Kind: kind, Err: told, Until: l.ends})
}

func (l *lane) alert(a Alert) {
	e := l.engine
	if a.Kind == "" {
		e.log.Info("carrier answers again", "carrier", a.Carrier)
	} else {
		e.log.Error("carrier trouble", "carrier", a.Carrier, "kind", a.Kind, "until", a.Until)
	}
	e.hook(func() {
		if e.config.Hooks.Alert != nil {
			e.config.Hooks.Alert(a)
		}
	})
}
