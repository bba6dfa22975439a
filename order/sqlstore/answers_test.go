package sqlstore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// answered gives an answer with so many scans, the provider's own form of each kept.
func answered(scans int, at time.Time) *tracking.Parcel {
	p := &tracking.Parcel{Courier: "toycourier", Number: "9000", Source: "toy", RetrievedAt: at}
	for i := range scans {
		p.Events = append(p.Events, tracking.Event{
			At: noon.Add(time.Duration(i) * time.Minute), Status: tracking.StatusInTransit, Text: "간선상차", Place: fmt.Sprint("HUB ", i), Raw: `{"who":"canary"}`,
		})
	}
	p.Settle(tracking.Context{})
	return p
}

func answersOf(t *testing.T, ws *sqlstore.Watches, id poll.WatchID) []sqlstore.Answer {
	t.Helper()
	kept, err := ws.Answers(t.Context(), id.Shipment)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestAnswers: what brought something new is kept, with when and by which door, and without the provider's own form.
func TestAnswers(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		ws, id := s.Watches(), watchID(1, "toy")
		openMany(t, ws, 2)
		for n, scans := range []int{1, 1, 2, 2, 3} { // the second and the fourth say nothing new
			push(t, ws, id, answered(scans, noon.Add(time.Duration(n)*time.Hour)), noon.Add(time.Duration(n)*time.Hour))
		}
		kept := answersOf(t, ws, id)
		if len(kept) != 3 {
			t.Fatalf("%d answers are kept, want 3", len(kept))
		}
		for n, a := range kept {
			at := noon.Add(time.Duration(2*n) * time.Hour)
			if len(a.Parcel.Events) != n+1 || !a.At.Equal(at) || !a.Parcel.RetrievedAt.Equal(at) || a.Door != tracking.DoorPush || a.Cut || a.Parcel.Source != "toy" || a.Parcel.Status != tracking.StatusInTransit {
				t.Errorf("answer %d: %d scans, seen %v by %s, cut %v", n, len(a.Parcel.Events), a.At, a.Door, a.Cut)
			}
			for _, ev := range a.Parcel.Events {
				if ev.Raw != "" {
					t.Errorf("answer %d has the provider's own form", n)
				}
			}
		}
		if n := count(t, db, "SELECT COUNT(*) FROM waybill_events WHERE raw_personal LIKE '%canary%'"); n != 3 {
			t.Errorf("%d of 3 scans have it where it belongs", n)
		}
		if others := answersOf(t, ws, watchID(0, "toy")); len(others) != 0 {
			t.Errorf("%d answers about another shipment", len(others))
		}
		removed, err := s.PruneAnswers(t.Context(), noon.Add(2*time.Hour))
		if left := answersOf(t, ws, id); err != nil || removed != 1 || len(left) != 2 {
			t.Errorf("%d are removed, %d left: %v", removed, len(left), err)
		}
		push(t, ws, id, answered(4, noon.Add(9*time.Hour)), noon.Add(9*time.Hour))
		if left := answersOf(t, ws, id); len(left) != 3 {
			t.Errorf("%d answers after another one", len(left))
		}
	})
}

// TestPruneInPortions: more than a transaction's worth go, and all of them.
func TestPruneInPortions(t *testing.T) {
	s, _ := store(t, engines[0])
	ws, id := s.Watches(), watchID(0, "toy")
	openMany(t, ws, 1)
	const answers = 450
	for n := range answers {
		p := answered(1, noon.Add(time.Duration(n)*time.Minute))
		p.Events[0].Place = fmt.Sprint(n)
		push(t, ws, id, p, p.RetrievedAt)
	}
	if removed, err := s.PruneAnswers(t.Context(), noon.Add(24*time.Hour)); err != nil || removed != answers {
		t.Errorf("%d of %d are removed: %v", removed, answers, err)
	}
}

// TestKeepAnswers: an answer that is too large loses its oldest scans, and nobody has to keep any.
func TestKeepAnswers(t *testing.T) {
	const most = 2000
	s, db := store(t, engines[0], sqlstore.KeepAnswers(most))
	ws, id := s.Watches(), watchID(0, "toy")
	openMany(t, ws, 1)
	push(t, ws, id, answered(100, noon.Add(3*time.Hour)), noon)
	kept := answersOf(t, ws, id)
	if len(kept) != 1 || !kept[0].Cut {
		t.Fatalf("kept %d answers", len(kept))
	}
	events := kept[0].Parcel.Events
	if len(events) < 5 || len(events) > 50 || events[len(events)-1].Place != "HUB 99" {
		t.Errorf("%d scans are left, up to %s", len(events), events[len(events)-1].Place)
	}
	if size := count(t, db, "SELECT MAX(size) FROM waybill_raw_answers"); size > most {
		t.Errorf("%d bytes are kept, at most %d should be", size, most)
	}
	if e, err := ws.Evidence(t.Context(), id.Shipment); err != nil || len(e.Events) != 100 {
		t.Errorf("evidence has %d scans: %v", len(e.Events), err)
	}

	s, db = store(t, engines[0], sqlstore.KeepAnswers(0))
	openMany(t, s.Watches(), 1)
	push(t, s.Watches(), id, answered(1, noon), noon)
	if n := count(t, db, "SELECT COUNT(*) FROM waybill_raw_answers"); n != 0 {
		t.Errorf("%d answers are kept", n)
	}
	if _, err := sqlstore.New(t.Context(), db, sqlstore.SQLite, sqlstore.KeepAnswers(-1)); !errors.Is(err, sqlstore.ErrOption) {
		t.Error(err)
	}
}

// TestLongTexts: a text that is longer than its column is cut there, and whole in the evidence.
func TestLongTexts(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		ws, id := s.Watches(), watchID(0, "toy")
		openMany(t, ws, 1)
		p := answered(1, noon)
		long := "a\x00" + strings.Repeat("가", 40_000)
		p.Events[0].Place, p.Events[0].Note = long, long
		push(t, ws, id, p, noon)
		kept, err := ws.Evidence(t.Context(), id.Shipment)
		if err != nil || len(kept.Events) != 1 || kept.Events[0].Place != long || kept.Events[0].Note != long {
			t.Errorf("the evidence is not whole: %v", err)
		}
		if again := push(t, ws, id, p, noon); again.Gain != (tracking.Gain{}) {
			t.Errorf("the same again gained %+v", again.Gain)
		}
		if n := count(t, db, "SELECT MAX(LENGTH(place)) FROM waybill_events"); n < 80 || n > 255 {
			t.Errorf("%d in the column", n)
		}
		for _, id := range []poll.WatchID{watchID(0, strings.Repeat("x", 256)), watchID(0, "\xff")} {
			if _, err := ws.Change(t.Context(), id, opening); !errors.Is(err, sqlstore.ErrLimit) {
				t.Errorf("a key that cannot be stored: %v", err)
			}
			if _, err := ws.Record(t.Context(), poll.Report{ID: id, Door: tracking.DoorPush, At: noon}, nil); !errors.Is(err, poll.ErrNoWatch) {
				t.Errorf("a record of a watch that cannot be: %v", err)
			}
		}
	})
}
