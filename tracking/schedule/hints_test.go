package schedule

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// daytime is a model of deliveries from 9 to 18 o'clock.
func daytime(perHour float64) *Model {
	m := steady(perHour)
	h := m.all[tracking.StatusInTransit][0]
	for i := range h.half {
		if i < 18 || i >= 36 {
			h.half[i] = 0
		}
	}
	return m
}

// crowd is so many parcels under way that are decided about every hour, with a push every few minutes while pushes work.
type crowd struct {
	*testing.T
	hints   Hints
	model   *Model
	courier tracking.Courier
	parcels int
	now     time.Time
}

// let passes time to a clock minute, hour by hour. From nine to six a push comes every so many minutes; 0 is never. A poll finds
// something every so many minutes.
func (c *crowd) let(until time.Time, pushEvery, findEvery int) {
	v := View{Courier: c.courier, Status: tracking.StatusInTransit, Opened: monday, Changed: monday}
	for ; c.now.Before(until); c.now = c.now.Add(time.Minute) {
		minute := int(c.now.Sub(monday) / time.Minute)
		if minute%60 == 0 {
			for range c.parcels {
				c.hints.Decided(c.model, v, c.now, c.now.Add(time.Hour))
			}
		}
		day := minute%1440 >= 9*60 && minute%1440 < 18*60
		if day && pushEvery > 0 && minute%pushEvery == 0 {
			c.hints.Pushed(c.courier, c.now.Add(-time.Minute), c.now)
		}
		if day && findEvery > 0 && minute%findEvery == 0 {
			c.hints.Polled(c.courier, c.now.Add(-6*time.Hour), c.now)
		}
	}
}

func (c *crowd) recall(seen time.Time) float64 { return c.hints.Recall(c.courier, seen, c.now) }

// 120 parcels with a hazard of 0.1 expect twelve changes an hour: a push every five minutes.
func pushedAbout(t *testing.T) *crowd {
	c := &crowd{T: t, model: daytime(0.1), courier: "cj", parcels: 120, now: monday}
	c.let(monday.Add(34*time.Hour), 5, 0) // Tuesday at ten
	return c
}

func TestNightsAreNoSilence(t *testing.T) {
	c := &crowd{T: t, model: daytime(0.1), courier: "cj", parcels: 120, now: monday}
	for hour := range 10 * 24 {
		c.let(monday.Add(time.Duration(hour)*time.Hour), 5, 0)
		if silent, expected := c.hints.Silent("", c.now); silent {
			t.Fatalf("hour %d: silent, %v expected", hour, expected)
		}
	}
	if got := c.recall(c.now); got < 0.97 {
		t.Errorf("recall %v", got)
	}
}

// A model that expects changes until eight where none come after six is put right by the half hour of the day, and is still believed
// about the rest of it.
func TestTempoOfTheDayIsLearned(t *testing.T) {
	c := &crowd{T: t, model: daytime(0.1), courier: "cj", parcels: 120, now: monday}
	evening := c.model.all[tracking.StatusInTransit][0]
	for i := 36; i < 40; i++ {
		evening.half[i] = 1
	}
	silent := 0 // evenings
	for day := range 40 {
		if day == 30 {
			silent = 0
		}
		c.let(monday.Add(time.Duration(24*day+20)*time.Hour), 5, 0)
		if is, _ := c.hints.Silent("", c.now); is {
			silent++
		}
		if day == 4 && silent == 0 {
			t.Error("the evenings are no silence from the first")
		}
	}
	if silent > 0 {
		t.Errorf("after a month %d of ten evenings are silent", silent)
	}
	c.let(monday.Add(40*24*time.Hour+12*time.Hour), 5, 0)
	c.let(c.now.Add(time.Hour), 0, 0)
	if is, _ := c.hints.Silent("", c.now); !is {
		t.Error("a silence at noon is not noticed any more")
	}
}

func TestSilenceIsNoticed(t *testing.T) {
	c := pushedAbout(t)
	if silent, _ := c.hints.Silent("", c.now); silent || c.recall(c.now) < 0.9 {
		t.Fatalf("silent already: %v, recall %v", silent, c.recall(c.now))
	}
	died := c.now
	for {
		c.let(c.now.Add(time.Minute), 0, 0)
		if silent, expected := c.hints.Silent("", c.now); silent {
			if expected < 5 || c.recall(c.now) != 0 {
				t.Errorf("%v expected, recall %v", expected, c.recall(c.now))
			}
			break
		}
		if c.now.Sub(died) > 2*time.Hour {
			t.Fatal("nobody notices for two hours")
		}
	}
	if after := c.now.Sub(died); after < 25*time.Minute {
		t.Errorf("noticed after %v, of pushes that come every five minutes", after)
	}
	if silent, _ := c.hints.Silent("cj", c.now); !silent {
		t.Error("the only courier is not silent")
	}
	if silent, _ := c.hints.Silent("lotte", c.now); silent {
		t.Error("a courier of which nothing is expected is silent")
	}
	before := c.now.Add(-time.Minute)
	c.hints.Heard("cj", c.now)
	if silent, _ := c.hints.Silent("", c.now); silent || c.recall(before) < 0.9 {
		t.Errorf("after a push silent: %v, recall %v", silent, c.recall(before))
	}
}

// A silence in which polls find what was lost is an outage: parcels that were not seen since are asked about as without pushes.
func TestAfterAnOutageParcelsAreCaughtUpWith(t *testing.T) {
	c := pushedAbout(t)
	share := c.recall(c.now)
	c.let(c.now.Add(4*time.Hour), 0, 10)
	if c.recall(c.now) != 0 {
		t.Fatal("the outage is not noticed, or forgotten after three hours although polls bear it out")
	}
	lastSeen := c.now.Add(-time.Minute)
	c.let(c.now.Add(time.Hour), 5, 0)
	if got := c.recall(lastSeen); got != 0 {
		t.Errorf("a parcel last seen in the outage: recall %v", got)
	}
	if got := c.recall(c.now); got < share-0.05 {
		t.Errorf("a parcel seen since: recall %v, before the outage %v", got, share)
	}
}

// On a day off of which the model does not know nothing comes, by push or by poll.
func TestSilenceThatPollsDoNotBearOut(t *testing.T) {
	c := pushedAbout(t)
	lastSeen := c.now
	c.let(c.now.Add(90*time.Minute), 0, 0)
	if c.recall(lastSeen) != 0 {
		t.Fatal("the silence is not noticed")
	}
	c.let(c.now.Add(3*time.Hour), 0, 0)
	if c.recall(lastSeen) < 0.9 {
		t.Errorf("three hours in which polls found nothing either: recall %v", c.recall(lastSeen))
	}
	c.let(c.now.Add(time.Hour), 5, 0)
	if c.recall(lastSeen) < 0.9 {
		t.Errorf("when pushes come again: recall %v", c.recall(lastSeen))
	}
	c.let(monday.Add(58*time.Hour), 5, 0)
	c.let(c.now.Add(4*time.Hour), 0, 0)
	c.let(c.now.Add(time.Hour), 0, 2)
	if c.recall(lastSeen) != 0 {
		t.Error("then polls find much after all, and pushes are believed")
	}
}

// Half the pushes are no silence; the recall falls with what polls find.
func TestPartialOutage(t *testing.T) {
	c := pushedAbout(t)
	c.let(c.now.Add(3*24*time.Hour), 10, 10)
	if silent, _ := c.hints.Silent("", c.now); silent {
		t.Error("silent with half the pushes")
	}
	if got := c.recall(c.now); got < 0.4 || got > 0.75 {
		t.Errorf("recall %v", got)
	}
}

func TestOneCourierFallsSilent(t *testing.T) {
	var h Hints
	model := steady(0.1)
	now := monday
	both := func(hours int, cj, lotte bool) {
		for end := now.Add(time.Duration(hours) * time.Hour); now.Before(end); now = now.Add(5 * time.Minute) {
			for _, c := range []tracking.Courier{"cj", "lotte"} {
				if now.Minute() == 0 {
					v := View{Courier: c, Status: tracking.StatusInTransit, Opened: monday, Changed: monday}
					for range 120 {
						h.Decided(model, v, now, now.Add(time.Hour))
					}
				}
				if c == "cj" && cj || c == "lotte" && lotte {
					h.Pushed(c, now, now)
				}
			}
		}
	}
	both(30, true, true)
	both(2, true, false)
	all, _ := h.Silent("", now)
	lotte, _ := h.Silent("lotte", now)
	if all || !lotte || h.Recall("lotte", now, now) != 0 || h.Recall("cj", now, now) < 0.9 {
		t.Errorf("all silent: %v, one: %v, recalls %v and %v", all, lotte, h.Recall("lotte", now, now), h.Recall("cj", now, now))
	}
}

// What was said of a parcel is taken back when it is decided about sooner: nothing is left to be expected.
func TestOvertakenTakesBack(t *testing.T) {
	var h Hints
	m := Prior()
	v := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: monday, Changed: after(47)}
	h.Decided(m, v, after(100), after(3000))
	h.Overtaken(m, v, after(100), after(3000))
	for i, changes := range h.all.silence.ledger {
		if math.Abs(changes) > 1e-12 || h.of("cj").silence.ledger[i] != changes {
			t.Fatalf("half hour %d: %v left", i, changes)
		}
	}
	// In the middle of a half hour what was expected before stays.
	h = Hints{}
	h.Decided(steady(1), View{Status: tracking.StatusInTransit, Changed: monday}, after(0), after(120))
	h.Overtaken(steady(1), View{Status: tracking.StatusInTransit, Changed: monday}, after(45), after(120))
	var left float64
	for _, changes := range h.all.silence.ledger {
		left += changes
	}
	left += h.all.silence.whole.changes
	if math.Abs(left-0.75) > 1e-9 {
		t.Errorf("%v changes expected in 45 minutes of one an hour", left)
	}
}

func TestHintsWithoutAModel(t *testing.T) {
	var h Hints
	for i := range 50 {
		h.Decided(nil, View{Courier: "cj"}, after(i), after(i+60))
		h.Pushed("cj", after(i), after(i))
	}
	silent, _ := h.Silent("", after(100_000))
	if silent || h.Recall("cj", after(60), after(100_000)) < 0.9 || h.Recall("lotte", after(60), after(60)) != 0 {
		t.Errorf("silent %v, recall %v", silent, h.Recall("cj", after(60), after(100_000)))
	}
}

func TestHintsAsJSON(t *testing.T) {
	c := pushedAbout(t)
	text, err := json.Marshal(&c.hints)
	if err != nil || len(text) > 4000 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	was, since := c.recall(c.now), c.now
	var again Hints
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	c.hints = again
	if got := c.recall(c.now); math.Abs(got-was) > 1e-4 {
		t.Errorf("recall %v, was %v", got, was)
	}
	c.let(c.now.Add(2*time.Hour), 0, 0) // what is expected is said again within the hour
	if silent, _ := c.hints.Silent("", c.now); !silent {
		t.Errorf("since %v nothing is noticed after a restart", since)
	}
	for _, text := range []string{`{`, `[]`, `{"all":{"recall":"a"}}`, `{"all":{"tempo":[[-1,2]]}}`, `{"couriers":{"cj":{"tempo":[[1,-2]]}}}`} {
		if err := c.hints.UnmarshalJSON([]byte(text)); !errors.Is(err, ErrHints) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if silent, _ := c.hints.Silent("", c.now); !silent {
		t.Error("what could not be read changed what is known")
	}
}

func TestPutOff(t *testing.T) {
	a := Adaptive{Model: steady(0.05), Worth: Worths(1), PollWon: 0.1} // every two hours
	for _, c := range []struct {
		recall float64
		now    time.Duration
		again  time.Duration // 0: ask
	}{
		{0, 2 * time.Hour, 0},
		{0.75, 2 * time.Hour, 4 * time.Hour}, // when it would ask by itself, and when it would have again without pushes
		{0.96, 2 * time.Hour, 4 * time.Hour},
		{0.96, 9 * time.Hour, 10 * time.Hour},
		{0.96, 10 * time.Hour, 0},
		{0.96, 20 * time.Hour, 0},
	} {
		v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday, Recall: c.recall}
		var want time.Time
		if c.again > 0 {
			want = monday.Add(c.again)
		}
		if got := PutOff(a, v, monday.Add(c.now)); got.Sub(want).Abs() > 5*time.Second {
			t.Errorf("recall %v after %v: %v, want %v", c.recall, c.now, got, want)
		}
	}
}

func TestHintsAllocateNothing(t *testing.T) {
	c := pushedAbout(t)
	v := View{Courier: "cj", Status: tracking.StatusInTransit, Opened: monday, Changed: monday}
	if n := testing.AllocsPerRun(100, func() {
		c.hints.Decided(c.model, v, c.now, c.now.Add(time.Hour))
		c.hints.Recall("cj", c.now, c.now)
		c.hints.Heard("cj", c.now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHintsRecall(b *testing.B) {
	var h Hints
	v := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: monday, Changed: monday}
	h.Decided(Prior(), v, monday, monday.Add(time.Hour))
	b.ReportAllocs()
	for b.Loop() {
		h.Recall("cj", monday, monday)
	}
}

func BenchmarkHintsDecided(b *testing.B) {
	m := Prior()
	v := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: monday, Changed: monday}
	var h Hints
	b.ReportAllocs()
	for b.Loop() {
		h.Decided(m, v, monday, monday.Add(4*time.Hour))
	}
}
