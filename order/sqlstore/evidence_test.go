package sqlstore_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func watchID(shipment int, carrier string) poll.WatchID {
	return poll.WatchID{
		Shipment: poll.ShipmentID{Courier: "toycourier", Number: fmt.Sprintf("9000%08d", shipment), Generation: 1}, Carrier: carrier, Role: poll.Primary,
	}
}

func opening(w poll.Watch) poll.Watch {
	w.Life, w.Began, w.Opened, w.Due = poll.Active, noon, noon, noon
	return w
}

// push records an answer that nobody claimed for.
func push(t testing.TB, s poll.Store, id poll.WatchID, p *tracking.Parcel, at time.Time) poll.Recorded {
	t.Helper()
	r, err := s.Record(t.Context(), poll.Report{ID: id, Door: tracking.DoorPush, Parcel: p, At: at}, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A teller is a carrier that tells a random story in answers of random quality.
type teller struct {
	random *rand.Rand
	name   string
	story  []tracking.Event
}

var told = []tracking.Status{tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusFailed, tracking.StatusDelivered}

// answer gives what it says at a time: mostly what it said before and a little more.
func (c *teller) answer(at time.Time) *tracking.Parcel {
	r := c.random
	for r.IntN(3) > 0 {
		ev := tracking.Event{At: at.Add(-time.Duration(r.IntN(500)) * time.Second), Status: told[r.IntN(len(told))], Place: string(rune('A' + r.IntN(3))), MapVersion: "1"}
		switch ev.Text = ev.Status.Korean(); r.IntN(8) {
		case 0:
			ev.At, ev.Precision = time.Time{}, tracking.PrecisionNone
		case 1:
			ev.At, ev.Precision = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location()), tracking.PrecisionDay
		case 2:
			ev.Text = "잘못된 \xff글자"
		case 3:
			ev.Raw, ev.Published = "{}", at.Add(-time.Minute)
		}
		c.story = append(c.story, ev)
	}
	p := &tracking.Parcel{Courier: "toycourier", Number: "9000", Source: c.name, RetrievedAt: at, Events: slices.Clone(c.story)}
	switch n := len(p.Events); {
	case n > 0 && r.IntN(5) == 0:
		p.Events = p.Events[r.IntN(n):]
	case n > 0 && r.IntN(4) == 0:
		c.story[r.IntN(n)].Note = fmt.Sprint("note ", r.IntN(3))
	case n > 1 && r.IntN(6) == 0:
		i := r.IntN(n - 1)
		p.Events[i], p.Events[i+1] = p.Events[i+1], p.Events[i]
	case n > 0 && r.IntN(4) == 0:
		c.story[r.IntN(n)].Status = tracking.StatusUnknown // another mapping
	}
	if r.IntN(2) == 0 {
		p.Verdicts = []tracking.Verdict{{Status: told[r.IntN(len(told))], Text: fmt.Sprint("요약 ", r.IntN(3)), AsOf: noon.Add(time.Duration(r.IntN(3)) * time.Hour)}}
	}
	p.Settle(tracking.Context{})
	return p
}

// written writes evidence down, row by row, in an order of its own.
func written(e tracking.Evidence) string {
	var rows []string
	line := func(v any) {
		data, err := json.Marshal(v)
		rows = append(rows, fmt.Sprint(strings.ReplaceAll(string(data), `\ufffd`, "\ufffd"), err))
	}
	for _, ev := range e.Events {
		for _, t := range []*time.Time{&ev.At, &ev.Published, &ev.Seen, &ev.AnswerAt} {
			*t = t.UTC()
		}
		line(ev)
	}
	for _, v := range e.Verdicts {
		for _, t := range []*time.Time{&v.AsOf, &v.AnswerAt, &v.DeliveredAt} {
			*t = t.UTC()
		}
		line(v)
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}

// TestEvidenceIsThatOfMemory: whatever carriers say in whatever order, the rows are those that the store in memory has, and
// so are gains and states, although only rows that differ are written.
func TestEvidenceIsThatOfMemory(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		ws, memory := s.Watches(), poll.NewMemoryStore()
		stories := 60
		if e.dialect != sqlstore.SQLite {
			stories = 12
		}
		gains := tracking.Gain{}
		for story := range stories {
			random := rand.New(rand.NewPCG(11, uint64(story)))
			carriers := []*teller{{random: random, name: "one"}, {random: random, name: "other"}}
			for _, c := range carriers {
				for _, store := range []poll.Store{ws, memory} {
					if _, err := store.Change(t.Context(), watchID(story, c.name), func(w poll.Watch) poll.Watch {
						w = opening(w)
						w.Recall = c.name == "other"
						return w
					}); err != nil {
						t.Fatal(err)
					}
				}
			}
			var late []*tracking.Parcel // answers that arrive after newer ones
			for step := range 25 {
				c := carriers[random.IntN(2)]
				at := noon.Add(time.Duration(step) * 10 * time.Minute).In(time.FixedZone("KST", 9*60*60))
				p := c.answer(at)
				if late = append(late, p); random.IntN(4) == 0 {
					p = late[random.IntN(len(late))]
				}
				id := watchID(story, p.Source)
				got, want := push(t, ws, id, p, at), push(t, memory, id, p, at)
				if p.Source == "one" && got.Gain.News() {
					gains.Events, gains.Revised, gains.Verdicts = gains.Events+got.Gain.Events, gains.Revised+got.Gain.Revised, gains.Verdicts+got.Gain.Verdicts
				}
				gains.Reordered = gains.Reordered || got.Gain.Reordered
				a, b := got.After.Parcel, want.After.Parcel
				if !a.Equal(b) || got.Gain != want.Gain {
					t.Fatalf("story %d, step %d: %+v, gain %+v, want %+v, gain %+v", story, step, a, got.Gain, b, want.Gain)
				}
				kept, err := ws.Evidence(t.Context(), id.Shipment)
				if err != nil {
					t.Fatal(err)
				}
				wanted, _ := memory.Evidence(t.Context(), id.Shipment)
				if got, want := written(kept), written(wanted); got != want {
					t.Fatalf("story %d, step %d: evidence\n%s\nwant\n%s", story, step, got, want)
				}
			}
		}
		if gains.Events < 10*stories || gains.Revised < stories/2 || gains.Verdicts < stories || e.dialect == sqlstore.SQLite && !gains.Reordered {
			t.Errorf("the stories are dull: %+v", gains)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM waybill_shipments s WHERE s.evidence <> (SELECT COUNT(*) FROM waybill_events e WHERE e.courier = s.courier AND e.number = s.number AND e.generation = s.generation)"); n != 0 {
			t.Errorf("%d shipments miscount their evidence", n)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM waybill_events WHERE item LIKE '%\"raw\"%'"); n != 0 {
			t.Errorf("%d rows have the provider's own form outside of its column", n)
		}
	})
}
