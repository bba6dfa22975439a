package trackerdelivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

func aliases(n int) func(*Config) { return func(c *Config) { c.Aliases = n } }

// batch asks for three parcels of CJ, as the fixtures do but for the third number.
func batch() []tracking.Query {
	return []tracking.Query{stub("kr.cjlogistics", "000000000001"), stub("kr.cjlogistics", "000000000002"), stub("kr.cjlogistics", "3")}
}

func TestBatch(t *testing.T) {
	type outcome struct {
		Status  tracking.Status
		Partial bool
		Err     string
	}
	tests := []struct {
		fixture string
		want    []outcome
	}{
		{"managed-alias-batch-mixed", []outcome{{Status: tracking.StatusInTransit}, {Err: "not_found"}, {Err: "invalid_number"}}},
		{"managed-alias-batch-partial-field", []outcome{{Status: tracking.StatusInTransit, Partial: true}, {Status: tracking.StatusDelivered}, {Status: tracking.StatusRegistered}}},
		{"managed-alias-batch-missing-alias", []outcome{{Status: tracking.StatusPickedUp}, {Status: tracking.StatusInTransit}, {Err: "protocol"}}},
	}
	all := allExchanges(t)
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			server := replies(all[tt.fixture].reply())
			results, err := managed(server, aliases(3)).Query(t.Context(), batch())
			if err != nil {
				t.Fatal(err)
			}
			var got []outcome
			for _, r := range results {
				o := outcome{Err: tracking.KindName(r.Err)}
				if r.Parcel != nil {
					o.Status, o.Partial = r.Parcel.Status, r.Parcel.Partial
				}
				got = append(got, o)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			sent := server.seen()
			want := map[string]any{
				"c0": "kr.cjlogistics", "n0": "000000000001", "c1": "kr.cjlogistics", "n1": "000000000002", "c2": "kr.cjlogistics", "n2": "3", "last": 20.0,
			}
			if diff := cmp.Diff(want, sent[0].variables); len(sent) != 1 || diff != "" {
				t.Errorf("%d calls, variables:\n%s", len(sent), diff)
			}
		})
	}
}

// TestBatchRefusedAsAWhole: what concerns the call is an error beside no results.
func TestBatchRefusedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(allExchanges(t)["managed-alias-batch-rate-limited"].reply())
		results, err := managed(server, aliases(3)).Query(t.Context(), batch())
		if results != nil || !errors.Is(err, tracking.ErrRateLimited) {
			t.Errorf("%v, %v", results, err)
		}
		if n := len(server.seen()); n != readAttempts {
			t.Errorf("%d calls", n)
		}
	})
}

// TestErrorWithoutPath belongs to every parcel without data, and to no other.
func TestErrorWithoutPath(t *testing.T) {
	for _, path := range []string{``, `,"path":["elsewhere"]`, `,"path":[]`, `,"path":[0,"t1"]`, `,"path":"t1"`} {
		server := replies(jsonReply(`{"data":{"t0":{"lastEvent":null,"events":{"edges":[]}},"t1":null},"errors":[{"message":"x","extensions":{"code":"INTERNAL"}%s}]}`, path))
		results, err := selfHosted(server).Query(t.Context(), batch()[:2])
		if err != nil {
			t.Fatal(err)
		}
		var e *tracking.Error
		if results[0].Err != nil || results[0].Parcel.Partial || !errors.As(results[1].Err, &e) || e.Kind != tracking.ErrUpstream || e.Masked {
			t.Errorf("%s: %v, %v", path, results[0].Err, results[1].Err)
		}
	}
}

// TestManyAliases: results come by alias, whatever the order of the answer, and the document takes numbers as variables only.
func TestManyAliases(t *testing.T) {
	server := &server{answer: func(s sent) reply {
		var b strings.Builder
		for i := 11; i >= 0; i-- {
			fmt.Fprintf(&b, `"t%d":{"trackingNumber":%q,"lastEvent":null,"events":{"edges":[]}},`, i, s.variables[fmt.Sprintf("n%d", i)])
		}
		return jsonReply(`{"data":{%s}}`, strings.TrimSuffix(b.String(), ","))
	}}
	var queries []tracking.Query
	for i := range 12 {
		queries = append(queries, stub("dev.stub.parcel", fmt.Sprintf(`5"\%d }{`, i)))
	}
	results, err := selfHosted(server, aliases(12)).Query(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil {
			// The directory may refuse such numbers at once; then there is nothing to send.
			if !errors.Is(r.Err, tracking.ErrInvalidNumber) {
				t.Error(i, r.Err)
			}
			continue
		}
		if r.Parcel.Number != server.seen()[0].variables[fmt.Sprintf("n%d", i)] {
			t.Errorf("result %d is of %q", i, r.Parcel.Number)
		}
	}
}

// TestMixedCouriers go out in documents of one courier each, answered in the order that was asked.
func TestMixedCouriers(t *testing.T) {
	server := &server{answer: func(s sent) reply {
		answer := `{"lastEvent":null,"events":{"edges":[]}}`
		if s.operation() == "Track" {
			return jsonReply(`{"data":{"track":%s}}`, answer)
		}
		if s.variables["c0"] != s.variables["c1"] {
			t.Errorf("a document mixes couriers: %v", s.variables)
		}
		return jsonReply(`{"data":{"t0":%s,"t1":%s}}`, answer, answer)
	}}
	queries := []tracking.Query{stub("a.a", "1111111111"), stub("b.b", "2222222222"), stub("a.a", "3333333333"), stub("c.c", "4444444444"), stub("b.b", "5555555555")}
	results, err := selfHosted(server).Query(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil || r.Parcel.Number != queries[i].Number {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if n := len(server.seen()); n != 3 {
		t.Errorf("%d calls", n)
	}
}

// TestTakenApart: one hanging courier's document is not repeated but taken apart, once, and the good parcels come through.
func TestTakenApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inFlight, most atomic.Int64
		server := &server{answer: func(s sent) reply {
			if s.operation() == "TrackBatch" || s.variables["trackingNumber"] == "3333333333" {
				return reply{err: errHang}
			}
			most.Store(max(most.Load(), inFlight.Add(1)))
			defer inFlight.Add(-1)
			return jsonReply(`{"data":{"track":{"lastEvent":null,"events":{"edges":[]}}}}`)
		}}
		begin := time.Now()
		queries := []tracking.Query{stub("a.a", "1111111111"), stub("a.a", "2222222222"), stub("a.a", "3333333333"), stub("a.a", "4444444444")}
		results, err := selfHosted(server).Query(t.Context(), queries)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if (r.Err != nil) != (i == 2) || i == 2 && !errors.Is(r.Err, tracking.ErrUpstream) {
				t.Errorf("%d: %v", i, r.Err)
			}
		}
		if n := len(server.seen()); n != 5 {
			t.Errorf("%d calls: %v", n, server.operations())
		}
		if took := time.Since(begin); took > documentLimit+trackLimit+time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestTakenApartByGatewayTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &server{answer: func(s sent) reply {
			if s.operation() == "TrackBatch" {
				return reply{status: 504, body: []byte("<html>")}
			}
			return jsonReply(`{"data":{"track":{"lastEvent":null,"events":{"edges":[]}}}}`)
		}}
		results, err := selfHosted(server).Query(t.Context(), batch()[:2])
		if err != nil || results[0].Err != nil || results[1].Err != nil {
			t.Errorf("%v, %v", results, err)
		}
	})
}

// TestAliasesRefused: a managed service that takes no aliases is asked singly from then on.
func TestAliasesRefused(t *testing.T) {
	server := &server{answer: func(s sent) reply {
		if s.operation() == "TrackBatch" {
			return reply{status: 400, header: map[string]string{"Content-Type": "application/json"}, body: []byte(`{"errors":[{"message":"too many","extensions":{"code":"BAD_REQUEST"}}]}`)}
		}
		return jsonReply(`{"data":{"track":{"lastEvent":null,"events":{"edges":[]}}}}`)
	}}
	carrier := managed(server, aliases(3))
	for range 2 {
		results, err := carrier.Query(t.Context(), batch()[:2])
		if err != nil || results[0].Err != nil || results[1].Err != nil {
			t.Fatalf("%v, %v", results, err)
		}
	}
	if got, want := strings.Join(server.operations(), " "), "TrackBatch Track Track Track Track"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if carrier.Limits().Batch != 3 {
		t.Error("the limits changed")
	}
}

// TestSelfHostedRefusal of a document is our mistake and not a reason to ask again.
func TestSelfHostedRefusal(t *testing.T) {
	server := replies(allExchanges(t)["selfhosted-gql-unknown-field"].reply())
	_, err := selfHosted(server).Query(t.Context(), batch()[:2])
	if !errors.Is(err, tracking.ErrInvalidRequest) || len(server.seen()) != 1 {
		t.Errorf("%v after %d calls", err, len(server.seen()))
	}
}

// countingLimiter counts tokens.
type countingLimiter struct{ taken atomic.Int64 }

func (l *countingLimiter) Wait(context.Context) error { l.taken.Add(1); return nil }

// TestTokens: each alias of the managed service takes a token, a token call and a self-hosted document's aliases none.
func TestTokens(t *testing.T) {
	mixed := allExchanges(t)["managed-alias-batch-mixed"].reply()
	for want, carrier := range map[int64]func(l *countingLimiter) *Carrier{
		3: func(l *countingLimiter) *Carrier {
			return managed(replies(mixed), aliases(3), func(c *Config) { c.Limiter = l })
		},
		1: func(l *countingLimiter) *Carrier {
			return selfHosted(replies(mixed), func(c *Config) { c.Limiter = l })
		},
	} {
		var limiter countingLimiter
		if _, err := carrier(&limiter).Query(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
		if got := limiter.taken.Load(); got != want {
			t.Errorf("%d tokens, want %d", got, want)
		}
	}
}

// TestDefaultPace: five calls a second, two at once.
func TestDefaultPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(jsonReply(`{"data":{"track":{"lastEvent":null,"events":{"edges":[]}}}}`))
		carrier := managed(server, func(c *Config) { c.Limiter = nil })
		begin := time.Now()
		for range 12 {
			if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000001")); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("12 calls took %v, want 2 s", took)
		}
	})
}
