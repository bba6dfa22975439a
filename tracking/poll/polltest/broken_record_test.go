package polltest_test

import (
	"context"
	"errors"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func recordBreakages() []breakage {
	return []breakage{
		{"fences are not looked at", func(p *puppet) {
			last, claim := map[poll.WatchID]int64{}, p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				p.note(func() {
					for _, w := range ws {
						last[w.ID] = w.Fence
					}
				})
				return ws, err
			}
			p.reports(func(r *poll.Report) { p.note(func() { r.Fence = last[r.ID] }) })
		}, []string{"an old claim records nothing"}},
		{"what is refused is recorded all the same", func(p *puppet) { p.forgive(poll.ErrLeaseLost) }, []string{"a claim is recorded once", "an old claim records nothing", "pausing ends a claim"}},
		{"a lease must not have run out", func(p *puppet) {
			claim, until := p.claim, map[poll.WatchID]time.Time{}
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				p.note(func() {
					for _, w := range ws {
						until[w.ID] = r.Now.Add(r.Lease)
					}
				})
				return ws, err
			}
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				over := false
				p.note(func() { over = !until[r.ID].IsZero() && r.At.After(until[r.ID]) })
				if over {
					return poll.Recorded{}, poll.ErrLeaseLost
				}
				return record(ctx, r, d)
			}
		}, []string{"a lease that merely ran out does no harm"}},
		{"a watch that is not there has a lost lease", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				if errors.Is(err, poll.ErrNoWatch) {
					err = poll.ErrLeaseLost
				}
				return recorded, err
			}
		}, []string{"there is no record of a watch that is not there"}},
		{"decisions are not kept", func(p *puppet) {
			p.decisions(func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch {
				d(w, gain)
				w.Due = time.Time{}
				return w
			})
		}, []string{
			"a record ends the claim and keeps the decision",
			"an early claim is counted, fenced and ended as any other",
			"concurrent pushes lose nothing",
		}},
		{"the last answer is the state", func(p *puppet) {
			var last *tracking.Parcel
			p.reports(func(r *poll.Report) { p.note(func() { last = r.Parcel }) })
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				p.note(func() {
					if last != nil {
						recorded.After.Parcel.Status = last.Status
					}
				})
				return recorded, err
			}
		}, []string{"evidence gathers and status is derived over all of it", "evidence is judged by what the watch knows"}},
		{"every answer is a gain", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				recorded.Gain.Events++
				return recorded, err
			}
		}, []string{
			"a decision that panics leaves everything as it was",
			"a record ends the claim and keeps the decision",
			"an answer that says the same gains nothing",
			"evidence gathers and status is derived over all of it",
			"evidence, claims and fences survive",
		}},
		{"no data is data", func(p *puppet) {
			p.reports(func(r *poll.Report) {
				if r.Parcel == nil {
					r.Parcel = &tracking.Parcel{}
				}
			})
		}, []string{"a decision keeps id, fence and what is known", "an ask without data leaves what is known"}},
		{"generations are not told apart", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				again := r
				again.ID.Shipment.Generation, again.Door = 2, tracking.DoorPush
				_, _ = record(ctx, again, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
				return recorded, err
			}
		}, []string{"watches of a shipment share its evidence, generations do not"}},
		{"the context of the watch is left out", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				var since time.Time
				_, _ = p.change(ctx, r.ID, func(w poll.Watch) poll.Watch { since, w.Since = w.Since, time.Time{}; return w })
				recorded, err := record(ctx, r, d)
				_, _ = p.change(ctx, r.ID, func(w poll.Watch) poll.Watch { w.Since = since; return w })
				return recorded, err
			}
		}, []string{"evidence is judged by what the watch knows"}},
		{"a push needs a claim", func(p *puppet) { p.reports(func(r *poll.Report) { r.Door = tracking.DoorPoll }) }, []string{
			"a push needs no claim and ends none",
			"concurrent pushes lose nothing",
			firstSeen,
		}},
		{"the claimed watch is decided on", func(p *puppet) {
			claimed := map[poll.WatchID]poll.Watch{}
			p.each(func(w *poll.Watch) { p.note(func() { claimed[w.ID] = *w }) })
			p.decisions(func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch {
				p.note(func() {
					if old, ok := claimed[w.ID]; ok {
						w.Ref = old.Ref
					}
				})
				return d(w, gain)
			})
		}, []string{"a decision sees what came in between"}},
		{"a decision changes what is known", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				id := r.ID
				recorded, err := record(ctx, r, func(w poll.Watch, gain tracking.Gain) poll.Watch { w = d(w, gain); id = w.ID; return w })
				recorded.After.ID = id
				return recorded, err
			}
		}, []string{"a decision keeps id, fence and what is known"}},
		{"evidence is written before the decision", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				push := r
				push.Door = tracking.DoorPush
				_, _ = record(ctx, push, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
				return record(ctx, r, d)
			}
		}, []string{
			"a decision that panics leaves everything as it was",
			"a record ends the claim and keeps the decision",
			"an old claim records nothing",
			"concurrent pushes lose nothing",
			"evidence gathers and status is derived over all of it",
			firstSeen,
		}},
		{"concurrent pushes overwrite each other", func(p *puppet) {
			p.decisions(func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch {
				w.Checks = 0
				return d(w, gain)
			})
		}, []string{"concurrent pushes lose nothing"}},
	}
}
