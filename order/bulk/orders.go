package bulk

import (
	"context"

	"github.com/waybill-dev/waybill/order"
)

// Orders is what bulk ship-out needs of the host's store. Implementations are safe for concurrent use.
type Orders interface {
	// Find gives the orders of a tenant that keys name: one entry for each key, in their order, and the zero Order
	// where there is none. How a platform's number becomes one of ours is the host's business: for KeyLine the order
	// that has a line of this id, for KeyDelivery the one with a section of this delivery number, for KeySection the
	// one whose section is meant, for KeyOrder the one of this id. Keys are trimmed; several may name one order.
	//
	// There are at most 200 keys. An order of another tenant may be given: it counts as not found.
	Find(ctx context.Context, tenant string, kind KeyKind, keys []string) ([]order.Order, error)

	// Carrying gives the orders, of any tenant, that have a live section with one of the waybills. Others may be among
	// them, each once or more. There are at most 200 waybills.
	Carrying(ctx context.Context, waybills []order.Waybill) ([]order.Order, error)

	// Execute applies a command to an order in one transaction and gives the order after it. A refusal is an error
	// that wraps *order.Refused; the same command again gives the order and no error. Other errors end the commit,
	// which may be repeated.
	Execute(ctx context.Context, id order.OrderID, c order.Command) (order.Order, error)
}

// Transactional is an ability of [Orders] that Options.AllOrNothing needs: everything that do does through the store it
// is given happens together, or not at all if do gives an error, which Atomically then gives back.
type Transactional interface {
	Atomically(ctx context.Context, do func(ctx context.Context, within Orders) error) error
}

const batch = 200 // keys of one look-up
