package tracking

import (
	"context"
	"fmt"
	"time"
)

// Paced wraps a carrier that does not pace itself, because it does not go through package transport: every Query
// waits for one token of the limiter first. Nothing else is paced. Optional abilities of the carrier stay
// reachable with [Ability]. A nil limiter paces nothing.
//
// A limiter that refuses to wait although the context has not ended, as *rate.Limiter does when the wait could not end
// before the deadline, makes the call fail with [ErrRateLimited]; this carrier is not asked then, the next one may be.
func Paced(c Carrier, l Limiter) Carrier { return &paced{carrier: c, limiter: l} }

type paced struct {
	carrier Carrier
	limiter Limiter
}

func (p *paced) Name() string     { return p.carrier.Name() }
func (p *paced) Unwrap() Carrier  { return p.carrier }
func (p *paced) String() string   { return fmt.Sprintf("paced %v", p.carrier) }
func (p *paced) GoString() string { return fmt.Sprintf("tracking.Paced(%#v)", p.carrier) }

func (p *paced) Query(ctx context.Context, qs []Query) ([]Result, error) {
	if p.limiter == nil {
		return p.carrier.Query(ctx, qs)
	}
	if err := p.limiter.Wait(ctx); err != nil {
		refusal := &Error{Carrier: p.Name(), Op: opQuery, Billed: No}
		deadline, ok := ctx.Deadline()
		switch {
		case ctx.Err() != nil:
			refusal.Err = ctx.Err()
		case ok: // all that is known is that the wait ends after the deadline
			refusal.Kind, refusal.Retry, refusal.Wait = ErrRateLimited, RetryAfter, time.Until(deadline)
		default:
			refusal.Kind, refusal.Retry = ErrRateLimited, RetrySoon
		}
		return nil, refusal
	}
	return p.carrier.Query(ctx, qs)
}
