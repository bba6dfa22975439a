package main

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// TestPromisesBesideWhatHappened holds promises from past parcels to 5 % of what happened, and reports those from hazards alone.
func TestPromisesBesideWhatHappened(t *testing.T) {
	if *bars == 0 {
		t.Skip("NOT JUDGED: needs -bars")
	}
	sides := [][]string{{"-world", "1"}}
	if *bars > 1 {
		sides = append(sides, []string{"-world", "2"}, []string{"-world", "3"})
		const orders = "../../../shared/data/olist_train.csv"
		if _, err := os.Stat(orders); err == nil {
			sides = append(sides, []string{"-data", orders})
		}
	}
	for _, args := range sides {
		code, out, stderr := start(t, append(args, "-json")...)
		var r report
		if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
			t.Fatal(stderr, err)
		}
		happened, _ := delivered(r.Promises[2])
		for _, p := range r.Promises[:2] {
			mean, p95 := delivered(p)
			polls, delay := p.PollsPerParcel/r.Promises[2].PollsPerParcel, mean/happened
			_, seen := delivered(r.Promises[2])
			t.Logf("%q, from %s: %.3f × the polls that happened, %.3f × the mean delay to the door, %.3f × its p95", args, p.From, polls, delay, p95/seen)
			if p.From == "past parcels" && (math.Abs(polls-1) > 0.05 || math.Abs(delay-1) > 0.05) {
				t.Errorf("%q: the promise is kept to within 5 %% of it", args)
			}
		}
	}
}

func delivered(p promise) (mean, p95 float64) {
	for _, s := range p.ByStage {
		if s.Stage == "DELIVERED" {
			return s.MeanDelayHours, s.P95DelayHours
		}
	}
	return math.NaN(), math.NaN()
}

// watched plays a policy on one parcel and keeps what an engine would.
type watched struct {
	schedule.Policy
	next     time.Time
	finished *measure.Finished
}

func (w *watched) Next(v schedule.View) time.Time {
	w.see(v.History, v.Now)
	w.finished.Polls = v.Asks
	w.next = w.Policy.Next(v)
	return w.next
}

func (w *watched) see(h schedule.History, now time.Time) {
	for i := len(w.finished.Scans); i < h.Len(); i++ {
		w.finished.Scans = append(w.finished.Scans, seenAt(h.At(i), now))
	}
}

func seenAt(e schedule.Event, t time.Time) schedule.Event {
	e.Seen = t
	return e
}

// TestMeterOfFrozenWorlds holds what the meter says to what replays measure, of parcels that are known by their sightings alone.
func TestMeterOfFrozenWorlds(t *testing.T) {
	if *bars == 0 {
		t.Skip("NOT JUDGED: needs -bars")
	}
	for _, world := range []uint64{1, 2, 3} {
		fit, test, err := options{world: world, split: 1}.parcels()
		if err != nil {
			t.Fatal(err)
		}
		model, some := schedule.Prior().Learn(lives(fit)), timelines(test)[:600]
		const price = 0.06
		policy := schedule.Adaptive{Model: model, Worth: hours, PollWon: price}
		meter := &measure.Meter{Model: model, Worth: hours, PollWon: price, Every: 2}
		for _, life := range some {
			w := &watched{Policy: policy, finished: &measure.Finished{Courier: life.Courier, Status: life.Status, Opened: life.Opened, Closed: life.Opened.Add(schedule.Horizon)}}
			if _, err := measure.Replay(w, []schedule.Timeline{life}); err != nil {
				t.Fatal(err)
			}
			if n := len(life.Events); n > 0 { // the last poll is after the last decision
				w.finished.Polls++
				w.finished.Closed = w.next
				for _, e := range life.Events[len(w.finished.Scans):] {
					w.finished.Scans = append(w.finished.Scans, seenAt(e, w.next))
				}
			}
			meter.Add(*w.finished)
		}
		own, err1 := measure.Replay(policy, some)
		best, err2 := measure.Replay(&schedule.Optimum{Model: model, Worth: hours, PollWon: price}, some)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		cost := own.Objective(hours, price)
		toOptimum, toBound := cost/best.Objective(hours, price), cost/measure.Clairvoyant(some, hours, price).Objective(hours, price)
		got := meter.Total()
		t.Logf("world %d: %v; replay: %.3f and %.1f", world, got, toOptimum, toBound)
		for _, r := range meter.Regrets() {
			t.Log(r.Korean())
		}
		if math.Abs(got.CostToOptimum/toOptimum-1) > 0.05 || math.Abs(got.CostToClairvoyant/toBound-1) > 0.05 {
			t.Errorf("world %d: the meter and the replay differ", world)
		}
	}
}
