package poll_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// past keeps a watch that closed so long before start, with a life of which the parcel was out for delivery at an hour of the day and
// delivered so much later, within the two hours that the driver had announced.
func past(t *testing.T, s *poll.MemoryStore, n int, closed, van, door time.Duration, change ...func(*poll.Watch)) {
	t.Helper()
	w := poll.Watch{ID: idOf(n), Since: start.Add(-closed - 3*day)}
	if _, err := s.Change(t.Context(), w.ID, func(kept poll.Watch) poll.Watch {
		kept.Life, kept.Began, kept.Opened, kept.Since = poll.Active, w.Since, w.Since, w.Since
		return kept
	}); err != nil {
		t.Fatal(err)
	}
	midnight := w.Since.Truncate(day).Add(15*time.Hour + day) // in Korea
	p := &tracking.Parcel{Courier: w.ID.Shipment.Courier, Number: w.ID.Shipment.Number, Source: "toy", RetrievedAt: start}
	for i, scan := range []struct {
		after  time.Duration
		status tracking.Status
	}{
		{-8 * time.Hour, tracking.StatusPickedUp}, {-2 * time.Hour, tracking.StatusInTransit}, {-time.Hour, tracking.StatusInTransit},
		{van, tracking.StatusOutForDelivery}, {van + door, tracking.StatusDelivered},
	} {
		p.Events = append(p.Events, tracking.Event{At: midnight.Add(scan.after), Status: scan.status, Text: scan.status.Korean(), Place: fmt.Sprint("곳", i)})
	}
	hour := int((van + door).Hours())
	p.Events[3].Note = fmt.Sprintf("%02d~%02d시 배송 예정", hour, hour+2)
	p.Settle(w.Context())
	_, err := s.Record(t.Context(), poll.Report{ID: w.ID, Door: tracking.DoorPush, Parcel: p, At: start}, func(kept poll.Watch, _ tracking.Gain) poll.Watch {
		kept.Life, kept.Reason, kept.Due = poll.Closed, poll.ReasonDelivered, start.Add(-closed)
		for _, c := range change {
			c(&kept)
		}
		return kept
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is learned from parcels whose van left at three in the night shows in when parcels are asked about.
func TestLearningFromTheStore(t *testing.T) {
	store := poll.NewMemoryStore()
	for n := range 300 {
		past(t, store, n, time.Duration(n%50)*day, 3*time.Hour, 2*time.Hour)
	}
	told := 0
	learned, err := poll.Learning{Each: func(w poll.Watch, e tracking.Evidence) {
		if told++; len(e.Events) != 5 || w.Life != poll.Closed {
			t.Errorf("told of %v with %d scans", w, len(e.Events))
		}
	}}.Learn(t.Context(), store, start)
	if err != nil || learned.Parcels != 300 || told != 300 {
		t.Fatalf("learned from %d parcels: %v", learned.Parcels, err)
	}
	if !strings.Contains(learned.Model.String(), " of 310 windows say when the parcel comes\n") {
		t.Errorf("drivers' windows are not learned:\n%s", learned.Model)
	}
	night := time.Date(2000, 1, 4, 5, 0, 0, 0, kst)
	v := schedule.View{Courier: "toycourier", Status: tracking.StatusOutForDelivery, Opened: night.Add(-day), Changed: night.Add(-2 * time.Hour), Now: night}
	if before, after := schedule.Prior().Rate(v, tracking.StatusDelivered), learned.Model.Rate(v, tracking.StatusDelivered); after < 5*before {
		t.Errorf("at five in the night %.3f deliveries an hour, %.3f before it was learned", after, before)
	}
	policy, w := new(poll.Adaptive), onVan(1)
	w.Parcel.Since = night.Add(-2 * time.Hour)
	before := policy.Next(w, night)
	policy.Use(learned.Model)
	if after := policy.Next(w, night); policy.Model() != learned.Model || after.At.Sub(night) > before.At.Sub(night)/2 {
		t.Errorf("asked at %v, before it was learned at %v", after.At, before.At)
	}
	if policy.Use(nil); policy.Next(w, night) != before {
		t.Error("without a model it does not go by the prior")
	}
}

// Only what ended, lately, is learned from; and of many parcels a sample, the same each time.
func TestLearningChooses(t *testing.T) {
	store := poll.NewMemoryStore()
	const well = 40
	for n := range well {
		past(t, store, n, 5*day, 8*time.Hour, 3*time.Hour)
	}
	past(t, store, 100, 61*day, 8*time.Hour, 3*time.Hour)
	past(t, store, 101, 5*day, 8*time.Hour, 3*time.Hour, func(w *poll.Watch) { w.Life = poll.Active })
	past(t, store, 102, 5*day, 8*time.Hour, 3*time.Hour, func(w *poll.Watch) { w.Life = poll.Paused })
	if _, err := store.Change(t.Context(), idOf(103), func(w poll.Watch) poll.Watch { // of which nothing was ever known
		w.Life, w.Due = poll.Closed, start.Add(-day)
		return w
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		learning poll.Learning
		want     int
	}{{poll.Learning{}, well}, {poll.Learning{Parcels: 7}, 7}, {poll.Learning{Days: 4}, 0}, {poll.Learning{Days: 100, Parcels: 1000}, well + 1}} {
		learned, err := c.learning.Learn(t.Context(), store, start)
		again, _ := c.learning.Learn(t.Context(), store, start)
		if err != nil || learned.Parcels != c.want || (learned.Model == nil) != (c.want == 0) {
			t.Errorf("%+v: %d parcels, %v", c.learning, learned.Parcels, err)
		}
		if c.want > 0 && learned.Model.String() != again.Model.String() {
			t.Errorf("%+v: another model the second time", c.learning)
		}
	}
}

// An archive that fails is no reason to learn from the half of it.
func TestLearningNeedsTheArchive(t *testing.T) {
	broken := errors.New("broken")
	store := poll.NewMemoryStore()
	past(t, store, 1, day, 8*time.Hour, 3*time.Hour)
	for name, archive := range map[string]poll.Archive{"watches": halfArchive{store, broken, nil}, "evidence": halfArchive{store, nil, broken}} {
		if learned, err := (poll.Learning{}).Learn(t.Context(), archive, start); !errors.Is(err, broken) || learned.Model != nil {
			t.Errorf("%s: %+v, %v", name, learned, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (poll.Learning{}).Learn(ctx, store, start); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

type halfArchive struct {
	*poll.MemoryStore
	watches, evidence error
}

func (h halfArchive) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return func(yield func(poll.Watch, error) bool) {
		for w, err := range h.MemoryStore.Watches(ctx, f) {
			if !yield(w, err) {
				return
			}
		}
		if h.watches != nil {
			yield(poll.Watch{}, h.watches)
		}
	}
}

func (h halfArchive) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	e, err := h.MemoryStore.Evidence(ctx, id)
	return e, errors.Join(err, h.evidence)
}

// A model that is kept is that of an engine that starts anew; one that cannot be read leaves the one before.
func TestModelIsKept(t *testing.T) {
	store := poll.NewMemoryStore()
	for n := range 50 {
		past(t, store, n, day, 3*time.Hour, 2*time.Hour)
	}
	learned, err := poll.Learning{}.Learn(t.Context(), store, start)
	if err != nil {
		t.Fatal(err)
	}
	policy := new(poll.Adaptive)
	if at, err := policy.Recollect(t.Context(), store); err != nil || !at.IsZero() || policy.Model() != schedule.Prior() {
		t.Errorf("nothing is kept: of %v, %v", at, err)
	}
	if err := poll.KeepModel(t.Context(), store, learned.Model, start); err != nil {
		t.Fatal(err)
	}
	at, err := policy.Recollect(t.Context(), store)
	if err != nil || !at.Equal(start) || policy.Model().String() != learned.Model.String() {
		t.Errorf("of %v, %v", at, err)
	}
	model := policy.Model()
	if _, err := policy.Recollect(t.Context(), store); err != nil || policy.Model() != model {
		t.Errorf("the same model is read again: %v", err)
	}
	for _, w := range []poll.Watch{onVan(1), onVan(2)} {
		fresh := new(poll.Adaptive)
		fresh.Use(learned.Model)
		if got, want := policy.Next(w, start), fresh.Next(w, start); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if err := store.Keep(t.Context(), "schedule/model", []byte("no model"), start.Add(day)); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Recollect(t.Context(), store); err == nil || policy.Model() != model {
		t.Errorf("what is no model: %v", err)
	}
}
