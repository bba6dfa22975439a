package fulfill

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	stuckAfter     = time.Second     // without any of its calls ending
	busyStream     = 5 * time.Second // until a task is tried again whose stream is not free here
	longestTurn    = 5 * time.Minute // that a task is put off for its gate's sake
	leastCallShare = time.Second
)

// A gate is the way to one function of the host. It lets a few calls in at a time, and a few tasks wait for these. A gate
// whose calls do not end is stuck: what comes for it then goes back into the store, for the time at which its turn may come,
// so that tasks for the other gates, which stand behind, are reached.
type gate struct {
	running int
	queue   []pending
	moved   time.Time     // when a call last began or ended
	took    time.Duration // the last call
	turn    time.Time     // of the last task that was put off
}

type gateID struct {
	name Name
	undo bool
}

// pending is a claimed task that waits at its gate, and until when it is ours.
type pending struct {
	task  Task
	until time.Time
}

// gate finds the gate of a task. The lock is held.
func (d *dispatcher) gate(t Task) *gate {
	id := gateID{t.Action.Name, t.Action.Undo}
	g := d.gates[id]
	if g == nil {
		g = &gate{}
		d.gates[id] = g
	}
	return g
}

// stuck reports whether none of the gate's calls moves, and if not yet, when it may be.
func (d *dispatcher) stuck(g *gate, now time.Time) (bool, time.Time) {
	if g.running < d.outbox.Concurrency || len(g.queue) == 0 {
		return false, time.Time{}
	}
	at := g.moved.Add(stuckAfter)
	return !at.After(now), at
}

// patience is until when nothing is to be claimed: while a gate with a queue moves, for that queue comes first; and while
// every gate that there can be is stuck.
func (d *dispatcher) patience(now time.Time) (until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.suspect != nil || d.alone {
		return now.Add(d.outbox.Look) // the bell rings when a call ends
	}
	stuck := 0
	for _, g := range d.gates {
		switch yes, at := d.stuck(g, now); {
		case yes:
			stuck++
		case at.After(until):
			until = at
		}
	}
	if stuck > 0 && stuck >= d.engine.config.functions() {
		return now.Add(d.outbox.Look)
	}
	return until
}

// functions counts the host's functions.
func (c *Config) functions() (n int) {
	for _, set := range []Actions{c.Actions, c.Undo} {
		for _, f := range []func(context.Context, Action) error{
			set.ConfirmInventory, set.NotifyCustomer, set.CreateReturnInbound, set.AlertOperations,
		} {
			if f != nil {
				n++
			}
		}
		n += len(set.Others)
	}
	return n
}

// isolate keeps, of claimed tasks and all that wait, only one that ended all its attempts without a word, if there is one, and gives
// back the rest. Such a task may have ended the process each time, or only have been there when another one did: it gets one
// more attempt by itself, and nothing else is charged with what that does.
func (d *dispatcher) isolate(work context.Context, claimed []Task, now time.Time) []Task {
	i := slices.IndexFunc(claimed, func(t Task) bool { return t.Attempts > d.outbox.Attempts })
	if i < 0 {
		return claimed
	}
	away := append(d.clear(), slices.Delete(slices.Clone(claimed), i, i+1)...)
	d.mu.Lock()
	if d.streams[claimed[i].Action.Order] { // of which one still runs here
		away = append(away, claimed[i])
	} else {
		d.streams[claimed[i].Action.Order] = true
		d.suspect = &pending{claimed[i], now.Add(d.outbox.Lease)}
	}
	d.mu.Unlock()
	d.giveBack(work, away, now.Add(stuckAfter))
	return nil
}

// bring takes claimed tasks to their gates, and gives back those that cannot wait there.
func (d *dispatcher) bring(work context.Context, tasks []Task, now time.Time) {
	var away []Task
	d.mu.Lock()
	for _, t := range tasks {
		g := d.gate(t)
		stuck, _ := d.stuck(g, now)
		switch {
		case d.streams[t.Action.Order]: // one whose lease or cause was lost still runs here
			t.DueAt = now.Add(busyStream)
			away = append(away, t)
		case stuck || len(g.queue) >= (1+ahead)*d.outbox.Concurrency:
			t.DueAt = g.putOff(now, d.outbox.Concurrency)
			away = append(away, t)
		default:
			d.streams[t.Action.Order] = true
			g.queue = append(g.queue, pending{t, now.Add(d.outbox.Lease)})
		}
	}
	d.mu.Unlock()
	d.postpone(work, away)
}

// putOff tells when the turn of one more task may come, judging by how long calls take.
func (g *gate) putOff(now time.Time, slots int) time.Time {
	share := max(g.took, now.Sub(g.moved), leastCallShare) / time.Duration(slots)
	if g.turn.Before(now) {
		g.turn = now
	}
	g.turn = earlier(g.turn.Add(share), now.Add(longestTurn))
	return g.turn
}

// fill begins what waits at gates with room, unless ctx has ended. What its lease is too short for is given back.
func (d *dispatcher) fill(ctx, work context.Context, calls *sync.WaitGroup) {
	now := d.now()
	var late []Task
	d.mu.Lock()
	if h := d.suspect; h != nil && d.running() == 0 {
		d.gate(h.task).queue = []pending{*h}
		d.suspect, d.alone = nil, true
	}
	for _, g := range d.gates {
		for len(g.queue) > 0 && g.running < d.outbox.Concurrency && ctx.Err() == nil {
			h := g.queue[0]
			g.queue = g.queue[1:]
			if !now.Add(d.outbox.Timeout).Before(h.until) {
				delete(d.streams, h.task.Action.Order)
				d.alone = false
				late = append(late, h.task)
				continue
			}
			g.running++
			g.moved = now
			calls.Go(func() { d.work(work, h.task, g) })
		}
	}
	d.mu.Unlock()
	d.giveBack(work, late, now)
}

// running counts the calls. The lock is held.
func (d *dispatcher) running() (n int) {
	for _, g := range d.gates {
		n += g.running
	}
	return n
}

// leave frees a place at a gate, and the stream.
func (d *dispatcher) leave(t Task, g *gate, began time.Time) {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	g.running--
	g.moved, g.took = now, now.Sub(began)
	if g.took < stuckAfter {
		g.turn = time.Time{}
	}
	delete(d.streams, t.Action.Order)
	d.alone = d.alone && d.running() > 0
	d.ring()
}

// clear empties the queues.
func (d *dispatcher) clear() (tasks []Task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.suspect; h != nil {
		delete(d.streams, h.task.Action.Order)
		tasks = append(tasks, h.task)
	}
	d.suspect, d.alone = nil, false
	for _, g := range d.gates {
		for _, h := range g.queue {
			delete(d.streams, h.task.Action.Order)
			tasks = append(tasks, h.task)
		}
		g.queue = nil
	}
	return tasks
}
