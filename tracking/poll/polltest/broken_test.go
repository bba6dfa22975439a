package polltest_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/poll/polltest"
)

type decision = func(poll.Watch, tracking.Gain) poll.Watch

// puppet is a sound store whose methods can be exchanged one by one.
type puppet struct {
	mu sync.Mutex // of what breakages remember

	claim    func(context.Context, poll.ClaimRequest) ([]poll.Watch, error)
	release  func(context.Context, []poll.Watch) error
	record   func(context.Context, poll.Report, decision) (poll.Recorded, error)
	change   func(context.Context, poll.WatchID, func(poll.Watch) poll.Watch) (poll.Watch, error)
	next     func(context.Context, string) (time.Time, error)
	watches  func(context.Context, poll.Filter) iter.Seq2[poll.Watch, error]
	evidence func(context.Context, poll.ShipmentID) (tracking.Evidence, error)
	reserve  func(context.Context, poll.Reservation) (int, error)
	count    func(ctx context.Context, carrier, day string, u poll.Usage) error
	usage    func(ctx context.Context, carrier, period string) (poll.Usage, error)
	keep     func(ctx context.Context, name string, data []byte, at time.Time) error
	kept     func(ctx context.Context, name string) ([]byte, time.Time, error)
	reopen   func()
}

func newPuppet() *puppet {
	p := &puppet{reopen: func() {}}
	p.be(poll.NewMemoryStore())
	return p
}

func (p *puppet) be(m *poll.MemoryStore) {
	p.claim, p.release, p.record, p.change, p.next, p.watches, p.evidence = m.Claim, m.Release, m.Record, m.Change, m.NextDue, m.Watches, m.Evidence
	p.reserve, p.count, p.usage = m.Reserve, m.Count, m.Usage
	p.keep, p.kept = m.Keep, m.Kept
}

func (p *puppet) Claim(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
	return p.claim(ctx, r)
}
func (p *puppet) Release(ctx context.Context, ws []poll.Watch) error { return p.release(ctx, ws) }
func (p *puppet) Record(ctx context.Context, r poll.Report, d func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	return p.record(ctx, r, d)
}
func (p *puppet) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, error) {
	return p.change(ctx, id, change)
}
func (p *puppet) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	return p.next(ctx, carrier)
}
func (p *puppet) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return p.watches(ctx, f)
}
func (p *puppet) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	return p.evidence(ctx, id)
}

func (p *puppet) Reserve(ctx context.Context, r poll.Reservation) (int, error) {
	return p.reserve(ctx, r)
}
func (p *puppet) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	return p.count(ctx, carrier, day, u)
}
func (p *puppet) Usage(ctx context.Context, carrier, period string) (poll.Usage, error) {
	return p.usage(ctx, carrier, period)
}

func (p *puppet) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	return p.keep(ctx, name, data, at)
}
func (p *puppet) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	return p.kept(ctx, name)
}

// note remembers something, for clauses are concurrent.
func (p *puppet) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// each changes what is claimed before it is handed out.
func (p *puppet) each(change func(*poll.Watch)) {
	claim := p.claim
	p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
		ws, err := claim(ctx, r)
		for i := range ws {
			change(&ws[i])
		}
		return ws, err
	}
}

// reports changes what is recorded.
func (p *puppet) reports(change func(*poll.Report)) {
	record := p.record
	p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
		change(&r)
		return record(ctx, r, d)
	}
}

// decisions changes what is decided.
func (p *puppet) decisions(change func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch) {
	record := p.record
	p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
		return record(ctx, r, func(w poll.Watch, gain tracking.Gain) poll.Watch { return change(w, d, gain) })
	}
}

// A breakage breaks a store in one way; caught is a clause that must say so, others may.
type breakage struct {
	name   string
	spoil  func(p *puppet)
	caught string
}

func breakages() []breakage {
	return append(append(meterBreakages(), keeperBreakages()...), append(earlyBreakages(), []breakage{
		{"what is asked for comes to be", func(p *puppet) {
			change := p.change
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				return change(ctx, id, func(w poll.Watch) poll.Watch {
					if w = f(w); w.Life == "" {
						w.Life = poll.Active
					}
					return w
				})
			}
		}, "a watch that is not there comes with its id alone"},
		{"a field is not kept", func(p *puppet) { p.changed(func(w *poll.Watch) { w.SettledAs = "" }) }, "a watch comes back whole"},
		{"everything is lost at a restart", func(p *puppet) { p.reopen = func() { p.be(poll.NewMemoryStore()) } }, "a watch survives a reopening"},
		{"evidence is lost at a restart", func(p *puppet) { p.reopen = func() { p.be(poll.NewMemoryStore()) } }, "evidence, claims and fences survive"},
		{"the caller's word is taken for what is known", func(p *puppet) {
			change := p.change
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				known := false
				w, err := change(ctx, id, func(w poll.Watch) poll.Watch { w = f(w); known = w.Known; return w })
				w.Known = w.Known || known
				return w, err
			}
		}, "id, fence and what is known are not the caller's"},
		{"extra fields are shared", func(p *puppet) {
			change, shared := p.change, map[poll.WatchID][]string{}
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				w, err := change(ctx, id, func(w poll.Watch) poll.Watch {
					if w = f(w); shared[id] == nil {
						shared[id] = w.Extra
					}
					return w
				})
				w.Extra = shared[id]
				return w, err
			}
		}, "extra fields are copies"},
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
		}, "an old claim records nothing"},
		{"what is refused is recorded all the same", func(p *puppet) { p.forgive(poll.ErrLeaseLost) }, "a claim is recorded once"},
		{"a pause does not end a claim", func(p *puppet) { p.forgive(poll.ErrLeaseLost) }, "pausing ends a claim"},
		{"a change ends the claim", func(p *puppet) {
			change := p.change
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				var life poll.Life
				w, err := change(ctx, id, func(w poll.Watch) poll.Watch { w = f(w); life = w.Life; w.Life = poll.Paused; return w })
				if err == nil && life != "" {
					w, err = change(ctx, id, func(w poll.Watch) poll.Watch { w.Life = life; return w })
				}
				return w, err
			}
		}, "a change leaves the claim"},
		{"contexts are not heeded", func(p *puppet) {
			change, claim := p.change, p.claim
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				return change(context.WithoutCancel(ctx), id, f)
			}
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				return claim(context.WithoutCancel(ctx), r)
			}
		}, "an ended context ends a call"},
		{"claims come in any order", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				limit := r.Limit
				r.Limit = 100
				ws, err := claim(ctx, r)
				slices.Reverse(ws)
				if len(ws) > limit {
					_ = p.release(ctx, ws[limit:])
					ws = ws[:limit]
				}
				return ws, err
			}
		}, "what is due is claimed, longest first"},
		{"what is nearly due is claimed", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				r.Now = r.Now.Truncate(time.Second).Add(time.Second)
				return claim(ctx, r)
			}
		}, "a leased watch is nobody else's until the lease ends"},
		{"limits do not hold", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) { r.Limit++; return claim(ctx, r) }
		}, "a limit holds"},
		{"carriers are not told apart", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				r.Carrier = "other"
				others, _ := claim(ctx, r)
				return append(ws, others...), err
			}
		}, "only active watches of the carrier are claimed"},
		{"claims are not counted", func(p *puppet) { p.each(func(w *poll.Watch) { w.Today = 0 }) }, "a claim is counted and fenced"},
		{"two claim the same", func(p *puppet) {
			claim := p.claim
			var mu sync.Mutex
			var last []poll.Watch
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				mu.Lock()
				defer mu.Unlock()
				if len(ws) > 0 {
					ws = append(ws, last...)
					last = slices.Clone(ws[:1])
				}
				return ws, err
			}
		}, "concurrent claims share nothing"},
		{"leases are not seen", func(p *puppet) {
			p.next = func(context.Context, string) (time.Time, error) { return time.Time{}, nil }
		}, "next due is the first due time or end of a lease"},
		{"what is given back counts as asked", func(p *puppet) {
			release := p.release
			p.release = func(ctx context.Context, ws []poll.Watch) error {
				err := release(ctx, ws)
				for _, w := range ws {
					_, _ = p.change(ctx, w.ID, func(w poll.Watch) poll.Watch { w.Asks++; return w })
				}
				return err
			}
		}, "what is given back is due as before"},
		{"an old claim gives back another's", func(p *puppet) {
			release := p.release
			p.release = func(ctx context.Context, ws []poll.Watch) error {
				for i := range ws {
					if w, _ := p.change(ctx, ws[i].ID, func(w poll.Watch) poll.Watch { return w }); w.Life != "" {
						ws[i].Fence = w.Fence
					}
				}
				return release(ctx, ws)
			}
		}, "an old claim gives nothing back"},
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
		}, "a lease that merely ran out does no harm"},
		{"a watch that is not there has a lost lease", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				if errors.Is(err, poll.ErrNoWatch) {
					err = poll.ErrLeaseLost
				}
				return recorded, err
			}
		}, "there is no record of a watch that is not there"},
		{"decisions are not kept", func(p *puppet) {
			p.decisions(func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch {
				d(w, gain)
				w.Due = time.Time{}
				return w
			})
		}, "a record ends the claim and keeps the decision"},
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
		}, "evidence gathers and status is derived over all of it"},
		{"every answer is a gain", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				recorded.Gain.Events++
				return recorded, err
			}
		}, "an answer that says the same gains nothing"},
		{"no data is data", func(p *puppet) {
			p.reports(func(r *poll.Report) {
				if r.Parcel == nil {
					r.Parcel = &tracking.Parcel{}
				}
			})
		}, "an ask without data leaves what is known"},
		{"generations are not told apart", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				recorded, err := record(ctx, r, d)
				again := r
				again.ID.Shipment.Generation, again.Door = 2, tracking.DoorPush
				_, _ = record(ctx, again, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
				return recorded, err
			}
		}, "watches of a shipment share its evidence, generations do not"},
		{"the context of the watch is left out", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				var since time.Time
				_, _ = p.change(ctx, r.ID, func(w poll.Watch) poll.Watch { since, w.Since = w.Since, time.Time{}; return w })
				recorded, err := record(ctx, r, d)
				_, _ = p.change(ctx, r.ID, func(w poll.Watch) poll.Watch { w.Since = since; return w })
				return recorded, err
			}
		}, "evidence is judged by what the watch knows"},
		{"a push needs a claim", func(p *puppet) { p.reports(func(r *poll.Report) { r.Door = tracking.DoorPoll }) }, "a push needs no claim and ends none"},
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
		}, "a decision sees what came in between"},
		{"a decision changes what is known", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				id := r.ID
				recorded, err := record(ctx, r, func(w poll.Watch, gain tracking.Gain) poll.Watch { w = d(w, gain); id = w.ID; return w })
				recorded.After.ID = id
				return recorded, err
			}
		}, "a decision keeps id, fence and what is known"},
		{"evidence is written before the decision", func(p *puppet) {
			record := p.record
			p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
				push := r
				push.Door = tracking.DoorPush
				_, _ = record(ctx, push, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
				return record(ctx, r, d)
			}
		}, "a decision that panics leaves everything as it was"},
		{"concurrent pushes overwrite each other", func(p *puppet) {
			p.decisions(func(w poll.Watch, d decision, gain tracking.Gain) poll.Watch {
				w.Checks = 0
				return d(w, gain)
			})
		}, "concurrent pushes lose nothing"},
		{"lists have no order", func(p *puppet) {
			watches := p.watches
			p.watches = func(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
				f.Limit = 0
				return watches(ctx, f)
			}
		}, "watches are listed in order, by filter and by page"},
		{"a scan is seen anew each time", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].Seen = e.Events[i].AnswerAt
				}
			})
		}, firstSeen},
		{"a scan comes anew each time", func(p *puppet) {
			var last tracking.Door
			p.reports(func(r *poll.Report) { p.note(func() { last = r.Door }) })
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].Door = last
				}
			})
		}, firstSeen},
		{"the doors of scans are forgotten", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].Door = ""
				}
			})
		}, firstSeen},
		{"how late a scan came is forgotten", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) {
				for i := range e.Events {
					e.Events[i].MinLag = 0
				}
			})
		}, firstSeen},
		{"the door of a summary is forgotten", func(p *puppet) { p.shows(func(e *tracking.Evidence) { e.Verdicts[0].Door = "" }) }, firstSeen},
		{"a summary is seen anew each time", func(p *puppet) {
			p.shows(func(e *tracking.Evidence) { e.Verdicts[0].Seen = e.Verdicts[0].AnswerAt })
		}, firstSeen},
	}...)...)
}

const firstSeen = "evidence keeps when it was seen first, how late it was published at least, and by which door it came"

// shows changes the evidence that is given, if there is any.
func (p *puppet) shows(change func(*tracking.Evidence)) {
	evidence := p.evidence
	p.evidence = func(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
		e, err := evidence(ctx, id)
		if len(e.Events)+len(e.Verdicts) > 0 {
			change(&e)
		}
		return e, err
	}
}

// changed changes what a Change gives.
func (p *puppet) changed(f func(*poll.Watch)) {
	change := p.change
	p.change = func(ctx context.Context, id poll.WatchID, g func(poll.Watch) poll.Watch) (poll.Watch, error) {
		w, err := change(ctx, id, g)
		f(&w)
		return w, err
	}
}

// forgive makes a store keep silent about an error of Record.
func (p *puppet) forgive(kind error) {
	record := p.record
	p.record = func(ctx context.Context, r poll.Report, d decision) (poll.Recorded, error) {
		recorded, err := record(ctx, r, d)
		if errors.Is(err, kind) {
			err = nil
		}
		return recorded, err
	}
}

// againVariable tells a test binary that it was started again.
const againVariable = "WAYBILL_TEST_BREAKAGES"

func runPuppet(t *testing.T, spoil func(*puppet)) {
	polltest.RunStore(t, polltest.StoreHarness{
		New: func(*testing.T) poll.Store {
			p := newPuppet()
			spoil(p)
			return p
		},
		Reopen: func(_ *testing.T, s poll.Store) poll.Store { s.(*puppet).reopen(); return s },
	})
}

// TestPuppet is what the test binary runs when it is started again: it fails on purpose.
func TestPuppet(t *testing.T) {
	if os.Getenv(againVariable) == "" {
		t.Skip("run by TestSuiteCatchesBreakages")
	}
	for _, b := range breakages() {
		t.Run(b.name, func(t *testing.T) { runPuppet(t, b.spoil) })
	}
}

func TestSoundPuppet(t *testing.T) { runPuppet(t, func(*puppet) {}) }

// TestSuiteCatchesBreakages runs the suite against stores that are broken in one way each: the clause that is about it
// fails, and there is no clause that nothing can fail.
func TestSuiteCatchesBreakages(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPuppet$", "-test.v")
	cmd.Env = append(os.Environ(), againVariable+"=1")
	out, _ := cmd.CombinedOutput() // fails, if the suite is any good
	failed, clauses := map[string][]string{}, map[string]bool{}
	for line := range strings.Lines(string(out)) {
		verdict, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "--- "), ": TestPuppet/")
		name, _, _ := strings.Cut(strings.ReplaceAll(rest, "_", " "), " (")
		breakage, clause, isClause := strings.Cut(name, "/")
		if !ok || !isClause {
			continue
		}
		clauses[clause] = clauses[clause] || verdict == "FAIL"
		if verdict == "FAIL" {
			failed[breakage] = append(failed[breakage], clause)
		}
	}
	if len(clauses) < 25 {
		t.Fatalf("only %d clauses were run:\n%s", len(clauses), out)
	}
	for _, b := range breakages() {
		if !slices.Contains(failed[b.name], b.caught) {
			t.Errorf("%s: not caught by %q, but by %q", b.name, b.caught, failed[b.name])
		}
	}
	for clause, canFail := range clauses {
		if !canFail {
			t.Errorf("no broken store fails %q", clause)
		}
	}
}
