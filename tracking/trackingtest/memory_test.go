package trackingtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
)

var kst = time.FixedZone("KST", 9*60*60)

func memory(*testing.T) tracking.Carrier {
	m := trackingtest.NewMemory("memory")
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, kst)
	m.Put("truckers", "T-1",
		tracking.Event{At: day.Add(9 * time.Hour), Status: tracking.StatusPickedUp, Text: "집화처리", Place: "고양"},
		tracking.Event{At: day.Add(33 * time.Hour), Status: tracking.StatusOutForDelivery, Text: "배송출발", Place: "보은"})
	m.Put("truckers", "T-2", tracking.Event{At: day, Text: "알 수 없는 말"})
	m.Fail("truckers", "T-3", tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon})
	return m
}

func TestMemory(t *testing.T) {
	trackingtest.Run(t, trackingtest.Harness{
		New:       memory,
		Known:     tracking.Query{Courier: "truckers", Number: "T-1"},
		Missing:   tracking.Query{Courier: "truckers", Number: "T-404"},
		Unmapped:  tracking.Query{Courier: "truckers", Number: "T-2"},
		Failing:   []trackingtest.Failure{{Query: tracking.Query{Courier: "truckers", Number: "T-3"}, Want: tracking.ErrUpstream}},
		Secrets:   []string{"홍길동", "010-1234-5678"},
		InProcess: true,
	})
}

// bare has the required methods and nothing else.
type bare struct{ tracking.Carrier }

func (b bare) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	return b.Carrier.Query(ctx, qs)
}

func TestRequiredMethodsAreEnough(t *testing.T) {
	trackingtest.Run(t, trackingtest.Harness{
		New:   func(t *testing.T) tracking.Carrier { return bare{memory(t)} },
		Known: tracking.Query{Courier: "truckers", Number: "T-1"},
	})
}

func ExampleNewMemory() {
	m := trackingtest.NewMemory("memory")
	m.Fail("cj", "550000001234", tracking.Error{Kind: tracking.ErrRateLimited, Retry: tracking.RetryAfter, Wait: time.Minute})
	results, _ := m.Query(context.Background(), []tracking.Query{{Courier: "cj", Number: "550000001234"}, {Courier: "cj", Number: "550000001245"}})
	for _, r := range results {
		var e *tracking.Error
		errors.As(r.Err, &e)
		fmt.Println(e.Retry, r.Err)
	}
	// Output:
	// after memory query cj …1234: rate limited, again in 1m0s
	// slow memory query cj …1245: no data for this number
}
