package fulfill

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
)

func TestEveryActionIsDoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		for i := range 100 {
			id := order.OrderID(fmt.Sprint("O", i))
			queue(t, s.store, task(id, fmt.Sprint(i, "/a"), ConfirmInventory), task(id, fmt.Sprint(i, "/b"), NotifyCustomer),
				task(id, fmt.Sprint(i, "/c"), "REFUND"))
		}
		e := outboxOf(t, s.config())
		start(t, e)
		s.pass(time.Minute)
		if len(s.calls) != 300 || len(s.effects) != 300 {
			t.Errorf("%d calls, %d effects of 300 tasks", len(s.calls), len(s.effects))
		}
		for _, task := range tasksOf(t, e, TaskFilter{}) {
			if task.State != Done || task.Attempts != 1 || task.DoneAt.IsZero() || task.Why != "" {
				t.Errorf("%s: %s after %d attempts, %q", task.Action.Key, task.State, task.Attempts, task.Why)
			}
		}
	})
}

// TestFailuresAreRepeatedWithBackOff, by themselves, after 1 s, 4 s, 16 s …, each shortened by up to half.
func TestFailuresAreRepeatedWithBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(_ context.Context, _ Action, n int) error {
			if n <= 8 {
				return errors.New("no")
			}
			return nil
		}
		for i := range 20 {
			queue(t, s.store, task(order.OrderID(fmt.Sprint("O", i)), fmt.Sprint(i), NotifyCustomer))
		}
		start(t, outboxOf(t, s.config()))
		s.pass(4 * time.Hour)
		first := []time.Duration{}
		for i := range 20 {
			times := s.times(fmt.Sprint(i), s.begun)
			if len(times) != 9 {
				t.Fatalf("%d calls", len(times))
			}
			first = append(first, times[1])
			for n, step := range []time.Duration{1, 4, 16, 64, 256, 1024, 1800, 1800} {
				wait := times[n+1] - times[n]
				if step *= time.Second; wait < step/2 || wait > step+time.Second {
					t.Errorf("%v after attempt %d, want %v at most and half of it at least", wait, n+1, step)
				}
			}
		}
		if distinct(first) < 15 {
			t.Errorf("what failed together comes back together: %v", first)
		}
	})
}

// TestBadFunctionsAreCalledAgain: whatever way a call ends but well, and nothing of what it says is kept.
func TestBadFunctionsAreCalledAgain(t *testing.T) {
	ways := map[string]struct {
		do   func(ctx context.Context) error
		why  string
		took time.Duration
	}{
		"error":   {func(context.Context) error { return fmt.Errorf("홍길동 010-1234-5678: %w", &wrong{}) }, "failed with *fulfill.wrong", 0},
		"panic":   {func(context.Context) error { panic("홍길동 010-1234-5678") }, "it panicked", 0},
		"goexit":  {func(context.Context) error { runtime.Goexit(); return nil }, "its goroutine ended without returning", 0},
		"hanging": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "it took too long", 30 * time.Second},
		"reason": {func(context.Context) error {
			return fmt.Errorf("홍길동: %w", &ActionError{Reason: "SKU 12 is locked; 010-1234-5678"})
		},
			"SKU 12 is locked; 010-****-5678", 0},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				s.do = func(ctx context.Context, _ Action, n int) error {
					if n <= 3 {
						return way.do(ctx)
					}
					return nil
				}
				queue(t, s.store, task("O1", "k", ConfirmInventory), task("O2", "well", NotifyCustomer))
				start(t, outboxOf(t, s.config()))
				s.pass(way.took)
				got := read(t, s.store, "k")
				if got.State != Waiting || got.Attempts != 1 || got.Why != way.why {
					t.Errorf("%s after %d attempts, %q, want %q", got.State, got.Attempts, got.Why, way.why)
				}
				s.pass(10 * time.Minute)
				if got := read(t, s.store, "k"); got.State != Done || got.Attempts != 4 || s.effects["k"] != 1 {
					t.Errorf("%s after %d attempts", got.State, got.Attempts)
				}
				if text := s.log.String(); strings.Contains(text, "홍길동") || strings.Contains(text, "1234") {
					t.Errorf("the log says %s", text)
				}
			})
		})
	}
}

type wrong struct{}

func (*wrong) Error() string { return "홍길동 lives in 서울" }

// TestDeadActionsAreToldOnceAndHoldUpNobody, neither of their own order nor of others, and come back when they are replayed.
func TestDeadActionsAreToldOnceAndHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		var well atomic.Bool
		s.do = func(_ context.Context, a Action, _ int) error {
			if a.Key == "parcel/kr.cj/680123456782/1/A/B/0" && !well.Load() {
				return errors.New("no")
			}
			return nil
		}
		c := s.config()
		c.Outbox.Attempts = 5
		e := outboxOf(t, c)
		bad := task("O1", "parcel/kr.cj/680123456782/1/A/B/0", ConfirmInventory)
		bad.Action.Shipment.Courier, bad.Action.Shipment.Number, bad.Action.Shipment.Generation = "kr.cj", "680123456782", 1
		queue(t, s.store, bad, task("O1", "behind", NotifyCustomer), task("O2", "beside", NotifyCustomer))
		start(t, e)
		s.pass(20 * time.Second)
		if s.effects["beside"] != 1 || s.effects["behind"] != 0 {
			t.Errorf("after 20 s: %v", s.effects)
		}
		s.pass(time.Hour)
		if s.effects["behind"] != 1 {
			t.Error("a dead action holds up its order")
		}
		dead := tasksOf(t, e, TaskFilter{State: Dead})
		if len(dead) != 1 || dead[0].Attempts != 5 || dead[0].DoneAt.IsZero() {
			t.Fatalf("dead: %+v", dead)
		}
		told := 0
		for _, task := range s.settled {
			if task.State == Dead {
				told++
			}
		}
		text := s.log.String()
		if told != 1 || strings.Count(text, "given up") != 1 || !strings.Contains(text, "6782") || strings.Contains(text, "680123456782") {
			t.Errorf("told %d times, logged %s", told, text)
		}

		well.Store(true)
		if n, err := e.Replay(t.Context(), dead[0].Action.Key, "behind"); n != 1 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		s.pass(time.Second)
		if got := read(t, s.store, dead[0].Action.Key); got.State != Done || got.Attempts != 2 || s.effects[dead[0].Action.Key] != 1 {
			t.Errorf("%s after %d attempts", got.State, got.Attempts)
		}
		if n, err := e.Replay(t.Context(), "nobody's", dead[0].Action.Key); n != 0 || !errors.Is(err, ErrNoTask) {
			t.Errorf("replayed %d, %v", n, err)
		}
		if len(s.times("behind", s.begun)) != 1 {
			t.Error("what was done was done again")
		}
	})
}

func TestFinalErrorsGiveUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(context.Context, Action, int) error { return &ActionError{Reason: "no such SKU", Final: true} }
		queue(t, s.store, task("O1", "k", ConfirmInventory))
		start(t, outboxOf(t, s.config()))
		s.pass(time.Second)
		if got := read(t, s.store, "k"); got.State != Dead || got.Attempts != 1 || got.Why != "no such SKU" {
			t.Errorf("%s after %d attempts: %s", got.State, got.Attempts, got.Why)
		}
	})
}

func TestActionsWithoutFunctionArePassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.config()
		c.Actions.NotifyCustomer = nil
		queue(t, s.store, task("O1", "k", NotifyCustomer), task("O1", "odd", "RESTOCK"), task("O1", "behind", ConfirmInventory))
		stop := start(t, outboxOf(t, c))
		s.pass(time.Second)
		for _, key := range []string{"k", "odd"} {
			if got := read(t, s.store, key); got.State != Passed || got.Attempts != 0 || got.Why == "" || got.DoneAt.IsZero() {
				t.Errorf("%s: %+v", key, got)
			}
		}
		if s.effects["behind"] != 1 {
			t.Error("what is passed over holds up its order")
		}
		stop()
		e := outboxOf(t, s.config()) // the host has a function now
		start(t, e)
		if n, err := e.Replay(t.Context(), "k"); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		s.pass(time.Second)
		if s.effects["k"] != 1 {
			t.Error("not done after the replay")
		}
	})
}

// TestReceiverThatNeverAnswersDelaysNobody (D10): the messages of two hundred orders hang, and the stock of others is
// confirmed at once.
func TestReceiverThatNeverAnswersDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(ctx context.Context, a Action, _ int) error {
			if a.Name == NotifyCustomer {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		for i, key := range keysOf(200, "hangs") {
			queue(t, s.store, task(order.OrderID(fmt.Sprint("H", i)), key, NotifyCustomer))
		}
		counted := &brittle{Store: s.store}
		c := s.config()
		c.Store = counted
		e := outboxOf(t, c)
		start(t, e)
		s.pass(5 * time.Second)
		for round := range 10 {
			for i, key := range keysOf(20, fmt.Sprint("well", round)) {
				queue(t, s.store, task(order.OrderID(fmt.Sprint("W", i)), key, ConfirmInventory))
			}
			e.WakeOutbox()
			s.pass(2 * time.Second)
			for _, key := range keysOf(20, fmt.Sprint("well", round)) {
				if times := s.times(key, s.begun); len(times) != 1 {
					t.Fatalf("round %d: %s was called %d times", round, key, len(times))
				}
			}
			s.pass(time.Minute)
		}
		hung := 0
		for _, key := range keysOf(200, "hangs") {
			hung += len(s.times(key, s.begun))
		}
		if minutes := time.Since(s.begun).Minutes(); float64(hung) < 7*minutes {
			t.Errorf("only %d calls of the hanging receiver in %.0f minutes", hung, minutes)
		}
		if n := counted.count(); n > 3000 {
			t.Errorf("%d transactions in ten minutes", n)
		}
	})
}

// TestHealthyReceiverGetsEachMessageOnce (D11): beside one that answers 500 and one that refuses connections. Those two are
// tried again alone, with back-off, until they are well.
func TestHealthyReceiverGetsEachMessageOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(_ context.Context, a Action, n int) error {
			switch {
			case a.Name == NotifyCustomer && n <= 3:
				return errors.New("500 Internal Server Error")
			case a.Name == AlertOperations && n <= 5:
				return errors.New("connection refused")
			}
			return nil
		}
		names := []Name{ConfirmInventory, NotifyCustomer, AlertOperations}
		for i, key := range keysOf(60, "m") {
			queue(t, s.store, task(order.OrderID(fmt.Sprint("O", i)), key, names[i%3]))
		}
		start(t, outboxOf(t, s.config()))
		s.pass(time.Hour)
		for i, key := range keysOf(60, "m") {
			if got, want := len(s.times(key, s.begun)), []int{1, 4, 6}[i%3]; got != want {
				t.Errorf("%s, %s: %d calls, want %d", key, names[i%3], got, want)
			}
		}
	})
}

// TestUndoComesAfterItsOriginal, however long that one takes.
func TestUndoComesAfterItsOriginal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(_ context.Context, a Action, n int) error {
			if !a.Undo && n <= 3 {
				return errors.New("not yet")
			}
			if a.Undo != (a.Key == undoKey("k")) {
				t.Errorf("%s is an undo: %v", a.Key, a.Undo)
			}
			return nil
		}
		undo := task("O1", undoKey("k"), ConfirmInventory)
		undo.Action.Undo = true
		queue(t, s.store, task("O1", "k", ConfirmInventory))
		queue(t, s.store, undo)
		e := outboxOf(t, s.config())
		start(t, e)
		s.pass(time.Minute)
		if n := len(s.calls); n != 5 || s.calls[n-1].key != undoKey("k") || s.calls[n-2].key != "k" {
			t.Errorf("calls: %v", s.calls)
		}
	})
}

// TestReplayRefusesWhatWasWithdrawn, for its undo may be done already.
func TestReplayRefusesWhatWasWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(_ context.Context, a Action, _ int) error {
			if a.Undo {
				return nil
			}
			return &ActionError{Final: true}
		}
		e := outboxOf(t, s.config())
		undo, epoch := task("O1", undoKey("a"), ConfirmInventory), task("O2", "b", ConfirmInventory)
		undo.Action.Undo = true
		epoch.Action.Shipment.Courier, epoch.Action.Shipment.Number, epoch.Action.Shipment.Generation = "kr.cj", "680123456782", 1
		if err := s.store.Transact(t.Context(), func(ctx context.Context, tx Tx) error {
			return tx.SaveShipment(ctx, Shipment{ID: epoch.Action.Shipment, Epoch: 1})
		}); err != nil {
			t.Fatal(err)
		}
		queue(t, s.store, task("O1", "a", ConfirmInventory), undo, epoch, task("O3", "c", ConfirmInventory))
		start(t, e)
		s.pass(time.Minute)
		n, err := e.Replay(t.Context(), "a", "b", "c")
		if n != 1 || !errors.Is(err, ErrWithdrawn) || strings.Count(err.Error(), "withdrawn") != 2 {
			t.Errorf("replayed %d, %v", n, err)
		}
		s.pass(time.Minute)
		if len(s.times("a", s.begun)) != 1 || len(s.times("b", s.begun)) != 1 || len(s.times("c", s.begun)) != 2 {
			t.Errorf("calls: %v", s.calls)
		}
	})
}

func TestHostQueuesItsOwnActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		e := outboxOf(t, s.config())
		start(t, e)
		inTx := func(fail error, actions ...Action) (added int, err error) {
			err = s.store.Transact(t.Context(), func(ctx context.Context, tx Tx) (err error) {
				if added, err = e.Queue(ctx, tx, actions...); err != nil {
					return err
				}
				return fail
			})
			e.WakeOutbox()
			return added, err
		}
		own := Action{Key: "label-17", Name: "REFUND", Order: "O1"}
		if _, err := inTx(errBrittle, own); !errors.Is(err, errBrittle) {
			t.Fatal(err)
		}
		s.pass(time.Minute)
		if len(s.calls) > 0 {
			t.Error("called although its transaction was given up")
		}
		undo := own
		undo.Undo = true
		if n, err := inTx(nil, own, undo, own); n != 2 || err != nil {
			t.Error(n, err)
		}
		s.pass(0)
		if n, err := inTx(nil, own); n != 0 || err != nil {
			t.Error(n, err)
		}
		s.pass(time.Minute)
		if len(s.calls) != 2 || s.calls[0].key != "host/label-17" || s.calls[1].key != "host/label-17/undo" {
			t.Errorf("calls: %v", s.calls)
		}
		for _, bad := range []Action{{Name: "REFUND", Order: "O1"}, {Key: "k", Order: "O1"}, {Key: "k", Name: "REFUND"},
			{Key: strings.Repeat("k", 151), Name: "REFUND", Order: "O1"}, {Key: "\xff", Name: "REFUND", Order: "O1"}} {
			if n, err := inTx(nil, bad); n != 0 || err == nil {
				t.Errorf("%+v was queued", bad)
			}
		}
	})
}

func TestOutboxFaults(t *testing.T) {
	for name, o := range map[string]Outbox{
		"Concurrency": {Concurrency: -1}, "Timeout": {Timeout: -1}, "Attempts": {Attempts: -1}, "Look": {Look: -1}, "Grace": {Grace: -1},
		"Lease": {Lease: time.Second},
	} {
		c := Config{Store: NewMemoryStore(), Outbox: o}
		if err := c.complete(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := Config{Store: NewMemoryStore()}
	if err := c.complete(); err != nil {
		t.Error(err)
	}
}
