package trackerdelivery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
)

// service plays a server that knows one parcel.
func service() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"data":{"track":{"trackingNumber":"680123456782",
			"lastEvent":{"time":"2026-03-03T09:02:44.000+09:00","status":{"code":"OUT_FOR_DELIVERY","name":"배송출발"}},
			"events":{"edges":[{"cursor":"a","node":{"time":"2026-03-03T09:02:44.000+09:00","status":{"code":"OUT_FOR_DELIVERY","name":"배송출발"},
				"location":{"name":"부산수영"},"description":"고객님의 상품을 배송할 예정입니다.(11~13시)"}}],"pageInfo":{"hasPreviousPage":false}}}}}`)
	}))
}

func ExampleNew() {
	server := service()
	defer server.Close()
	carrier := trackerdelivery.New(trackerdelivery.Config{
		ClientID: "id", ClientSecret: "secret",
		BaseURL: server.URL, // leave it out for the service itself
	})
	defer carrier.Close()
	results, err := carrier.Query(context.Background(), []tracking.Query{{Courier: courier.CJ, Number: "6801-2345-6782"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	parcel := results[0].Parcel
	fmt.Println(parcel.Status, parcel.Window.Start.Format("15:04"), parcel.Events[0].Place)
	// Output: OUT_FOR_DELIVERY 11:00 부산수영
}

// A self-hosted server needs its address and no key.
func ExampleNew_selfHosted() {
	server := service()
	defer server.Close()
	carrier := trackerdelivery.New(trackerdelivery.Config{BaseURL: server.URL})
	defer carrier.Close()
	fmt.Println(carrier.Mode(), carrier.Limits().Batch, "parcels a document")
	_, err := carrier.Subscribe(context.Background(), []tracking.Subscription{{Courier: courier.CJ, Number: "680123456782"}})
	fmt.Println(errors.Is(err, tracking.ErrUnsupported))
	// Output:
	// selfhosted 10 parcels a document
	// true
}

// Keys can be changed while the program runs: the function is asked before every call.
func ExampleConfig_credentials() {
	server := service()
	defer server.Close()
	carrier := trackerdelivery.New(trackerdelivery.Config{
		BaseURL: server.URL,
		Credentials: func(context.Context) (trackerdelivery.Credentials, error) {
			return trackerdelivery.Credentials{ClientID: "id", ClientSecret: "from a secret store"}, nil
		},
	})
	defer carrier.Close()
	fmt.Println(carrier.Validate())
	// Output: <nil>
}

func ExampleConfigFromEnv() {
	config, err := trackerdelivery.ConfigFromEnv(os.Getenv)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := trackerdelivery.New(config).Validate(); errors.Is(err, tracking.ErrCredentials) {
		fmt.Println("set WAYBILL_TRACKERDELIVERY_CLIENT_ID and _CLIENT_SECRET")
	}
	// Output: set WAYBILL_TRACKERDELIVERY_CLIENT_ID and _CLIENT_SECRET
}

func ExampleDummyNumber() {
	fmt.Println(trackerdelivery.DummyNumber(time.Date(2026, 3, 3, 14, 30, 0, 0, time.UTC)))
	// Output: 2026-03-03T12:00:00Z
}

// The old interface is a carrier of its own that a host adds on purpose.
func ExampleNewV1() {
	carrier := trackerdelivery.NewV1(trackerdelivery.V1Config{})
	defer carrier.Close()
	fmt.Println(carrier.Name(), carrier.Validate())
	// Output: trackerdelivery-v1 <nil>
}
