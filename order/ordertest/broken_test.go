package ordertest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/ordertest"
)

// A breakage breaks a store in one way.
type breakage = suitetest.Breakage[*puppet]

func TestSuiteCatchesBreakages(t *testing.T) {
	suitetest.Prove(t, suitetest.Suite[*puppet]{
		Run: runPuppet, Breakages: slices.Concat(savingBreakages(), readingBreakages(), findingBreakages()), Clauses: 24,
		Slow: []string{
			"an order comes back whole", "any text comes back", "ids are told apart to the byte", "of rivals one wins",
			"a section is located by its numbers", "a filter finds what it matches", "pages are cut from one list",
			"a list is in the order of the orders", "what changed is found as it is", "hits bring their orders whole",
		},
	})
}

func savingBreakages() []breakage {
	return []breakage{
		{"saves are not compared", func(p *puppet) {
			p.save = func(_ context.Context, o order.Order, _ []order.Event) error { p.sound.Put(o); return nil }
		}, []string{
			"a save ahead of the history is ErrStale",
			"a stale save is ErrStale and changes nothing",
			"an ended context ends a call",
			"an order is created once",
			"facts that raise no version count too",
			"what was saved survives",
		}},
		{"saves are compared by version", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				if stored, err := p.sound.Load(ctx, o.ID); err == nil && events[0].Seq > 1 && stored.Version == events[0].Version && len(stored.History) >= events[0].Seq {
					p.sound.Put(o)
					return nil
				}
				return save(ctx, o, events)
			}
		}, []string{"a stale save is ErrStale and changes nothing", "facts that raise no version count too", "what was saved survives"}},
		{"an order is created again", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				if events[0].Seq == 1 && ctx.Err() == nil {
					p.sound.Put(o)
					return nil
				}
				return save(ctx, o, events)
			}
		}, []string{"an order is created once"}},
		{"gaps are filled", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				stored, _ := p.sound.Load(ctx, o.ID)
				if len(stored.History) < events[0].Seq-1 {
					p.sound.Put(o)
					return nil
				}
				return save(ctx, o, events)
			}
		}, []string{"a save ahead of the history is ErrStale", "an ended context ends a call"}},
		{"a stale save is another error", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				if err := save(ctx, o, events); errors.Is(err, order.ErrStale) {
					return errors.New("unique constraint")
				} else if err != nil {
					return err
				}
				return nil
			}
		}, []string{
			"a save ahead of the history is ErrStale",
			"a stale save is ErrStale and changes nothing",
			"an order is created once",
			"facts that raise no version count too",
			"of rivals one wins",
			"what was saved survives",
		}},
		{"the last event of several is lost", func(p *puppet) {
			p.reads(func(o *order.Order) {
				if len(o.History) > 5 {
					o.History = o.History[:5]
				}
			})
		}, []string{"a history grows event by event", "what was saved survives"}},
		{"contexts are not looked at", func(p *puppet) {
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				return p.sound.Save(context.WithoutCancel(ctx), o, events)
			}
		}, []string{"an ended context ends a call"}},
		{"a restart loses everything", func(p *puppet) {
			p.reopen = func() { *p = *newPuppet() }
		}, []string{"what was saved survives"}},
	}
}

func readingBreakages() []breakage {
	return []breakage{
		{"an order that is not there is empty", func(p *puppet) {
			load := p.load
			p.load = func(ctx context.Context, id order.OrderID) (order.Order, error) {
				o, err := load(ctx, id)
				if errors.Is(err, order.ErrNoOrder) {
					err = nil
				}
				return o, err
			}
		}, []string{"an order that is not there is ErrNoOrder"}},
		{"personal data is lost", func(p *puppet) {
			p.reads(func(o *order.Order) { o.Orderer = nil })
		}, []string{
			"a history grows event by event",
			"a save ahead of the history is ErrStale",
			"an ended context ends a call",
			"an order comes back whole",
			"what is given out is the caller's",
			"what was saved survives",
		}},
		{"texts are cut at a zero byte", func(p *puppet) {
			p.reads(func(o *order.Order) {
				for i, l := range o.Lines {
					o.Lines[i].Name, _, _ = strings.Cut(l.Name, "\x00")
				}
			})
		}, []string{"any text comes back"}},
		{"ids are compared without their blanks", func(p *puppet) {
			load := p.load
			p.load = func(ctx context.Context, id order.OrderID) (order.Order, error) {
				return load(ctx, order.OrderID(strings.TrimSpace(string(id))))
			}
		}, []string{"ids are told apart to the byte"}},
		{"orders are shared", func(p *puppet) {
			given := map[order.OrderID]order.Order{}
			load := p.load
			p.load = func(ctx context.Context, id order.OrderID) (order.Order, error) {
				o, err := load(ctx, id)
				if shared, ok := given[id]; ok && len(shared.History) == len(o.History) {
					return shared, err
				}
				given[id] = o
				return o, err
			}
		}, []string{"what is given out is the caller's"}},
		{"recall numbers are delivery numbers", func(p *puppet) {
			p.keys(func(k *order.Key) { k.RecallDeliveryNo = k.DeliveryNo })
		}, []string{"a section is located by its numbers", "an unknown number is ErrNoOrder"}},
		{"any number is located", func(p *puppet) {
			p.keys(func(k *order.Key) { k.DeliveryNo = strings.TrimSpace(k.DeliveryNo) })
		}, []string{"an unknown number is ErrNoOrder"}},
		{"tenants share numbers", func(p *puppet) {
			p.keys(func(k *order.Key) { k.Tenant = strings.ToLower(k.Tenant) })
		}, []string{"numbers belong to their tenant"}},
		{"merged sections are not located", func(p *puppet) {
			locate := p.locate
			p.locate = func(ctx context.Context, k order.Key) (order.OrderID, error) {
				id, err := locate(ctx, k)
				if o, _ := p.sound.Load(ctx, id); err == nil {
					if s, ok := o.ByDeliveryNo(k.DeliveryNo); ok && s.Hidden() {
						return "", order.ErrNoOrder
					}
				}
				return id, err
			}
		}, []string{"sections at their end are located too"}},
		{"the youngest order is located", func(p *puppet) {
			p.locate = func(ctx context.Context, k order.Key) (order.OrderID, error) {
				all, err := p.sound.All(ctx)
				slices.Reverse(all)
				for _, o := range all {
					if s, ok := o.ByDeliveryNo(k.DeliveryNo); ok && o.Tenant == k.Tenant && s.DeliveryNo != "" {
						return o.ID, nil
					}
				}
				return "", errors.Join(err, order.ErrNoOrder)
			}
		}, []string{"the oldest order with a number is located"}},
	}
}

func findingBreakages() []breakage {
	return []breakage{
		{"nothing is an error", func(p *puppet) {
			find := p.find
			p.find = func(ctx context.Context, q order.Query) (order.Found, error) {
				found, err := find(ctx, q)
				if err == nil && found.Total == 0 {
					err = order.ErrNoOrder
				}
				return found, err
			}
		}, []string{"an empty store finds nothing"}},
		{"SKUs are compared without case", func(p *puppet) {
			p.asks(func(q *order.Query) { q.Filter.SKU = strings.ToUpper(q.Filter.SKU) })
		}, []string{"a filter finds what it matches"}},
		{"times are cut to microseconds", func(p *puppet) {
			p.asks(func(q *order.Query) {
				q.Filter.OrderedFrom, q.Filter.OrderedUntil = q.Filter.OrderedFrom.Truncate(1000), q.Filter.OrderedUntil.Truncate(1000)
			})
		}, []string{"a filter finds what it matches"}},
		{"the recall's waybill is not looked at", func(p *puppet) {
			p.asks(func(q *order.Query) {
				q.Filter.Waybills = slices.DeleteFunc(slices.Clone(q.Filter.Waybills), func(n string) bool { return strings.HasPrefix(n, "6802") })
			})
		}, []string{"a filter finds what it matches"}},
		{"totals are those of the page", func(p *puppet) {
			p.finds(func(q order.Query, f *order.Found) { f.Total = min(f.Total, max(10, q.Size)) })
		}, []string{"pages are cut from one list"}},
		{"pages overlap", func(p *puppet) {
			p.asks(func(q *order.Query) {
				if q.Size == 7 && q.Page == 2 {
					q.Page = 1
				}
			})
		}, []string{"pages are cut from one list"}},
		{"lists are sorted as people sort", func(p *puppet) {
			p.finds(func(_ order.Query, f *order.Found) {
				slices.SortStableFunc(f.Hits, func(a, b order.Hit) int {
					if at := a.Order.History[0].At.Compare(b.Order.History[0].At); at != 0 {
						return at
					}
					return strings.Compare(strings.ToLower(string(a.Order.ID)), strings.ToLower(string(b.Order.ID)))
				})
			})
		}, []string{"a list is in the order of the orders"}},
		{"a section is found where it was", func(p *puppet) {
			saved := map[order.OrderID]bool{}
			save := p.save
			stale := ordertest.NewMemory()
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				err := save(ctx, o, events)
				if err == nil && !saved[o.ID] {
					saved[o.ID] = true
					stale.Put(o)
				}
				return err
			}
			p.find = stale.Find
		}, []string{
			"a stale save is ErrStale and changes nothing",
			"what changed is found as it is",
			"what is given out is the caller's",
		}},
		{"hits bring orders without history", func(p *puppet) {
			p.finds(func(_ order.Query, f *order.Found) {
				for i := range f.Hits {
					f.Hits[i].Order.History = f.Hits[i].Order.History[:1]
				}
			})
		}, []string{"hits bring their orders whole", "what is given out is the caller's"}},
	}
}
