package webhooktest

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func finishClauses() []inboxClause {
	return []inboxClause{
		{name: "what is done is done", hold: func(b *box) { holdAtAnEnd(b, b.done()) }},
		{name: "what is dead is left alone", hold: func(b *box) { holdAtAnEnd(b, b.dead()) }},
		{name: "a finding for one leaves the others alone", hold: holdOthers},
		{name: "a stale claim changes nothing", hold: holdStale},
		{name: "a lease that merely ran out does no harm", hold: holdLateFinish},
		{name: "a claim ends with its finding", hold: holdFinishedTwice},
		{name: "done is done twice", hold: holdDoneTwice},
		{name: "what is not kept cannot be finished", hold: holdNeverKept},
		{name: "of a claim only source, key and fence count", hold: holdBareClaim},
	}
}

func holdAtAnEnd(b *box, f webhook.Finding) {
	b.put(b.message(1))
	b.finish(b.one(), f)
	for range 3 {
		b.none("though it is " + string(f.State))
		b.pass(1000 * time.Hour)
	}
}

func holdOthers(b *box) {
	for n := range 3 {
		b.put(b.message(n))
	}
	claims := b.all(3)
	b.finish(claims[1], b.done())
	b.finish(claims[2], b.wait(time.Hour))
	b.pass(lease)
	if c := b.one(); c.Message.Key != claims[0].Message.Key {
		b.Errorf("message %x is due, want the one without a finding", c.Message.Key[1])
	}
}

// lost finishes with a claim that has no say any more.
func (b *box) lost(c webhook.Claim, f webhook.Finding, why string) {
	b.Helper()
	if err := b.in.Finish(b.Context(), c, f); !errors.Is(err, webhook.ErrLeaseLost) {
		b.Errorf("Finish as %s with a claim %s: %v, want ErrLeaseLost", f.State, why, err)
	}
}

func holdStale(b *box) {
	b.put(b.message(1))
	stale := b.one()
	b.pass(lease)
	holder := b.one()
	for _, f := range []webhook.Finding{b.done(), b.dead(), b.wait(0)} {
		b.lost(stale, f, "that somebody else has taken over")
	}
	b.none("though somebody holds it")
	b.finish(holder, b.wait(0))
	b.lost(stale, b.done(), "from before the last one")
	if c := b.one(); c.Attempt != 3 {
		b.Errorf("the third claim is attempt %d", c.Attempt)
	}
}

func holdLateFinish(b *box) {
	b.put(b.message(1))
	c := b.one()
	b.pass(10 * lease)
	b.finish(c, b.done())
	b.none("though it was finished, late")
}

func holdFinishedTwice(b *box) {
	for n, f := range []webhook.Finding{b.wait(time.Hour), b.dead()} {
		b.put(b.message(n))
		c := b.one()
		b.finish(c, f)
		for _, again := range []webhook.Finding{b.wait(0), b.done(), b.dead()} {
			b.lost(c, again, "that was finished as "+string(f.State))
		}
		b.none("though it was told to wait, or is dead")
	}
	b.pass(time.Hour)
	b.one()
}

func holdDoneTwice(b *box) {
	b.put(b.message(1))
	c := b.one()
	b.finish(c, b.done())
	b.pass(time.Hour)
	for _, again := range []webhook.Finding{b.done(), b.wait(0), b.dead()} {
		b.finish(c, again)
		b.none("though it is done")
	}
	if _, ok := b.in.(webhook.Archive); ok {
		if l := b.letters(webhook.LetterFilter{}); len(l) != 1 || l[0].State != webhook.Done || !l[0].At.Equal(noon) || l[0].Why != "" {
			b.Errorf("a finding for what is done changed it: %d letters, the first %s since %v", len(l), l[0].State, l[0].At)
		}
	}
}

func holdNeverKept(b *box) {
	b.put(b.message(1))
	c := b.one()
	c.Message = b.message(2)
	b.lost(c, b.done(), "of a message that was never put")
	other := b.message(1)
	other.Source = "toys"
	c.Message = other
	b.lost(c, b.done(), "of another source's message")
	b.pass(lease)
	b.one()
}

func holdBareClaim(b *box) {
	b.put(b.message(1))
	c := b.one()
	b.finish(webhook.Claim{Message: webhook.Message{Source: c.Message.Source, Key: c.Message.Key}, Fence: c.Fence}, b.wait(0))
	b.same(b.one().Message, b.message(1))
}
