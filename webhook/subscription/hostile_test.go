package subscription_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

const one, other = "550000001234", "550000001245"

func query(number string) tracking.Query { return tracking.Query{Courier: "cj", Number: number} }

// once fails the next of the calls that ask.
func once(p *paying, fault string) {
	p.fault = func() string { defer func() { fault = "" }(); return fault }
}

// sharing gives two entries one handle, as parcels of one order have it.
func sharing(t *testing.T, w *world, p *paying) {
	t.Helper()
	handle := p.held[one]
	e := w.entry("paying", other)
	e.Handle, p.held[other] = handle, handle
	if _, err := w.registry.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func TestManagerCancelsNothingThatAnUncertainParcelShares(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	cancelling := p.provider()
	cancelling.CancelReleased = true
	m := w.manager(cancelling)
	_ = m.Want(t.Context(), "paying", parcel(one), parcel(other))
	w.pass(m)
	sharing(t, w, p)
	_ = m.Release(t.Context(), "paying", query(one), query(other))
	_ = m.Want(t.Context(), "paying", parcel(other))
	once(p, "before") // it cannot be looked at
	w.pass(m)
	if len(p.cancels) > 0 {
		t.Errorf("cancelled %v, which is wanted", p.cancels)
	}
	w.now = w.now.Add(time.Hour)
	w.pass(m)
	if e := w.entry("paying", other); e.State != subscription.Registered || p.paid[other] != 1 {
		t.Errorf("it is %s, paid %d times", e.State, p.paid[other])
	}
}

func TestManagerDoesNotPayARenewalTwice(t *testing.T) {
	for _, fault := range []string{"before", "after"} {
		w := newWorld(t)
		p := newPaying(w)
		renewing := p.provider()
		renewing.RenewPaid = true
		m := w.manager(renewing)
		_ = m.Want(t.Context(), "paying", parcel(one))
		w.pass(m)
		w.now = w.entry("paying", one).DueAt
		calls := 0
		p.fault = func() string {
			if calls++; calls == 2 { // after the look
				return fault
			}
			return ""
		}
		for range 4 * 20 {
			w.pass(m)
			w.now = w.now.Add(15 * time.Minute)
		}
		if p.paid[one] != 2 {
			t.Errorf("a renewal whose answer was lost (%s) was paid %d times", fault, p.paid[one]-1)
		}
		if e := w.entry("paying", one); e.State != subscription.Registered || e.Handle != p.held[one] || !e.ExpiresAt.After(w.now.Add(13*24*time.Hour)) {
			t.Errorf("answer lost %q: %+v", fault, e)
		}
	}
}

func TestManagerDoesNotRenewWhatHasArrived(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	renewing := p.provider()
	renewing.RenewPaid = true
	m := w.manager(renewing)
	_ = m.Want(t.Context(), "paying", parcel(one))
	w.pass(m)
	p.seen[one] = &tracking.Parcel{Courier: "cj", Number: one, Status: tracking.StatusDelivered}
	for range 20 * 24 {
		w.now = w.now.Add(time.Hour)
		w.pass(m)
	}
	if p.paid[one] != 1 || w.entry("paying", one).State != subscription.Ended || len(w.alarms) > 0 {
		t.Errorf("paid %d times, %s, alarms %v", p.paid[one], w.entry("paying", one).State, w.alarms)
	}
}

// slow is a provider that works an interrupted call only after a minute.
type slow struct {
	*paying
	later []tracking.Subscription
	at    time.Time
}

func (p *slow) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	if p.at.IsZero() {
		p.at, p.later = p.w.now.Add(90*time.Second), subs
		return nil, errLost
	}
	return p.paying.Subscribe(ctx, subs)
}

func (p *slow) Follow(ctx context.Context, qs []tracking.Query) ([]subscription.Followed, error) {
	if p.later != nil && !p.w.now.Before(p.at) {
		_, _ = p.paying.Subscribe(ctx, p.later)
		p.later = nil
	}
	return p.paying.Follow(ctx, qs)
}

func TestManagerGivesAnInterruptedCallTime(t *testing.T) {
	w := newWorld(t)
	p := &slow{paying: newPaying(w)}
	provider := p.provider()
	provider.Carrier = p
	m := w.manager(provider)
	_ = m.Want(t.Context(), "paying", parcel(one))
	for range 30 {
		w.pass(m)
		w.now = w.now.Add(time.Minute)
	}
	_, _ = p.Follow(t.Context(), nil) // the interrupted call is worked by now
	if e := w.entry("paying", one); e.State != subscription.Registered || p.paid[one] != 1 {
		t.Errorf("%s, paid %d times", e.State, p.paid[one])
	}
}

// claimed is a provider with free registrations that can be cancelled, and that knows a parcel already.
type claimed struct {
	*shortLived
	interrupted bool
}

func (p *claimed) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	if !p.interrupted {
		p.interrupted = true
		return nil, &tracking.Error{Carrier: "short", Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon, Billed: tracking.Maybe}
	}
	answers, err := p.shortLived.Subscribe(ctx, subs)
	for i := range answers {
		answers[i].Existing = true
	}
	return answers, err
}

func TestManagerDoesNotTakeAnInterruptedCallForProof(t *testing.T) {
	w := newWorld(t)
	p := &claimed{shortLived: newShortLived(w)}
	provider := p.provider()
	provider.Carrier, provider.CancelReleased = p, true
	m := w.manager(provider)
	_ = m.Want(t.Context(), "short", parcel(one))
	w.pass(m)
	w.now = w.now.Add(time.Hour)
	w.pass(m)
	_ = m.Release(t.Context(), "short", query(one))
	w.pass(m)
	if len(p.cancels) > 0 {
		t.Error("cancelled what may be somebody else's")
	}
}

// meddling lets the host do something just before an entry is written.
type meddling struct {
	subscription.Registry
	before func()
}

func (r *meddling) Put(ctx context.Context, e subscription.Entry) (int64, error) {
	if before := r.before; before != nil {
		r.before = nil
		before()
	}
	return r.Registry.Put(ctx, e)
}

func TestManagerLetsTheHostChangeItsMind(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	provider := p.provider()
	provider.CancelReleased = true
	registry := &meddling{Registry: w.registry}
	var alarms []subscription.AlarmKind
	m, err := subscription.NewManager(subscription.Config{
		Providers: []subscription.Provider{provider}, Registry: registry, Now: func() time.Time { return w.now },
		Alarm: func(_ context.Context, a subscription.Alarm) { alarms = append(alarms, a.Kind) },
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = m.Want(t.Context(), "paying", parcel(one))
	w.pass(m)
	_ = m.Release(t.Context(), "paying", query(one))
	registry.before = func() { _ = m.Want(t.Context(), "paying", parcel(one)) }
	w.pass(m)
	for range 3 {
		w.now = w.now.Add(time.Hour)
		w.pass(m)
	}
	if e := w.entry("paying", one); e.State != subscription.Registered || len(alarms) > 0 {
		t.Errorf("%s, alarms %v", e.State, alarms)
	}
}

func TestManagerBearsWithRequestsRefusedAsAWhole(t *testing.T) {
	for _, kind := range []error{tracking.ErrInvalidRequest, tracking.ErrConflict, tracking.ErrUnsupported} {
		w := newWorld(t)
		p := newShortLived(w)
		p.whole = &tracking.Error{Carrier: "short", Kind: kind} // an address that the provider does not like, say
		m := w.manager(p.provider())
		_ = m.Want(t.Context(), "short", parcel(one))
		for range 120 {
			w.pass(m)
			w.now = w.now.Add(time.Minute)
		}
		if p.calls > 3 {
			t.Errorf("%v: %d calls in two hours", kind, p.calls)
		}
		if got := w.raised(); len(got) == 0 || got[0] != subscription.AlarmAccount {
			t.Errorf("%v: alarms %v", kind, got)
		}
		p.whole = nil
		w.now = w.now.Add(time.Hour)
		w.pass(m)
		if e := w.entry("short", one); e.State != subscription.Registered {
			t.Errorf("%v: once the request is in order the parcel is %s", kind, e.State)
		}
	}
}

func TestManagerNoticesThatAQuotaWasRaised(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	p.whole = &tracking.Error{Carrier: "short", Kind: tracking.ErrQuotaExhausted, ResetAt: begin.AddDate(0, 0, 9)}
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "short", parcel(one))
	w.pass(m)
	p.whole = nil
	w.now = w.now.Add(2 * time.Hour)
	w.pass(m)
	if e := w.entry("short", one); e.State != subscription.Registered {
		t.Errorf("two hours after the plan was raised the parcel is %s", e.State)
	}
}

// unreachable is a provider that makes no endpoint.
type unreachable struct {
	*paying
	calls int
}

func (p *unreachable) MakeEndpoint(context.Context, string, string) (string, error) {
	p.calls++
	return "", &tracking.Error{Carrier: "paying", Kind: tracking.ErrInvalidRequest}
}

func TestManagerMakesEndpointsWithPatience(t *testing.T) {
	w := newWorld(t)
	p := &unreachable{paying: newPaying(w)}
	provider := p.provider()
	provider.Carrier = p
	m := w.manager(provider)
	for range 24 * 60 {
		w.pass(m)
		w.now = w.now.Add(time.Minute)
	}
	if p.calls < 24 || p.calls > 31 {
		t.Errorf("an endpoint that cannot be made was tried %d times in a day", p.calls)
	}
}

func TestManagerLogsNothingPersonal(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	var log bytes.Buffer
	personal := errors.New("duplicate key: 홍길동, 010-1234-5678")
	m, err := subscription.NewManager(subscription.Config{
		Providers: []subscription.Provider{p.provider()}, Registry: &failingRegistry{Registry: w.registry, err: personal},
		Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = m.Want(t.Context(), "short", parcel(one))
	_ = m.Pass(t.Context())
	for _, canary := range []string{"010-1234-5678", "hooks/short/token", one} {
		if strings.Contains(log.String(), canary) {
			t.Errorf("%q is in the log: %s", canary, &log)
		}
	}
	if !slices.ContainsFunc(strings.Split(log.String(), "\n"), func(line string) bool { return strings.Contains(line, "duplicate key") }) {
		t.Errorf("nothing of the reason is in the log: %s", &log)
	}
}

func TestProviderPrintsNoSecret(t *testing.T) {
	w := newWorld(t)
	for _, p := range []subscription.Provider{newShortLived(w).provider(), newPaying(w).provider(), {Callback: "https://shop.example/hooks/none/token"}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if text := fmt.Sprintf(verb, p); strings.Contains(text, "hooks") || strings.Contains(text, "a-secret") {
				t.Errorf("%s shows %s", verb, text)
			}
		}
	}
}

// panicking is a provider whose calls panic.
type panicking struct{ *shortLived }

func (panicking) Name() string { return "panicking" }

func (panicking) Subscribe(context.Context, []tracking.Subscription) ([]tracking.Registration, error) {
	panic("a secret of the carrier")
}

func TestManagerOutlivesPanics(t *testing.T) {
	w := newWorld(t)
	p := newShortLived(w)
	bad := p.provider()
	bad.Carrier = panicking{p}
	var raised []subscription.AlarmKind
	m, err := subscription.NewManager(subscription.Config{
		Providers: []subscription.Provider{bad, p.provider()}, Registry: w.registry, Now: func() time.Time { return w.now },
		Alarm: func(_ context.Context, a subscription.Alarm) {
			raised = append(raised, a.Kind)
			if strings.Contains(a.Err.Error(), "secret") {
				t.Errorf("the alarm tells %v", a.Err)
			}
			panic("and the host's, too")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, carrier := range []string{"panicking", "short"} {
		if err := m.Want(t.Context(), carrier, parcel("550000001234")); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Pass(t.Context()); !errors.Is(err, webhook.ErrPanic) || !slices.Equal(raised, []subscription.AlarmKind{subscription.AlarmPanic}) {
		t.Errorf("%v, alarms %v", err, raised)
	}
	if e := w.entry("short", "550000001234"); e.State != subscription.Registered {
		t.Errorf("the other provider's parcel is %s", e.State)
	}
}

func TestManagerIsNotHeldUpByWhatCannotBeRegistered(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	cancelling := p.provider()
	cancelling.CancelReleased = true
	m := w.manager(cancelling)
	q := tracking.Query{Courier: "cj", Number: "550000001234"}
	_ = m.Want(t.Context(), "paying", parcel(q.Number))
	w.pass(m)
	p.endpoints["ep-1"].state = subscription.ErrEndpointDown
	w.now = w.now.Add(time.Hour)
	for i := range 1100 {
		_ = m.Want(t.Context(), "paying", parcel(fmt.Sprintf("5600000%05d", i)))
	}
	w.now = w.now.Add(time.Minute)
	_ = m.Release(t.Context(), "paying", q)
	w.pass(m)
	w.now = w.now.Add(time.Minute)
	w.pass(m)
	if len(p.cancels) != 1 {
		t.Error("what waits for the endpoint held up a cancellation")
	}
}

func TestManagerFollowsSoonAgainWhenThatFailed(t *testing.T) {
	w := newWorld(t)
	p := newPaying(w)
	m := w.manager(p.provider())
	_ = m.Want(t.Context(), "paying", parcel("550000001234"))
	w.pass(m)
	w.now = w.now.Add(7 * time.Hour)
	p.fault = func() string { return "before" }
	w.pass(m)
	p.fault = func() string { return "" }
	p.seen["550000001234"] = &tracking.Parcel{Courier: "cj", Number: "550000001234"}
	w.now = w.now.Add(10 * time.Minute)
	w.pass(m)
	if len(w.observed) != 1 {
		t.Errorf("%d observations ten minutes after the look failed", len(w.observed))
	}
}
