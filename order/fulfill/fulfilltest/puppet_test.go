package fulfilltest_test

import (
	"context"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// transacted is what a transaction does.
type transacted = func(ctx context.Context, tx fulfill.Tx) error

// A puppet is a sound store whose parts can be exchanged one by one.
type puppet struct {
	sound     *fulfill.MemoryStore
	transact  func(ctx context.Context, f transacted) error
	shipments func(ctx context.Context, f fulfill.ShipmentFilter) iter.Seq2[fulfill.Shipment, error]
	tasks     func(ctx context.Context, f fulfill.TaskFilter) iter.Seq2[fulfill.Task, error]
	reopen    func()
}

func newPuppet() *puppet {
	p := &puppet{reopen: func() {}}
	p.be(fulfill.NewMemoryStore())
	return p
}

func (p *puppet) be(m *fulfill.MemoryStore) {
	p.sound, p.transact, p.shipments, p.tasks = m, m.Transact, m.Shipments, m.Tasks
}

func (p *puppet) Transact(ctx context.Context, f func(ctx context.Context, tx fulfill.Tx) error) error {
	return p.transact(ctx, f)
}

func (p *puppet) Shipments(ctx context.Context, f fulfill.ShipmentFilter) iter.Seq2[fulfill.Shipment, error] {
	return p.shipments(ctx, f)
}

func (p *puppet) Tasks(ctx context.Context, f fulfill.TaskFilter) iter.Seq2[fulfill.Task, error] {
	return p.tasks(ctx, f)
}

// each exchanges parts of every transaction.
func (p *puppet) each(spoil func(tx *puppetTx)) {
	transact := p.transact
	p.transact = func(ctx context.Context, f transacted) error {
		return transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
			t := newPuppetTx(tx)
			spoil(t)
			return f(ctx, t)
		})
	}
}

// A puppetTx is a sound transaction whose methods can be exchanged one by one.
type puppetTx struct {
	fulfill.Tx
	save         func(context.Context, order.Order, []order.Event) error
	watches      func() poll.Store
	evidence     func(context.Context, poll.ShipmentID) (tracking.Evidence, error)
	shipment     func(context.Context, poll.ShipmentID) (fulfill.Shipment, error)
	latest       func(context.Context, tracking.Courier, string) (poll.ShipmentID, error)
	shipmentsOf  func(context.Context, order.OrderID) ([]fulfill.Shipment, error)
	saveShipment func(context.Context, fulfill.Shipment) error
	queue        func(context.Context, ...fulfill.Task) (int, error)
	task         func(context.Context, string) (fulfill.Task, error)
	claim        func(context.Context, time.Time, int, time.Duration) ([]fulfill.Task, error)
	settle       func(context.Context, fulfill.Task) error
	amend        func(context.Context, fulfill.Task) error
	next         func(context.Context) (time.Time, error)
	trace        func(context.Context, fulfill.Trace) error
	traces       func(context.Context, order.OrderID) ([]fulfill.Trace, error)
	begin        func(context.Context, string, time.Time, time.Time) (bool, error)
	old          func(context.Context, time.Time, fulfill.Shipment, int) ([]fulfill.Shipment, error)
	forget       func(context.Context, poll.ShipmentID) (int, error)
}

func newPuppetTx(tx fulfill.Tx) *puppetTx {
	f := tx.(fulfill.Forgetter)
	return &puppetTx{
		tx, tx.Save, tx.Watches, tx.Evidence, tx.Shipment, tx.Latest, tx.ShipmentsOf, tx.SaveShipment, tx.Queue, tx.Task, tx.ClaimTasks,
		tx.SettleTask, tx.AmendTask, tx.NextTask, tx.Trace, tx.Traces, tx.Begin, f.Old, f.Forget,
	}
}

func (t *puppetTx) Old(ctx context.Context, before time.Time, after fulfill.Shipment, limit int) ([]fulfill.Shipment, error) {
	return t.old(ctx, before, after, limit)
}
func (t *puppetTx) Forget(ctx context.Context, id poll.ShipmentID) (int, error) {
	return t.forget(ctx, id)
}
func (t *puppetTx) Save(ctx context.Context, o order.Order, events []order.Event) error {
	return t.save(ctx, o, events)
}
func (t *puppetTx) Watches() poll.Store { return t.watches() }
func (t *puppetTx) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	return t.evidence(ctx, id)
}
func (t *puppetTx) Shipment(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
	return t.shipment(ctx, id)
}
func (t *puppetTx) Latest(ctx context.Context, c tracking.Courier, number string) (poll.ShipmentID, error) {
	return t.latest(ctx, c, number)
}
func (t *puppetTx) ShipmentsOf(ctx context.Context, id order.OrderID) ([]fulfill.Shipment, error) {
	return t.shipmentsOf(ctx, id)
}
func (t *puppetTx) SaveShipment(ctx context.Context, s fulfill.Shipment) error {
	return t.saveShipment(ctx, s)
}
func (t *puppetTx) Queue(ctx context.Context, tasks ...fulfill.Task) (int, error) {
	return t.queue(ctx, tasks...)
}
func (t *puppetTx) Task(ctx context.Context, key string) (fulfill.Task, error) {
	return t.task(ctx, key)
}
func (t *puppetTx) ClaimTasks(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
	return t.claim(ctx, now, limit, lease)
}
func (t *puppetTx) SettleTask(ctx context.Context, task fulfill.Task) error {
	return t.settle(ctx, task)
}
func (t *puppetTx) AmendTask(ctx context.Context, task fulfill.Task) error { return t.amend(ctx, task) }
func (t *puppetTx) NextTask(ctx context.Context) (time.Time, error)        { return t.next(ctx) }
func (t *puppetTx) Trace(ctx context.Context, trace fulfill.Trace) error   { return t.trace(ctx, trace) }
func (t *puppetTx) Traces(ctx context.Context, id order.OrderID) ([]fulfill.Trace, error) {
	return t.traces(ctx, id)
}
func (t *puppetTx) Begin(ctx context.Context, job string, since, now time.Time) (bool, error) {
	return t.begin(ctx, job, since, now)
}
