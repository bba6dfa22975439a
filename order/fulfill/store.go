package fulfill

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Errors of stores.
var (
	// ErrNoShipment means that there is no such shipment.
	ErrNoShipment = errors.New("fulfill: no such shipment")
	// ErrNoTask means that there is no task of that key.
	ErrNoTask = errors.New("fulfill: no such task")
	// ErrLeaseLost means that the task was claimed again since, or settled by somebody else: nothing was written.
	ErrLeaseLost = errors.New("fulfill: the lease on the task is lost")
)

// A Store keeps the ledger: orders, shipments with their evidence, watches, and the outbox. Package fulfilltest has the
// suite that every implementation passes; [NewMemoryStore] makes one that keeps nothing over a restart. It is safe for
// concurrent use, by several processes where several share it.
type Store interface {
	// Transact runs f in one transaction and commits it if f returns nil; otherwise nothing of it is kept. When the store
	// gives up a transaction in favour of another, f runs again from the beginning in a new one. f works with the context
	// that it is given, and with tx for no longer than it runs; Transact with that context is an error, for it would wait for
	// itself.
	Transact(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
}

// A Tx is one transaction of a [Store], for one goroutine. After an error that is not one of the sentinels of this package,
// of poll or of order the transaction is to be given up.
//
// Who locks several things locks orders first, in one call of Lock, then one shipment.
type Tx interface {
	// Orders of which Save queues the actions of the events as tasks ([Commanded]).
	order.Orders
	// Lock locks orders until the transaction ends, in the order of their ids.
	Lock(ctx context.Context, ids ...order.OrderID) error

	// Watches gives the store of the poll engine inside of this transaction. It is a [poll.Meter] too, or budgets cannot be
	// kept, and a [poll.Keeper], or what was learned is forgotten. The jobs [LearnSchedule] and [Stalls] need one that has the method Watches of [poll.Archive].
	Watches() poll.Store
	// Evidence gives what is kept of a shipment. Nothing kept is no error.
	Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error)

	// Shipment gives a shipment and locks it until the transaction ends; [ErrNoShipment] if there is none.
	Shipment(ctx context.Context, id poll.ShipmentID) (Shipment, error)
	// Latest gives the newest generation of a number that was saved; [ErrNoShipment] if there is none.
	Latest(ctx context.Context, courier tracking.Courier, number string) (poll.ShipmentID, error)
	// ShipmentsOf lists the shipments that are linked to an order, those with the oldest Since first, then by id. It locks
	// nothing.
	ShipmentsOf(ctx context.Context, id order.OrderID) ([]Shipment, error)
	// SaveShipment keeps a shipment, a new one or a changed one, with its links; Known, Parcel and Forgotten are left as they
	// are.
	SaveShipment(ctx context.Context, s Shipment) error

	// Queue adds the tasks whose keys are not there yet, each behind the tasks of its stream, and reports how many it added.
	// A task is kept as it is given: a settled one, too.
	Queue(ctx context.Context, tasks ...Task) (added int, err error)
	// Task gives a task; [ErrNoTask] if there is none.
	Task(ctx context.Context, key string) (Task, error)
	// ClaimTasks leases up to limit waiting tasks that are due, those due longest first. Of each stream only its first
	// waiting task can be claimed. Each claim raises Attempts and Fence, and a task that is not settled by now plus lease
	// is due again then. What it costs must not grow with the number of tasks that are settled or not due.
	ClaimTasks(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]Task, error)
	// SettleTask writes State, Attempts, DueAt, DoneAt and Why of a claimed task, and ends the claim. With a fence that is
	// not the task's latest, or whose claim has ended, it fails with [ErrLeaseLost].
	SettleTask(ctx context.Context, t Task) error
	// AmendTask writes State, Attempts, DueAt, DoneAt and Why of a task that nobody need have claimed; a claim is lost by
	// it. [ErrNoTask] if there is none.
	AmendTask(ctx context.Context, t Task) error
	// NextTask tells when the first task that could be claimed is due, or its lease ends; zero when none waits.
	NextTask(ctx context.Context) (time.Time, error)

	// Trace keeps why an order was moved, or not moved, by a fact; a trace of the same order and command is replaced.
	Trace(ctx context.Context, t Trace) error
	// Traces lists the traces of an order in the order in which they were kept first.
	Traces(ctx context.Context, id order.OrderID) ([]Trace, error)

	// Begin reports whether a job of the night is to be done now: whether since was after the time that the last Begin of
	// that name was granted. It is granted to one of several processes, and written in this transaction.
	Begin(ctx context.Context, job string, since, now time.Time) (granted bool, err error)
}

// An Archive is a store that can be looked into. Sequences yield an error once, last, hold no transaction between two
// values, and show what is there when the loop comes to it.
type Archive interface {
	// Shipments lists shipments by courier, number and generation.
	Shipments(ctx context.Context, f ShipmentFilter) iter.Seq2[Shipment, error]
	// Tasks lists tasks by key.
	Tasks(ctx context.Context, f TaskFilter) iter.Seq2[Task, error]
}
