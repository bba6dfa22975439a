package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
)

const (
	responseTimeout = 200 * time.Millisecond // of a Responder
	longestReason   = 300                    // characters of a reason in a log
	longestForeign  = 200                    // characters shown of a text that is not ours
)

var (
	errCrowded = fmt.Errorf("%d calls hang already", mostLate)
	errGone    = errors.New("its goroutine ended without returning")
)

// put writes a message to the inbox. It wakes the worker also for a message that came to be kept too late for an answer.
func (h *Handler) put(ctx context.Context, m Message) (fresh bool, err error) {
	fresh, err = within(ctx, h, &call[bool]{where: "Inbox.Put", limit: h.inboxTimeout, message: m, code: h.store, then: h.stored})
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrInbox, err)
	}
	return fresh, nil
}

func wakeFor(wake func()) func(fresh bool) {
	return func(fresh bool) {
		if fresh && wake != nil {
			wake()
		}
	}
}

// respond asks a source for its own answer.
func (h *Handler) respond(ctx context.Context, m *mount, message Message) (Answer, error) {
	return within(ctx, h, &call[Answer]{
		where: "Responder.Respond", limit: responseTimeout, message: message,
		code: func(ctx context.Context, message Message) (Answer, error) {
			answer := m.responder.Respond(ctx, message)
			if answer == (Answer{}) {
				answer = m.terms.Accepted
			}
			return answer, answer.check()
		},
	})
}

// A call is code of the host that is not let hold an answer up.
type call[T any] struct {
	where   string
	limit   time.Duration
	message Message
	code    func(context.Context, Message) (T, error)
	then    func(T) // after success, when the result was handed over; may be nil

	done  chan struct{}
	value T
	err   error
	state callState
}

// within makes a call on a goroutine of its own, which running counts, and waits for its result as long as the call may
// take. The caller's own end does not cut it short: a client that hung up has heard no answer and will send again, and a
// write that is broken off halfway leaves more doubt than one that is done.
func within[T any](ctx context.Context, h *Handler, c *call[T]) (none T, err error) {
	if !h.running.begin() {
		return none, errCrowded
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.limit)
	c.done = make(chan struct{})
	go func() {
		defer h.running.end(&c.state)
		defer cancel() // not before the result is there: the end of ctx means that it is late
		c.run(ctx, h)
		c.conclude(ctx, h)
	}()
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
	}
	select {
	case <-c.done:
		return c.value, c.err
	default:
	}
	h.running.abandon(&c.state)
	return none, fmt.Errorf("%s took longer than %v", c.where, c.limit)
}

// run makes the call; the result is there when done is closed.
func (c *call[T]) run(ctx context.Context, h *Handler) {
	c.err = errGone
	defer close(c.done)
	defer func() {
		if value := recover(); value != nil {
			c.err = h.panicked(ctx, c.message.Source, c.where, value)
		}
	}()
	value, err := c.code(ctx, c.message)
	if err != nil {
		err = &hostError{text: mask.Remark(err.Error(), nil, longestForeign), err: err}
	}
	c.value, c.err = value, err
}

func (c *call[T]) conclude(ctx context.Context, h *Handler) {
	if c.err != nil || c.then == nil {
		return
	}
	defer func() {
		if value := recover(); value != nil {
			_ = h.panicked(ctx, c.message.Source, "Config.Wake", value)
		}
	}()
	c.then(c.value)
}

// A hostError shows an error of the host as one that may stand in a log. What it wraps stays reachable.
type hostError struct {
	text string
	err  error
}

func (e *hostError) Error() string { return e.text }
func (e *hostError) Unwrap() error { return e.err }
