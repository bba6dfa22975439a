package measure

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// finish plays a parcel as an engine would, and gives what it knows in the end, with its scans in no order.
func finish(p schedule.Policy, parcel schedule.Timeline, r *rand.Rand) Finished {
	f := Finished{Courier: parcel.Courier, Status: parcel.Status, Opened: parcel.Opened}
	v := parcel.View()
	for rest := parcel.Events; len(rest) > 0 || len(parcel.Events) == 0; {
		next := p.Next(v)
		if len(parcel.Events) == 0 && next.Sub(parcel.Opened) > schedule.Horizon {
			f.Closed = parcel.Opened.Add(schedule.Horizon)
			return f
		}
		before := v.Now
		v = v.Polled(next)
		for len(rest) > 0 && !rest[0].Shown().After(v.Now) {
			scan := rest[0]
			if scan.Seen = v.Now; before.After(scan.At) {
				scan.Missed = before
			}
			f.Scans = append(f.Scans, scan)
			v.Status, v.Changed = scan.Status, scan.At
			rest = rest[1:]
		}
	}
	f.Polls, f.Closed = v.Asks, v.Now
	r.Shuffle(len(f.Scans), func(i, j int) { f.Scans[i], f.Scans[j] = f.Scans[j], f.Scans[i] })
	return f
}

// What the meter says of an engine that sees no hidden truth is what replays of the truth measure.
func TestMeterAgreesWithReplay(t *testing.T) {
	learned := append(journeys(1, 300, "cj"), journeys(2, 200, "hanjin")...)
	m := schedule.Prior().Learn(learned)
	w, price := schedule.Worths(50), 6.0
	drawn := Population{{Courier: "cj", PerDay: 2}, {Courier: "hanjin", PerDay: 1, Status: tracking.StatusPickedUp}}.draw(m, 90, 5)
	for name, parcels := range map[string][]schedule.Timeline{"invented": append(journeys(3, 60, "cj"), journeys(4, 30, "hanjin")...), "drawn": drawn} {
		for every, tolerance := range map[int]float64{0: 1e-9, 2: 0.05} {
			policy := schedule.Adaptive{Model: m, Worth: w, PollWon: price}
			meter := &Meter{Model: m, Worth: w, PollWon: price, Every: every}
			r := rand.New(rand.NewPCG(1, 1))
			for _, p := range parcels {
				meter.Add(finish(policy, p, r))
			}
			o, err1 := Replay(policy, parcels)
			best, err2 := Replay(&schedule.Optimum{Model: m, Worth: w, PollWon: price}, parcels)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			got := meter.Total()
			within(t, name+": polls", got.PollsPerParcel, o.PollsPerParcel(), 1e-9)
			within(t, name+": delay", got.MeanDelayHours, o.Delay().Mean, 1e-9)
			within(t, name+": won", got.Won/float64(got.Parcels), o.Objective(w, price), 1e-9)
			within(t, name+": to the clairvoyant", got.CostToClairvoyant, o.Objective(w, price)/Clairvoyant(parcels, w, price).Objective(w, price), 1e-9)
			within(t, name+": to the optimum", got.CostToOptimum, o.Objective(w, price)/best.Objective(w, price), tolerance)
			played := 0
			for _, of := range meter.Regrets() {
				for n := range of.Parcels {
					if n < 20 || n%max(every, 1) == 0 {
						played++
					}
				}
			}
			if len(meter.Regrets()) != 2 || got.Played != played || every == 2 && played == got.Parcels {
				t.Errorf("%s: %d were to be played: %+v", name, played, got)
			}
		}
	}
}

// Of a courier that publishes late, and does not say when, as much is regretted as of one that says it.
func TestMeterOfALateCourier(t *testing.T) {
	late := func(parcels []schedule.Timeline) []schedule.Timeline {
		r := rand.New(rand.NewPCG(5, 5))
		for i := range parcels {
			for j := range parcels[i].Events {
				e := &parcels[i].Events[j]
				e.Published = e.At.Add(time.Duration(60+r.IntN(60)) * time.Minute)
			}
		}
		return parcels
	}
	m := schedule.Prior().Learn(late(journeys(1, 300, "cj")))
	policy := schedule.Adaptive{Model: m, Worth: schedule.Worths(50), PollWon: 6}
	total := func(known func(e *schedule.Event)) Regret {
		meter := &Meter{Model: m, Worth: policy.Worth, PollWon: policy.PollWon}
		r := rand.New(rand.NewPCG(1, 1))
		for _, p := range late(journeys(2, 60, "cj")) {
			f := finish(policy, p, r)
			for i := range f.Scans {
				known(&f.Scans[i])
			}
			meter.Add(f)
		}
		return meter.Total()
	}
	all := total(func(*schedule.Event) {})
	answers := total(func(e *schedule.Event) { e.Published = time.Time{} })
	within(t, "delay", answers.MeanDelayHours, all.MeanDelayHours, 0.05)
	within(t, "to the optimum", answers.CostToOptimum, all.CostToOptimum, 0.05)
	within(t, "to the clairvoyant", answers.CostToClairvoyant, all.CostToClairvoyant, 0.05)
}

// Who asks evenly regrets more than who asks by the hazards.
func TestMeterTellsPoliciesApart(t *testing.T) {
	m := schedule.Prior().Learn(deliveries(1, 1000))
	total := func(p schedule.Policy) Regret {
		meter := &Meter{Model: m, Worth: schedule.Worths(1), PollWon: 0.05}
		r := rand.New(rand.NewPCG(1, 1))
		for _, parcel := range deliveries(2, 100) {
			meter.Add(finish(p, parcel, r))
		}
		return meter.Total()
	}
	own, even := total(schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: 0.05}), total(schedule.Fixed{Every: 2 * time.Hour})
	if own.CostToOptimum > 1.05 || own.CostToOptimum < 0.9 || even.CostToOptimum < 1.2 || even.CostToClairvoyant < own.CostToClairvoyant {
		t.Errorf("adaptive %v\neven %v", own, even)
	}
}

func TestMeterOfParcelsGivenUp(t *testing.T) {
	m := schedule.Prior()
	lost := schedule.Timeline{Courier: "cj", Status: tracking.StatusRegistered, Opened: someMonday}
	policy := schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: 0.5}
	o, err := Replay(&schedule.Optimum{Model: m, Worth: schedule.Worths(1), PollWon: 0.5}, []schedule.Timeline{lost})
	if err != nil {
		t.Fatal(err)
	}
	f := finish(policy, lost, nil)
	f.Polls = 100
	meter := &Meter{Model: m, Worth: schedule.Worths(1), PollWon: 0.5}
	meter.Add(f)
	if got := meter.Total(); got.OptimumWon != o.Objective(schedule.Worths(1), 0.5) || got.Won != 50 || got.ClairvoyantWon != 0 || got.CostToClairvoyant != 0 {
		t.Errorf("%+v, the optimum %v", got, o.Objective(schedule.Worths(1), 0.5))
	}
	// Half way the optimum has not paid for the second half.
	f.Closed = lost.Opened.Add(10 * 24 * time.Hour)
	meter = &Meter{Model: m, Worth: schedule.Worths(1), PollWon: 0.5}
	meter.Add(f)
	if got := meter.Total().OptimumWon; got <= 0 || got > o.Objective(schedule.Worths(1), 0.5)/2 {
		t.Errorf("%v of %v", got, o.Objective(schedule.Worths(1), 0.5))
	}
}

// A parcel is given up five minutes after its only change, which comes when nobody asks: the last look shows it to the optimum too.
func TestMeterLooksOnceMoreBeforeAParcelIsGivenUp(t *testing.T) {
	at := someMonday.Add(26*time.Hour + time.Minute)
	f := Finished{Courier: "cj", Opened: someMonday, Polls: 1, Closed: at.Add(5 * time.Minute), Scans: []schedule.Event{
		{At: at, Status: tracking.StatusPickedUp, Seen: at.Add(5 * time.Minute)},
	}}
	meter := &Meter{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.5}
	meter.Add(f)
	polls := (meter.Total().OptimumWon - 0.4*5/60) / 0.5
	if whole := math.Round(polls); whole < 1 || math.Abs(polls-whole) > 1e-9 {
		t.Errorf("the optimum pays for %v polls and five minutes", polls)
	}
}

// What an engine keeps is scans: repeated ones, some from before it looked, some that came late or whose sighting was not kept.
func TestMeterReadsScans(t *testing.T) {
	const picked, hub, van, door = tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered
	at := func(minute int, s tracking.Status, seen time.Time) schedule.Event {
		return schedule.Event{At: after(minute), Status: s, Seen: seen}
	}
	f := Finished{Courier: "cj", Opened: after(100), Polls: 4, Closed: after(1000), Scans: []schedule.Event{
		at(900, door, after(960)),
		at(50, picked, after(100)), // before anybody looked
		at(200, hub, after(700)),   // seen after the van, and so no news
		at(600, van, after(690)),   // an hour and a half late
		at(650, hub, after(690)),   // a scan on the way, that changes nothing
		at(910, door, time.Time{}), // the same again
		at(920, tracking.StatusUnknown, after(960)),
	}}
	meter := &Meter{Model: schedule.Prior(), Worth: schedule.Worths(10), PollWon: 3}
	meter.Add(f)
	got := meter.Total()
	want := []Known{{van, 1, 1.5, 1.5}, {door, 1, 1, 1}}
	if !reflect.DeepEqual(got.Known, want) || got.Won != 4*3+10*(0.7*1.5+1) || got.ClairvoyantWon != 6 {
		t.Errorf("%+v", got)
	}
	f.Scans[0].Seen = time.Time{}
	meter = &Meter{Model: schedule.Prior(), Worth: schedule.Worths(10), PollWon: 3}
	meter.Add(f)
	if got := meter.Total(); len(got.Known) != 1 || got.ClairvoyantWon != 6 {
		t.Errorf("without a sighting of the door: %+v", got)
	}
}

func TestMeterIsRestored(t *testing.T) {
	m, r := schedule.Prior(), rand.New(rand.NewPCG(1, 1))
	policy := schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: 0.1}
	fresh := func() *Meter { return &Meter{Model: m, Worth: schedule.Worths(1), PollWon: 0.1} }
	one, first, second := fresh(), fresh(), fresh()
	parcels := append(journeys(1, 9, "cj"), journeys(2, 9, "hanjin")...)
	for i, p := range parcels {
		f := finish(policy, p, r)
		one.Add(f)
		if i < 11 {
			first.Add(f)
			continue
		}
		if i == 11 {
			kept, err := json.Marshal(first.Regrets())
			if err != nil {
				t.Fatal(err)
			}
			var back []Regret
			if err := json.Unmarshal(kept, &back); err != nil {
				t.Fatal(err)
			}
			second.Restore(back)
		}
		second.Add(f)
	}
	got, want := second.Total(), one.Total()
	within(t, "won", got.Won, want.Won, 1e-9)
	within(t, "optimum", got.CostToOptimum, want.CostToOptimum, 1e-9)
	if got.Parcels != 18 || len(got.Known) != len(want.Known) || got.Known[2].Changes != want.Known[2].Changes {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestMeterIsSafeForConcurrentUse(t *testing.T) {
	meter := &Meter{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.1, Every: 10}
	policy := schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.1}
	var wait sync.WaitGroup
	for lane := range 4 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(1, 1))
			for _, p := range journeys(uint64(lane), 20, "cj") {
				meter.Add(finish(policy, p, r))
				meter.Regrets()
			}
		})
	}
	wait.Wait()
	if got := meter.Total(); got.Parcels != 80 || got.Played != 26 {
		t.Errorf("%+v", got)
	}
}

func TestRegretInWords(t *testing.T) {
	r := Regret{Courier: "cj", Parcels: 1204, Polls: 14809, Won: 1204 * 312.5, ClairvoyantWon: 50000, Played: 10, PlayedWon: 104, OptimumWon: 100}
	r.know(tracking.StatusDelivered, 1000, 400)
	r.know(tracking.StatusOutForDelivery, 1000, 600)
	f := r.figure()
	const english = "cj: 1,204 parcels, 12.3 polls each, 30 min late on average, 312.5 won each with the delay: 1.040 × the best schedule, 7.5 × knowing the future"
	const korean = "cj: 1,204건, 건당 조회 12.3회, 인지 지연 평균 30분, 지연을 더한 건당 비용 312.5원: 최적 일정의 1.040배, 미래를 아는 경우의 7.5배"
	if f.String() != english || f.Korean() != korean {
		t.Errorf("%s\n%s", f, f.Korean())
	}
	if all := (&Meter{}).Total(); !strings.HasPrefix(all.String(), "all couriers: 0 parcels") || !strings.HasPrefix(all.Korean(), "택배사 전체: 0건") {
		t.Error(all, all.Korean())
	}
}

func BenchmarkMeter(b *testing.B) {
	meter := &Meter{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.1}
	r := rand.New(rand.NewPCG(1, 1))
	var all []Finished
	for _, p := range journeys(1, 100, "cj") {
		all = append(all, finish(schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.1}, p, r))
	}
	for i := 0; b.Loop(); i++ {
		meter.Add(all[i%len(all)])
	}
}
