package webhooktest

import (
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func claimClauses() []inboxClause {
	return []inboxClause{
		{name: "what is due longest comes first", hold: holdOrder},
		{name: "a claim takes no more than its limit", hold: holdLimit},
		{name: "nothing is claimed before it is due", hold: holdDue},
		{name: "a leased message is nobody else's", hold: holdLeased},
		{name: "a lease that ran out makes a message due", hold: holdExpired},
		{name: "a waiting message is due at its time", hold: holdWaiting},
		{name: "attempts are counted, but for those that are not", hold: holdAttempts},
		{name: "a fence rises with every claim", hold: holdFences},
		{name: "a claimed body is the caller's", hold: holdOwnBody},
		{name: "concurrent claimers share without overlap", hold: holdClaimers},
	}
}

func holdOrder(b *box) {
	for n, received := range []time.Duration{3, 1, 2, 5, 4} {
		m := b.message(n)
		m.ReceivedAt = b.now.Add(received * time.Minute)
		b.put(m)
	}
	retried := b.message(9)
	b.put(retried)
	b.finish(b.one(), b.wait(150*time.Second)) // between 2 and 3 minutes
	b.pass(time.Hour)
	var got []webhook.Digest
	for _, limit := range []int{1, 3, 10} {
		got = append(got, keys(b.claim(limit))...)
	}
	var want []webhook.Digest
	for _, n := range []int{1, 2, 9, 0, 4, 3} {
		want = append(want, b.message(n).Key)
	}
	if !slices.Equal(got, want) {
		b.Errorf("claimed in the order %x, want %x", firsts(got), firsts(want))
	}
}

// firsts are the number bytes of the keys of a box.
func firsts(keys []webhook.Digest) (n []byte) {
	for _, key := range keys {
		n = append(n, key[1])
	}
	return n
}

func holdLimit(b *box) {
	for n := range 5 {
		b.put(b.message(n))
	}
	for _, step := range []struct{ limit, want int }{{0, 0}, {2, 2}, {1, 1}, {10, 2}} {
		if got := len(b.claim(step.limit)); got != step.want {
			b.Errorf("a claim of up to %d gave %d, want %d", step.limit, got, step.want)
		}
	}
}

func holdDue(b *box) {
	m := b.message(1)
	m.ReceivedAt = b.now.Add(time.Minute)
	b.put(m)
	b.pass(time.Minute - time.Microsecond)
	b.none("a moment before it was received")
	b.pass(time.Microsecond)
	b.one()
}

func holdLeased(b *box) {
	b.put(b.message(1))
	b.one()
	b.none("though it is leased")
	b.pass(lease - time.Microsecond)
	b.none("a moment before the lease runs out")
}

func holdExpired(b *box) {
	b.put(b.message(1))
	first := b.one()
	b.pass(lease)
	second := b.one()
	b.same(second.Message, first.Message)
	b.none("though it is leased again")
}

func holdWaiting(b *box) {
	b.put(b.message(1))
	b.finish(b.one(), b.wait(time.Hour))
	b.pass(time.Hour - time.Microsecond)
	b.none("a moment before its time")
	b.pass(time.Microsecond)
	b.finish(b.one(), b.wait(0))
	b.one()
}

func holdAttempts(b *box) {
	b.put(b.message(1))
	for i, step := range []struct {
		uncounted, lost bool
		attempt         int
	}{
		{attempt: 1}, {attempt: 2}, {attempt: 3, uncounted: true}, {attempt: 3, uncounted: true}, {attempt: 3, lost: true}, {attempt: 4},
	} {
		c := b.one()
		if c.Attempt != step.attempt {
			b.Fatalf("claim %d is attempt %d, want %d", i+1, c.Attempt, step.attempt)
		}
		b.pass(lease)
		if !step.lost {
			f := b.wait(0)
			f.Uncounted = step.uncounted
			b.finish(c, f)
		}
	}
}

func holdFences(b *box) {
	b.put(b.message(1))
	last := b.one()
	for i := range 6 {
		b.pass(lease)
		if i%2 == 0 {
			f := b.wait(0)
			f.Uncounted = i == 2
			b.finish(last, f)
		}
		next := b.one()
		if next.Fence <= last.Fence {
			b.Fatalf("the fence went from %d to %d", last.Fence, next.Fence)
		}
		last = next
	}
}

func holdOwnBody(b *box) {
	want := b.message(1)
	b.put(b.message(1))
	body := b.one().Message.Body
	for i := range body {
		body[i] = '!'
	}
	b.pass(lease)
	b.same(b.one().Message, want)
}

func holdClaimers(b *box) {
	const messages, claimers = 120, 8
	for n := range messages {
		b.put(b.message(n))
	}
	var mu sync.Mutex
	times := make(map[webhook.Digest]int)
	var wg sync.WaitGroup
	for range claimers {
		wg.Go(func() {
			for {
				claims, err := b.in.Claim(b.Context(), b.now, 7, lease)
				if err != nil {
					b.Errorf("Claim: %v", err)
				}
				if len(claims) == 0 {
					return
				}
				for _, c := range claims {
					mu.Lock()
					times[c.Message.Key]++
					mu.Unlock()
					if err := b.in.Finish(b.Context(), c, b.done()); err != nil {
						b.Errorf("Finish: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	for key, n := range times {
		if n != 1 {
			b.Errorf("message %x was claimed %d times", firsts([]webhook.Digest{key}), n)
		}
	}
	if len(times) != messages {
		b.Errorf("%d of %d messages were claimed", len(times), messages)
	}
}
