package transport

import (
	"context"
	"sync"
	"time"
)

// gate holds back the calls of a credential that was told to slow down. The zero value is open.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

// shut closes the gate until the given time; a time before the present one changes nothing.
func (g *gate) shut(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

// remaining is how long the gate stays shut; zero or less means that it is open.
func (g *gate) remaining(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until.IsZero() {
		return 0
	}
	return g.until.Sub(now)
}

// wait waits by the transport's clock, or tells why not.
func (t *Transport) wait(ctx context.Context, d time.Duration) error {
	if t.config.Wait != nil {
		return t.config.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
