package webhooktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook/subscription"
)

// RegistryHarness says how to get at a registry. New is required.
type RegistryHarness struct {
	// New makes an empty registry, a fresh one each time. What it starts is stopped with t.Cleanup.
	New func(t *testing.T) subscription.Registry

	// Reopen closes a registry, as a restart would, and opens what it kept. Nil for one that keeps nothing over one.
	Reopen func(t *testing.T, r subscription.Registry) subscription.Registry
}

// A registryClause is one sentence of the contract of a registry.
type registryClause struct {
	name   string
	reopen bool // needs RegistryHarness.Reopen
	hold   func(d *desk)
}

// RunRegistry holds a registry against the contract of [subscription.Registry], one subtest a clause.
func RunRegistry(t *testing.T, h RegistryHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("webhooktest: RegistryHarness.New is required")
	}
	for _, c := range slices.Concat(entryClauses(), listClauses()) {
		t.Run(c.name, func(t *testing.T) {
			if c.reopen && h.Reopen == nil {
				t.Skip("the harness has no Reopen")
			}
			c.hold(&desk{T: t, registry: h.New(t), harness: h})
		})
	}
}

// A desk is a registry in a case.
type desk struct {
	*testing.T
	registry subscription.Registry
	harness  RegistryHarness
}

// entry is the entry of a number, due at noon.
func entry(n int) subscription.Entry {
	return subscription.Entry{
		ID:  subscription.ID{Carrier: "toy", Courier: "truckers", Number: fmt.Sprintf("55000000%04d", n)},
		Ref: "O-1", State: subscription.Wanted, DueAt: noon,
	}
}

// put writes an entry that must be taken, and gives it as it is then.
func (d *desk) put(e subscription.Entry) subscription.Entry {
	d.Helper()
	version, err := d.registry.Put(d.Context(), e)
	if err != nil {
		d.Fatalf("Put: %v", err)
	}
	e.Version = version
	return e
}

func (d *desk) get(id subscription.ID) subscription.Entry {
	d.Helper()
	e, err := d.registry.Get(d.Context(), id)
	if err != nil {
		d.Fatalf("Get: %v", err)
	}
	return e
}

// due lists the numbers of what is due.
func (d *desk) due(carrier string, now time.Time, limit int) []string {
	d.Helper()
	entries, err := d.registry.Due(d.Context(), carrier, now, limit)
	if err != nil {
		d.Fatalf("Due: %v", err)
	}
	return numbersOf(entries)
}

// all lists the numbers of a state.
func (d *desk) all(carrier string, state subscription.State) []string {
	d.Helper()
	var entries []subscription.Entry
	for e, err := range d.registry.All(d.Context(), carrier, state) {
		if err != nil {
			d.Fatalf("All: %v", err)
		}
		entries = append(entries, e)
	}
	return slices.Sorted(slices.Values(numbersOf(entries)))
}

func (d *desk) byHandle(carrier, handle string) []string {
	d.Helper()
	entries, err := d.registry.ByHandle(d.Context(), carrier, handle)
	if err != nil {
		d.Fatalf("ByHandle: %v", err)
	}
	return slices.Sorted(slices.Values(numbersOf(entries)))
}

func (d *desk) endpoint(carrier string) string {
	d.Helper()
	id, err := d.registry.Endpoint(d.Context(), carrier)
	if err != nil {
		d.Fatalf("Endpoint: %v", err)
	}
	return id
}

func (d *desk) setEndpoint(carrier, id string) {
	d.Helper()
	if err := d.registry.SetEndpoint(d.Context(), carrier, id); err != nil {
		d.Fatalf("SetEndpoint: %v", err)
	}
}

// list holds a list against the numbers it should have.
func (d *desk) list(what string, got []string, want ...int) {
	d.Helper()
	var numbers []string
	for _, n := range want {
		numbers = append(numbers, entry(n).Number[8:])
	}
	if !slices.Equal(got, numbers) {
		d.Errorf("%s: %v, want %v", what, got, numbers)
	}
}

// numbersOf gives the ends of numbers, which tell entries apart.
func numbersOf(entries []subscription.Entry) (numbers []string) {
	for _, e := range entries {
		numbers = append(numbers, e.Number[max(len(e.Number)-4, 0):])
	}
	return numbers
}

// same holds an entry against the one that was put. Times are compared as moments.
func (d *desk) same(got, want subscription.Entry) {
	d.Helper()
	for _, at := range []struct {
		name      string
		got, want *time.Time
	}{
		{"RegisteredAt", &got.RegisteredAt, &want.RegisteredAt}, {"ExpiresAt", &got.ExpiresAt, &want.ExpiresAt}, {"DueAt", &got.DueAt, &want.DueAt},
	} {
		if !at.got.Equal(*at.want) || at.got.IsZero() != at.want.IsZero() {
			d.Errorf("%s is %v, want %v", at.name, *at.got, *at.want)
		}
		*at.got, *at.want = time.Time{}, time.Time{}
	}
	if got != want {
		d.Errorf("the entry is %+v, want %+v", got, want)
	}
}

func entryClauses() []registryClause {
	return []registryClause{
		{name: "an entry that is not there is the zero entry", hold: func(d *desk) {
			d.same(d.get(entry(1).ID), subscription.Entry{})
			d.put(entry(1))
			d.same(d.get(entry(2).ID), subscription.Entry{})
		}},
		{name: "an entry comes back whole", hold: holdEntryWhole},
		{name: "entries are told apart by carrier, courier and number", hold: holdEntryNames},
		{name: "a write raises the version", hold: holdEntryVersions},
		{name: "a stale write changes nothing", hold: holdEntryStale},
		{name: "of concurrent writes one wins", hold: holdEntryRace},
		{name: "an endpoint is remembered for each carrier", hold: holdEndpoints},
		{name: "a registry ends calls with their contexts", hold: holdRegistryContexts},
		{name: "entries and endpoints survive", reopen: true, hold: holdRegistrySurvival},
	}
}

func listClauses() []registryClause {
	return []registryClause{
		{name: "of what is due the longest due comes first", hold: holdRegistryDue},
		{name: "what is due ends at the limit", hold: holdRegistryLimit},
		{name: "nothing is due before its time or without one", hold: holdRegistryTimes},
		{name: "what is due is the carrier's own", hold: func(d *desk) {
			foreign := entry(2)
			foreign.Carrier = "toys"
			d.put(entry(1))
			d.put(foreign)
			d.list("due at the carrier", d.due("toy", noon, 10), 1)
			d.list("due at another carrier", d.due("toys", noon, 10), 2)
		}},
		{name: "a handle finds the entries that share it", hold: holdHandles},
		{name: "entries are listed by state or all", hold: holdStates},
		{name: "a listing of entries can be left", hold: func(d *desk) {
			for n := range 5 {
				d.put(entry(n))
			}
			seen := 0
			for _, err := range d.registry.All(d.Context(), "toy", "") {
				if err != nil {
					d.Fatalf("All: %v", err)
				}
				if seen++; seen == 2 {
					break
				}
			}
			d.put(entry(9)) // nothing is locked
			d.list("after a listing was left", d.all("toy", ""), 0, 1, 2, 3, 4, 9)
		}},
	}
}

// full has something in every field.
func full() subscription.Entry {
	return subscription.Entry{
		ID: subscription.ID{Carrier: "toy", Courier: "deliveryapi:x", Number: "ABC0012345678"}, Ref: "주문 '1'", Once: true, Lifetime: 36 * time.Hour,
		State: subscription.Registered, Handle: "req-1", Created: true, Paid: true, Unsure: true,
		RegisteredAt: noon, ExpiresAt: noon.AddDate(0, 0, 14), DueAt: noon.Add(time.Microsecond), Failures: 7, Why: "한 줄",
	}
}

func holdEntryWhole(d *desk) {
	want := d.put(full())
	d.same(d.get(want.ID), want)
	bare := subscription.Entry{ID: subscription.ID{Carrier: "toy", Courier: "truckers", Number: "1"}, State: subscription.Released}
	bare = d.put(bare)
	d.same(d.get(bare.ID), bare)
	emptied := subscription.Entry{ID: want.ID, State: subscription.Wanted, Version: want.Version}
	emptied = d.put(emptied)
	d.same(d.get(want.ID), emptied)
	for e, err := range d.registry.All(d.Context(), "toy", subscription.Wanted) {
		if err != nil {
			d.Fatalf("All: %v", err)
		}
		d.same(e, emptied)
	}
}

func holdEntryNames(d *desk) {
	names := []subscription.ID{
		{Carrier: "toy", Courier: "truckers", Number: "1"}, {Carrier: "toys", Courier: "truckers", Number: "1"},
		{Carrier: "toy", Courier: "vans", Number: "1"}, {Carrier: "toy", Courier: "truckers", Number: "11"},
	}
	for i, id := range names {
		d.put(subscription.Entry{ID: id, State: subscription.Wanted, Failures: i})
	}
	for i, id := range names {
		if e := d.get(id); e.ID != id || e.Failures != i {
			d.Errorf("entry %d of %d is another one", i+1, len(names))
		}
	}
}

func holdEntryVersions(d *desk) {
	e, before := entry(1), int64(0)
	for i := range 4 {
		e.Failures = i
		e = d.put(e)
		if e.Version <= before {
			d.Fatalf("the version went from %d to %d", before, e.Version)
		}
		if read := d.get(e.ID); read.Version != e.Version {
			d.Fatalf("Put gives version %d, Get %d", e.Version, read.Version)
		}
		before = e.Version
	}
}

func holdEntryStale(d *desk) {
	first := d.put(entry(1))
	second := first
	second.Why = "the second"
	second = d.put(second)
	absent := entry(2)
	absent.Version = 1
	for what, version := range map[string]int64{"older": first.Version, "of a new entry": 0, "newer": second.Version + 1} {
		stale := entry(1)
		stale.Version, stale.Why = version, "stale"
		if _, err := d.registry.Put(d.Context(), stale); !errors.Is(err, subscription.ErrStale) {
			d.Errorf("a write whose version is %s: %v, want ErrStale", what, err)
		}
		if e := d.get(first.ID); e.Why != second.Why || e.Version != second.Version {
			d.Fatalf("a write whose version is %s changed the entry", what)
		}
	}
	if _, err := d.registry.Put(d.Context(), absent); !errors.Is(err, subscription.ErrStale) {
		d.Errorf("a write with a version to an entry that is not there: %v, want ErrStale", err)
	}
	d.same(d.get(absent.ID), subscription.Entry{})
}

func holdEntryRace(d *desk) {
	const rounds, callers = 8, 8
	e := entry(1)
	for range rounds {
		var won atomic.Int32
		var wg sync.WaitGroup
		for caller := range callers {
			wg.Go(func() {
				mine := e
				mine.Why = fmt.Sprint(caller)
				switch _, err := d.registry.Put(d.Context(), mine); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, subscription.ErrStale):
					d.Errorf("Put: %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			d.Fatalf("of %d writes of one version %d were taken", callers, won.Load())
		}
		e = d.get(e.ID)
	}
}

func holdEndpoints(d *desk) {
	for _, step := range []struct{ carrier, id string }{{"toy", "ep-1"}, {"toys", "ep-2"}, {"toy", "ep-3"}, {"toys", ""}} {
		if step.carrier == "toys" && step.id != "" && d.endpoint("toys") != "" {
			d.Error("an endpoint that was never set is not empty")
		}
		d.setEndpoint(step.carrier, step.id)
		if got := d.endpoint(step.carrier); got != step.id {
			d.Errorf("the endpoint is %q, want %q", got, step.id)
		}
	}
	if got := d.endpoint("toy"); got != "ep-3" {
		d.Errorf("the endpoint is %q after another carrier's was set, want ep-3", got)
	}
}

func holdRegistryContexts(d *desk) {
	e := d.put(entry(1))
	d.setEndpoint("toy", "ep-1")
	over := ended(d.T)
	check := func(what string, err error) {
		d.Helper()
		if !errors.Is(err, context.Canceled) {
			d.Errorf("%s with an ended context: %v", what, err)
		}
	}
	_, err := d.registry.Get(over, e.ID)
	check("Get", err)
	changed := e
	changed.Why = "changed"
	_, err = d.registry.Put(over, changed)
	check("Put", err)
	_, err = d.registry.Due(over, "toy", noon, 10)
	check("Due", err)
	_, err = d.registry.ByHandle(over, "toy", "req-1")
	check("ByHandle", err)
	_, err = d.registry.Endpoint(over, "toy")
	check("Endpoint", err)
	check("SetEndpoint", d.registry.SetEndpoint(over, "toy", "ep-2"))
	var told []string
	for _, err := range d.registry.All(over, "toy", "") {
		if err != nil {
			check("All", err)
			told = append(told, "error")
			continue
		}
		told = append(told, "entry")
	}
	if text := strings.Join(told, " "); !strings.HasSuffix(text, "error") || strings.Count(text, "error") != 1 {
		d.Errorf("the entries of an ended context are %q, want one error, last", told)
	}
	if d.get(e.ID).Why != "" || d.endpoint("toy") != "ep-1" {
		d.Error("a write with an ended context failed, and changed something")
	}
}

func holdRegistrySurvival(d *desk) {
	want := d.put(full())
	d.setEndpoint("toy", "ep-1")
	d.registry = d.harness.Reopen(d.T, d.registry)
	d.same(d.get(want.ID), want)
	if got := d.endpoint("toy"); got != "ep-1" {
		d.Errorf("the endpoint is %q, want ep-1", got)
	}
	want.Why = "later"
	d.put(want)
}

func holdRegistryDue(d *desk) {
	for n, minutes := range []time.Duration{3, 1, 2, 5, 4} {
		e := entry(n)
		e.DueAt = noon.Add(minutes * time.Minute)
		e.State = []subscription.State{subscription.Wanted, subscription.Uncertain, subscription.Registered, subscription.Released, subscription.Ended}[n]
		d.put(e)
	}
	d.list("due", d.due("toy", noon.Add(time.Hour), 10), 1, 2, 0, 4, 3)
	d.list("the first two that are due", d.due("toy", noon.Add(time.Hour), 2), 1, 2)
}

func holdRegistryLimit(d *desk) {
	for n := range 5 {
		d.put(entry(n))
	}
	for _, limit := range []int{0, 1, 4, 5, 9} {
		if got := len(d.due("toy", noon, limit)); got != min(limit, 5) {
			d.Errorf("of 5 that are due a limit of %d gives %d", limit, got)
		}
	}
}

func holdRegistryTimes(d *desk) {
	never := entry(2)
	never.DueAt = time.Time{}
	d.put(entry(1))
	d.put(never)
	d.list("due a moment before", d.due("toy", noon.Add(-time.Microsecond), 10))
	d.list("due", d.due("toy", noon, 10), 1)
	d.list("due years later", d.due("toy", noon.AddDate(30, 0, 0), 10), 1)
	later := d.get(entry(1).ID)
	later.DueAt = noon.Add(time.Hour)
	d.put(later)
	d.list("due after it was put off", d.due("toy", noon, 10))
}

func holdHandles(d *desk) {
	for n, handle := range []string{"req-1", "req-2", "req-1", "", "req-11"} {
		e := entry(n)
		e.Handle = handle
		d.put(e)
	}
	foreign := entry(7)
	foreign.Carrier, foreign.Handle = "toys", "req-1"
	d.put(foreign)
	d.list("with a handle", d.byHandle("toy", "req-1"), 0, 2)
	d.list("with a handle of another carrier", d.byHandle("toys", "req-1"), 7)
	d.list("with a handle that nobody has", d.byHandle("toy", "req-3"))
	moved := d.get(entry(0).ID)
	moved.Handle = "req-3"
	d.put(moved)
	d.list("with a handle that one has no more", d.byHandle("toy", "req-1"), 2)
}

func holdStates(d *desk) {
	states := []subscription.State{
		subscription.Wanted, subscription.Uncertain, subscription.Registered, subscription.Refused, subscription.Ended, subscription.Released,
	}
	for n, state := range states {
		e := entry(n)
		e.State = state
		d.put(e)
	}
	foreign := entry(9)
	foreign.Carrier = "toys"
	d.put(foreign)
	for n, state := range states {
		d.list("that are "+string(state), d.all("toy", state), n)
	}
	d.list("of a carrier", d.all("toy", ""), 0, 1, 2, 3, 4, 5)
	d.list("of a carrier without any", d.all("toyss", ""))
}
