package poll_test

import (
	"flag"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var months = flag.Bool("months", false, "play months of thirty parcels a day under a budget")

// A market is the parcels of a crowd, over two months with all their holidays, at a carrier that knows what is published.
type market struct {
	begin  time.Time // of its clock
	labels []tracking.Query
	scans  map[string][]sandbox.Scan
	doors  map[string]time.Time // when deliveries were published

	mu      sync.Mutex
	charged map[string][]time.Time // by month
	seen    map[string]time.Time   // deliveries
}

func newMarket(t *testing.T, begin time.Time, perDay int) *market {
	const days = 45
	crowd, err := sandbox.NewCrowd(sandbox.CrowdConfig{Seed: 1, Start: begin, Days: days, Parcels: days * perDay})
	if err != nil {
		t.Fatal(err)
	}
	m := &market{begin: begin, labels: slices.Collect(crowd.All()), scans: map[string][]sandbox.Scan{}, doors: map[string]time.Time{}}
	slices.SortStableFunc(m.labels, func(a, b tracking.Query) int { return a.Since.Compare(b.Since) })
	for _, q := range m.labels {
		uses := crowd.Parcels(q.Courier, q.Number)
		for _, s := range uses[len(uses)-1].Scans {
			if s.Published.IsZero() {
				s.Published = s.At
			}
			m.scans[q.Number] = append(m.scans[q.Number], s)
			if s.Status == tracking.StatusDelivered {
				m.doors[q.Number] = s.Published
			}
		}
	}
	return m
}

func (m *market) now() time.Time { return m.begin.Add(time.Since(start)) }

func (m *market) answer(q tracking.Query, _ int) tracking.Result {
	p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "toy", RetrievedAt: m.now()}
	for _, s := range m.scans[q.Number] {
		if !s.Published.After(p.RetrievedAt) {
			p.Events = append(p.Events, tracking.Event{At: s.At, Status: s.Status, Text: s.Status.Korean()})
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	month := p.RetrievedAt.In(kst).Format("2006-01")
	m.charged[month] = append(m.charged[month], p.RetrievedAt)
	if len(p.Events) == 0 {
		return tracking.Result{Err: &tracking.Error{Kind: tracking.ErrNotFound, Billed: tracking.Yes}, Billed: tracking.Yes}
	}
	p.Settle(q.Context())
	return tracking.Result{Parcel: p, Billed: tracking.Yes}
}

func (m *market) recorded(r poll.Recorded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if no := r.After.ID.Shipment.Number; r.After.Parcel.Status == tracking.StatusDelivered && m.seen[no].IsZero() {
		m.seen[no] = r.At
	}
}

// A spending is what came of two months.
type spending struct {
	late        [2]time.Duration // by how much deliveries that were seen were seen late, on average
	doors       [2]int           // deliveries that were seen
	charged     [2][]time.Time
	multipliers []float64 // at each noon
	alerts      []poll.Alert
}

// live lets so many processes share a store for two months and a week, and starts them anew in the middle of the second.
func (m *market) live(t *testing.T, processes int, policy func() poll.Policy, budget poll.Budget) (s spending) {
	m.charged, m.seen = map[string][]time.Time{}, map[string]time.Time{}
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", item: m.answer}
		store := poll.NewMemoryStore()
		var benches []*bench
		begin := func() {
			benches = nil
			for range processes {
				config := poll.Config{Store: store, Policy: policy(), Now: m.now, Look: 10 * time.Minute}
				if budget != (poll.Budget{}) {
					config.Budgets = map[string]poll.Budget{"toy": budget}
				}
				benches = append(benches, runWith(t, config, m.recorded, carrier))
			}
			time.Sleep(time.Minute)
		}
		end := func() {
			for _, b := range benches {
				b.stop()
				s.alerts = append(s.alerts, b.alerts...)
			}
		}
		multiplier := func() float64 {
			first := benches[0].engine.Stats()[0].Multiplier
			for _, b := range benches[1:] {
				if other := b.engine.Stats()[0].Multiplier; !alike(other, first) {
					t.Errorf("%v: multipliers %v and %v on one store", m.now(), first, other)
				}
			}
			return first
		}
		begin()
		opened := 0
		for hour := 0; m.now().Before(m.begin.AddDate(0, 2, 7)); hour++ {
			for ; opened < len(m.labels) && !m.labels[opened].Since.After(m.now()); opened++ {
				id := poll.ShipmentID{Courier: m.labels[opened].Courier, Number: m.labels[opened].Number}
				if _, err := benches[0].engine.Open(t.Context(), poll.Watch{ID: poll.WatchID{Shipment: id, Carrier: "toy"}}); err != nil {
					t.Fatal(err)
				}
			}
			if hour%24 == 12 {
				s.multipliers = append(s.multipliers, multiplier())
			}
			if hour == 45*24+12 {
				before := multiplier()
				end()
				begin()
				if after := multiplier(); !alike(after, before) {
					t.Errorf("multiplier %v before the restart, %v after it", before, after)
				}
			}
			time.Sleep(m.begin.Add(time.Duration(hour)*time.Hour + 90*time.Minute).Sub(m.now()))
		}
		end()
	})
	for i := range s.late {
		month := m.begin.AddDate(0, i, 0).Format("2006-01")
		s.charged[i] = m.charged[month]
		var sum time.Duration
		count := 0
		for no, at := range m.doors {
			if seen, ok := m.seen[no]; ok && at.In(kst).Format("2006-01") == month {
				sum, count = sum+max(seen.Sub(at), 0), count+1
			}
		}
		s.late[i], s.doors[i] = sum/time.Duration(max(count, 1)), count
	}
	return s
}

// alike leaves it open in which order two processes that look at the same moment read the counters.
func alike(a, b float64) bool { return max(a/b, b/a) < 1.05 }

// alone is an adaptive policy that no engine finds: it keeps its price, and the hard stop alone keeps the budget.
type alone struct{ *poll.Adaptive }

func unrationed() poll.Policy { return alone{new(poll.Adaptive)} }

func rationed() poll.Policy { return new(poll.Adaptive) }

// A month's budget of two fifths of what would be spent lasts to the last day, over a holiday, the turn of a month and a restart, and
// whichever of two processes spends it; news is late by hours, where it is late by days with the hard stop alone.
func TestAllowance(t *testing.T) {
	if !*months {
		t.Skip("NOT JUDGED: needs -months")
	}
	m := newMarket(t, time.Date(2026, 9, 1, 0, 0, 0, 0, kst), 30)
	free := m.live(t, 1, unrationed, poll.Budget{})
	budget := poll.Budget{Month: len(free.charged[1]) * 2 / 5}
	hard := m.live(t, 1, unrationed, budget)
	spread := m.live(t, 2, rationed, budget)
	for i := range spread.late {
		month := m.begin.AddDate(0, i, 0)
		length := m.begin.AddDate(0, i+1, 0).Sub(month)
		used := len(spread.charged[i])
		if used > budget.Month || used < budget.Month*9/10 {
			t.Errorf("%s: %d units of %d", month.Month(), used, budget.Month)
		}
		if ended := spread.charged[i][used-1]; used == budget.Month && ended.Sub(month) < length*97/100 {
			t.Errorf("%s: used up at %v", month.Month(), ended)
		}
		if spread.late[i] > hard.late[i]/10 {
			t.Errorf("%s: %v late, with the hard stop alone %v", month.Month(), spread.late[i], hard.late[i])
		}
		if spread.doors[i] != free.doors[i] {
			t.Errorf("%s: %d deliveries seen, without a budget %d", month.Month(), spread.doors[i], free.doors[i])
		}
		for name, s := range map[string]spending{"free": free, "hard stop": hard, "spread": spread} {
			last := s.charged[i][len(s.charged[i])-1]
			t.Logf("%s, %s: %d units, the last on %s; %d deliveries, %v late", month.Month(), name, len(s.charged[i]), last.Format("2 January 15:04"), s.doors[i], s.late[i].Round(time.Second))
		}
	}
	for i, multiplier := range spread.multipliers[1:] {
		if before := spread.multipliers[i]; i > 7 && max(multiplier/before, before/multiplier) > 4 {
			t.Errorf("day %d: multiplier %.1f after %.1f", i+2, multiplier, before)
		}
	}
	t.Logf("multipliers %.1f", spread.multipliers)
	for _, a := range spread.alerts {
		if a.Kind == "budget_short" {
			t.Errorf("told without need: %v", a.Err)
		}
	}
}

// A budget that is not tight changes nothing at all.
func TestAllowanceOfPlenty(t *testing.T) {
	m := newMarket(t, time.Date(2026, 10, 1, 0, 0, 0, 0, kst), 4)
	free := m.live(t, 1, unrationed, poll.Budget{})
	plenty := m.live(t, 1, rationed, poll.Budget{Day: 1000, Month: len(free.charged[1]) * 5 / 4})
	if slices.Max(plenty.multipliers) != 1 || plenty.late != free.late || len(plenty.charged[1]) != len(free.charged[1]) {
		t.Errorf("multiplier up to %v, late by %v and %v without a budget", slices.Max(plenty.multipliers), plenty.late, free.late)
	}
}

// A day's limit is used up on few days once a month of it is known, and news comes sooner than where it is used up each noon.
func TestAllowanceOfADay(t *testing.T) {
	if !*months {
		t.Skip("NOT JUDGED: needs -months")
	}
	m := newMarket(t, time.Date(2026, 9, 1, 0, 0, 0, 0, kst), 30)
	budget := poll.Budget{Day: 220}
	hard, spread := m.live(t, 1, unrationed, budget), m.live(t, 1, rationed, budget)
	full := func(s spending) (days int) {
		units := map[string]int{}
		for _, at := range s.charged[1] {
			units[at.In(kst).Format(time.DateOnly)]++
		}
		for day, used := range units {
			if used > budget.Day {
				t.Errorf("%s: %d units", day, used)
			}
			if used == budget.Day {
				days++
			}
		}
		return days
	}
	t.Logf("late by %v, with the limit alone %v; October: used up on %d days, with the limit alone on %d", spread.late, hard.late, full(spread), full(hard))
	if spread.late[0] > hard.late[0]/2 || spread.late[1] > hard.late[1]/3 || full(spread) > full(hard)*3/4 {
		t.Error("that is little better")
	}
}
