package deliveryapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// demo is a provider that knows one parcel, for examples that run offline.
func demo() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/usage":
			fmt.Fprint(w, `{"isSuccess":true,"data":{"plan":"free","quota":{"limit":1000,"used":12,"remaining":988}}}`)
		case "/v1/webhooks/register":
			fmt.Fprint(w, `{"isSuccess":true,"data":{"requestId":"req_1","itemCount":1,"recurring":true}}`)
		case "/v1/webhooks/endpoints/ep_1/rotate":
			fmt.Fprint(w, `{"isSuccess":true,"data":{"endpointId":"ep_1","webhookSecret":"whsec_example_of_september"}}`)
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

// ExampleWebhook mounts the receiving half in a server. A webhook.Worker would read what was stored; here it is read by hand.
func ExampleWebhook() {
	key := webhook.Key{ID: "2026-09", Secret: "whsec_example_of_september"}
	source := deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: []webhook.Key{key}})
	inbox := webhook.NewMemoryInbox() // keeps nothing over a restart
	handler, err := webhook.NewHandler(webhook.Config{Sources: []webhook.Source{source}, Inbox: inbox})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/", handler) // the endpoint's address is https://…/webhooks/deliveryapi

	// The provider pushes:
	body := `{"event":"tracking.polled","requestId":"req_1","items":[{"courierCode":"cj","trackingNumber":"680123456782","currentStatus":"OUT_FOR_DELIVERY"}]}`
	now := time.Now()
	pushed := httptest.NewRequest(http.MethodPost, "/webhooks/deliveryapi", strings.NewReader(body))
	signer, err := webhook.NewSigner(webhook.TimedHMAC("X-Webhook-Signature", "X-Webhook-Timestamp"), key)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer.Sign(pushed.Header, []byte(body), now, "")
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, pushed)
	fmt.Println(answer.Code, answer.Body)

	// And the message is worked afterwards:
	claims, err := inbox.Claim(context.Background(), now.Add(time.Minute), 1, time.Minute)
	if err != nil || len(claims) == 0 {
		fmt.Println("nothing to do", err)
		return
	}
	reading, err := source.Read(context.Background(), claims[0].Message)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, parcel := range reading.Parcels {
		fmt.Println(reading.Event, parcel.Courier, parcel.Status)
	}
	// Output:
	// 200 {"received":true}
	// tracking.polled cj OUT_FOR_DELIVERY
}

// ExampleWebhookSource_SetKeys changes a secret without losing a push.
func ExampleWebhookSource_SetKeys() {
	server := demo()
	defer server.Close()
	carrier := deliveryapi.New(deliveryapi.Config{APIKey: "key:secret", BaseURL: server.URL})
	old := webhook.Key{ID: "2026-08", Secret: "whsec_example_of_august"}
	source := deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: []webhook.Key{old}})

	fresh := webhook.Key{ID: "2026-09", Secret: "whsec_example_of_september"} // rand.Text() in earnest
	if err := source.SetKeys([]webhook.Key{fresh, old}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := carrier.RotateSecret(context.Background(), "ep_1", deliveryapi.Secret(fresh.Secret)); err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC)
	for _, key := range []webhook.Key{old, fresh} { // one push was on its way, one comes later
		fmt.Println(whoSigned(source, key, now))
	}

	// Two hours later:
	if err := source.SetKeys([]webhook.Key{fresh}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(whoSigned(source, old, now))
	// Output:
	// 2026-08
	// 2026-09
	// webhook: the signature fits none of the keys
}

// whoSigned sends a push to the source and gives the key that fitted.
func whoSigned(source webhook.Source, key webhook.Key, at time.Time) string {
	signer, err := webhook.NewSigner(webhook.TimedHMAC("X-Webhook-Signature", "X-Webhook-Timestamp"), key)
	if err != nil {
		return err.Error()
	}
	r := webhook.Request{Header: http.Header{}, Body: []byte(`{"event":"tracking.polled","items":[]}`), At: at}
	signer.Sign(r.Header, r.Body, at, "")
	receipt, err := source.Verify(&r)
	if err != nil {
		return err.Error()
	}
	return receipt.KeyID
}
