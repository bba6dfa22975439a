package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

// TestFailOver is the table of fail-over: for errors of one parcel and of a whole call alike.
func TestFailOver(t *testing.T) {
	tests := []struct {
		kind  error
		tweak func(*tracking.Config)
		next  bool
	}{
		{kind: tracking.ErrUpstream, next: true},
		{kind: tracking.ErrUnsupportedCourier, next: true},
		{kind: tracking.ErrQuotaExhausted, next: true},
		{kind: tracking.ErrCredentials, next: true},
		{kind: tracking.ErrForbidden, next: true},
		{kind: tracking.ErrDailyCap, next: true},
		{kind: tracking.ErrRateLimited, next: false}, // no deadline: the wait can end
		{kind: tracking.ErrNotFound, next: false},
		{kind: tracking.ErrNotFound, next: true, tweak: func(c *tracking.Config) { c.AskNextOnNotFound = true }},
		{kind: tracking.ErrInvalidNumber, next: false},
		{kind: tracking.ErrInvalidRequest, next: false},
		{kind: tracking.ErrProtocol, next: false},
		{kind: tracking.ErrConflict, next: false},
		{kind: tracking.ErrUnsupported, next: false},
	}
	for _, test := range tests {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v whole=%v next=%v", test.kind, whole, test.next), func(t *testing.T) {
				first, second := &scripted{name: "first", item: failing(fault(test.kind))}, &scripted{name: "second"}
				if whole {
					first.answer = wholly(fault(test.kind))
				}
				config := tracking.Config{}
				if test.tweak != nil {
					test.tweak(&config)
				}
				client := newClient(t, config, first, second)
				parcel, err := client.Track(t.Context(), query("cj", "680123456782"))
				if test.next != (err == nil) || test.next != (second.callCount() == 1) || first.callCount() != 1 {
					t.Errorf("Track: %v, %v; calls %d, %d", parcel, err, first.callCount(), second.callCount())
				}
				if !test.next && !errors.Is(err, test.kind) {
					t.Errorf("got %v, want %v", err, test.kind)
				}
				for result := range client.TrackAll(t.Context(), repeat(1, "cj")) {
					if test.next != (result.Err == nil) || test.next != (result.Carrier == "second") {
						t.Errorf("TrackAll: %+v", result)
					}
				}
			})
		}
	}
}

func TestRateLimitedAsksNextOnlyWhenTheWaitIsInVain(t *testing.T) {
	for _, test := range []struct {
		wait, deadline time.Duration
		next           bool
	}{{10 * time.Second, 30 * time.Second, false}, {30 * time.Second, 10 * time.Second, true}, {10 * time.Second, 0, false}} {
		limited := fault(tracking.ErrRateLimited)
		limited.Retry, limited.Wait = tracking.RetryAfter, test.wait
		client := newClient(t, tracking.Config{}, &scripted{name: "first", answer: wholly(limited)}, &scripted{name: "second"})
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if test.deadline > 0 {
				limited, cancel := context.WithTimeout(ctx, test.deadline)
				defer cancel()
				ctx = limited
			}
			start := time.Now()
			_, err := client.Track(ctx, query("cj", "680123456782"))
			if test.next != (err == nil) || time.Since(start) != 0 {
				t.Errorf("%+v: %v after %s", test, err, time.Since(start))
			}
		})
	}
}

func TestAllFailing(t *testing.T) {
	named := func(kind error, code string, billed tracking.Tri) *tracking.Error {
		e := fault(kind)
		e.Code, e.Billed = code, billed
		return e
	}
	client := newClient(t, tracking.Config{},
		&scripted{name: "a", item: failing(named(tracking.ErrUpstream, "A1", tracking.No))},
		&scripted{name: "b", item: func(q tracking.Query) tracking.Result {
			return tracking.Result{Query: q, Err: named(tracking.ErrCredentials, "B1", tracking.Yes)}
		}},
		&scripted{name: "c", item: failing(named(tracking.ErrNotFound, "C1", tracking.No))},
	)
	_, err := client.Track(t.Context(), query("cj", "6801-2345-6782"))
	if !errors.Is(err, tracking.ErrUpstream) || errors.Is(err, tracking.ErrCredentials) || errors.Is(err, tracking.ErrNotFound) {
		t.Errorf("the error must have the first carrier's sentinel alone: %v", err)
	}
	e := asError(t, err)
	if e.Carrier != "a" || e.Billed != tracking.Yes || e.Last4 != "6782" || e.Courier != "cj" {
		t.Errorf("got %#v", e)
	}
	for _, part := range []string{"A1", "b query", "B1", "c query", "C1"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "680123456782") {
		t.Errorf("more than one line, or the number: %q", err)
	}
	var names []string
	for _, one := range tracking.Tried(err) {
		names = append(names, asError(t, one).Carrier+" "+tracking.KindName(one))
	}
	if diff := cmp.Diff([]string{"a upstream", "b credentials", "c not_found"}, names); diff != "" {
		t.Error(diff)
	}
	if one := tracking.Tried(tracking.ErrNotFound); len(one) != 1 || tracking.Tried(nil) != nil {
		t.Errorf("Tried of a plain error: %v", one)
	}
}

func TestPreferAndServes(t *testing.T) {
	a := &scripted{name: "a", serves: func(c tracking.Courier) bool { return c != "lotte" }}
	b, c := &scripted{name: "b"}, &scripted{name: "c"}
	client := newClient(t, tracking.Config{Prefer: map[tracking.Courier][]string{"cj": {"c", "b"}, "lotte": {"a"}}}, a, b, c)
	for courier, want := range map[tracking.Courier]string{"cj": "c", "hanjin": "a", "lotte": "b"} {
		parcel, err := client.Track(t.Context(), query(courier, "680123456782"))
		if err != nil || parcel.Source != want {
			t.Errorf("%s: asked %v, want %s; %v", courier, parcel, want, err)
		}
	}
}

func TestPassedThroughCourier(t *testing.T) {
	selective := &scripted{name: "selective", serves: func(c tracking.Courier) bool { return c == "trackerdelivery:kr.new" }}
	client := newClient(t, tracking.Config{}, bare{"bare"}, bare{"own"}, selective)
	for courier, want := range map[tracking.Courier]string{"trackerdelivery:kr.new": "selective", "own:x": "own", "other:x": ""} {
		parcel, err := client.Track(t.Context(), query(courier, "A-1"))
		if want == "" {
			if !errors.Is(err, tracking.ErrUnsupportedCourier) {
				t.Errorf("%s: %v, %v", courier, parcel, err)
			}
		} else if err != nil || parcel.Source != want || parcel.Number != "A-1" {
			t.Errorf("%s: %v, %v", courier, parcel, err)
		}
	}
}

func TestOfflineFaults(t *testing.T) {
	carrier := &scripted{name: "a", serves: func(c tracking.Courier) bool { return c == "cj" }}
	client := newClient(t, tracking.Config{}, carrier)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		q    tracking.Query
		want error
	}{
		{"no number", t.Context(), query("cj", ""), tracking.ErrInvalidNumber},
		{"nothing but dashes", t.Context(), query("cj", " -- "), tracking.ErrInvalidNumber},
		{"no courier", t.Context(), query("", "680123456782"), tracking.ErrUnsupportedCourier},
		{"not served", t.Context(), query("lotte", "680123456782"), tracking.ErrUnsupportedCourier},
		{"ended", gone, query("cj", "680123456782"), context.Canceled},
	}
	for _, test := range tests {
		_, err := client.Track(test.ctx, test.q)
		if e := asError(t, err); !errors.Is(err, test.want) || e.Carrier != "" || e.Op != "query" || e.Billed != tracking.No {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.want == context.Canceled && tracking.KindName(err) != "other" {
			t.Errorf("%s: has a sentinel: %v", test.name, err)
		}
		if test.ctx == gone {
			continue
		}
		for r := range client.TrackAll(test.ctx, one(test.q)) {
			if !errors.Is(r.Err, test.want) || r.Carrier != "" || r.Parcel != nil || !cmp.Equal(r.Query, test.q) {
				t.Errorf("%s in TrackAll: %+v", test.name, r)
			}
		}
	}
	if carrier.callCount() != 0 {
		t.Error("the carrier was asked")
	}
}

func TestNumbersAreNormalised(t *testing.T) {
	carrier := &scripted{name: "a"}
	client := newClient(t, tracking.Config{}, carrier)
	asked := tracking.Query{Courier: "cj", Number: "'6801-2345 6782", Ref: "R"}
	for r := range client.TrackAll(t.Context(), one(asked)) {
		if !cmp.Equal(r.Query, asked) || r.Err != nil || r.Parcel.Number != "680123456782" || r.Carrier != "a" {
			t.Errorf("got %+v %v", r, r.Err)
		}
	}
	if got := carrier.calls[0][0].Number; got != "680123456782" {
		t.Errorf("the carrier got %q", got)
	}
}
