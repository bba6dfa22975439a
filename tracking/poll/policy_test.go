package poll_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// follow lets a policy plan from a time on and gives the times that it chose.
func follow(p poll.Policy, w poll.Watch, from, until time.Time) (times []time.Time) {
	for now := from; ; {
		w = w.Claimed(now)
		plan := p.Next(w, now)
		if !plan.At.Before(until) {
			return times
		}
		if !plan.At.After(now) || plan.Why == (poll.Why{}) {
			panic("a plan that is not after now, or says nothing")
		}
		now = plan.At
		times = append(times, now)
	}
}

func watchAt(n int, status tracking.Status) poll.Watch {
	return poll.Watch{ID: idOf(n), Life: poll.Active, Known: true, Parcel: tracking.State{Status: status}}
}

// For every interval from a minute to 7 days, gaps stay within 0.9 and 1.1 of it, across hours and days (D1).
func TestIntervalsHoldAcrossHoursAndDays(t *testing.T) {
	for _, every := range []time.Duration{
		time.Minute, 7 * time.Minute, 30 * time.Minute, 59 * time.Minute, 60 * time.Minute, 61 * time.Minute, 90 * time.Minute, 2 * time.Hour,
		5 * time.Hour, 23 * time.Hour, 24 * time.Hour, 25 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour,
	} {
		for name, policy := range map[string]poll.Policy{"fixed": poll.Fixed(every), "table": poll.Table{Others: poll.Rhythm{Moving: every}}} {
			for n := range 20 {
				last := start.Add(time.Duration(n) * 13 * time.Minute)
				for _, next := range follow(policy, watchAt(n, tracking.StatusInTransit), last, last.Add(60*every)) {
					if share := float64(next.Sub(last)) / float64(every); share < 0.9 || share > 1.1 {
						t.Fatalf("%s: %v after %v, which is %.2f of %v", name, next, last, share, every)
					}
					last = next
				}
			}
		}
	}
}

// Watches that were opened together do not stay together, nor gather on the hour.
func TestWatchesPart(t *testing.T) {
	minutes := map[int]int{}
	const watches = 3000
	for n := range watches {
		times := follow(poll.Fixed(2*time.Hour), watchAt(n, tracking.StatusInTransit), start, start.Add(10*24*time.Hour))
		minutes[times[len(times)-1].Minute()]++
	}
	for minute, count := range minutes {
		if count > 2*watches/60 {
			t.Errorf("%d of %d watches are asked in minute %d", count, watches, minute)
		}
	}
}

// The same watch gets the same plan from everybody, and another number another one.
func TestPlansArePure(t *testing.T) {
	w := watchAt(1, tracking.StatusInTransit)
	if a, b := poll.DefaultTable().Next(w, start), poll.DefaultTable().Next(w, start); a != b {
		t.Errorf("%v and %v", a, b)
	}
	if a, b := poll.DefaultTable().Next(w, start), poll.DefaultTable().Next(watchAt(2, tracking.StatusInTransit), start); a.At.Equal(b.At) {
		t.Error("two numbers have one plan")
	}
}

func TestTableAsksByStatus(t *testing.T) {
	for _, status := range tracking.Statuses() {
		want := map[tracking.Status]time.Duration{
			tracking.StatusPickedUp: 2 * time.Hour, tracking.StatusInTransit: 2 * time.Hour, tracking.StatusOutForDelivery: 2 * time.Hour,
			tracking.StatusReturned: 6 * time.Hour, tracking.StatusDelivered: 24 * time.Hour, tracking.StatusCancelled: 24 * time.Hour,
		}[status]
		if want == 0 {
			want = 4 * time.Hour
		}
		plan := poll.Table{}.Next(watchAt(1, status), start)
		if share := plan.At.Sub(start).Hours() / want.Hours(); math.Abs(share-1) > 0.05 {
			t.Errorf("%v is asked %s, want about %v", status, plan.Why, want)
		}
	}
	lost := watchAt(1, tracking.StatusFailed)
	lost.Parcel.Sub = tracking.SubLost
	if plan := (poll.Table{}).Next(lost, start); plan.At.Sub(start) < 22*time.Hour {
		t.Errorf("a lost parcel is asked %s", plan.Why)
	}
}

func TestNoDataIsAskedMoreAndMoreSlowly(t *testing.T) {
	w := poll.Watch{ID: idOf(1)}
	for n, want := range []float64{4, 4, 8, 16, 24, 24, 24} {
		w.NotFound = n
		if got := (poll.Table{}).Next(w, start).At.Sub(start).Hours(); math.Abs(got/want-1) > 0.05 {
			t.Errorf("after %d answers without data: %.1f h, want about %v", n, got, want)
		}
	}
}

// Quiet hours hold exactly the planned checks in each night, across midnight, however late the last ask was (E11).
func TestQuietNightsHoldTheirChecks(t *testing.T) {
	for n := range 200 {
		w := watchAt(n, tracking.StatusInTransit)
		times := follow(poll.FormerTable(), w, start.Add(time.Duration(n)*17*time.Minute), start.Add(15*24*time.Hour))
		nights := map[string]int{}
		for _, at := range times {
			if at := at.In(kst); at.Hour() >= 20 || at.Hour() < 10 {
				nights[at.Add(-10*time.Hour).Format(time.DateOnly)]++
			}
		}
		for day := range 11 { // whole nights
			night := start.AddDate(0, 0, day+3).Format(time.DateOnly)
			if nights[night] != 7 {
				t.Fatalf("number %d: %d checks in the night of %s, want 7", n, nights[night], night)
			}
		}
		for i := 1; i < len(times); i++ {
			gap := times[i].Sub(times[i-1])
			if at := times[i-1].In(kst); at.Hour() >= 10 && at.Hour() < 19 && gap > 32*time.Minute {
				t.Fatalf("number %d: a gap of %v by day", n, gap)
			}
			if gap > 4*time.Hour {
				t.Fatalf("number %d: a gap of %v skips a part of the night", n, gap)
			}
		}
	}
}

// What is asked about seldom anyway is not asked more often because it is night.
func TestQuietHoursAddNothing(t *testing.T) {
	w := watchAt(1, tracking.StatusDelivered)
	if plan := poll.FormerTable().Next(w, start.Add(10*time.Hour)); plan.At.Sub(start) < 32*time.Hour {
		t.Errorf("a delivered parcel is asked %s", plan.Why)
	}
}

func TestCompareDay(t *testing.T) {
	korea := time.FixedZone("KST", 9*60*60)
	r := rand.New(rand.NewPCG(6, 7))
	for range 2000 {
		at, other := time.Unix(r.Int64N(4e9), 0), time.Unix(r.Int64N(4e9), 0)
		if r.IntN(2) == 0 {
			other = at.Add(time.Duration(r.Int64N(int64(50*time.Hour))) - 25*time.Hour)
		}
		day := other.In(korea).Format(time.DateOnly)
		if got, want := poll.CompareDay(day, at), strings.Compare(day, at.In(korea).Format(time.DateOnly)); got != want {
			t.Fatalf("%s and %v: %d, want %d", day, at, got, want)
		}
	}
	if poll.CompareDay("", time.Now()) != -1 {
		t.Error("no day is a day")
	}
}

// No number is asked about more often than its cap on any Korean day, and the asks are spread over the day.
func TestCapHoldsOnKoreanDays(t *testing.T) {
	table := poll.Table{Others: poll.Rhythm{Moving: 20 * time.Minute, Cap: 10}}
	for n := range 50 {
		w := watchAt(n, tracking.StatusInTransit)
		w.ID.Carrier = "sweettracker"
		days := map[string]int{}
		for now := start; now.Before(start.Add(15*time.Hour + 20*24*time.Hour)); { // to a midnight
			w = w.Claimed(now)
			days[now.In(kst).Format(time.DateOnly)]++
			now = table.Next(w, now).At
		}
		for day, count := range days {
			if count > 10 || count < 5 {
				t.Errorf("number %d: %d asks on %s", n, count, day)
			}
		}
	}
	if limit := poll.DefaultTable().Cap("sweettracker"); limit != 10 {
		t.Errorf("SweetTracker's cap is %d", limit)
	}
}
