package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	inboxTimeout = 5 * time.Second // for one call of the inbox
	longestPause = time.Minute     // between claims of an inbox that fails
	ahead        = 3               // claims that wait for each one that is worked, so that not every message costs a claim
	mostDue      = 1000            // due times that are remembered; others are found by polling
	mostHeld     = 10_000          // hints that wait; more end the oldest window early
)

// A shift is one Run of a worker. Its fields up to work are written by no one after it began; those below belong to the
// goroutine of Run.
type shift struct {
	worker  *Worker
	now     func() time.Time
	log     *slog.Logger
	sources map[string]Source

	slots                          int
	timeout, lease, poll           time.Duration
	hintDelay, unmatchedFor, grace time.Duration
	keepDone                       time.Duration // less than 0: for ever
	attempts                       int

	// work is the context of everything that was begun: it outlives the context of Run by Grace, and calls of the inbox
	// by a little more.
	work context.Context
	stop context.CancelFunc

	answered answered

	free    int         // slots
	ended   chan ending // one for each piece of work that was begun
	queue   []claimed   // not begun
	windows windows
	due     []time.Time // when messages that were told to wait are due, soonest first
	hungry  bool        // there may be something to claim
	alone   bool        // the one message that is worked may end the process
	pause   time.Duration
	quiet   time.Time // no claim before, for the inbox fails
}

// claimed is a claim and how long it is ours.
type claimed struct {
	Claim
	until time.Time
}

// An ending is what the goroutine of Run has to know of a piece of work.
type ending struct {
	due      []time.Time // of messages that wait
	hints    *hinted     // the message waits for answers to these
	answered *window     // was asked about
}

func newShift(ctx context.Context, w *Worker) *shift {
	s := &shift{
		worker: w, now: w.clock(), log: w.Logger,
		sources: make(map[string]Source, len(w.Sources)),
		slots:   cmp.Or(w.Concurrency, 4), attempts: cmp.Or(w.Attempts, 10),
		timeout: w.timeout(), hintDelay: w.hintDelay(), lease: cmp.Or(w.Lease, w.leastLease()+10*time.Second),
		poll: cmp.Or(w.Poll, time.Second), grace: cmp.Or(w.Grace, 10*time.Second),
		unmatchedFor: cmp.Or(w.UnmatchedFor, 7*24*time.Hour), keepDone: cmp.Or(w.KeepDone, 7*24*time.Hour),
		hungry: true,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, source := range w.Sources {
		s.sources[source.Name()] = source
	}
	s.free = s.slots
	s.ended = make(chan ending, s.slots)
	s.work, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	return s
}

// run is the goroutine of Run.
func (s *shift) run(ctx context.Context) {
	defer s.stop()
	var pruner sync.WaitGroup
	defer pruner.Wait()
	pruner.Go(func() { s.prune(ctx) })

	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		s.begin()
		if s.claim(ctx) {
			continue
		}
		timer.Reset(s.rest())
		select {
		case <-ctx.Done():
		case end := <-s.ended:
			s.end(end)
		case <-s.worker.bell():
			s.hungry = true
		case <-timer.C:
			s.hungry = true
		}
	}
	s.close()
}

// begin gives the free slots work: hints whose window is over, then messages. A message that ended all its attempts without
// a word gets one more by itself: it may have ended the process each time, or only have been there when another one did.
func (s *shift) begin() {
	for now := s.now(); s.free > 0 && !s.alone; {
		if len(s.queue) > 0 && s.queue[0].Attempt == s.attempts+1 {
			if s.free < s.slots {
				return
			}
			s.isolate()
			return
		}
		if w := s.windows.next(now); w != nil {
			s.spawn(func(end *ending) { s.ask(w, end) }, ending{answered: w})
			continue
		}
		if len(s.queue) == 0 {
			return
		}
		c := s.queue[0]
		s.queue = s.queue[1:]
		s.spawn(func(end *ending) { s.message(c, end) }, ending{})
	}
}

// isolate gives back everything but the first message of the queue, so that nothing else is charged with what that does.
func (s *shift) isolate() {
	s.alone, s.hungry = true, true
	others := s.queue[1:]
	s.queue = s.queue[:1]
	for _, l := range s.windows.letters() {
		s.answered.keep(idOf(l.Claim), l.settled)
		others = append(others, l.claimed)
	}
	s.windows = windows{}
	s.giveBack(others)
	c := s.queue[0]
	s.queue = nil
	s.spawn(func(end *ending) { s.message(c, end) }, ending{})
}

// spawn runs work in a slot. Its end is told even when host code ends the goroutine.
func (s *shift) spawn(work func(*ending), end ending) {
	s.free--
	go func() {
		defer func() { s.ended <- end }()
		work(&end)
	}()
}

// end takes note of a piece of work that ended.
func (s *shift) end(e ending) {
	s.free++
	s.alone = false
	if e.answered != nil {
		s.windows.close(e.answered)
	}
	if e.hints != nil {
		s.windows.add(e.hints, s.now().Add(s.hintDelay))
	}
	for _, at := range e.due {
		if len(s.due) < mostDue {
			i, _ := slices.BinarySearchFunc(s.due, at, time.Time.Compare)
			s.due = slices.Insert(s.due, i, at)
		}
	}
}

// claim takes messages from the inbox when there is room and may be some. It reports whether it got any.
func (s *shift) claim(ctx context.Context) bool {
	now := s.now()
	if !s.hungry || s.alone || s.free == 0 || len(s.queue) > 0 || now.Before(s.quiet) {
		return false
	}
	limit := s.free + ahead*s.slots
	var claims []Claim
	err := s.guarded(func() (err error) {
		ctx, cancel := context.WithTimeout(ctx, inboxTimeout)
		defer cancel()
		claims, err = s.worker.Inbox.Claim(ctx, now, limit, s.lease)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			s.inboxFailed("claim", err)
			s.pause = min(max(2*s.pause, s.poll), longestPause)
			s.quiet = s.now().Add(s.pause)
		}
		return false
	}
	s.pause, s.quiet = 0, time.Time{}
	s.hungry = len(claims) >= limit
	s.due = slices.DeleteFunc(s.due, func(at time.Time) bool { return !at.After(now) })
	for _, c := range claims {
		s.queue = append(s.queue, claimed{c, now.Add(s.lease)})
	}
	return len(claims) > 0
}

// rest is how long there is nothing to do but to listen.
func (s *shift) rest() time.Duration {
	now := s.now()
	rest := s.poll
	sooner := func(at time.Time) { rest = min(rest, max(at.Sub(now), 0)) }
	if s.free == 0 || s.alone || len(s.queue) > 0 {
		return rest // only work that ends changes anything
	}
	if len(s.due) > 0 {
		sooner(s.due[0])
	}
	if s.quiet.After(now) {
		rest = s.quiet.Sub(now)
	}
	if at, ok := s.windows.soonest(); ok {
		sooner(at)
	}
	return rest
}

// close ends the shift: what was not begun is given back, what runs may end within the grace.
func (s *shift) close() {
	grace := time.AfterFunc(s.grace, s.stop)
	defer grace.Stop()
	var back sync.WaitGroup
	defer back.Wait()
	untouched := s.queue
	for _, l := range s.windows.letters() {
		untouched = append(untouched, l.claimed)
	}
	back.Go(func() { s.giveBack(untouched) })
	for ; s.free < s.slots; s.free++ {
		if e := <-s.ended; e.hints != nil {
			back.Go(func() { s.giveBack([]claimed{e.hints.claimed}) })
		}
	}
}

// giveBack returns claims as if they had not been taken. When the inbox fails their leases will run out.
func (s *shift) giveBack(claims []claimed) {
	for _, c := range claims {
		if s.settle(c.Claim, Finding{State: Waiting, At: s.now(), Uncounted: true}, nil) != nil {
			return
		}
	}
}

// message works one message.
func (s *shift) message(c claimed, end *ending) {
	now := s.now()
	switch {
	case c.Attempt > s.attempts+1:
		s.conclude(c.Claim, Finding{State: Dead, At: now, Why: errVanished.Error()}, errVanished, end)
		return
	case !now.Add(s.timeout).Before(c.until):
		s.conclude(c.Claim, Finding{State: Waiting, At: now, Uncounted: true}, nil, end)
		return
	}
	source, ok := s.sources[c.Message.Source]
	if !ok {
		f := s.patient(now, c.Claim, unmatchedDelay(now.Sub(c.Message.ReceivedAt)), errNoSuchSource.Error())
		s.conclude(c.Claim, f, errNoSuchSource, end)
		return
	}
	ctx, cancel := context.WithTimeout(s.work, s.timeout)
	defer cancel()
	hints, why, at, err := s.read(ctx, c, source)
	switch {
	case err != nil:
		s.conclude(c.Claim, s.judge(at, c.Claim, err), err, end)
	case len(hints) > 0:
		l := &hinted{claimed: c, open: len(hints), hints: hints}
		if l.settled = s.answered.of(idOf(c.Claim)); l.skip() {
			end.hints = l
			return
		}
		s.finishHinted(l, end)
	default:
		s.conclude(c.Claim, Finding{State: Done, At: s.now(), Why: why}, nil, end)
	}
}

var (
	errVanished     = errors.New("webhook: the attempts ended without a word, perhaps with the process")
	errNoSuchSource = errors.New("webhook: no source of that name is configured")
)

// read has a message read and delivers what it says. What has to be asked about comes back, and why there is nothing
// else to it; with an error, the stage that it failed in.
func (s *shift) read(ctx context.Context, c claimed, source Source) (ask []tracking.Query, why string, at stage, err error) {
	at = reading
	var r Reading
	trust := Apply
	err = s.guarded(func() (err error) {
		if s.worker.Policy != nil {
			trust = s.worker.Policy(c.Message.Source, c.Message.Proof)
		}
		if trust != Refuse {
			r, err = source.Read(ctx, c.Message)
		}
		return err
	})
	if err == nil && trust == Refuse {
		err = ErrRefused
	}
	if err != nil {
		return nil, "", at, err
	}
	facts, hints := r.Parcels, r.Hints
	if trust == Ask {
		hints = slices.Clone(hints)
		for _, p := range facts {
			hints = append(hints, tracking.Query{Courier: p.Courier, Number: p.Number})
		}
		facts = nil
	}
	told := hints
	if s.worker.Ask != nil {
		ask, told = hints, nil
	}
	d := deliveryOf(c.Claim, r, facts, told)
	if d.empty() {
		return ask, remarkText(cmp.Or(r.Ignored, "there was nothing in it")), at, nil
	}
	return ask, remarkText(r.Ignored), delivering, s.deliver(ctx, d)
}

func (s *shift) deliver(ctx context.Context, d Delivery) error {
	return s.guarded(func() error { return s.worker.Deliver(ctx, d) })
}

// conclude settles what became of a message, and remembers when it is due.
func (s *shift) conclude(c Claim, f Finding, cause error, end *ending) {
	if f.State != Waiting {
		s.answered.forget(idOf(c))
	}
	if s.settle(c, f, cause) == nil && f.State == Waiting {
		end.due = append(end.due, f.At)
	}
}

// settle tells the inbox what became of a message, a few times if need be: what it is not told, it will have worked
// again.
func (s *shift) settle(c Claim, f Finding, cause error) error {
	var err error
	for _, pause := range []time.Duration{0, 200 * time.Millisecond, time.Second} {
		if pause > 0 && !s.wait(pause) {
			break
		}
		err = s.guarded(func() error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(s.work), inboxTimeout)
			defer cancel()
			return s.worker.Inbox.Finish(ctx, c, f)
		})
		if err == nil || errors.Is(err, ErrLeaseLost) {
			break
		}
		s.inboxFailed("finish", err)
	}
	switch {
	case err != nil:
		s.logOf(c).Warn("webhook message finished in vain", "state", string(f.State), "err", remark(err))
		return err
	case f.State == Dead:
		s.logOf(c).Error("webhook message given up", "why", f.Why)
	case f.State == Waiting && cause != nil:
		s.logOf(c).Warn("webhook message waits", "until", f.At, "why", f.Why)
	}
	if hook := s.worker.Hooks.Worked; hook != nil && (f.State != Waiting || cause != nil) {
		s.call(func() { hook(Worked{Letter: idOf(c), Attempt: c.Attempt, Finding: f, Err: cause}) })
	}
	return nil
}

// logOf is the log with the name of a message.
func (s *shift) logOf(c Claim) *slog.Logger {
	return s.log.With("source", c.Message.Source, "key", c.Message.Key.String(), "attempt", c.Attempt)
}

// wait waits, unless the shift is over. It reports whether it did.
func (s *shift) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.work.Done():
		return false
	}
}

func (s *shift) inboxFailed(op string, err error) {
	s.log.Error("webhook inbox failed", "op", op, "err", remark(err))
	if hook := s.worker.Hooks.InboxFailed; hook != nil {
		s.call(func() { hook(op, err) })
	}
}

// call runs a hook.
func (s *shift) call(hook func()) {
	_ = s.guarded(func() error { hook(); return nil })
}

// guarded runs code of the host. A panic is an error, its stack goes to the log.
func (s *shift) guarded(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			s.log.Error("webhook host code panicked", "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %s", remarkText(fmt.Sprint(value)))
		}
	}()
	return do()
}
