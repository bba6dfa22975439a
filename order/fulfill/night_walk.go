package fulfill

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// nightPage is how many orders are found at a time.
const nightPage = 100

// eachOrder gives every order that has a section which fits the filter, once, the oldest first. No transaction is held
// meanwhile, and what is done may take orders out of the filter. An order that comes to fit while this goes on may be missed.
func (e *Engine) eachOrder(ctx context.Context, f order.Filter, do func(order.Order) error) error {
	for _, tenant := range e.config.Night.Tenants {
		f.Tenant = tenant
		if err := e.eachOrderOfTenant(ctx, f, do); err != nil {
			return err
		}
	}
	return nil
}

// eachOrderOfTenant goes on from the time of the last order it gave. A list grows shorter under its reader, so places in it
// mean nothing; of the orders of that one second those given already are remembered, and passed over from the first page on.
func (e *Engine) eachOrderOfTenant(ctx context.Context, f order.Filter, do func(order.Order) error) error {
	given := map[order.OrderID]bool{} // those ordered since f.OrderedFrom
	for page := 1; ; {
		found, err := e.findOrders(ctx, order.Query{Filter: f, Level: order.ByOrder, Page: page, Size: nightPage})
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(slices.Clone(found), func(o order.Order) bool { return given[o.ID] })
		if len(fresh) == 0 {
			if len(found) < nightPage {
				return nil
			}
			page++
			continue
		}
		for _, o := range fresh {
			if err := ctx.Err(); err != nil {
				return err
			}
			if at := orderedAt(o).Truncate(time.Second); at.After(f.OrderedFrom) { // stores may keep less than nanoseconds
				f.OrderedFrom = at
				clear(given)
			}
			given[o.ID] = true
			if err := do(o); err != nil {
				return err
			}
		}
		page = 1
	}
}

// findOrders gives one page, each order once.
func (e *Engine) findOrders(ctx context.Context, q order.Query) ([]order.Order, error) {
	var orders []order.Order
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		orders = nil
		found, err := tx.Find(ctx, q)
		for _, h := range found.Hits {
			if len(orders) == 0 || orders[len(orders)-1].ID != h.Order.ID {
				orders = append(orders, h.Order)
			}
		}
		return err
	})
	return orders, err
}

func orderedAt(o order.Order) time.Time {
	if len(o.History) == 0 {
		return time.Time{}
	}
	return o.History[0].At
}

// daysSince counts the midnights in Korea between two times.
func daysSince(at, now time.Time) int {
	return int(midnight(now).Sub(midnight(at)) / (24 * time.Hour))
}
