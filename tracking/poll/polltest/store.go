package polltest

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// StoreHarness says how to get at a store. New is required.
type StoreHarness struct {
	// New makes an empty store, a fresh one each time. What it starts is stopped with t.Cleanup.
	New func(t *testing.T) poll.Store

	// Reopen closes a store, as a restart would, and opens what it kept. Nil for a store that keeps nothing over one.
	Reopen func(t *testing.T, s poll.Store) poll.Store
}

// A clause is one sentence of the contract.
type clause struct {
	name    string
	archive bool // is about [poll.Archive]
	meter   bool // is about [poll.Meter]
	keeper  bool // is about [poll.Keeper]
	reopen  bool // needs StoreHarness.Reopen
	hold    func(b *box)
}

// RunStore holds a store against the contract of [poll.Store], and of [poll.Archive], [poll.Meter] and [poll.Keeper] if it is
// one, one subtest a clause.
func RunStore(t *testing.T, h StoreHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("polltest: StoreHarness.New is required")
	}
	for _, c := range slices.Concat(changeClauses(), whyClauses(), claimClauses(), recordClauses(), archiveClauses(), meterClauses(), keeperClauses()) {
		t.Run(c.name, func(t *testing.T) {
			if c.reopen && h.Reopen == nil {
				t.Skip("the harness has no Reopen")
			}
			b := &box{T: t, store: h.New(t), harness: h, now: noon}
			if _, ok := b.store.(poll.Archive); c.archive && !ok {
				t.Skip("the store is no archive")
			}
			if _, ok := b.store.(poll.Meter); c.meter && !ok {
				t.Skip("the store is no meter")
			}
			if _, ok := b.store.(poll.Keeper); c.keeper && !ok {
				t.Skip("the store is no keeper")
			}
			c.hold(b)
		})
	}
}

// kst is a zone in which no computer of the tests is set by chance.
var kst = time.FixedZone("KST", 9*60*60)

// noon is when every case begins. It ends in microseconds: that is as much of a time as a store has to keep.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 123456000, kst)

// lease is how long watches are leased where it does not matter.
const lease = time.Minute

// A box is a store in a case, with the time that it is told.
type box struct {
	*testing.T
	store   poll.Store
	harness StoreHarness
	now     time.Time
}

func (b *box) pass(d time.Duration) { b.now = b.now.Add(d) }

func id(n int) poll.WatchID {
	return poll.WatchID{
		Shipment: poll.ShipmentID{Courier: "toycourier", Number: "90001000" + string(rune('a'+n)), Generation: 1}, Carrier: "toy", Role: poll.Primary,
	}
}

// open keeps an active watch that is due at the box's time plus so much.
func (b *box) open(i poll.WatchID, due time.Duration) poll.Watch {
	b.Helper()
	return b.change(i, func(w poll.Watch) poll.Watch {
		w.Life, w.Began, w.Opened, w.Due, w.Why = poll.Active, b.now, b.now, b.now.Add(due), poll.Why{Ground: poll.GroundOpened}
		return w
	})
}

func (b *box) change(i poll.WatchID, change func(poll.Watch) poll.Watch) poll.Watch {
	b.Helper()
	w, err := b.store.Change(b.Context(), i, change)
	if err != nil {
		b.Fatalf("Change: %v", err)
	}
	return w
}

// get reads a watch, without changing it.
func (b *box) get(i poll.WatchID) poll.Watch {
	b.Helper()
	return b.change(i, func(w poll.Watch) poll.Watch { return w })
}

func (b *box) claim(limit int) []poll.Watch {
	b.Helper()
	ws, err := b.store.Claim(b.Context(), poll.ClaimRequest{Now: b.now, Carrier: "toy", Limit: limit, Lease: lease})
	if err != nil {
		b.Fatalf("Claim: %v", err)
	}
	return ws
}

// one claims the one watch that must be due.
func (b *box) one() poll.Watch {
	b.Helper()
	ws := b.claim(10)
	if len(ws) != 1 {
		b.Fatalf("%d watches are claimed, want 1", len(ws))
	}
	return ws[0]
}

// none finds nothing due.
func (b *box) none(why string) {
	b.Helper()
	if ws := b.claim(10); len(ws) != 0 {
		b.Fatalf("%d watches are claimed, %s", len(ws), why)
	}
}

func (b *box) next() time.Time {
	b.Helper()
	due, err := b.store.NextDue(b.Context(), "toy")
	if err != nil {
		b.Fatalf("NextDue: %v", err)
	}
	return due
}

// parcel is a settled answer of now with one scan per status, each an hour after the other, up to now.
func (b *box) parcel(i poll.WatchID, statuses ...tracking.Status) *tracking.Parcel {
	p := &tracking.Parcel{Courier: i.Shipment.Courier, Number: i.Shipment.Number, Source: i.Carrier, RetrievedAt: b.now}
	for n, status := range statuses {
		p.Events = append(p.Events, tracking.Event{At: noon.Add(time.Duration(n-10) * time.Hour), Status: status, Text: status.Korean(), Place: "옥천HUB"})
	}
	p.Settle(tracking.Context{})
	return p
}

// later is a decision that only sets the next time.
func (b *box) later(d time.Duration) func(poll.Watch, tracking.Gain) poll.Watch {
	due := b.now.Add(d)
	return func(w poll.Watch, _ tracking.Gain) poll.Watch {
		w.Due = due
		return w
	}
}

func (b *box) record(w poll.Watch, p *tracking.Parcel, decide func(poll.Watch, tracking.Gain) poll.Watch) poll.Recorded {
	b.Helper()
	r, err := b.store.Record(b.Context(), poll.Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, Parcel: p, At: b.now}, decide)
	if err != nil {
		b.Fatalf("Record: %v", err)
	}
	return r
}

// same compares watches, times as moments.
func (b *box) same(what string, got, want poll.Watch) {
	b.Helper()
	for _, pair := range []struct {
		name string
		a, b time.Time
	}{
		{"Since", got.Since, want.Since}, {"Began", got.Began, want.Began}, {"Opened", got.Opened, want.Opened}, {"Due", got.Due, want.Due},
		{"Asked", got.Asked, want.Asked}, {"Changed", got.Changed, want.Changed}, {"Settled", got.Settled, want.Settled},
		{"Early", got.Early, want.Early},
	} {
		if !pair.a.Equal(pair.b) {
			b.Errorf("%s: %s is %v, want %v", what, pair.name, pair.a, pair.b)
		}
	}
	if got.ID != want.ID || got.Ref != want.Ref || !slices.Equal(got.Extra, want.Extra) || got.Recall != want.Recall || got.Why != want.Why ||
		got.Life != want.Life || got.Reason != want.Reason || got.SettledAs != want.SettledAs || got.Checks != want.Checks ||
		got.Asks != want.Asks || got.Today != want.Today || got.Day != want.Day || got.NotFound != want.NotFound ||
		got.Failures != want.Failures || got.LastFailure != want.LastFailure {
		b.Errorf("%s: the watch did not come back whole", what)
	}
}
