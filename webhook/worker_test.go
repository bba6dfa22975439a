package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

func TestFactsAreDelivered(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		id := b.push(t, "fact 1 2")
		start()
		b.pass(0)
		if len(b.deliveries) != 1 {
			t.Fatalf("%d deliveries", len(b.deliveries))
		}
		d := b.deliveries[0]
		if d.Key != "toy:"+id.Key.String() || d.Letters[0] != id || d.Source != "toy" || d.Event != "moved" || d.Attempt != 1 || len(d.Observations) != 2 {
			t.Errorf("%+v", d)
		}
		for _, o := range d.Observations {
			if o.Door != tracking.DoorPush || o.Kind != tracking.KindFact || o.Proof != tracking.ProofBody || o.Carrier != "toy" ||
				!o.SeenAt.Equal(d.At) || !o.Parcel.RetrievedAt.Equal(d.At) || o.Parcel.Status != tracking.StatusInTransit {
				t.Errorf("%+v", o)
			}
		}
		if l := b.letters(t)[0]; l.State != webhook.Done {
			t.Errorf("the message is %s", l.State)
		}
	})
}

func TestWakeIsHeardAtOnceAndPollWithoutIt(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Poll = 0
		start()
		b.pass(300 * time.Millisecond)
		b.push(t, "fact 1")
		b.pass(0)
		if len(b.deliveries) != 1 {
			t.Fatal("Wake was not heard")
		}
		m := webhook.Message{Source: "toy", Key: webhook.Digest{9}, Body: []byte("fact 2"), ReceivedAt: time.Now()}
		b.inbox.Put(t.Context(), m)
		b.pass(time.Second)
		if len(b.deliveries) != 2 {
			t.Error("the inbox was not polled")
		}
	})
}

func TestDeliverFailures(t *testing.T) {
	for name, fail := range map[string]func(ctx context.Context) error{
		"error":   func(context.Context) error { return errors.New("no database") },
		"panic":   func(context.Context) error { panic("no database") },
		"timeout": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			onBench(t, func(t *testing.T, b *bench, start func() func()) {
				b.Timeout = time.Second
				b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
					b.deliver(ctx, d)
					return fail(ctx)
				}
				id := b.push(t, "fact 1")
				start()
				b.pass(3 * time.Hour)
				if len(b.deliveries) != 10 {
					t.Fatalf("%d attempts at %v", len(b.deliveries), b.times)
				}
				waits := []time.Duration{1, 4, 16, 64, 256, 1024, 1800, 1800, 1800}
				for i, want := range waits {
					gap := b.times[i+1] - b.times[i]
					if name == "timeout" {
						gap -= time.Second
					}
					if gap != want*time.Second {
						t.Errorf("wait %d was %v, want %d s", i+1, gap, want)
					}
					if b.deliveries[i].Key != b.deliveries[i+1].Key || b.deliveries[i+1].Attempt != i+2 {
						t.Errorf("attempt %d has another key, or the number %d", i+2, b.deliveries[i+1].Attempt)
					}
				}
				if l := b.letters(t)[0]; l.State != webhook.Dead || l.Why == "" || len(l.Message.Body) == 0 {
					t.Errorf("%s, %q", l.State, l.Why)
				}
				if last := b.worked[len(b.worked)-1]; last.Letter != id || last.Finding.State != webhook.Dead || last.Err == nil {
					t.Errorf("the hook heard %+v", last)
				}
			})
		})
	}
}

func TestOnePoisonHarmsItselfOnly(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		for _, body := range []string{"panics", "fails", "malformed", "fact 1", "unmatched", "fact 2"} {
			b.push(t, body)
		}
		start()
		b.pass(time.Millisecond)
		if len(b.deliveries) != 2 {
			t.Errorf("%d deliveries, want both facts at once", len(b.deliveries))
		}
		b.pass(3 * time.Hour)
		for i, want := range []webhook.State{webhook.Dead, webhook.Dead, webhook.Dead, webhook.Done, webhook.Waiting, webhook.Done} {
			if l := b.letters(t)[i]; l.State != want {
				t.Errorf("%s is %s", l.Message.Body, l.State)
			}
		}
	})
}

func TestReasonsHideWhatHostsSay(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		var log bytes.Buffer
		b.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		b.Deliver = func(context.Context, webhook.Delivery) error {
			return errors.New("수취인 010-1234-5678, parcel 550000001234:\nno row")
		}
		b.push(t, "fact 1")
		b.push(t, "fails")
		start()
		b.pass(time.Millisecond)
		for _, l := range b.letters(t) {
			if l.Why == "" || strings.Contains(l.Why, "1234-5678") || strings.Contains(l.Why, "550000001234") || strings.Contains(l.Why, "\n") {
				t.Errorf("the reason is %q", l.Why)
			}
		}
		b.pass(3 * time.Hour)
		if text := log.String(); !strings.Contains(text, "given up") || strings.Contains(text, "1234-5678") || strings.Contains(text, "550000001234") {
			t.Errorf("the log: %s", text)
		}
	})
}

func TestUnmatchedIsTriedForDays(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.push(t, "unmatched")
		start()
		b.pass(time.Minute)
		if reads := b.toy.reads; reads < 5 || reads > 15 {
			t.Errorf("%d looks in the first minute", reads)
		}
		b.pass(7*24*time.Hour - 2*time.Hour)
		if l := b.letters(t)[0]; l.State != webhook.Waiting || l.Attempt != 0 {
			t.Fatalf("%s after %d counted attempts", l.State, l.Attempt)
		}
		b.pass(3 * time.Hour)
		l := b.letters(t)[0]
		if l.State != webhook.Dead || !strings.Contains(l.Why, "unmatched") {
			t.Fatalf("%s, %q", l.State, l.Why)
		}
		if reads := b.toy.reads; reads > 250 {
			t.Errorf("%d looks in a week", reads)
		}
	})
}

func TestUnmatchedIsDeliveredWhenMatched(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.push(t, "unmatched")
		start()
		b.pass(time.Minute)
		b.toy.mu.Lock()
		b.toy.match = true
		b.toy.mu.Unlock()
		b.pass(time.Minute)
		if len(b.deliveries) != 1 || b.deliveries[0].Attempt != 1 {
			t.Errorf("%+v", b.deliveries)
		}
	})
}

func TestUnknownSourceWaits(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Sources = nil
		b.push(t, "fact 1")
		stop := start()
		b.pass(24 * time.Hour)
		if l := b.letters(t)[0]; l.State != webhook.Waiting || l.Attempt != 0 || l.Why == "" {
			t.Fatalf("%s, %d, %q", l.State, l.Attempt, l.Why)
		}
		stop()
		b.Sources = []webhook.Source{b.toy}
		start()
		b.pass(time.Hour)
		if len(b.deliveries) != 1 {
			t.Error("the message was lost with its source")
		}
	})
}

func TestOtherReadings(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.push(t, "ignored")
		b.push(t, "closed 17")
		b.push(t, "broken")
		start()
		b.pass(0)
		if l := b.letters(t)[0]; l.State != webhook.Done || l.Why != "an event that nobody knows" {
			t.Errorf("ignored: %s, %q", l.State, l.Why)
		}
		ended, faults := 0, 0
		for _, d := range b.deliveries {
			ended, faults = ended+len(d.Ended), faults+len(d.Faults)
		}
		if len(b.deliveries) != 2 || ended != 1 || faults != 1 {
			t.Errorf("%+v", b.deliveries)
		}
	})
}

func TestPolicies(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		trust := map[string]webhook.Trust{"toy": webhook.Ask, "strange": webhook.Refuse}
		b.Sources = append(b.Sources, &toy{name: "strange"})
		b.Policy = func(source string, proof tracking.Proof) webhook.Trust {
			if proof != tracking.ProofBody {
				t.Errorf("the policy was told of proof %v", proof)
			}
			return trust[source]
		}
		b.Ask = b.ask
		b.push(t, "fact 1")
		m := webhook.Message{Source: "strange", Body: []byte("fact 2"), Proof: tracking.ProofBody, ReceivedAt: time.Now()}
		b.inbox.Put(t.Context(), m)
		start()
		b.pass(time.Minute)
		if len(b.deliveries) != 1 || b.deliveries[0].Observations[0].Door != tracking.DoorPoll || !slices.Equal(b.asks, []string{"1"}) {
			t.Errorf("asked for %v, delivered %+v", b.asks, b.deliveries)
		}
		if l := b.letters(t)[1]; l.State != webhook.Dead || !strings.Contains(l.Why, "refused") {
			t.Errorf("refused: %s, %q", l.State, l.Why)
		}
	})
}

func TestFactsUnderAskWithoutAsk(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Policy = func(string, tracking.Proof) webhook.Trust { return webhook.Ask }
		b.push(t, "fact 1")
		start()
		b.pass(0)
		if len(b.deliveries) != 1 {
			t.Fatal("not delivered")
		}
		if o := b.deliveries[0].Observations[0]; o.Kind != tracking.KindHint || o.Parcel.Number != "1" || o.Parcel.Status != 0 || o.Door != tracking.DoorPush {
			t.Errorf("%+v", o)
		}
	})
}

func TestReplay(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		broken := true
		b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
			b.deliver(ctx, d)
			if broken {
				return webhook.ErrMalformed
			}
			return nil
		}
		id := b.push(t, "fact 1")
		start()
		b.pass(time.Second)
		var dead []webhook.LetterID
		for l, err := range b.DeadLetters(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			dead = append(dead, webhook.LetterID{Source: l.Message.Source, Key: l.Message.Key})
		}
		if !slices.Equal(dead, []webhook.LetterID{id}) {
			t.Fatalf("dead: %v", dead)
		}
		broken = false
		if n, err := b.Replay(t.Context(), dead...); n != 1 || err != nil {
			t.Fatalf("replayed %d, %v", n, err)
		}
		b.pass(0)
		if len(b.deliveries) != 2 || b.deliveries[0].Key != b.deliveries[1].Key || b.deliveries[1].Attempt != 1 {
			t.Errorf("%+v", b.deliveries)
		}
	})
}

func TestNoArchive(t *testing.T) {
	w := webhook.Worker{Inbox: struct{ webhook.Inbox }{webhook.NewMemoryInbox()}}
	if _, err := w.Replay(t.Context()); !errors.Is(err, webhook.ErrNoArchive) {
		t.Errorf("Replay: %v", err)
	}
	for _, err := range w.DeadLetters(t.Context()) {
		if !errors.Is(err, webhook.ErrNoArchive) {
			t.Errorf("DeadLetters: %v", err)
		}
		return
	}
	t.Error("DeadLetters says nothing")
}

func TestPruneRunsInside(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.KeepDone = 24 * time.Hour
		b.push(t, "fact 1")
		b.push(t, "malformed")
		start()
		b.pass(23 * time.Hour)
		if n := len(b.letters(t)); n != 2 {
			t.Errorf("%d letters after 23 hours", n)
		}
		b.pass(3 * time.Hour)
		if left := b.letters(t); len(left) != 1 || left[0].State != webhook.Dead {
			t.Errorf("%d letters after 26 hours", len(left))
		}
	})
}

func TestConfigurationIsChecked(t *testing.T) {
	deliver := func(context.Context, webhook.Delivery) error { return nil }
	good := func() *webhook.Worker { return &webhook.Worker{Inbox: webhook.NewMemoryInbox(), Deliver: deliver} }
	if err := good().Validate(); err != nil {
		t.Errorf("the smallest worker: %v", err)
	}
	for name, spoil := range map[string]func(*webhook.Worker){
		"no inbox":       func(w *webhook.Worker) { w.Inbox = nil },
		"no deliver":     func(w *webhook.Worker) { w.Deliver = nil },
		"nil source":     func(w *webhook.Worker) { w.Sources = []webhook.Source{nil} },
		"nameless":       func(w *webhook.Worker) { w.Sources = []webhook.Source{&toy{}} },
		"two of a name":  func(w *webhook.Worker) { w.Sources = []webhook.Source{&toy{name: "a"}, &toy{name: "a"}} },
		"faulty source":  func(w *webhook.Worker) { w.Sources = []webhook.Source{faulty{&toy{name: "a"}}} },
		"short lease":    func(w *webhook.Worker) { w.Lease = 50 * time.Second },
		"negative":       func(w *webhook.Worker) { w.Concurrency = -1 },
		"negative poll":  func(w *webhook.Worker) { w.Poll = -1 },
		"negative grace": func(w *webhook.Worker) { w.Grace = -1 },
	} {
		w := good()
		spoil(w)
		if err := w.Run(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type faulty struct{ *toy }

func (faulty) Validate() error { return errors.New("no key") }

func TestRunTwice(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Wake() // before Run
		stop := start()
		if err := b.Run(t.Context()); err == nil {
			t.Error("it runs twice at a time")
		}
		stop()
		b.Wake() // after Run
		b.push(t, "fact 1")
		start()
		b.pass(0)
		if len(b.deliveries) != 1 {
			t.Error("it does not run again")
		}
	})
}
