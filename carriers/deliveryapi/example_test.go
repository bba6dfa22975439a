package deliveryapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

// demo is a provider that knows one parcel, for examples that run offline.
func demo() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/usage":
			fmt.Fprint(w, `{"isSuccess":true,"data":{"plan":"free","quota":{"limit":1000,"used":12,"remaining":988}}}`)
		case "/v1/webhooks/register":
			fmt.Fprint(w, `{"isSuccess":true,"data":{"requestId":"req_1","itemCount":1,"recurring":true}}`)
		default:
			fmt.Fprint(w, `{"isSuccess":true,"data":{"results":[
				{"success":true,"data":{"trackingNumber":"680123456782","courierCode":"cj","deliveryStatus":"OUT_FOR_DELIVERY",
				 "progresses":[{"dateTime":"2026-11-20 09:17","location":"충북보은","status":"배송출발","statusCode":"OUT_FOR_DELIVERY"}]}},
				{"success":false,"error":{"code":"NOT_FOUND","trackingNumber":"680123456793"}}]}}`)
		}
	}))
}

func ExampleNew() {
	server := demo()
	defer server.Close()
	carrier := deliveryapi.New(deliveryapi.Config{APIKey: "pk_live_1", SecretKey: "sk_live_2", BaseURL: server.URL})

	results, err := carrier.Query(context.Background(), []tracking.Query{
		{Courier: courier.CJ, Number: "6801-2345-6782", Ref: "ORD-1"},
		{Courier: courier.CJ, Number: "6801-2345-6793", Ref: "ORD-2"},
		{Courier: courier.CJ, Number: "no number", Ref: "ORD-3"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		switch {
		case errors.Is(r.Err, tracking.ErrNotFound):
			fmt.Println(r.Query.Ref, "nothing to show yet, billed:", r.Billed)
		case r.Err != nil:
			fmt.Println(r.Query.Ref, tracking.KindName(r.Err))
		default:
			fmt.Println(r.Query.Ref, r.Parcel.Status, r.Parcel.Events[0].Place)
		}
	}
	// Output:
	// ORD-1 OUT_FOR_DELIVERY 충북보은
	// ORD-2 nothing to show yet, billed: yes
	// ORD-3 invalid_number
}

func ExampleCarrier_Quota() {
	server := demo()
	defer server.Close()
	carrier := deliveryapi.New(deliveryapi.Config{APIKey: "key:secret", BaseURL: server.URL})

	quota, err := carrier.Quota(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(quota.Remaining, "of", quota.Limit, deliveryapi.LevelOf(quota))
	// Output: 988 of 1000 fine
}

func ExampleCarrier_Subscribe() {
	server := demo()
	defer server.Close()
	carrier := deliveryapi.New(deliveryapi.Config{APIKey: "key:secret", BaseURL: server.URL})

	registrations, err := carrier.Subscribe(context.Background(), []tracking.Subscription{
		{Courier: courier.CJ, Number: "680123456782", Ref: "ORD-1", Callback: "ep_1"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range registrations {
		fmt.Println(r.Subscription, r.Handle, r.Billed, r.Err)
	}
	// Output: cj …6782 req_1 yes <nil>
}

func ExampleConfigFromEnv() {
	env := map[string]string{"WAYBILL_DELIVERYAPI_KEY": "pk_live_1:sk_live_2"}
	config, err := deliveryapi.ConfigFromEnv(func(name string) string { return env[name] })
	fmt.Println(config, err)
	// Output: deliveryapi config deliveryapi at api.deliveryapi.co.kr, credential *** <nil>
}
