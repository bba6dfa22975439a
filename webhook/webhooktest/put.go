package webhooktest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

func putClauses() []inboxClause {
	return []inboxClause{
		{name: "a message is fresh once", hold: holdFreshOnce},
		{name: "a message is known wherever it stands", hold: holdKnown},
		{name: "a message that comes again changes nothing", hold: holdFirstCounts},
		{name: "sources do not share keys", hold: holdSources},
		{name: "of concurrent puts one is fresh", hold: holdConcurrentPuts},
		{name: "a message comes back whole", hold: holdWhole},
		{name: "empty and large bodies come back", hold: holdBodies},
		{name: "an ended context ends a call", hold: holdContexts},
	}
}

func holdFreshOnce(b *box) {
	b.put(b.message(1))
	b.duplicate(b.message(1), "waiting")
	b.put(b.message(2))
	b.all(2)
}

func holdKnown(b *box) {
	states := []string{"leased", "tried again", "done", "dead"}
	for n := range states {
		b.put(b.message(n))
		switch c := b.one(); states[n] {
		case "tried again":
			b.finish(c, b.wait(time.Hour))
		case "done":
			b.finish(c, b.done())
		case "dead":
			b.finish(c, b.dead())
		}
	}
	b.pass(time.Second)
	for n, state := range states {
		b.duplicate(b.message(n), state)
	}
	b.none("though one is leased, one waits, and the others are at their end")
}

func holdFirstCounts(b *box) {
	first := b.message(1)
	b.put(first)
	again := b.message(1)
	again.Body, again.KeyID, again.ReceivedAt = []byte("another"), "k2", b.now.Add(time.Hour)
	b.duplicate(again, "waiting")
	b.same(b.one().Message, b.message(1))
}

func holdSources(b *box) {
	one, other := b.message(1), b.message(1)
	other.Source = "toys"
	b.put(one)
	b.put(other)
	claims := b.all(2)
	if claims[0].Message.Source == claims[1].Message.Source {
		b.Fatal("one message of two sources is claimed twice")
	}
	b.finish(claims[0], b.done())
	b.finish(claims[1], b.wait(0))
	if c := b.one(); c.Message.Source != claims[1].Message.Source {
		b.Errorf("a finding for the one became that of the other")
	}
}

func holdConcurrentPuts(b *box) {
	const callers, messages = 16, 8
	for n := range messages {
		var fresh atomic.Int32
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if ok, err := b.in.Put(b.Context(), b.message(n)); err != nil {
					b.Errorf("Put: %v", err)
				} else if ok {
					fresh.Add(1)
				}
			})
		}
		wg.Wait()
		if fresh.Load() != 1 {
			b.Fatalf("of %d puts of one message %d were fresh", callers, fresh.Load())
		}
	}
	b.all(messages)
}

func holdWhole(b *box) {
	everything := make([]byte, 256)
	for i := range everything {
		everything[i] = byte(i)
	}
	full := b.message(1)
	full.Body, full.Encoding, full.KeyID = everything, "gzip", "2026년 키"
	full.Proof = tracking.ProofURL | tracking.ProofBody | tracking.ProofTime | tracking.ProofIdentity
	full.SentAt = time.Date(1999, 12, 31, 23, 59, 59, 999999000, time.UTC)
	for i := range full.Key {
		full.Key[i] = byte(255 - 7*i)
	}
	bare := webhook.Message{Source: "toy", Key: webhook.Digest{31: 1}, Body: []byte("x"), ReceivedAt: b.now}
	for _, m := range []webhook.Message{full, bare} {
		want := m
		want.Body = []byte(string(m.Body))
		b.put(m)
		c := b.one()
		b.same(c.Message, want)
		if m.SentAt.IsZero() != c.Message.SentAt.IsZero() {
			b.Errorf("nobody signed a time, and it came back as %v", c.Message.SentAt)
		}
		if c.Attempt != 1 {
			b.Errorf("the first attempt is number %d", c.Attempt)
		}
		b.finish(c, b.done())
	}
}

func holdBodies(b *box) {
	for n, size := range []int{0, 1, 1 << 20} {
		m := b.message(n)
		m.Body = make([]byte, size)
		for i := range m.Body {
			m.Body[i] = byte(i * 31)
		}
		want := m
		want.Body = []byte(string(m.Body))
		b.put(m)
		c := b.one()
		b.same(c.Message, want)
		b.finish(c, b.done())
	}
}

func holdContexts(b *box) {
	b.put(b.message(1))
	c := b.one()
	over := ended(b.T)
	check := func(what string, err error) {
		b.Helper()
		if !errors.Is(err, context.Canceled) {
			b.Errorf("%s with an ended context: %v", what, err)
		}
	}
	_, err := b.in.Put(over, b.message(2))
	check("Put", err)
	_, err = b.in.Claim(over, b.now, 1, lease)
	check("Claim", err)
	check("Finish", b.in.Finish(over, c, b.done()))
	b.finish(c, b.done())

	archive, ok := b.in.(webhook.Archive)
	if !ok {
		return
	}
	_, err = archive.Replay(over, b.now, id(b.message(1)))
	check("Replay", err)
	_, err = archive.Prune(over, b.now.Add(time.Hour))
	check("Prune", err)
	b.duplicate(b.message(1), "done")
	var told []string
	for l, err := range archive.Letters(over, webhook.LetterFilter{}) {
		if err == nil {
			told = append(told, fmt.Sprintf("a letter (%s)", l.State))
			continue
		}
		check("Letters", err)
		told = append(told, "the error")
	}
	if len(told) != 1 || told[0] != "the error" {
		b.Errorf("the letters of an ended context are %q, want the error once", told)
	}
}
