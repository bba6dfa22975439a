package tracking

import (
	"context"
	"iter"
	"slices"
)

const (
	// smallestLookAhead is how many queries are taken ahead of results at least.
	smallestLookAhead = 16
	// largestLookAhead is how many at most, whatever batches a carrier says it takes.
	largestLookAhead = 10_000
	// patience is for how many look-aheads of further queries one waits for companions to share its call with.
	patience = 4
)

// TrackAll asks about many parcels and yields exactly one result per query that it took, in the order in which
// answers come. Each Result has the Query as it was given, with its Ref; whatever fails, fails alone.
//
// Queries are taken as results are, with a look-ahead of two rounds of full batches at every carrier (at least 16
// queries, at most 10,000), so a million of them need no more memory than a few hundred. The sequence of queries runs on the
// goroutine that ranges over the results, never beside the loop's body: both may use the same variables. While it
// blocks, results wait.
//
// Each carrier gets the largest batches that it takes. A batch goes out when it is full, when the queries end, when
// the look-ahead has been taken four times since its first query, or when it holds up the others.
//
// A break, or a panic in the loop, ends what runs and waits for it. When ctx ends no more queries are taken and those
// taken get the error of the context: check ctx after the loop. The sequence may be used several times if that of
// the queries may.
func (c *Client) TrackAll(ctx context.Context, queries iter.Seq[Query]) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		if queries == nil {
			return
		}
		s := c.newSweep(ctx)
		defer close(s.runway)
		defer s.leaveAll()
		next, stop := iter.Pull(queries)
		defer stop()
		s.run(next, yield)
	}
}

// A job is one question of a sweep, for every query of it that asks the same.
type job struct {
	journey
	key    question
	number string  // of the first query, as it was given
	twins  []Query // the other queries, as they were given
	flight *flight // while in the air
	ended  bool
}

// first gives the first query as it was given.
func (j *job) first() Query {
	q := j.query
	q.Number = j.number
	return q
}

// A lot is what waits to go out in one call.
type lot struct {
	lane    *lane
	courier Courier // where a call must not mix couriers
	jobs    []*job
	since   int64 // number of queries taken when the first came
}

// A sweep is one run of TrackAll. Only its own goroutine touches it; calls tell it of landings at its desk.
type sweep struct {
	client *Client
	ctx    context.Context
	limit  int // queries taken and not yet answered

	taken    int64
	open     int  // queries taken whose result has not been yielded
	drained  bool // there are no more queries
	jobs     map[question]*job
	lots     []*lot
	aloft    int           // jobs in the air
	calls    int           // of ours, in the air
	busy     map[*lane]int // likewise, by lane
	pilots   int           // goroutines that make calls of ours
	runway   chan *call    // to a pilot without a call
	desk     desk
	landings []*job   // heard of last
	results  []Result // to be yielded, from told on
	told     int
}

func (c *Client) newSweep(ctx context.Context) *sweep {
	limit := 0
	for _, l := range c.lanes {
		limit += 2 * min(l.batch, largestLookAhead) * min(l.concurrency, largestLookAhead)
	}
	limit = min(max(limit, smallestLookAhead), largestLookAhead)
	return &sweep{
		client: c, ctx: ctx, limit: limit,
		jobs: make(map[question]*job, smallestLookAhead), busy: make(map[*lane]int), runway: make(chan *call),
		desk:    desk{bell: make(chan struct{}, 1), landed: make([]*job, 0, smallestLookAhead)},
		results: make([]Result, 0, min(limit, 4*smallestLookAhead)),
	}
}

// run takes a query for each result that it yields, so that carriers work while the loop's body does, and neither
// slow queries nor a slow body hold up the other for more than one turn.
func (s *sweep) run(next func() (Query, bool), yield func(Result) bool) {
	fed := false // a query was taken since the last result
	for {
		s.collect()
		ready, ended := s.told < len(s.results), s.ctx.Err() != nil
		room := !ended && !s.drained && s.open < s.limit
		switch {
		case ready && (fed || !room):
			if !yield(s.pop()) {
				return
			}
			fed = false
		case ended:
			if s.open == 0 {
				return
			}
			s.giveUp()
		case room:
			s.take(next)
			fed = true
		case s.open == 0:
			return
		default:
			s.press()
			s.await()
		}
	}
}

// pop gives the next result to yield, and keeps no hold on its parcel.
func (s *sweep) pop() Result {
	r := s.results[s.told]
	s.results[s.told] = Result{}
	s.open--
	if s.told++; 2*s.told >= len(s.results) { // the queue may never be empty, and must not grow for that
		s.results, s.told = slices.Delete(s.results, 0, s.told), 0
	}
	return r
}

// take takes one more query.
func (s *sweep) take(next func() (Query, bool)) {
	q, ok := next()
	if !ok {
		s.drained = true
		return
	}
	s.taken++
	s.open++
	journey, err := s.client.depart(s.ctx, q)
	if err != nil {
		s.results = append(s.results, Result{Query: q, Billed: No, Err: err})
		return
	}
	key := questionOf(nil, &journey.query)
	if twin := s.jobs[key]; twin != nil {
		twin.twins = append(twin.twins, q)
		return
	}
	j := &job{journey: journey, key: key, number: q.Number}
	s.jobs[key] = j
	s.forward(j)
}

// forward puts a job into the lot of the next carrier that lets it through, or ends it.
func (s *sweep) forward(j *job) {
	for l := j.step(); l != nil; l = j.step() {
		wait, ok := l.circuits.look(s.client.now(), j.query.Courier)
		if ok {
			lot := s.lotOf(l, j.query.Courier)
			if len(lot.jobs) == 0 {
				lot.since = s.taken
			}
			lot.jobs = append(lot.jobs, j)
			s.dispatch(lot)
			return
		}
		if s.client.arrive(s.ctx, &j.journey, l.closedTo(&j.query, wait)) {
			break
		}
	}
	s.finish(j, j.failure())
}

func (s *sweep) lotOf(l *lane, courier Courier) *lot {
	if !l.oneCourier {
		courier = ""
	}
	for _, lot := range s.lots {
		if lot.lane == l && lot.courier == courier {
			return lot
		}
	}
	lot := &lot{lane: l, courier: courier, jobs: make([]*job, 0, min(l.batch, s.limit))}
	s.lots = append(s.lots, lot)
	return lot
}

// dispatch sends what is due of a lot, as far as its carrier takes more calls.
func (s *sweep) dispatch(lot *lot) {
	for len(lot.jobs) > 0 && s.free(lot.lane) {
		overdue := s.taken-lot.since >= int64(patience*s.limit)
		if len(lot.jobs) < lot.lane.batch && !s.drained && !overdue {
			return
		}
		s.send(lot)
	}
}

// refill sends what is due at a carrier that has become free for one more call.
func (s *sweep) refill(l *lane) {
	for i := 0; i < len(s.lots); i++ { // what is sent may be refused and open a lot elsewhere
		if s.lots[i].lane == l {
			s.dispatch(s.lots[i])
		}
	}
}

func (s *sweep) free(l *lane) bool { return s.busy[l] < l.concurrency }

// press sends what waits for companions in vain: everything when no more will come, and the largest lots when lots
// fill the look-ahead.
func (s *sweep) press() {
	for i := 0; i < len(s.lots); i++ { // as in refill
		s.dispatch(s.lots[i])
	}
	for {
		largest, held := s.largest()
		if largest == nil || s.aloft > 0 && held <= s.limit/2 {
			break
		}
		s.send(largest)
	}
	s.lots = slices.DeleteFunc(s.lots, func(lot *lot) bool { return len(lot.jobs) == 0 })
}

// largest gives the largest lot whose carrier is free, and the size of all such lots together.
func (s *sweep) largest() (largest *lot, held int) {
	for _, lot := range s.lots {
		if len(lot.jobs) == 0 || !s.free(lot.lane) {
			continue
		}
		held += len(lot.jobs)
		if largest == nil || len(lot.jobs) > len(largest.jobs) {
			largest = lot
		}
	}
	return largest, held
}

// send makes one call of a lot.
func (s *sweep) send(lot *lot) {
	l := lot.lane
	size := min(l.batch, len(lot.jobs))
	c := s.client
	call := c.skies.newCall(l, size)
	call.sweep = s
	refused := c.skies.boardAll(s.ctx, c.now(), call, lot.jobs[:size], &s.desk)
	lot.jobs = slices.Delete(lot.jobs, 0, size)
	lot.since = s.taken
	s.aloft += size - len(refused)
	if len(call.flights) > 0 {
		s.launch(call)
	}
	for _, r := range refused {
		s.settle(r.job, l.closedTo(&r.job.query, r.wait))
	}
}

// launch hands a call to a pilot: one that is back from its last call, or else another one.
func (s *sweep) launch(call *call) {
	s.busy[call.lane]++
	s.calls++
	if s.calls <= s.pilots {
		s.runway <- call
		return
	}
	s.pilots++
	go s.client.pilot(call, s.runway)
}

// pilot makes one call after the other, until the sweep has ended: a goroutine for each would cost more, since its stack
// has to grow each time on the way down to a decoder.
func (c *Client) pilot(first *call, runway <-chan *call) {
	relieved := false
	defer func() {
		if !relieved { // the carrier ended the goroutine
			go c.pilot(nil, runway)
		}
	}()
	if first != nil {
		c.fly(first)
	}
	for call := range runway {
		c.fly(call)
	}
	relieved = true
}

// settle takes a carrier's answer: the job ends with it or goes on to the next carrier.
func (s *sweep) settle(j *job, r Result) {
	switch {
	case !s.client.arrive(s.ctx, &j.journey, r):
		s.forward(j)
	case r.Err == nil:
		s.finish(j, r)
	default:
		s.finish(j, j.failure())
	}
}

// finish answers every query of a job.
func (s *sweep) finish(j *job, r Result) {
	delete(s.jobs, j.key)
	j.ended = true
	r.Query = j.first()
	s.results = append(s.results, r)
	for _, q := range j.twins {
		own := r.clone()
		own.Query = q
		s.results = append(s.results, own)
	}
}

// collect takes in what has landed, without waiting.
func (s *sweep) collect() {
	select {
	case <-s.desk.bell:
		s.hear()
	default:
	}
}

func (s *sweep) hear() {
	s.landings = s.client.skies.hear(&s.desk, s.landings)
	for i, j := range s.landings {
		s.landings[i] = nil
		s.landed(j)
	}
}

// await waits until something lands or the context ends.
func (s *sweep) await() {
	if s.told < len(s.results) {
		return
	}
	select {
	case <-s.desk.bell:
		s.hear()
	case <-s.ctx.Done():
	}
}

func (s *sweep) landed(j *job) {
	f := j.flight
	if j.ended {
		return // given up meanwhile
	}
	j.flight = nil
	s.aloft--
	if call := f.call; call.sweep == s && !call.home {
		call.home = true
		s.calls--
		s.busy[call.lane]--
		s.refill(call.lane)
	}
	r := f.take()
	if r.Err != nil && s.ctx.Err() != nil {
		r = f.left(s.ctx, &j.query)
	}
	s.settle(j, r)
}

// leaveAll stops waiting for everything in the air, and waits for the calls that end because of it.
func (s *sweep) leaveAll() {
	var ending []*call
	for _, j := range s.jobs {
		if j.flight != nil && s.client.skies.leave(j.flight, j) {
			ending = append(ending, j.flight.call)
		}
	}
	for _, call := range ending {
		<-call.done
	}
}

// giveUp answers all that was taken, now that the context has ended. An answer that came all the same is handed on:
// it may be paid for.
func (s *sweep) giveUp() {
	s.leaveAll()
	for _, j := range s.jobs {
		left := Result{Billed: No, Err: endedError(s.ctx, "", &j.query)}
		if f := j.flight; f != nil {
			left = f.left(s.ctx, &j.query)
		}
		s.finish(j, left)
	}
	s.lots = nil
}
