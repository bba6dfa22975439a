package tracking

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A question is what makes two queries the same to one carrier.
type question struct {
	lane    *lane // nil where the carrier does not matter
	courier Courier
	number  string
	extra   string
	seconds int64 // of Since
	nanos   int32

	recall, fresh, full bool
}

func questionOf(l *lane, q *Query) question {
	return question{
		lane: l, courier: q.Courier, number: q.Number, extra: joined(q.Extra),
		seconds: q.Since.Unix(), nanos: int32(q.Since.Nanosecond()),
		recall: q.Recall, fresh: q.Fresh, full: q.FullHistory,
	}
}

// joined writes texts so that no two different lists look alike.
func joined(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	var b strings.Builder
	for _, text := range texts {
		b.WriteString(strconv.Itoa(len(text)))
		b.WriteByte(':')
		b.WriteString(text)
	}
	return b.String()
}

// A call is one Query of one carrier, on a goroutine of its own, for everybody who waits for one of its flights. It is
// the context that the carrier gets, too: it has the values of the caller that began it, and it ends when
// nobody waits any more. So a caller who leaves takes the answer away from nobody, and the last to leave waits until the
// carrier has returned: no call outlives those who wanted it.
type call struct {
	context.Context
	cancel  context.CancelFunc
	skies   *skies
	lane    *lane
	queries []Query
	flights []flight      // of the queries, in order; never grows beyond its first capacity, for there are pointers into it
	done    chan struct{} // closed when every flight has landed

	soloQuery  [1]Query // what queries and flights of a call for one parcel are made of
	soloFlight [1]flight

	sweep *sweep // the one that began it, if any
	home  bool   // the sweep knows that it has landed; only the sweep looks at it

	// Guarded by skies.mu.
	manned   int       // flights that somebody waits for
	deadline time.Time // the latest of all who ever waited; zero when one of them had none
}

func (s *skies) newCall(l *lane, size int) *call {
	c := &call{skies: s, lane: l}
	c.queries, c.flights = c.soloQuery[:0], c.soloFlight[:0]
	if size > 1 {
		c.queries, c.flights = make([]Query, 0, size), make([]flight, 0, size)
	}
	return c
}

// Deadline is the latest of those who wait, so that a carrier can tell which waits are in vain.
func (c *call) Deadline() (time.Time, bool) {
	c.skies.mu.Lock()
	defer c.skies.mu.Unlock()
	return c.deadline, !c.deadline.IsZero()
}

// over reports that trouble now may be due to the end of those who wait, and not to the carrier. A deadline can be
// felt below, by a dialler for one, before the one who waits has cancelled the call.
func (c *call) over() bool {
	deadline, ok := c.Deadline()
	return c.Err() != nil || ok && !time.Now().Before(deadline)
}

// allow lets the call last as long as the context of somebody who came, of the one who begins it or another.
func (c *call) allow(deadline time.Time, bounded, begins bool) {
	switch {
	case !bounded:
		c.deadline = time.Time{}
	case begins, !c.deadline.IsZero() && deadline.After(c.deadline):
		c.deadline = deadline
	}
}

// A flight is one question in a call.
type flight struct {
	call     *call
	question question
	result   Result // valid once the call is done
	shared   bool   // likewise: several take it

	// Guarded by skies.mu.
	closed   bool // nobody may board any more
	waiting  int
	watchers []watcher
	sole     [1]watcher // what watchers is made of, as long as there is one
}

// take gives one of those who waited a result of their own.
func (f *flight) take() Result {
	if f.shared {
		return f.result.clone()
	}
	return f.result
}

// clone makes a copy that can be changed without harm to r.
func (r Result) clone() Result {
	if r.Parcel != nil {
		parcel := *r.Parcel
		parcel.Events = slices.Clone(parcel.Events)
		parcel.Verdicts = slices.Clone(parcel.Verdicts)
		r.Parcel = &parcel
	}
	return r
}

// A watcher is told of a landing instead of waiting for call.done.
type watcher struct {
	job  *job
	desk *desk
}

// A desk is where a sweep hears of the landings of its jobs.
type desk struct {
	bell   chan struct{} // has a token when there is something to hear
	landed []*job        // guarded by skies.mu
}

// hear gives the jobs that have landed since it was asked last. What it gave then is used again.
func (s *skies) hear(d *desk, last []*job) []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	landed := d.landed
	d.landed = last[:0]
	return landed
}

// skies holds the flights under way, so that a question that is in the air is not asked again.
type skies struct {
	mu      sync.Mutex
	flights map[question]*flight
}

// board waits for a question: in the flight that carries it already, else in a new one added to the call. Without
// a flight it says for how long the circuit stays open.
func (s *skies) board(ctx context.Context, now time.Time, to *call, q *Query) (*flight, time.Duration) {
	deadline, bounded := ctx.Deadline() // not under the lock: ctx may be one of our calls, in a carrier that asks a client
	s.mu.Lock()
	defer s.mu.Unlock()
	f, wait := s.boardLocked(ctx, now, to, q)
	if f != nil {
		f.call.allow(deadline, bounded, f.call == to)
	}
	return f, wait
}

// boardAll does so for jobs, in one go, so that two batches of the same questions do not divide them between each
// other. It says which jobs were refused, and for how long. The others are told of the landing at the desk.
func (s *skies) boardAll(ctx context.Context, now time.Time, to *call, jobs []*job, at *desk) []refusal {
	var refused []refusal
	deadline, bounded := ctx.Deadline()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range jobs {
		f, wait := s.boardLocked(ctx, now, to, &j.query)
		if j.flight = f; f == nil {
			refused = append(refused, refusal{j, wait})
			continue
		}
		if f.watchers == nil {
			f.watchers = f.sole[:0]
		}
		f.watchers = append(f.watchers, watcher{job: j, desk: at})
		f.call.allow(deadline, bounded, f.call == to)
	}
	return refused
}

// A refusal is a job that a circuit keeps back for so long.
type refusal struct {
	job  *job
	wait time.Duration
}

func (s *skies) boardLocked(ctx context.Context, now time.Time, to *call, q *Query) (*flight, time.Duration) {
	question := questionOf(to.lane, q)
	f := s.flights[question]
	if f == nil {
		wait, ok := to.lane.circuits.enter(now, q.Courier, to)
		if !ok {
			return nil, wait
		}
		f = to.add(ctx, question, q)
		s.flights[question] = f
	}
	f.waiting++
	return f, 0
}

func (c *call) add(ctx context.Context, asked question, q *Query) *flight {
	if c.Context == nil {
		c.Context, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
		c.done = make(chan struct{})
	}
	c.queries = append(c.queries, *q)
	c.flights = append(c.flights, flight{call: c, question: asked})
	c.manned++
	return &c.flights[len(c.flights)-1]
}

// leave stops waiting for a flight. It ends the call, and says so, when nobody waits for any of its flights any more:
// then whoever left waits for call.done.
func (s *skies) leave(f *flight, j *job) (last bool) {
	if last = s.unman(f, j); last {
		f.call.cancel()
	}
	return last
}

func (s *skies) unman(f *flight, j *job) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.watchers = slices.DeleteFunc(f.watchers, func(w watcher) bool { return w.job == j })
	if f.waiting--; f.waiting > 0 {
		return false
	}
	s.shut(f)
	f.call.manned--
	return f.call.manned == 0
}

// shut keeps others from boarding a flight, which is ending or has landed.
func (s *skies) shut(f *flight) {
	if !f.closed {
		f.closed = true
		delete(s.flights, f.question)
	}
}

// land hands the results, which lie in the flights, to everybody who waits.
func (s *skies) land(c *call) {
	defer c.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range c.flights {
		f := &c.flights[i]
		s.shut(f)
		f.shared = f.waiting > 1
		for _, w := range f.watchers {
			w.desk.landed = append(w.desk.landed, w.job)
		}
	}
	close(c.done)
	for i := range c.flights { // once every job is at its desk, so that a sweep is woken once for the call
		for _, w := range c.flights[i].watchers {
			select {
			case w.desk.bell <- struct{}{}:
			default:
			}
		}
	}
}

// ask asks one carrier one question, together with everybody else who asks it now.
func (c *Client) ask(ctx context.Context, l *lane, q *Query) Result {
	if ctx.Err() != nil {
		return Result{Billed: No, Err: endedError(ctx, "", q)}
	}
	call := c.skies.newCall(l, 1)
	f, wait := c.skies.board(ctx, c.now(), call, q)
	if f == nil {
		return l.closedTo(q, wait)
	}
	if f.call == call {
		go c.fly(call)
	}
	select {
	case <-f.call.done:
		if result := f.take(); result.Err == nil || ctx.Err() == nil {
			return result
		}
	case <-ctx.Done():
		if c.skies.leave(f, nil) {
			<-f.call.done
		}
	}
	return f.left(ctx, q)
}

// left is the result of somebody whose context ended. A parcel that came all the same is handed on: it may be paid for.
func (f *flight) left(ctx context.Context, q *Query) Result {
	select {
	case <-f.call.done:
		if f.result.Err == nil {
			return f.take()
		}
	default:
	}
	return Result{Carrier: f.call.lane.name, Err: endedError(ctx, f.call.lane.name, q)}
}
