package poll

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// A Learning makes models of what became of parcels. The zero value works.
type Learning struct {
	Days    int // it looks at watches that closed in the last so many days; 0 means 60
	Parcels int // and at most at so many of them, a sample that is as good as drawn by lot; 0 means 5,000
	// Believed is what is believed where there is little to learn from; nil means [schedule.Prior].
	Believed *schedule.Model
	// Each is told of each parcel of the sample, with its evidence, before it is learned from, such as to measure what asking about
	// it has cost. Those of other nights may be among them; [Watch].Due is when a watch was closed. Nil is nobody.
	Each func(w Watch, e tracking.Evidence)
}

// Learned is what a Learning came to.
type Learned struct {
	Model   *schedule.Model // nil when there was nothing to learn from
	Parcels int             // that it was learned from
}

// Learn reads the watches of an archive once, from the first to the last, and the evidence of those that it learns from: closed ones
// whose parcel has come to its end. Only the watches of the sample are in memory, never all.
func (l Learning) Learn(ctx context.Context, from Archive, now time.Time) (Learned, error) {
	since := now.AddDate(0, 0, -cmp.Or(l.Days, 60))
	most := cmp.Or(l.Parcels, 5000)
	var chosen lots
	for w, err := range from.Watches(ctx, Filter{}) {
		if err != nil {
			return Learned{}, fmt.Errorf("poll: learn: %w", err)
		}
		if w.Life != Closed || w.ID.Role != Primary || w.Due.Before(since) || !w.Known || end(w.Parcel) == "" {
			continue
		}
		heap.Push(&chosen, lot{w.fraction(lottery), w})
		if chosen.Len() > most {
			heap.Pop(&chosen)
		}
	}
	var timelines []schedule.Timeline
	for _, c := range chosen {
		if err := ctx.Err(); err != nil {
			return Learned{}, fmt.Errorf("poll: learn: %w", err)
		}
		e, err := from.Evidence(ctx, c.watch.ID.Shipment)
		if err != nil {
			return Learned{}, fmt.Errorf("poll: learn: %w", err)
		}
		if l.Each != nil {
			l.Each(c.watch, e)
		}
		w := c.watch
		watched := schedule.Watched{Courier: w.ID.Shipment.Courier, Context: w.Context(), Evidence: e, Opened: w.Began}
		if t, ok := watched.Timeline(); ok {
			timelines = append(timelines, t)
		}
	}
	if len(timelines) == 0 {
		return Learned{}, nil
	}
	believed := l.Believed
	if believed == nil {
		believed = schedule.Prior()
	}
	return Learned{Model: believed.Learn(timelines), Parcels: len(timelines)}, nil
}

// A lot is a watch with its number in the lottery, which hangs on the watch alone: the same watches are drawn each time.
type lot struct {
	number float64
	watch  Watch
}

const lottery = -2 // for fraction: a number that no ask has

// lots is a heap with the highest number first.
type lots []lot

func (l lots) Len() int           { return len(l) }
func (l lots) Less(i, j int) bool { return l[i].number > l[j].number }
func (l lots) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

// Push is for package heap.
func (l *lots) Push(x any) { *l = append(*l, x.(lot)) }

// Pop is for package heap.
func (l *lots) Pop() any {
	last := len(*l) - 1
	x := (*l)[last]
	(*l)[last] = lot{}
	*l = (*l)[:last]
	return x
}

// modelName is what a [Keeper] keeps the model of an [Adaptive] under.
const modelName = "schedule/model"

// KeepModel keeps a model, learned at a time, for [Adaptive.Recollect].
func KeepModel(ctx context.Context, k Keeper, m *schedule.Model, at time.Time) error {
	data, err := m.MarshalText()
	if err != nil {
		return fmt.Errorf("poll: the model: %w", err)
	}
	return k.Keep(ctx, modelName, data, at)
}

// Recollect uses the model that is kept, if it is a newer one than that of the last Recollect, and tells when it was learned: the zero
// time when none is kept. Its calendar is that of [schedule.Korea]. After an error the model is the one before.
func (a *Adaptive) Recollect(ctx context.Context, k Keeper) (learned time.Time, err error) {
	data, at, err := k.Kept(ctx, modelName)
	if err != nil || len(data) == 0 || a.learned.Load() == at.UnixNano() {
		return at, err
	}
	m := new(schedule.Model)
	if err := m.UnmarshalText(data); err != nil {
		return at, fmt.Errorf("poll: the model that is kept: %w", err)
	}
	a.Use(m.WithCalendar(schedule.Korea())) // that of this version, not of the one that kept it
	a.learned.Store(at.UnixNano())
	return at, nil
}
