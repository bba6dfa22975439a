package bulk

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// A Shipper validates and commits ship-out sheets. Orders is required; everything else has a default. It holds nothing
// that changes: copy it, and use it from several goroutines if Orders allows that.
type Shipper struct {
	Orders  Orders
	Machine order.Machine    // the host's rules: use the machine that the store uses
	Now     func() time.Time // default time.Now
	// Progress, if set, is told every few hundred rows how far a call has come, by the goroutine that made the call.
	Progress func(Progress)
}

// Progress is how far a call has come.
type Progress struct {
	Phase string // "read", "look up", "compare", "commit", "report"
	Done  int    // rows
	Total int    // rows; 0 while it is not known
}

func (s *Shipper) progress(phase string, done, total int) {
	if s.Progress != nil {
		s.Progress(Progress{phase, done, total})
	}
}

func (s *Shipper) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Options say how a sheet is to be read, and on whose behalf.
type Options struct {
	Template Template    // default [Own]
	Tenant   string      // whose orders the caller may see: equal to [order.Order.Tenant]
	Actor    order.Actor // who the history names; its role is bulk or operator. Default: bulk, without an id
	Limits   Limits

	// CachedFormulas takes the value that the last program computed for a formula, where the default is to refuse it
	// (R04). In CSV it takes the text of ="0123456789".
	CachedFormulas bool
	// FutureDays is how many days in the future a ship date may be before R16 warns. Default 0: today, in Korea.
	FutureDays int
	// SeparateOrders refuses one waybill for several orders even of one recipient (R13), which by default is a bundle
	// (합포장) that is noted.
	SeparateOrders bool
	// AllOrNothing applies no row if one fails (C02). The store must be [Transactional].
	AllOrNothing bool
}

var (
	// ErrNoOrders means that a Shipper has no store.
	ErrNoOrders = errors.New("bulk: Shipper.Orders is not set")
	// ErrAltered means that a plan is not as Validate made it.
	ErrAltered = errors.New("bulk: the plan was altered")
	// ErrNotTransactional means that all-or-nothing was asked of a store that cannot do it.
	ErrNotTransactional = errors.New("bulk: all or nothing needs a Transactional store")
	// ErrNoCommand means that a commit has no command id.
	ErrNoCommand = errors.New("bulk: command id is missing")
	// ErrOtherFile means that a report was asked for with another file than the one that was validated.
	ErrOtherFile = errors.New("bulk: not the file that was validated")
	// ErrStore means that the store broke the contract of [Orders].
	ErrStore = errors.New("bulk: the store gave another number of orders than there were keys")
)
