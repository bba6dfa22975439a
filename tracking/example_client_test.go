package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/waybill-dev/waybill/tracking"
)

// depot is a carrier of a host's own: the parcels that its own vans bring.
type depot map[string]tracking.Status

func (d depot) Name() string { return "depot" }

func (d depot) Limits() tracking.Limits { return tracking.Limits{Batch: 50} }

func (d depot) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = tracking.Result{Query: q, Carrier: d.Name(), Billed: tracking.No}
		status, ok := d[q.Number]
		if !ok {
			results[i].Err = &tracking.Error{Carrier: d.Name(), Op: "query", Kind: tracking.ErrNotFound, Billed: tracking.No}
			continue
		}
		results[i].Parcel = &tracking.Parcel{Courier: q.Courier, Number: q.Number, Status: status, Source: d.Name()}
	}
	return results, nil
}

func ExampleNewClient() {
	_, err := tracking.NewClient(tracking.Config{
		Carriers: []tracking.Carrier{depot{}, nil},
		Prefer:   map[tracking.Courier][]string{"cj": {"sweettracker"}},
	})
	fmt.Println(err) // every fault at once
	// Output:
	// tracking: carrier 1: is nil
	// tracking: Prefer["cj"] names "sweettracker", which is no carrier of this client
}

func ExampleClient_Track() {
	client, err := tracking.NewClient(tracking.Config{
		Carriers: []tracking.Carrier{depot{"680123456782": tracking.StatusOutForDelivery}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, number := range []string{"6801-2345-6782", "6801-2345-6793"} {
		parcel, err := client.Track(context.Background(), tracking.Query{Courier: "cj", Number: number})
		switch {
		case errors.Is(err, tracking.ErrNotFound):
			fmt.Println("nothing to show yet")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(parcel.Status, parcel.Status.Korean())
		}
	}
	// Output:
	// OUT_FOR_DELIVERY 배송 출발
	// nothing to show yet
}

func ExampleClient_TrackAll() {
	client, err := tracking.NewClient(tracking.Config{
		Carriers: []tracking.Carrier{depot{"T-1": tracking.StatusDelivered, "T-2": tracking.StatusInTransit}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	queries := slices.Values([]tracking.Query{
		{Courier: "own-vans", Number: "T-1", Ref: "order 1"},
		{Courier: "own-vans", Number: "T-2", Ref: "order 2"},
		{Courier: "own-vans", Number: "T-3", Ref: "order 3"},
	})
	for result := range client.TrackAll(context.Background(), queries) {
		if result.Err != nil {
			fmt.Println(result.Query.Ref, tracking.KindName(result.Err))
			continue
		}
		fmt.Println(result.Query.Ref, result.Parcel.Status)
	}
	fmt.Println(client.Spent())
	// Unordered output:
	// order 1 DELIVERED
	// order 2 IN_TRANSIT
	// order 3 not_found
	// depot: 1 call, 3 parcels, 0 billed
}

// failingCarrier is one that fails every call.
type failingCarrier struct {
	name string
	err  error
}

func (f failingCarrier) Name() string { return f.name }

func (f failingCarrier) Query(context.Context, []tracking.Query) ([]tracking.Result, error) {
	return nil, f.err
}

// A second carrier is asked when the first is down; what each of them said can be told apart.
func ExampleTried() {
	client, err := tracking.NewClient(tracking.Config{
		Carriers: []tracking.Carrier{
			failingCarrier{"first", &tracking.Error{Kind: tracking.ErrUpstream, HTTPStatus: 502}},
			failingCarrier{"second", &tracking.Error{Kind: tracking.ErrQuotaExhausted}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Track(context.Background(), tracking.Query{Courier: "cj", Number: "680123456782"})
	fmt.Println(errors.Is(err, tracking.ErrUpstream), errors.Is(err, tracking.ErrQuotaExhausted))
	for _, one := range tracking.Tried(err) {
		fmt.Println(one)
	}
	// Output:
	// true false
	// first query cj …6782: provider or courier unavailable [HTTP 502]
	// second query cj …6782: quota exhausted
}
