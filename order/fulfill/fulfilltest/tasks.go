package fulfilltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

func taskClauses() []clause {
	return []clause{
		{name: "a task comes back whole", hold: func(b *box) {
			want := b.whole()
			b.queue(want)
			same(b, "Task", b.find(want.Action.Key), want)
		}},
		{name: "a task that is not there is ErrNoTask", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0))
			for _, key := range []string{"", "k", "k2", "K1", "k1 "} {
				if err := b.fails(func(ctx context.Context, tx fulfill.Tx) error { _, err := tx.Task(ctx, key); return err }); !errors.Is(err, fulfill.ErrNoTask) {
					b.Errorf("Task of %q: %v", key, err)
				}
				err := b.fails(func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, b.task("O-1", key, 0)) })
				if !errors.Is(err, fulfill.ErrNoTask) {
					b.Errorf("AmendTask of %q: %v", key, err)
				}
			}
		}},
		{name: "a key is queued once", hold: holdQueuedOnce},
		{name: "a settled task can be queued", hold: func(b *box) {
			passed := b.task("O-1", "k1", -time.Hour)
			passed.State, passed.DoneAt, passed.Why, passed.Attempts = fulfill.Passed, b.now, "no function", 2
			b.queue(passed, b.task("O-1", "k2", 0))
			same(b, "Task", b.find("k1"), passed)
			b.claimed("behind a settled task", "k2")
		}},
		{name: "keys and streams are told apart to the byte", hold: holdAlike},
		{name: "a task is the caller's", hold: func(b *box) {
			want := b.whole()
			given := b.whole()
			b.queue(given)
			spoil := func(t fulfill.Task) { t.Action.Items[0].Quantity, t.Action.Waybills[0].Number = 99, "spoilt" }
			spoil(given)
			spoil(b.find(want.Action.Key))
			same(b, "Task", b.find(want.Action.Key), want)
			b.pass(time.Hour)
			claimed := b.claimed("the one", want.Action.Key)
			spoil(claimed[0])
			got := b.find(want.Action.Key)
			if text(b.T, got.Action) != text(b.T, want.Action) {
				b.Error("what a caller does to a task changes the one in the store")
			}
		}},
		{name: "settling writes what came of a task and nothing else", hold: func(b *box) {
			want := b.whole()
			b.queue(want)
			b.pass(time.Hour)
			t := b.claimed("the one", want.Action.Key)[0]
			want.Fence = t.Fence
			want.State, want.Attempts, want.DueAt, want.DoneAt, want.Why = fulfill.Done, 7, b.now.Add(3*time.Microsecond), b.now, "함수가 끝났다"
			settled := want
			settled.Action.Name, settled.Action.Items, settled.CreatedAt = "ANOTHER", nil, b.now.Add(time.Hour)
			b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.SettleTask(ctx, settled) })
			same(b, "Task", b.find(want.Action.Key), want)
		}},
		{name: "amending writes it without a claim", hold: func(b *box) {
			want := b.whole()
			b.queue(want)
			want.State, want.Attempts, want.DueAt, want.DoneAt, want.Why = fulfill.Withdrawn, 0, b.now, b.now.Add(time.Microsecond), "no cause any more"
			amended := want
			amended.Fence, amended.Action.Reason, amended.CreatedAt = 99, "another", b.now.Add(time.Hour)
			b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, amended) })
			same(b, "Task", b.find(want.Action.Key), want)
			b.pass(24 * time.Hour)
			b.claimed("when the one task is withdrawn")
		}},
		{name: "amending a task ends its claim", hold: func(b *box) {
			b.queue(b.task("O-1", "k1", 0))
			t := b.claimed("the one", "k1")[0]
			b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, t) })
			b.lost("amended", t)
			b.claimed("after it was amended", "k1")
		}},
	}
}

// whole is a task with something in every field, due in half an hour.
func (b *box) whole() fulfill.Task {
	return fulfill.Task{
		Action: fulfill.Action{
			Key: "parcel/toycourier/900010000001/1/CONFIRM_INVENTORY/DELIVERED/2/undo", Name: fulfill.ConfirmInventory, Undo: true, Order: "O-1",
			Items: []fulfill.Item{
				{Order: "O-1", Section: "S2", Item: "I1", Line: "A", SKU: "머그컵 \"1\"", Quantity: 2},
				{Order: "O-2", Section: "S1", Item: "I3", Line: "B", Quantity: 1},
			},
			Shipment: id(1), Epoch: 2, Status: tracking.StatusDelivered, Sub: tracking.SubAvailableForPickup, Command: "c-1",
			Waybills: []order.Waybill{{Courier: "toycourier", Number: "900010000001"}}, Reason: "배송완료 '확인'", At: b.now.Add(-time.Hour),
		},
		State: fulfill.Waiting, Attempts: 3, DueAt: b.now.Add(30 * time.Minute), CreatedAt: b.now.Add(-2 * time.Hour), Why: "the host's function failed",
	}
}

func holdQueuedOnce(b *box) {
	first, again := b.task("O-1", "k1", 0), b.task("O-2", "k1", time.Hour)
	again.Action.Name = fulfill.AlertOperations
	b.queue(first)
	added := get(b, func(ctx context.Context, tx fulfill.Tx) (int, error) {
		return tx.Queue(ctx, again, b.task("O-1", "k2", 0), again, b.task("O-1", "k2", 0))
	})
	if added != 1 {
		b.Errorf("%d are added, want 1", added)
	}
	same(b, "Task", b.find("k1"), first)
	b.settle(b.claimed("the first", "k1")[0], fulfill.Done)
	b.settle(b.claimed("the second", "k2")[0], fulfill.Done)
	if added := get(b, func(ctx context.Context, tx fulfill.Tx) (int, error) { return tx.Queue(ctx, first) }); added != 0 {
		b.Errorf("a key that was settled is added %d times", added)
	}
	b.claimed("when all is settled")
}

// alike are texts that are easily taken for each other.
var alike = []string{"k-1", "K-1", "k-1 ", " k-1", "k-1\t", "ö", "o\u0308", "주문", "k_1", "k%1", "k-01", "'", "\\", "👩"}

func holdAlike(b *box) {
	long := "k" + strings.Repeat("아", 300)
	keys := append([]string{long + "1", long + "2"}, alike...)
	for i, key := range keys {
		b.queue(b.task(order.OrderID("O-"+alike[i%len(alike)]), key, time.Duration(i)*time.Second))
	}
	for i, key := range keys {
		if t := b.find(key); t.Action.Key != key || !t.DueAt.Equal(b.now.Add(time.Duration(i)*time.Second)) {
			b.Errorf("%.20q is %.20q", key, t.Action.Key)
		}
	}
	b.pass(time.Minute)
	if tasks := b.claim(100); len(tasks) != len(alike) {
		b.Errorf("%d streams go out, want %d", len(tasks), len(alike))
	}
}

// lost settles a task whose claim is lost: nothing is written.
func (b *box) lost(why string, t fulfill.Task) {
	b.Helper()
	before := b.find(t.Action.Key)
	t.State, t.Why = fulfill.Dead, "a lost claim"
	err := b.fails(func(ctx context.Context, tx fulfill.Tx) error { return tx.SettleTask(ctx, t) })
	if !errors.Is(err, fulfill.ErrLeaseLost) {
		b.Errorf("SettleTask of a task that is %s: %v, want ErrLeaseLost", why, err)
	}
	same(b, fmt.Sprintf("Task after it was refused, %s", why), b.find(t.Action.Key), before)
}
