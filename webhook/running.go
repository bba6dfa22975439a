package webhook

import (
	"context"
	"sync"
)

// mostLate is how many calls may hang before the rest goes one at a time.
const mostLate = 1000

// running counts what a handler has under way: requests, and calls of host code, which may outlast their requests.
type running struct {
	mu      sync.Mutex
	closed  bool
	count   int           // requests and calls
	calls   int           // calls, late ones included
	late    int           // calls that nobody waits for any more
	drained chan struct{} // made with closed; closed when nothing is left
}

// enter counts a request, unless the handler is shut down.
func (r *running) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.count++
	return true
}

func (r *running) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
}

func (r *running) release() {
	if r.count--; r.closed && r.count == 0 {
		close(r.drained)
	}
}

// begin counts a call of a request that is counted. Where very many calls hang, it lets one at a time try: memory stays
// bounded however long that lasts, and what recovers is noticed.
func (r *running) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.late >= mostLate && r.calls > r.late {
		return false
	}
	r.count++
	r.calls++
	return true
}

// end ends the count of a call.
func (r *running) end(c *callState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.over = true
	r.calls--
	if c.late {
		r.late--
	}
	r.release()
}

// abandon notes that nobody waits for a call any more.
func (r *running) abandon(c *callState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !c.over {
		c.late = true
		r.late++
	}
}

// callState is what running knows of a call; its lock guards it.
type callState struct{ over, late bool }

func (r *running) drain(ctx context.Context) error {
	r.mu.Lock()
	if !r.closed {
		r.closed, r.drained = true, make(chan struct{})
		if r.count == 0 {
			close(r.drained)
		}
	}
	r.mu.Unlock()
	select {
	case <-r.drained:
		return nil
	default:
	}
	select {
	case <-r.drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
