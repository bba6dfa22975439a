package fulfill

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

// Deliver hands the road what a message says, as the worker does.
func (e *Engine) Deliver(ctx context.Context, d webhook.Delivery) error { return e.deliver(ctx, d) }

// Ledger is the store that the poll engine works on.
func (e *Engine) Ledger() poll.Store { return &ledger{e} }

// Config is the configuration as it is used.
func (e *Engine) Config() Config { return e.config }

// PushesSince tells since when pushes are expected about a watch's parcel.
func (e *Engine) PushesSince(w poll.Watch) time.Time { return e.pushes.hints.Subscribed(w) }

// ExpectsPushes reports whether the engine learns how far pushes can be relied on.
func (e *Engine) ExpectsPushes() bool { return e.pushes != nil }
