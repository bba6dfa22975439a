package schedule

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Safety polls thin out by √(1 − recall), and never to nothing.
func TestAdaptiveThinsOutByRecall(t *testing.T) {
	a := Adaptive{Model: steady(0.05), Worth: Worths(1), PollWon: 0.01, Longest: 1000 * time.Hour}
	interval := func(recall float64) float64 {
		v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday, Recall: recall}
		return a.Next(v).Sub(monday).Hours()
	}
	without := interval(0)
	for _, c := range []struct{ recall, share float64 }{
		{0.5, math.Sqrt(0.5)}, {0.8, 0.447214}, {0.95, 0.223607}, {mostTrusted, math.Sqrt(1 - mostTrusted)}, {1, math.Sqrt(1 - mostTrusted)},
		{2, math.Sqrt(1 - mostTrusted)}, {math.Inf(1), math.Sqrt(1 - mostTrusted)}, {-1, 1}, {math.NaN(), 1},
	} {
		if got := without / interval(c.recall); math.Abs(got-c.share) > 1e-3 {
			t.Errorf("recall %v: polls %v times as dense, want %v", c.recall, got, c.share)
		}
	}
}

func TestRecallNeedsEvidence(t *testing.T) {
	var r recall
	if r.share() != 0 || r.delay() != 15*time.Minute {
		t.Errorf("untold: %v, %v", r.share(), r.delay())
	}
	for n := 1; n <= 1000; n++ {
		before := r.share()
		r.pushed(2 * time.Minute)
		if r.share() <= before || r.share() >= 1 {
			t.Fatalf("push %d: from %v to %v", n, before, r.share())
		}
		if want := map[int]float64{1: 0.33, 10: 0.83, 100: 0.98}[n]; want > 0 && math.Abs(r.share()-want) > 0.005 {
			t.Errorf("after %d pushes %v, want %v", n, r.share(), want)
		}
	}
	if lag := r.delay(); lag < 2*time.Minute || lag > 3*time.Minute {
		t.Errorf("lag %v", lag)
	}
	for range 300 {
		r.polled(24 * time.Hour)
	}
	if r.share() > 0.40 {
		t.Errorf("after 300 misses %v", r.share())
	}
}

// Whatever the share that is pushed, the estimate finds it, although polls find some changes while their pushes are under way. Where
// polls leave pushes little time it errs toward less, never toward more.
func TestRecallFindsTheShare(t *testing.T) {
	for _, share := range []float64{0, 0.3, 0.8, 0.95, 1} {
		for _, lag := range []float64{0.02, 0.2, 0.5} { // hours, on average
			for _, every := range []float64{0.5, 2, 12} {
				r := rand.New(rand.NewPCG(1, uint64(1000*share+100*lag+every)))
				var known recall
				var mean float64
				for n := range 6000 {
					poll, push := every*r.Float64(), math.Inf(1)
					if r.Float64() < share {
						push = lag * r.ExpFloat64()
					}
					if push <= poll {
						known.pushed(time.Duration(push * float64(time.Hour)))
					} else {
						known.polled(time.Duration(poll * float64(time.Hour)))
					}
					if n >= 1000 {
						mean += known.share() / 5000
					}
				}
				low := 0.4 * share
				if lag <= every/10 {
					low = share - 0.05
				}
				if mean < low || mean > share+0.05 {
					t.Errorf("share %v, lag %v h, polls every %v h: %.3f", share, lag, every, mean)
				}
			}
		}
	}
}

func TestRecallBearsAnyAge(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var known recall
	for range 10_000 {
		age := time.Duration(r.Uint64())
		if r.IntN(2) == 0 {
			known.pushed(age)
		} else {
			known.polled(age)
		}
		if s := known.share(); !(s >= 0 && s < 1) || known.delay() <= 0 || known.delay() > 12*time.Hour {
			t.Fatalf("share %v, lag %v after an age of %v", s, known.delay(), age)
		}
	}
}

func TestRecallAsText(t *testing.T) {
	var r, again recall
	for n := range 100 {
		r.pushed(time.Minute)
		if n%7 == 0 {
			r.polled(3 * time.Hour)
		}
	}
	text, err := r.MarshalText()
	if err != nil || again.UnmarshalText(text) != nil || math.Abs(again.share()-r.share()) > 1e-5 {
		t.Errorf("%s: %v, was %v; %v", text, again.share(), r.share(), err)
	}
	for _, text := range []string{"", "1 2", "1 2 3 4", "1 2 x", "-1 2 3", "NaN 1 1", "1 Inf 1"} {
		if err := again.UnmarshalText([]byte(text)); !errors.Is(err, ErrHints) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if math.Abs(again.share()-r.share()) > 1e-5 {
		t.Error("what could not be read changed the estimate")
	}
}
