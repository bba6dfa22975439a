package sqlstore

import (
	"context"
	"errors"

	"github.com/waybill-dev/waybill/order"
)

// attempts is how often a command is decided anew when others change the same order meanwhile.
const attempts = 8

// Execute gives one command to one order, decided by the store's [Rules], and stores what it does together with the
// actions. When somebody else changes the order meanwhile it is decided again, up to 8 times; then the error is
// [order.ErrStale]. The same command again gives what was stored and changes nothing. A [order.Created] command makes the
// order. The order it gives is the one after the command, or with a *[order.Refused] the one that refused it.
//
// Tenants are not looked at; that is the business of an [order.BackOffice]. The rules are asked outside of any
// transaction, so that the functions of their Env may use the database.
func (s *Store) Execute(ctx context.Context, id order.OrderID, c order.Command) (order.Order, []order.Event, error) {
	for try := 1; ; try++ {
		o, err := s.existing(ctx, s.Load, id, c)
		if err != nil {
			return order.Order{}, nil, err
		}
		next, events, err := s.options.machine.Handle(o, c)
		if err != nil || len(next.History) == len(o.History) {
			return o, events, err
		}
		err = s.Save(ctx, next, events)
		switch {
		case err == nil:
			return next, events, nil
		case !errors.Is(err, order.ErrStale) || try == attempts:
			return o, nil, err
		}
	}
}

// Execute is [Store.Execute] inside of the transaction: it locks the order, so that nobody changes it until the
// transaction ends. The functions of the rules' Env are asked meanwhile, and must not wait for the database.
func (t *Tx) Execute(ctx context.Context, id order.OrderID, c order.Command) (order.Order, []order.Event, error) {
	if err := t.Lock(ctx, id); err != nil {
		return order.Order{}, nil, err
	}
	o, err := t.s.existing(ctx, t.Load, id, c)
	if err != nil {
		return order.Order{}, nil, err
	}
	next, events, err := t.s.options.machine.Handle(o, c)
	if err != nil || len(next.History) == len(o.History) {
		return o, events, err
	}
	if err := t.Save(ctx, next, events); err != nil {
		return o, nil, err
	}
	return next, events, nil
}

// existing loads the order of a command; one that is to be created is empty.
func (s *Store) existing(ctx context.Context, load func(context.Context, order.OrderID) (order.Order, error), id order.OrderID, c order.Command) (order.Order, error) {
	o, err := load(ctx, id)
	if errors.Is(err, order.ErrNoOrder) && c.Event == order.Created && c.Draft != nil && c.Draft.ID == id {
		return order.Order{}, nil
	}
	return o, err
}
