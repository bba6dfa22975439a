package subscription_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

func TestManagerRenewsBetweenTwelveAndTwentyFourHours(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	m := w.manager(p.provider())
	var numbers []string
	for i := range 200 {
		number := fmt.Sprintf("5500000%05d", i)
		numbers = append(numbers, number)
		if err := m.Want(t.Context(), "short", parcel(number)); err != nil {
			t.Fatal(err)
		}
	}
	last := map[string]time.Time{}
	renewals := map[time.Time]int{}
	for range 5 * 24 * 4 {
		w.pass(m)
		for _, number := range numbers {
			at := p.until[number].Add(-p.life)
			if before, ok := last[number]; ok && !at.Equal(before) {
				if gap := at.Sub(before); gap < 12*time.Hour || gap > 24*time.Hour+15*time.Minute {
					t.Fatalf("%s was renewed after %v", number, gap)
				}
				renewals[at]++
			}
			last[number] = at
			if !p.until[number].After(w.now) {
				t.Fatalf("the registration of %s ran out", number)
			}
		}
		w.now = w.now.Add(15 * time.Minute)
	}
	for at, n := range renewals {
		if n > len(numbers)/4 {
			t.Errorf("%d of %d parcels were renewed at once, at %v", n, len(numbers), at)
		}
	}
	if len(w.alarms) > 0 {
		t.Errorf("alarms: %v", w.alarms)
	}
}

func TestManagerTellsWhenRenewingFailsAndWhenItIsTooLate(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "short", parcel("550000001234"))
	w.pass(m)
	p.err = func(string) error {
		return &tracking.Error{Carrier: "short", Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
	}
	w.now = w.now.Add(25 * time.Hour)
	w.pass(m)
	if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmKeepAlive}) {
		t.Fatalf("after a renewal that failed: alarms %v", got)
	}
	calls := p.calls
	w.pass(m)
	if p.calls != calls {
		t.Error("asked again at once")
	}
	w.now = w.now.Add(24 * time.Hour)
	w.pass(m)
	if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmLapsed}) {
		t.Fatalf("after it ran out: alarms %v", got)
	}
	p.err = nil
	w.now = w.now.Add(2 * time.Hour)
	w.pass(m)
	if e := w.entry("short", "550000001234"); e.State != subscription.Registered || !e.ExpiresAt.After(w.now) {
		t.Errorf("after the provider recovered: %+v", e)
	}
}

func TestManagerReconcilesAfterDowntime(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "short", parcel("550000001234"), parcel("550000001245"))
	w.pass(m)
	w.now = w.now.Add(5 * 24 * time.Hour)
	again := w.manager(p.provider())
	w.pass(again)
	for _, number := range []string{"550000001234", "550000001245"} {
		if !p.until[number].After(w.now) {
			t.Errorf("%s is not registered after the restart", number)
		}
	}
}

func TestManagerLeavesRefusedParcelsAlone(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	p.err = func(number string) error {
		if strings.HasSuffix(number, "9") {
			return errNumber
		}
		return nil
	}
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "short", parcel("550000000009"), parcel("550000000001"))
	w.pass(m)
	if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmRefused}) {
		t.Fatalf("alarms %v", got)
	}
	calls := p.calls
	_ = m.Want(t.Context(), "short", parcel("5500-0000-0009"))
	w.now = w.now.Add(3 * time.Hour)
	w.pass(m)
	if p.calls != calls {
		t.Error("a refused parcel was tried again")
	}
	_ = m.Release(t.Context(), "short", tracking.Query{Courier: "cj", Number: "550000000009"})
	p.err = nil
	_ = m.Want(t.Context(), "short", parcel("550000000009"))
	w.pass(m)
	if e := w.entry("short", "550000000009"); e.State != subscription.Registered {
		t.Errorf("released and wanted again, it is %s", e.State)
	}
}

func TestManagerStopsForTheWholeAccount(t *testing.T) {
	for name, err := range map[string]error{
		"credentials": &tracking.Error{Carrier: "short", Kind: tracking.ErrCredentials},
		"forbidden":   &tracking.Error{Carrier: "short", Kind: tracking.ErrForbidden},
		"quota":       &tracking.Error{Carrier: "short", Kind: tracking.ErrQuotaExhausted, ResetAt: begin.Add(3 * time.Hour)},
		"rate":        &tracking.Error{Carrier: "short", Kind: tracking.ErrRateLimited, Wait: 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newShortLived(w)
			p.whole = err
			m := w.manager(p.provider())
			_ = m.Want(t.Context(), "short", parcel("550000001234"))
			w.pass(m)
			if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmAccount}) {
				t.Fatalf("alarms %v", got)
			}
			w.now = w.now.Add(time.Minute)
			w.pass(m)
			if p.calls != 1 {
				t.Errorf("%d calls within a minute", p.calls)
			}
			p.whole = nil
			w.now = w.now.Add(3 * time.Hour)
			w.pass(m)
			if e := w.entry("short", "550000001234"); e.State != subscription.Registered {
				t.Errorf("after it was mended: %s", e.State)
			}
		})
	}
}

func TestManagerMakesOneEndpointWhateverIsLost(t *testing.T) {
	for _, fault := range []string{"", "before", "after"} {
		w := newWorld(t)
		p := newPaying(w)
		m := w.manager(p.provider())
		_ = m.Want(t.Context(), "paying", parcel("550000001234"))
		failing := fault
		p.fault = func() string { defer func() { failing = "" }(); return failing }
		for range 3 {
			w.pass(w.manager(p.provider())) // as after a restart each time
			w.now = w.now.Add(time.Hour)
		}
		if len(p.endpoints) != 1 {
			t.Errorf("answer lost %q: %d endpoints", fault, len(p.endpoints))
		}
		if e := w.entry("paying", "550000001234"); e.State != subscription.Registered || p.paid["550000001234"] != 1 {
			t.Errorf("answer lost %q: %s, paid %d times", fault, e.State, p.paid["550000001234"])
		}
	}
}

func TestManagerDoesNotTakeAForeignEndpoint(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	p.endpoints["ep-0"] = &endpoint{address: "https://shop.example/hooks/paying", secret: "somebody else's"}
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "paying", parcel("550000001234"))
	w.pass(m)
	w.pass(m)
	if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmForeign}) {
		t.Errorf("alarms %v", got)
	}
	if len(p.endpoints) != 1 || len(p.paid) != 0 {
		t.Error("something was made nevertheless")
	}
	named := p.provider()
	named.Endpoint = "ep-0"
	w.now = w.now.Add(10 * time.Minute)
	w.pass(w.manager(named))
	if e := w.entry("paying", "550000001234"); e.State != subscription.Registered {
		t.Errorf("with the endpoint named, the parcel is %s", e.State)
	}
}

func TestManagerNeverPaysTwice(t *testing.T) {
	for _, fault := range []string{"before", "after"} {
		w := newWorld(t)
		p := newPaying(w)
		m := w.manager(p.provider())
		w.pass(m)
		_ = m.Want(t.Context(), "paying", parcel("550000001234"))
		failing := fault
		p.fault = func() string { defer func() { failing = "" }(); return failing }
		w.pass(m)
		if e := w.entry("paying", "550000001234"); e.State != subscription.Uncertain {
			t.Fatalf("answer lost %q: %s", fault, e.State)
		}
		w.now = w.now.Add(time.Hour)
		w.pass(m)
		w.pass(m)
		if e := w.entry("paying", "550000001234"); e.State != subscription.Registered || p.paid["550000001234"] != 1 {
			t.Errorf("answer lost %q: %s, paid %d times", fault, e.State, p.paid["550000001234"])
		}
		// What was adopted is not surely ours, so it is not ours to cancel.
		cancelling := p.provider()
		cancelling.CancelReleased = true
		m = w.manager(cancelling)
		_ = m.Release(t.Context(), "paying", tracking.Query{Courier: "cj", Number: "550000001234"})
		w.pass(m)
		if got := len(p.cancels); got != map[string]int{"before": 1, "after": 0}[fault] {
			t.Errorf("answer lost %q: %d cancellations", fault, got)
		}
	}
}

func TestManagerNoticesWhatGotLost(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "paying", parcel("550000001234"), parcel("550000001245"))
	w.pass(m)
	delete(p.held, "550000001234")
	w.now = w.now.Add(7 * time.Hour)
	w.pass(m)
	if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmLost}) {
		t.Errorf("alarms %v", got)
	}
	if e := w.entry("paying", "550000001234"); e.State != subscription.Ended || p.paid["550000001234"] != 1 {
		t.Errorf("a paid registration that got lost is %s, paid %d times", e.State, p.paid["550000001234"])
	}
	renewing := p.provider()
	renewing.RenewPaid = true
	delete(p.held, "550000001245")
	m = w.manager(renewing)
	w.pass(m)
	w.pass(m)
	if e := w.entry("paying", "550000001245"); e.State != subscription.Registered || p.paid["550000001245"] != 2 {
		t.Errorf("with RenewPaid it is %s, paid %d times", e.State, p.paid["550000001245"])
	}
}

func TestManagerHandsOnWhatAFollowerSaw(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "paying", parcel("550000001234"))
	w.pass(m)
	p.seen["550000001234"] = &tracking.Parcel{Courier: "cj", Number: "550000001234", Status: tracking.StatusDelivered}
	w.pass(w.manager(p.provider())) // a restart looks at once
	if len(w.observed) != 1 || w.observed[0].Door != tracking.DoorPoll || w.observed[0].Carrier != "paying" || !w.observed[0].SeenAt.Equal(w.now) {
		t.Errorf("observed %+v", w.observed)
	}
}

func TestManagerWatchesTheEndpoint(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	m := w.manager(p.provider())
	w.pass(m)
	e := p.endpoints["ep-1"]
	for _, step := range []struct {
		state error
		want  []subscription.AlarmKind
	}{
		{subscription.ErrEndpointFailing, []subscription.AlarmKind{subscription.AlarmFailing}},
		{subscription.ErrEndpointFailing, nil},
		{fmt.Errorf("twice: %w", subscription.ErrEndpointDown), []subscription.AlarmKind{subscription.AlarmDown}},
		{errAny, []subscription.AlarmKind{subscription.AlarmEndpoint}},
		{nil, []subscription.AlarmKind{subscription.AlarmRecovered}},
		{nil, nil},
	} {
		e.state = step.state
		w.now = w.now.Add(10 * time.Minute)
		w.pass(m)
		if got := w.raised(); !slices.Equal(got, step.want) {
			t.Errorf("%v: alarms %v, want %v", step.state, got, step.want)
		}
	}
	// Nothing is registered, and paid, at an endpoint that is off.
	e.state = subscription.ErrEndpointDown
	w.now = w.now.Add(10 * time.Minute)
	_ = m.Want(t.Context(), "paying", parcel("550000001234"))
	w.pass(m)
	if len(p.paid) != 0 {
		t.Error("registered at an endpoint that is switched off")
	}
	delete(p.endpoints, "ep-1")
	w.now = w.now.Add(10 * time.Minute)
	w.pass(m)
	w.raised()
	if len(p.endpoints) != 0 {
		t.Error("an endpoint was made again unasked")
	}
	if err := m.Remake(t.Context(), "paying"); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(10 * time.Minute)
	w.pass(m)
	if got := w.entry("paying", "550000001234"); got.State != subscription.Registered {
		t.Errorf("after Remake: %+v", got)
	}
}

func TestManagerTakesNoteOfEnds(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "paying", parcel("550000001234"), parcel("550000001245"))
	w.pass(m)
	q := tracking.Query{Courier: "cj", Number: "550000001245"}
	for number, end := range map[string]webhook.Ended{
		"550000001234": {Reason: webhook.EndDelivered}, "550000001245": {Reason: webhook.EndExpired, Open: []tracking.Query{q}},
	} {
		end.Handle = p.held[number]
		if err := m.Ended(t.Context(), "paying", end); err != nil {
			t.Fatal(err)
		}
		if e := w.entry("paying", number); e.State != subscription.Ended {
			t.Errorf("%s: %s", end.Reason, e.State)
		}
	}
	if len(w.alarms) != 1 || w.alarms[0].Kind != subscription.AlarmExpired || w.alarms[0].Parcels[0].Number != q.Number {
		t.Errorf("alarms %+v", w.alarms)
	}
	w.now = w.now.Add(24 * time.Hour)
	w.pass(m)
	if p.paid["550000001234"] != 1 || p.paid["550000001245"] != 1 {
		t.Errorf("paid %v", p.paid)
	}
}

func TestManagerTellsWhenAPaidRegistrationRanOut(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "paying", parcel("550000001234"))
	w.pass(m)
	w.now = w.now.Add(14*24*time.Hour + time.Minute)
	w.pass(m)
	if got := w.raised(); !slices.Equal(got, []subscription.AlarmKind{subscription.AlarmExpired}) || p.paid["550000001234"] != 1 {
		t.Errorf("alarms %v, paid %d times", got, p.paid["550000001234"])
	}
}

func TestManagerCancelsOnlyWhatIsItsOwnAndUnshared(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	cancelling := p.provider()
	cancelling.CancelReleased = true
	m := w.manager(cancelling)
	_ = m.Want(t.Context(), "short", parcel("550000001234"), parcel("550000001245"))
	w.pass(m)
	shared := w.entry("short", "550000001245")
	shared.Handle = "h-550000001234"
	if _, err := w.registry.Put(t.Context(), shared); err != nil {
		t.Fatal(err)
	}
	release := func(number string) {
		t.Helper()
		if err := m.Release(t.Context(), "short", tracking.Query{Courier: "cj", Number: number}); err != nil {
			t.Fatal(err)
		}
		w.pass(m)
	}
	release("550000001234")
	if len(p.cancels) != 0 {
		t.Error("cancelled what another parcel still needs")
	}
	release("550000001245")
	if !slices.Equal(p.cancels, []string{"h-550000001234"}) {
		t.Errorf("cancelled %v", p.cancels)
	}
	w.now = w.now.Add(72 * time.Hour)
	calls := p.calls
	w.pass(m)
	if p.calls != calls {
		t.Error("a released parcel was renewed")
	}
}

func TestManagerReleaseIsTakenBack(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "short", parcel("550000001234"))
	w.pass(m)
	_ = m.Release(t.Context(), "short", tracking.Query{Courier: "cj", Number: "550000001234"})
	_ = m.Want(t.Context(), "short", parcel("550000001234"))
	if e := w.entry("short", "550000001234"); e.State != subscription.Registered || e.DueAt.IsZero() {
		t.Errorf("%+v", e)
	}
}

func TestNewManagerReportsEveryFault(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	_, err := subscription.NewManager(subscription.Config{
		Interval:  -1,
		Providers: []subscription.Provider{{}, {Carrier: p}, {Carrier: p, Endpoint: "ep-1"}},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"no registry", "no carrier", "Interval is negative", "needs an address and a secret", `two providers are called "paying"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from: %v", want, err)
		}
	}
	if _, err := subscription.NewManager(subscription.Config{}); err == nil {
		t.Error("the zero Config was accepted")
	}
}

func TestManagerKnowsItsCarriers(t *testing.T) {
	w := newWorld(t)
	m := w.manager(newShortLived(w).provider())
	ctx := t.Context()
	for name, err := range map[string]error{
		"Want": m.Want(ctx, "other", parcel("1")), "Release": m.Release(ctx, "other", tracking.Query{}),
		"Ended": m.Ended(ctx, "other", webhook.Ended{Handle: "x"}), "Remake": m.Remake(ctx, "short"),
	} {
		if err == nil {
			t.Errorf("%s of a carrier that is not there", name)
		}
	}
}

func TestManagerRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := newShortLived(w)
		m, err := subscription.NewManager(subscription.Config{Providers: []subscription.Provider{p.provider()}, Registry: w.registry, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		_ = m.Want(t.Context(), "short", parcel("550000001234"))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- m.Run(ctx) }()
		synctest.Wait()
		if p.calls != 1 {
			t.Errorf("%d calls at the start", p.calls)
		}
		_ = m.Want(t.Context(), "short", parcel("550000001245"))
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		synctest.Wait()
		if p.calls != 2 {
			t.Errorf("%d calls after a minute", p.calls)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// failingRegistry fails when it is told to.
type failingRegistry struct {
	subscription.Registry
	err error
}

func (r *failingRegistry) Due(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
	if r.err != nil {
		return nil, r.err
	}
	return r.Registry.Due(ctx, carrier, now, limit)
}

func TestManagerSaysThatTheRegistryFailed(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	r := &failingRegistry{Registry: w.registry, err: errAny}
	var told []subscription.AlarmKind
	m, err := subscription.NewManager(subscription.Config{
		Providers: []subscription.Provider{p.provider()}, Registry: r,
		Alarm: func(_ context.Context, a subscription.Alarm) { told = append(told, a.Kind) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Pass(t.Context()); !errors.Is(err, errAny) || !slices.Equal(told, []subscription.AlarmKind{subscription.AlarmRegistry}) {
		t.Errorf("%v, alarms %v", err, told)
	}
}
