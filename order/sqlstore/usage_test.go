package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/poll/polltest"
)

// A hybrid keeps watches in memory and counts in a database.
type hybrid struct {
	poll.Store
	poll.Meter
	db *sql.DB
}

// TestMeter holds the counters against the suite of stores.
func TestMeter(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		polltest.RunStore(t, polltest.StoreHarness{
			New: func(t *testing.T) poll.Store {
				db := empty(t)()
				return hybrid{poll.NewMemoryStore(), sqlstore.Meter(made(t, db, e)), db}
			},
			Reopen: func(t *testing.T, s poll.Store) poll.Store {
				h := s.(hybrid)
				h.Meter = sqlstore.Meter(made(t, h.db, e))
				return h
			},
		})
	})
}

// TestMeterIsLikeTheOneInMemory gives the same random calls to both.
func TestMeterIsLikeTheOneInMemory(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		got, want := sqlstore.Meter(s), poll.NewMemoryStore()
		random := rand.New(rand.NewPCG(3, 3))
		days := []string{"2026-03-30", "2026-03-31", "2026-04-01"}
		for n := range 300 {
			carrier, day := fmt.Sprint("c", random.IntN(2)), days[random.IntN(3)]
			if random.IntN(2) == 0 {
				r := poll.Reservation{Carrier: carrier, Day: day, Units: 1 + random.IntN(20), DayLimit: random.IntN(3) * 200, MonthLimit: random.IntN(3) * 300}
				granted, err := got.Reserve(t.Context(), r)
				if same, _ := want.Reserve(t.Context(), r); err != nil || granted != same {
					t.Fatalf("call %d grants %d of %+v (%v), want %d", n, granted, r, err, same)
				}
			} else {
				u := poll.Usage{Units: random.Int64N(30) - 20, Calls: random.Int64N(3), Asked: random.Int64N(20), Found: 1, NotFound: 2, Failed: 3, Won: random.Int64N(1 << 50)}
				if err := got.Count(t.Context(), carrier, day, u); err != nil {
					t.Fatal(err)
				}
				_ = want.Count(t.Context(), carrier, day, u)
			}
			for _, period := range []string{day, day[:7], "2025-01"} {
				u, err := got.Usage(t.Context(), carrier, period)
				if same, _ := want.Usage(t.Context(), carrier, period); err != nil || u != same {
					t.Fatalf("after call %d, %s in %s: %+v (%v), want %+v", n, carrier, period, u, err, same)
				}
			}
		}
	})
}

// TestMeterRivals: processes that reserve at once, on days that share a month, keep both limits together.
func TestMeterRivals(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		connect := e.fresh(t)
		var granted atomic.Int64
		var wg sync.WaitGroup
		for process := range 4 {
			m := sqlstore.Meter(made(t, connect(), e))
			for worker := range 3 {
				wg.Go(func() {
					for n := range 10 {
						r := poll.Reservation{Carrier: "toy", Day: fmt.Sprintf("2026-03-%02d", 1+(process+worker+n)%3), Units: 3, DayLimit: 40, MonthLimit: 100}
						got, err := m.Reserve(t.Context(), r)
						if err != nil {
							t.Error(err)
						}
						granted.Add(int64(got))
						if n%4 == 0 && got > 0 {
							if err := m.Count(t.Context(), "toy", r.Day, poll.Usage{Units: -1, Calls: 1}); err != nil {
								t.Error(err)
							}
							granted.Add(-1)
						}
					}
				})
			}
		}
		wg.Wait()
		m := sqlstore.Meter(made(t, connect(), e))
		month, err := m.Usage(t.Context(), "toy", "2026-03")
		if err != nil || month.Units != granted.Load() || month.Units > 100 || month.Calls == 0 {
			t.Errorf("%+v (%v), %d granted", month, err, granted.Load())
		}
		var days int64
		for day := range 3 {
			u, err := m.Usage(t.Context(), "toy", fmt.Sprintf("2026-03-%02d", 1+day))
			if days += u.Units; err != nil || u.Units > 40 {
				t.Errorf("day %d: %+v (%v)", 1+day, u, err)
			}
		}
		if days != month.Units {
			t.Errorf("%d units on the days, %d in the month", days, month.Units)
		}
	})
}

// TestMeterRefuses what cannot be stored, and what would wait for itself.
func TestMeterRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		m := sqlstore.Meter(s)
		if _, err := m.Reserve(t.Context(), poll.Reservation{Carrier: "to\x00y", Day: "2026-03-01", Units: 1}); !errors.Is(err, sqlstore.ErrLimit) {
			t.Errorf("Reserve: %v", err)
		}
		if u, err := m.Usage(t.Context(), "to\x00y", "2026-03-01"); err != nil || u != (poll.Usage{}) {
			t.Errorf("Usage: %+v, %v", u, err)
		}
		err := s.Update(t.Context(), func(ctx context.Context, _ *sqlstore.Tx) error {
			_, err := m.Reserve(ctx, poll.Reservation{Carrier: "toy", Day: "2026-03-01", Units: 1})
			if _, reading := m.Usage(ctx, "toy", "2026-03"); !errors.Is(reading, sqlstore.ErrNested) {
				t.Errorf("Usage: %v", reading)
			}
			return err
		})
		if !errors.Is(err, sqlstore.ErrNested) {
			t.Errorf("Reserve: %v", err)
		}
	})
}
