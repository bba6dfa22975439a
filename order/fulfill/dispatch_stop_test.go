package fulfill

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// TestStopLetsCallsEndAndGivesBackTheRest. That nothing goes on afterwards, synctest sees to.
func TestStopLetsCallsEndAndGivesBackTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(ctx context.Context, _ Action, _ int) error {
			select {
			case <-time.After(6 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for i, key := range keysOf(30, "k") {
			queue(t, s.store, task(order.OrderID(fmt.Sprint("O", i)), key, ConfirmInventory))
		}
		e := outboxOf(t, s.config())
		stop := start(t, e)
		s.pass(2 * time.Second)
		stopped := time.Now()
		stop()
		if took := time.Since(stopped); took != 4*time.Second {
			t.Errorf("the end took %v", took)
		}
		if len(s.calls) != 4 || len(s.effects) != 4 {
			t.Errorf("%d begun, %d done", len(s.calls), len(s.effects))
		}
		waiting := tasksOf(t, e, TaskFilter{State: Waiting})
		for _, task := range waiting {
			if task.Attempts != 0 {
				t.Errorf("%s was never begun and has %d attempts", task.Action.Key, task.Attempts)
			}
		}
		if len(waiting) != 26 {
			t.Errorf("%d wait", len(waiting))
		}
		start(t, e)
		s.pass(time.Hour)
		if len(s.effects) != 30 || len(s.calls) != 30 {
			t.Errorf("after another run: %d calls, %d done", len(s.calls), len(s.effects))
		}
	})
}

// TestStopCutsWhatOutlivesTheGrace, and an action is not given up for that, nor forgotten to have been tried.
func TestStopCutsWhatOutlivesTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(ctx context.Context, _ Action, _ int) error {
			<-ctx.Done()
			return ctx.Err()
		}
		queue(t, s.store, task("O1", "k", ConfirmInventory))
		c := s.config()
		c.Outbox.Attempts, c.Outbox.Grace = 2, 3*time.Second
		e := outboxOf(t, c)
		for range 5 {
			stop := start(t, e)
			s.pass(time.Second)
			stopped := time.Now()
			stop()
			if took := time.Since(stopped); took != 3*time.Second {
				t.Errorf("the end took %v", took)
			}
			got := read(t, s.store, "k")
			if got.State != Waiting || got.Attempts != 1 || got.DueAt.After(time.Now()) || got.Why != errCut.Error() {
				t.Errorf("%s after %d attempts, due in %v: %s", got.State, got.Attempts, time.Until(got.DueAt), got.Why)
			}
		}
	})
}

// TestNothingBeginsAfterTheEnd, not even what was claimed while it came.
func TestNothingBeginsAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		ctx, cancel := context.WithCancel(context.Background())
		store := &brittle{Store: s.store, fails: func(int) (bool, bool) { cancel(); return false, false }}
		c := s.config()
		c.Store = store
		queue(t, s.store, task("O1", "k", ConfirmInventory))
		if err := outboxOf(t, c).outbox.run(ctx); err != nil {
			t.Fatal(err)
		}
		got := read(t, s.store, "k")
		if len(s.calls) > 0 || got.State != Waiting || got.Attempts != 0 || got.DueAt.After(time.Now()) {
			t.Errorf("%d calls; %+v", len(s.calls), got)
		}
	})
}

// TestIdleOutboxRests: without work the store is looked at every five seconds, and what another process queued is found.
func TestIdleOutboxRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.config()
		store := &brittle{Store: s.store}
		c.Store = store
		start(t, outboxOf(t, c))
		s.pass(10 * time.Minute)
		if n := store.count(); n < 118 || n > 123 {
			t.Errorf("%d transactions in ten idle minutes", n)
		}
		later := task("O1", "later", ConfirmInventory)
		later.DueAt = time.Now().Add(time.Hour)
		queue(t, s.store, later, task("O2", "now", ConfirmInventory))
		s.pass(5 * time.Second)
		if s.effects["now"] != 1 || s.effects["later"] != 0 {
			t.Errorf("effects: %v", s.effects)
		}
		s.pass(time.Hour)
		if times := s.times("later", s.begun); len(times) != 1 || times[0] != 70*time.Minute {
			t.Errorf("later: %v", times)
		}
	})
}

// TestBacklogCostsFewTransactions: what waits for a function that is busy is neither claimed again and again nor given back.
func TestBacklogCostsFewTransactions(t *testing.T) {
	for name, backlog := range map[string]struct {
		takes time.Duration
		most  int // transactions in two minutes
	}{"quick": {100 * time.Millisecond, 400 + 100}, "hanging": {time.Hour, 40}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				s.do = func(ctx context.Context, _ Action, _ int) error {
					select {
					case <-time.After(backlog.takes):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				for i, key := range keysOf(400, "k") {
					queue(t, s.store, task(order.OrderID(fmt.Sprint("O", i)), key, ConfirmInventory))
				}
				c := s.config()
				store := &brittle{Store: s.store}
				if c.Store = store; name == "hanging" { // there is nothing else to be reached behind it
					c.Actions, c.Undo = Actions{ConfirmInventory: s.act}, Actions{}
				}
				start(t, outboxOf(t, c))
				s.pass(2 * time.Minute)
				if n := store.count(); n > backlog.most {
					t.Errorf("%d transactions for %d calls", n, len(s.calls))
				}
				if backlog.takes < time.Second && len(s.effects) != 400 {
					t.Errorf("%d done", len(s.effects))
				}
			})
		})
	}
}

// TestStoreThatFailsIsAskedLessOften, and told of; also one that panics.
func TestStoreThatFailsIsAskedLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		down, heard := true, 0
		store := &brittle{Store: s.store, fails: func(n int) (bool, bool) {
			if down && n%2 == 0 {
				panic("the driver fell over")
			}
			return down, false
		}}
		c := s.config()
		c.Store = store
		c.Outbox.Hooks.StoreFailed = func(string, error) { s.mu.Lock(); heard++; s.mu.Unlock(); panic("the meter") }
		queue(t, s.store, task("O1", "k", ConfirmInventory))
		start(t, outboxOf(t, c))
		s.pass(10 * time.Minute)
		if n := store.count(); n < 8 || n > 20 || heard != n {
			t.Errorf("%d transactions in ten minutes of outage, the hook heard %d", n, heard)
		}
		store.mu.Lock()
		down = false
		store.mu.Unlock()
		s.pass(time.Minute)
		if s.effects["k"] != 1 {
			t.Error("not done after the outage")
		}
	})
}

// TestSettlingIsRepeated: a transaction that fails after the call does not cost another call.
func TestSettlingIsRepeated(t *testing.T) {
	for _, committed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			c := s.config()
			failed := false
			c.Store = &brittle{Store: s.store, fails: func(int) (bool, bool) { // the first one once the call has ended
				s.mu.Lock()
				defer s.mu.Unlock()
				if failed || s.effects["k"] == 0 {
					return false, false
				}
				failed = true
				return !committed, committed
			}}
			s.do = func(context.Context, Action, int) error {
				time.Sleep(500 * time.Millisecond) // no look is due meanwhile
				return nil
			}
			queue(t, s.store, task("O1", "k", ConfirmInventory))
			start(t, outboxOf(t, c))
			s.pass(10 * time.Minute)
			if got := read(t, s.store, "k"); got.State != Done || len(s.calls) != 1 {
				t.Errorf("%s after %d calls", got.State, len(s.calls))
			}
		})
	}
}

// TestActionThatKillsTheProcess is given up in the end; what died with it is done.
func TestActionThatKillsTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		queue(t, s.store, task("O0", "poison", ConfirmInventory))
		for i, key := range keysOf(20, "k") {
			queue(t, s.store, task(order.OrderID(fmt.Sprint("O", i+1)), key, ConfirmInventory))
		}
		deaths := 0
		for range 12 {
			ctx, kill := context.WithCancel(context.Background())
			store := &brittle{Store: s.store}
			s.do = func(ctx context.Context, a Action, _ int) error {
				if a.Key == "poison" {
					deaths++
					store.mu.Lock()
					store.fails = func(int) (bool, bool) { return true, false }
					store.mu.Unlock()
					kill()
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Second):
					return nil
				}
			}
			c := s.config()
			c.Store = store
			c.Outbox.Attempts, c.Outbox.Grace = 5, time.Nanosecond
			ended := make(chan struct{})
			go func() { defer close(ended); _ = outboxOf(t, c).outbox.run(ctx) }()
			s.pass(5 * time.Minute)
			kill()
			<-ended
		}
		if got := read(t, s.store, "poison"); got.State != Dead || got.Attempts != 7 || deaths != 6 {
			t.Errorf("%s after %d attempts and %d deaths", got.State, got.Attempts, deaths)
		}
		for _, key := range keysOf(20, "k") {
			if got := read(t, s.store, key); got.State != Done {
				t.Errorf("%s is %s after %d attempts", key, got.State, got.Attempts)
			}
		}
	})
}

// TestCrashAtEveryTransaction: a process that dies before or after each transaction that it makes, in turn. The next one
// does what is left. Each key has its effect; twice called is only what was in a call when the process died, or whose end could
// not be written.
func TestCrashAtEveryTransaction(t *testing.T) {
	const tasks = 12
	for _, after := range []bool{false, true} {
		for crash := 1; ; crash++ {
			crashed := false
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				for i, key := range keysOf(tasks, "k") {
					queue(t, s.store, task(order.OrderID(fmt.Sprint("O", i%4)), key, []Name{ConfirmInventory, NotifyCustomer}[i%2]))
				}
				ctx, kill := context.WithCancel(context.Background())
				dead := false
				store := &brittle{Store: s.store, fails: func(n int) (bool, bool) {
					if n == crash {
						crashed, dead = true, true
						kill()
						return !after, after
					}
					return dead, false
				}}
				c := s.config()
				c.Store, c.Outbox.Grace = store, time.Nanosecond
				ended := make(chan struct{})
				go func() { defer close(ended); _ = outboxOf(t, c).outbox.run(ctx) }()
				s.pass(time.Minute)
				kill()
				<-ended
				begun := len(s.calls)
				start(t, outboxOf(t, s.config()))
				s.pass(10 * time.Minute)
				if len(s.effects) != tasks {
					t.Errorf("crash at %d (after: %v): %d effects of %d", crash, after, len(s.effects), tasks)
				}
				if twice := len(s.calls) - tasks; twice > 4 || begun == 0 && twice > 0 {
					t.Errorf("crash at %d (after: %v): %d calls too many, %d before it", crash, after, twice, begun)
				}
				for _, key := range keysOf(tasks, "k") {
					if got := read(t, s.store, key); got.State != Done || got.Attempts > 2 {
						t.Errorf("crash at %d: %s is %s after %d attempts", crash, key, got.State, got.Attempts)
					}
				}
			})
			if !crashed {
				if crash < tasks {
					t.Errorf("only %d transactions were made to fail", crash-1)
				}
				break
			}
		}
	}
}

// TestStreamsKeepTheirOrder, on two engines that share a store, whatever fails, hangs, panics or is lost on the way. Nothing is called
// twice at a time (the sink sees to that), and nothing before what stands ahead of it in its stream is done or given up.
func TestStreamsKeepTheirOrder(t *testing.T) {
	names := []Name{ConfirmInventory, NotifyCustomer, AlertOperations, "REFUND"}
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			s := newShop(t)
			ahead := map[string][]string{} // keys by key
			streams := map[order.OrderID][]string{}
			for _, key := range keysOf(80, "k") {
				id := order.OrderID(fmt.Sprint("O", random.IntN(12)))
				ahead[key] = slices.Clone(streams[id])
				streams[id] = append(streams[id], key)
				queue(t, s.store, task(id, key, names[random.IntN(len(names))]))
			}
			ended := map[string]bool{}
			s.do = func(ctx context.Context, a Action, n int) error {
				chance := chanceOf(seed, a.Key, n)
				way := chance.IntN(10)
				s.mu.Lock()
				var open []string
				for _, key := range ahead[a.Key] {
					if !ended[key] {
						open = append(open, key)
					}
				}
				s.mu.Unlock()
				for _, key := range open {
					if read(t, s.store, key).State != Dead {
						t.Errorf("seed %d: %s was called before %s had ended", seed, a.Key, key)
					}
				}
				switch way {
				case 0:
					panic("no")
				case 1:
					<-ctx.Done()
					return ctx.Err()
				case 2, 3:
					return errors.New("no")
				case 4:
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(time.Duration(chance.IntN(25)) * time.Second):
					}
				}
				s.mu.Lock()
				ended[a.Key] = true
				s.mu.Unlock()
				return nil
			}
			for _, engine := range []string{"one", "two"} {
				c := s.config()
				c.Store = &brittle{Store: s.store, fails: func(n int) (bool, bool) {
					chance := chanceOf(seed, engine, n)
					return chance.IntN(20) == 0, chance.IntN(20) == 0
				}}
				c.Outbox.Attempts, c.Outbox.Look = 4, time.Minute
				start(t, outboxOf(t, c))
			}
			s.pass(4 * time.Hour)
			for _, key := range keysOf(80, "k") {
				got := read(t, s.store, key)
				if got.State != Done && got.State != Dead {
					t.Errorf("seed %d: %s is %s", seed, key, got.State)
				}
				if got.State == Done && s.effects[key] != 1 {
					t.Errorf("seed %d: %s is done without an effect", seed, key)
				}
			}
		})
	}
}

// chanceOf gives the chances of the n-th of something, whoever comes first.
func chanceOf(seed uint64, what string, n int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, what, " ", n)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
