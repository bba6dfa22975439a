package fulfilltest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
)

func claimClauses() []clause {
	return []clause{
		{name: "what is due is claimed, longest first", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", -time.Minute), b.task("O-2", "k2", -time.Hour), b.task("O-3", "k3", 0), b.task("O-4", "k4", -time.Microsecond))
			b.claimed("four streams", "k2", "k1", "k4", "k3")
		}},
		{name: "a task is claimed when it is due", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", time.Microsecond))
			b.claimed("a microsecond before it is due")
			b.pass(time.Microsecond)
			b.claimed("when it is due", "k1")
		}},
		{name: "a limit holds", hold: func(b *box) {
			for n := range 5 {
				b.queue(b.task(order.OrderID(fmt.Sprint("O-", n)), fmt.Sprint("k", n), 0))
			}
			if a, c, none := b.claim(3), b.claim(3), b.claim(3); len(a) != 3 || len(c) != 2 || len(none) != 0 {
				b.Errorf("limits of 3 claim %d, %d, %d", len(a), len(c), len(none))
			}
		}},
		{name: "of a stream only the first waiting task is claimed", hold: func(b *box) {
			b.queue(b.task("O-1", "k9", time.Hour), b.task("O-1", "k1", -time.Hour), b.task("O-2", "k5", 0))
			b.queue(b.task("O-1", "k0", -2*time.Hour))
			b.claimed("while the first is not due", "k5")
			b.pass(time.Hour)
			k5 := b.claimed("when it is due", "k5", "k9")
			b.settle(k5[0], fulfill.Done)
			b.claimed("while the first is leased")
			for _, key := range []string{"k1", "k0"} {
				b.settle(b.settled("k9", "k1"), fulfill.Done)
				b.claimed("in the order in which they were queued", key)
			}
		}},
		{name: "what is settled for good holds up nobody", hold: func(b *box) {
			for i, state := range []fulfill.TaskState{fulfill.Done, fulfill.Dead, fulfill.Passed, fulfill.Withdrawn} {
				stream := order.OrderID(fmt.Sprint("O-", i))
				a, c := b.task(stream, string(state)+"1", 0), b.task(stream, string(state)+"2", 0)
				b.queue(a, c)
				b.settle(b.claimed("the first", a.Action.Key)[0], state)
				b.settle(b.claimed("behind one that is "+string(state), c.Action.Key)[0], state)
			}
			b.pass(24 * time.Hour)
			b.claimed("when all are settled")
		}},
		{name: "a task that is tried again keeps its place", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0), b.task("O-1", "k2", 0))
			t := b.claimed("the first", "k1")[0]
			t.DueAt = b.now.Add(time.Minute)
			b.settle(t, fulfill.Waiting)
			b.claimed("while the first waits to be tried again")
			b.pass(time.Minute)
			b.claimed("when it is due again", "k1")
		}},
		{name: "a replayed task takes its place, but goes beside nobody", hold: holdReplayed},
		{name: "a claim is counted and fenced", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0))
			first := b.claimed("the one", "k1")[0]
			same(b, "Task", b.find("k1"), first)
			b.pass(lease)
			second := b.claimed("after its lease", "k1")[0]
			if first.Attempts != 1 || second.Attempts != 2 || second.Fence <= first.Fence {
				b.Errorf("%d and %d attempts, fences %d and %d", first.Attempts, second.Attempts, first.Fence, second.Fence)
			}
			if !first.DueAt.Equal(b.now.Add(-lease)) || first.State != fulfill.Waiting {
				b.Errorf("claimed as %s, due %v", first.State, first.DueAt)
			}
		}},
		{name: "a claimed task is nobody else's until its lease ends", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", -time.Hour))
			b.claimed("the one", "k1")
			b.pass(lease - time.Microsecond)
			b.claimed("a microsecond before its lease ends")
			b.pass(time.Microsecond)
			b.claimed("when its lease ends", "k1")
		}},
		{name: "a lease that merely ran out does no harm", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0), b.task("O-1", "k2", 0))
			t := b.claimed("the first", "k1")[0]
			b.pass(time.Hour)
			b.settle(t, fulfill.Done)
			b.claimed("when it is settled", "k2")
		}},
		{name: "an old claim settles nothing", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0))
			old := b.claimed("the one", "k1")[0]
			b.pass(lease)
			b.claimed("after its lease", "k1")
			b.lost("claimed again since", old)
		}},
		{name: "a claim is settled once", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0))
			t := b.claimed("the one", "k1")[0]
			t.DueAt = b.now.Add(time.Hour)
			b.settle(t, fulfill.Waiting)
			b.lost("settled already", t)
		}},
		{name: "concurrent claims share nothing", hold: holdClaims},
		{name: "next is the first due time or end of a lease", hold: holdNext},
		{name: "claims survive", reopen: true, hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0), b.task("O-1", "k2", 0))
			t := b.claimed("the first", "k1")[0]
			b.store = b.harness.Reopen(b.T, b.store)
			b.claimed("though it was leased before the restart")
			b.settle(t, fulfill.Done)
			b.claimed("behind it", "k2")
		}},
	}
}

// settled gives the one of the keys that is leased and waits.
func (b *box) settled(keys ...string) fulfill.Task {
	b.Helper()
	for _, key := range keys {
		if t := b.find(key); t.State == fulfill.Waiting && t.Attempts > 0 {
			return t
		}
	}
	b.Fatalf("none of %q is leased", keys)
	return fulfill.Task{}
}

func holdReplayed(b *box) {
	b.queue(b.task("O-1", "k1", 0), b.task("O-1", "k2", 0), b.task("O-1", "k3", 0))
	dead := b.claimed("the first", "k1")[0]
	b.settle(dead, fulfill.Dead)
	second := b.claimed("behind a dead one", "k2")[0]
	dead.State = fulfill.Waiting
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, dead) })
	b.claimed("a replayed one, while another of its stream is leased")
	if next := b.next(); !next.Equal(b.now.Add(lease)) {
		b.Errorf("next is %v, want the end of the lease", next)
	}
	b.settle(second, fulfill.Done)
	b.settle(b.claimed("in its place", "k1")[0], fulfill.Dead)
	b.claimed("behind it again", "k3")
	b.pass(lease)
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, dead) })
	if got := b.claim(10); len(got) != 1 {
		b.Errorf("%d of one stream are claimed", len(got))
	}
}

// holdClaims: several processes claim and settle, and every task goes out once, after those before it.
func holdClaims(b *box) {
	const streams, each, workers = 6, 4, 4
	var all []fulfill.Task
	for n := range each {
		for s := range streams {
			all = append(all, b.task(order.OrderID(fmt.Sprint("O-", s)), fmt.Sprint(s, "-", n), 0))
		}
	}
	b.queue(all...)
	var mu sync.Mutex
	went := map[order.OrderID][]string{}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for idle := 0; idle < 2; {
				tasks, err := alone(b.Context(), b.store, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Task, error) {
					return tx.ClaimTasks(ctx, b.now, 2, lease)
				})
				if err != nil {
					b.Errorf("ClaimTasks: %v", err)
					return
				}
				if len(tasks) == 0 {
					idle++
				}
				for _, t := range tasks {
					mu.Lock()
					went[t.Action.Order] = append(went[t.Action.Order], t.Action.Key)
					mu.Unlock()
					t.State = fulfill.Done
					if err := b.store.Transact(b.Context(), func(ctx context.Context, tx fulfill.Tx) error { return tx.SettleTask(ctx, t) }); err != nil {
						b.Errorf("SettleTask: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	for {
		left := b.claim(100) // workers stop when they find nothing, which may be because others hold it
		for _, t := range left {
			went[t.Action.Order] = append(went[t.Action.Order], t.Action.Key)
			b.settle(t, fulfill.Done)
		}
		if len(left) == 0 {
			break
		}
	}
	for s := range streams {
		var want []string
		for n := range each {
			want = append(want, fmt.Sprint(s, "-", n))
		}
		if got := went[order.OrderID(fmt.Sprint("O-", s))]; !slices.Equal(got, want) {
			b.Errorf("of a stream %q went out, want %q", got, want)
		}
	}
}

func holdNext(b *box) {
	expect := func(when string, want time.Time) {
		b.Helper()
		if got := b.next(); !got.Equal(want) || got.IsZero() != want.IsZero() {
			b.Errorf("%s: next is %v, want %v", when, got, want)
		}
	}
	expect("of nothing", time.Time{})
	start := b.now
	b.queue(b.task("O-1", "k1", time.Hour), b.task("O-1", "k2", -time.Hour), b.task("O-2", "k3", 2*time.Hour))
	expect("with one that waits behind another", start.Add(time.Hour))
	b.pass(time.Hour)
	k1 := b.claimed("the first", "k1")[0]
	expect("with a lease", b.now.Add(lease))
	k1.DueAt = b.now.Add(90 * time.Minute)
	b.settle(k1, fulfill.Waiting)
	expect("with one that is tried again later than another is due", start.Add(2*time.Hour))
	b.pass(2 * time.Hour)
	b.claimed("both", "k3", "k1")
	for _, key := range []string{"k1", "k3"} {
		b.settle(b.find(key), fulfill.Done)
	}
	expect("with one that came first in its stream", start.Add(-time.Hour))
	b.settle(b.claimed("the last", "k2")[0], fulfill.Dead)
	expect("when none waits", time.Time{})
}
