package fulfill

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A halting store lets tasks be claimed and does not let them be settled while it is full, as a database does that can
// change rows and cannot add any.
type halting struct {
	Store
	full atomic.Bool
}

type haltingTx struct {
	Tx
	s *halting
}

func (h *halting) Transact(ctx context.Context, f func(context.Context, Tx) error) error {
	return h.Store.Transact(ctx, func(ctx context.Context, tx Tx) error { return f(ctx, haltingTx{tx, h}) })
}

func (tx haltingTx) SettleTask(ctx context.Context, t Task) error {
	if tx.s.full.Load() {
		return errors.New("no room")
	}
	return tx.Tx.SettleTask(ctx, t)
}

// TestWhatCannotBeSettledIsNotCalledAgain, however long that lasts: not what was done, and what failed only when its turn comes.
// It costs no attempts, and is told once.
func TestWhatCannotBeSettledIsNotCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.do = func(_ context.Context, a Action, n int) error {
			if a.Key == "fails" && n == 1 {
				return errors.New("no")
			}
			return nil
		}
		store := &halting{Store: s.store}
		store.full.Store(true)
		c := s.config()
		c.Store = store
		queue(t, s.store, task("O1", "done", ConfirmInventory), task("O1", "behind", ConfirmInventory), task("O2", "fails", NotifyCustomer))
		start(t, outboxOf(t, c))
		s.pass(5 * time.Hour)
		if len(s.calls) != 2 || len(s.settled) != 0 {
			t.Fatalf("%d calls and %d settled while nothing could be settled", len(s.calls), len(s.settled))
		}
		store.full.Store(false)
		s.pass(10 * time.Minute)
		for key, calls := range map[string]int{"done": 1, "behind": 1, "fails": 2} {
			if got := read(t, s.store, key); got.State != Done || got.Attempts != calls || len(s.times(key, s.begun)) != calls || s.effects[key] != 1 {
				t.Errorf("%s: %s after %d attempts and %d calls", key, got.State, got.Attempts, len(s.times(key, s.begun)))
			}
		}
		if len(s.settled) != 4 {
			t.Errorf("told %d times", len(s.settled))
		}
	})
}
