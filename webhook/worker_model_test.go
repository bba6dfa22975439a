package webhook_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// pushedScan is the body of a push of the model: a scan, or with Hint only the name of a parcel.
type pushedScan struct {
	Number string
	Hint   bool            `json:",omitempty"`
	Scan   *tracking.Event `json:",omitempty"`
	Serial int             // tells pushes of equal content apart
}

// scans is a source that reads such bodies.
type scans struct{ *toy }

func (scans) Name() string { return "scans" }
func (scans) Read(_ context.Context, m webhook.Message) (webhook.Reading, error) {
	var p pushedScan
	if err := json.Unmarshal(m.Body, &p); err != nil {
		return webhook.Reading{}, webhook.ErrMalformed
	}
	if p.Hint {
		return webhook.Reading{Hints: []tracking.Query{{Courier: "truckers", Number: p.Number}}}, nil
	}
	parcel := tracking.Parcel{
		Courier: "truckers", Number: p.Number, Source: "truck-net", RetrievedAt: m.ReceivedAt, Events: []tracking.Event{*p.Scan},
	}
	parcel.Settle(tracking.Context{})
	return webhook.Reading{Parcels: []tracking.Parcel{parcel}}, nil
}

// stations are what happens to a parcel of the model, each further than the one before.
var stations = []tracking.Status{
	tracking.StatusRegistered, tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered,
}

// world is a host with a database, and a provider that tells it things, in disorder.
type world struct {
	t     *testing.T
	dice  *rand.Rand
	inbox *webhook.MemoryInbox
	now   time.Time // when the provider's parcels began

	mu       sync.Mutex
	calm     bool // nothing fails any more
	effects  map[string]int
	settled  map[webhook.LetterID]bool // hints that an answer took effect for
	evidence map[string]*tracking.Evidence
	furthest map[string]int
	put      []webhook.LetterID
	pushes   []pushedScan
	serial   int
	life     *life
	lives    sync.WaitGroup
	crashes  int
	trouble  int
}

// A life is one process: a worker, and whether it was killed. What is dead writes nothing.
type life struct {
	*world
	worker *webhook.Worker
	cancel context.CancelFunc
	dead   bool
}

// Put, Claim and Finish are those of the inbox, as long as the process lives.
func (l *life) Put(ctx context.Context, m webhook.Message) (bool, error) { return l.inbox.Put(ctx, m) }

func (l *life) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
	if err := l.alive(0.02); err != nil {
		return nil, err
	}
	return l.inbox.Claim(ctx, now, limit, lease)
}

func (l *life) Finish(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
	if err := l.alive(0.05); err != nil {
		return err
	}
	return l.inbox.Finish(ctx, c, f)
}

// alive fails in a process that was killed, and otherwise now and then.
func (l *life) alive(chance float64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return errors.New("killed")
	}
	if l.luck(chance) {
		return errors.New("the database is away")
	}
	return nil
}

// luck is true by chance, as long as the world is not calm. The caller holds the lock.
func (w *world) luck(chance float64) bool {
	if w.calm || w.dice.Float64() >= chance {
		return false
	}
	w.trouble++
	return true
}

// deliver takes an effect once by key, in one step with the key, and fails before or after it in every way there is.
func (l *life) deliver(ctx context.Context, d webhook.Delivery) error {
	l.mu.Lock()
	before, after := l.luck(0.15), l.luck(0.1)
	way := l.dice.IntN(4)
	l.mu.Unlock()
	fail := func() error {
		switch way {
		case 0:
			return errors.New("deadlock")
		case 1:
			panic("nil map")
		case 2:
			runtime.Goexit()
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if before {
		return fail()
	}
	l.take(d)
	if after {
		return fail()
	}
	return nil
}

func (l *life) take(d webhook.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead || l.effects[d.Key] > 0 {
		return
	}
	l.effects[d.Key]++
	for _, id := range d.Letters {
		if d.Observations[0].Door == tracking.DoorPoll {
			l.settled[id] = true
		}
	}
	for _, o := range d.Observations {
		number := o.Parcel.Number
		e := l.evidence[number]
		if e == nil {
			e = &tracking.Evidence{}
			l.evidence[number] = e
		}
		e.Events = append(e.Events, o.Parcel.Events...)
		rank := slices.Index(stations, tracking.Derive(*e, tracking.Context{}).Status)
		if rank < l.furthest[number] {
			l.t.Errorf("parcel %s went back from %v to %v", number, stations[l.furthest[number]], stations[max(rank, 0)])
		}
		l.furthest[number] = max(rank, l.furthest[number])
	}
}

// ask answers with everything that happened to the parcel, or fails.
func (l *life) ask(_ context.Context, q tracking.Query) (*tracking.Parcel, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.luck(0.2) {
		return nil, &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.Retry(l.dice.IntN(4)), Wait: time.Minute}
	}
	return l.truth(q.Number), nil
}

// truth is the whole history of a parcel.
func (w *world) truth(number string) *tracking.Parcel {
	p := &tracking.Parcel{Courier: "truckers", Number: number, Source: "truck-net", RetrievedAt: time.Now()}
	for i := range stations {
		p.Events = append(p.Events, w.scan(number, i))
	}
	p.Settle(tracking.Context{})
	return p
}

func (w *world) scan(number string, i int) tracking.Event {
	return tracking.Event{
		At: w.now.Add(time.Duration(i)*time.Hour + time.Duration(len(number))*time.Minute), Status: stations[i],
		Text: fmt.Sprint("step ", i), Place: "hub",
	}
}

// push stores something: a scan, in any order, one that contradicts the others, a hint, or something that was pushed
// before, as the same message or as another one.
func (w *world) push() {
	number := fmt.Sprint(1 + w.dice.IntN(4))
	p := pushedScan{Number: number}
	switch w.dice.IntN(10) {
	case 0, 1, 2:
		p.Hint = true
	case 3: // it is behind where it was before, says a scan of the newest date
		scan := w.scan(number, w.dice.IntN(2))
		scan.At, scan.Text = w.now.Add(48*time.Hour), "late: "+scan.Text
		p.Scan = &scan
	case 4, 5:
		if len(w.pushes) > 0 {
			p = w.pushes[w.dice.IntN(len(w.pushes))]
		}
	}
	if p.Scan == nil && !p.Hint {
		scan := w.scan(number, w.dice.IntN(len(stations)))
		p.Scan = &scan
	}
	if p.Serial == 0 || w.dice.IntN(2) == 0 { // else it is the same message again
		w.serial++
		p.Serial = w.serial
	}
	w.pushes = append(w.pushes, p)
	body, err := json.Marshal(p)
	if err != nil {
		w.t.Fatal(err)
	}
	m := webhook.Message{Source: "scans", Key: sha256.Sum256(body), Body: body, Proof: tracking.ProofBody, ReceivedAt: time.Now()}
	fresh, err := w.inbox.Put(w.t.Context(), m)
	if err != nil {
		w.t.Fatal(err)
	}
	if fresh {
		w.put = append(w.put, webhook.LetterID{Source: m.Source, Key: m.Key})
	}
	w.life.worker.Wake()
}

// start begins a life.
func (w *world) start() {
	l := &life{world: w}
	l.worker = &webhook.Worker{
		Inbox: l, Sources: []webhook.Source{scans{&toy{}}}, Deliver: l.deliver, Ask: l.ask, Attempts: 10_000,
		Poll: 10 * time.Second,
	}
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(context.Background())
	w.lives.Go(func() {
		if err := l.worker.Run(ctx); err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.mu.Lock()
	w.life = l
	w.mu.Unlock()
}

// end ends a life, by a kill or in order. Its successor may begin before it is gone.
func (w *world) end(kill bool) {
	w.mu.Lock()
	l := w.life
	l.dead = kill
	w.mu.Unlock()
	l.cancel()
	w.crashes++
}

// TestEverythingTakesEffectOnce: pushes in disorder, failures of every kind, kills and restarts over one inbox. In the end
// every message that was stored took effect exactly once, and every parcel is where its evidence puts it, whatever came
// when.
func TestEverythingTakesEffectOnce(t *testing.T) {
	seeds := 25
	if testing.Short() {
		seeds = 10
	}
	crashes, trouble, effects := 0, 0, 0
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			w := runWorld(t, uint64(seed))
			crashes, trouble, effects = crashes+w.crashes, trouble+w.trouble, effects+len(w.effects)
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d worlds, %d ends of a process, %d failures, %d effects", seeds, crashes, trouble, effects)
	if crashes < seeds || trouble < 20*seeds || effects < 20*seeds {
		t.Errorf("%d ends, %d failures and %d effects in %d worlds prove little", crashes, trouble, effects, seeds)
	}
}

func runWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, dice: rand.New(rand.NewPCG(seed, 7)), inbox: webhook.NewMemoryInbox(), now: time.Now().Add(-24 * time.Hour),
		effects: map[string]int{}, settled: map[webhook.LetterID]bool{}, evidence: map[string]*tracking.Evidence{}, furthest: map[string]int{},
	}
	w.start()
	for range 120 {
		w.mu.Lock()
		step, pause := w.dice.IntN(30), time.Duration(w.dice.ExpFloat64()*float64(5*time.Second))
		w.mu.Unlock()
		switch step {
		case 0:
			w.end(true)
			w.start()
		case 1:
			w.end(false)
			w.start()
		default:
			w.mu.Lock()
			w.push()
			w.mu.Unlock()
		}
		time.Sleep(pause)
	}
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	time.Sleep(3 * time.Hour)
	w.end(false)
	w.lives.Wait()
	w.check()
	return w
}

func (w *world) check() {
	for l, err := range w.inbox.Letters(w.t.Context(), webhook.LetterFilter{}) {
		if err != nil || l.State != webhook.Done {
			w.t.Errorf("a message is %s after %d attempts: %s", l.State, l.Attempt, l.Why)
		}
	}
	for key, n := range w.effects {
		if n != 1 {
			w.t.Errorf("the effect %s happened %d times", key, n)
		}
	}
	for _, id := range w.put {
		if w.effects[id.Source+":"+id.Key.String()] == 0 && !w.settled[id] {
			w.t.Errorf("a message took no effect")
		}
	}
	hinted, told := map[string]bool{}, map[string]*tracking.Evidence{}
	for _, p := range w.pushes {
		if told[p.Number] == nil {
			told[p.Number] = &tracking.Evidence{}
		}
		if p.Hint {
			hinted[p.Number] = true
			continue
		}
		scan := *p.Scan
		scan.Carrier, scan.AnswerAt = "truck-net", w.now
		told[p.Number].Events = append(told[p.Number].Events, scan)
	}
	for number := range maps.Keys(told) {
		if hinted[number] {
			told[number].Events = append(told[number].Events, w.truth(number).Events...)
		}
		want := tracking.Derive(*told[number], tracking.Context{})
		got := tracking.Derive(*w.evidence[number], tracking.Context{})
		if got.Status != want.Status || !got.DeliveredAt.Equal(want.DeliveredAt) {
			w.t.Errorf("parcel %s is %v (%v), want %v (%v)", number, got.Status, got.DeliveredAt, want.Status, want.DeliveredAt)
		}
	}
}
