package poll_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// rest tells Sundays and the holidays of autumn 2026.
func rest(day time.Time) bool {
	switch day.Format("01-02") {
	case "08-14", "08-15", "08-17", "09-24", "09-25", "09-26", "10-03", "10-05", "10-09":
		return true
	}
	return day.Weekday() == time.Sunday
}

// habits are what is used on days of each kind.
type habits struct{ working, saturday, rest int64 }

func (h habits) on(day time.Time) int64 {
	switch {
	case rest(day):
		return h.rest
	case day.Weekday() == time.Saturday:
		return h.saturday
	}
	return h.working
}

// reckoned is how many times its price an ask counts where the days before today, and those to come, are as they always are.
func reckoned(today time.Time, h habits, b poll.Budget, left int64) float64 {
	for thinning := 1.0; thinning < 4.64; thinning += 0.001 {
		sum, first := 0.1*float64(h.on(today))/thinning, true
		for day := today; day.Month() == today.Month(); day = day.AddDate(0, 0, 1) {
			uses := float64(h.on(day)) / thinning
			if first && b.Day > 0 && uses*1.1 > float64(b.Day) {
				sum = math.Inf(1)
			}
			if first = false; b.Day > 0 {
				uses = min(uses, float64(b.Day))
			}
			sum += uses
		}
		if b.Month == 0 && !math.IsInf(sum, 1) || sum <= float64(left) {
			return thinning * thinning * thinning
		}
	}
	return 100
}

// multiplierAt is what an engine finds that begins at a time on a store.
func multiplierAt(t *testing.T, at time.Time, b poll.Budget, store poll.Store) (multiplier float64) {
	synctest.Test(t, func(t *testing.T) {
		bench := run(t, poll.Config{
			Store: store, Budgets: map[string]poll.Budget{"toy": b}, Now: func() time.Time { return at.Add(time.Since(start)) },
		}, &scripted{name: "toy"})
		time.Sleep(10 * time.Minute)
		multiplier = bench.engine.Stats()[0].Multiplier
		bench.stop()
	})
	return multiplier
}

// countDays lets a store have counted what was used on so many days up to one.
func countDays(t *testing.T, store poll.Meter, today time.Time, days int, h habits) (month int64) {
	for n := days; n > 0; n-- {
		day := today.AddDate(0, 0, -n)
		if err := store.Count(t.Context(), "toy", day.Format(time.DateOnly), poll.Usage{Units: h.on(day)}); err != nil {
			t.Fatal(err)
		}
		if day.Month() == today.Month() {
			month += h.on(day)
		}
	}
	return month
}

// Whatever the day of the week, the holidays in the past and to come and the hour, the multiplier is the least that makes what is
// left last, by a reckoning of its own.
func TestAllowanceIsTheLeastThatLasts(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	tight := 0
	for n := range 200 {
		today := time.Date(2026, 9, 10+random.IntN(75), 0, 0, 0, 0, kst)
		h := habits{300 + random.Int64N(300), 100 + random.Int64N(300), 1 + random.Int64N(100)}
		store := poll.NewMemoryStore()
		used := countDays(t, store, today, 30, h)
		b := poll.Budget{Day: []int{0, int(100 + random.Int64N(600))}[n%2]}
		left := 100 + random.Int64N(400*int64(time.Date(2026, today.Month()+1, 1, 0, 0, 0, 0, kst).Sub(today).Hours()/24))
		if n%3 > 0 || b.Day == 0 {
			b.Month = int(used + left)
		}
		want := reckoned(today, h, b, left)
		got := multiplierAt(t, today.Add(time.Duration(random.IntN(23*60))*time.Minute), b, store)
		if got < want*0.99 || got > want*1.01 {
			t.Errorf("%v, %+v, %+v, %d left: multiplier %.3f, want %.3f", today.Format(time.DateOnly), h, b, left, got, want)
		}
		if want > 1 && want < 100 {
			tight++
		}
	}
	if tight < 70 {
		t.Errorf("only %d tight budgets", tight)
	}
}

// An engine that knows nothing asks at the true price; one day tells it enough to be careful, within that day.
func TestAllowanceOfAFreshEngine(t *testing.T) {
	first := time.Date(2026, 9, 1, 0, 0, 0, 0, kst) // a Tuesday
	sunday := time.Date(2026, 9, 6, 0, 0, 0, 0, kst)
	for name, c := range map[string]struct {
		at     time.Time
		units  map[string]int64
		budget poll.Budget
		least  float64
		most   float64
	}{
		"nothing is known":                  {at: first, budget: poll.Budget{Month: 100}, least: 1, most: 1},
		"a morning that is too fast":        {first.Add(10 * time.Hour), map[string]int64{"2026-09-01": 500}, poll.Budget{Month: 3000}, 50, 100},
		"a morning that is not":             {first.Add(10 * time.Hour), map[string]int64{"2026-09-01": 50}, poll.Budget{Month: 3000}, 1, 1},
		"a Sunday after days of work":       {sunday.Add(24 * time.Hour), map[string]int64{"2026-09-04": 300, "2026-09-05": 200, "2026-09-06": 10}, poll.Budget{Month: 3000}, 8, 20},
		"the Sunday itself":                 {sunday.Add(12 * time.Hour), map[string]int64{"2026-09-04": 300, "2026-09-05": 200, "2026-09-06": 10}, poll.Budget{Month: 3000}, 20, 30},
		"all is used up":                    {first.AddDate(0, 0, 3), map[string]int64{"2026-09-03": 300}, poll.Budget{Month: 300}, 100, 100},
		"a day on which the budget ran out": {first.AddDate(0, 0, 3), map[string]int64{"2026-09-02": 90, "2026-09-03": 100}, poll.Budget{Day: 100}, 1.3, 1.4},
		"a last day that is too fast":       {time.Date(2026, 9, 30, 12, 0, 0, 0, kst), map[string]int64{"2026-09-23": 100, "2026-09-30": 400}, poll.Budget{Month: 520}, 1.1, 1.2},
	} {
		store := poll.NewMemoryStore()
		for day, units := range c.units {
			if err := store.Count(t.Context(), "toy", day, poll.Usage{Units: units}); err != nil {
				t.Fatal(err)
			}
		}
		if got := multiplierAt(t, c.at, c.budget, store); got < c.least-1e-3 || got > c.most+1e-3 {
			t.Errorf("%s: multiplier %.2f, want %v to %v", name, got, c.least, c.most)
		}
	}
}

// What is kept counts more than what the counters alone say, over a store that fails at first; what cannot be read does not count, and
// where nothing is kept each engine begins with the counters.
func TestAllowanceIsKept(t *testing.T) {
	monday := time.Date(2026, 9, 7, 0, 0, 0, 0, kst)
	h, b := habits{300, 200, 20}, poll.Budget{Month: 5000}
	fresh := func() *poll.MemoryStore {
		store := poll.NewMemoryStore()
		countDays(t, store, monday, 28, h)
		return store
	}
	counted := multiplierAt(t, monday, b, fresh())
	store := fresh()
	if got := multiplierAt(t, monday, b, store); got != counted || got == 1 {
		t.Fatalf("multipliers %v and %v of the same counters", got, counted)
	}
	countDays(t, store, monday.AddDate(0, 0, 1), 1, habits{working: 150}) // at that price: it has a demand of more than 150
	second := multiplierAt(t, monday.AddDate(0, 0, 1), b, store)
	if alone := multiplierAt(t, monday.AddDate(0, 0, 1), b, plainMeter{store, store}); second < alone*1.05 {
		t.Errorf("multiplier %v by what was kept, %v by the counters alone", second, alone)
	}
	gap := func(units ...int64) float64 { // of days on which nobody looked
		store := fresh()
		multiplierAt(t, monday, b, store)
		for i, u := range units {
			countDays(t, store, monday.AddDate(0, 0, i+1), 1, habits{working: u})
		}
		return multiplierAt(t, monday.AddDate(0, 0, len(units)), b, store)
	}
	if rising, falling := gap(300, 100, 900), gap(300, 900, 100); rising < falling*1.05 {
		t.Errorf("multiplier %v after a day of 900 units, %v after one of 100", rising, falling)
	}
	cut := func(cut float64) float64 { // whether the budget was used up on a day of 10 units
		store := poll.NewMemoryStore()
		text := fmt.Sprintf(`{"thinning":1,"days":[{"day":"2026-08-27","units":300,"demand":300},{"day":"2026-09-03","units":10,"demand":10,"cut":%v},{"day":"2026-09-04"}]}`, cut)
		if err := store.Keep(t.Context(), "schedule/allowance/toy", []byte(text), monday); err != nil {
			t.Fatal(err)
		}
		return multiplierAt(t, monday.AddDate(0, 0, -3).Add(time.Hour), b, store)
	}
	if whole, cut := cut(0), cut(0.5); cut < whole*1.5 {
		t.Errorf("multiplier %v after a day that was cut short, %v if that was all", cut, whole)
	}
	broken := &failingStore{MemoryStore: store}
	synctest.Test(t, func(t *testing.T) {
		broken.set(errors.New("broken"), nil)
		bench := run(t, poll.Config{
			Store: unread{broken}, Budgets: map[string]poll.Budget{"toy": b}, Now: func() time.Time { return monday.AddDate(0, 0, 1).Add(time.Since(start)) },
		}, &scripted{name: "toy"})
		time.Sleep(30 * time.Minute)
		if got := bench.engine.Stats()[0].Multiplier; got != 1 {
			t.Errorf("multiplier %v without a store", got)
		}
		broken.set(nil, nil)
		time.Sleep(10 * time.Minute)
		if got := bench.engine.Stats()[0].Multiplier; got != second {
			t.Errorf("multiplier %v after the store failed, %v before", got, second)
		}
		bench.stop()
	})
	for _, garbage := range []string{"{", `{"thinning":0.5}`, `{"thinning":1e9}`, `{"thinning":2,"days":[{"day":"today"}]}`, `{"thinning":2,"days":[{"day":"2026-09-06","units":-1}]}`} {
		store := fresh()
		if err := store.Keep(t.Context(), "schedule/allowance/toy", []byte(garbage), monday); err != nil {
			t.Fatal(err)
		}
		if got := multiplierAt(t, monday, b, store); got != counted {
			t.Errorf("%s: multiplier %v, want %v", garbage, got, counted)
		}
	}
}

// plainMeter is a store that keeps nothing by name.
type plainMeter struct {
	poll.Store
	poll.Meter
}

// unread is a store of which nothing that is kept can be read while it fails.
type unread struct{ *failingStore }

func (u unread) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	u.mu.Lock()
	err := u.record
	u.mu.Unlock()
	if err != nil {
		return nil, time.Time{}, err
	}
	return u.MemoryStore.Kept(ctx, name)
}

// A month's budget that does not even pay for an ask a day is told of early, once, whoever finds it; the limit holds.
func TestAllowanceThatIsShortIsTold(t *testing.T) {
	begin := time.Date(2026, 10, 1, 0, 0, 0, 0, kst)
	synctest.Test(t, func(t *testing.T) {
		now := func() time.Time { return begin.Add(time.Since(start)) }
		carrier := &scripted{name: "toy", item: func(q tracking.Query, _ int) tracking.Result { // a scan a day
			p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "toy", RetrievedAt: now()}
			for at := begin; !at.After(now()); at = at.AddDate(0, 0, 1) {
				p.Events = append(p.Events, tracking.Event{At: at, Status: tracking.StatusInTransit, Text: at.Format("간선상차 2")})
			}
			p.Settle(q.Context())
			return tracking.Result{Parcel: p, Billed: tracking.Yes}
		}}
		config := poll.Config{Store: poll.NewMemoryStore(), Budgets: map[string]poll.Budget{"toy": {Month: 600}}, Now: now, Look: 10 * time.Minute}
		one, other := run(t, config, carrier), run(t, config, carrier)
		for n := range 30 {
			one.open(n)
		}
		time.Sleep(12 * day)
		told := append(one.told(), other.told()...) // by both of them, where they look at the same moment
		if len(told) == 0 || len(told) > 2 || told[0].Kind != "budget_short" {
			t.Fatalf("told by the 13th: %+v", told)
		}
		one.stop()
		again := run(t, config, carrier)
		time.Sleep(17 * day)
		other.stop()
		again.stop()
		times := 0
		for _, a := range slices.Concat(one.told(), other.told(), again.told()) {
			if a.Kind == "budget_short" {
				times++
			}
		}
		if times != len(told) {
			t.Errorf("told %d times", times)
		}
		var s *poll.ShortageError
		asked := 0
		for _, size := range carrier.callSizes() {
			asked += size
		}
		if asked != 600 || !errors.As(told[0].Err, &s) {
			t.Fatalf("%d units, told %v", asked, told)
		}
		if s.Carrier != "toy" || s.Month != 600 || !s.Renews.Equal(begin.AddDate(0, 1, 0)) ||
			s.Ends.Before(begin.AddDate(0, 0, 14)) || s.Ends.After(begin.AddDate(0, 0, 24)) {
			t.Errorf("told %+v", *s)
		}
		for text, want := range map[string]string{
			s.Error():  fmt.Sprintf("600 a month at toy ends on %d October, and renews on 1 November", s.Ends.Day()),
			s.Korean(): fmt.Sprintf("600건이 10월 %d일에 소진됩니다 (갱신 11월 1일)", s.Ends.Day()),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q has no %q", text, want)
			}
		}
	})
}

// Of what is used up already nothing is told but that.
func TestAllowanceThatIsUsedUpIsNotShort(t *testing.T) {
	monday := time.Date(2026, 9, 7, 0, 0, 0, 0, kst)
	for month, told := range map[int]int{1000: 0, 1400: 1} {
		store := poll.NewMemoryStore()
		countDays(t, store, monday, 28, habits{300, 100, 0}) // 1,300 of them in September
		synctest.Test(t, func(t *testing.T) {
			b := run(t, poll.Config{
				Store: store, Budgets: map[string]poll.Budget{"toy": {Month: month}}, Now: func() time.Time { return monday.Add(time.Since(start)) },
			}, &scripted{name: "toy"})
			time.Sleep(time.Minute)
			if got := len(b.told()); got != told {
				t.Errorf("%d a month: told %v", month, b.told())
			}
			b.stop()
		})
	}
}

// What it does to plans: the schedule's grow by its root, the table's too, to a day, and to three at an end; a reason says so.
func TestAllowanceMakesPlansRarer(t *testing.T) {
	store := poll.NewMemoryStore()
	monday := time.Date(2026, 9, 7, 9, 0, 0, 0, kst)
	countDays(t, store, monday, 28, habits{300, 200, 20})
	policy := new(poll.Adaptive)
	before := map[string]poll.Plan{}
	watches := map[string]poll.Watch{"van": onVan(1), "unknown": {ID: idOf(1)}, "absent": onVan(1), "returned": watchAt(1, tracking.StatusReturned), "delivered": watchAt(1, tracking.StatusDelivered)}
	absent := watches["absent"]
	absent.NotFound = 20
	watches["absent"] = absent
	for name, w := range watches {
		before[name] = policy.Next(w, start)
	}
	var multiplier float64
	synctest.Test(t, func(t *testing.T) {
		b := run(t, poll.Config{
			Store: store, Policy: policy, Budgets: map[string]poll.Budget{"toy": {Month: 4000}}, Now: func() time.Time { return monday.Add(time.Since(start)) },
		}, &scripted{name: "toy"})
		time.Sleep(time.Minute)
		multiplier = b.engine.Stats()[0].Multiplier
		b.stop()
	})
	root := math.Sqrt(multiplier)
	if root < 1.5 {
		t.Fatalf("multiplier %v", multiplier)
	}
	for name, most := range map[string]time.Duration{"van": day, "unknown": day, "absent": day, "returned": day, "delivered": 3 * day} {
		w := watches[name]
		plan, was := policy.Next(w, start), before[name].At.Sub(start)
		want := min(time.Duration(float64(was)*root), most)
		if name == "van" { // hazards change with the hours
			want = new(poll.Adaptive).Next(w, start).At.Sub(start)
			if got := (&poll.Adaptive{Others: poll.Price{Item: 9 * multiplier}}).Next(w, start).At; !plan.At.Equal(got) || plan.At.Sub(start) <= want {
				t.Errorf("at %v, at a price of as much %v", plan.At, got)
			}
		} else if got := plan.At.Sub(start); got < want*94/100 || got > want*106/100 {
			t.Errorf("%s: in %v, before in %v, want %v", name, got, was, want)
		}
		if plan.Why.Price != int(math.Round(10*multiplier)) {
			t.Errorf("%s: %q", name, plan.Why)
		}
		other := w
		other.ID.Carrier = "other"
		if plan := policy.Next(other, start); plan.Why.Price != 0 {
			t.Errorf("another carrier: %q", plan.Why)
		}
	}
}
