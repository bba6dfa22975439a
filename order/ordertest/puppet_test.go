package ordertest_test

import (
	"context"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/ordertest"
)

// A puppet is a sound store whose methods can be exchanged one by one.
type puppet struct {
	load   func(context.Context, order.OrderID) (order.Order, error)
	locate func(context.Context, order.Key) (order.OrderID, error)
	save   func(context.Context, order.Order, []order.Event) error
	find   func(context.Context, order.Query) (order.Found, error)
	reopen func()
	sound  *ordertest.Memory
}

func newPuppet() *puppet {
	m := ordertest.NewMemory()
	return &puppet{load: m.Load, locate: m.Locate, save: m.Save, find: m.Find, reopen: func() {}, sound: m}
}

func (p *puppet) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	return p.load(ctx, id)
}

func (p *puppet) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	return p.locate(ctx, k)
}

func (p *puppet) Save(ctx context.Context, o order.Order, events []order.Event) error {
	return p.save(ctx, o, events)
}

func (p *puppet) Find(ctx context.Context, q order.Query) (order.Found, error) { return p.find(ctx, q) }

// reads changes the orders that are given out.
func (p *puppet) reads(change func(*order.Order)) {
	load, find := p.load, p.find
	p.load = func(ctx context.Context, id order.OrderID) (order.Order, error) {
		o, err := load(ctx, id)
		if err == nil {
			change(&o)
		}
		return o, err
	}
	p.find = func(ctx context.Context, q order.Query) (order.Found, error) {
		found, err := find(ctx, q)
		for i := range found.Hits {
			change(&found.Hits[i].Order)
		}
		return found, err
	}
}

// asks changes what is looked for.
func (p *puppet) asks(change func(*order.Query)) {
	find := p.find
	p.find = func(ctx context.Context, q order.Query) (order.Found, error) {
		change(&q)
		return find(ctx, q)
	}
}

// finds changes what was found.
func (p *puppet) finds(change func(order.Query, *order.Found)) {
	find := p.find
	p.find = func(ctx context.Context, q order.Query) (order.Found, error) {
		found, err := find(ctx, q)
		change(q, &found)
		return found, err
	}
}

// keys changes what is located.
func (p *puppet) keys(change func(*order.Key)) {
	locate := p.locate
	p.locate = func(ctx context.Context, k order.Key) (order.OrderID, error) {
		change(&k)
		return locate(ctx, k)
	}
}

func runPuppet(t *testing.T, spoil func(*puppet)) {
	ordertest.RunOrders(t, ordertest.Harness{
		New: func(*testing.T) order.Orders {
			p := newPuppet()
			spoil(p)
			return p
		},
		Reopen: func(_ *testing.T, s order.Orders) order.Orders { s.(*puppet).reopen(); return s },
	})
}
