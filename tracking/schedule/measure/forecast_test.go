package measure

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

func within(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if !(math.Abs(got/want-1) <= share) {
		t.Errorf("%s: %.4f, want %.4f", what, got, want)
	}
}

// anyTime is parcels of one kind that come in at any time.
func anyTime(c tracking.Courier, s tracking.Status, perDay float64) Population {
	return Population{{Courier: c, Status: s, PerDay: perDay}}
}

// With a constant hazard h and an interval d the polls of a parcel are 1 / (1 − e^−hd), and a change waits d × polls − 1/h.
func TestForecastOfAConstantHazard(t *testing.T) {
	for _, c := range []struct{ rate, price float64 }{{0.05, 0.2}, {0.2, 0.01}, {1, 0.5}} {
		f := Forecast{Policy: schedule.Adaptive{Model: steady(t, c.rate), Worth: schedule.Worths(1)}, Population: anyTime("", tracking.StatusInTransit, 300), ItemWon: 2}
		p, err := f.At(c.price)
		if err != nil {
			t.Fatal(err)
		}
		interval := math.Sqrt(2 * c.price / c.rate)
		polls := -1 / math.Expm1(-c.rate*interval)
		within(t, "polls", p.PollsPerParcel, polls, 0.03)
		within(t, "delay", p.Delay(tracking.StatusDelivered).MeanHours, interval*polls-1/c.rate, 0.03)
		within(t, "won a day", p.WonPerDay, 300*2*p.PollsPerParcel, 1e-9)
		within(t, "won a month", p.WonPerMonth*12, p.WonPerDay*365, 1e-9)
		within(t, "multiplier", p.Multiplier, c.price/2, 1e-9)
	}
}

// thinned draws a delivery from the rates that a model tells, a second way: candidates come at a rate that is never exceeded, and
// each is kept with the share that the rate has of it.
func thinned(m *schedule.Model, opened time.Time, r *rand.Rand) schedule.Timeline {
	const most = 6.0 // an hour
	v := schedule.View{Status: tracking.StatusInTransit, Opened: opened, Changed: opened, Now: opened}
	for v.Now.Before(opened.Add(schedule.Horizon)) {
		v.Now = v.Now.Add(time.Duration(r.ExpFloat64() / most * float64(time.Hour)))
		rate := m.Rate(v, tracking.StatusDelivered)
		if rate > most {
			panic("the rate is exceeded")
		}
		if r.Float64() < rate/most {
			return schedule.Timeline{Status: v.Status, Opened: opened, Events: []schedule.Event{{At: v.Now, Status: tracking.StatusDelivered}}}
		}
	}
	return schedule.Timeline{Status: v.Status, Opened: opened}
}

// What is promised is what replay measures on other parcels of the same hazards, drawn by thinning.
func TestForecastAgreesWithReplayOfThinnedParcels(t *testing.T) {
	m := modelOf(t, "").Learn(deliveries(1, 2000))
	f := Forecast{Policy: schedule.Adaptive{Model: m, Worth: schedule.Worths(1)}, Population: anyTime("", tracking.StatusInTransit, 100)}
	r := rand.New(rand.NewPCG(9, 9))
	var parcels []schedule.Timeline
	for range 6000 {
		parcels = append(parcels, thinned(m, someMonday.Add(time.Duration(r.Int64N(int64(7*24*time.Hour)))), r))
	}
	for _, price := range []float64{0.01, 0.1, 1} {
		agree(t, f, price, parcels)
	}
}

func agree(t *testing.T, f Forecast, price float64, parcels []schedule.Timeline) {
	t.Helper()
	p, err := f.At(price)
	if err != nil {
		t.Fatal(err)
	}
	policy := f.Policy
	policy.PollWon = price
	o, err := Replay(policy, parcels)
	if err != nil {
		t.Fatal(err)
	}
	door, seen := p.Delay(tracking.StatusDelivered), o.Delay(tracking.StatusDelivered)
	within(t, "polls", p.PollsPerParcel, o.PollsPerParcel(), 0.05)
	within(t, "mean", door.MeanHours, seen.Mean, 0.05)
	within(t, "p50", door.P50Hours, seen.P50, 0.05)
	within(t, "p95", door.P95Hours, seen.P95, 0.05)
}

// The same for parcels with several changes, exceptions, couriers and labels that nobody ever scans.
func TestForecastAgreesWithReplayOfDrawnParcels(t *testing.T) {
	m := schedule.Prior().Learn(append(journeys(1, 500, "cj"), journeys(2, 300, "hanjin")...))
	population := Population{
		{Courier: "cj", PerDay: 200, Hours: [24]float64{14: 1, 15: 2, 16: 1}, Days: [7]float64{1, 1, 1, 1, 1}},
		{Courier: "hanjin", Status: tracking.StatusPickedUp, PerDay: 100},
		{Courier: "lotte", PerDay: 50, Silent: 0.02},
	}
	f := Forecast{Policy: schedule.Adaptive{Model: m, Worth: schedule.Worths(1)}, Population: population}
	for _, price := range []float64{0.02, 0.4} {
		agree(t, f, price, population.draw(m, 6000, 77))
	}
}

func TestPopulationOf(t *testing.T) {
	timelines := append(journeys(1, 300, "cj"), journeys(2, 100, "hanjin")...)
	timelines[0].Events, timelines[1].Events, timelines[2].Events = nil, nil, nil
	p := PopulationOf(timelines, 40)
	if len(p) != 2 || p[0].Courier != "cj" || p[0].PerDay != 30 || p[1].PerDay != 10 || p[0].Silent != 0.01 || p[1].Silent != 0 {
		t.Errorf("%+v", p)
	}
	drawn := p.draw(schedule.Prior(), 4000, 1)
	if len(drawn) != 4000 {
		t.Fatalf("%d parcels", len(drawn))
	}
	again := PopulationOf(drawn, 40)
	for i := range p {
		within(t, "a day", again[i].PerDay, p[i].PerDay, 0.001)
		within(t, "at four in the afternoon", again[i].Hours[16]/again[i].PerDay, p[i].Hours[16]*10/p[i].PerDay, 0.1)
		within(t, "on Tuesdays", again[i].Days[1]/again[i].PerDay, p[i].Days[1]*10/p[i].PerDay, 0.1)
	}
}

// A budget and the goal that it reaches are two sides of one thing.
func TestBudgetAndGoalAreInverse(t *testing.T) {
	f := Forecast{
		Policy: schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200)}, Population: anyTime("cj", 0, 400), ItemWon: 3, CallWon: 20, PerCall: 10,
	}
	lives, err := f.lives()
	if err != nil {
		t.Fatal(err)
	}
	f.Lives = lives[:1500]
	for _, b := range []Budget{{WonPerDay: 50_000}, {WonPerMonth: 600_000}, {CallsPerDay: 900}, {WonPerDay: 50_000, WonPerMonth: 600_000, CallsPerDay: 900}} {
		p, err := f.ForBudget(b)
		if err != nil {
			t.Fatal(err)
		}
		shares := []float64{p.WonPerDay / b.WonPerDay, p.WonPerMonth / b.WonPerMonth, p.CallsPerDay / b.CallsPerDay}
		var most float64
		for _, s := range shares {
			if !math.IsInf(s, 0) {
				most = max(most, s)
			}
		}
		if most > 1 || most < 0.99 {
			t.Errorf("%+v: %.4f of it is spent", b, most)
		}
		door := p.Delay(tracking.StatusDelivered)
		for _, g := range []Goal{{Mean: inHours(door.MeanHours)}, {P95: inHours(door.P95Hours), Status: tracking.StatusDelivered}} {
			back, err := f.ForGoal(g)
			if err != nil {
				t.Fatal(err)
			}
			within(t, "won a day", back.WonPerDay, p.WonPerDay, 0.05) // a p95 goes in steps
			got := back.Delay(tracking.StatusDelivered)
			if g.Mean > 0 && got.MeanHours > g.Mean.Hours() || g.P95 > 0 && got.P95Hours > g.P95.Hours() {
				t.Errorf("%+v is not kept: %+v", g, got)
			}
		}
	}
}

func inHours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

func TestForecastRefuses(t *testing.T) {
	f := Forecast{Policy: schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200)}, Population: anyTime("cj", 0, 400), ItemWon: 5}
	p, err := f.ForBudget(Budget{CallsPerDay: 10})
	if !errors.Is(err, ErrBudget) || !strings.Contains(err.Error(), "400 parcels a day need at least ") || p.PollsPerDay < 400 {
		t.Errorf("ten calls for 400 parcels: %+v, %v", p, err)
	}
	f.Lives = f.Population.draw(f.Policy.Model, 200, 1)
	p, err = f.ForGoal(Goal{Mean: time.Second})
	if !errors.Is(err, ErrDelay) || p.PollsPerParcel < 100 {
		t.Errorf("within a second: %+v, %v", p, err)
	}
	f.Cap = 4
	if _, err = f.ForGoal(Goal{Mean: 5 * time.Minute}); !errors.Is(err, ErrDelay) {
		t.Errorf("within five minutes with four polls a day: %v", err)
	}
	if _, err = f.ForGoal(Goal{Status: tracking.StatusPickupReady, Mean: time.Hour}); !errors.Is(err, ErrDelay) || !strings.Contains(err.Error(), "PICKUP_READY") {
		t.Errorf("what never comes: %v", err)
	}
	for name, ask := range map[string]func() (Promise, error){
		"no amount": func() (Promise, error) { return f.ForBudget(Budget{}) },
		"no delay":  func() (Promise, error) { return f.ForGoal(Goal{}) },
		"no model":  func() (Promise, error) { return Forecast{Population: f.Population}.At(1) },
		"no worth": func() (Promise, error) {
			return Forecast{Policy: schedule.Adaptive{Model: schedule.Prior()}, Population: f.Population}.At(1)
		},
		"no population": func() (Promise, error) { return Forecast{Policy: f.Policy}.At(1) },
		"no price": func() (Promise, error) {
			return Forecast{Policy: f.Policy, Population: f.Population}.ForBudget(Budget{WonPerDay: 100})
		},
	} {
		if _, err := ask(); err == nil || errors.Is(err, ErrBudget) || errors.Is(err, ErrDelay) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A forecast with a cap is of polls that keep to it: a replay that did not would fail.
func TestForecastKeepsToTheCap(t *testing.T) {
	f := Forecast{Policy: schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(1)}, Population: anyTime("cj", 0, 400), Lives: journeys(1, 50, "cj")}
	free, err := f.At(0.001)
	if err != nil {
		t.Fatal(err)
	}
	f.Cap = 5
	capped, err := f.At(0.001)
	if err != nil {
		t.Fatal(err)
	}
	if capped.PollsPerParcel > free.PollsPerParcel/3 || capped.PollsPerParcel < 5 {
		t.Errorf("%v polls a parcel with a cap of 5 a day, %v without", capped.PollsPerParcel, free.PollsPerParcel)
	}
}

func TestPromiseInWords(t *testing.T) {
	p := Promise{
		PollWon: 41.25, Multiplier: 2.0625, PollsPerParcel: 12.34, PollsPerDay: 6170, CallsPerDay: 308.5, WonPerParcel: 246.8, WonPerDay: 123400, WonPerMonth: 3753416.7,
		ByStatus: []Expected{{Status: tracking.StatusDelivered, PerParcel: 1, MeanHours: 0.5, P50Hours: 0.3, P95Hours: 1.25}},
	}
	const english = `12.3 polls a parcel, 6,170 a day in 309 calls; 247 won a parcel, 123,400 a day, 3,753,417 a month
at 41.2 won a poll for the policy, 2.06 × its price
DELIVERED: 30 min late on average, half within 18 min, 95 of 100 within 1 h 15 min`
	const korean = `건당 조회 12.3회, 하루 조회 6,170회 (호출 309회), 건당 247원, 하루 123,400원, 월 3,753,417원
정책에 적용할 조회 단가 41.2원 (실제 단가의 2.06배)
배송 완료: 인지 지연 평균 30분, p50 18분, p95 1시간 15분`
	if p.String() != english {
		t.Errorf("%s\nwant\n%s", p, english)
	}
	if p.Korean() != korean {
		t.Errorf("%s\nwant\n%s", p.Korean(), korean)
	}
}
