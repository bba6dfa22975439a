package fulfill_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A month's budget that is used up whatever asks cost is told to operations once, in both languages, over restarts and two processes; the
// engine's figures have the multiplier.
func TestBudgetThatIsShortAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []fulfill.Action
		hooks := 0
		w := newWorld(t, func(c *fulfill.Config) {
			c.Carriers, c.Now, c.Poll.Policy = []tracking.Carrier{newToy("toy")}, nil, nil
			c.Outbox.Look = 10 * time.Minute
			c.Poll.Budgets = map[string]poll.Budget{"toy": {Month: 1500}}
			c.Poll.Hooks.Alert = func(a poll.Alert) {
				mu.Lock()
				defer mu.Unlock()
				if a.Kind == "budget_short" {
					hooks++
				}
			}
			c.Actions.AlertOperations = func(_ context.Context, a fulfill.Action) error {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, a)
				return nil
			}
		})
		begin := func() (*fulfill.Engine, func()) {
			engine, err := fulfill.New(w.config)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(w.ctx)
			ended := make(chan error, 1)
			go func() { ended <- engine.Run(ctx) }()
			return engine, func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		}
		one, stop := begin()
		_, stopOther := begin()
		meter := one.Ledger().(poll.Meter)
		for range 6 * 24 {
			day := time.Now().In(time.FixedZone("KST", 9*60*60)).Format(time.DateOnly)
			if err := meter.Count(t.Context(), "toy", day, poll.Usage{Units: 5}); err != nil { // as if asks were made all the time
				t.Fatal(err)
			}
			<-time.After(time.Hour)
		}
		if m := one.Stats().Polls[0].Multiplier; m < 2 || m > 100 {
			t.Errorf("multiplier %v", m)
		}
		stop()
		_, stop = begin()
		<-time.After(2 * 24 * time.Hour)
		stop()
		stopOther()
		if len(told) != 1 || hooks == 0 {
			t.Fatalf("told %+v, the host's hook %d times", told, hooks)
		}
		a := told[0]
		if a.Key != "alert/budget/toy/2000-01" || a.Name != fulfill.AlertOperations || a.At.IsZero() {
			t.Errorf("%+v", a)
		}
		if parts := []string{"of 1500 a month at toy ends on ", "January", "월 예산 1500건이 1월 "}; slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(a.Reason, p) }) {
			t.Errorf("%q", a.Reason)
		}
	})
}
