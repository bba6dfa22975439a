package fulfill_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
)

// TestMemoryTurns: who waits for a turn stops with its context, and a transaction that has ended is of no use.
func TestMemoryTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := fulfill.NewMemoryStore()
		began, end := make(chan struct{}), make(chan struct{})
		var left fulfill.Tx
		go func() {
			err := m.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
				left = tx
				close(began)
				<-end
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}()
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := func(context.Context, fulfill.Tx) error { t.Error("two at a time"); return nil }
		if err := m.Transact(ctx, ran); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Transact: %v", err)
		}
		for _, err := range m.Tasks(ctx, fulfill.TaskFilter{}) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Tasks: %v", err)
			}
		}
		close(end)
		synctest.Wait()
		if _, err := left.Task(t.Context(), "k"); err == nil || errors.Is(err, fulfill.ErrNoTask) {
			t.Errorf("a transaction that has ended: %v", err)
		}
	})
}

// TestCommandedAreDue: the computer's clock may be far from that of the world, before it or behind it.
func TestCommandedAreDue(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	actions := []order.Event{{Command: "c", Actions: []order.Action{{Name: order.Restock}}}}
	for _, c := range []struct {
		what  string
		times []time.Time
		want  time.Time
	}{
		{"a world that is behind", []time.Time{noon.Add(-9000 * time.Hour), noon.Add(-8000 * time.Hour)}, noon.Add(-8000 * time.Hour)},
		{"a command of which nobody knows the time", []time.Time{noon.Add(-time.Hour), {}}, noon.Add(-time.Hour)},
		{"a time that was typed wrongly", []time.Time{noon.Add(-time.Hour), noon.Add(9000 * time.Hour)}, noon.Add(-time.Hour)},
		{"a world that is ahead", []time.Time{noon.Add(time.Hour)}, noon},
		{"no times at all", []time.Time{{}}, noon},
	} {
		o := order.Order{ID: "O-1"}
		for _, at := range c.times {
			o.History = append(o.History, order.Event{At: at})
		}
		tasks := fulfill.Commanded(&o, actions, noon)
		if len(tasks) != 1 || !tasks[0].DueAt.Equal(c.want) || !tasks[0].CreatedAt.Equal(c.want) {
			t.Errorf("%s: due at %v, want %v", c.what, tasks[0].DueAt, c.want)
		}
	}
}
