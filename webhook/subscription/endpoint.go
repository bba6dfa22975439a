package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// making stands in the registry for an endpoint while it is being made: one that is found with its address afterwards
// is ours, for it has our secret.
const making = "making"

// endpoint gives what registrations of a provider are to name as their callback, and whether they can be made now. An
// error is one of the registry.
func (m *Manager) endpoint(ctx context.Context, p *provider) (callback string, usable bool, err error) {
	if p.keeper == nil {
		return p.Callback, true, nil
	}
	id := p.Endpoint
	if id == "" {
		if id, err = m.config.Registry.Endpoint(ctx, p.name); err != nil {
			return "", false, err
		}
	}
	if id == "" || id == making {
		if m.config.Now().Before(p.making) {
			return "", false, nil
		}
		if id, err = m.make(ctx, p, id == making); id == "" {
			p.unmade++
			p.making = m.config.Now().Add(backOff(p.unmade))
			return "", false, err
		}
		p.unmade = 0
	}
	if now := m.config.Now(); p.checked.IsZero() || now.Sub(p.checked) >= m.config.Check {
		p.checked = now
		m.check(ctx, p, id)
	}
	return id, p.condition == "" || p.condition == AlarmFailing || p.condition == AlarmEndpoint, nil
}

// make finds or makes the endpoint. Without an id there is none yet; the error is one of the registry.
func (m *Manager) make(ctx context.Context, p *provider, begun bool) (string, error) {
	id, err := p.keeper.FindEndpoint(ctx, p.Callback)
	if err != nil {
		m.condition(ctx, p, AlarmEndpoint, err)
		return "", nil
	}
	if id != "" && !begun {
		m.condition(ctx, p, AlarmForeign, fmt.Errorf("subscription: name it as Provider.Endpoint to use it, with the secret it signs with"))
		return "", nil
	}
	if id == "" {
		if err := m.config.Registry.SetEndpoint(ctx, p.name, making); err != nil {
			return "", err
		}
		if id, err = p.keeper.MakeEndpoint(ctx, p.Callback, p.Secret.Secret); err != nil {
			m.condition(ctx, p, AlarmEndpoint, err)
			return "", nil
		}
	}
	return id, m.config.Registry.SetEndpoint(context.WithoutCancel(ctx), p.name, id)
}

// check looks how the endpoint does.
func (m *Manager) check(ctx context.Context, p *provider, id string) {
	err := p.keeper.CheckEndpoint(ctx, id)
	switch {
	case err == nil:
		if p.condition != "" {
			p.condition = ""
			m.alarm(ctx, p, AlarmRecovered, nil, nil)
		}
	case errors.Is(err, ErrEndpointMissing):
		m.condition(ctx, p, AlarmMissing, err)
	case errors.Is(err, ErrEndpointDown):
		m.condition(ctx, p, AlarmDown, err)
	case errors.Is(err, ErrEndpointFailing):
		m.condition(ctx, p, AlarmFailing, err)
	case ctx.Err() == nil:
		m.condition(ctx, p, AlarmEndpoint, err)
	}
}

// condition remembers how the endpoint does, and tells when that changed.
func (m *Manager) condition(ctx context.Context, p *provider, kind AlarmKind, err error) {
	if p.condition != kind {
		p.condition = kind
		m.alarm(ctx, p, kind, nil, err)
	}
}

// Remake forgets the endpoint of a carrier, for one that is missing at the provider or was switched off and deleted by
// a person: the next pass makes it anew, and registers again, and pays for, every parcel that was registered.
func (m *Manager) Remake(ctx context.Context, carrier string) error {
	p := m.provider(carrier)
	if p == nil || p.keeper == nil || p.Endpoint != "" {
		return fmt.Errorf("subscription: the manager makes no endpoint for %q", carrier)
	}
	m.pass.Lock()
	defer m.pass.Unlock()
	var lost []ID
	for e, err := range m.config.Registry.All(ctx, carrier, Registered) {
		if err != nil {
			return fmt.Errorf("subscription: %w", err)
		}
		lost = append(lost, e.ID)
	}
	for _, id := range lost {
		err := m.change(ctx, id, func(e *Entry) bool {
			if e.State != Registered {
				return false
			}
			e.State, e.Handle, e.DueAt, e.Created = Wanted, "", m.config.Now(), false
			return true
		})
		if err != nil {
			return err
		}
	}
	p.condition, p.making, p.unmade = "", time.Time{}, 0
	if err := m.config.Registry.SetEndpoint(ctx, carrier, ""); err != nil {
		return fmt.Errorf("subscription: %w", err)
	}
	return nil
}
