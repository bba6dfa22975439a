package measure

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Webhooks is a provider that pushes, for [ReplayWebhooks]. The zero value pushes nothing.
type Webhooks struct {
	Recall  float64         // the share of changes that are pushed
	Delay   time.Duration   // from publication to the push at most; each takes a part of it by chance
	Thin    bool            // a push only hints that there is news, and has to be asked after; else it brings what an answer would
	False   float64         // hints without news, for each parcel and day
	Outages []Span          // in which no push leaves, and nobody is told
	Seed    uint64          // of all chances
	Model   *schedule.Model // by which silence is noticed; nil notices none

	// Judged limits whose delays count, by when a change was published; zero means all.
	Judged Span
}

// Span is a time from From to just before Until.
type Span struct{ From, Until time.Time }

func (s Span) has(t time.Time) bool { return !t.Before(s.From) && t.Before(s.Until) }

// Hinted is what a policy did to parcels that were pushed about.
type Hinted struct {
	Outcome            // Polls are those that the policy wanted; delays are to the push or the poll that told first
	Asked      int     // after hints, beside Polls
	Pushes     int     // that arrived
	Told       int     // changes first known by push
	Looks      int     // decisions not to ask yet, for nothing at all
	Silences   []Span  // in which pushes were taken to be silent, of all couriers together
	Subscribed int     // the most parcels watched at a time
	Estimate   float64 // of the recall of all couriers together, at the end
}

// ReplayWebhooks plays timelines together, in the order of time, while a provider pushes about them. The policy sees the recall that
// [schedule.Hints] estimates from nothing but what was delivered.
//
// Polls are planned as if no push came, and put off when their time comes as far as the recall of that moment allows ([schedule.PutOff]):
// so a silence is acted on by the time at which the parcel would have been asked about without pushes. An ask after a hint that showed
// nothing changes no plan. Caps are not kept to. Else it is as [Replay], whose errors it has.
func ReplayWebhooks(p schedule.Policy, timelines []schedule.Timeline, w Webhooks) (Hinted, error) {
	r := &rehearsal{policy: p, webhooks: w}
	r.result.Outcome = Outcome{Parcels: len(timelines), delays: map[tracking.Status][]float64{}}
	r.parcels = make([]*pushed, len(timelines))
	for i, t := range timelines {
		r.parcels[i] = &pushed{
			history: &history{events: newsOf(t.Events)}, view: t.View(), end: t.Opened.Add(schedule.Horizon), index: i,
		}
		r.parcels[i].view.History, r.parcels[i].view.Cap = r.parcels[i].history, 0
		r.queue = append(r.queue, moment{at: t.Opened, parcel: i, does: opens})
		r.announce(r.parcels[i])
	}
	heap.Init(&r.queue)
	for len(r.queue) > 0 {
		m := heap.Pop(&r.queue).(moment)
		if err := r.at(m); err != nil {
			return Hinted{}, fmt.Errorf("timeline %d: %w", m.parcel, err)
		}
	}
	r.result.Estimate = r.hints.Share()
	return r.result, nil
}

// rehearsal is a replay with webhooks as it runs.
type rehearsal struct {
	policy   schedule.Policy
	webhooks Webhooks
	parcels  []*pushed
	queue    agenda
	hints    schedule.Hints
	watched  int
	result   Hinted
}

// pushed is one parcel.
type pushed struct {
	view    schedule.View
	history *history
	end     time.Time
	index   int
	next    time.Time // of the decision that counts
	last    bool      // the next decision is the last look before the watch closes
	closed  bool
}

// moment is something that happens.
type moment struct {
	at     time.Time
	parcel int
	does   deed
}

type deed uint8

const (
	opens deed = iota
	isPushed
	isDue
)

// agenda is a heap of moments, at equal times by parcel and deed.
type agenda []moment

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	switch c := a[i].at.Compare(a[j].at); {
	case c != 0:
		return c < 0
	case a[i].parcel != a[j].parcel:
		return a[i].parcel < a[j].parcel
	default:
		return a[i].does < a[j].does
	}
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(moment)) }
func (a *agenda) Pop() any {
	old := *a
	m := old[len(old)-1]
	*a = old[:len(old)-1]
	return m
}

// announce puts the pushes about a parcel on the agenda. Chances are drawn for each event in any case, so that another recall or
// outage moves no other push.
func (r *rehearsal) announce(p *pushed) {
	dice := rand.New(rand.NewPCG(r.webhooks.Seed, uint64(p.index)))
	last := p.view.Opened
	for _, e := range p.history.events {
		luck, wait := dice.Float64(), time.Duration(dice.Float64()*float64(r.webhooks.Delay))
		last = e.Shown()
		if luck < r.webhooks.Recall {
			r.send(p, last.Add(wait))
		}
	}
	if r.webhooks.False > 0 {
		for at := p.view.Opened; ; {
			at = at.Add(time.Duration(dice.ExpFloat64() / r.webhooks.False * float64(24*time.Hour)))
			if at.After(last) {
				return
			}
			r.send(p, at)
		}
	}
}

func (r *rehearsal) send(p *pushed, at time.Time) {
	for _, out := range r.webhooks.Outages {
		if out.has(at) {
			return
		}
	}
	r.queue = append(r.queue, moment{at: at, parcel: p.index, does: isPushed})
}

func (r *rehearsal) at(m moment) error {
	p := r.parcels[m.parcel]
	r.listen(m.at)
	switch {
	case p.closed, m.does == isDue && !m.at.Equal(p.next):
		return nil
	case m.does == opens:
		r.watched++
		r.result.Subscribed = max(r.result.Subscribed, r.watched)
		return r.plan(p, m.at)
	case m.does == isPushed:
		return r.push(p, m)
	default:
		return r.due(p, m.at)
	}
}

// listen keeps the spans in which pushes are silent.
func (r *rehearsal) listen(now time.Time) {
	was := len(r.result.Silences) > 0 && r.result.Silences[len(r.result.Silences)-1].Until.IsZero()
	switch is, _ := r.hints.Silent("", now); {
	case is && !was:
		r.result.Silences = append(r.result.Silences, Span{From: now})
	case was && !is:
		r.result.Silences[len(r.result.Silences)-1].Until = now
	}
}

// push delivers a push, or asks after it.
func (r *rehearsal) push(p *pushed, m moment) error {
	r.result.Pushes++
	known, before := p.history.known, p.view
	if r.webhooks.Thin {
		r.result.Asked++
	}
	r.see(p, m.at)
	if p.history.known == known {
		r.hints.Heard(p.view.Courier, m.at)
		return nil
	}
	p.view.Now = m.at
	r.hints.Overtaken(r.webhooks.Model, before, m.at, p.next)
	r.result.Told += p.history.known - known
	r.hints.Pushed(p.view.Courier, p.view.Changed, m.at)
	return r.plan(p, m.at)
}

// see delivers what had been published.
func (r *rehearsal) see(p *pushed, now time.Time) {
	p.history.deliver(&p.view, now, func(e schedule.Event, at time.Time) {
		if r.webhooks.Judged == (Span{}) || r.webhooks.Judged.has(e.Shown()) {
			r.result.saw(e, at)
		}
	})
}

// due asks, or puts it off.
func (r *rehearsal) due(p *pushed, now time.Time) error {
	v := p.view
	v.Recall = r.hints.Recall(v.Courier, v.Now, now)
	again := schedule.PutOff(r.policy, v, now)
	switch {
	case p.history.breach:
		return ErrReadAhead
	case !p.last && !again.IsZero() && again.Sub(now) < time.Second:
		return ErrNotLater
	case !p.last && !again.IsZero():
		r.result.Looks++
		r.wait(p, now, again)
		return nil
	}
	p.view = p.view.Polled(now)
	r.result.poll()
	known := p.history.known
	r.see(p, now)
	if p.history.known > known {
		r.hints.Polled(p.view.Courier, p.view.Changed, now)
	}
	return r.plan(p, now)
}

// plan decides about a parcel that was just seen at now, as if no push came.
func (r *rehearsal) plan(p *pushed, now time.Time) error {
	if p.history.known == len(p.history.events) && len(p.history.events) > 0 || p.last {
		p.closed = true
		r.watched--
		return nil
	}
	next := r.policy.Next(p.view)
	switch {
	case p.history.breach:
		return ErrReadAhead
	case next.Sub(p.view.Now) < time.Second:
		return ErrNotLater
	}
	r.wait(p, now, next)
	return nil
}

// wait puts the next decision on the agenda; beyond the horizon it is the last look, as in [Replay].
func (r *rehearsal) wait(p *pushed, now, next time.Time) {
	if next.After(p.end) {
		if len(p.history.events) == 0 {
			p.closed = true
			r.watched--
			return
		}
		next, p.last = p.history.lastLook(p.end), true
	}
	p.next = next
	r.hints.Decided(r.webhooks.Model, p.view, now, next)
	heap.Push(&r.queue, moment{at: next, parcel: p.index, does: isDue})
}
