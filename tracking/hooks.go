package tracking

import (
	"context"
	"time"
)

// Hooks observe the calls that a [Client] makes to its carriers, for traces and meters. Nil functions are skipped.
// They run on the goroutine of the call, concurrently with other calls, and hold it up while they run.
// Requests below a call, with repeats, are seen by the hooks of package transport.
//
// What they are given names no parcel.
type Hooks struct {
	// CallStart is called before a carrier is asked. The context it returns is the one the carrier gets: a place for
	// a span. It must descend from ctx.
	CallStart func(ctx context.Context, call CallStart) context.Context

	// CallEnd is called after every CallStart, with the context that CallStart returned.
	CallEnd func(ctx context.Context, call CallEnd)
}

// CallStart is what is known before a call.
type CallStart struct {
	Carrier string
	Queries int // how many parcels it asks about
}

// CallEnd is what is known after a call.
type CallEnd struct {
	Carrier string
	Queries int
	Parcels int           // answered with a parcel
	Failed  int           // answered with an error; "no data" is one
	Took    time.Duration // by Config.Now; without the wait for a free slot
	Err     error         // of the call as a whole: nothing is known about any of its parcels
}

func (h Hooks) start(ctx context.Context, call CallStart) context.Context {
	if h.CallStart == nil {
		return ctx
	}
	if own := h.CallStart(ctx, call); own != nil {
		return own
	}
	return ctx
}

func (h Hooks) end(ctx context.Context, call CallEnd) {
	if h.CallEnd != nil {
		h.CallEnd(ctx, call)
	}
}
