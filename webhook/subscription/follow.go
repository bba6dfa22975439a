package subscription

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// perFollow is how many parcels are looked at in one go.
const perFollow = 50

// follow looks at what a Follower holds: of uncertain entries in every pass, of all registered ones at the start and
// every Config.Follow.
func (m *Manager) follow(ctx context.Context, p *provider) error {
	if p.follower == nil {
		return nil
	}
	uncertain, err := m.collect(ctx, p, Uncertain, func(e Entry) bool { return !e.DueAt.After(m.config.Now()) })
	if err != nil {
		return err
	}
	if _, err := m.look(ctx, p, uncertain); err != nil {
		return err
	}
	now := m.config.Now()
	if now.Before(p.followAt) {
		return nil
	}
	registered, err := m.collect(ctx, p, Registered, func(e Entry) bool { return !m.isOver(p, e) })
	if err != nil {
		return err
	}
	complete, err := m.look(ctx, p, registered)
	p.followAt = now.Add(m.config.Follow)
	if !complete {
		p.followAt = now.Add(min(m.config.Check, m.config.Follow))
	}
	return err
}

func (m *Manager) collect(ctx context.Context, p *provider, state State, fits func(Entry) bool) ([]Entry, error) {
	var found []Entry
	for e, err := range m.config.Registry.All(ctx, p.name, state) {
		if err != nil {
			return nil, err
		}
		if fits(e) {
			found = append(found, e)
		}
	}
	return found, nil
}

// look asks about entries and draws the conclusions. It reports whether all could be asked about.
func (m *Manager) look(ctx context.Context, p *provider, entries []Entry) (complete bool, err error) {
	complete = true
	var lost []tracking.Query
	for chunk := range slices.Chunk(entries, perFollow) {
		qs := make([]tracking.Query, len(chunk))
		for i, e := range chunk {
			qs[i] = e.query()
		}
		held, err := p.follower.Follow(ctx, qs)
		if err != nil || len(held) != len(qs) {
			m.config.Logger.WarnContext(ctx, "subscriptions: following failed", slog.String("carrier", p.name), reason(err))
			complete = false
			continue
		}
		now := m.config.Now()
		for i, e := range chunk {
			if held[i].Err == nil {
				if err := m.compare(ctx, p, e, held[i], &lost); err != nil && !errors.Is(err, ErrStale) {
					return false, err
				}
			}
			m.observe(ctx, p, held[i].Parcel, now)
		}
	}
	m.tell(ctx, p, AlarmLost, lost, nil)
	return complete, nil
}

// compare holds an entry against what the provider has of it.
func (m *Manager) compare(ctx context.Context, p *provider, e Entry, held Followed, lost *[]tracking.Query) error {
	switch {
	case held.Handle == "" && e.State == Uncertain:
		e.State, e.DueAt, e.Failures = Wanted, m.config.Now(), 0
	case held.Handle == "":
		*lost = append(*lost, e.query())
		if e.Paid && !p.RenewPaid {
			e.State, e.DueAt, e.Why = Ended, time.Time{}, "lost at the provider; to register it again would be paid again"
			break
		}
		e.State, e.DueAt, e.Handle, e.Created = Wanted, m.config.Now(), "", false
	case e.State == Uncertain && held.Handle == e.Handle:
		// What was there before: a renewal that came to nothing, or a release that was taken back.
		e.State, e.Paid = Registered, true
		e.DueAt = m.renewal(e)
	case e.State == Uncertain:
		// Perhaps our call made it, perhaps somebody else's: it is used, and not ours to cancel.
		life := e.ExpiresAt.Sub(e.RegisteredAt)
		e.State, e.Handle, e.Created, e.Paid, e.Failures, e.Why = Registered, held.Handle, false, true, 0, ""
		e.RegisteredAt = m.config.Now()
		if !e.ExpiresAt.IsZero() { // of the registration before: this one will not last less long
			e.ExpiresAt = e.RegisteredAt.Add(life)
		}
		e.DueAt = m.renewal(e)
	case held.Handle != e.Handle:
		e.Handle, e.Created = held.Handle, false
	case over(held.Parcel):
		e.State, e.DueAt, e.Why = Ended, time.Time{}, string(webhook.EndDelivered)
	default:
		return nil
	}
	_, err := m.put(ctx, e)
	return err
}

// over reports whether a parcel is at its end, after which nothing is renewed.
func over(p *tracking.Parcel) bool {
	return p != nil && (p.Status == tracking.StatusDelivered || p.Status == tracking.StatusCancelled)
}

// observe hands on what the provider saw. A host that fails gets it again with the next look.
func (m *Manager) observe(ctx context.Context, p *provider, parcel *tracking.Parcel, now time.Time) {
	if parcel == nil || m.config.Observe == nil {
		return
	}
	defer m.calm(ctx, "Observe")
	err := m.config.Observe(ctx, tracking.Observation{
		Parcel: *parcel, Carrier: p.name, Door: tracking.DoorPoll, Kind: tracking.KindFact, SeenAt: now,
	})
	if err != nil {
		m.config.Logger.WarnContext(ctx, "subscriptions: the host did not take an observation", slog.String("carrier", p.name), reason(err))
	}
}
