package webhook_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const (
	shopStep = 30 * time.Minute
	shopDays = 5 // until the last scan of every parcel is published, and what was delayed has come
)

// pass lets fake time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestEndToEnd lets the providers push about random parcels, with every lie and every failure of the host in between: in the
// end the pushes tell what polling tells, and at no moment did a lie.
func TestEndToEnd(t *testing.T) {
	const seeds = 12
	var all shopTally
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pass(time.Until(noon)) // a bubble begins in a year whose seconds have nine digits
				s := newShop(t, seed, 9)
				defer s.close()
				s.want()
				s.live(rand.New(rand.NewPCG(seed, 2)))
				s.settle()
				s.compare()
				all.add(s)
			})
		})
	}
	all.check(t)
}

// live lets days pass. All trouble is over on the last two, so that what was to come has come.
func (s *shop) live(random *rand.Rand) {
	s.t.Helper()
	s.troubled.Store(true)
	for step := range shopDays * 48 {
		if step == (shopDays-2)*48 {
			s.troubled.Store(false)
		}
		if s.troubled.Load() {
			s.disturb(random)
		}
		if step%8 == 0 {
			if err := s.manager.Pass(s.t.Context()); err != nil {
				s.t.Fatal(err)
			}
		}
		if _, err := s.pusher.Deliver(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		pass(shopStep)
		s.poll(shopStep)
	}
}

var lieKinds = []sandbox.LieKind{
	sandbox.Drop, sandbox.Duplicate, sandbox.Delay, sandbox.Reorder, sandbox.Forge, sandbox.Replay, sandbox.Tamper,
}

// disturb lets a push or two go wrong, and now and then the host's processes end.
func (s *shop) disturb(random *rand.Rand) {
	providers := []string{sandbox.DeliveryAPI, sandbox.SweetTrackerTrace, sandbox.TrackerDelivery, ""}
	if random.IntN(2) == 0 {
		lie := sandbox.Lie{
			Kind: lieKinds[random.IntN(len(lieKinds))], Provider: providers[random.IntN(len(providers))], Times: 1,
			By: time.Duration(1+random.IntN(300)) * time.Minute,
		}
		if lie.Kind == sandbox.Replay && random.IntN(2) == 0 {
			lie.By = time.Duration(1+random.IntN(280)) * time.Second // while the signature still counts
		}
		if lie.Kind == sandbox.Drop && random.IntN(3) > 0 {
			lie.Kind = sandbox.Reorder
		}
		s.pusher.Lie(lie)
	}
	switch random.IntN(24) {
	case 0:
		s.open()
	case 1, 2:
		s.end(random.IntN(2) == 0)
		s.start()
	}
}

// about names what a push is about, whatever became of it.
func about(p sandbox.Push) string {
	return fmt.Sprint(p.Provider, p.Event, p.Parcels, p.Due.UnixNano())
}

// observe is told of every push.
func (s *shop) observe(p sandbox.Push) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Event == "webhook.ping" {
		s.honest++ // it is signed, and stored like any other
		return
	}
	s.sent[about(p)] = p
	s.lies[p.Lie]++
	falsified := p.Lie == sandbox.Forge || p.Lie == sandbox.Tamper
	switch {
	case p.Lie == sandbox.Forge && p.Accepted:
		s.t.Errorf("seed %d: a forged push of %s was answered %d", s.seed, p.Provider, p.Status)
	case falsified && p.Provider == sandbox.DeliveryAPI:
		s.refused++
		if p.Status != 401 {
			s.t.Errorf("seed %d: a push of deliveryapi with a lie of kind %s was answered %d", s.seed, p.Lie, p.Status)
		}
	case p.Accepted && !falsified && p.Lie != sandbox.Drop:
		s.reached[about(p)] = true
		if p.Provider == sandbox.DeliveryAPI {
			s.honest++
		}
	}
}

// learn adds what was observed to what is known, and holds the two against each other and the world.
func (s *shop) learn(o tracking.Observation) {
	p := s.parcel(o.Parcel.Courier, o.Parcel.Number)
	if p == nil {
		s.t.Errorf("seed %d: %s told of a parcel that is not the host's", s.seed, o.Carrier)
		return
	}
	add(p.pushed, o.Carrier, o.Parcel)
	s.judge(p, o.Carrier, *p.pushed[o.Carrier])
	s.judge(p, "", joint(p.pushed))
}

// judge derives a state anew and says what must not be.
func (s *shop) judge(p *shopParcel, carrier string, e tracking.Evidence) {
	c := tracking.Context{Since: s.begin}
	before, known := p.states[carrier]
	after := tracking.Derive(e, c)
	p.states[carrier] = after
	if turned := tracking.Derive(shuffled(e, rand.New(rand.NewPCG(s.seed, uint64(len(e.Events))))), c); turned != after {
		s.t.Errorf("seed %d: %s: in the order of arrival %+v, in another order %+v", s.seed, p.Number, after, turned)
	}
	if after.Status == tracking.StatusDelivered && !p.published(tracking.StatusDelivered) {
		s.t.Errorf("seed %d: %s counts as delivered at %q, and is not", s.seed, p.Number, carrier)
	}
	if known && backwards(before, after) && !troubled(e) {
		s.t.Errorf("seed %d: %s went from %v to %v at %q without any trouble on its way", s.seed, p.Number, before.Status, after.Status, carrier)
	}
	if known && before.Status == tracking.StatusDelivered && after.Status != tracking.StatusDelivered && !p.published(tracking.StatusReturned) {
		s.t.Errorf("seed %d: %s was delivered and is %v", s.seed, p.Number, after.Status)
	}
}

// backwards reports whether a status fell on the way from PENDING to DELIVERED.
func backwards(before, after tracking.State) bool {
	ranked := func(s tracking.Status) bool {
		return s >= tracking.StatusPending && s <= tracking.StatusDelivered
	}
	return ranked(before.Status) && (ranked(after.Status) && after.Status < before.Status || after.Status == tracking.StatusUnknown)
}

// troubled reports whether anything was seen that lets a parcel go back: it failed, was held, returned or cancelled.
func troubled(e tracking.Evidence) bool {
	trouble := func(s tracking.Status) bool { return s >= tracking.StatusFailed }
	return slices.ContainsFunc(e.Events, func(e tracking.Event) bool { return trouble(e.Status) }) ||
		slices.ContainsFunc(e.Verdicts, func(v tracking.Verdict) bool { return trouble(v.Status) })
}

// published reports whether the courier has published a scan that truly means so, by now.
func (p *shopParcel) published(status tracking.Status) bool {
	return slices.ContainsFunc(p.Scans, func(s sandbox.Scan) bool {
		return s.Status == status && !time.Now().Before(publication(s))
	})
}

func publication(s sandbox.Scan) time.Time {
	if s.Published.IsZero() {
		return s.At
	}
	return s.Published
}

func add(evidence map[string]*tracking.Evidence, carrier string, p tracking.Parcel) {
	if evidence[carrier] == nil {
		evidence[carrier] = &tracking.Evidence{}
	}
	e := evidence[carrier]
	e.Events, e.Verdicts = append(e.Events, p.Events...), append(e.Verdicts, p.Verdicts...)
}

// joint is the evidence of all carriers.
func joint(by map[string]*tracking.Evidence) (all tracking.Evidence) {
	for _, carrier := range []string{"deliveryapi", "sweettracker", "trackerdelivery"} {
		if e := by[carrier]; e != nil {
			all.Events, all.Verdicts = append(all.Events, e.Events...), append(all.Verdicts, e.Verdicts...)
		}
	}
	return all
}

func shuffled(e tracking.Evidence, random *rand.Rand) tracking.Evidence {
	e.Events, e.Verdicts = slices.Clone(e.Events), slices.Clone(e.Verdicts)
	random.Shuffle(len(e.Events), func(i, j int) { e.Events[i], e.Events[j] = e.Events[j], e.Events[i] })
	random.Shuffle(len(e.Verdicts), func(i, j int) { e.Verdicts[i], e.Verdicts[j] = e.Verdicts[j], e.Verdicts[i] })
	return e
}

// poll asks every provider about the parcels of which something appeared or vanished lately, into evidence of its own.
func (s *shop) poll(lately time.Duration) {
	s.t.Helper()
	now := time.Now()
	recent := func(at time.Time) bool { return !at.IsZero() && at.After(now.Add(-lately)) && !at.After(now) }
	for _, p := range s.parcels {
		if slices.ContainsFunc(p.Scans, func(scan sandbox.Scan) bool { return recent(publication(scan)) || recent(scan.Withdrawn) }) {
			s.pollOne(p, func(carrier string, parcel tracking.Parcel) {
				add(p.polled, carrier, parcel)
				delete(p.now, carrier)
				add(p.now, carrier, parcel)
			})
		}
	}
}

func (s *shop) pollOne(p *shopParcel, take func(carrier string, p tracking.Parcel)) {
	s.t.Helper()
	for _, c := range s.carriers {
		results, err := c.Query(s.t.Context(), []tracking.Query{{Courier: p.Courier, Number: p.Number, Since: s.begin}})
		if err != nil {
			s.t.Fatal(err)
		}
		if results[0].Err != nil {
			s.t.Fatalf("seed %d: %s: %v", s.seed, c.Name(), results[0].Err)
		}
		take(c.Name(), *results[0].Parcel)
	}
}

// settle works what was given up, and asks about the parcels of pushes of which no honest one was accepted.
func (s *shop) settle() {
	s.t.Helper()
	replayDead(s.t, &webhook.Worker{Inbox: s.inbox})
	pass(time.Hour)
	for l, err := range s.inbox.Letters(s.t.Context(), webhook.LetterFilter{}) {
		if err != nil || l.State != webhook.Done {
			s.t.Errorf("seed %d: in the end a message of %s is %s: %s", s.seed, l.Message.Source, l.State, l.Why)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	type piece struct{ number, carrier string }
	lost := map[piece]bool{}
	for what, push := range s.sent {
		for _, number := range push.Parcels {
			lost[piece{number, carrierOf[push.Provider]}] = lost[piece{number, carrierOf[push.Provider]}] || !s.reached[what]
		}
	}
	for _, p := range s.parcels {
		s.pollOne(p, func(carrier string, parcel tracking.Parcel) {
			if lost[piece{p.Number, carrier}] {
				add(p.pushed, carrier, parcel)
			}
		})
	}
}

// carrierOf is what a carrier calls itself whose provider the sandbox calls otherwise.
var carrierOf = map[string]string{
	sandbox.DeliveryAPI: "deliveryapi", sandbox.SweetTrackerTrace: "sweettracker", sandbox.TrackerDelivery: "trackerdelivery",
}

// compare holds what the pushes told against what polling told. Of a scan that was withdrawn meanwhile, a poll may have
// seen more than a push that came late, or than an answer that was asked for late.
func (s *shop) compare() {
	s.t.Helper()
	c := tracking.Context{Since: s.begin}
	for _, p := range s.parcels {
		for _, carrier := range []string{"deliveryapi", "sweettracker", "trackerdelivery", ""} {
			of := func(by map[string]*tracking.Evidence) tracking.State {
				if carrier == "" {
					return tracking.Derive(joint(by), c)
				}
				if by[carrier] == nil {
					return tracking.State{}
				}
				return tracking.Derive(*by[carrier], c)
			}
			pushed, polled, last := of(p.pushed), of(p.polled), of(p.now)
			if same(carrier, pushed, polled) || p.withdrawn && same(carrier, pushed, last) {
				continue
			}
			s.t.Errorf("seed %d: %s %s at %q: pushed %+v, polled %+v", s.seed, p.Courier, p.Number, cmp.Or(carrier, "all"), pushed, polled)
		}
	}
}

// same compares states. deliveryapi pushes only when its summary changes, so of what lies between it may not have told.
func same(carrier string, a, b tracking.State) bool {
	if a.Status != b.Status || !a.DeliveredAt.Equal(b.DeliveredAt) {
		return false
	}
	return carrier == "deliveryapi" || a.Sub == b.Sub && a.Reason == b.Reason
}

// A shopTally counts what went on: where nothing went wrong, nothing is proved.
type shopTally struct {
	lies                                    map[sandbox.LieKind]int
	sent, lost, effects, repeats, falsified int
}

func (c *shopTally) add(s *shop) {
	if c.lies == nil {
		c.lies = map[sandbox.LieKind]int{}
	}
	for kind, n := range s.lies {
		c.lies[kind] += n
	}
	c.sent, c.lost = c.sent+len(s.sent), c.lost+len(s.sent)-len(s.reached)
	c.effects, c.repeats, c.falsified = c.effects+len(s.effects), c.repeats+s.repeats, c.falsified+s.refused
	if s.stored["deliveryapi"] != s.honest {
		s.t.Errorf("seed %d: %d pushes of deliveryapi were taken in, %d of them are honest", s.seed, s.stored["deliveryapi"], s.honest)
	}
}

func (c *shopTally) check(t *testing.T) {
	t.Helper()
	for _, kind := range lieKinds {
		if c.lies[kind] == 0 {
			t.Errorf("nobody lied by %s", kind)
		}
	}
	if c.lost == 0 || c.lost > c.sent/10 || c.repeats == 0 || c.falsified == 0 || c.effects < c.sent/2 {
		t.Errorf("%d pushes, %d lost, %d effects, %d deliveries repeated, %d falsified pushes of deliveryapi: this proves nothing",
			c.sent, c.lost, c.effects, c.repeats, c.falsified)
	}
}
