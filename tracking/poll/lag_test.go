package poll_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// A lateCourier publishes its scans late: one in five at once, three in five after 30 to 60 minutes, one in five after 60 to 120,
// which is 45 minutes on average.
type lateCourier struct {
	scripted
	scans map[string][]lateScan
}

type lateScan struct {
	tracking.Event
	shown time.Time
}

const meanLag = 45 // minutes

func lateness(r *rand.Rand) time.Duration {
	switch minutes := r.IntN(30); r.IntN(5) {
	case 0:
		return 0
	case 1:
		return time.Duration(60+2*minutes) * time.Minute
	default:
		return time.Duration(30+minutes) * time.Minute
	}
}

// newLateCourier has parcels that are picked up on one afternoon of the three weeks from begin on, and are at the door on the next day.
func newLateCourier(seed uint64, begin time.Time, parcels int) *lateCourier {
	r := rand.New(rand.NewPCG(seed, 6))
	c := &lateCourier{scripted: scripted{name: "toy"}, scans: map[string][]lateScan{}}
	for n := range parcels {
		at := begin.Truncate(day).Add(15*time.Hour + time.Duration(n%21)*day) // midnight in Korea
		for _, step := range []struct {
			status     tracking.Status
			from, most int // minutes after midnight at most, or after the step before
		}{
			{tracking.StatusPickedUp, 14 * 60, 5 * 60}, {tracking.StatusInTransit, 60, 6 * 60},
			{tracking.StatusOutForDelivery, 0, 3 * 60}, {tracking.StatusDelivered, 60, 9 * 60},
		} {
			if step.status == tracking.StatusOutForDelivery {
				at = begin.Truncate(day).Add(45*time.Hour + time.Duration(n%21)*day)
			}
			at = at.Add(time.Duration(step.from+r.IntN(step.most)) * time.Minute)
			c.scans[number(n)] = append(c.scans[number(n)], lateScan{
				Event: tracking.Event{At: at, Status: step.status, Text: step.status.Korean(), Place: "곳"}, shown: at.Add(lateness(r)),
			})
		}
	}
	c.item = func(q tracking.Query, _ int) tracking.Result {
		p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "toy", RetrievedAt: time.Now()}
		for _, scan := range c.scans[q.Number] {
			if !scan.shown.After(time.Now()) {
				p.Events = append(p.Events, scan.Event)
			}
		}
		if len(p.Events) == 0 {
			return tracking.Result{Err: fault(tracking.ErrNotFound)}
		}
		p.Settle(q.Context())
		return tracking.Result{Parcel: p, Billed: tracking.Yes}
	}
	return c
}

// A life is what asking about a courier's parcels came to, for each.
type life struct {
	won  float64       // worth × delay after publication, and 9 for each ask
	asks float64       // up to the end
	late time.Duration // from the publication of a scan until it was seen
}

func (l life) String() string {
	return fmt.Sprintf("%.1f won, %.2f asks, %.0f min", l.won, l.asks, l.late.Minutes())
}

// live runs an engine until all parcels of the courier have come to their end.
func (c *lateCourier) live(t *testing.T, policy *poll.Adaptive) (*poll.MemoryStore, life) {
	b := run(t, poll.Config{Policy: policy}, c)
	numbers := make([]int, len(c.scans))
	for n := range numbers {
		numbers[n] = n
	}
	slices.SortFunc(numbers, func(i, j int) int { return c.scans[number(i)][0].At.Compare(c.scans[number(j)][0].At) })
	for _, n := range numbers {
		if wait := time.Until(c.scans[number(n)][0].At.Add(-2 * time.Hour)); wait > 0 {
			time.Sleep(wait)
		}
		b.open(n)
	}
	time.Sleep(10 * day)
	b.stop()
	worth, news := schedule.Worths(100), 0
	var l life
	for n := range numbers {
		w, e := b.watch(n), b.evidence(n)
		if w.Life != poll.Closed || w.Reason != poll.ReasonDelivered {
			t.Fatalf("%v", w)
		}
		l.asks += float64(w.Asks - w.Checks)
		for _, ev := range e.Events {
			scans := c.scans[number(n)]
			shown := scans[slices.IndexFunc(scans, func(s lateScan) bool { return s.Status == ev.Status })].shown
			if ev.Seen.Before(shown) || time.Duration(ev.MinLag)*time.Minute > shown.Sub(ev.At) {
				t.Fatalf("%v: %d minutes late at least, seen %v after it was shown, %v after the scan", ev.Status, ev.MinLag, ev.Seen.Sub(shown), shown.Sub(ev.At))
			}
			l.won += worth[ev.Status] * ev.Seen.Sub(shown).Hours()
			l.late += ev.Seen.Sub(shown)
			news++
		}
	}
	all := float64(len(numbers))
	return b.store, life{won: (l.won + 9*l.asks) / all, asks: l.asks / all, late: l.late / time.Duration(news)}
}

// promptArchive hides how late scans were published.
type promptArchive struct{ *poll.MemoryStore }

func (p promptArchive) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return p.MemoryStore.Watches(ctx, f)
}

func (p promptArchive) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	e, err := p.MemoryStore.Evidence(ctx, id)
	for i := range e.Events {
		e.Events[i].Seen, e.Events[i].MinLag = e.Events[i].At, 0
	}
	return e, err
}

// An engine learns from its own asks how late a courier publishes, asks later for it, and what asking and not knowing cost is less.
func TestLagIsLearnedInTheEngine(t *testing.T) {
	const parcels = 210
	var learned, blind *schedule.Model
	synctest.Test(t, func(t *testing.T) {
		store, _ := newLateCourier(1, start, parcels).live(t, new(poll.Adaptive))
		for _, of := range []struct {
			archive poll.Archive
			model   **schedule.Model
		}{{store, &learned}, {promptArchive{store}, &blind}} {
			l, err := poll.Learning{}.Learn(t.Context(), of.archive, time.Now())
			if err != nil || l.Parcels != parcels {
				t.Fatalf("learned from %d parcels: %v", l.Parcels, err)
			}
			*of.model = l.Model
		}
	})
	_, line, _ := strings.Cut(learned.String(), "toycourier: published ")
	var mean float64
	if _, err := fmt.Sscanf(line, "%f min late on average", &mean); err != nil || math.Abs(mean-meanLag) > 5 {
		t.Errorf("%g minutes late on average (%v), want %d", mean, err, meanLag)
	}
	if strings.Contains(blind.String(), "late") {
		t.Error("a lag is learned where none is to be seen")
	}

	var lives [2]life
	policies := [2]*poll.Adaptive{new(poll.Adaptive), new(poll.Adaptive)}
	for i, m := range []*schedule.Model{learned, blind} {
		policies[i].Use(m)
		synctest.Test(t, func(t *testing.T) { _, lives[i] = newLateCourier(2, start, parcels).live(t, policies[i]) })
	}
	t.Logf("with the lag: %v; without: %v", lives[0], lives[1])
	if lives[0].won > lives[1].won {
		t.Errorf("to know the lag costs more")
	}
	// A parcel that was at a hub in the evening is looked for on the van in the morning.
	w := onVan(1)
	w.Parcel.Status, w.Parcel.Since = tracking.StatusInTransit, start.Truncate(day).Add(11*time.Hour) // 20:00 in Korea
	night := w.Parcel.Since.Add(6 * time.Hour)
	if with, without := policies[0].Next(w, night).At, policies[1].Next(w, night).At; with.Sub(without) < 20*time.Minute || with.Sub(without) > 90*time.Minute {
		t.Errorf("asked at %v with the lag, at %v without", with, without)
	}
}
