package sandbox

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// The names of the providers, as carriers and programs call them.
const (
	DeliveryAPI       = "deliveryapi"
	SweetTracker      = "sweettracker"
	SweetTrackerTrace = "sweettracker-trace"
	TrackerDelivery   = "trackerdelivery"
	TrackerDeliveryV1 = "trackerdelivery-v1"
	SelfHosted        = "selfhosted" // an open-source tracker.delivery server
)

// Config says what a world is like. The zero value works: seed 1, wall clock, magic numbers, generous limits.
type Config struct {
	Seed   uint64 // of ids and secrets that the world makes up; 0 means 1
	Clock  *Clock // nil means the wall clock
	Limits Limits
	// Accounts are accepted besides the demo account.
	Accounts []Credentials
	Empty    bool // without the magic numbers
	// Population is asked about numbers that nobody added. Nil means that there are none.
	Population Population
}

// Population is a world's crowd of parcels, computed on demand instead of kept. Parcels gives the uses of a number,
// oldest first, the same ones every time; none when there is no such number. It is called concurrently.
type Population interface {
	Parcels(courier tracking.Courier, number string) []Parcel
}

// World is a parcel world: an http.Handler that speaks the providers' protocols about the same parcels.
// It is safe for concurrent use and has no goroutine of its own. Make one with [New].
type World struct {
	config Config
	clock  *Clock
	start  time.Time
	mux    *http.ServeMux
	demo   Credentials

	mu      sync.Mutex
	parcels map[key][]Parcel
	faults  []*Fault
	used    map[*Fault]int
	spent   map[faultKey]int
	ids     uint64

	requests []Request
	counts   map[string]Count
	windows  map[string]window // rate limits, by provider and credential

	deliveryAPI       deliveryAPI
	sweetTracker      sweetTracker
	sweetTrackerTrace sweetTrackerTrace
	trackerDelivery   trackerDelivery

	pusher *Pusher // of the last call of World.Pusher
}

// New makes a world. It never fails; out-of-range limits mean their defaults.
func New(config Config) *World {
	if config.Seed == 0 {
		config.Seed = 1
	}
	if config.Clock == nil {
		config.Clock = new(Clock)
	}
	config.Limits = config.Limits.withDefaults()
	config.Accounts = slices.Clone(config.Accounts)
	w := &World{
		config: config, clock: config.Clock, start: config.Clock.Now(), demo: demoCredentials(config.Seed),
		parcels: map[key][]Parcel{}, used: map[*Fault]int{}, spent: map[faultKey]int{},
		counts: map[string]Count{}, windows: map[string]window{},
		deliveryAPI: newDeliveryAPI(), sweetTracker: newSweetTracker(), sweetTrackerTrace: newSweetTrackerTrace(),
		trackerDelivery: newTrackerDelivery(),
	}
	if !config.Empty {
		w.Add(magicParcels(w.start)...)
	}
	w.mux = w.routes()
	return w
}

type key struct {
	courier tracking.Courier
	number  string
}

// faultKey names a fault of a parcel, to count its calls.
type faultKey struct {
	key      key
	provider string
	index    int
}

// Clock gives the world's clock.
func (w *World) Clock() *Clock { return w.clock }

// Add puts parcels into the world. A parcel of a courier and number that the world has already is a later use of
// the number. Parcels are copied.
func (w *World) Add(parcels ...Parcel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range parcels {
		k := key{p.Courier, p.Number}
		w.parcels[k] = append(w.parcels[k], p.clone())
	}
}

// Disturb lets a provider misbehave for every call, until the returned function is called or the fault ends by itself.
func (w *World) Disturb(f Fault) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fault := &f
	w.faults = append(w.faults, fault)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.faults = slices.DeleteFunc(w.faults, func(other *Fault) bool { return other == fault })
		delete(w.used, fault)
	}
}

// Look gives what providers can show of a number now; false when there is no data.
func (w *World) Look(courier tracking.Courier, number string) (View, bool) {
	return w.lookAt(courier, number, w.clock.Now())
}

// lookAt is Look at another time.
func (w *World) lookAt(courier tracking.Courier, number string, now time.Time) (view View, found bool) {
	var all, newest []Scan
	for _, p := range w.uses(courier, number) {
		if !p.known(now) {
			continue
		}
		found, view.Parcel, view.At = true, p, now
		if shown := p.shown(now); len(shown) > 0 {
			newest = shown
			all = append(all, shown...)
		}
	}
	view.Parcel.Scans = all
	view.Status, view.Sub, _ = settle(believed(newest))
	return view, found
}

// fault gives what goes wrong when this provider is asked about this number now, and counts the call. Number "" asks
// for faults of the whole provider alone; those win.
func (w *World) fault(provider string, courier tracking.Courier, number string) (Fault, bool) {
	now := w.clock.Now()
	if number == "" {
		return w.wholeFault(provider, now)
	}
	for _, p := range w.uses(courier, number) {
		for i, f := range p.Faults {
			if f.active(provider, now) && w.count(faultKey{key{courier, number}, provider, i}, f.Times) {
				return f, true
			}
		}
	}
	return Fault{}, false
}

func (w *World) wholeFault(provider string, now time.Time) (Fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.faults {
		if f.active(provider, now) && (f.Times == 0 || w.used[f] < f.Times) {
			w.used[f]++
			return *f, true
		}
	}
	return Fault{}, false
}

// count takes one of a fault's times; false when they are used up.
func (w *World) count(k faultKey, times int) bool {
	if times == 0 {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spent[k] >= times {
		return false
	}
	w.spent[k]++
	return true
}

// uses gives the parcels of a number, oldest generation first.
func (w *World) uses(courier tracking.Courier, number string) []Parcel {
	w.mu.Lock()
	added := slices.Clone(w.parcels[key{courier, number}])
	w.mu.Unlock()
	if len(added) == 0 && w.config.Population != nil {
		return w.config.Population.Parcels(courier, number)
	}
	return added
}

// stall waits as the fault says; false when the request's context ended and there is nobody to answer.
func (w *World) stall(ctx context.Context, f Fault) bool {
	if f.Hang {
		<-ctx.Done()
		return false
	}
	return f.Delay <= 0 || w.clock.Sleep(ctx, f.Delay) == nil
}

// newID makes up an id or a secret; the same world makes the same ones in the same order.
func (w *World) newID(prefix string) string {
	w.mu.Lock()
	w.ids++
	n := w.ids
	w.mu.Unlock()
	var id [16]byte
	_, _ = rand.NewChaCha8(seedOf(w.config.Seed, prefix+strconv.FormatUint(n, 10))).Read(id[:])
	return prefix + hex.EncodeToString(id[:])
}
