package tracking_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
)

// metered counts requests and knows its quota.
type metered struct {
	scripted
	requests int64
	quota    error
}

func (m *metered) Requests() int64 { return m.requests }
func (m *metered) Quota(context.Context) (tracking.Quota, error) {
	if m.quota != nil {
		return tracking.Quota{}, m.quota
	}
	return tracking.Quota{Plan: "pro", Limit: 10_000, Remaining: 129}, nil
}

func TestSpent(t *testing.T) {
	first := &metered{scripted: scripted{name: "zeta", limits: tracking.Limits{Batch: 20}}, requests: 17}
	first.item = func(q tracking.Query) tracking.Result {
		switch len(q.Ref) {
		case 1:
			return failing(tracking.ErrDailyCap)(q)
		case 2:
			return failing(fault(tracking.ErrNotFound))(q)
		}
		r := moving(q)
		if len(q.Ref) == 3 && q.Ref < "105" {
			r.Billed = tracking.Maybe
		}
		return r
	}
	client := newClient(t, tracking.Config{}, first, &scripted{name: "alpha"}, &scripted{name: "unused"})
	if text := client.Spent().String(); text != "" {
		t.Errorf("nothing spent: %q", text)
	}
	for range client.TrackAll(t.Context(), repeat(2100, "cj")) {
	}
	first.requests += 110
	want := tracking.Spent{
		{Carrier: "alpha", Calls: 10, Parcels: 10, Billed: 10, Outcomes: map[string]int64{"ok": 10}},
		{Carrier: "zeta", Calls: 105, Requests: 110, Parcels: 2100, Billed: 1995, MaybeBilled: 5,
			Outcomes: map[string]int64{"ok": 2000, "not_found": 90, "daily_cap": 10}},
	}
	if diff := cmp.Diff(want, client.Spent()); diff != "" {
		t.Error(diff)
	}
	text := "alpha: 10 calls, 10 parcels, 10 billed\nzeta: 105 calls, 2,100 parcels, 1,995 billed, 5 perhaps billed"
	if diff := cmp.Diff(text, client.Spent().String()); diff != "" {
		t.Error(diff)
	}
	if _, err := json.Marshal(client.Spent()); err != nil {
		t.Error(err)
	}
	client.Spent()[0].Outcomes["ok"] = 99
	if client.Spent()[0].Outcomes["ok"] != 10 {
		t.Error("the figures share memory with the client")
	}
}

func TestSpentNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		text := tracking.CarrierSpent{Carrier: "a", Calls: 1, Parcels: 2, Billed: n}.String()
		if text != "a: 1 call, 2 parcels, "+want+" billed" {
			t.Errorf("%d: %s", n, text)
		}
	}
}

func TestQuota(t *testing.T) {
	client := newClient(t, tracking.Config{},
		&metered{scripted: scripted{name: "a"}},
		tracking.Paced(&metered{scripted: scripted{name: "b"}, quota: errors.New("no such page")}, nil),
		&scripted{name: "c"},
		panicking{}, exiting{},
	)
	reports := client.Quota(t.Context())
	if len(reports) != 5 || reports[0].Quota.Remaining != 129 || reports[0].Err != nil {
		t.Errorf("got %+v", reports)
	}
	for i, want := range []error{nil, tracking.ErrProtocol, tracking.ErrUnsupported, tracking.ErrProtocol, tracking.ErrProtocol} {
		if err := reports[i].Err; !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", reports[i].Carrier, err, want)
		} else if want != nil && asError(t, err).Op != "quota" {
			t.Errorf("%s: %v", reports[i].Carrier, err)
		}
	}
}

type panicking struct{ bare }

func (panicking) Name() string                                  { return "panicking" }
func (panicking) Quota(context.Context) (tracking.Quota, error) { panic("quota") }

type exiting struct{ bare }

func (exiting) Name() string { return "exiting" }
func (exiting) Quota(context.Context) (tracking.Quota, error) {
	runtime.Goexit()
	return tracking.Quota{}, nil
}

func TestPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &metered{scripted: scripted{name: "a", limits: tracking.Limits{Batch: 3}}}
		carrier := tracking.Paced(inner, rate.NewLimiter(rate.Every(time.Second), 1))
		if _, ok := tracking.Ability[tracking.QuotaReporter](carrier); !ok {
			t.Error("an ability is hidden")
		}
		client := newClient(t, tracking.Config{}, carrier)
		start := time.Now()
		for r := range client.TrackAll(t.Context(), repeat(12, "cj")) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
		if took := time.Since(start); took != 3*time.Second || inner.callCount() != 4 {
			t.Errorf("%d calls in %s, want 4 in 3 s", inner.callCount(), took)
		}

		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := client.Track(hurried, query("cj", "1"))
		if !errors.Is(err, tracking.ErrRateLimited) || asError(t, err).Billed != tracking.No || inner.callCount() != 4 {
			t.Errorf("a wait in vain: %v, %d calls", err, inner.callCount())
		}

		withSecond := newClient(t, tracking.Config{}, carrier, &scripted{name: "second"})
		if parcel, err := withSecond.Track(hurried, query("cj", "1")); err != nil || parcel.Source != "second" {
			t.Errorf("a wait in vain goes to the next carrier: %v, %v", parcel, err)
		}

		leaving, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, leave)
		if _, err := client.Track(leaving, query("cj", "2")); !errors.Is(err, context.Canceled) || tracking.KindName(err) != "other" {
			t.Errorf("a caller who left: %v", err)
		}
	})
}

func TestHooks(t *testing.T) {
	var ends []tracking.CallEnd
	seen := ""
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 3, Concurrency: 1}}
	carrier.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
		seen, _ = ctx.Value(key{}).(string)
		if carrier.callCount() == 2 {
			return nil, fault(tracking.ErrCredentials)
		}
		results := carrier.each(qs)
		results[0] = failing(fault(tracking.ErrNotFound))(qs[0])
		return results, nil
	}
	client := newClient(t, tracking.Config{Hooks: tracking.Hooks{
		CallStart: func(ctx context.Context, call tracking.CallStart) context.Context {
			return context.WithValue(ctx, key{}, call.Carrier+" span")
		},
		CallEnd: func(ctx context.Context, call tracking.CallEnd) {
			if ctx.Value(key{}) != "a span" {
				t.Error("the end does not get the context of the start")
			}
			ends = append(ends, call)
		},
	}}, carrier)
	for range client.TrackAll(t.Context(), repeat(6, "cj")) {
	}
	if seen != "a span" {
		t.Error("the carrier does not get the context of the start")
	}
	if len(ends) != 2 || ends[0].Parcels != 2 || ends[0].Failed != 1 || !errors.Is(ends[1].Err, tracking.ErrCredentials) || ends[1].Queries != 3 {
		t.Errorf("got %+v", ends)
	}
}
