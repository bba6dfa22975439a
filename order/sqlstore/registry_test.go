package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// utc puts the times of an entry into one zone, so that entries can be compared.
func utc(e subscription.Entry) subscription.Entry {
	for _, at := range []*time.Time{&e.RegisteredAt, &e.ExpiresAt, &e.DueAt} {
		if !at.IsZero() {
			*at = at.UTC()
		}
	}
	return e
}

// TestRegistryIsLikeTheOneInMemory gives the same random calls to both.
func TestRegistryIsLikeTheOneInMemory(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		r, want := s.Registry(), subscription.NewMemoryRegistry()
		random := rand.New(rand.NewPCG(7, 7))
		pick := func(values ...string) string { return values[random.IntN(len(values))] }
		kst := time.FixedZone("KST", 9*60*60)
		at := func() time.Time {
			if random.IntN(3) == 0 {
				return time.Time{}
			}
			return noon.Add(time.Duration(random.IntN(50))*time.Minute + 7).In(kst)
		}
		id := func() subscription.ID {
			return subscription.ID{Carrier: pick("a", "b"), Courier: tracking.Courier(pick("cj", "CJ", "한진")), Number: pick("1", "2", "10", "가")}
		}
		states := []subscription.State{subscription.Wanted, subscription.Registered, subscription.Ended}
		same := func(what string, got, want []subscription.Entry) {
			t.Helper()
			for i := range want {
				want[i] = utc(want[i])
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s gives\n%+v, want\n%+v", what, got, want)
			}
		}
		// byID puts entries that are due at one time into one order: neither registry promises more
		byID := func(entries []subscription.Entry) []subscription.Entry {
			slices.SortStableFunc(entries, func(a, b subscription.Entry) int { return a.DueAt.Compare(b.DueAt) })
			return entries
		}
		stale := 0
		for range 300 {
			e := subscription.Entry{
				ID: id(), Ref: pick("", "ref"), Once: random.IntN(2) == 0, Lifetime: time.Duration(random.IntN(9)) * time.Hour,
				State: states[random.IntN(3)], Handle: pick("", "h1", "h2"), Created: random.IntN(2) == 0, Paid: random.IntN(2) == 0,
				Unsure: random.IntN(2) == 0, RegisteredAt: at(), ExpiresAt: at(), DueAt: at(), Failures: random.IntN(5), Why: pick("", "왜"),
			}
			had, _ := want.Get(t.Context(), e.ID)
			e.Version = had.Version
			if random.IntN(4) == 0 {
				e.Version += int64(random.IntN(3)) - 1
			}
			version, err := r.Put(t.Context(), e)
			wantVersion, wantErr := want.Put(t.Context(), e)
			if version != wantVersion || errors.Is(err, subscription.ErrStale) != errors.Is(wantErr, subscription.ErrStale) || (err == nil) != (wantErr == nil) {
				t.Fatalf("Put at %d: %d, %v, want %d, %v", e.Version, version, err, wantVersion, wantErr)
			}
			if err != nil {
				stale++
			}
			probe := id()
			got, err := r.Get(t.Context(), probe)
			known, _ := want.Get(t.Context(), probe)
			if err != nil || got != utc(known) {
				t.Fatalf("Get: %+v, %v, want %+v", got, err, known)
			}
			now, limit := noon.Add(time.Duration(random.IntN(60))*time.Minute), 1+random.IntN(20)
			due, err := r.Due(t.Context(), "a", now, limit)
			wantDue, _ := want.Due(t.Context(), "a", now, limit)
			if err != nil {
				t.Fatal(err)
			}
			same("Due", byID(due), byID(wantDue))
			handle, err := r.ByHandle(t.Context(), "a", "h1")
			wantHandle, _ := want.ByHandle(t.Context(), "a", "h1")
			if err != nil {
				t.Fatal(err)
			}
			same("ByHandle", handle, wantHandle)
		}
		if stale == 0 {
			t.Error("no Put was stale")
		}
		for _, state := range append(states, "") {
			list := func(r subscription.Registry) (all []subscription.Entry) {
				for e, err := range r.All(t.Context(), "b", state) {
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, e)
				}
				return all
			}
			same("All", list(r), list(want))
		}
	})
}

func TestRegistryRemembersEndpoints(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		r := s.Registry()
		for _, endpoint := range []string{"", "making", "ep-1", "ep-1", ""} {
			if err := r.SetEndpoint(t.Context(), "toy", endpoint); err != nil {
				t.Fatal(err)
			}
			if got, err := r.Endpoint(t.Context(), "toy"); got != endpoint || err != nil {
				t.Errorf("%q, %v, want %q", got, err, endpoint)
			}
			if got, err := r.Endpoint(t.Context(), "other"); got != "" || err != nil {
				t.Errorf("another carrier: %q, %v", got, err)
			}
		}
	})
}

// TestRegistryManyEntries: a list is read in portions, holds nothing meanwhile, and can be left.
func TestRegistryManyEntries(t *testing.T) {
	s, db := store(t, engines[0])
	db.SetMaxOpenConns(1)
	r := s.Registry()
	const entries = 450
	for n := range entries {
		id := subscription.ID{Carrier: "toy", Courier: tracking.Courier(fmt.Sprint("c", n%3)), Number: fmt.Sprint(n)}
		if _, err := r.Put(t.Context(), subscription.Entry{ID: id, State: subscription.Wanted}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[subscription.ID]bool{}
	for e, err := range r.All(t.Context(), "toy", subscription.Wanted) {
		if err != nil {
			t.Fatal(err)
		}
		seen[e.ID] = true
		e.State = subscription.Registered
		if _, err := r.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != entries {
		t.Errorf("%d entries, want %d", len(seen), entries)
	}
	for range r.All(t.Context(), "toy", "") {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range r.All(ctx, "toy", "") {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// TestRegistryRivals: of those who change one entry at once one does.
func TestRegistryRivals(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		entry := subscription.Entry{ID: subscription.ID{Carrier: "toy", Courier: "cj", Number: "1"}, State: subscription.Wanted}
		for round := range 4 {
			entry.Version = int64(round)
			var won atomic.Int32
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if _, err := s.Registry().Put(t.Context(), entry); err == nil {
						won.Add(1)
					} else if !errors.Is(err, subscription.ErrStale) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d of 6 won", won.Load())
			}
		}
	})
}
