package sweettracker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/tracking"
)

// answer stands for the provider, so that the examples need neither a key nor a network.
type answer string

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(a))),
	}, nil
}

func offline(a answer) *http.Client { return &http.Client{Transport: a} }

func ExampleNew() {
	carrier := sweettracker.New(sweettracker.Config{
		Key: "your t_key",
		Client: offline(`{"result":"Y","level":5,"complete":false,"completeYN":"N","estimate":"15:00~17:00","trackingDetails":[
			{"time":1772443200000,"where":"서울가상","kind":"집화처리","level":2},
			{"time":1772496300000,"where":"부산가상","kind":"배송출발","level":5}]}`),
	})
	results, err := carrier.Query(context.Background(), []tracking.Query{{Courier: courier.CJ, Number: "5500-0000-1234"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, result := range results {
		if result.Err != nil {
			fmt.Println(result.Err)
			continue
		}
		fmt.Println(result.Parcel.Status, result.Parcel.Window.Start.Format("15:04"))
		for _, event := range result.Parcel.Events {
			fmt.Println(event.At.Format("01/02 15:04"), event.Text, event.Place)
		}
	}
	// Output:
	// OUT_FOR_DELIVERY 15:00
	// 03/02 18:20 집화처리 서울가상
	// 03/03 09:05 배송출발 부산가상
}

// A provider that knows nothing of a number is no failure.
func ExampleCarrier_Query_notFound() {
	carrier := sweettracker.New(sweettracker.Config{
		Key:    "your t_key",
		Client: offline(`{"status":false,"msg":"유효하지 않은 운송장번호 이거나 택배사 코드 입니다.","code":"104"}`),
	})
	results, err := carrier.Query(context.Background(), []tracking.Query{{Courier: courier.CJ, Number: "550000001234"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(errors.Is(results[0].Err, tracking.ErrNotFound), tracking.RetryOf(results[0].Err))
	fmt.Println(results[0].Err)
	// Output:
	// true slow
	// sweettracker query cj …1234: no data for this number [104]: 유효하지 않은 운송장번호 이거나 택배사 코드 입니다.
}

func ExampleCarrier_Quota() {
	carrier := sweettracker.New(sweettracker.Config{
		Key:    "your t_key",
		Client: offline(`{"key":"your t_key","totalAmount":100,"leftAmount":99,"startDate":"2026-03-01 09:30:00","endDate":"2026-04-01 09:30:00"}`),
	})
	quota, err := carrier.Quota(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(quota.Remaining, "of", quota.Limit, "until", quota.ResetAt)
	// Output:
	// 99 of 100 until 2026-04-01 09:30:00 +0900 KST
}

func ExampleTrace_Subscribe() {
	trace := sweettracker.NewTrace(sweettracker.TraceConfig{
		Tier: "your tier", Key: "your key", BaseURL: "https://trace.example", // the host in your contract
		Callback: "https://shop.example/webhooks/sweettracker/kW8yV3xQ2mD5nB7tR1pZ6a",
		Client: offline(`{"success":true,"list":[
			{"fid":"D20260302000018","success":false,"e_code":"03"},
			{"fid":"D20260302000017","success":true}]}`),
	})
	registrations, err := trace.Subscribe(context.Background(), []tracking.Subscription{
		{Courier: courier.CJ, Number: "550000001234", Ref: "D20260302000017"},
		{Courier: courier.Lotte, Number: "640000000452", Ref: "D20260302000018"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range registrations {
		fmt.Println(r.Subscription.Ref, r.Existing, r.Err)
	}
	// Output:
	// D20260302000017 false <nil>
	// D20260302000018 true <nil>
}

// One carrier that asks and registers, as an engine wants it.
func ExampleJoin() {
	carrier := sweettracker.Join(
		sweettracker.New(sweettracker.Config{Key: "your t_key"}),
		sweettracker.NewTrace(sweettracker.TraceConfig{Tier: "your tier", Key: "your key", BaseURL: "https://trace.example"}),
	)
	_, subscribes := tracking.Ability[tracking.Subscriber](carrier)
	_, reports := tracking.Ability[tracking.QuotaReporter](carrier)
	fmt.Println(subscribes, reports, carrier.Validate())
	// Output:
	// true true <nil>
}

func ExampleReadBackOffice() {
	office, err := sweettracker.ReadBackOffice(strings.NewReader(`
		delivery.api.url         = https://trace.example
		delivery.api.tier        = your tier
		delivery.api.key         = your key
		delivery.register.path   = /add_invoice_list
		delivery.api.externalUrl = https://shop.example
		delivery.callback.path   = /webhooks/sweettracker/kW8yV3xQ2mD5nB7tR1pZ6a
	`))
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := office.TraceConfig()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sweettracker.NewTrace(config).Validate(), config.RegisterPath)
	fmt.Println(config) // shows no secret
	// Output:
	// <nil> /add_invoice_list
	// sweettracker.TraceConfig{Tier: ***, Key: ***, Callback: ***}
}
