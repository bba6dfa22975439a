package webhooktest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func archiveClauses() []inboxClause {
	return []inboxClause{
		{name: "letters are listed as they came", archive: true, hold: holdLetters},
		{name: "letters say where they stand", archive: true, hold: holdStanding},
		{name: "letters are chosen by source and state", archive: true, hold: holdFilter},
		{name: "a listing can be left", archive: true, hold: holdBreak},
		{name: "a dead letter is replayed from the beginning", archive: true, hold: holdReplay},
		{name: "only what is at its end is replayed", archive: true, hold: holdReplayOthers},
		{name: "what is done is replayed whole or not at all", archive: true, hold: holdReplayDone},
		{name: "an old claim does not reach a replay", archive: true, hold: holdReplayFence},
		{name: "what was done before a time is forgotten", archive: true, hold: holdPrune},
		{name: "nothing else is forgotten", archive: true, hold: holdPruneOthers},
	}
}

func reopenClauses() []inboxClause {
	return []inboxClause{
		{name: "what was put survives", reopen: true, hold: holdSurvival},
		{name: "leases and attempts survive", reopen: true, hold: holdLeaseSurvival},
	}
}

func holdLetters(b *box) {
	for _, n := range []int{5, 3, 9, 1} {
		b.put(b.message(n))
		b.pass(time.Minute)
	}
	b.finish(b.all(4)[1], b.done())
	var got []byte
	for _, l := range b.letters(webhook.LetterFilter{}) {
		got = append(got, l.Message.Key[1])
	}
	if !bytes.Equal(got, []byte{5, 3, 9, 1}) {
		b.Errorf("listed %v, put 5, 3, 9, 1", got)
	}
}

func holdStanding(b *box) {
	for n := range 4 {
		b.put(b.message(n))
	}
	claims := b.all(4)
	b.put(b.message(4)) // is never claimed
	b.finish(claims[1], b.wait(time.Hour))
	b.finish(claims[2], b.done())
	b.finish(claims[3], b.dead())
	letters := b.letters(webhook.LetterFilter{})
	if len(letters) != 5 {
		b.Fatalf("%d letters of 5", len(letters))
	}
	for n, want := range []webhook.Letter{
		{State: webhook.Waiting, Attempt: 1, At: b.now.Add(lease)},
		{State: webhook.Waiting, Attempt: 1, At: b.now.Add(time.Hour), Why: "no database"},
		{State: webhook.Done, Attempt: 1, At: b.now},
		{State: webhook.Dead, Attempt: 1, At: b.now, Why: "nobody can read it"},
		{State: webhook.Waiting, At: b.message(4).ReceivedAt},
	} {
		l := letters[n]
		if l.State != want.State || l.Attempt != want.Attempt || !l.At.Equal(want.At) || l.Why != want.Why {
			b.Errorf("letter %d is %s at %v after %d attempts (%q), want %s at %v after %d (%q)",
				n, l.State, l.At, l.Attempt, l.Why, want.State, want.At, want.Attempt, want.Why)
		}
		if m := b.message(n); l.State == webhook.Done && l.Message.Body == nil {
			m.Body = nil
			b.same(l.Message, m)
		} else {
			b.same(l.Message, m)
		}
	}
}

func holdFilter(b *box) {
	put := func(n int) {
		m := b.message(n)
		if n%2 == 1 {
			m.Source = "toys"
		}
		b.put(m)
	}
	for n := range 4 {
		put(n)
	}
	claims := b.all(4)
	put(4)
	put(5)
	b.finish(claims[0], b.done())
	b.finish(claims[1], b.done())
	b.finish(claims[2], b.dead())
	for _, c := range []struct {
		filter webhook.LetterFilter
		want   []byte
	}{
		{webhook.LetterFilter{}, []byte{0, 1, 2, 3, 4, 5}},
		{webhook.LetterFilter{Source: "toys"}, []byte{1, 3, 5}},
		{webhook.LetterFilter{State: webhook.Waiting}, []byte{3, 4, 5}},
		{webhook.LetterFilter{State: webhook.Done, Source: "toys"}, []byte{1}},
		{webhook.LetterFilter{State: webhook.Dead}, []byte{2}},
		{webhook.LetterFilter{State: webhook.Dead, Source: "toys"}, nil},
		{webhook.LetterFilter{Source: "nobody"}, nil},
	} {
		var got []byte
		for _, l := range b.letters(c.filter) {
			got = append(got, l.Message.Key[1])
		}
		if !bytes.Equal(got, c.want) {
			b.Errorf("%+v chooses %v, want %v", c.filter, got, c.want)
		}
	}
}

// holdBreak leaves a listing, and uses the inbox while it lists.
func holdBreak(b *box) {
	for n := range 3 {
		b.put(b.message(n))
	}
	n := 0
	for _, err := range b.archive().Letters(b.Context(), webhook.LetterFilter{}) {
		if err != nil {
			b.Fatalf("Letters: %v", err)
		}
		n++
		b.put(b.message(100 + n))
		if n == 2 {
			break
		}
	}
	b.all(5)
}

// replay replays, and holds the count against what is wanted.
func (b *box) replay(want int, messages ...webhook.Message) {
	b.Helper()
	var ids []webhook.LetterID
	for _, m := range messages {
		ids = append(ids, id(m))
	}
	n, err := b.archive().Replay(b.Context(), b.now, ids...)
	if err != nil {
		b.Fatalf("Replay: %v", err)
	}
	if n != want {
		b.Errorf("Replay reports %d, want %d", n, want)
	}
}

func holdReplay(b *box) {
	first := b.message(1)
	b.put(b.message(1))
	b.finish(b.one(), b.wait(0))
	last := b.one()
	b.finish(last, b.dead())
	b.pass(time.Hour)
	b.replay(1, first)
	if l := b.letters(webhook.LetterFilter{}); len(l) != 1 || l[0].State != webhook.Waiting || l[0].Attempt != 0 || !l[0].At.Equal(b.now) {
		b.Errorf("a replayed letter is %s at %v after %d attempts", l[0].State, l[0].At, l[0].Attempt)
	}
	c := b.one()
	if c.Attempt != 1 || c.Fence <= last.Fence {
		b.Errorf("the first claim after a replay is attempt %d, its fence went from %d to %d", c.Attempt, last.Fence, c.Fence)
	}
	b.same(c.Message, first)
	b.finish(c, b.done())
}

func holdReplayOthers(b *box) {
	b.put(b.message(0))
	b.put(b.message(1))
	claims := b.all(2)
	b.finish(claims[0], b.wait(time.Hour))
	b.put(b.message(2))
	b.replay(0, b.message(0), b.message(1), b.message(2), b.message(9))
	b.replay(0)
	if c := b.one(); c.Message.Key != b.message(2).Key {
		b.Errorf("%x is due, want only the third", firsts(keys([]webhook.Claim{c})))
	}
	b.finish(claims[1], b.done())
}

func holdReplayDone(b *box) {
	b.put(b.message(1))
	b.finish(b.one(), b.done())
	n, err := b.archive().Replay(b.Context(), b.now, id(b.message(1)))
	if err != nil {
		b.Fatalf("Replay: %v", err)
	}
	for _, c := range b.all(min(n, 1)) {
		b.same(c.Message, b.message(1))
		if c.Attempt != 1 {
			b.Errorf("the first attempt after a replay is number %d", c.Attempt)
		}
	}
}

func holdReplayFence(b *box) {
	b.put(b.message(1))
	old := b.one()
	b.finish(old, b.dead())
	b.replay(1, b.message(1))
	b.lost(old, b.done(), "from before a replay")
	c := b.one()
	b.lost(old, b.done(), "from before a replay")
	b.finish(c, b.done())
}

// prune prunes what was done before now, and holds the count against what is wanted.
func (b *box) prune(want int) {
	b.Helper()
	n, err := b.archive().Prune(b.Context(), b.now)
	if err != nil {
		b.Fatalf("Prune: %v", err)
	}
	if n != want {
		b.Errorf("Prune reports %d, want %d", n, want)
	}
}

func holdPrune(b *box) {
	start := b.now
	for n := range 4 {
		b.put(b.message(n))
	}
	claims := b.all(4)
	for _, c := range claims[:3] {
		b.finish(c, b.done())
		b.pass(time.Minute)
	}
	b.now = start.Add(2 * time.Minute) // the third was done then, not before
	b.prune(2)
	b.prune(0)
	if got := len(b.letters(webhook.LetterFilter{})); got != 2 {
		b.Errorf("%d letters are left, want 2", got)
	}
	b.put(b.message(0))
	b.duplicate(b.message(2), "done")
	b.lost(claims[1], b.done(), "of a message that was forgotten")
}

func holdPruneOthers(b *box) {
	for n := range 3 {
		b.put(b.message(n))
	}
	claims := b.all(3)
	b.put(b.message(3))
	b.finish(claims[0], b.wait(time.Hour))
	b.finish(claims[1], b.dead())
	b.pass(1000 * time.Hour)
	b.prune(0)
	if got := len(b.letters(webhook.LetterFilter{})); got != 4 {
		b.Errorf("%d letters of 4 are left", got)
	}
	for n := range 4 {
		b.duplicate(b.message(n), fmt.Sprintf("number %d", n))
	}
}

func (b *box) reopen() {
	b.Helper()
	b.in = b.harness.Reopen(b.T, b.in)
}

func holdSurvival(b *box) {
	for n := range 3 {
		b.put(b.message(n))
	}
	claims := b.all(3)
	b.put(b.message(3))
	b.finish(claims[0], b.done())
	b.finish(claims[1], b.dead())
	b.finish(claims[2], b.wait(0))
	b.reopen()
	for n, state := range []string{"done", "dead", "tried again", "waiting"} {
		b.duplicate(b.message(n), state)
	}
	for i, c := range b.all(2) {
		b.same(c.Message, b.message(2+i))
	}
}

func holdLeaseSurvival(b *box) {
	b.put(b.message(1))
	b.finish(b.one(), b.wait(0))
	before := b.one()
	b.reopen()
	b.none("though it was leased before the restart")
	b.pass(lease)
	after := b.one()
	if after.Attempt != 3 || after.Fence <= before.Fence {
		b.Errorf("attempt %d after a restart, the fence went from %d to %d", after.Attempt, before.Fence, after.Fence)
	}
	b.reopen()
	b.lost(before, b.done(), "from before a restart")
	b.finish(after, b.done())
	b.reopen()
	b.pass(lease)
	b.none("though it was done")
}
