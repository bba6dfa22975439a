package sandbox

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/tracking"
)

func newCrowd(t testing.TB, config CrowdConfig) *Crowd {
	t.Helper()
	if config.Start.IsZero() {
		config.Start = referenceStart
	}
	c, err := NewCrowd(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// digest is that of everything that a crowd's parcels say.
func digest(c *Crowd) string {
	hash := sha256.New()
	sum := bufio.NewWriter(hash)
	for q := range c.All() {
		for _, p := range c.Parcels(q.Courier, q.Number) {
			fmt.Fprintln(sum, q.Courier, q.Number, stamp(q.Since), stamp(p.Label), stamp(p.Gone), p.AsScripted, p.OldestFirst)
			for _, s := range p.Scans {
				fmt.Fprintln(sum, stamp(s.At), stamp(s.Published), stamp(s.Withdrawn), s.Undated, s.DayOnly, s.Status, s.Sub,
					s.Stray, s.CallsOff, s.Code, s.Text, s.Place, s.Window, s.As)
			}
			for _, f := range p.Faults {
				fmt.Fprintf(sum, "%+v\n", f)
			}
		}
	}
	sum.Flush()
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// The worlds on which schedules are judged are the same for everybody and for good.
func TestFrozenWorldsStayTheSame(t *testing.T) {
	var text strings.Builder
	for seed := uint64(1); seed <= 3; seed++ {
		c := Frozen(seed)
		if c.Len() != 10_000 {
			t.Errorf("seed %d: %d parcels", seed, c.Len())
		}
		fmt.Fprintf(&text, "%d %s\n", seed, digest(c))
	}
	goldentest.Compare(t, "testdata/frozen.txt", text.String())
}

func TestCrowdIsTheSameEveryTime(t *testing.T) {
	config := CrowdConfig{Seed: 7, Parcels: 500, Days: 3, Faults: true}
	a, b := newCrowd(t, config), newCrowd(t, config)
	first := digest(a)
	if again := digest(a); again != first {
		t.Error("a crowd answers differently when it is asked again")
	}
	backwards := make([]string, a.Len())
	for i := b.Len() - 1; i >= 0; i-- {
		q := b.Waybill(i)
		backwards[i] = fmt.Sprintf("%+v", b.Parcels(q.Courier, q.Number))
	}
	for i, q := range slices.Collect(a.All()) {
		if got := fmt.Sprintf("%+v", a.Parcels(q.Courier, q.Number)); got != backwards[i] {
			t.Fatalf("parcel %d depends on the order of asking", i)
		}
	}
	config.Seed = 8
	if digest(newCrowd(t, config)) == first {
		t.Error("another seed gives the same parcels")
	}
}

// A rate that is changed changes nothing about parcels that it does not concern.
func TestRatesAreIndependent(t *testing.T) {
	rates := DefaultRates()
	rates.Late, rates.Stray = 0, 0
	plain, changed := newCrowd(t, CrowdConfig{Parcels: 2000}), newCrowd(t, CrowdConfig{Parcels: 2000, Rates: &rates})
	differ := 0
	for q := range plain.All() {
		if a, b := plain.Parcels(q.Courier, q.Number), changed.Parcels(q.Courier, q.Number); fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
			differ++
		}
	}
	// Listings exclude each other by one draw: those after Late move up by its share.
	if differ == 0 || differ > 400 {
		t.Errorf("%d of 2000 parcels differ", differ)
	}
}

func TestCrowdNumbersAreValidAndFoundAgain(t *testing.T) {
	c := newCrowd(t, CrowdConfig{Parcels: largestCrowd, Days: 100})
	seen := map[key]bool{}
	for _, m := range Magic() {
		seen[key{m.Courier, m.Number}] = true
	}
	for step := range 3000 {
		i := step * (c.Len() / 3000)
		if step%2 == 1 {
			i = c.Len() - step // the longest serials too
		}
		q := c.Waybill(i)
		if f := courier.Check(q.Courier, q.Number); f.Severity != courier.OK {
			t.Fatalf("parcel %d: %s", i, f.Text)
		}
		if k := (key{q.Courier, q.Number}); seen[k] {
			t.Fatalf("parcel %d has a number that is taken", i)
		} else {
			seen[k] = true
		}
		uses := c.Parcels(q.Courier, q.Number)
		if len(uses) == 0 || uses[len(uses)-1].Number != q.Number || uses[len(uses)-1].Courier != q.Courier {
			t.Fatalf("parcel %d is not found by its number", i)
		}
	}
}

func TestCrowdKnowsNoOtherNumbers(t *testing.T) {
	c := newCrowd(t, CrowdConfig{Parcels: 100})
	q := c.Waybill(0)
	other := tracking.Courier(courier.Logen)
	if q.Courier == other {
		other = courier.Post
	}
	for name, k := range map[string]key{
		"another courier": {other, waybillNumber(other, 0)}, "beyond the crowd": {q.Courier, waybillNumber(q.Courier, 100)},
		"no number": {q.Courier, ""}, "one digit": {courier.CJ, "6"}, "letters": {courier.CJ, "66abcdefghi1"}, "sign": {courier.Logen, "66-00000001"},
		"wrong check digit": {courier.CJ, "660000000019"}, "no rhythm": {courier.Coupang, "66000000001"}, "magic": {courier.CJ, cj(107)},
	} {
		if uses := c.Parcels(k.courier, k.number); uses != nil {
			t.Errorf("%s: %d parcels", name, len(uses))
		}
	}
}

func TestCrowdTakesNoMemory(t *testing.T) {
	c := newCrowd(t, CrowdConfig{Parcels: 1_000_000, Days: 250, Faults: true})
	walked := func(from, to int) (heap uint64) {
		for i := from; i < to; i++ {
			q := c.Waybill(i)
			if len(c.Parcels(q.Courier, q.Number)) == 0 {
				t.Fatalf("parcel %d is not there", i)
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	end := c.Len()
	if floortest.RaceDetector {
		end = 50_000 // one in twenty: the detector takes thirty times as long
	}
	few := walked(0, 10_000)
	all := walked(10_000, end)
	if grown := int64(all) - int64(few); grown > 256<<10 {
		t.Errorf("the heap has grown by %d bytes over %d parcels", grown, end)
	}
	t.Logf("heap in use: %d KiB after 10,000 parcels, %d KiB after %d", few>>10, all>>10, end)
	runtime.KeepAlive(c)
}

// summary counts what happens in a crowd.
func summary(c *Crowd) map[string]int {
	counts := map[string]int{}
	for q := range c.All() {
		uses := c.Parcels(q.Courier, q.Number)
		p := uses[len(uses)-1]
		counts["courier "+string(q.Courier)]++
		counts[fmt.Sprintf("uses %d", len(uses))]++
		status, sub, _ := settle(p.shown(endOfTime))
		counts["end "+strings.TrimSpace(status.String()+" "+sub.String())]++
		for name, yes := range map[string]bool{
			"known without a scan": !p.Label.IsZero(), "forgotten by the courier": !p.Gone.IsZero(), "as scripted": p.AsScripted,
			"oldest first": p.OldestFirst, "faulty": len(p.Faults) > 0, "more than 40 scans": len(p.Scans) > 40,
		} {
			if yes {
				counts[name]++
			}
		}
		for _, s := range p.Scans {
			counts["scans"]++
			counts["scan "+strings.TrimSpace(s.Status.String()+" "+s.Sub.String())]++
			for name, yes := range map[string]bool{
				"window": s.Window != "", "undated": s.Undated, "day alone": s.DayOnly, "stray": s.Stray, "called off": s.CallsOff,
				"withdrawn": !s.Withdrawn.IsZero(), "published an hour late": s.published().Sub(s.At) > time.Hour,
				"other codes": s.As != Codes{},
			} {
				if yes {
					counts["scan "+name]++
				}
			}
		}
	}
	return counts
}

// Exact counts under a fixed seed: the shares are those of the rates, and a change of what is drawn is seen.
func TestWhatACrowdIsMadeOf(t *testing.T) {
	counts := summary(newCrowd(t, CrowdConfig{Seed: 1, Parcels: 20_000, Days: 10, Faults: true}))
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&text, "%6d %s\n", counts[name], name)
	}
	goldentest.Compare(t, "testdata/crowd.txt", text.String())
	for name, share := range map[string]float64{
		"courier cj": 0.45, "courier gspostbox": 0.05, "uses 2": 0.01, "known without a scan": 0.71, "faulty": 0.092,
		"as scripted": 0.005, "scan stray": 0.005, "scan withdrawn": 0.005, "end FAILED LOST": 0.002, "oldest first": 0.02,
	} {
		expected := share * 20_000
		if got := float64(counts[name]); got < expected*0.75 || got > expected*1.25 {
			t.Errorf("%s: %g, expected about %g", name, got, expected)
		}
	}
	for _, status := range tracking.Statuses() {
		if status != tracking.StatusPending && counts["scan "+status.String()] == 0 && counts["end "+status.String()] == 0 {
			t.Errorf("nothing is ever %s", status)
		}
	}
	if counts["end PENDING"] == 0 {
		t.Error("nothing stays PENDING")
	}
}

// Nothing is collected or on a van on a day on which its courier rests, and everything has its time of the day.
func TestCrowdKeepsTheRhythm(t *testing.T) {
	rhythms := map[tracking.Courier]*Rhythm{}
	for _, r := range Rhythms() {
		rhythms[r.Courier] = &r
	}
	chuseok := newCrowd(t, CrowdConfig{Start: time.Date(2026, 9, 16, 0, 0, 0, 0, kst), Days: 12, Parcels: 12_000})
	toured := map[string]int{}
	for q := range chuseok.All() {
		uses := chuseok.Parcels(q.Courier, q.Number)
		p, r := uses[len(uses)-1], rhythms[q.Courier]
		if !warehouseWorks(q.Since) {
			t.Fatalf("a label is printed on %s", q.Since)
		}
		before := time.Time{}
		for i, s := range p.Scans {
			if s.Stray || slices.Contains(p.Scans[:i], s) { // listed twice
				continue
			}
			if s.At.Before(before) && !p.AsScripted {
				t.Errorf("%s %s goes back in time at %s", q.Courier, q.Number, s.At)
			}
			before = s.At
			if s.At.Before(q.Since) || s.published().Before(s.At) {
				t.Errorf("%s %s: scan of %s published %s, label of %s", q.Courier, q.Number, s.At, s.published(), q.Since)
			}
			clock := s.At.Sub(midnight(s.At))
			switch s.Status {
			case pickedUp, outFor, delivered, tracking.StatusFailed:
				if !r.works(s.At) {
					t.Errorf("%s works on %s: %s", q.Courier, s.At, s.Status)
				}
				toured[s.At.Weekday().String()[:3]+" "+string(q.Courier)]++
			}
			if s.Status == outFor && s.Sub == none && within(clock, r.Out) || s.Status == pickedUp && within(clock, r.Pickup) {
				continue
			}
			if s.Status == pickedUp || s.Status == outFor && s.Sub == none {
				t.Errorf("%s: %s at %s", q.Courier, s.Status, s.At)
			}
		}
	}
	for name, want := range map[string]bool{
		"Sun cj": true, "Sun hanjin": false, "Sat hanjin": true, "Sat post": false, "Sun post": false, "Mon post": true,
	} {
		if (toured[name] > 0) != want {
			t.Errorf("%s: %d scans of a van", name, toured[name])
		}
	}
	for _, day := range []int{24, 25, 26} {
		for _, r := range rhythms {
			if r.works(time.Date(2026, 9, day, 12, 0, 0, 0, kst)) {
				t.Errorf("%s works at Chuseok", r.Courier)
			}
		}
	}
}

func within(clock time.Duration, h Hour) bool {
	return clock >= h.Mean-3*h.Spread && clock <= h.Mean+3*h.Spread
}

func TestCalendar(t *testing.T) {
	for year, days := range holidays {
		last := time.Time{}
		festivals := 0
		for _, h := range days {
			day := time.Date(year, h.month, h.day, 0, 0, 0, 0, kst)
			if !day.After(last) || day.Month() != h.month {
				t.Errorf("%s is not after %s", day, last)
			}
			last = day
			if h.off == festival {
				festivals++
			}
			if offOn(day.Add(23*time.Hour)) != h.off || offOn(day.Add(-time.Second)) == h.off && offOn(day.Add(-time.Second)) == workday {
				t.Errorf("%s: the day does not begin and end in Korea", day)
			}
		}
		if festivals != 6 {
			t.Errorf("%d has %d days of Seollal and Chuseok", year, festivals)
		}
	}
	for day, want := range map[string]bool{
		"2026-09-28": true, "2026-09-26": false, "2026-09-27": false, "2026-10-05": false, "2026-10-09": false, "2027-12-27": false, "2031-05-05": true,
	} {
		at, _ := time.ParseInLocation(time.DateOnly, day, kst)
		if warehouseWorks(at) != want {
			t.Errorf("the warehouse works on %s: %t", day, !want)
		}
	}
}

func TestWrongCrowdsAreRefused(t *testing.T) {
	negative, much := DefaultRates(), DefaultRates()
	negative.Late, much.Forgotten, much.Lost = -0.1, 0.9, 0.9
	nan := DefaultFaults()
	nan.Slow /= 0 * nan.Slow
	for name, config := range map[string]CrowdConfig{
		"negative size": {Parcels: -1}, "too large": {Parcels: largestCrowd + 1}, "too long": {Days: 10_001}, "negative days": {Days: -1},
		"negative rate": {Rates: &negative}, "rates above one": {Rates: &much}, "no number": {FaultRates: &nan},
		"courier without a rhythm": {Mix: map[tracking.Courier]float64{courier.CJ: 1, courier.Coupang: 1}},
		"no courier":               {Mix: map[tracking.Courier]float64{courier.CJ: 0}}, "negative weight": {Mix: map[tracking.Courier]float64{courier.CJ: -1}},
		"empty mix": {Mix: map[tracking.Courier]float64{}},
	} {
		if c, err := NewCrowd(config); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v", name, c != nil, err)
		}
	}
	zero, err := NewCrowd(CrowdConfig{})
	if err != nil || zero.Len() != 1000 {
		t.Errorf("the zero value: %v", err)
	}
	only := newCrowd(t, CrowdConfig{Mix: map[tracking.Courier]float64{courier.Post: 3}})
	for q := range only.All() {
		if q.Courier != courier.Post {
			t.Fatalf("%s is not in the mix", q.Courier)
		}
	}
}

// The truth about a generated parcel is what its script has published, no more and no less.
func TestTruthOfACrowdIsItsScript(t *testing.T) {
	c := newCrowd(t, CrowdConfig{Seed: 3, Parcels: 600, Days: 3, Faults: true})
	w := newWorld(t, Config{Population: c})
	for range 16 {
		w.Clock().Advance(13 * time.Hour)
		now := w.Clock().Now()
		for q := range c.All() {
			shipments := w.Truth(q.Courier, q.Number).Shipments
			for i, p := range c.Parcels(q.Courier, q.Number) {
				want := map[string]bool{}
				for _, s := range p.Scans {
					if !s.Stray && !now.Before(s.Published) && (s.Withdrawn.IsZero() || now.Before(s.Withdrawn)) {
						want[fmt.Sprint(s.Published.Unix(), s.Text, s.Place)] = true
					}
				}
				if i >= len(shipments) {
					if len(want) > 0 && p.Gone.IsZero() {
						t.Fatalf("%s:%s at %s: nothing is true of use %d", q.Courier, q.Number, now, i+1)
					}
					continue
				}
				s := shipments[i]
				for _, e := range s.Events {
					if !want[fmt.Sprint(e.Published.Unix(), e.Text, e.Place)] {
						t.Fatalf("%s:%s at %s: %+v is not in the script", q.Courier, q.Number, now, e)
					}
				}
				if len(s.Events) != len(want) || s.Generation != i+1 {
					t.Fatalf("%s:%s at %s: %d events, want %d; generation %d", q.Courier, q.Number, now, len(s.Events), len(want), s.Generation)
				}
			}
		}
	}
	q := c.Waybill(0)
	got := fetch(t, w.Client(), request(t, "GET", w.URLs("").Truth+"/"+string(q.Courier)+"/"+q.Number, nil))
	if truth := decode[Truth](t, got.body); len(truth.Shipments) != 1 || len(truth.Shipments[0].Events) == 0 {
		t.Errorf("/truth of a generated parcel: %s", got.body)
	}
}

func TestOutagesAndLies(t *testing.T) {
	if calm := newCrowd(t, CrowdConfig{}); calm.Outages() != nil || calm.Lies() != nil {
		t.Error("a crowd without faults has outages or lies")
	}
	c := newCrowd(t, CrowdConfig{Faults: true})
	down := map[string]time.Duration{}
	for _, f := range c.Outages() {
		if f.Until.Sub(f.From) <= 0 || f.Until.Sub(f.From) > 2*time.Hour || f.From.Before(c.days[0]) {
			t.Errorf("%s is out from %s to %s", f.Provider, f.From, f.Until)
		}
		down[f.Provider] += f.Until.Sub(f.From)
		for _, g := range c.Outages() {
			if f.HTML && g.HTML && f.Provider != g.Provider && f.From.Before(g.Until) && g.From.Before(f.Until) {
				t.Errorf("%s and %s are down together", f.Provider, g.Provider)
			}
		}
	}
	if len(down) != 5 || down[DeliveryAPI] != 3*time.Hour {
		t.Errorf("%v", down)
	}
	kinds := map[LieKind]bool{}
	for _, l := range c.Lies() {
		kinds[l.Kind] = l.OneIn > 1
	}
	for _, kind := range []LieKind{Drop, Duplicate, Delay, Reorder, Forge, Replay, Tamper} {
		if !kinds[kind] {
			t.Errorf("no lie of kind %s", kind)
		}
	}
}

func TestLiesAboutOneInSoMany(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.push.Lie(Lie{Kind: Drop, OneIn: 3, Times: 2})
	dropped := ""
	for range 12 {
		if p.push.lieAbout(&parcelPush{}) != nil {
			dropped += "x"
		} else {
			dropped += "."
		}
	}
	if dropped != "..x..x......" {
		t.Errorf("lied about %s", dropped)
	}
}

// The comments tell the defaults, and the documentation is made of the comments.
func TestRatesAreAsTheirCommentsSay(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "crowd_rates.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]reflect.Value{"Rates": reflect.ValueOf(DefaultRates()), "FaultRates": reflect.ValueOf(DefaultFaults())}
	checked := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !defaults[spec.Name.Name].IsValid() {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			stated, _, _ := strings.Cut(strings.TrimPrefix(field.Comment.List[0].Text, "// "), ":")
			name := field.Names[0].Name
			if got := fmt.Sprint(defaults[spec.Name.Name].FieldByName(name).Float()); got != stated {
				t.Errorf("%s is %s, and its comment says %s", name, got, stated)
			}
			checked++
		}
		return false
	})
	if want := reflect.TypeFor[Rates]().NumField() + reflect.TypeFor[FaultRates]().NumField(); checked != want {
		t.Errorf("%d of %d rates have been checked", checked, want)
	}
}

// A crowd is pushed like any parcel: each subscription ends with the push that tells of the delivery.
func TestPushesOfACrowd(t *testing.T) {
	c := newCrowd(t, CrowdConfig{Start: pushNow, Parcels: 10, Mix: map[tracking.Courier]float64{courier.CJ: 1}, Rates: new(Rates)})
	p := newPushed(t, PushConfig{})
	p.world = New(Config{Empty: true, Clock: p.clock, Population: c})
	p.push = p.world.Pusher(PushConfig{Client: HandlerClient(p.host)})
	p.clock.Set(c.Waybill(0).Since.Add(8 * time.Hour))
	ended, polled := map[string]bool{}, 0
	for q := range c.All() { // a subscription each, for the push that ends one is about all its parcels
		p.subscribe(true, q.Number)
	}
	for range 96 {
		p.clock.Advance(time.Hour)
		pushes, err := p.push.Deliver(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, push := range pushes {
			switch truth := p.world.Truth(courier.CJ, push.Parcels[0]).Shipments; {
			case push.Event != "tracking.completed":
				polled++
			case ended[push.Parcels[0]] || len(truth) != 1 || truth[0].Status != delivered:
				t.Errorf("%s is said to have ended: %+v", push.Parcels[0], truth)
			default:
				ended[push.Parcels[0]] = true
			}
		}
	}
	if len(ended) != 10 || polled < 20 {
		t.Errorf("%d of 10 subscriptions ended, after %d other pushes", len(ended), polled)
	}
}
