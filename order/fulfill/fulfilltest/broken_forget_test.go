package fulfilltest_test

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func forgetBreakages() []breakage {
	const (
		stays   = "of a forgotten shipment stays that there was one"
		over    = "what is not over is not forgotten"
		last    = "what commands caused stays until the last shipment is forgotten"
		listed  = "old shipments are listed by when they were seen"
		undone  = "after an error nothing is forgotten"
		toyRole = poll.Primary
	)
	forgets := func(change func(t *puppetTx, ctx context.Context, id poll.ShipmentID) (int, error)) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.forget = func(ctx context.Context, id poll.ShipmentID) (int, error) { return change(t, ctx, id) }
			})
		}
	}
	lists := func(change func(t *puppetTx, ctx context.Context, before time.Time, after fulfill.Shipment, limit int) ([]fulfill.Shipment, error)) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.old = func(ctx context.Context, before time.Time, after fulfill.Shipment, limit int) ([]fulfill.Shipment, error) {
					return change(t, ctx, before, after, limit)
				}
			})
		}
	}
	return []breakage{
		{"evidence is kept", func(p *puppet) {
			kept := map[poll.ShipmentID]tracking.Evidence{}
			p.each(func(t *puppetTx) {
				t.forget = func(ctx context.Context, id poll.ShipmentID) (int, error) {
					e, err := t.Tx.Evidence(ctx, id)
					if _, again := kept[id]; err == nil && !again {
						kept[id] = e
					}
					return t.Tx.(fulfill.Forgetter).Forget(ctx, id)
				}
				t.evidence = func(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
					if e, ok := kept[id]; ok {
						return e, nil
					}
					return t.Tx.Evidence(ctx, id)
				}
			})
		}, []string{stays}},
		{"a number that is forgotten is new", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.latest = func(ctx context.Context, c tracking.Courier, number string) (poll.ShipmentID, error) {
					id, err := t.Tx.Latest(ctx, c, number)
					if s, fault := t.Tx.Shipment(ctx, id); fault == nil && s.Forgotten {
						return poll.ShipmentID{}, fulfill.ErrNoShipment
					}
					return id, err
				}
			})
		}, []string{stays}},
		{"a forgotten shipment that is saved is remembered", func(p *puppet) {
			saved := map[poll.ShipmentID]bool{}
			p.each(func(t *puppetTx) {
				t.saveShipment = func(ctx context.Context, s fulfill.Shipment) error {
					saved[s.ID] = saved[s.ID] || s.Forgotten
					return t.Tx.SaveShipment(ctx, s)
				}
				t.shipment = func(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
					s, err := t.Tx.Shipment(ctx, id)
					s.Forgotten = s.Forgotten && !saved[id]
					return s, err
				}
			})
		}, []string{stays}},
		{"more is counted than is removed", forgets(func(t *puppetTx, ctx context.Context, id poll.ShipmentID) (int, error) {
			n, err := t.Tx.(fulfill.Forgetter).Forget(ctx, id)
			return n + 1, err
		}), []string{over, stays}},
		{"what is under way is forgotten", forgets(func(t *puppetTx, ctx context.Context, id poll.ShipmentID) (int, error) {
			_, err := t.Tx.Watches().Change(ctx, poll.WatchID{Shipment: id, Carrier: "toy", Role: toyRole}, func(w poll.Watch) poll.Watch {
				if w.Life == poll.Active {
					w.Life = poll.Closed
				}
				return w
			})
			if err != nil {
				return 0, err
			}
			return t.Tx.(fulfill.Forgetter).Forget(ctx, id)
		}), []string{over}},
		{"what commands caused is never forgotten", forgets(func(t *puppetTx, ctx context.Context, id poll.ShipmentID) (int, error) {
			task, err := t.Tx.Task(ctx, "of O-1")
			n, fault := t.Tx.(fulfill.Forgetter).Forget(ctx, id)
			if err == nil {
				_, err = t.Tx.Queue(ctx, task)
				return n, err
			}
			return n, fault
		}), []string{last}},
		{"what is forgotten is listed", lists(func(t *puppetTx, ctx context.Context, before time.Time, after fulfill.Shipment, limit int) ([]fulfill.Shipment, error) {
			old, err := t.Tx.(fulfill.Forgetter).Old(ctx, before, after, limit)
			if s, fault := t.Tx.Shipment(ctx, poll.ShipmentID{Courier: "toycourier", Number: "900010000007", Generation: 1}); fault == nil && s.Forgotten {
				old = append(old, s)
			}
			return old, err
		}), []string{listed}},
		{"a page begins with the time of the last one", lists(func(t *puppetTx, ctx context.Context, before time.Time, after fulfill.Shipment, limit int) ([]fulfill.Shipment, error) {
			old, err := t.Tx.(fulfill.Forgetter).Old(ctx, before, after, limit+1)
			old = slices.DeleteFunc(old, func(s fulfill.Shipment) bool { return after.ID.Number != "" && s.Seen.Equal(after.Seen) })
			return old[:min(limit, len(old))], err
		}), []string{listed}},
		{"what was forgotten stays so", func(p *puppet) {
			forgotten := map[poll.ShipmentID]bool{}
			p.each(func(t *puppetTx) {
				t.forget = func(ctx context.Context, id poll.ShipmentID) (int, error) {
					n, err := t.Tx.(fulfill.Forgetter).Forget(ctx, id)
					forgotten[id] = forgotten[id] || n > 0
					return n, err
				}
				t.shipment = func(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
					s, err := t.Tx.Shipment(ctx, id)
					s.Forgotten = s.Forgotten || forgotten[id]
					return s, err
				}
			})
		}, []string{undone}},
	}
}
