package tracking

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// fly makes a call and lands its flights. It is the one place where carriers are asked about parcels.
func (c *Client) fly(call *call) {
	deepen(len(call.queries))
	l := call.lane
	defer c.skies.land(call)
	defer l.circuits.leave(call)
	defer c.fill(call)
	if !l.enter(call) {
		for i := range call.flights {
			call.flights[i].result = Result{Carrier: l.name, Billed: No, Err: endedError(call, l.name, &call.queries[i])}
		}
		return
	}
	defer l.exit()
	if c.shut(call) {
		return
	}
	results, err := c.attempt(call, call.queries)
	if l.worthTakingApart(call, err) {
		c.takeApart(call, err)
		return
	}
	c.conclude(call, 0, results, err)
}

// deepen makes the stack of a young goroutine as deep as making a call takes, in one step and while there is next to nothing
// on it to move. Left alone it doubles several times on the way down to a decoder, copying all frames each time.
//
//go:noinline
func deepen(at int) byte {
	var room [12 << 10]byte
	room[at%len(room)] = 1
	return room[0]
}

// enter waits for a slot, and gives up when nobody waits for the call any more.
func (l *lane) enter(call *call) bool {
	select {
	case l.slots <- struct{}{}:
	default:
		select {
		case l.slots <- struct{}{}:
		case <-call.Done():
			return false
		}
	}
	if call.Err() != nil {
		l.exit()
		return false
	}
	return true
}

func (l *lane) exit() { <-l.slots }

// shut answers a call whose circuits have all opened while it waited for its slot.
func (c *Client) shut(call *call) bool {
	now := c.now()
	var wait time.Duration
	for i := range call.queries {
		var ok bool
		if wait, ok = call.lane.circuits.enter(now, call.queries[i].Courier, call); ok {
			return false
		}
	}
	for i := range call.flights {
		call.flights[i].result = call.lane.closedTo(&call.queries[i], wait)
	}
	return true
}

// attempt asks a carrier once. It gives as many results as queries, or an error.
func (c *Client) attempt(call *call, qs []Query) ([]Result, error) {
	l := call.lane
	l.ledger.call()
	ctx, start := c.hooks.start(call, CallStart{Carrier: l.name, Queries: len(qs)}), c.now()
	results, err := c.guarded(ctx, l, qs)
	if err == nil && len(results) != len(qs) {
		err = fmt.Errorf("%w: %d results for %d queries", errBreach, len(results), len(qs))
		c.logBreach(l, err)
	}
	end := CallEnd{Carrier: l.name, Queries: len(qs), Took: c.now().Sub(start), Err: err}
	if err != nil {
		results = nil
	}
	for i := range results {
		if results[i].Err != nil {
			end.Failed++
		} else {
			end.Parcels++
		}
	}
	c.hooks.end(ctx, end)
	return results, err
}

// guarded turns a carrier's panic into an error of that call, so that it harms nothing else.
func (c *Client) guarded(ctx context.Context, l *lane, qs []Query) (results []Result, err error) {
	defer func() {
		if value := recover(); value != nil {
			results, err = nil, c.panicked(l, value)
		}
	}()
	return l.carrier.Query(ctx, qs)
}

// conclude judges what a call brought for its flights from the given one on: the results of as many, or an error
// that holds for all that are left.
func (c *Client) conclude(call *call, from int, results []Result, err error) {
	l, now := call.lane, c.now()
	over := call.over()
	if err == nil {
		if l.hopeless.Load() {
			l.hopeless.Store(false)
		}
		c.note(call, now, false)
		for i, r := range results {
			r = c.judge(call, &call.flights[from+i], r)
			c.noteCourier(call, now, call.queries[from+i].Courier, r.Err, over)
			l.ledger.answer(r)
			call.flights[from+i].result = r
		}
		return
	}
	for i := range call.flights[from:] {
		r := c.judge(call, &call.flights[from+i], Result{Err: err})
		if i == 0 && trouble(r.Err) && !over {
			c.note(call, now, true)
		}
		l.ledger.answer(r)
		call.flights[from+i].result = r
	}
}

// fill answers the flights that a carrier left without an answer by ending its goroutine (runtime.Goexit).
func (c *Client) fill(call *call) {
	for i := range call.flights {
		if f := &call.flights[i]; f.result.Parcel == nil && f.result.Err == nil {
			c.logBreach(call.lane, errVanished)
			f.result = c.judge(call, f, Result{Err: errVanished})
			call.lane.ledger.answer(f.result)
		}
	}
}

// worthTakingApart reports whether a batch was refused as a whole for what may be the fault of one of its
// queries. What was billed is not asked again, and neither is anything while taking apart saves nothing.
func (l *lane) worthTakingApart(call *call, err error) bool {
	if err == nil || len(call.queries) < 2 || l.hopeless.Load() || call.Err() != nil {
		return false
	}
	e := typed(call, l, err)
	return e.Billed != Yes && (e.Kind == ErrInvalidRequest || e.Kind == ErrProtocol)
}

// takeApart asks about the parcels of a refused batch one by one, so that one bad query harms itself only. This is the
// only way in which the client asks a carrier the same thing twice, and it does so once.
//
// When not one query fares better alone, the fault was not in the queries: then refused batches are left as they are
// until the carrier answers again.
func (c *Client) takeApart(call *call, cause error) {
	l := call.lane
	c.log.Warn("batch refused, asking one by one",
		"carrier", l.name, "queries", len(call.queries), "kind", KindName(typed(call, l, cause)))
	saved := false
	for i := range call.queries {
		results, err := c.attempt(call, call.queries[i:i+1])
		switch {
		case err == nil:
			saved = true
			c.conclude(call, i, results, nil)
			continue
		case call.Err() == nil && l.ownFault(call, err):
			f := &call.flights[i]
			f.result = c.judge(call, f, Result{Err: err})
			l.ledger.answer(f.result)
			continue
		}
		c.conclude(call, i, nil, err) // the carrier, not the parcel: it holds for the rest as well
		return
	}
	l.hopeless.Store(!saved)
}

// ownFault reports whether an error of a call for one parcel says nothing about other parcels.
func (l *lane) ownFault(call *call, err error) bool {
	switch typed(call, l, err).Kind {
	case ErrNotFound, ErrInvalidNumber, ErrUnsupportedCourier, ErrDailyCap, ErrInvalidRequest, ErrProtocol, ErrConflict:
		return true
	}
	return false
}

// trouble reports whether an error speaks against whoever it comes from.
func trouble(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == ErrUpstream && !e.Masked
}

// answered reports whether an error shows that the courier was reached.
func answered(err error) bool {
	return err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalidNumber)
}

// note tells the carrier's circuit that a call was answered, or failed as a whole.
func (c *Client) note(call *call, now time.Time, failed bool) {
	if pause, changed := call.lane.circuits.noteCall(now, call, failed); changed {
		c.logCircuit(call.lane, "", pause)
	}
}

// noteCourier tells the courier's circuit what became of one parcel.
func (c *Client) noteCourier(call *call, now time.Time, courier Courier, err error, over bool) {
	failed := trouble(err)
	if failed && over || !failed && !answered(err) {
		return
	}
	if pause, changed := call.lane.circuits.noteCourier(now, courier, call, failed); changed {
		c.logCircuit(call.lane, courier, pause)
	}
}

func (c *Client) logCircuit(l *lane, courier Courier, pause time.Duration) {
	if pause > 0 {
		c.log.Warn("circuit opened", "carrier", l.name, "courier", string(courier), "pause", pause)
		return
	}
	c.log.Info("circuit closed", "carrier", l.name, "courier", string(courier))
}
