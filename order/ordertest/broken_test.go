package ordertest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
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

// A breakage breaks a store in one way; caught is a clause that must say so, beside others that may.
type breakage struct {
	name   string
	caught string
	spoil  func(*puppet)
}

func breakages() []breakage {
	return slices.Concat(savingBreakages(), readingBreakages(), findingBreakages())
}

func savingBreakages() []breakage {
	return []breakage{
		{"saves are not compared", "a stale save is ErrStale and changes nothing", func(p *puppet) {
			p.save = func(_ context.Context, o order.Order, _ []order.Event) error { p.sound.Put(o); return nil }
		}},
		{"saves are compared by version", "facts that raise no version count too", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				if stored, err := p.sound.Load(ctx, o.ID); err == nil && events[0].Seq > 1 && stored.Version == events[0].Version && len(stored.History) >= events[0].Seq {
					p.sound.Put(o)
					return nil
				}
				return save(ctx, o, events)
			}
		}},
		{"an order is created again", "an order is created once", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				if events[0].Seq == 1 && ctx.Err() == nil {
					p.sound.Put(o)
					return nil
				}
				return save(ctx, o, events)
			}
		}},
		{"gaps are filled", "a save ahead of the history is ErrStale", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				stored, _ := p.sound.Load(ctx, o.ID)
				if len(stored.History) < events[0].Seq-1 {
					p.sound.Put(o)
					return nil
				}
				return save(ctx, o, events)
			}
		}},
		{"a stale save is another error", "of rivals one wins", func(p *puppet) {
			save := p.save
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				if err := save(ctx, o, events); errors.Is(err, order.ErrStale) {
					return errors.New("unique constraint")
				} else if err != nil {
					return err
				}
				return nil
			}
		}},
		{"the last event of several is lost", "a history grows event by event", func(p *puppet) {
			p.reads(func(o *order.Order) {
				if len(o.History) > 5 {
					o.History = o.History[:5]
				}
			})
		}},
		{"contexts are not looked at", "an ended context ends a call", func(p *puppet) {
			p.save = func(ctx context.Context, o order.Order, events []order.Event) error {
				return p.sound.Save(context.WithoutCancel(ctx), o, events)
			}
		}},
		{"a restart loses everything", "what was saved survives", func(p *puppet) {
			p.reopen = func() { *p = *newPuppet() }
		}},
	}
}

func readingBreakages() []breakage {
	return []breakage{
		{"an order that is not there is empty", "an order that is not there is ErrNoOrder", func(p *puppet) {
			load := p.load
			p.load = func(ctx context.Context, id order.OrderID) (order.Order, error) {
				o, err := load(ctx, id)
				if errors.Is(err, order.ErrNoOrder) {
					err = nil
				}
				return o, err
			}
		}},
		{"personal data is lost", "an order comes back whole", func(p *puppet) {
			p.reads(func(o *order.Order) { o.Orderer = nil })
		}},
		{"texts are cut at a zero byte", "any text comes back", func(p *puppet) {
			p.reads(func(o *order.Order) {
				for i, l := range o.Lines {
					o.Lines[i].Name, _, _ = strings.Cut(l.Name, "\x00")
				}
			})
		}},
		{"ids are compared without their blanks", "ids are told apart to the byte", func(p *puppet) {
			load := p.load
			p.load = func(ctx context.Context, id order.OrderID) (order.Order, error) {
				return load(ctx, order.OrderID(strings.TrimSpace(string(id))))
			}
		}},
		{"orders are shared", "what is given out is the caller's", func(p *puppet) {
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
		}},
		{"recall numbers are delivery numbers", "a section is located by its numbers", func(p *puppet) {
			p.keys(func(k *order.Key) { k.RecallDeliveryNo = k.DeliveryNo })
		}},
		{"any number is located", "an unknown number is ErrNoOrder", func(p *puppet) {
			p.keys(func(k *order.Key) { k.DeliveryNo = strings.TrimSpace(k.DeliveryNo) })
		}},
		{"tenants share numbers", "numbers belong to their tenant", func(p *puppet) {
			p.keys(func(k *order.Key) { k.Tenant = strings.ToLower(k.Tenant) })
		}},
		{"merged sections are not located", "sections at their end are located too", func(p *puppet) {
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
		}},
		{"the youngest order is located", "the oldest order with a number is located", func(p *puppet) {
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
		}},
	}
}

func findingBreakages() []breakage {
	return []breakage{
		{"nothing is an error", "an empty store finds nothing", func(p *puppet) {
			find := p.find
			p.find = func(ctx context.Context, q order.Query) (order.Found, error) {
				found, err := find(ctx, q)
				if err == nil && found.Total == 0 {
					err = order.ErrNoOrder
				}
				return found, err
			}
		}},
		{"SKUs are compared without case", "a filter finds what it matches", func(p *puppet) {
			p.asks(func(q *order.Query) { q.Filter.SKU = strings.ToUpper(q.Filter.SKU) })
		}},
		{"times are cut to microseconds", "a filter finds what it matches", func(p *puppet) {
			p.asks(func(q *order.Query) {
				q.Filter.OrderedFrom, q.Filter.OrderedUntil = q.Filter.OrderedFrom.Truncate(1000), q.Filter.OrderedUntil.Truncate(1000)
			})
		}},
		{"the recall's waybill is not looked at", "a filter finds what it matches", func(p *puppet) {
			p.asks(func(q *order.Query) {
				q.Filter.Waybills = slices.DeleteFunc(slices.Clone(q.Filter.Waybills), func(n string) bool { return strings.HasPrefix(n, "6802") })
			})
		}},
		{"totals are those of the page", "pages are cut from one list", func(p *puppet) {
			p.finds(func(q order.Query, f *order.Found) { f.Total = min(f.Total, max(10, q.Size)) })
		}},
		{"pages overlap", "pages are cut from one list", func(p *puppet) {
			p.asks(func(q *order.Query) {
				if q.Size == 7 && q.Page == 2 {
					q.Page = 1
				}
			})
		}},
		{"lists are sorted as people sort", "a list is in the order of the orders", func(p *puppet) {
			p.finds(func(_ order.Query, f *order.Found) {
				slices.SortStableFunc(f.Hits, func(a, b order.Hit) int {
					if at := a.Order.History[0].At.Compare(b.Order.History[0].At); at != 0 {
						return at
					}
					return strings.Compare(strings.ToLower(string(a.Order.ID)), strings.ToLower(string(b.Order.ID)))
				})
			})
		}},
		{"a section is found where it was", "what changed is found as it is", func(p *puppet) {
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
		}},
		{"hits bring orders without history", "hits bring their orders whole", func(p *puppet) {
			p.finds(func(_ order.Query, f *order.Found) {
				for i := range f.Hits {
					f.Hits[i].Order.History = f.Hits[i].Order.History[:1]
				}
			})
		}},
	}
}

// againVariable tells a test binary that it was started again.
const againVariable = "WAYBILL_TEST_BREAKAGES"

// TestPuppet is what the test binary runs when it is started again: it fails on purpose.
func TestPuppet(t *testing.T) {
	if os.Getenv(againVariable) == "" {
		t.Skip("run by TestSuiteCatchesBreakages")
	}
	for _, b := range append(breakages(), breakage{name: "nothing", spoil: func(*puppet) {}}) {
		t.Run(b.name, func(t *testing.T) {
			ordertest.RunOrders(t, ordertest.Harness{
				New: func(*testing.T) order.Orders {
					p := newPuppet()
					b.spoil(p)
					return p
				},
				Reopen: func(_ *testing.T, s order.Orders) order.Orders {
					s.(*puppet).reopen()
					return s
				},
			})
		})
	}
}

// again starts the test binary again, for the clauses of a breakage that a pattern chooses, and gives what it says.
func again(t *testing.T, breakage, clauses string) string {
	t.Helper()
	pattern := "^TestPuppet$/^" + regexp.QuoteMeta(strings.ReplaceAll(breakage, " ", "_")) + "$/" + clauses
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run="+pattern)
	cmd.Env = append(os.Environ(), againVariable+"=1")
	out, _ := cmd.CombinedOutput() // fails, if the suite is any good
	if strings.Contains(string(out), "panic:") {
		t.Fatalf("%s makes the suite panic:\n%s", breakage, out)
	}
	return strings.ReplaceAll(string(out), "_", " ")
}

var verdict = regexp.MustCompile(`--- (PASS|FAIL|SKIP): TestPuppet/[^/\n]+/(.+) \(`)

// TestSuiteCatchesBreakages runs the suite against stores that are broken in one way each: the clause that is about it
// fails, a sound store fails none, and there is no clause that nothing can fail.
func TestSuiteCatchesBreakages(t *testing.T) {
	clauses := map[string]bool{}
	for _, m := range verdict.FindAllStringSubmatch(again(t, "nothing", "."), -1) {
		clauses[m[2]] = false
		if m[1] != "PASS" {
			t.Errorf("a sound store fails %q", m[2])
		}
	}
	if len(clauses) < 20 {
		t.Fatalf("only %d clauses were run", len(clauses))
	}
	for _, b := range breakages() {
		out := again(t, b.name, "^"+regexp.QuoteMeta(strings.ReplaceAll(b.caught, " ", "_"))+"$")
		if m := verdict.FindStringSubmatch(out); m == nil || m[1] != "FAIL" || m[2] != b.caught {
			t.Errorf("%s: the suite does not fail on %q:\n%s", b.name, b.caught, out)
		}
		clauses[b.caught] = true
	}
	for clause, caught := range clauses {
		if !caught {
			t.Errorf("no breakage is meant for the clause %q", clause)
		}
	}
}
