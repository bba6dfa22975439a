package subscription

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// Pass does once what Run does again and again: for every provider it looks after the endpoint, finds out what
// interrupted calls did, looks at what the provider holds, and registers, renews and cancels what is due, a thousand
// parcels at most. It fails only with the registry; all else is told through Alarm. Passes wait for each other.
func (m *Manager) Pass(ctx context.Context) error {
	m.pass.Lock()
	defer m.pass.Unlock()
	var failures []error
	for _, p := range m.providers {
		if err := m.shielded(ctx, p); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			kind := AlarmRegistry
			if errors.Is(err, webhook.ErrPanic) {
				kind = AlarmPanic
			}
			m.alarm(ctx, p, kind, nil, err)
			failures = append(failures, fmt.Errorf("subscription: %s: %w", p.name, err))
		}
	}
	return errors.Join(failures...)
}

// shielded keeps a panic in a carrier or a registry to its provider. What was under way is looked up by a later pass, as
// after a crash.
func (m *Manager) shielded(ctx context.Context, p *provider) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%w (%T)", webhook.ErrPanic, value)
		}
	}()
	return m.work(ctx, p)
}

func (m *Manager) work(ctx context.Context, p *provider) error {
	endpoint, usable, err := m.endpoint(ctx, p)
	if err != nil {
		return err
	}
	if err := m.follow(ctx, p); err != nil {
		return err
	}
	due, err := m.config.Registry.Due(ctx, p.name, m.config.Now(), mostPerPass)
	if err != nil {
		return err
	}
	var asking []Entry
	var expired []tracking.Query
	for _, e := range due {
		switch {
		case e.State == Released:
			err = m.cancel(ctx, p, e)
		case m.isOver(p, e):
			m.ranOut(p, &e, &expired)
			_, err = m.put(ctx, e)
		case e.State == Uncertain && p.follower != nil:
			// follow looks at these first; it was not to be had this time.
			err = m.later(ctx, e, e.Why)
		default:
			asking = append(asking, e)
		}
		if err != nil && !errors.Is(err, ErrStale) { // or the host changed its mind
			return err
		}
	}
	m.tell(ctx, p, AlarmExpired, expired, nil)
	if len(asking) == 0 {
		return nil
	}
	now := m.config.Now()
	if !usable {
		return m.postpone(ctx, asking, now.Add(m.config.Check))
	}
	if now.Before(p.pause) {
		return m.postpone(ctx, asking, p.pause)
	}
	return m.register(ctx, p, endpoint, asking)
}

// postpone puts entries off that cannot be asked for now, so that they do not stand in the way of others that are due.
func (m *Manager) postpone(ctx context.Context, entries []Entry, until time.Time) error {
	for _, e := range entries {
		e.DueAt = until
		if _, err := m.put(ctx, e); err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	return nil
}

// isOver reports whether a registration ran out that is not renewed.
func (m *Manager) isOver(p *provider, e Entry) bool {
	return e.State == Registered && e.Paid && !p.RenewPaid && !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(m.config.Now())
}

// register asks the carrier for all of entries. Where that can be looked up, those whose registration would be paid are
// written down as uncertain before, so that a crash in between leads to a look instead of a second payment.
func (m *Manager) register(ctx context.Context, p *provider, endpoint string, entries []Entry) error {
	subs := make([]tracking.Subscription, 0, len(entries))
	asked := entries[:0]
	for _, e := range entries {
		if p.follower != nil && (e.State != Registered || e.Paid) {
			before := e
			e.State, e.DueAt = Uncertain, m.config.Now().Add(firstLook)
			version, err := m.put(ctx, e)
			if errors.Is(err, ErrStale) {
				continue // the host changed its mind
			}
			if err != nil {
				return err
			}
			before.Version = version
			e = before
		}
		asked = append(asked, e)
		subs = append(subs, tracking.Subscription{
			Courier: e.Courier, Number: e.Number, Ref: e.Ref, Once: e.Once, Lifetime: e.Lifetime, Callback: endpoint,
		})
	}
	if len(asked) == 0 {
		return nil
	}
	answers, whole := p.Carrier.Subscribe(ctx, subs)
	if whole == nil && len(answers) != len(subs) {
		whole = fmt.Errorf("%w: %d registrations for %d subscriptions", tracking.ErrProtocol, len(answers), len(subs))
	}
	// What was answered is written down even if the context has ended meanwhile.
	ctx = context.WithoutCancel(ctx)
	outcome := outcomes{now: m.config.Now()}
	for i, e := range asked {
		answer := tracking.Registration{Err: whole}
		if whole == nil {
			answer = answers[i]
		}
		m.settle(p, &e, answer, &outcome)
		if _, err := m.put(ctx, e); err != nil && !errors.Is(err, ErrStale) {
			return err
		}
	}
	if outcome.account != nil {
		p.pause = outcome.until
		m.alarm(ctx, p, AlarmAccount, nil, outcome.account)
	}
	m.tell(ctx, p, AlarmRefused, outcome.refused, outcome.why)
	m.tell(ctx, p, AlarmKeepAlive, outcome.failing, outcome.why)
	m.tell(ctx, p, AlarmLapsed, outcome.lapsed, outcome.why)
	return nil
}

// outcomes collects what there is to tell of one call.
type outcomes struct {
	now                      time.Time
	refused, failing, lapsed []tracking.Query
	why                      error     // of one of them
	account                  error     // what stops the whole carrier
	until                    time.Time // and until when
}

// settle writes an answer into its entry.
func (m *Manager) settle(p *provider, e *Entry, answer tracking.Registration, o *outcomes) {
	if answer.Err == nil {
		// A renewal of ours stays ours, though the provider knew it already. What it knew without us may be anybody's,
		// also when a call of ours was interrupted before.
		e.Created = !answer.Existing || e.Created
		e.State, e.Handle, e.ExpiresAt, e.RegisteredAt = Registered, answer.Handle, answer.ExpiresAt, o.now
		e.Paid = e.Paid || answer.Billed == tracking.Yes
		e.Failures, e.Why = 0, ""
		e.DueAt = m.renewal(*e)
		return
	}
	e.Why = kindOf(answer.Err)
	if until, stops := accountTrouble(answer.Err, o.now); stops {
		o.account, o.until, e.DueAt = answer.Err, until, until
		m.overdue(e, o)
		return
	}
	if refusesParcel(answer.Err) {
		o.refused, o.why = append(o.refused, e.query()), answer.Err
		e.State, e.DueAt = Refused, time.Time{}
		return
	}
	e.Failures++
	e.DueAt = o.now.Add(backOff(e.Failures))
	if e.State == Registered {
		o.why = answer.Err
		if !m.overdue(e, o) {
			o.failing = append(o.failing, e.query())
		}
	}
	if answer.Billed != tracking.No && (e.State != Registered || e.Paid) {
		e.State = Uncertain
		if p.follower != nil {
			e.DueAt = o.now.Add(max(backOff(e.Failures), firstLook))
		}
	}
	if answer.Handle != "" {
		e.Handle = answer.Handle
	}
}

// overdue notices a registration that ran out while renewing failed.
func (m *Manager) overdue(e *Entry, o *outcomes) bool {
	if e.State != Registered || e.ExpiresAt.IsZero() || e.ExpiresAt.After(o.now) {
		return false
	}
	e.State = Wanted
	o.lapsed, o.why = append(o.lapsed, e.query()), errors.New(e.Why)
	return true
}

// cancel ends a registration that nobody wants, if it is ours and no other wanted parcel shares it.
func (m *Manager) cancel(ctx context.Context, p *provider, e Entry) error {
	canceller, ok := ability[tracking.Canceller](p.Carrier)
	if ok && e.Created && e.Handle != "" {
		sharing, err := m.config.Registry.ByHandle(ctx, p.name, e.Handle)
		if err != nil {
			return err
		}
		shared := slices.ContainsFunc(sharing, func(other Entry) bool { return other.ID != e.ID && other.wanted() })
		if !shared {
			if err := canceller.Cancel(ctx, e.Handle); err != nil {
				if refusal(err) {
					e.DueAt, e.Why = time.Time{}, kindOf(err)
					_, err = m.put(ctx, e)
					return err
				}
				return m.later(ctx, e, kindOf(err))
			}
			e.Handle, e.Unsure = "", false
		}
	}
	e.DueAt = time.Time{}
	_, err := m.put(context.WithoutCancel(ctx), e)
	return err
}

// later tries an entry again after a growing time.
func (m *Manager) later(ctx context.Context, e Entry, why string) error {
	e.Failures++
	e.DueAt, e.Why = m.config.Now().Add(backOff(e.Failures)), why
	_, err := m.put(ctx, e)
	return err
}

// put writes an entry and gives its new version. An entry that changed meanwhile is left to the next pass.
func (m *Manager) put(ctx context.Context, e Entry) (int64, error) {
	return m.config.Registry.Put(ctx, e)
}

// backOff doubles from a minute to an hour.
func backOff(failures int) time.Duration {
	return min(firstRetry<<min(failures-1, 10), longestRetry)
}

// refusesParcel reports whether an error refuses one parcel for good. What refuses a request as a whole, such as for its
// callback, says nothing of the parcels in it.
func refusesParcel(err error) bool {
	if errors.Is(err, tracking.ErrInvalidNumber) || errors.Is(err, tracking.ErrUnsupportedCourier) {
		return true
	}
	var told *tracking.Error
	return refusal(err) && errors.As(err, &told) && (told.Courier != "" || told.Last4 != "")
}

// refusal reports whether asking again cannot help. A reply that makes no sense is not taken for one.
func refusal(err error) bool {
	for _, final := range []error{tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrInvalidRequest, tracking.ErrConflict, tracking.ErrUnsupported} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// accountTrouble reports whether an error stops a whole carrier, and until when: for an hour at most, for a person may have
// mended it long before a quota begins anew.
func accountTrouble(err error, now time.Time) (time.Time, bool) {
	until := now.Add(accountPause)
	var told *tracking.Error
	errors.As(err, &told)
	switch {
	case errors.Is(err, tracking.ErrRateLimited):
		if told != nil && told.Wait > 0 {
			until = now.Add(min(told.Wait, accountPause))
		} else {
			until = now.Add(firstRetry)
		}
	case errors.Is(err, tracking.ErrQuotaExhausted):
		if told != nil && told.ResetAt.After(now) && told.ResetAt.Before(until) {
			until = told.ResetAt
		}
	case refusal(err) && !refusesParcel(err):
	case !errors.Is(err, tracking.ErrCredentials) && !errors.Is(err, tracking.ErrForbidden):
		return time.Time{}, false
	}
	return until, true
}

// kindOf names an error without what may be personal in it.
func kindOf(err error) string {
	var told *tracking.Error
	if errors.As(err, &told) && told.Kind != nil {
		return told.Kind.Error()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "interrupted"
	}
	return "failed"
}
