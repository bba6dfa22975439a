package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/tracking"
)

// TestMisbehavingCarrier: whatever a carrier does, it costs its own parcels and nothing else, and the next one is not asked.
func TestMisbehavingCarrier(t *testing.T) {
	leak := &url.Error{Op: "Get", URL: "https://example.com/?t_key=hunter2", Err: errors.New("refused\nby peer")}
	type reply func(qs []tracking.Query) ([]tracking.Result, error)
	tests := map[string]struct {
		reply reply
		want  error
		text  string
	}{
		"panics":  {func([]tracking.Query) ([]tracking.Result, error) { panic("index out of range") }, tracking.ErrProtocol, "index out of range"},
		"exits":   {func([]tracking.Query) ([]tracking.Result, error) { runtime.Goexit(); return nil, nil }, tracking.ErrProtocol, "goroutine"},
		"nothing": {func([]tracking.Query) ([]tracking.Result, error) { return nil, nil }, tracking.ErrProtocol, "0 results for 1"},
		"too many": {func(qs []tracking.Query) ([]tracking.Result, error) {
			return []tracking.Result{moving(qs[0]), moving(qs[0])}, nil
		}, tracking.ErrProtocol, "2 results for 1"},
		"neither": {func(qs []tracking.Query) ([]tracking.Result, error) { return []tracking.Result{{Query: qs[0]}}, nil }, tracking.ErrProtocol, "neither"},
		"other query": {func(qs []tracking.Query) ([]tracking.Result, error) {
			return []tracking.Result{moving(query("cj", "999"))}, nil
		}, tracking.ErrProtocol, "another query"},
		"other parcel": {func(qs []tracking.Query) ([]tracking.Result, error) {
			r := moving(query("cj", "999"))
			r.Query = qs[0]
			return []tracking.Result{r}, nil
		}, tracking.ErrProtocol, "another query"},
		"both": {func(qs []tracking.Query) ([]tracking.Result, error) {
			r := moving(qs[0])
			r.Err = tracking.ErrNotFound
			return []tracking.Result{r}, nil
		}, tracking.ErrProtocol, "both"},
		"plain error": {func([]tracking.Query) ([]tracking.Result, error) { return nil, leak }, tracking.ErrProtocol, "refused by peer"},
		"tells all": {func([]tracking.Query) ([]tracking.Result, error) {
			return nil, errors.New("GET https://example.com/?t_key=hunter2 for \"680123456782\": " + strings.Repeat("가", 500))
		}, tracking.ErrProtocol, "GET (address) for \"…6782\": 가"},
		"hollow":       {func([]tracking.Query) ([]tracking.Result, error) { return nil, (*hollow)(nil) }, tracking.ErrProtocol, "nil pointer"},
		"nil *Error":   {func([]tracking.Query) ([]tracking.Result, error) { return nil, (*tracking.Error)(nil) }, tracking.ErrProtocol, ""},
		"no sentinel":  {func([]tracking.Query) ([]tracking.Result, error) { return nil, &tracking.Error{Err: errors.New("x")} }, tracking.ErrProtocol, ""},
		"its own time": {func([]tracking.Query) ([]tracking.Result, error) { return nil, context.DeadlineExceeded }, tracking.ErrUpstream, ""},
		"bare sentinel": {func(qs []tracking.Query) ([]tracking.Result, error) {
			return []tracking.Result{{Query: qs[0], Err: fmt.Errorf("row 3: %w", tracking.ErrNotFound)}}, nil
		}, tracking.ErrNotFound, "row 3"},
		"wrapped *Error": {func(qs []tracking.Query) ([]tracking.Result, error) {
			return nil, fmt.Errorf("truckers: %w", fault(tracking.ErrForbidden))
		}, tracking.ErrForbidden, "truckers"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			carrier := &scripted{name: "bad", serves: func(c tracking.Courier) bool { return c == "cj" }}
			carrier.answer = func(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) { return test.reply(qs) }
			client := newClient(t, tracking.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, carrier,
				&scripted{name: "good", serves: func(c tracking.Courier) bool { return c != "cj" }})
			parcel, err := client.Track(t.Context(), query("cj", "680123456782"))
			e := asError(t, err)
			if parcel != nil || !errors.Is(err, test.want) || e.Carrier != "bad" || e.Op != "query" || e.Last4 != "6782" {
				t.Errorf("got %v, %v", parcel, err)
			}
			if utf8.RuneCountInString(err.Error()) > 300 {
				t.Errorf("%d characters: %q", utf8.RuneCountInString(err.Error()), err)
			}
			if !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q lacks %q, or has two lines", err, test.text)
			}
			if all := err.Error() + log.String(); strings.Contains(all, "hunter2") || strings.Contains(all, "680123456782") {
				t.Errorf("a secret or a number got out: %s", all)
			}
			good, bad := 0, 0
			for r := range client.TrackAll(t.Context(), repeat(20, "cj", "lotte")) {
				if r.Err == nil {
					good++
				} else if errors.Is(r.Err, test.want) {
					bad++
				}
			}
			if good != 10 || bad != 10 {
				t.Errorf("%d good and %d bad results, want 10 and 10", good, bad)
			}
		})
	}
}

// hollow is an error type of a carrier's own whose methods need a value.
type hollow struct{ text string }

func (h *hollow) Error() string { return h.text }

func TestWrongItemHarmsItselfOnly(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 20}}
	carrier.item = func(q tracking.Query) tracking.Result {
		switch q.Ref {
		case "3":
			return tracking.Result{Query: q}
		case "4":
			return moving(query("cj", "1"))
		case "5":
			return failing(errors.New("?"))(q)
		}
		return moving(q)
	}
	good := 0
	for r := range newClient(t, tracking.Config{}, carrier).TrackAll(t.Context(), repeat(20, "cj")) {
		if bad := slices.Contains([]string{"3", "4", "5"}, r.Query.Ref); bad != errors.Is(r.Err, tracking.ErrProtocol) {
			t.Errorf("query %s: %v", r.Query.Ref, r.Err)
		}
		if r.Err == nil {
			good++
		}
	}
	if good != 17 || carrier.callCount() != 1 {
		t.Errorf("%d good results in %d calls", good, carrier.callCount())
	}
}

// TestPoisonQuery: one query that always breaks its batch costs the other nineteen nothing.
func TestPoisonQuery(t *testing.T) {
	poisonous := func(qs []tracking.Query) bool {
		return slices.ContainsFunc(qs, func(q tracking.Query) bool { return q.Ref == "7" })
	}
	for name, reply := range map[string]func() error{
		"invalid request": func() error { return fault(tracking.ErrInvalidRequest) },
		"unreadable":      func() error { return fault(tracking.ErrProtocol) },
		"panic":           func() error { panic("poison") },
	} {
		t.Run(name, func(t *testing.T) {
			carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 20}}
			carrier.answer = func(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
				if poisonous(qs) {
					return nil, reply()
				}
				return carrier.each(qs), nil
			}
			client := newClient(t, tracking.Config{}, carrier)
			for r := range client.TrackAll(t.Context(), repeat(20, "cj")) {
				if (r.Query.Ref == "7") != (r.Err != nil) {
					t.Errorf("query %s: %v", r.Query.Ref, r.Err)
				}
			}
			if n := carrier.callCount(); n != 21 {
				t.Errorf("%d calls, want the batch and twenty single ones", n)
			}
			if spent := client.Spent()[0]; spent.Calls != 21 || spent.Parcels != 20 || spent.Billed != 19 {
				t.Errorf("%v: a parcel that was asked about twice counts once", spent)
			}
		})
	}
}

func TestWhenBatchesAreNotTakenApart(t *testing.T) {
	billed := fault(tracking.ErrProtocol)
	billed.Billed = tracking.Yes
	for _, err := range []error{
		billed, fault(tracking.ErrCredentials), fault(tracking.ErrRateLimited), fault(tracking.ErrQuotaExhausted), fault(tracking.ErrUpstream),
	} {
		carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 20}, answer: wholly(err)}
		for range newClient(t, tracking.Config{}, carrier).TrackAll(t.Context(), repeat(20, "cj")) {
		}
		if carrier.callCount() != 1 {
			t.Errorf("%v: %d calls, want 1", err, carrier.callCount())
		}
	}
}

// TestHopelessBatches: when not one query is the reason, batches are not taken apart again and again.
func TestHopelessBatches(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 10, Concurrency: 1}, answer: wholly(fault(tracking.ErrInvalidRequest))}
	client := newClient(t, tracking.Config{}, carrier)
	for r := range client.TrackAll(t.Context(), repeat(1000, "cj")) {
		if !errors.Is(r.Err, tracking.ErrInvalidRequest) {
			t.Fatal(r.Err)
		}
	}
	if n := carrier.callCount(); n != 100+10 {
		t.Errorf("%d calls for 100 refused batches, want one of them taken apart", n)
	}
}

func TestTakingApartStopsAtTroubleOfTheCarrier(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 10}}
	carrier.answer = func(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
		switch n := carrier.callCount(); {
		case n == 1:
			return nil, fault(tracking.ErrInvalidRequest)
		case n > 4:
			return nil, fault(tracking.ErrRateLimited)
		}
		return carrier.each(qs), nil
	}
	good, limited := 0, 0
	for r := range newClient(t, tracking.Config{}, carrier).TrackAll(t.Context(), repeat(10, "cj")) {
		if r.Err == nil {
			good++
		} else if errors.Is(r.Err, tracking.ErrRateLimited) {
			limited++
		}
	}
	if good != 3 || limited != 7 || carrier.callCount() != 5 {
		t.Errorf("%d good, %d limited, %d calls", good, limited, carrier.callCount())
	}
}

// TestEachQueryKeepsItsOwnOptions: two parcels with conflicting options in one batch.
func TestEachQueryKeepsItsOwnOptions(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 20}}
	queries := []tracking.Query{
		{Courier: "sf", Number: "SF1", Ref: "a", Extra: []string{"1111"}, Fresh: true},
		{Courier: "sf", Number: "SF2", Ref: "b", Extra: []string{"2222"}, FullHistory: true, Recall: true},
	}
	for r := range newClient(t, tracking.Config{}, carrier).TrackAll(t.Context(), slices.Values(queries)) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	if got := fmt.Sprintf("%+v", carrier.calls[0]); len(carrier.calls) != 1 || got != fmt.Sprintf("%+v", queries) {
		t.Errorf("the carrier got %s", got)
	}
	for i, q := range carrier.calls[0] {
		if q.Extra[0] != queries[i].Extra[0] || q.Fresh != queries[i].Fresh || q.Recall != queries[i].Recall || q.FullHistory != queries[i].FullHistory {
			t.Errorf("query %d reached the carrier as %#v", i, q)
		}
	}
}

func TestClientStamps(t *testing.T) {
	now := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC) // the 22nd in Korea
	mine := &tracking.Parcel{}
	clock := func() time.Time { return now }
	client := newClient(t, tracking.Config{Now: clock}, &scripted{name: "a", item: func(q tracking.Query) tracking.Result {
		return tracking.Result{Parcel: mine}
	}})
	parcel, err := client.Track(t.Context(), query("cj", "680123456782"))
	if err != nil || parcel.RetrievedAt != now || parcel.Source != "a" || parcel.Number != "680123456782" || parcel.Courier != "cj" {
		t.Errorf("got %+v, %v", parcel, err)
	}
	if !mine.RetrievedAt.IsZero() {
		t.Error("the carrier's own parcel was written to")
	}

	kst := time.FixedZone("KST", 9*60*60)
	for _, test := range []struct {
		retry tracking.Retry
		wait  time.Duration
		given time.Time
		want  time.Time
	}{
		{tracking.RetryQuota, time.Hour, time.Time{}, now.Add(time.Hour)},
		{tracking.RetryQuota, 0, time.Time{}, time.Time{}},
		{tracking.RetryQuota, time.Hour, now.Add(time.Minute), now.Add(time.Minute)},
		{tracking.RetryNextDay, 0, time.Time{}, time.Date(2026, 11, 23, 0, 0, 0, 0, kst)},
		{tracking.RetryNextDay, time.Hour, time.Time{}, now.Add(time.Hour)},
		{tracking.RetryAfter, time.Hour, time.Time{}, time.Time{}},
	} {
		shared := &tracking.Error{Kind: tracking.ErrDailyCap, Retry: test.retry, Wait: test.wait, ResetAt: test.given}
		client := newClient(t, tracking.Config{Now: clock}, &scripted{name: "a", item: failing(shared)})
		_, err := client.Track(t.Context(), query("cj", "680123456782"))
		if e := asError(t, err); !e.ResetAt.Equal(test.want) || e.Carrier != "a" {
			t.Errorf("%v, %s: ResetAt %s, want %s", test.retry, test.wait, e.ResetAt, test.want)
		}
		if shared.Carrier != "" {
			t.Error("the carrier's own error was written to")
		}
	}
}

func TestConcurrencyIsPerCarrierAndShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		narrow := slow(&scripted{name: "narrow", limits: tracking.Limits{Concurrency: 2}, serves: func(c tracking.Courier) bool { return c == "cj" }}, time.Second)
		wide := slow(&scripted{name: "wide", limits: tracking.Limits{Concurrency: 99}}, time.Second)
		client := newClient(t, tracking.Config{Concurrency: 3}, narrow, wide)
		done := make(chan int)
		for range 4 {
			go func() {
				n := 0
				for range client.TrackAll(t.Context(), repeat(40, "cj", "lotte")) {
					n++
				}
				done <- n
			}()
		}
		for range 4 {
			if n := <-done; n != 40 {
				t.Errorf("%d results", n)
			}
		}
		if narrow.most != 2 || wide.most != 3 {
			t.Errorf("%d and %d calls at a time, want 2 and 3", narrow.most, wide.most)
		}
	})
}

// TestTrackAllGoesOnWithoutAGoroutine: calls share a goroutine, and one that a carrier ends is made up for.
func TestTrackAllGoesOnWithoutAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "bad", limits: tracking.Limits{Concurrency: 1}}
		carrier.answer = func(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			if strings.HasSuffix(qs[0].Number, "1") {
				runtime.Goexit()
			}
			return carrier.each(qs), nil
		}
		client := newClient(t, tracking.Config{}, carrier)
		var queries []tracking.Query
		for i := range 40 {
			queries = append(queries, query("cj", fmt.Sprint(680000000000+i)))
		}
		answered := 0
		for result := range client.TrackAll(t.Context(), slices.Values(queries)) {
			if exits := strings.HasSuffix(result.Query.Number, "1"); exits != errors.Is(result.Err, tracking.ErrProtocol) {
				t.Errorf("%s: %v", result.Query.Number, result.Err)
			}
			answered++
		}
		if answered != len(queries) || carrier.callCount() != len(queries) {
			t.Errorf("%d answers and %d calls, want %d", answered, carrier.callCount(), len(queries))
		}
	})
}
