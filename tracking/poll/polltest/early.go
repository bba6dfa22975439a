package polltest

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// beside keeps an active watch that is due in two hours, and may be asked early at the box's time plus so much.
func (b *box) beside(i poll.WatchID, early time.Duration) {
	b.Helper()
	b.open(i, 2*time.Hour)
	b.change(i, func(w poll.Watch) poll.Watch { w.Early = b.now.Add(early); return w })
}

func (b *box) early(limit int) (ids []poll.WatchID) {
	b.Helper()
	ws, err := b.store.Claim(b.Context(), poll.ClaimRequest{Now: b.now, Carrier: "toy", Limit: limit, Lease: lease, Early: true})
	if err != nil {
		b.Fatalf("Claim: %v", err)
	}
	for _, w := range ws {
		ids = append(ids, w.ID)
	}
	return ids
}

// earlier compares what can be claimed early.
func (b *box) earlier(limit int, want ...poll.WatchID) {
	b.Helper()
	if got := b.early(limit); !slices.Equal(got, want) {
		b.Errorf("claimed early %v, want %v", got, want)
	}
}

func earlyClauses() []clause {
	return []clause{
		{name: "what may be asked early is claimed early, longest first", hold: func(b *box) {
			for n, early := range []time.Duration{-time.Hour, time.Microsecond, 0, -90 * time.Minute} {
				b.beside(id(n), early)
			}
			b.open(id(4), 2*time.Hour) // never early
			b.none("though nothing is due")
			b.earlier(2, id(3), id(0))
			b.earlier(10, id(2))
			b.earlier(10)
			b.pass(time.Microsecond)
			b.earlier(10, id(1))
		}},
		{name: "what is due may be claimed early, what is claimed may not", hold: func(b *box) {
			b.beside(id(1), -time.Hour)
			b.pass(3 * time.Hour)
			b.earlier(10, id(1))
			b.none("though it is claimed")
			b.pass(lease + time.Microsecond)
			b.earlier(10)
			if w := b.one(); w.ID != id(1) {
				b.Errorf("claimed %v", w)
			}
			b.earlier(10)
		}},
		{name: "only active watches of the carrier are claimed early", hold: func(b *box) {
			other := id(1)
			other.Carrier = "other"
			b.beside(other, -time.Hour)
			for n, life := range []poll.Life{poll.Paused, poll.Closed} {
				b.beside(id(n+2), -time.Hour)
				b.change(id(n+2), func(w poll.Watch) poll.Watch { w.Life = life; return w })
			}
			b.earlier(10)
		}},
		{name: "an early claim is counted, fenced and ended as any other", hold: func(b *box) {
			b.beside(id(1), -time.Hour)
			b.beside(id(2), -time.Minute)
			ws, err := b.store.Claim(b.Context(), poll.ClaimRequest{Now: b.now, Carrier: "toy", Limit: 2, Lease: lease, Early: true})
			if err != nil || len(ws) != 2 || ws[0].Asks != 1 || ws[0].Fence == 0 || !ws[0].Due.Equal(b.now.Add(2*time.Hour)) || !ws[0].Early.Equal(b.now.Add(-time.Hour)) {
				b.Fatalf("claimed %+v: %v", ws, err)
			}
			b.record(ws[0], nil, b.later(4*time.Hour))
			if err := b.store.Release(b.Context(), ws[1:]); err != nil {
				b.Fatal(err)
			}
			if due := b.next(); !due.Equal(b.now.Add(2 * time.Hour)) {
				b.Errorf("next due at %v", due)
			}
			b.earlier(10, id(1), id(2))
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Early = time.Time{}; return w })
			b.pass(lease)
			b.earlier(10)
		}},
	}
}
