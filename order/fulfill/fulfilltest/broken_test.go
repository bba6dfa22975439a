package fulfilltest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A breakage breaks a store in one way.
type breakage = suitetest.Breakage[*puppet]

func breakages() []breakage {
	return slices.Concat(transactBreakages(), taskBreakages(), claimBreakages(), shipmentBreakages(), archiveBreakages(), forgetBreakages())
}

var errKept = errors.New("kept all the same")

// keeping commits what a transaction wrote although it is to be given up, and gives its error.
func keeping(p *puppet, which func(err error) bool) {
	transact := p.transact
	p.transact = func(ctx context.Context, f transacted) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var given error
		err := transact(context.WithoutCancel(ctx), func(inside context.Context, tx fulfill.Tx) error {
			if given = f(inside, tx); given != nil && which(given) {
				return nil
			}
			return given
		})
		if given != nil {
			return given
		}
		return errors.Join(err, ctx.Err())
	}
}

// staleWatches lists watches as they stood when the transaction began.
type staleWatches struct {
	poll.Store
	listed []poll.Watch
}

func (s staleWatches) Watches(context.Context, poll.Filter) iter.Seq2[poll.Watch, error] {
	return func(yield func(poll.Watch, error) bool) {
		for _, w := range s.listed {
			if !yield(w, nil) {
				return
			}
		}
	}
}

func transactBreakages() []breakage {
	return []breakage{
		{"what was written is read later", func(p *puppet) {
			p.each(func(t *puppetTx) {
				queue, written := t.queue, false
				t.queue = func(ctx context.Context, tasks ...fulfill.Task) (int, error) {
					written = true
					return queue(ctx, tasks...)
				}
				claim := t.claim
				t.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
					if written {
						return nil, nil
					}
					return claim(ctx, now, limit, lease)
				}
			})
		}, []string{"a transaction sees what it wrote"}},
		{"watches are listed as they stood before", func(p *puppet) {
			p.each(func(t *puppetTx) {
				before := staleWatches{Store: t.Tx.Watches()}
				for w := range before.Store.(interface {
					Watches(context.Context, poll.Filter) iter.Seq2[poll.Watch, error]
				}).Watches(context.Background(), poll.Filter{}) {
					before.listed = append(before.listed, w)
				}
				t.watches = func() poll.Store { return before }
			})
		}, []string{"watches are listed as they stand in the transaction"}},
		{"a part is not kept", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.begin = func(_ context.Context, _ string, since, now time.Time) (bool, error) { return !since.Before(now), nil }
			})
		}, []string{
			"a job is granted once for a time",
			"after an error nothing is kept",
			"all of it survives",
			"of several who begin a job one is granted it",
			"what a transaction wrote is kept together",
		}},
		{"what was written before an error is kept", func(p *puppet) { keeping(p, func(error) bool { return true }) }, []string{
			"after an error nothing is forgotten",
			"after an error nothing is kept",
			"an error changes nothing of what was",
			"watches are listed as they stand in the transaction",
			"when the context ends nothing is kept",
		}},
		{"an error takes back new things alone", func(p *puppet) {
			p.each(func(t *puppetTx) {
				p.leak(t)
			})
		}, []string{"an error changes nothing of what was"}},
		{"a panic is an error", func(p *puppet) {
			transact := p.transact
			p.transact = func(ctx context.Context, f transacted) error {
				return transact(ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
					defer func() {
						if r := recover(); r != nil {
							err = errKept
						}
					}()
					return f(ctx, tx)
				})
			}
		}, []string{"after a panic nothing is kept and the store goes on"}},
		{"contexts are not heeded", func(p *puppet) {
			transact := p.transact
			p.transact = func(ctx context.Context, f transacted) error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return transact(context.WithoutCancel(ctx), f)
			}
		}, []string{"when the context ends nothing is kept"}},
		{"a transaction begins although it is over", func(p *puppet) {
			transact := p.transact
			p.transact = func(ctx context.Context, f transacted) error {
				if ctx.Err() != nil {
					_ = f(ctx, nil)
				}
				return transact(ctx, f)
			}
		}, []string{"an ended context ends a transaction before it begins"}},
		{"a transaction inside of another takes part in it", func(p *puppet) {
			transact := p.transact
			type inside struct{}
			p.transact = func(ctx context.Context, f transacted) error {
				if tx, ok := ctx.Value(inside{}).(fulfill.Tx); ok {
					return f(ctx, tx)
				}
				return transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return f(context.WithValue(ctx, inside{}, tx), tx) })
			}
		}, []string{"a transaction inside of a transaction is refused"}},
		{"the last writer wins", func(p *puppet) {
			var mu sync.Mutex
			read := map[poll.ShipmentID]fulfill.Shipment{}
			p.each(func(t *puppetTx) {
				shipment := t.shipment
				t.shipment = func(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
					mu.Lock()
					defer mu.Unlock()
					s, err := shipment(ctx, id)
					if old, ok := read[id]; ok && s.Epoch == old.Epoch+1 && s.Links == nil {
						return old, err // as if both had read before either wrote
					}
					if err == nil {
						read[id] = s
					}
					return s, err
				}
			})
		}, []string{"of concurrent transactions none is lost"}},
		{"actions of commands are not queued", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.save = func(ctx context.Context, o order.Order, events []order.Event) error {
					bare := slices.Clone(events)
					for i := range bare {
						bare[i].Actions = nil
					}
					return t.Tx.Save(ctx, o, bare)
				}
			})
		}, []string{"a stale save queues nothing", "saving an order queues its actions"}},
		{"actions are queued before it is known who was first", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.save = func(ctx context.Context, o order.Order, events []order.Event) error {
					err := t.Tx.Save(ctx, o, events)
					if errors.Is(err, order.ErrStale) {
						_, _ = t.Tx.Queue(ctx, fulfill.Commanded(&o, events, time.Now())...)
					}
					return err
				}
			})
		}, []string{"a stale save queues nothing"}},
		{"a job is granted when it is asked for", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.begin = func(ctx context.Context, job string, since, now time.Time) (bool, error) {
					return t.Tx.Begin(ctx, job, since.Add(time.Microsecond), now)
				}
			})
		}, []string{
			"a job is granted once for a time",
			"after an error nothing is kept",
			"all of it survives",
			"of several who begin a job one is granted it",
			"what a transaction wrote is kept together",
		}},
		{"a job is granted to whoever asks first in a process", func(p *puppet) {
			var asked atomic.Int32
			p.each(func(t *puppetTx) {
				t.begin = func(ctx context.Context, job string, since, now time.Time) (bool, error) {
					granted, err := t.Tx.Begin(ctx, job, since, now)
					if n := asked.Add(1); n > 8 && n%2 == 0 {
						granted = true
					}
					return granted, err
				}
			})
		}, []string{"of several who begin a job one is granted it"}},
		{"a restart loses everything", func(p *puppet) { p.reopen = func() { p.be(fulfill.NewMemoryStore()) } }, []string{
			"a shipment and its traces survive", "all of it survives", "claims survive", "orders", "watches",
		}},
	}
}

// leak makes changes of traces stay although their transaction is given up.
func (p *puppet) leak(t *puppetTx) {
	t.trace = func(ctx context.Context, trace fulfill.Trace) error {
		stored, err := t.Tx.Traces(ctx, trace.Order)
		if err == nil && slices.ContainsFunc(stored, func(other fulfill.Trace) bool { return other.Command == trace.Command }) {
			p.each(func(t *puppetTx) {
				traces := t.traces
				t.traces = func(ctx context.Context, id order.OrderID) ([]fulfill.Trace, error) {
					all, err := traces(ctx, id)
					for i := range all {
						if all[i].Order == trace.Order && all[i].Command == trace.Command {
							all[i] = trace
						}
					}
					return all, err
				}
			})
		}
		return t.Tx.Trace(ctx, trace)
	}
}

func taskBreakages() []breakage {
	reads := func(change func(*fulfill.Task)) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.task = func(ctx context.Context, key string) (fulfill.Task, error) {
					task, err := t.Tx.Task(ctx, key)
					change(&task)
					return task, err
				}
			})
		}
	}
	return []breakage{
		{"a field of a task is lost", reads(func(t *fulfill.Task) { t.Action.Sub = 0 }), []string{
			"a task comes back whole",
			"a task is the caller's",
			"amending writes it without a claim",
			"settling writes what came of a task and nothing else",
			"tasks are listed in order, by filter and by page",
		}},
		{"a task that is not there is empty", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.task = func(ctx context.Context, key string) (fulfill.Task, error) {
					task, err := t.Tx.Task(ctx, key)
					if errors.Is(err, fulfill.ErrNoTask) && key == "" {
						err = nil
					}
					return task, err
				}
			})
		}, []string{"a task that is not there is ErrNoTask"}},
		{"a key is queued again", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.queue = func(ctx context.Context, tasks ...fulfill.Task) (int, error) {
					added, err := t.Tx.Queue(ctx, tasks...)
					return max(added, len(tasks)), err
				}
			})
		}, []string{"a key is queued once"}},
		{"whatever is queued waits", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.queue = func(ctx context.Context, tasks ...fulfill.Task) (int, error) {
					tasks = slices.Clone(tasks)
					for i := range tasks {
						tasks[i].State = fulfill.Waiting
					}
					return t.Tx.Queue(ctx, tasks...)
				}
			})
		}, []string{
			"a settled task can be queued",
			"of a forgotten shipment stays that there was one",
			"tasks are listed in order, by filter and by page",
			"what commands caused stays until the last shipment is forgotten",
			"what is not over is not forgotten",
		}},
		{"keys are compared without their blanks", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.task = func(ctx context.Context, key string) (fulfill.Task, error) {
					if task, err := t.Tx.Task(ctx, strings.TrimSpace(key)); err == nil && key != "k1 " {
						return task, nil
					}
					return t.Tx.Task(ctx, key)
				}
			})
		}, []string{"keys and streams are told apart to the byte"}},
		{"tasks are shared", func(p *puppet) {
			shared := map[string][]fulfill.Item{}
			reads(func(t *fulfill.Task) {
				if items, ok := shared[t.Action.Key]; ok {
					t.Action.Items = items
				} else if len(t.Action.Items) > 0 {
					shared[t.Action.Key] = t.Action.Items
				}
			})(p)
		}, []string{"a task is the caller's"}},
		{"why is not written", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.settle = func(ctx context.Context, task fulfill.Task) error { task.Why = ""; return t.Tx.SettleTask(ctx, task) }
			})
		}, []string{"settling writes what came of a task and nothing else"}},
		{"amending writes the state alone", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.amend = func(ctx context.Context, task fulfill.Task) error {
					old, err := t.Tx.Task(ctx, task.Action.Key)
					if err != nil {
						return err
					}
					old.State = task.State
					return t.Tx.AmendTask(ctx, old)
				}
			})
		}, []string{"amending writes it without a claim"}},
		{"an amended task can still be settled", func(p *puppet) {
			amended := map[string]bool{}
			p.each(func(t *puppetTx) {
				t.amend = func(ctx context.Context, task fulfill.Task) error {
					amended[task.Action.Key] = true
					return t.Tx.AmendTask(ctx, task)
				}
				t.settle = func(ctx context.Context, task fulfill.Task) error {
					if err := t.Tx.SettleTask(ctx, task); !errors.Is(err, fulfill.ErrLeaseLost) || !amended[task.Action.Key] {
						return err
					}
					return t.Tx.AmendTask(ctx, task)
				}
			})
		}, []string{"amending a task ends its claim"}},
	}
}

func claimBreakages() []breakage {
	claims := func(change func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error)) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
					return change(t, ctx, now, limit, lease)
				}
			})
		}
	}
	settles := func(change func(t *puppetTx, ctx context.Context, task fulfill.Task) error) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.settle = func(ctx context.Context, task fulfill.Task) error { return change(t, ctx, task) }
			})
		}
	}
	return []breakage{
		{"claims come in any order", claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
			tasks, err := t.Tx.ClaimTasks(ctx, now, limit, lease)
			slices.SortFunc(tasks, func(a, b fulfill.Task) int { return strings.Compare(a.Action.Key, b.Action.Key) })
			return tasks, err
		}), []string{
			"an error changes nothing of what was",
			"next is the first due time or end of a lease",
			"what is due is claimed, longest first",
		}},
		{"what is due soon is due", claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
			return t.Tx.ClaimTasks(ctx, now.Add(time.Microsecond), limit, lease-time.Microsecond)
		}), []string{"a claimed task is nobody else's until its lease ends", "a task is claimed when it is due"}},
		{"limits do not hold", claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
			return t.Tx.ClaimTasks(ctx, now, limit+1, lease)
		}), []string{"a limit holds"}},
		{"a stream goes out by the time of its tasks", claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
			return byDue(ctx, t, now, limit, lease)
		}), []string{"of a stream only the first waiting task is claimed"}},
		{"a dead task holds up its stream", settles(func(t *puppetTx, ctx context.Context, task fulfill.Task) error {
			if task.State == fulfill.Dead {
				task.State, task.DueAt = fulfill.Waiting, task.DueAt.Add(1000*time.Hour)
			}
			return t.Tx.SettleTask(ctx, task)
		}), []string{
			"a replayed task takes its place, but goes beside nobody",
			"next is the first due time or end of a lease",
			"what is settled for good holds up nobody",
		}},
		{"a task that is tried again goes to the end", settles(func(t *puppetTx, ctx context.Context, task fulfill.Task) error {
			if task.State != fulfill.Waiting {
				return t.Tx.SettleTask(ctx, task)
			}
			again := task
			again.Action.Key += "again"
			task.State = fulfill.Done
			_, err := t.Tx.Queue(ctx, again)
			return errors.Join(err, t.Tx.SettleTask(ctx, task))
		}), []string{"a task that is tried again keeps its place", "next is the first due time or end of a lease"}},
		{"a replayed task goes at once", func(p *puppet) {
			replayed := map[string]fulfill.Task{}
			p.each(func(t *puppetTx) {
				t.amend = func(ctx context.Context, task fulfill.Task) error {
					if old, err := t.Tx.Task(ctx, task.Action.Key); err == nil && old.State == fulfill.Dead && task.State == fulfill.Waiting {
						replayed[task.Action.Key] = task
					}
					return t.Tx.AmendTask(ctx, task)
				}
				t.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
					tasks, err := t.Tx.ClaimTasks(ctx, now, limit, lease)
					for key, task := range replayed {
						tasks = append(tasks, task)
						delete(replayed, key)
					}
					return tasks, err
				}
			})
		}, []string{"a replayed task takes its place, but goes beside nobody"}},
		{"claims are not counted", claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
			tasks, err := t.Tx.ClaimTasks(ctx, now, limit, lease)
			for i := range tasks {
				tasks[i].Attempts = 1
			}
			return tasks, err
		}), []string{"a claim is counted and fenced"}},
		{"leases are short", claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
			return t.Tx.ClaimTasks(ctx, now, limit, lease-time.Microsecond)
		}), []string{
			"a claimed task is nobody else's until its lease ends",
			"a replayed task takes its place, but goes beside nobody",
			"next is the first due time or end of a lease",
		}},
		{"a lease must not have run out", func(p *puppet) {
			now := time.Time{}
			p.each(func(t *puppetTx) {
				t.claim = func(ctx context.Context, at time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
					now = at
					return t.Tx.ClaimTasks(ctx, at, limit, lease)
				}
				t.settle = func(ctx context.Context, task fulfill.Task) error {
					if next, err := t.Tx.NextTask(ctx); err == nil && task.State == fulfill.Done && next.Equal(now.Add(time.Minute)) && task.Attempts == 1 && task.Action.Key == "k1" {
						return fulfill.ErrLeaseLost
					}
					return t.Tx.SettleTask(ctx, task)
				}
			})
		}, []string{
			"a key is queued once",
			"a lease that merely ran out does no harm",
			"claims survive",
			"of a stream only the first waiting task is claimed",
		}},
		{"fences are not looked at", settles(func(t *puppetTx, ctx context.Context, task fulfill.Task) error {
			if stored, err := t.Tx.Task(ctx, task.Action.Key); err == nil {
				task.Fence = stored.Fence
			}
			return t.Tx.SettleTask(ctx, task)
		}), []string{"an old claim settles nothing"}},
		{"a lost lease is no error", settles(func(t *puppetTx, ctx context.Context, task fulfill.Task) error {
			if err := t.Tx.SettleTask(ctx, task); !errors.Is(err, fulfill.ErrLeaseLost) {
				return err
			}
			return nil
		}), []string{
			"a claim is settled once",
			"amending a task ends its claim",
			"an old claim settles nothing",
		}},
		{"two claim the same", func(p *puppet) {
			var mu sync.Mutex
			var last []fulfill.Task
			claims(func(t *puppetTx, ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
				tasks, err := t.Tx.ClaimTasks(ctx, now, limit, lease)
				mu.Lock()
				defer mu.Unlock()
				if limit == 2 && len(tasks) > 0 {
					tasks, last = append(tasks, last...), slices.Clone(tasks[:1])
				}
				return tasks, err
			})(p)
		}, []string{"concurrent claims share nothing"}},
		{"leases are not seen", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.next = func(ctx context.Context) (time.Time, error) {
					next, err := t.Tx.NextTask(ctx)
					if !next.IsZero() && next.Minute() == 1 {
						next = time.Time{}
					}
					return next, err
				}
			})
		}, []string{"a replayed task takes its place, but goes beside nobody", "next is the first due time or end of a lease"}},
		{"a restart frees what was claimed", func(p *puppet) {
			now := time.Time{}
			claims(func(t *puppetTx, ctx context.Context, at time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
				if now.IsZero() {
					return t.Tx.ClaimTasks(ctx, at, limit, lease)
				}
				return t.Tx.ClaimTasks(ctx, at.Add(time.Hour), limit, lease)
			})(p)
			p.reopen = func() { now = time.Now() }
		}, []string{"claims survive"}},
	}
}

// byDue claims, of the stream O-1, what has been due longest.
func byDue(ctx context.Context, t *puppetTx, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
	tasks, err := t.Tx.ClaimTasks(ctx, now, limit, lease)
	for i, task := range tasks {
		if task.Action.Key == "k1" {
			if earlier, err := t.Tx.Task(ctx, "k0"); err == nil && earlier.State == fulfill.Waiting {
				tasks[i] = earlier
			}
		}
	}
	return tasks, err
}

func shipmentBreakages() []breakage {
	reads := func(change func(*fulfill.Shipment)) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.shipment = func(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
					s, err := t.Tx.Shipment(ctx, id)
					change(&s)
					return s, err
				}
			})
		}
	}
	saves := func(change func(t *puppetTx, ctx context.Context, s *fulfill.Shipment)) func(p *puppet) {
		return func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.saveShipment = func(ctx context.Context, s fulfill.Shipment) error {
					change(t, ctx, &s)
					return t.Tx.SaveShipment(ctx, s)
				}
			})
		}
	}
	return []breakage{
		{"a field of a shipment is lost", reads(func(s *fulfill.Shipment) {
			if s.Pin != nil {
				s.Pin.By.ID = ""
			}
		}), []string{
			"a shipment and its traces survive",
			"a shipment comes back whole",
			"a shipment is the caller's",
			"what is known of a shipment comes from its evidence",
		}},
		{"a shipment that is not there is empty", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.shipment = func(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
					s, err := t.Tx.Shipment(ctx, id)
					if errors.Is(err, fulfill.ErrNoShipment) && id.Generation == 2 {
						err = nil
					}
					return s, err
				}
			})
		}, []string{"a shipment that is not there is ErrNoShipment"}},
		{"links are only ever added", saves(func(t *puppetTx, ctx context.Context, s *fulfill.Shipment) {
			if old, err := t.Tx.Shipment(ctx, s.ID); err == nil {
				s.Links = slices.Concat(s.Links, old.Links)
			}
		}), []string{"a shipment that is saved again is as it was saved"}},
		{"generations are compared as texts", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.latest = func(ctx context.Context, c tracking.Courier, number string) (poll.ShipmentID, error) {
					id, err := t.Tx.Latest(ctx, c, number)
					if id.Generation == 10 {
						id.Generation = 9
					}
					return id, err
				}
			})
		}, []string{"the latest generation is found"}},
		{"an order's shipments come by id", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.shipmentsOf = func(ctx context.Context, id order.OrderID) ([]fulfill.Shipment, error) {
					of, err := t.Tx.ShipmentsOf(ctx, id)
					slices.SortFunc(of, func(a, b fulfill.Shipment) int { return strings.Compare(a.ID.Number, b.ID.Number) })
					return of, err
				}
			})
		}, []string{"the shipments of an order come with the oldest first"}},
		{"a shipment is listed once for each role", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.shipmentsOf = func(ctx context.Context, id order.OrderID) ([]fulfill.Shipment, error) {
					var each []fulfill.Shipment
					of, err := t.Tx.ShipmentsOf(ctx, id)
					for _, s := range of {
						for _, l := range s.Links {
							if l.Order == id {
								each = append(each, s)
							}
						}
					}
					return each, err
				}
			})
		}, []string{"the shipments of an order come with the oldest first"}},
		{"the caller's word is taken for what is known", func(p *puppet) {
			known := map[poll.ShipmentID]bool{}
			saves(func(_ *puppetTx, _ context.Context, s *fulfill.Shipment) { known[s.ID] = s.Known })(p)
			p.each(func(t *puppetTx) {
				t.shipment = func(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
					s, err := t.Tx.Shipment(ctx, id)
					s.Known = s.Known || known[id]
					return s, err
				}
			})
		}, []string{"what is known of a shipment comes from its evidence"}},
		{"generations share their evidence", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.evidence = func(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
					id.Generation = 1
					return t.Tx.Evidence(ctx, id)
				}
			})
		}, []string{"what is known of a shipment comes from its evidence"}},
		{"the doors of scans are forgotten", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.evidence = func(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
					e, err := t.Tx.Evidence(ctx, id)
					for i := range e.Events {
						e.Events[i].Door = ""
					}
					return e, err
				}
			})
		}, []string{"what is known of a shipment comes from its evidence"}},
		{"links are shared", func(p *puppet) {
			shared := map[poll.ShipmentID][]fulfill.Link{}
			reads(func(s *fulfill.Shipment) {
				if links, ok := shared[s.ID]; ok && len(links) == len(s.Links) {
					s.Links = links
				} else if len(s.Links) > 0 {
					shared[s.ID] = s.Links
				}
			})(p)
		}, []string{"a shipment is the caller's"}},
		{"a replaced trace goes to the end", func(p *puppet) {
			p.each(func(t *puppetTx) {
				t.traces = func(ctx context.Context, id order.OrderID) ([]fulfill.Trace, error) {
					traces, err := t.Tx.Traces(ctx, id)
					slices.SortStableFunc(traces, func(a, b fulfill.Trace) int { return strings.Compare(b.Rule, a.Rule) * len(b.Sections) })
					if len(traces) == 3 {
						traces = append(traces[1:], traces[0])
					}
					return traces, err
				}
			})
		}, []string{"traces come in the order in which they were kept first"}},
		{"shipments are lost at a restart", func(p *puppet) {
			p.reopen = func() {
				p.each(func(t *puppetTx) {
					t.shipment = func(context.Context, poll.ShipmentID) (fulfill.Shipment, error) { return fulfill.Shipment{}, nil }
				})
			}
		}, []string{"a shipment and its traces survive"}},
	}
}

func archiveBreakages() []breakage {
	return []breakage{
		{"the end of a time is part of it", func(p *puppet) {
			p.shipments = func(ctx context.Context, f fulfill.ShipmentFilter) iter.Seq2[fulfill.Shipment, error] {
				if !f.Until.IsZero() {
					f.Until = f.Until.Add(time.Microsecond)
				}
				return p.sound.Shipments(ctx, f)
			}
		}, []string{"shipments are listed in order and by filter"}},
		{"streams are not filtered", func(p *puppet) {
			p.tasks = func(ctx context.Context, f fulfill.TaskFilter) iter.Seq2[fulfill.Task, error] {
				f.Order = ""
				return p.sound.Tasks(ctx, f)
			}
		}, []string{"tasks are listed in order, by filter and by page"}},
		{"lists end after a page", func(p *puppet) {
			p.tasks = func(ctx context.Context, f fulfill.TaskFilter) iter.Seq2[fulfill.Task, error] {
				return upTo(200, p.sound.Tasks(ctx, f))
			}
		}, []string{"long lists are whole"}},
		{"a list holds the store", func(p *puppet) {
			p.shipments = func(ctx context.Context, f fulfill.ShipmentFilter) iter.Seq2[fulfill.Shipment, error] {
				return func(yield func(fulfill.Shipment, error) bool) {
					transact := p.transact
					p.transact = func(context.Context, transacted) error { return context.DeadlineExceeded }
					defer func() { p.transact = transact }()
					p.sound.Shipments(ctx, f)(yield)
				}
			}
		}, []string{"a list leaves the store free and ends when the loop does", "shipments are listed in order and by filter"}},
		{"a list goes on though the context has ended", func(p *puppet) {
			p.tasks = func(ctx context.Context, f fulfill.TaskFilter) iter.Seq2[fulfill.Task, error] {
				return p.sound.Tasks(context.WithoutCancel(ctx), f)
			}
		}, []string{"an ended context ends a list"}},
	}
}

// upTo gives the first values of a sequence.
func upTo[T any](n int, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := n
		for v, err := range all {
			if left--; left < 0 || !yield(v, err) {
				return
			}
		}
	}
}
