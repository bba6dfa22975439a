package polltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func changeClauses() []clause {
	return []clause{
		{name: "a watch that is not there comes with its id alone", hold: func(b *box) {
			b.change(id(1), func(w poll.Watch) poll.Watch {
				if w.ID != id(1) || w.Life != "" || w.Known || w.Fence != 0 || w.Asks != 0 {
					b.Errorf("given %v", w)
				}
				return w
			})
			if w := b.get(id(1)); w.Life != "" {
				b.Errorf("kept %v", w)
			}
			b.none("though none was opened")
		}},
		{name: "a watch comes back whole", hold: func(b *box) { b.same("kept", b.get(b.whole().ID), b.wholeAs(id(1))) }},
		{name: "a watch survives a reopening", reopen: true, hold: func(b *box) {
			want := b.whole()
			b.store = b.harness.Reopen(b.T, b.store)
			b.same("reopened", b.get(want.ID), want)
		}},
		{name: "id, fence and what is known are not the caller's", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.change(id(1), func(w poll.Watch) poll.Watch {
				w.ID, w.Fence, w.Known, w.Parcel.Status = id(2), 99, true, tracking.StatusDelivered
				return w
			})
			if w.ID != id(1) || w.Fence == 99 || w.Known || w.Parcel.Status == tracking.StatusDelivered || b.get(id(2)).Life != "" {
				b.Errorf("kept %v, fence %d, known %v", w, w.Fence, w.Known)
			}
		}},
		{name: "extra fields are copies", hold: func(b *box) {
			extra := []string{"1234"}
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Life, w.Extra = poll.Active, extra; return w })
			extra[0] = "9999"
			b.get(id(1)).Extra[0] = "8888"
			if got := b.get(id(1)).Extra; !slices.Equal(got, []string{"1234"}) {
				b.Error("a caller's slice changes what is kept")
			}
		}},
		{name: "pausing ends a claim", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Life = poll.Paused; return w })
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Life = poll.Active; return w })
			_, err := b.store.Record(b.Context(), poll.Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, At: b.now}, b.later(0))
			if !errors.Is(err, poll.ErrLeaseLost) {
				b.Errorf("recorded under a claim from before the pause: %v", err)
			}
		}},
		{name: "a change leaves the claim", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Due = b.now; return w })
			b.none("though it is leased")
			b.record(w, nil, b.later(time.Hour))
		}},
		{name: "an ended context ends a call", hold: func(b *box) {
			ctx, cancel := context.WithCancel(b.Context())
			cancel()
			if _, err := b.store.Change(ctx, id(1), func(w poll.Watch) poll.Watch { w.Life = poll.Active; return w }); err == nil || b.get(id(1)).Life != "" {
				b.Errorf("Change: %v", err)
			}
			if _, err := b.store.Claim(ctx, poll.ClaimRequest{Now: b.now, Carrier: "toy", Limit: 1, Lease: lease}); err == nil {
				b.Error("Claim gives no error")
			}
		}},
	}
}

// wholeAs is a watch with every field set; as claimed never.
func (b *box) wholeAs(i poll.WatchID) poll.Watch {
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	return poll.Watch{
		ID: i, Ref: "order 17", Since: at(-9), Extra: []string{"1234", ""}, Recall: true, Life: poll.Closed, Reason: poll.ReasonLost,
		Began: at(-8), Opened: at(-7), Due: at(-6), Why: poll.Why{Ground: poll.GroundStatus, Status: tracking.StatusInTransit}, Early: at(-7), Asked: at(-5), Changed: at(-4), Settled: at(-3), SettledAs: poll.ReasonLost,
		Checks: 3, Asks: 40, Today: 4, Day: "2026-03-02", NotFound: 5, Failures: 6, LastFailure: "upstream",
	}
}

func (b *box) whole() poll.Watch {
	b.change(id(1), func(poll.Watch) poll.Watch { return b.wholeAs(id(1)) })
	return b.wholeAs(id(1))
}

func claimClauses() []clause {
	return append(earlyClauses(), []clause{
		{name: "what is due is claimed, longest first", hold: func(b *box) {
			for n, due := range []time.Duration{-time.Hour, time.Microsecond, 0, -2 * time.Hour} {
				b.open(id(n), due)
			}
			var got []poll.WatchID
			for range 3 {
				for _, w := range b.claim(1) {
					got = append(got, w.ID)
				}
			}
			if want := []poll.WatchID{id(3), id(0), id(2)}; !slices.Equal(got, want) {
				b.Errorf("claimed %v, want %v", got, want)
			}
			b.none("though the last is not due")
		}},
		{name: "a limit holds", hold: func(b *box) {
			for n := range 5 {
				b.open(id(n), 0)
			}
			if first, second := len(b.claim(3)), len(b.claim(3)); first != 3 || second != 2 {
				b.Errorf("claimed %d and %d of 5", first, second)
			}
		}},
		{name: "only active watches of the carrier are claimed", hold: func(b *box) {
			other := id(1)
			other.Carrier = "other"
			b.open(other, 0)
			for n, life := range []poll.Life{poll.Paused, poll.Closed} {
				b.open(id(n+2), 0)
				b.change(id(n+2), func(w poll.Watch) poll.Watch { w.Life = life; return w })
			}
			b.none("though none is active here")
			if due := b.next(); !due.IsZero() {
				b.Errorf("next due at %v", due)
			}
		}},
		{name: "a claim is counted and fenced", hold: func(b *box) {
			kept := b.open(id(1), 0)
			first := b.one()
			if first.Fence <= kept.Fence || first.Asks != 1 || first.Today != 1 || first.Day != "2026-03-02" || !first.Due.Equal(kept.Due) {
				b.Errorf("claimed with fence %d, %d asks, %d on %s", first.Fence, first.Asks, first.Today, first.Day)
			}
			b.pass(lease)
			if second := b.one(); second.Fence <= first.Fence || second.Asks != 2 || second.Today != 2 {
				b.Errorf("claimed again with fence %d, %d asks", second.Fence, second.Asks)
			}
		}},
		{name: "a leased watch is nobody else's until the lease ends", hold: func(b *box) {
			b.open(id(1), -time.Hour)
			b.one()
			b.pass(lease - time.Microsecond)
			b.none("though it is leased")
			b.pass(time.Microsecond)
			b.one()
		}},
		{name: "concurrent claims share nothing", hold: func(b *box) {
			for n := range 20 {
				b.open(id(n), 0)
			}
			var mu sync.Mutex
			claimed := map[poll.WatchID]int{}
			var claimers sync.WaitGroup
			for range 8 {
				claimers.Go(func() {
					for range 4 {
						ws, err := b.store.Claim(b.Context(), poll.ClaimRequest{Now: b.now, Carrier: "toy", Limit: 2, Lease: lease})
						mu.Lock()
						if err != nil {
							b.Errorf("Claim: %v", err)
						}
						for _, w := range ws {
							claimed[w.ID]++
						}
						mu.Unlock()
					}
				})
			}
			claimers.Wait()
			for i, times := range claimed {
				if times != 1 {
					b.Errorf("%v was claimed %d times", i, times)
				}
			}
			if len(claimed) != 20 {
				b.Errorf("%d of 20 were claimed", len(claimed))
			}
		}},
		{name: "next due is the first due time or end of a lease", hold: func(b *box) {
			if due := b.next(); !due.IsZero() {
				b.Errorf("an empty store has something due at %v", due)
			}
			b.open(id(1), 2*time.Hour)
			b.open(id(2), -time.Hour)
			if due := b.next(); !due.Equal(b.now.Add(-time.Hour)) {
				b.Errorf("next due at %v", due)
			}
			b.one()
			if due := b.next(); !due.Equal(b.now.Add(lease)) {
				b.Errorf("next due at %v, want the end of the lease", due)
			}
		}},
		{name: "what is given back is due as before", hold: func(b *box) {
			kept := b.open(id(1), -time.Hour)
			w := b.one()
			if err := b.store.Release(b.Context(), []poll.Watch{w}); err != nil {
				b.Fatal(err)
			}
			if again := b.one(); !again.Due.Equal(kept.Due) || again.Asks != 1 || again.Today != 1 || again.Fence <= w.Fence {
				b.Errorf("claimed again: due %v, %d asks, fence %d", again.Due, again.Asks, again.Fence)
			}
		}},
		{name: "an old claim gives nothing back", hold: func(b *box) {
			b.open(id(1), 0)
			old := b.one()
			b.pass(lease)
			b.one()
			if err := b.store.Release(b.Context(), []poll.Watch{old, {ID: id(9), Fence: 1}}); err != nil {
				b.Errorf("Release of what is lost: %v", err)
			}
			b.none("though another holds it")
		}},
	}...)
}

func recordClauses() []clause {
	return []clause{
		{name: "a record ends the claim and keeps the decision", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			b.pass(time.Second)
			r := b.record(w, b.parcel(id(1), tracking.StatusInTransit), func(w poll.Watch, gain tracking.Gain) poll.Watch {
				if !w.Known || w.Parcel.Status != tracking.StatusInTransit || gain.Events != 1 {
					b.Errorf("decided on known %v, %v, %+v", w.Known, w.Parcel.Status, gain)
				}
				w.Due, w.Why, w.NotFound = b.now.Add(time.Hour), poll.Why{Text: "배송 중"}, 3
				return w
			})
			kept := b.get(id(1))
			b.same("recorded", kept, r.After)
			if !kept.Known || kept.Parcel.Status != tracking.StatusInTransit || kept.NotFound != 3 || !kept.Due.Equal(b.now.Add(time.Hour)) || r.Before.Known || r.Gain.Events != 1 {
				b.Errorf("kept %v, known %v, gain %+v", kept, kept.Known, r.Gain)
			}
			b.pass(time.Hour - time.Microsecond)
			b.none("though it is not due")
			b.pass(time.Microsecond)
			b.one()
		}},
		{name: "a claim is recorded once", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			b.record(w, nil, b.later(time.Hour))
			b.refused(w, "recorded already")
		}},
		{name: "an old claim records nothing", hold: func(b *box) {
			b.open(id(1), 0)
			old := b.one()
			b.pass(lease)
			b.one()
			b.refused(old, "claimed by another")
			if w := b.get(id(1)); w.Known || w.Why == refusal {
				b.Error("what was refused is kept")
			}
		}},
		{name: "a lease that merely ran out does no harm", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			b.pass(10 * lease)
			b.record(w, nil, b.later(time.Hour))
		}},
		{name: "there is no record of a watch that is not there", hold: func(b *box) {
			_, err := b.store.Record(b.Context(), poll.Report{ID: id(1), Fence: 1, Door: tracking.DoorPoll, At: b.now}, b.later(0))
			if !errors.Is(err, poll.ErrNoWatch) {
				b.Errorf("Record: %v", err)
			}
		}},
		{name: "evidence gathers and status is derived over all of it", hold: func(b *box) {
			b.open(id(1), 0)
			for n, c := range []struct {
				statuses []tracking.Status
				want     tracking.Status
			}{
				{[]tracking.Status{tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered}, tracking.StatusDelivered},
				{[]tracking.Status{tracking.StatusInTransit}, tracking.StatusDelivered}, // a poorer answer takes nothing back
				{nil, tracking.StatusDelivered},
			} {
				w := b.one()
				if r := b.record(w, b.parcel(id(1), c.statuses...), b.later(0)); r.After.Parcel.Status != c.want || r.Gain.News() != (n == 0) {
					b.Errorf("answer %d: %v, gain %+v", n+1, r.After.Parcel.Status, r.Gain)
				}
				b.pass(time.Hour)
			}
		}},
		{name: "an answer that says the same gains nothing", hold: func(b *box) {
			b.open(id(1), 0)
			for n := range 3 {
				r := b.record(b.one(), b.parcel(id(1), tracking.StatusInTransit), b.later(0))
				if n > 0 && r.Gain != (tracking.Gain{}) {
					b.Errorf("answer %d gained %+v", n+1, r.Gain)
				}
				b.pass(time.Hour)
			}
		}},
		{name: "an ask without data leaves what is known", hold: func(b *box) {
			b.open(id(1), 0)
			b.record(b.one(), nil, b.later(0))
			if b.get(id(1)).Known {
				b.Error("known without data")
			}
			b.record(b.one(), b.parcel(id(1), tracking.StatusInTransit), b.later(0))
			if r := b.record(b.one(), nil, b.later(0)); !r.After.Known || r.After.Parcel.Status != tracking.StatusInTransit {
				b.Errorf("known %v, %v", r.After.Known, r.After.Parcel.Status)
			}
		}},
		{name: "watches of a shipment share its evidence, generations do not", hold: func(b *box) {
			second, again := id(1), id(1)
			second.Carrier, second.Role = "other", poll.Confirm
			again.Shipment.Generation = 2
			b.open(id(1), 0)
			b.open(second, 0)
			b.open(again, time.Hour)
			b.record(b.one(), b.parcel(id(1), tracking.StatusDelivered), b.later(time.Hour))
			if w := b.get(second); !w.Known || w.Parcel.Status != tracking.StatusDelivered {
				b.Errorf("the second watch knows %v", w.Parcel.Status)
			}
			if b.get(again).Known {
				b.Error("the next use of the number knows what belongs to the first")
			}
		}},
		{name: "evidence is judged by what the watch knows", hold: func(b *box) {
			b.open(id(1), 0)
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Since = noon.Add(60 * 24 * time.Hour); return w })
			if r := b.record(b.one(), b.parcel(id(1), tracking.StatusDelivered), b.later(0)); r.After.Parcel.Status != tracking.StatusPending {
				b.Errorf("an old parcel counts: %v", r.After.Parcel.Status)
			}
		}},
		{name: "a push needs no claim and ends none", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			push := poll.Report{ID: id(1), Door: tracking.DoorPush, Parcel: b.parcel(id(1), tracking.StatusInTransit), At: b.now}
			if r, err := b.store.Record(b.Context(), push, b.later(0)); err != nil || r.After.Parcel.Status != tracking.StatusInTransit {
				b.Fatalf("a push: %v, %v", r.After.Parcel.Status, err)
			}
			b.none("though it is leased")
			b.record(w, b.parcel(id(1), tracking.StatusInTransit), b.later(time.Hour))
		}},
		{name: "a decision sees what came in between", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Ref = "corrected"; return w })
			b.record(w, nil, func(w poll.Watch, _ tracking.Gain) poll.Watch {
				if w.Ref != "corrected" {
					b.Error("decided on the watch as it was claimed")
				}
				return w
			})
		}},
		{name: "a decision keeps id, fence and what is known", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			r := b.record(w, nil, func(w poll.Watch, _ tracking.Gain) poll.Watch {
				w.ID, w.Fence, w.Known, w.Parcel.Status = id(2), 99, true, tracking.StatusDelivered
				return w
			})
			if kept := b.get(id(1)); r.After.ID != id(1) || kept.Fence != w.Fence || kept.Known || kept.Parcel.Status == tracking.StatusDelivered {
				b.Errorf("kept %v, fence %d, known %v", kept, kept.Fence, kept.Known)
			}
		}},
		{name: "a decision that panics leaves everything as it was", hold: func(b *box) {
			b.open(id(1), 0)
			w := b.one()
			func() {
				defer func() {
					if recover() == nil {
						b.Error("the panic did not get through")
					}
				}()
				report := poll.Report{ID: id(1), Fence: w.Fence, Door: tracking.DoorPoll, Parcel: b.parcel(id(1), tracking.StatusDelivered), At: b.now}
				_, _ = b.store.Record(b.Context(), report, func(poll.Watch, tracking.Gain) poll.Watch { panic("decision") })
			}()
			if b.get(id(1)).Known {
				b.Error("evidence was written without the decision")
			}
			if r := b.record(w, b.parcel(id(1), tracking.StatusDelivered), b.later(time.Hour)); r.Gain.Events != 1 {
				b.Errorf("recorded afterwards, gain %+v", r.Gain)
			}
		}},
		{name: "concurrent pushes lose nothing", hold: func(b *box) {
			b.open(id(1), time.Hour)
			var pushers sync.WaitGroup
			for n := range 8 {
				p := b.parcel(id(1), tracking.StatusInTransit)
				p.Events[0].At, p.Events[0].Place = noon.Add(-time.Duration(n)*time.Hour), fmt.Sprint(n)
				p.RetrievedAt = b.now.Add(time.Duration(n) * time.Minute)
				p.Events[0].AnswerAt = p.RetrievedAt
				pushers.Go(func() {
					_, err := b.store.Record(b.Context(), poll.Report{ID: id(1), Door: tracking.DoorPush, Parcel: p, At: b.now}, func(w poll.Watch, gain tracking.Gain) poll.Watch {
						w.Checks += gain.Events
						return w
					})
					if err != nil {
						b.Errorf("Record: %v", err)
					}
				})
			}
			pushers.Wait()
			if w := b.get(id(1)); w.Checks != 8 {
				b.Errorf("%d of 8 pushes count", w.Checks)
			}
		}},
		{name: "evidence, claims and fences survive", reopen: true, hold: func(b *box) {
			b.open(id(1), 0)
			b.record(b.one(), b.parcel(id(1), tracking.StatusDelivered), b.later(0))
			w := b.one()
			b.store = b.harness.Reopen(b.T, b.store)
			b.none("though it was leased before the restart")
			r := b.record(w, b.parcel(id(1), tracking.StatusDelivered), b.later(0))
			if !r.Before.Known || r.After.Parcel.Status != tracking.StatusDelivered || r.Gain != (tracking.Gain{}) {
				b.Errorf("known %v, %v, gain %+v", r.Before.Known, r.After.Parcel.Status, r.Gain)
			}
		}},
	}
}

var refusal = poll.Why{Text: "refused"}

// refused tries to record under a claim that is lost.
func (b *box) refused(w poll.Watch, why string) {
	b.Helper()
	report := poll.Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, Parcel: b.parcel(w.ID, tracking.StatusDelivered), At: b.now}
	_, err := b.store.Record(b.Context(), report, func(w poll.Watch, _ tracking.Gain) poll.Watch { w.Why = refusal; return w })
	if !errors.Is(err, poll.ErrLeaseLost) {
		b.Errorf("Record of a claim that is %s: %v, want ErrLeaseLost", why, err)
	}
}

func archiveClauses() []clause {
	return []clause{
		{name: "watches are listed in order, by filter and by page", archive: true, hold: func(b *box) {
			for _, n := range []int{3, 0, 2, 1, 4} {
				b.open(id(n), 0)
			}
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Life, w.Reason = poll.Closed, poll.ReasonAge; return w })
			b.change(id(2), func(w poll.Watch) poll.Watch { w.Failures = 7; return w })
			other := id(3)
			other.Carrier = "other"
			b.open(other, 0)
			for _, c := range []struct {
				filter poll.Filter
				want   []poll.WatchID
			}{
				{poll.Filter{}, []poll.WatchID{id(0), id(1), id(2), other, id(3), id(4)}},
				{poll.Filter{Carrier: "other"}, []poll.WatchID{other}},
				{poll.Filter{Life: poll.Closed}, []poll.WatchID{id(1)}},
				{poll.Filter{Reason: poll.ReasonAge, Life: poll.Active}, nil},
				{poll.Filter{Failing: 7}, []poll.WatchID{id(2)}},
				{poll.Filter{Failing: 8}, nil},
				{poll.Filter{Shipment: id(3).Shipment}, []poll.WatchID{other, id(3)}},
				{poll.Filter{Limit: 2}, []poll.WatchID{id(0), id(1)}},
				{poll.Filter{Limit: 2, After: id(1)}, []poll.WatchID{id(2), other}},
				{poll.Filter{After: id(4)}, nil},
			} {
				var got []poll.WatchID
				for w, err := range b.store.(poll.Archive).Watches(b.Context(), c.filter) {
					if err != nil {
						b.Fatal(err)
					}
					got = append(got, w.ID)
				}
				if !slices.Equal(got, c.want) {
					b.Errorf("%+v lists %v, want %v", c.filter, got, c.want)
				}
			}
		}},
		{name: "evidence keeps when it was seen first, how late it was published at least, and by which door it came", archive: true, hold: func(b *box) {
			b.open(id(1), 0)
			b.change(id(1), func(w poll.Watch) poll.Watch { w.Asked = noon.Add(-4 * time.Hour); return w })
			seen := b.now
			asking := func(w poll.Watch, _ tracking.Gain) poll.Watch { w.Asked = b.now; return w }
			summed := func(p *tracking.Parcel) *tracking.Parcel {
				p.Verdicts = []tracking.Verdict{{Carrier: "toy", Status: tracking.StatusInTransit, AsOf: noon.Add(-10 * time.Hour), AnswerAt: p.RetrievedAt}}
				return p
			}
			push := poll.Report{ID: id(1), Door: tracking.DoorPush, Parcel: summed(b.parcel(id(1), tracking.StatusInTransit)), At: b.now}
			if _, err := b.store.Record(b.Context(), push, b.later(0)); err != nil {
				b.Fatal(err)
			}
			b.pass(time.Hour)
			b.record(b.one(), summed(b.parcel(id(1), tracking.StatusInTransit, tracking.StatusDelivered)), asking)
			e, err := b.store.(poll.Archive).Evidence(b.Context(), id(1).Shipment)
			if err != nil || len(e.Events) != 2 || len(e.Verdicts) != 1 {
				b.Fatalf("%d events and %d summaries (%v), want 2 and 1", len(e.Events), len(e.Verdicts), err)
			}
			if v := e.Verdicts[0]; !v.Seen.Equal(seen) || v.Door != tracking.DoorPush || !v.AnswerAt.Equal(b.now) {
				b.Errorf("the summary: seen %v by %s, answer of %v", v.Seen, v.Door, v.AnswerAt)
			}
			for _, ev := range e.Events {
				want, door, lag := seen, tracking.DoorPush, 6*60 // from the scan until Asked
				if ev.Status == tracking.StatusDelivered {
					want, door, lag = b.now, tracking.DoorPoll, 5*60
				}
				if !ev.Seen.Equal(want) || ev.Door != door || ev.MinLag != lag || !ev.AnswerAt.Equal(b.now) || ev.Place != "옥천HUB" || ev.Text != ev.Status.Korean() {
					b.Errorf("%v: seen %v by %s, %d min late, answer of %v, %q", ev.Status, ev.Seen, ev.Door, ev.MinLag, ev.AnswerAt, ev.Text)
				}
			}
			if e, err := b.store.(poll.Archive).Evidence(b.Context(), id(2).Shipment); err != nil || len(e.Events)+len(e.Verdicts) != 0 {
				b.Errorf("evidence of nothing: %v", err)
			}
		}},
	}
}
