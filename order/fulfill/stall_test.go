package fulfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// yard is a store with watched parcels, whose clock the test turns.
type yard struct {
	t     *testing.T
	store *MemoryStore
	e     *Engine
	now   time.Time
	scans map[poll.WatchID][]tracking.Event
}

// newYard begins on a Monday morning.
func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, store: NewMemoryStore(), now: monday.Add(7 * time.Hour), scans: map[poll.WatchID][]tracking.Event{}}
	y.e = nightEngine(t, Config{Store: y.store, Now: func() time.Time { return y.now }})
	return y
}

func (y *yard) transact(f func(ctx context.Context, tx Tx) error) {
	y.t.Helper()
	if err := y.store.Transact(y.t.Context(), f); err != nil {
		y.t.Fatal(err)
	}
}

// watch begins to look at a parcel of an order.
func (y *yard) watch(carrier string, courier tracking.Courier, number string, of order.OrderID) poll.WatchID {
	y.t.Helper()
	id := poll.WatchID{Shipment: poll.ShipmentID{Courier: courier, Number: number, Generation: 1}, Carrier: carrier, Role: poll.Primary}
	y.transact(func(ctx context.Context, tx Tx) error {
		if err := tx.SaveShipment(ctx, Shipment{
			ID: id.Shipment, Carrier: carrier, Since: y.now, Links: []Link{{Order: of, Role: order.WaybillOutbound}},
		}); err != nil {
			return err
		}
		_, err := tx.Watches().Change(ctx, id, func(w poll.Watch) poll.Watch {
			w.Life, w.Began, w.Opened, w.Due = poll.Active, y.now, y.now, y.now
			return w
		})
		return err
	})
	return id
}

// answer has the carrier answer about a parcel, with a scan of an hour ago if there is a status.
func (y *yard) answer(id poll.WatchID, status tracking.Status) {
	y.t.Helper()
	if status != tracking.StatusUnknown {
		y.scans[id] = append(y.scans[id], tracking.Event{
			At: y.now.Add(-time.Hour), Status: status, Text: fmt.Sprint(status, len(y.scans[id])), Place: "hub",
		})
	}
	parcel := &tracking.Parcel{
		Courier: id.Shipment.Courier, Number: id.Shipment.Number, Events: slices.Clone(y.scans[id]), Source: id.Carrier, RetrievedAt: y.now,
	}
	if len(parcel.Events) == 0 {
		parcel = nil
	} else {
		parcel.Settle(tracking.Context{})
	}
	y.transact(func(ctx context.Context, tx Tx) error {
		report := poll.Report{ID: id, Door: tracking.DoorPush, Parcel: parcel, At: y.now}
		_, err := tx.Watches().Record(ctx, report, func(w poll.Watch, gain tracking.Gain) poll.Watch {
			w.Asked, w.Failures = y.now, 0
			if gain.News() {
				w.Changed = y.now
			}
			return w
		})
		return err
	})
}

// look does the job.
func (y *yard) look() Report {
	y.t.Helper()
	r, err := y.e.Do(y.t.Context(), Stalls)
	if err != nil {
		y.t.Fatal(err)
	}
	return r
}

// alarms lists the tasks, as "key state".
func (y *yard) alarms() []string {
	y.t.Helper()
	var all []string
	for task, err := range y.store.Tasks(y.t.Context(), TaskFilter{}) {
		if err != nil {
			y.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s", task.Action.Key, task.State))
	}
	return all
}

func (y *yard) expect(what string, want ...string) {
	y.t.Helper()
	if got := y.alarms(); !slices.Equal(got, want) {
		y.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// delivered settles what waits, as the dispatcher does.
func (y *yard) delivered() {
	y.t.Helper()
	y.transact(func(ctx context.Context, tx Tx) error {
		tasks, err := tx.ClaimTasks(ctx, y.now, 100, time.Minute)
		for _, task := range tasks {
			task.State, task.DoneAt = Done, y.now
			if err == nil {
				err = tx.SettleTask(ctx, task)
			}
		}
		return err
	})
}

func TestStuckParcelIsToldOnceAndEnded(t *testing.T) {
	y := newYard(t)
	id := y.watch("one", "cj", "550000001234", "O1")
	y.answer(id, tracking.StatusPickedUp)
	key := fmt.Sprintf("alert/stuck/cj/550000001234/1/%d", y.now.Unix())
	step := func(hours int) {
		for range hours {
			y.now = y.now.Add(time.Hour)
			y.answer(id, tracking.StatusUnknown)
			y.look()
		}
	}
	step(48) // 30 working hours; usual are some 39
	y.expect("after two days")
	step(24)
	y.expect("after three days", key+" waiting")
	y.transact(func(ctx context.Context, tx Tx) error {
		task, err := tx.Task(ctx, key)
		if a := task.Action; a.Order != "O1" || a.Name != AlertOperations || a.Shipment != id.Shipment || a.Status != tracking.StatusPickedUp ||
			a.Reason != "no news for 40 working hours" {
			t.Errorf("%+v", a)
		}
		return err
	})
	y.delivered()
	step(24)
	y.expect("a day later it is not told again", key+" done")
	y.answer(id, tracking.StatusInTransit)
	second := fmt.Sprintf("alert/stuck/cj/550000001234/1/%d", y.now.Unix())
	step(1)
	y.expect("it moves", key+" done", key+"/undo waiting")
	y.delivered()
	step(6 * 24)
	y.expect("it is stuck again", key+" done", key+"/undo done", second+" waiting")
	y.answer(id, tracking.StatusDelivered)
	step(8 * 24)
	y.expect("it was over before anybody was told", key+" done", key+"/undo done", second+" withdrawn")
}

func TestNeverScannedParcelIsStuck(t *testing.T) {
	y := newYard(t)
	id := y.watch("one", "cj", "550000001234", "O1")
	key := fmt.Sprintf("alert/stuck/cj/550000001234/1/%d", y.now.Unix())
	for range 8 * 24 {
		y.now = y.now.Add(time.Hour)
		y.answer(id, tracking.StatusUnknown)
		y.look()
	}
	y.expect("a week after the label", key+" waiting")
	y.delivered()
	y.answer(id, tracking.StatusPickedUp)
	y.look()
	y.expect("the courier has it", key+" done", key+"/undo waiting")
}

// TestSilentCourierIsToldOnceAndEnded also restarts: what was told is in the store and nowhere else.
func TestSilentCourierIsToldOnceAndEnded(t *testing.T) {
	y := newYard(t)
	var quiet, loud []poll.WatchID
	for i := range 6 {
		quiet = append(quiet, y.watch("one", "lotte", fmt.Sprintf("2300000000%02d", i), "O1"))
		loud = append(loud, y.watch("one", "cj", fmt.Sprintf("5500000000%02d", i), "O2"))
	}
	y.watch("two", "epost", "600000000001", "O3")
	day := func(days int, publishes bool) {
		for range days * 24 {
			y.now = y.now.Add(time.Hour)
			for i, id := range loud {
				y.answer(id, news(y.now, i))
				if publishes {
					y.answer(quiet[i], news(y.now, i))
				} else {
					y.answer(quiet[i], tracking.StatusUnknown)
				}
			}
			y.look()
			y.e = nightEngine(t, Config{Store: y.store, Now: func() time.Time { return y.now }})
		}
	}
	day(2, true)
	y.expect("two days of news")
	day(4, false)
	y.expect("four days of silence", "alert/courier/one/lotte/1 waiting")
	y.delivered()
	day(1, true)
	y.expect("publishing again, on a Sunday", "alert/courier/one/lotte/1 done", "alert/courier/one/lotte/1/undo waiting")
	y.delivered()
	day(2, false)
	y.expect("silent again", "alert/courier/one/lotte/1 done", "alert/courier/one/lotte/1/undo done", "alert/courier/one/lotte/2 waiting")
	day(1, true)
	y.expect("before anybody was told",
		"alert/courier/one/lotte/1 done", "alert/courier/one/lotte/1/undo done", "alert/courier/one/lotte/2 withdrawn")
	day(2, false)
	y.expect("a third time", "alert/courier/one/lotte/1 done", "alert/courier/one/lotte/1/undo done",
		"alert/courier/one/lotte/2 withdrawn", "alert/courier/one/lotte/3 waiting")
	y.transact(func(ctx context.Context, tx Tx) error {
		task, err := tx.Task(ctx, "alert/courier/one/lotte/1")
		if task.Action.Order != "" || !strings.HasPrefix(task.Action.Reason, "lotte at one has no news of any of 6 parcels for ") {
			t.Errorf("%+v", task.Action)
		}
		return err
	})
}

// news gives each parcel a hub scan every six hours of the day, in turn.
func news(now time.Time, parcel int) tracking.Status {
	if h := now.In(korea).Hour(); h >= dayBegins && h < dayEnds && (h+parcel)%6 == 0 {
		return tracking.StatusInTransit
	}
	return tracking.StatusUnknown
}

// unlisted is a store that does not list watches.
type unlisted struct{ Store }

type unlistedTx struct{ Tx }

func (s unlisted) Transact(ctx context.Context, f func(context.Context, Tx) error) error {
	return s.Store.Transact(ctx, func(ctx context.Context, tx Tx) error { return f(ctx, unlistedTx{tx}) })
}

func (tx unlistedTx) Watches() poll.Store { return struct{ poll.Store }{tx.Tx.Watches()} }

func TestStallsReadsEveryWatch(t *testing.T) {
	y := newYard(t)
	for i := range 2*pulsePage + 1 {
		y.watch("one", "cj", fmt.Sprintf("5500000%05d", i), "O1")
	}
	pulses, _, err := y.e.pulses(t.Context(), newCalendar(nil))
	if err != nil || len(pulses) != 2*pulsePage+1 {
		t.Errorf("%d pulses, %v", len(pulses), err)
	}
	y.e = nightEngine(t, Config{Store: unlisted{y.store}})
	if _, err := y.e.Do(t.Context(), Stalls); !errors.Is(err, errNoWatches) {
		t.Errorf("of a store without a list: %v", err)
	}
}

func TestLastNumbered(t *testing.T) {
	for last := range 200 {
		asked := 0
		got, err := lastNumbered(func(n int) (bool, error) { asked++; return n <= last, nil })
		if err != nil || got != last || asked > 17 {
			t.Errorf("%d of %d, asked %d times, %v", got, last, asked, err)
		}
	}
}
