package fulfill

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

// Config of an [Engine]. Store and Carriers are required; the zero value of every other field works.
type Config struct {
	Store Store

	// Carriers that parcels are asked at: the first that serves a parcel's courier, but those that Prefer names go before.
	Carriers []tracking.Carrier
	Prefer   map[tracking.Courier][]string // names of carriers

	// Machine holds the rules by which orders are moved.
	Machine order.Machine

	// Actions are the host's functions for what is to be done, Undo those that take it back: also what may have been done
	// only, since a call that failed or was cut short could have had its effect. An action without a function is passed over.
	Actions, Undo Actions

	// Inbox and Sources are the receiving half; the handler that fills the inbox is the host's to mount. Without an inbox
	// nothing is received.
	Inbox   webhook.Inbox
	Sources []webhook.Source
	// InboxLook is how often the inbox is looked at when nothing is known to be due, for what other processes received, by
	// the wall clock; 0 means a second.
	InboxLook time.Duration

	// Outbox says how the actions are delivered.
	Outbox Outbox

	// Poll holds what else the poll engine takes: policy, lifetimes, concurrency, caps, budgets. Its Store, Carriers, Now, Wait and
	// Logger are set by the engine; its hooks are called besides the engine's own. A month's budget that will not last is an
	// AlertOperations, once ([poll.ShortageError]).
	Poll poll.Config

	// Subscribed tells since when pushes are expected about a watch's parcel, the zero time if none are. Nil means those that
	// Night.Registry has as registered at the carriers of Night.Subscribe, as of the last full hour of a Run. It is called often, and concurrently.
	//
	// Where pushes are expected, and Poll.Policy is nil or a [poll.Adaptive] without a Recall, the engine learns how far they can be relied
	// on ([poll.Hints]), polls the less for it, and alerts operations when they fall silent. Of engines that share a policy it heeds the
	// one that was made last.
	Subscribed func(w poll.Watch) time.Time

	// Confirm says when a second carrier is asked before stock or money moves.
	Confirm Confirm

	// ReturnInboundOnFailure opens a return inbound when an attempt failed, as the guide of one provider does. It serves the
	// return, if the parcel comes back, and is taken back when the parcel is delivered after all, or lost. Off: a failed
	// attempt, which a second one often cures, alerts.
	ReturnInboundOnFailure bool

	// Night holds the jobs that back offices run at night, and which of them the engine runs by itself: none in the zero value.
	Night Night

	Logger *slog.Logger // never a full number or a person; nil is silent

	// Now is the clock of the world; nil means time.Now. Wait returns when d of its time has passed, never sooner, or with
	// an error when ctx has ended; nil waits by the wall clock.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// Confirm is a policy of second opinions.
type Confirm string

// The policies.
const (
	ConfirmNothing Confirm = ""       // one carrier's word is enough, but for returns that are inferred from the route
	Quorum         Confirm = "quorum" // a second carrier is asked before what moves stock or money; where they disagree, nothing moves
)

// Actions are a host's functions. Each is called at least once for every key, and once unless a crash or its own error
// cut the call; it is called again, ever more slowly, until it returns nil, or is given up (see [Outbox]). Nil functions are
// passed over. They are called concurrently, but one at a time for one order, and must return soon after ctx ended: one that
// does not keeps its place among the calls, and the end of Run, waiting.
type Actions struct {
	ConfirmInventory    func(ctx context.Context, a Action) error
	NotifyCustomer      func(ctx context.Context, a Action) error
	CreateReturnInbound func(ctx context.Context, a Action) error
	AlertOperations     func(ctx context.Context, a Action) error

	// Others are for what commands cause (Name("REFUND") and the other names of package order), and for the host's own.
	Others map[Name]func(ctx context.Context, a Action) error
}

// function gives the host's function for an action, nil if there is none.
func (c *Config) function(a Action) func(context.Context, Action) error {
	set := c.Actions
	if a.Undo {
		set = c.Undo
	}
	switch a.Name {
	case ConfirmInventory:
		return set.ConfirmInventory
	case NotifyCustomer:
		return set.NotifyCustomer
	case CreateReturnInbound:
		return set.CreateReturnInbound
	case AlertOperations:
		return set.AlertOperations
	}
	return set.Others[a.Name]
}

// Validate reports every fault of the configuration at once, as errors joined; nil when there is none.
func (c Config) Validate() error {
	_, err := build(c)
	return err
}

func (c *Config) complete() error {
	var faults []error
	if c.Store == nil {
		faults = append(faults, errors.New("fulfill: no store"))
	}
	if c.Confirm != ConfirmNothing && c.Confirm != Quorum {
		faults = append(faults, errors.New("fulfill: Confirm is neither empty nor quorum"))
	}
	faults = append(faults, c.Outbox.faults()...)
	faults = append(faults, c.Night.complete())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = waitByTimer
	}
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	return errors.Join(faults...)
}

// waitByTimer is the default of Config.Wait.
func waitByTimer(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
